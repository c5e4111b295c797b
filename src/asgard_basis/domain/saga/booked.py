"""A position as its row and its journals have it, for holding against the venues."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import combinations

from asgard_basis.domain.identifiers import PositionId
from asgard_basis.domain.money import ZERO
from asgard_basis.domain.position.delta import Exposure, LegChange, exposed
from asgard_basis.domain.position.existence import BookedLong, BookedPair, LateFill
from asgard_basis.domain.position.legs import PerpFill
from asgard_basis.domain.position.lifecycle import ENDED
from asgard_basis.domain.position.position import LongRecord, Position
from asgard_basis.domain.saga.entry import EntryPlan
from asgard_basis.domain.saga.hedge import held_after_each, short_held
from asgard_basis.domain.saga.outcome import LongReduced
from asgard_basis.domain.saga.step import (
    Journal,
    LongClosed,
    LongOpened,
    LongRead,
    OrderDone,
    OrderIntent,
    SolanaIntent,
    Step,
    StepName,
    StepStatus,
)

_SOLD_OUT = Decimal("0.005")
"""Fraction of a long that may be left by the book when it has been sold whole: interest."""


def booked_pair(
    position: Position, steps: Sequence[Step], running: Sequence[Step] | None
) -> BookedPair:
    """The position as it should be found; `steps` are of all its jobs, oldest first.

    `running` are those of the job that is at work on it, None when there is none.
    """
    is_moving = running is not None
    short = ZERO if position.state in ENDED else _short(position, running or ())
    under_way = [s for s in running or () if s.status is StepStatus.INTENDED]
    selling = sum(
        (
            s.intent.size
            for s in under_way
            if s.name is StepName.OPEN_SHORT and isinstance(s.intent, OrderIntent)
        ),
        ZERO,
    )
    return BookedPair(
        position_id=position.id,
        state=position.state,
        is_moving=is_moving,
        short=short,
        short_least=ZERO if is_moving else short,
        short_most=short + selling,
        long=None if position.state in ENDED else _long(position),
        named=frozenset(_named(steps)),
    )


def late_fills(
    journals: Mapping[PositionId, Sequence[Step]], fills: Sequence[PerpFill]
) -> tuple[LateFill, ...]:
    """Selling orders of ours that the venue executed beyond what their journals say."""
    found: list[LateFill] = []
    for position_id, steps in journals.items():
        for step in steps:
            if step.status is StepStatus.INTENDED or step.name is not StepName.OPEN_SHORT:
                continue
            if not isinstance(step.intent, OrderIntent):
                continue
            told = step.outcome.result.filled_size if isinstance(step.outcome, OrderDone) else ZERO
            key = step.intent.client_order_id
            really = sum((f.size for f in fills if f.client_order_id == key), ZERO)
            if really > told:
                found.append(LateFill(position_id, really - told))
    return tuple(found)


def leg_exposure(
    position: Position,
    running: Sequence[Step],
    *,
    redemption: Decimal,
    band: Decimal,
    plan: EntryPlan | None = None,
) -> Exposure | None:
    """Since when one leg has been without the other, by the journal of the running job.

    What was sent and not answered counts as done when that is the worse; it is not certain when
    it depends on that.
    """
    opened = next((s for s in running if s.name is StepName.OPEN_LONG), None)
    long_sol = short_sol = ZERO
    if opened is None:
        long_sol = _tokens(position.long) * redemption if position.long else ZERO
        short_sol = _short(position, ())
    known = list(_changes(running, short_sol, long_sol, leverage=position.leverage))
    perhaps = list(_perhaps(running, plan))
    cases = [
        exposed(_in_time([*known, *some]), band=band, long_sol=long_sol, short_sol=short_sol)
        for count in range(len(perhaps) + 1)
        for some in combinations(perhaps, count)
    ]
    found = [case for case in cases if case is not None]
    if len(found) == len(cases):
        return found[0]
    worst = max(found, key=lambda case: abs(case.net_sol), default=None)
    return None if worst is None else replace(worst, is_certain=False)


def _in_time(changes: Iterable[LegChange]) -> list[LegChange]:
    """Both legs may have been worked on at once: the journal's order is of beginnings."""
    return sorted(changes, key=lambda change: change.at)


def _perhaps(steps: Sequence[Step], plan: EntryPlan | None) -> Iterator[LegChange]:
    """What the steps that nobody answers for have made of the legs, if they have happened."""
    for step in Journal(tuple(steps)).open_steps():
        match step:
            case Step(name=StepName.OPEN_LONG, intent=SolanaIntent(oracle_price=price)):
                if plan is not None and price > 0:
                    bought = plan.collateral_usdc * plan.long_leverage / price
                    yield LegChange(step.intended_at, long_sol=bought)
            case Step(name=StepName.CLOSE_SHORT, intent=OrderIntent(size=size)):
                yield LegChange(step.intended_at, short_change=-size)
            case Step(name=StepName.CLOSE_LONG, intent=SolanaIntent()):
                yield LegChange(step.intended_at, long_sol=ZERO)


def _changes(
    steps: Sequence[Step], short_sol: Decimal, long_sol: Decimal, *, leverage: Decimal
) -> Iterator[LegChange]:
    before = short_sol
    for step, held in zip(steps, held_after_each(Journal(tuple(steps)), short_sol), strict=True):
        at = step.finished_at or step.intended_at
        outcome = step.outcome
        long: Decimal | None = None
        match step.name, outcome:
            case StepName.OPEN_LONG, LongOpened():
                # How much it really bought is read next; until then what was paid must do.
                price = step.intent.oracle_price if isinstance(step.intent, SolanaIntent) else ZERO
                long = outcome.usdc_spent * leverage / price if price > 0 else None
            case StepName.READ_LONG, LongRead():
                long = outcome.state.collateral * outcome.redemption_rate
            case StepName.REDUCE_LONG, LongReduced(percentage=part):
                # By the part that was sold; where that is not known, by as much as the short.
                long = long_sol * (100 - part) / 100 if part and long_sol else held
            case StepName.CLOSE_LONG, LongClosed():
                long = ZERO
        filled_at = outcome.filled_at if isinstance(outcome, OrderDone) else None
        long_sol = long_sol if long is None else long
        if long is not None or held != before:
            yield LegChange(filled_at or at, long_sol=long, short_change=held - before)
        before = held


def journalled_short(steps: Sequence[Step]) -> Decimal | None:
    """What is held short by all journals of a position; None when its opening is not in them."""
    if not any(step.name is StepName.OPEN_LONG for step in steps):
        return None
    return short_held(Journal(tuple(steps)))


def _short(position: Position, running: Sequence[Step]) -> Decimal:
    """By the row, and what the running job has done since; an opening's row may lag its journal."""
    begun = ZERO
    if position.short is not None and journalled_short(running) is None:
        begun = position.short.size
    return short_held(Journal(tuple(running)), begun)


def _long(position: Position) -> BookedLong | None:
    long = position.long
    if long is None or _tokens(long) <= long.collateral_bought * _SOLD_OUT:
        return None
    return BookedLong(long.position_key, position.asset, position.protocol, _tokens(long))


def _tokens(long: LongRecord) -> Decimal:
    return long.collateral_bought - long.collateral_sold


def _named(steps: Sequence[Step]) -> set[str]:
    found: set[str] = set()
    for step in steps:
        if isinstance(step.intent, SolanaIntent) and step.name is StepName.OPEN_LONG:
            found |= {step.intent.signature, step.intent.position_key or step.intent.signature}
        if isinstance(step.outcome, LongOpened):
            found.add(step.outcome.position_key)
    return found
