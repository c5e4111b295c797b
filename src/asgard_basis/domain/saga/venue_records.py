"""What the journals of a position hold for the ledger: one venue record for each effect.

The legs' records are made by the very functions that make the position's own, so that the two can
never tell different stories of the same journal.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from operator import attrgetter

from asgard_basis.domain.identifiers import JobId
from asgard_basis.domain.ledger.attribution import LongValuation
from asgard_basis.domain.ledger.stand import Record, Stand, paid, refreshed
from asgard_basis.domain.money import ZERO, plain
from asgard_basis.domain.position.position import Position
from asgard_basis.domain.saga.alone import after as after_alone
from asgard_basis.domain.saga.entry import EntryPlan
from asgard_basis.domain.saga.hedge import short_held
from asgard_basis.domain.saga.outcome import AccountMeasured
from asgard_basis.domain.saga.progress import closed_long, opened_long, reduced_pair
from asgard_basis.domain.saga.repaired import repaired
from asgard_basis.domain.saga.short_record import changed_short, opened_short, trades
from asgard_basis.domain.saga.step import (
    Journal,
    LongClosed,
    LongObserved,
    LongOpened,
    LongRead,
    LongReduced,
    LongRepaid,
    OrderDone,
    OrderIntent,
    SolanaIntent,
    Step,
    StepName,
    StepStatus,
)


@dataclass(frozen=True, slots=True)
class Episode:
    """One job of a position and what was written for it."""

    job_id: JobId
    kind: str
    steps: tuple[Step, ...]
    is_ended: bool
    plan: EntryPlan | None = None
    """Of an opening."""
    fraction: Decimal | None = None
    """Of a reduction."""
    alone: int = 0
    """Steps at its beginning that defended one leg while the other's venue did not answer."""


NO_FILL = "the price at which the venue closed some of the short"
"""What a book says is missing when `has_unpriced`."""


def has_opening(episodes: Sequence[Episode]) -> bool:
    """Whether the position was opened in these journals, and not before there were any."""
    return any(s.name is StepName.OPEN_LONG for e in episodes for s in e.steps)


def has_unpriced(episodes: Sequence[Episode]) -> bool:
    """Whether the venue closed some of a short by itself and does not list all of it.

    The result of that part is not known then, which is not the same as nothing.
    """
    return any(
        trade.price is None or not trade.is_listed
        for episode in episodes
        for trade in trades(episode.steps, _held_before(episodes, episode))
    )


def _held_before(episodes: Sequence[Episode], until: Episode) -> Decimal:
    """SOL sold short and not bought back before an episode."""
    before = [s for e in episodes[: episodes.index(until)] for s in e.steps]
    return short_held(Journal(tuple(before)))


@dataclass(frozen=True, slots=True)
class Settled:
    """What of one funding settlement belongs to the position."""

    at: datetime
    share_usdc: Decimal


@dataclass(frozen=True, slots=True)
class Refresh:
    """Both venues and the stake pool at one moment, while the pair was held in peace."""

    at: datetime
    valuation: LongValuation
    mark_price: Decimal


def records(
    position: Position,
    episodes: Sequence[Episode],
    stand: Stand,
    *,
    settled: Iterable[Settled] = (),
    refreshes: Iterable[Refresh] = (),
) -> list[Record]:
    """The venue records that are not in the books as they stand, oldest first.

    Journals are read up to the first effect whose outcome is not known. The settlements and
    refreshes given are ones that are not booked yet. Of the position only what does not change is
    read, and what the venues last said.
    """
    events = [
        *_steps(position, episodes, stand.steps),
        *(_Event(each.at, _payment(each)) for each in settled),
        *(_Event(each.at, _refresh(position, each)) for each in refreshes),
    ]
    found: list[Record] = []
    for event in sorted(events, key=attrgetter("at")):
        record = event.make(stand)
        if record is not None:
            found.append(record)
            stand = record.after
    return found


@dataclass(frozen=True, slots=True)
class _Event:
    at: datetime
    make: Callable[[Stand], Record | None]


def _steps(position: Position, episodes: Sequence[Episode], known: int) -> Iterator[_Event]:
    """Journal entries after the first so many; each not before the one it follows."""
    legs, count, at = replace(position, long=None, short=None), 0, datetime.min.replace(tzinfo=UTC)
    for episode in episodes:
        before = legs
        for index, step in enumerate(episode.steps):
            if step.status is StepStatus.INTENDED and not episode.is_ended:
                return
            count += 1
            if step.status is not StepStatus.DONE:
                continue
            journal = Journal(episode.steps[: index + 1])
            legs = _after(episode, before, journal)
            at = max(at, step.finished_at or step.intended_at)
            if count > known:
                yield _Event(at, _done(episode, journal, legs, count))


def _done(
    episode: Episode, journal: Journal, legs: Position, count: int
) -> Callable[[Stand], Record]:
    step = journal.steps[-1]

    def made(stand: Stand) -> Record:
        return _record(episode, step, journal, stand, _stand(stand, legs, step, count))

    return made


def _payment(settled: Settled) -> Callable[[Stand], Record]:
    def made(stand: Stand) -> Record:
        size = stand.short.size if stand.short else ZERO
        hour = settled.at.replace(minute=0, second=0, microsecond=0)
        return Record(
            "hyperliquid",
            "funding",
            f"{hour:%Y-%m-%dT%H}Z",
            settled.at,
            f"Funding, {plain(size)} SOL short",
            paid(stand, settled.share_usdc),
        )

    return made


def _refresh(position: Position, seen: Refresh) -> Callable[[Stand], Record | None]:
    def made(stand: Stand) -> Record | None:
        if stand.long is None or stand.is_long_closed:
            return None
        rate = seen.valuation.redemption_rate
        memo = f"Interest and staking, {position.asset} at {rate:.4f} SOL"
        after = refreshed(stand, seen.valuation, mark_price=seen.mark_price, at=seen.at)
        record = f"{stand.long.position_key}:{seen.at:%Y-%m-%dT%H:%M:%S}Z"
        return Record("asgard", "refresh", record, seen.at, memo, after)

    return made


def _after(episode: Episode, before: Position, journal: Journal) -> Position:
    """The legs' records as the use case of that kind writes them."""
    if episode.alone:
        before = after_alone(before, Journal(journal.steps[: episode.alone]))
        journal = Journal(journal.steps[episode.alone :])
    match episode.kind:
        case "open":
            long = opened_long(journal)
            return replace(
                before,
                long=closed_long(long, journal) if long else None,
                short=opened_short(journal, episode.plan) if episode.plan else None,
            )
        case "close":
            long, short = before.long, before.short
            return replace(
                before,
                long=closed_long(long, journal, before.observation) if long else None,
                short=changed_short(short, journal) if short else None,
            )
        case "reduce":
            return reduced_pair(before, journal, episode.fraction or ZERO)
        case "repair":
            return repaired(before, journal)
    return before


def _stand(stand: Stand, legs: Position, step: Step, count: int) -> Stand:
    """As booked after the step: its records, and what it says of holdings and prices."""
    valuation, mark = stand.valuation, stand.mark_price
    match step.outcome:
        case LongRead() | LongObserved():
            state = step.outcome.state
            if state is not None:
                known = valuation.oracle_price if valuation else ZERO
                valuation = LongValuation(
                    state.collateral,
                    state.debt_usdc,
                    step.outcome.redemption_rate,
                    step.outcome.oracle_price or known,
                )
        case LongReduced() if valuation is not None:
            oracle = valuation.oracle_price
            if isinstance(step.intent, SolanaIntent):
                oracle = step.intent.oracle_price
            valuation = LongValuation(
                valuation.collateral - step.outcome.collateral_sold,
                valuation.debt_usdc - step.outcome.debt_repaid,
                valuation.redemption_rate,
                oracle,
            )
        case LongRepaid() if valuation is not None:
            repaid = step.outcome.usdc_spent
            valuation = replace(valuation, debt_usdc=valuation.debt_usdc - repaid)
        case OrderDone():
            mid = step.intent.mid_price if isinstance(step.intent, OrderIntent) else None
            mark = mid or step.outcome.result.average_price or mark
        case AccountMeasured():
            mark = step.outcome.price or mark
    if mark is None and legs.short is not None:
        mark = legs.short.entry_price
    return replace(
        stand, long=legs.long, short=legs.short, valuation=valuation, mark_price=mark, steps=count
    )


def _record(episode: Episode, step: Step, journal: Journal, before: Stand, after: Stand) -> Record:
    at = step.finished_at or step.intended_at
    look = f"{episode.job_id}:{step.name}:{step.attempt}"
    venue, kind, name, memo, sol = "asgard", "look", look, "Looked at the long", ZERO
    opened = next(iter(journal.outcomes(StepName.OPEN_LONG)), None)
    match step.outcome:
        case LongRead() | LongObserved() if before.long is None and isinstance(opened, LongOpened):
            venue, kind, name = "solana", "open_long", opened.signature
            memo, sol = "Long bought", opened.sol_spent
        case LongClosed():
            venue, kind, name = "solana", "close_long", step.outcome.signature
            memo, sol = "Long sold", step.outcome.sol_spent
        case LongReduced():
            venue, kind, name = "solana", "reduce_long", step.outcome.signature
            memo, sol = "Part of the long sold", step.outcome.sol_spent
        case LongRepaid():
            venue, kind, name = "solana", "repay_long", step.outcome.signature
            memo, sol = "Debt of the long repaid", step.outcome.sol_spent
        case LongObserved() if after.is_long_closed and not before.is_long_closed:
            kind, memo = "gone", "The long was taken by its lender's liquidators"
        case OrderDone():
            venue, kind, memo = "hyperliquid", "order", _ordered(step)
            if isinstance(step.intent, OrderIntent):
                name = step.intent.client_order_id
        case AccountMeasured():
            venue, kind, memo = "hyperliquid", "account", "The venue closed some of the short"
    return Record(venue, kind, name, at, memo, after, sol)


def _ordered(step: Step) -> str:
    is_sale = step.name is StepName.OPEN_SHORT
    return "Short sold" if is_sale else "Short bought back"
