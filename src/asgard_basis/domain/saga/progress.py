"""What a journal has made of a position: the legs' records, from outcomes only."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from asgard_basis.domain.money import ZERO
from asgard_basis.domain.position.position import LegObservation, LongRecord, ShortRecord
from asgard_basis.domain.saga.entry import EntryPlan
from asgard_basis.domain.saga.exit import ALREADY_FLAT
from asgard_basis.domain.saga.step import (
    Journal,
    LongClosed,
    LongObserved,
    LongOpened,
    LongRead,
    OrderDone,
    OrderIntent,
    SolanaIntent,
    Step,
    StepName,
    StepStatus,
)


def opened_long(journal: Journal) -> LongRecord | None:
    """The long as an entry journal opened it; None before it was read."""
    opened = next((o for o in journal.outcomes(StepName.OPEN_LONG)), None)
    read = next((o for o in journal.outcomes(StepName.READ_LONG)), None)
    if not isinstance(opened, LongOpened) or not isinstance(read, LongRead):
        return None
    state, redemption = read.state, read.redemption_rate
    worth = state.collateral * redemption * _oracle_at(journal, StepName.OPEN_LONG)
    return LongRecord(
        position_key=opened.position_key,
        collateral_bought=state.collateral,
        usdc_spent=opened.usdc_spent,
        debt_opened=state.debt_usdc,
        redemption_opened=redemption,
        oracle_opened=read.oracle_price,
        cost_usd=opened.usdc_spent + state.debt_usdc - worth,
        network_fee_usd=opened.sol_spent * read.oracle_price,
    )


def opened_short(journal: Journal, plan: EntryPlan) -> ShortRecord | None:
    """The short as an entry journal opened it; None before anything was filled."""
    fills = _orders(journal, StepName.OPEN_SHORT)
    size = sum((done.result.filled_size for _, done in fills), ZERO)
    if size == 0:
        return None
    value = sum((_value(done) for _, done in fills), ZERO)
    return ShortRecord(
        size=size,
        entry_price=value / size,
        margin_usdc=plan.short_margin_usdc,
        fee_usdc=sum((done.fee_usdc for _, done in fills), ZERO),
        slippage_usd=sum(
            (intent.mid_price * done.result.filled_size - _value(done) for intent, done in fills),
            ZERO,
        ),
    )


def closed_short(short: ShortRecord, journal: Journal) -> ShortRecord:
    """The short after what a leaving journal bought back."""
    fills = _orders(journal, StepName.CLOSE_SHORT)
    size = sum((done.result.filled_size for _, done in fills), ZERO)
    if size == 0:
        return short
    value = sum((_value(done) for _, done in fills), ZERO)
    return replace(
        short,
        size=short.size - size,
        realised_usd=short.realised_usd + size * short.entry_price - value,
        fee_usdc=short.fee_usdc + sum((done.fee_usdc for _, done in fills), ZERO),
        slippage_usd=short.slippage_usd
        + sum(
            (
                _value(done) - intent.mid_price * done.result.filled_size
                for intent, done in fills
                if done.result.status != ALREADY_FLAT  # the venue's own doing, at its own time
            ),
            ZERO,
        ),
        exit_price=value / size,
    )


def is_long_gone(journal: Journal) -> bool:
    """Whether the long was not there any more when a leaving journal came to close it."""
    observed = [o for o in journal.outcomes(StepName.OBSERVE_LONG) if isinstance(o, LongObserved)]
    return bool(observed) and observed[-1].state is None


def closed_long(
    long: LongRecord, journal: Journal, seen: LegObservation | None = None
) -> LongRecord:
    """The long after a leaving journal sold it; unchanged until then.

    What was sold and repaid is what it held and owed when it was last looked at, seconds before.
    One that was gone by then (liquidated) has returned nothing: what it held and owed is what
    was last `seen`, so that the loss shows in the result.
    """
    closed = next((o for o in journal.outcomes(StepName.CLOSE_LONG)), None)
    observed = [o for o in journal.outcomes(StepName.OBSERVE_LONG) if isinstance(o, LongObserved)]
    state = observed[-1].state if observed else None
    if not isinstance(closed, LongClosed):
        return _lost(long, observed[-1], seen) if is_long_gone(journal) else long
    if state is None:
        return long
    oracle = _oracle_at(journal, StepName.CLOSE_LONG)
    redemption = observed[-1].redemption_rate
    worth = state.collateral * redemption * oracle
    return replace(
        long,
        collateral_sold=state.collateral,
        usdc_returned=closed.usdc_received,
        redemption_closed=redemption,
        oracle_closed=oracle,
        debt_repaid=state.debt_usdc,
        cost_usd=long.cost_usd + worth - state.debt_usdc - closed.usdc_received,
        network_fee_usd=long.network_fee_usd + closed.sol_spent * oracle,
    )


def _lost(long: LongRecord, observed: LongObserved, seen: LegObservation | None) -> LongRecord:
    return replace(
        long,
        collateral_sold=seen.collateral if seen else long.collateral_bought,
        debt_repaid=seen.debt_usdc if seen else long.debt_opened,
        redemption_closed=observed.redemption_rate,
        oracle_closed=observed.oracle_price or long.oracle_opened,
    )


@dataclass(frozen=True, slots=True)
class ShortSpan:
    """When a position's journals held how much of a short (market times)."""

    trades: tuple[tuple[datetime, Decimal], ...]
    """(when, SOL sold short; bought back is negative)."""
    unknown_since: datetime | None
    """An order was about to be sent then, and what became of it is not known yet."""

    def held(self, at: datetime) -> Decimal | None:
        """SOL sold short and not bought back by then; None while it is not known."""
        if self.unknown_since is not None and self.unknown_since <= at:
            return None
        return sum((size for when, size in self.trades if when <= at), ZERO)

    @property
    def began(self) -> datetime | None:
        """When it was first held; None when it never was."""
        return min((when for when, _ in self.trades), default=None)

    @property
    def ended(self) -> datetime | None:
        """When the last of it was bought back; None while some is held."""
        if self.unknown_since is not None or sum((size for _, size in self.trades), ZERO) > 0:
            return None
        return max((when for when, _ in self.trades), default=None)


def short_span(steps: Sequence[Step]) -> ShortSpan:
    """The short in time, from all steps of all jobs of a position."""
    trades: list[tuple[datetime, Decimal]] = []
    unknown_since = None
    for step in steps:
        if step.name not in {StepName.OPEN_SHORT, StepName.CLOSE_SHORT}:
            continue
        if step.status is StepStatus.INTENDED:
            unknown_since = step.intended_at
        if isinstance(step.outcome, OrderDone) and step.outcome.result.filled_size > 0:
            size = step.outcome.result.filled_size
            when = step.outcome.filled_at or step.finished_at or step.intended_at
            trades.append((when, size if step.name is StepName.OPEN_SHORT else -size))
    return ShortSpan(tuple(trades), unknown_since)


def _orders(journal: Journal, name: StepName) -> list[tuple[OrderIntent, OrderDone]]:
    return [
        (step.intent, step.outcome)
        for step in journal.steps
        if step.name is name
        and isinstance(step.intent, OrderIntent)
        and isinstance(step.outcome, OrderDone)
    ]


def _value(done: OrderDone) -> Decimal:
    return done.result.filled_size * (done.result.average_price or ZERO)


def _oracle_at(journal: Journal, name: StepName) -> Decimal:
    """The oracle price when the step that was done had been decided."""
    step: Step = next(s for s in journal.steps if s.name is name and s.status is StepStatus.DONE)
    if not isinstance(step.intent, SolanaIntent):
        raise TypeError(f"{name} was done without a Solana submission")
    return step.intent.oracle_price
