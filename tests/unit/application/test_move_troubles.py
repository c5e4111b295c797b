"""A move whose answers are lost, whose way is blocked, or whose pair goes on without it."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from asgard_basis.application.accounting.wallet_book import WalletBook
from asgard_basis.application.treasury.balances import Balances
from asgard_basis.domain.errors import ErrorCode, OutcomeUnknown, Unavailable
from asgard_basis.domain.identifiers import JobId
from asgard_basis.domain.money import ZERO
from asgard_basis.domain.risk.limits import RiskLimits
from asgard_basis.domain.treasury.cctp import Chain
from asgard_basis.ports.chains import ArbitrumBalances, SolanaBalances
from asgard_basis.ports.oversight import Alarm, AlarmKind
from asgard_basis.ports.repositories import Job, JobKind
from tests.unit.application.test_defend import NEAR_LONG, NEAR_SHORT, defender
from tests.unit.application.test_move import Railed
from tests.unit.application.world import ADA

D = Decimal


@pytest.fixture
def pair() -> Railed:
    return Railed()


async def begun(pair: Railed, price: Decimal = NEAR_SHORT) -> Job:
    """A move whose cut is made."""
    position = await pair.watched()
    await pair.allow()
    pair.moved(price)
    await defender(pair).defend(position.id)
    (cut,), (move,) = await pair.of(JobKind.REDUCE), await pair.of(JobKind.MOVE)
    assert await pair.reducing.run(cut) is None
    return move


async def delivered(pair: Railed) -> Any:
    """The queue delivers the move once more."""
    (move,) = await pair.of(JobKind.MOVE)
    return await pair.moves.run(move)


async def delivered_first(pair: Railed, move: Job) -> None:
    (job,) = [each for each in await pair.of(JobKind.MOVE) if each.id == move.id]
    await pair.moves.run(job)


async def tried(pair: Railed) -> int:
    (move,) = await pair.of(JobKind.MOVE)
    async with pair.transactions.for_user(ADA) as work:
        return len((await work.journals.of_job(move.id)).steps)


async def stranded(pair: Railed) -> list[Alarm]:
    async with pair.transactions.for_user(ADA) as work:
        found = await work.alarms.unresolved()
    return [alarm for alarm in found if alarm.kind is AlarmKind.MONEY_STRANDED]


async def test_the_alarm_of_stranded_money_ends_when_it_has_arrived_after_all(
    pair: Railed,
) -> None:
    await begun(pair)
    pair.purses.refuses_mints = True
    with pytest.raises(Unavailable, match="owed to you by Circle"):
        await delivered(pair)
    (alarm,) = await stranded(pair)
    assert "owed to you by Circle" in alarm.message
    before = await tried(pair)
    with pytest.raises(Unavailable, match="owed to you by Circle"):
        await delivered(pair)
    assert await tried(pair) == before, "it is not tried all the time"
    assert len(await stranded(pair)) == 1
    pair.purses.refuses_mints = False
    pair.clock.pass_time(700)
    assert await delivered(pair) is None
    assert await stranded(pair) == []
    assert pair.purses.owed == pair.purses.arbitrum == 0


async def test_what_somebody_else_has_minted_is_not_taken_for_lost(pair: Railed) -> None:
    await begun(pair)
    pair.purses.is_stuck = True
    with pytest.raises(OutcomeUnknown):
        await delivered(pair)
    pair.purses.is_stuck = False
    pair.purses.bring(Chain.ARBITRUM)
    assert await delivered(pair) is None
    assert not [sent for sent in pair.purses.sent if sent.startswith("mint")]
    assert await stranded(pair) == []
    assert pair.purses.owed == pair.purses.arbitrum == 0
    assert pair.free > 0


async def test_a_circle_that_is_away_after_the_burn_strands_nothing(pair: Railed) -> None:
    await begun(pair)
    pair.purses.is_away = True
    for _ in range(8):
        with pytest.raises((OutcomeUnknown, Unavailable)):
            await delivered(pair)
    assert pair.purses.owed > 0
    assert await stranded(pair) == []
    pair.purses.is_away = False
    assert await delivered(pair) is None
    assert pair.purses.owed == pair.purses.arbitrum == 0


async def test_the_alarm_of_money_on_arbitrum_ends_when_its_owner_has_sent_it_on(
    pair: Railed,
) -> None:
    await begun(pair, NEAR_LONG)
    pair.purses.refuses_burns = True
    failure = await delivered(pair)
    for job in await pair.jobs():
        await pair.desk.finished(job, failure if job.kind is JobKind.MOVE else None)
    (alarm,) = await stranded(pair)
    assert "in your wallet on Arbitrum" in alarm.message
    world: Any = pair.world
    held: dict[str, Any] = {"solana": SolanaBalances(ZERO, ZERO, {})}
    pair.world.answers |= {
        "balances": lambda address: held.get("solana" if "solana" in address else "arbitrum")
    }
    book = WalletBook(
        transactions=pair.transactions,
        solana=world,
        arbitrum=world,
        perp=world,
        reader=world,
        clock=pair.clock,
    )
    held["arbitrum"] = ArbitrumBalances(ZERO, pair.purses.arbitrum)
    await book.look(ADA)
    assert len(await stranded(pair)) == 1, "it is there still"
    held["arbitrum"] = ArbitrumBalances(ZERO, ZERO)
    await book.look(ADA)
    assert await stranded(pair) == []


async def test_nothing_crosses_for_a_pair_that_its_owner_closes(pair: Railed) -> None:
    await begun(pair)
    (cut,) = await pair.of(JobKind.REDUCE)
    position, _, _ = await pair.now(cut)
    await pair.ended(cut)
    closing = await pair.closing.request(ADA, position.id, None)
    failure = await delivered(pair)
    assert failure.code is ErrorCode.CALLED_OFF
    assert "closed" in failure.message
    assert closing.kind is JobKind.CLOSE
    assert not pair.purses.sent


async def test_nothing_crosses_once_leave_was_withdrawn(pair: Railed) -> None:
    await begun(pair)
    await pair.allow(may_cross=False)
    failure = await delivered(pair)
    assert failure.code is ErrorCode.CALLED_OFF
    assert not pair.purses.sent


async def test_two_moves_at_once_do_not_exceed_the_cap_of_a_day(pair: Railed) -> None:
    move = await begun(pair)
    twin = replace(move, id=JobId("twin"), details={**move.details, "decided": "yes"})
    async with pair.transactions.for_user(ADA) as work:
        await work.jobs.add(replace(twin, amount_usdc=D(480), idempotency_key=None))
    await delivered_first(pair, move)
    (job,) = [each for each in await pair.of(JobKind.MOVE) if each.id == move.id]
    assert job.amount_usdc == 20


async def test_what_is_on_its_way_is_in_the_total_once(pair: Railed) -> None:
    await begun(pair)
    world: Any = pair.world
    unseen: Any = type("Views", (), {"held": lambda *_: _none()})()
    balances = Balances(
        transactions=pair.transactions,
        solana=world,
        arbitrum=world,
        perp=world,
        reader=world,
        positions=unseen,
        clock=pair.clock,
        limits=RiskLimits(),
    )
    pair.world.answers["balances"] = lambda address: (
        SolanaBalances(ZERO, pair.wallet, {})
        if "solana" in address
        else ArbitrumBalances(ZERO, pair.purses.arbitrum)
    )
    before = (await balances.of(ADA)).total_usd
    pair.purses.is_stuck = True
    with pytest.raises(OutcomeUnknown):
        await delivered(pair)
    view = await balances.of(ADA)
    assert view.under_way_usd == pair.purses.owed > 0
    assert view.total_usd == before
    pair.purses.is_stuck = False
    assert await delivered(pair) is None
    assert (await balances.of(ADA)).under_way_usd == 0


async def _none() -> list[Any]:
    return []
