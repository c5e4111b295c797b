"""Margin is topped up to what this position wants, whatever the account's others still have."""

from decimal import Decimal

import pytest

from asgard_basis.application.trading.account_steps import AccountSteps
from tests.unit.application.pair import Pair
from tests.unit.application.world import CONTEXT


@pytest.mark.parametrize("others", ["7", "9"])
async def test_no_more_than_the_target_is_added_when_adl_took_from_the_others(others: str) -> None:
    pair = Pair()
    await pair.hedged()
    fates: object = None
    account = AccountSteps(
        context=CONTEXT,
        perp=pair.world,  # type: ignore[arg-type]
        fates=fates,  # type: ignore[arg-type]
        clock=pair.clock,
        held_short=Decimal(others),
    )
    intent = await account.prepare_margin(Decimal(400))
    assert intent.amount_usdc == Decimal(400)
