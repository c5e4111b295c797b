"""Once something was sent, a failing look-up proves nothing: only the venue's own word does."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from asgard_basis.application.trading.pair_steps import PairSteps, PairTask
from asgard_basis.application.treasury.deposits import DepositSteps
from asgard_basis.domain.assets import Asset, LendingProtocol
from asgard_basis.domain.errors import ErrorCode, OutcomeUnknown, Refused, Unavailable
from asgard_basis.domain.identifiers import JobId, PositionId
from asgard_basis.domain.position.legs import OrderResult
from asgard_basis.domain.risk.limits import RiskLimits
from asgard_basis.domain.saga.step import (
    EvmIntent,
    Journal,
    LongOpened,
    OrderIntent,
    Perform,
    SolanaIntent,
    Step,
    StepName,
    StepStatus,
)
from asgard_basis.ports.chains import Landing, WalletChange
from asgard_basis.ports.venues import ActionNonce, LongPosition
from tests.builders_platform import MOMENT
from tests.unit.application.long_leg import long_steps
from tests.unit.application.world import CONTEXT, START, Outside, StillClock

AWAY = Unavailable(ErrorCode.SOLANA_RPC, "away")
STRANGE = Refused(ErrorCode.ASGARD_API, "not understood")
ORDER = OrderIntent("0x01", False, Decimal(6), Decimal(170), False, Decimal(171))
LONG = SolanaIntent("sig", ("tx",), "{}", 100, "key", Decimal(170))
TRANSFER = EvmIntent("0xaa", "0xbb", 7, Decimal(50))
LISTED = LongPosition("key", LendingProtocol.KAMINO, Asset.SOL, True, "sig", None)  # type: ignore[arg-type]


class Answers(Outside):
    """Everything goes well but what a test says."""

    def __init__(self, **answers: Any) -> None:
        super().__init__(
            **{
                "landing": Landing.CONFIRMED,
                "wallet_change": WalletChange(Decimal("-0.01"), Decimal(-540), Decimal("0.00001")),
                "positions": [LISTED],
                "submit_open": LISTED,
                "send": None,
                "fee_paid_eth": Decimal("0.00001"),
                "place": OrderResult(1, Decimal(6), Decimal(170), "filled"),
                "find_order": OrderResult(1, Decimal(6), Decimal(170), "filled"),
                "fills": [],
                **answers,
            }
        )


def pair_steps(outside: Outside, *, job: str = "j") -> PairSteps:
    return PairSteps(
        context=CONTEXT,
        task=PairTask(
            PositionId("p"), JobId(job), Asset.SOL, LendingProtocol.KAMINO, None, since=MOMENT
        ),
        perp=outside,  # type: ignore[arg-type]
        long_steps=long_steps(outside),
        clock=StillClock(),
        limits=RiskLimits(),
    )


def deposit_steps(outside: Outside) -> DepositSteps:
    return DepositSteps(
        CONTEXT,
        Decimal(50),
        outside,  # type: ignore[arg-type]
        outside,  # type: ignore[arg-type]
    )


def a_step(name: StepName, intent: Any) -> Step:
    return Step(name, 1, StepStatus.INTENDED, intent, MOMENT)


@pytest.mark.parametrize("error", [AWAY, STRANGE])
@pytest.mark.parametrize("call", ["landing", "wallet_change", "positions"])
async def test_a_long_that_was_sent_is_not_bought_twice(call: str, error: Exception) -> None:
    steps = long_steps(Answers(**{call: error}))
    sent = a_step(StepName.OPEN_LONG, replace(LONG, position_key=None))
    step = replace(sent, intended_at=START)
    with pytest.raises(OutcomeUnknown):
        await steps.execute(step)
    with pytest.raises(OutcomeUnknown):
        await steps.resolve(step)


async def test_a_long_is_refused_when_the_chain_says_so() -> None:
    for landing in (Landing.FAILED, Landing.DEAD):
        with pytest.raises(Refused):
            await long_steps(Answers(landing=landing)).resolve(a_step(StepName.OPEN_LONG, LONG))
    done = await long_steps(Answers()).execute(a_step(StepName.OPEN_LONG, LONG))
    assert done == LongOpened("key", "sig", Decimal(540), Decimal("0.01"))


async def test_a_long_that_was_never_sent_may_be_tried_again() -> None:
    with pytest.raises(Unavailable):
        await long_steps(Answers(submit_open=AWAY)).execute(a_step(StepName.OPEN_LONG, LONG))


@pytest.mark.parametrize("error", [AWAY, STRANGE])
@pytest.mark.parametrize("call", ["landing", "fee_paid_eth"])
async def test_usdc_that_was_sent_is_not_sent_twice(call: str, error: Exception) -> None:
    steps = deposit_steps(Answers(**{call: error}))
    with pytest.raises(OutcomeUnknown):
        await steps.execute(a_step(StepName.TRANSFER_TO_BRIDGE, TRANSFER))
    with pytest.raises(OutcomeUnknown):
        await steps.resolve(a_step(StepName.TRANSFER_TO_BRIDGE, TRANSFER))


@pytest.mark.parametrize("error", [AWAY, STRANGE])
async def test_an_order_that_was_filled_is_not_placed_twice(error: Exception) -> None:
    step = a_step(StepName.OPEN_SHORT, ORDER)
    with pytest.raises(OutcomeUnknown):
        await pair_steps(Answers(fills=error)).execute(step)
    with pytest.raises(OutcomeUnknown):
        await pair_steps(Answers(find_order=error)).resolve(step)
    with pytest.raises(OutcomeUnknown):
        await pair_steps(Answers(fills=error)).resolve(replace(step, attempt=2))


async def test_closing_again_does_not_mistake_an_old_order_for_its_own() -> None:
    market = type("Market", (), {"mid_price": Decimal(170), "mark_price": Decimal(170)})()
    keys = set()
    for job in ("first", "second"):
        world = Answers(market=market, reserve_nonce=ActionNonce(7, 0))
        steps = pair_steps(world, job=job)
        intent = await steps.prepare(Perform(StepName.CLOSE_SHORT, Decimal(6)), Journal(), 1)
        assert isinstance(intent, OrderIntent)
        keys.add(intent.client_order_id)
    assert len(keys) == 2
