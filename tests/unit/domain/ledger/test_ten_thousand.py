"""Ten thousand made-up lives: what the books say was earned is what there is more of."""

from decimal import Decimal

import pytest

from asgard_basis.domain.ledger.attribution import added
from tests.unit.domain.ledger.histories import a_history, booked

CENT = Decimal("0.01")
DUST = Decimal("0.000001")


@pytest.mark.parametrize("part", range(4))
def test_six_parts_add_up_to_the_change_in_equity(part: int) -> None:
    worst = Decimal(0)
    for seed in range(part * 2500, (part + 1) * 2500):
        history = a_history(seed)
        entries, stand = booked(history)
        result = added([entry.result for entry in entries])
        off = abs(result.total - history.equity)
        assert off < CENT, f"seed {seed}: booked {result}, really {history.equity}"
        worst = max(worst, off)
        assert abs(result.total - stand.result.total) < DUST, seed
        assert abs(result.staking - stand.result.staking) < DUST, seed
        assert abs(result.fees - stand.result.fees) < DUST, seed
        assert result.funding == sum(each.share_usdc for each in history.settled), seed
    assert worst < DUST
