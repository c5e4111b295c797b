"""One venue is away and the other's leg comes near liquidation: that leg is defended alone."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from asgard_basis.application.oversight.exposure_watch import ExposureWatch
from asgard_basis.application.trading.position_views import valued
from asgard_basis.domain.decision.card import Verdict, WhyCard
from asgard_basis.domain.errors import ErrorCode, Unavailable
from asgard_basis.domain.ledger.attribution import LongValuation, attribute
from asgard_basis.domain.market.quality import PRICE, Dispute
from asgard_basis.domain.market.rates import HealthFactor
from asgard_basis.domain.position.lifecycle import PositionState
from asgard_basis.domain.position.position import Position
from asgard_basis.domain.risk.defence_reading import facts_of
from asgard_basis.domain.rulebook import replayed
from asgard_basis.domain.saga.step import StepName
from asgard_basis.ports.oversight import Alarm, AlarmKind
from asgard_basis.ports.repositories import Job, JobKind, JobStatus
from tests.unit.application.test_defend import Threatened
from tests.unit.application.world import ADA

D = Decimal
HALTED = Unavailable(ErrorCode.SOLANA_RPC, "no block")
AWAY = Unavailable(ErrorCode.VENUE_DOWN, "silence")
HALF = D("0.5")


class Cornered(Threatened):
    """Ada's pair; one venue can be switched off, and the price moved to where the other is near."""

    def __init__(self) -> None:
        super().__init__()
        self.free = D(0)
        self.is_solana_up = self.is_hyperliquid_up = True
        self._answers = dict(self.world.answers)
        self.world.answers |= {
            "block_height": lambda: self._of_solana("block_height"),
            "account": lambda *_: self.account() if self.is_hyperliquid_up else AWAY,
            "market": lambda *_: self.snapshot.perp if self.is_hyperliquid_up else AWAY,
            "place": self._placed,
            "state": lambda *_, **__: replace(self.state, health=HealthFactor(self.health)),
        }

    def _of_solana(self, name: str) -> Any:
        return self._answers[name]() if self.is_solana_up else HALTED

    def _placed(self, *given: Any) -> Any:
        return self._place(*given) if self.is_hyperliquid_up else AWAY

    @property
    def health(self) -> Decimal:
        value = self.state.collateral * self.price * D("0.8")
        return 1 - self.state.debt_usdc / value

    @property
    def room(self) -> Decimal:
        """Of the short, as the venue reckons it."""
        raw = self.margin_usdc + self.sold_short * self.price
        return raw / (self.sold_short * self.price * D("1.025")) - 1

    async def delivered(self, job: Job, *, after: float = 2) -> Any:
        """The queue delivers it once more."""
        self.clock.pass_time(after)
        _, job, _ = await self.now(job)
        run = self.closing.run if job.kind is JobKind.CLOSE else self.reducing.run
        try:
            return await run(job)
        except Unavailable as error:
            return error

    async def until_done(self, job: Job) -> None:
        for _ in range(20):
            failure = await self.delivered(job)
            if not isinstance(failure, Unavailable):
                assert failure is None
                return
        raise AssertionError("it never ended")

    async def alarm(self) -> Alarm | None:
        """Of a leg that stands alone, as the monitor's look leaves it."""
        market: Any = self.world
        watch = ExposureWatch(transactions=self.transactions, market=market, clock=self.clock)
        async with self.transactions.for_system() as work:
            jobs, held = await work.jobs.unfinished(), await work.positions.held()
            alarms = await work.alarms.unresolved()
        await watch.check(jobs, held, alarms)
        async with self.transactions.for_user(ADA) as work:
            found = await work.alarms.unresolved()
        return next((a for a in found if a.kind is AlarmKind.LEG_EXPOSED), None)


@pytest.fixture
def pair() -> Cornered:
    return Cornered()


def near_short(pair: Cornered) -> Decimal:
    """A price at which the short has 4 % left."""
    raw = pair.margin_usdc + pair.sold_short * pair.price
    return (raw / (pair.sold_short * D("1.025") * D("1.04"))).quantize(D("0.01"))


def near_long(pair: Cornered) -> Decimal:
    return (pair.state.debt_usdc / (pair.state.collateral * D("0.8") * D("0.96"))).quantize(
        D("0.01")
    )


async def asked(pair: Cornered, position: Position, kind: str) -> Job:
    if kind == "close":
        return await pair.closing.request(ADA, position.id, None)
    assert (await pair.watchers.defender.defend(position.id)).value in {"halve", "cut"}
    (job,) = await pair.jobs()
    return job


async def lone_cards(pair: Cornered, position: Position) -> list[WhyCard]:
    return [c for c in await pair.cards(position) if c.rule == "risk.lone_leg"]


def result(pair: Cornered, position: Position) -> Decimal:
    assert position.long is not None
    assert position.short is not None
    valuation = LongValuation(pair.state.collateral, pair.state.debt_usdc, D(1), pair.price)
    if position.state is PositionState.CLOSED:
        found = valued(position, None)
        assert found is not None
        valuation = found
    return attribute(
        long=position.long,
        short=position.short,
        funding_usdc=D(0),
        valuation=valuation,
        mark_price=pair.price,
    ).total


@pytest.mark.parametrize("kind", ["defence", "close"])
async def test_while_solana_stands_still_the_short_is_kept_from_liquidation(
    pair: Cornered, kind: str
) -> None:
    position = await pair.watched()
    size = pair.sold_short
    pair.is_solana_up = False
    pair.moved(near_short(pair))
    job = await asked(pair, position, kind)
    for _ in range(10):
        await pair.delivered(job)
    after, job, journal = await pair.now(job)
    assert job.status is not JobStatus.COMPLETED
    assert after.state is PositionState.REDUCING
    assert pair.room > D("0.09"), "it has twice the emergency buffer again"
    assert HALF * size < pair.sold_short < size, "no more of it went than that needs"
    assert journal.attempts(StepName.CLOSE_SHORT) == 1, "it is done once"
    assert not journal.attempts(StepName.REDUCE_LONG)
    held, _ = await lone_cards(pair, position)
    assert held.ruling.verdict is Verdict.REDUCE
    assert replayed(held) == held.ruling
    alarm = await pair.alarm()
    assert alarm is not None
    assert alarm.exposure_sol == (size - pair.sold_short).quantize(D("0.01"))
    assert "Solana" in alarm.message


@pytest.mark.parametrize("kind", ["defence", "close"])
async def test_when_solana_is_back_the_pair_is_whole_again_or_closed(
    pair: Cornered, kind: str
) -> None:
    position = await pair.watched()
    pair.is_solana_up = False
    pair.moved(near_short(pair))
    before = result(pair, position)
    job = await asked(pair, position, kind)
    for _ in range(10):
        await pair.delivered(job)
    left = pair.sold_short
    pair.is_solana_up = True
    pair.world.answers["submit_close"] = lambda *_: closed_for(pair)
    await pair.until_done(job)
    after, job, _ = await pair.now(job)
    assert job.status is JobStatus.COMPLETED
    if kind == "close":
        assert after.state is PositionState.CLOSED
        assert pair.sold_short == 0
    else:
        assert after.state is PositionState.HEDGED
        assert pair.sold_short <= left, "the short is never sold again at that price"
        facts = facts_of(await pair.seen(after), pair.snapshot)
        assert facts is not None
        assert facts.long_sol == pytest.approx(facts.short_sol, rel=D("0.01"))
    assert after.short is not None
    assert after.short.size == pair.sold_short
    assert result(pair, after) == pytest.approx(before, abs=D(4)), "the books tell all of it"
    assert await pair.alarm() is None


def closed_for(pair: Cornered) -> None:
    worth = pair.state.collateral * pair.price - pair.state.debt_usdc
    change = replace(pair.world.answers["wallet_change"], usdc=worth)
    pair.world.answers["wallet_change"] = change
    pair.state = replace(pair.state, collateral=D(0), debt_usdc=D(0))


async def test_what_is_free_goes_into_the_leg_before_any_of_it_is_cut(pair: Cornered) -> None:
    position = await pair.watched()
    size = pair.sold_short
    pair.free = D(1000)
    pair.is_solana_up = False
    pair.moved(near_short(pair))
    job = await asked(pair, position, "close")
    for _ in range(10):
        await pair.delivered(job)
    assert pair.sold_short == size
    assert pair.room > D("0.09")
    assert pair.free > 0, "only as much as that takes"
    assert await pair.alarm() is None, "nothing stands alone"


async def test_a_moment_of_silence_cuts_nothing(pair: Cornered) -> None:
    position = await pair.watched()
    size = pair.sold_short
    pair.is_solana_up = False
    pair.moved(near_short(pair))
    job = await asked(pair, position, "close")
    await pair.delivered(job, after=0)
    assert pair.sold_short == size
    (card,) = await lone_cards(pair, position)
    assert card.ruling.verdict is Verdict.WAIT


async def test_with_room_nothing_is_cut_however_long_solana_stands_still(pair: Cornered) -> None:
    position = await pair.watched()
    size = pair.sold_short
    pair.is_solana_up = False
    job = await asked(pair, position, "close")
    for _ in range(5):
        await pair.delivered(job, after=100)
    assert pair.sold_short == size
    assert (await pair.now(job))[0].state is PositionState.HEDGED


async def test_a_disputed_price_gives_no_room_the_venue_is_asked_how_its_leg_stands(
    pair: Cornered,
) -> None:
    position = await pair.watched()
    size, wrong = pair.sold_short, pair.snapshot
    pair.is_solana_up = False
    pair.moved(near_short(pair))
    dispute = Dispute(PRICE, "far from what Asgard says")
    pair.world.answers["latest"] = lambda *_: replace(
        wrong, perp=replace(wrong.perp, observed_at=pair.clock.host()), disputes=(dispute,)
    )
    job = await asked(pair, position, "close")
    for _ in range(10):
        await pair.delivered(job)
    assert pair.sold_short < size


async def test_as_the_price_goes_on_the_leg_is_cut_again(pair: Cornered) -> None:
    position = await pair.watched()
    pair.is_solana_up = False
    pair.moved(near_short(pair))
    before = result(pair, position)
    job = await asked(pair, position, "close")
    for _ in range(10):
        await pair.delivered(job)
    once, move = pair.sold_short, pair.price * D("0.07")
    won = move * (D("6.12") - once)
    pair.moved(pair.price + move)
    for _ in range(10):
        await pair.delivered(job, after=5)
    assert pair.sold_short < once
    assert pair.room > D("0.09")
    pair.is_solana_up = True
    pair.world.answers["submit_close"] = lambda *_: closed_for(pair)
    await pair.until_done(job)
    after, _, _ = await pair.now(job)
    assert result(pair, after) == pytest.approx(before + won, abs=D(6))


@pytest.mark.parametrize("kind", ["defence", "close"])
async def test_while_hyperliquid_is_away_the_long_is_kept_from_liquidation(
    pair: Cornered, kind: str
) -> None:
    position = await pair.watched()
    size, collateral = pair.sold_short, pair.state.collateral
    pair.moved(near_long(pair))
    before = result(pair, position)
    job = await asked(pair, position, kind)
    pair.is_hyperliquid_up = False
    for _ in range(12):
        await pair.delivered(job)
    after, job, journal = await pair.now(job)
    assert after.state is PositionState.REDUCING
    assert pair.sold_short == size
    assert pair.health > D("0.09")
    assert HALF * collateral < pair.state.collateral < collateral
    assert journal.attempts(StepName.REDUCE_LONG) == 1
    alarm = await pair.alarm()
    assert alarm is not None
    assert alarm.exposure_sol < 0
    pair.is_hyperliquid_up = True
    pair.world.answers["submit_close"] = lambda *_: closed_for(pair)
    await pair.until_done(job)
    after, _, _ = await pair.now(job)
    is_closed = kind == "close"
    assert after.state is (PositionState.CLOSED if is_closed else PositionState.HEDGED)
    assert result(pair, after) == pytest.approx(before, abs=D(4))


async def test_a_long_of_unknown_health_is_held(pair: Cornered) -> None:
    position = await pair.watched()
    pair.moved(near_long(pair))
    job = await asked(pair, position, "close")
    pair.is_hyperliquid_up = False
    pair.world.answers["state"] = lambda *_, **__: replace(pair.state, health=None)
    collateral = pair.state.collateral
    for _ in range(12):
        await pair.delivered(job)
    assert pair.state.collateral == collateral
    (card,) = await lone_cards(pair, position)
    assert card.ruling.verdict is Verdict.HOLD
