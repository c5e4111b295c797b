"""An action at Hyperliquid whose answer was lost is made impossible before it is done again."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from asgard_basis.application.trading.action_fate import RECORDS_LATE_MAX
from asgard_basis.application.trading.pair_steps import PairSteps, PairTask
from asgard_basis.domain.assets import Asset, LendingProtocol
from asgard_basis.domain.errors import ErrorCode, OutcomeUnknown, Refused, Unavailable
from asgard_basis.domain.identifiers import JobId, PositionId
from asgard_basis.domain.position.legs import OrderResult, PerpAccount, PerpFill, PerpPosition
from asgard_basis.domain.risk.limits import RiskLimits
from asgard_basis.domain.saga.outcome import AccountMeasured
from asgard_basis.domain.saga.short_record import trades
from asgard_basis.domain.saga.step import (
    Intent,
    Journal,
    LeverageIntent,
    MarginIntent,
    OrderDone,
    OrderIntent,
    Perform,
    Plain,
    PlainIntent,
    Step,
    StepName,
    StepStatus,
)
from asgard_basis.ports.venues import ORDER_LIFETIME, ActionNonce
from tests.builders_platform import MOMENT
from tests.unit.application.pair import PERP, PLAN
from tests.unit.application.world import CONTEXT, Outside, StillClock

NONCE = ActionNonce(1_750_000_000_007, 1_750_000_015_000)
ORDER = OrderIntent(
    "0x01", False, Decimal(6), Decimal(170), False, Decimal(171), NONCE.number, NONCE.expires_at_ms
)
MARGIN = MarginIntent(Decimal(50), Decimal(300), Decimal(1300), NONCE.number, NONCE.expires_at_ms)
LEVERAGE = LeverageIntent(3, NONCE.number, NONCE.expires_at_ms)
FILLED = OrderResult(1, Decimal(6), Decimal(170), "filled")
FILL = PerpFill(1, 1, "0x01", Decimal(170), Decimal(6), False, Decimal("0.4"), Decimal(0), MOMENT)
AWAY = Unavailable(ErrorCode.HYPERLIQUID_API, "away")
UNCLEAR = OutcomeUnknown(ErrorCode.HYPERLIQUID_UNKNOWN, "lost")
STRANGER = Refused(ErrorCode.HYPERLIQUID_ACCOUNT, "User or API Wallet 0xab does not exist.")


class Turns:
    """Answers one after the other; the last one stays."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)

    def __call__(self, *_: Any, **__: Any) -> Any:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def account(raw: str = "1300", size: str = "-6") -> PerpAccount:
    held = PerpPosition(
        signed_size=Decimal(size),
        entry_price=Decimal(170),
        mark_value_usd=Decimal(1020),
        margin_usdc=Decimal(300),
        isolated_raw_usd=Decimal(raw),
        unrealised_usd=Decimal(0),
        liquidation_price=Decimal(220),
        leverage=3,
        is_isolated=True,
    )
    return PerpAccount(Decimal(900), Decimal(500), held, Decimal(0), "default", MOMENT, True)


class Scene:
    """Steps on a venue that answers as laid out."""

    def __init__(self, *, held_short: str = "0", **answers: Any) -> None:
        self.clock = StillClock()
        self.venue = Outside(
            **{
                "market": PERP,
                "reserve_nonce": NONCE,
                "find_order": None,
                "void": True,
                "fills": [FILL],
                "account": account(),
                "isolated_leverage": 20,
                **answers,
            }
        )
        venue: Any = self.venue
        task = PairTask(
            PositionId("p"),
            JobId("j"),
            Asset.SOL,
            LendingProtocol.KAMINO,
            PLAN,
            since=MOMENT,
            held_short=Decimal(held_short),
        )
        self.steps = PairSteps(
            context=CONTEXT,
            task=task,
            perp=venue,
            long_steps=venue,
            clock=self.clock,
            limits=RiskLimits(),
        )

    async def resolve(self, name: StepName, intent: Intent) -> Any:
        return await self.steps.resolve(Step(name, 1, StepStatus.INTENDED, intent, MOMENT))

    async def resolve_order(self, intent: OrderIntent = ORDER) -> Any:
        return await self.resolve(StepName.OPEN_SHORT, intent)


@pytest.mark.parametrize(
    ("command", "kind"),
    [
        (Perform(StepName.OPEN_SHORT, Decimal(6)), OrderIntent),
        (Perform(StepName.CLOSE_SHORT, Decimal(6)), OrderIntent),
        (Perform(StepName.ADD_MARGIN, Decimal(460)), MarginIntent),
        (Perform(StepName.SET_LEVERAGE), LeverageIntent),
    ],
)
async def test_the_number_is_in_the_intent_and_is_what_is_sent(
    command: Perform, kind: type[Intent]
) -> None:
    sent: list[Any] = []

    def send(*given: Any) -> OrderResult:
        sent.append(given[-1])
        return OrderResult(1, Decimal(0), None, "iocCancelRejected")

    scene = Scene(place=send, add_margin=send, set_isolated_leverage=send)
    intent = await scene.steps.prepare(command, Journal(), 1)
    assert isinstance(intent, kind)
    assert isinstance(intent, OrderIntent | MarginIntent | LeverageIntent)
    assert (intent.nonce, intent.expires_at_ms) == (NONCE.number, NONCE.expires_at_ms)
    await scene.steps.execute(Step(command.name, 1, StepStatus.INTENDED, intent, MOMENT))
    assert sent == [NONCE]


async def test_an_order_that_is_found_is_left_alone() -> None:
    scene = Scene(find_order=FILLED)
    done = await scene.resolve_order()
    assert isinstance(done, OrderDone)
    assert done.result == FILLED
    assert "void" not in scene.venue.calls


async def test_an_order_that_is_made_void_never_happened_and_nobody_waits_for_it() -> None:
    scene = Scene()
    with pytest.raises(Refused) as refusal:
        await scene.resolve_order()
    assert refusal.value.code is ErrorCode.HYPERLIQUID_ORDER
    assert scene.clock.slept == []


async def test_an_order_that_came_in_before_it_was_made_void_is_found_after_all() -> None:
    scene = Scene(find_order=Turns(None, FILLED), void=False)
    assert (await scene.resolve_order()).result == FILLED


async def test_records_are_given_time_when_the_number_was_used_already() -> None:
    scene = Scene(find_order=Turns(None, None, None, FILLED), void=False)
    with pytest.raises(OutcomeUnknown):
        await scene.resolve_order()
    scene.clock.pass_time(1)
    assert (await scene.resolve_order()).result == FILLED
    assert scene.venue.calls.count("void") == 1


async def test_a_number_that_an_earlier_void_used_is_no_order_in_the_end() -> None:
    scene = Scene(void=False)
    with pytest.raises(OutcomeUnknown):
        await scene.resolve_order()
    scene.clock.pass_time(RECORDS_LATE_MAX.total_seconds())
    with pytest.raises(Refused):
        await scene.resolve_order()


@pytest.mark.parametrize("error", [AWAY, UNCLEAR, STRANGER])
async def test_where_nothing_can_be_made_void_the_orders_life_is_waited_out(
    error: Exception,
) -> None:
    scene = Scene(void=error)
    with pytest.raises(OutcomeUnknown):
        await scene.resolve_order()
    scene.clock.pass_time((ORDER_LIFETIME - timedelta(seconds=1)).total_seconds())
    with pytest.raises(OutcomeUnknown):
        await scene.resolve_order()
    scene.clock.pass_time(1)
    with pytest.raises(Refused):
        await scene.resolve_order()


async def test_a_void_without_an_answer_is_asked_for_again() -> None:
    scene = Scene(void=Turns(UNCLEAR, False), find_order=Turns(None, None, FILLED))
    with pytest.raises(OutcomeUnknown):
        await scene.resolve_order()
    assert (await scene.resolve_order()).result == FILLED


async def test_an_order_written_down_without_a_number_is_waited_out() -> None:
    scene = Scene()
    old = replace(ORDER, nonce=None, expires_at_ms=None)
    with pytest.raises(OutcomeUnknown):
        await scene.resolve_order(old)
    scene.clock.pass_time(ORDER_LIFETIME.total_seconds())
    with pytest.raises(Refused):
        await scene.resolve_order(old)
    assert "void" not in scene.venue.calls


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("perpMarginRejected", ErrorCode.HYPERLIQUID_MARGIN),
        ("minTradeNtlRejected", ErrorCode.SIZE_TOO_SMALL),
    ],
)
async def test_a_refusal_that_is_found_later_is_the_same_refusal(
    status: str, code: ErrorCode
) -> None:
    scene = Scene(find_order=OrderResult(1, Decimal(0), None, status))
    with pytest.raises(Refused) as refusal:
        await scene.resolve_order()
    assert refusal.value.code is code


async def test_margin_that_shows_was_added() -> None:
    done = await Scene(account=account("1350")).resolve(StepName.ADD_MARGIN, MARGIN)
    assert done == Plain("50 USDC")
    late = Scene(account=Turns(account(), account("1350")), void=False)
    assert await late.resolve(StepName.ADD_MARGIN, MARGIN) == Plain("50 USDC")


async def test_margin_that_does_not_show_is_made_void_before_it_is_added_again() -> None:
    scene = Scene()
    with pytest.raises(Refused):
        await scene.resolve(StepName.ADD_MARGIN, MARGIN)
    assert scene.venue.calls.count("void") == 1
    scene = Scene(void=False)
    with pytest.raises(OutcomeUnknown):
        await scene.resolve(StepName.ADD_MARGIN, MARGIN)
    scene = Scene(void=AWAY)
    with pytest.raises(OutcomeUnknown):
        await scene.resolve(StepName.ADD_MARGIN, MARGIN)


async def test_no_margin_at_all_needs_no_answer() -> None:
    nothing = replace(MARGIN, amount_usdc=Decimal(0))
    scene = Scene(account=account("1290"))
    assert await scene.resolve(StepName.ADD_MARGIN, nothing) == Plain("0 USDC")


async def test_a_leverage_is_what_is_set_or_can_never_be_set() -> None:
    done = await Scene(isolated_leverage=3).resolve(StepName.SET_LEVERAGE, LEVERAGE)
    assert done == Plain("3x isolated")
    scene = Scene(isolated_leverage=20)
    with pytest.raises(Refused):
        await scene.resolve(StepName.SET_LEVERAGE, LEVERAGE)
    assert scene.venue.calls.count("void") == 1


async def test_the_hedge_is_measured_with_what_others_hold() -> None:
    step = Step(StepName.VALIDATE, 1, StepStatus.INTENDED, PlainIntent("3.5"), MOMENT)
    measured = await Scene(held_short="2.5").steps.execute(step)
    assert measured == AccountMeasured(Decimal(6), Decimal("2.5"))


async def test_what_the_venue_took_in_the_middle_of_an_entry_is_measured_with_its_price() -> None:
    taken = replace(FILL, client_order_id=None, is_buy=True, size=Decimal(2), price=Decimal(180))
    step = Step(StepName.VALIDATE, 1, StepStatus.INTENDED, PlainIntent("8"), MOMENT)
    measured = await Scene(fills=[FILL, taken]).steps.execute(step)
    assert measured == AccountMeasured(Decimal(6), Decimal(0), Decimal(180), Decimal("0.4"), MOMENT)


async def test_a_loss_that_is_listed_in_part_is_not_taken_for_listed() -> None:
    taken = replace(FILL, client_order_id=None, is_buy=True, size=Decimal(1), price=Decimal(180))
    step = Step(StepName.VALIDATE, 1, StepStatus.INTENDED, PlainIntent("8"), MOMENT)
    measured = await Scene(fills=[FILL, taken]).steps.execute(step)
    assert isinstance(measured, AccountMeasured)
    done = replace(step, status=StepStatus.DONE, outcome=measured, finished_at=MOMENT)
    (trade,) = trades([done], Decimal(8))
    assert (trade.sold, trade.price, trade.is_listed) == (-2, 180, False)


async def test_a_second_loss_has_its_own_price_and_fee() -> None:
    """What an earlier one cost was booked then."""
    first = replace(FILL, client_order_id=None, is_buy=True, size=Decimal(2), price=Decimal(100))
    later = MOMENT + timedelta(hours=1)
    second = replace(first, price=Decimal(180), fee_usdc=Decimal("0.3"), time=later)
    step = Step(StepName.VALIDATE, 1, StepStatus.INTENDED, PlainIntent("8"), MOMENT)
    scene = Scene(fills=[FILL, first, second])
    measured = await scene.steps.execute(step)
    assert measured == AccountMeasured(Decimal(6), Decimal(0), Decimal(180), Decimal("0.3"), later)
    intent = replace(ORDER, is_buy=True, reduce_only=True, size=Decimal(3))
    rejected = OrderResult(None, Decimal(0), None, "reduceOnlyRejected", "nothing")
    flat = await Scene(fills=[FILL, first, second], find_order=rejected).resolve(
        StepName.CLOSE_SHORT, intent
    )
    # Two of the newest and one of the older: 2 at 180 and 1 at 100.
    assert flat.result.average_price == Decimal(460) / 3
    assert flat.fee_usdc == Decimal("0.5")


@pytest.mark.parametrize(("is_buy", "price"), [(False, "150"), (True, "190")])
async def test_a_fill_beyond_the_limit_is_booked_and_told(
    is_buy: bool, price: str, capsys: pytest.CaptureFixture[str]
) -> None:
    worse = OrderResult(1, Decimal(6), Decimal(price), "filled")
    scene = Scene(find_order=worse)
    done = await scene.resolve_order(replace(ORDER, is_buy=is_buy))
    assert done.result == worse
    assert "filled_beyond_the_limit" in capsys.readouterr().out
    fine = Scene(find_order=replace(worse, average_price=Decimal(170)))
    await fine.resolve_order(replace(ORDER, is_buy=is_buy))
    assert "filled_beyond_the_limit" not in capsys.readouterr().out
