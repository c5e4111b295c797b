"""What the long's hands make of transactions that landed, in part or not, and of a silent list."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from asgard_basis.application.market.leaving import LeavingPrices
from asgard_basis.domain.assets import Asset, LendingProtocol
from asgard_basis.domain.errors import ErrorCode, OutcomeUnknown, Refused, Unavailable
from asgard_basis.domain.position.legs import LongState
from asgard_basis.domain.saga.step import (
    Journal,
    LongClosed,
    LongObserved,
    LongOpened,
    LongRead,
    LongReduced,
    LookIntent,
    Perform,
    PlainIntent,
    Reduction,
    SolanaIntent,
    Step,
    StepName,
    StepStatus,
)
from asgard_basis.ports.chains import Landing, WalletChange, joint_landing
from asgard_basis.ports.venues import LongPosition, SignedSubmission
from tests.builders_platform import MOMENT, a_long, a_position
from tests.unit.application.long_leg import long_steps
from tests.unit.application.pair import PLAN, SNAPSHOT
from tests.unit.application.world import ADA, START, Outside, StillClock

STATE = LongState(
    "key", LendingProtocol.KAMINO, Asset.SOL, Decimal(12), Decimal(1000), None, MOMENT
)
ONE_TX = SolanaIntent("sig-1", ("tx",), "{}", 100, "key", Decimal(170))
TWO_TX = replace(ONE_TX, transactions=("a", "b"), signatures=("sig-1", "sig-2"))
LISTED = LongPosition("key", LendingProtocol.KAMINO, Asset.SOL, True, "sig-1", None)  # type: ignore[arg-type]
READ = Perform(StepName.READ_LONG)
HELD = replace(a_position(ADA), long=replace(a_long(), position_key="key"))
C, F, D, P = Landing.CONFIRMED, Landing.FAILED, Landing.DEAD, Landing.PENDING


def outside(**answers: Any) -> Outside:
    return Outside(
        **{
            "latest": SNAPSHOT,
            "prices": LeavingPrices(Decimal(170), Decimal(1), True),
            "landing": C,
            "wallet_change": WalletChange(Decimal("-0.01"), Decimal(-540), Decimal("0.00001")),
            "positions": [LISTED],
            "state": STATE,
            **answers,
        }
    )


def per_signature(**landings: Landing) -> Any:
    return lambda signature, **_: landings[signature.replace("-", "_")]


def a_step(name: StepName, intent: Any, **more: Any) -> Step:
    return replace(Step(name, 1, StepStatus.INTENDED, intent, MOMENT), **more)


def signed(*_: Any, **__: Any) -> SignedSubmission:
    return SignedSubmission("sig-9", ("tx",), "{}", 100, "key")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("landings", "together"),
    [
        ([C], C),
        ([C, C], C),
        ([C, P], P),
        ([F, P], P),
        ([D, P], P),
        ([C, D], Landing.PARTIAL),
        ([C, F], Landing.PARTIAL),
        ([F, D], F),
        ([D, D], D),
    ],
)
def test_transactions_that_belong_together_are_judged_together(
    landings: list[Landing], together: Landing
) -> None:
    assert joint_landing(landings) is together
    assert joint_landing(landings[::-1]) is together


async def test_an_array_has_landed_when_all_of_it_has_and_its_changes_add_up() -> None:
    steps = long_steps(outside())
    done = await steps.resolve(a_step(StepName.CLOSE_LONG, TWO_TX))
    assert done == LongClosed("sig-1", Decimal(-1080), Decimal("0.02"))
    late = long_steps(outside(landing=per_signature(sig_1=C, sig_2=P)))
    with pytest.raises(OutcomeUnknown):
        await late.resolve(a_step(StepName.CLOSE_LONG, TWO_TX))


async def test_an_array_that_landed_in_part_is_refused_by_name_and_never_opened_again() -> None:
    world = outside(landing=per_signature(sig_1=C, sig_2=D), prepare_open=signed)
    steps = long_steps(world, plan=PLAN)
    with pytest.raises(Refused) as refusal:
        await steps.resolve(a_step(StepName.OPEN_LONG, TWO_TX))
    assert refusal.value.code is ErrorCode.ASGARD_PARTIAL
    assert "sig-2" in refusal.value.message
    failed = a_step(
        StepName.OPEN_LONG,
        TWO_TX,
        status=StepStatus.REFUSED,
        error_code=refusal.value.code.code,
        error=refusal.value.message,
    )
    with pytest.raises(Refused) as again:
        await steps.prepare(Perform(StepName.OPEN_LONG), Journal((failed,)))
    assert again.value.code is ErrorCode.ASGARD_PARTIAL
    assert "prepare_open" not in world.calls


@pytest.mark.parametrize(
    "positions",
    [[], Unavailable(ErrorCode.ASGARD_API, "away"), Refused(ErrorCode.ASGARD_API, "strange")],
)
async def test_a_landed_long_does_not_wait_for_the_venues_list(positions: Any) -> None:
    steps = long_steps(outside(positions=positions))
    opened = await steps.resolve(a_step(StepName.OPEN_LONG, ONE_TX))
    assert opened == LongOpened("key", "sig-1", Decimal(540), Decimal("0.01"))
    unnamed = replace(ONE_TX, position_key=None)
    with pytest.raises(OutcomeUnknown):
        await steps.resolve(a_step(StepName.OPEN_LONG, unnamed, intended_at=START))


async def test_a_long_that_nobody_names_is_hedged_first_and_named_later() -> None:
    clock, world = StillClock(), outside(positions=[])
    steps = long_steps(world, clock=clock)
    opening = a_step(
        StepName.OPEN_LONG, replace(ONE_TX, position_key=None), intended_at=clock.now()
    )
    clock.pass_time(20)
    opened = await steps.resolve(opening)
    assert opened == LongOpened("", "sig-1", Decimal(540), Decimal("0.01"))
    journal = Journal((replace(opening, status=StepStatus.DONE, outcome=opened),))
    reading = a_step(StepName.READ_LONG, await steps.prepare(READ, journal))
    with pytest.raises(Unavailable):
        await steps.execute(reading)
    assert "state" not in world.calls
    world.answers["positions"] = [LISTED]
    reading = a_step(StepName.READ_LONG, await steps.prepare(READ, journal))
    read = await steps.execute(reading)
    assert isinstance(read, LongRead)
    assert read.state == STATE


async def test_the_venues_list_has_the_last_word_on_the_position() -> None:
    steps = long_steps(outside(positions=[replace(LISTED, position_key="other")]))
    opened = await steps.resolve(a_step(StepName.OPEN_LONG, ONE_TX))
    assert isinstance(opened, LongOpened)
    assert opened.position_key == "other"


async def test_a_share_is_sold_in_whole_percent_with_what_it_takes_along() -> None:
    asked: list[Any] = []

    def prepare(owner: Any, state: LongState, **named: Any) -> SignedSubmission:
        asked.append((state, named))
        return signed()

    world = outside(prepare_reduce=prepare, submit_reduce=None)
    steps = long_steps(world, position=HELD)
    command = Perform(StepName.REDUCE_LONG, size=Decimal("0.25"))
    intent = await steps.prepare(command, Journal())
    assert isinstance(intent, SolanaIntent)
    assert intent.reduction == Reduction(25, Decimal(3), Decimal(250))
    ((state, named),) = asked
    assert (state, named["percentage"], named["reference_price"]) == (STATE, 25, Decimal(170))
    change = WalletChange(Decimal("-0.01"), Decimal(255), Decimal("0.00001"))
    world.answers["wallet_change"] = change
    done = await steps.execute(a_step(StepName.REDUCE_LONG, intent))
    assert done == LongReduced("sig-9", Decimal(255), Decimal("0.01"), 25, Decimal(3), Decimal(250))
    assert "submit_reduce" in world.calls
    with pytest.raises(Refused):
        await steps.prepare(Perform(StepName.REDUCE_LONG, Decimal("0.255")), Journal())


class Unlisted:
    """A long that the venue neither lists nor has ended."""

    def __init__(self, **answers: Any) -> None:
        self.clock = StillClock(MOMENT)
        self.world = outside(state=None, positions=[], **answers)
        self.steps = long_steps(self.world, position=HELD, clock=self.clock)
        self.journal = Journal()

    async def look(self) -> Any:
        intent = await self.steps.prepare(Perform(StepName.OBSERVE_LONG), self.journal)
        step = a_step(StepName.OBSERVE_LONG, intent, intended_at=self.clock.now())
        try:
            outcome = await self.steps.execute(step)
        except Unavailable:
            failed = replace(step, status=StepStatus.UNAVAILABLE)
            self.journal = Journal((*self.journal.steps, failed))
            raise
        done = replace(step, status=StepStatus.DONE, outcome=outcome)
        self.journal = Journal((*self.journal.steps, done))
        return outcome


async def test_a_long_that_is_not_listed_is_closed_as_it_was_last_known() -> None:
    scene = Unlisted(prepare_close=signed)
    for _ in range(3):
        with pytest.raises(Unavailable):
            await scene.look()
        scene.clock.pass_time(8)
    seen = await scene.look()
    assert isinstance(seen, LongObserved)
    assert seen.is_estimate
    assert seen.state is not None
    assert HELD.long is not None
    assert seen.state.collateral == HELD.long.collateral_bought
    intent = await scene.steps.prepare(Perform(StepName.CLOSE_LONG), scene.journal)
    assert isinstance(intent, SolanaIntent)


async def test_a_venue_that_cannot_be_asked_ends_no_long_and_guesses_none() -> None:
    scene = Unlisted()
    scene.world.answers["state"] = Unavailable(ErrorCode.ASGARD_API, "away")
    for _ in range(4):
        with pytest.raises(Unavailable):
            await scene.look()
        scene.clock.pass_time(30)


async def test_only_the_venues_word_ends_a_long() -> None:
    scene = Unlisted()
    scene.world.answers["positions"] = [replace(LISTED, is_open=False)]
    seen = await scene.look()
    assert isinstance(seen, LongObserved)
    assert seen.state is None


async def test_a_long_that_was_never_read_is_reckoned_from_what_was_paid() -> None:
    began = MOMENT - timedelta(minutes=1)
    opened = LongOpened("key", "sig-1", Decimal(850), Decimal("0.01"))
    in_vain = a_step(
        StepName.OBSERVE_LONG, PlainIntent("key"), status=StepStatus.UNAVAILABLE, intended_at=began
    )
    journal = Journal(
        (a_step(StepName.OPEN_LONG, ONE_TX, status=StepStatus.DONE, outcome=opened), in_vain)
    )
    steps = long_steps(outside(), plan=PLAN, clock=StillClock(MOMENT))
    intent = await steps.prepare(Perform(StepName.OBSERVE_LONG), journal)
    assert isinstance(intent, LookIntent)
    assert intent.last_seen.collateral == Decimal(10)
    assert intent.last_seen.debt_usdc == Decimal(850)
