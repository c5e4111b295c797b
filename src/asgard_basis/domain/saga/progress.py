"""What journals have made of a position, from outcomes only: the long, and the short in time."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from asgard_basis.domain.money import ZERO
from asgard_basis.domain.position.legs import LongState
from asgard_basis.domain.position.position import (
    LegObservation,
    LongRecord,
    Position,
    ShortRecord,
)
from asgard_basis.domain.saga.outcome import LongReduced, LongRepaid
from asgard_basis.domain.saga.short_record import changed_short, cut_margin, trades
from asgard_basis.domain.saga.step import (
    Journal,
    LongClosed,
    LongObserved,
    LongOpened,
    LongRead,
    MarginIntent,
    SolanaIntent,
    Step,
    StepName,
    StepStatus,
)


def opened_long(journal: Journal) -> LongRecord | None:
    """The long as an entry journal opened it; None before it was seen.

    Seen is: read, or, when the opening was given up before that, looked at on the way out. What
    was only estimated counts until then.
    """
    opened = next((o for o in journal.outcomes(StepName.OPEN_LONG)), None)
    seen = _seen(journal)
    if not isinstance(opened, LongOpened) or seen is None:
        return None
    state, redemption, oracle = seen
    key = opened.position_key or state.position_key
    if not key:
        return None
    worth = state.collateral * redemption * _oracle_at(journal, StepName.OPEN_LONG)
    return LongRecord(
        position_key=opened.position_key or state.position_key,
        collateral_bought=state.collateral,
        usdc_spent=opened.usdc_spent,
        debt_opened=state.debt_usdc,
        redemption_opened=redemption,
        oracle_opened=oracle,
        cost_usd=opened.usdc_spent + state.debt_usdc - worth,
        network_fee_usd=opened.sol_spent * oracle,
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
        usdc_returned=long.usdc_returned + closed.usdc_received,
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


def reduced_long(long: LongRecord, journal: Journal) -> LongRecord:
    """The long after a reducing journal sold a part of it; unchanged until that is read.

    The part takes its share of what was bought and owed at the opening with it; what it earned
    and cost is booked now, at the rates of the sale.
    """
    reduced = next((o for o in journal.outcomes(StepName.REDUCE_LONG)), None)
    before = _before_cut(journal)
    if not isinstance(reduced, LongReduced) or before is None or before.state is None:
        return long
    oracle = _oracle_at(journal, StepName.REDUCE_LONG)
    redemption, sold, repaid = before.redemption_rate, reduced.collateral_sold, reduced.debt_repaid
    part = sold / before.state.collateral
    bought, owed = long.collateral_bought * part, long.debt_opened * part
    rate = redemption * oracle
    return replace(
        long,
        collateral_bought=long.collateral_bought - bought,
        debt_opened=long.debt_opened - owed,
        usdc_returned=long.usdc_returned + reduced.usdc_received,
        cost_usd=long.cost_usd + sold * rate - repaid - reduced.usdc_received,
        network_fee_usd=long.network_fee_usd + reduced.sol_spent * oracle,
        lending_usd=long.lending_usd + (sold - bought) * rate,
        staking_usd=long.staking_usd + bought * (redemption - long.redemption_opened) * oracle,
        borrowing_usd=long.borrowing_usd - (repaid - owed),
    )


def repaid_long(long: LongRecord, journal: Journal) -> LongRecord:
    """The long after debt was repaid from the wallet: it is put in, and owed no more."""
    for step in journal.steps:
        if isinstance(step.outcome, LongRepaid) and isinstance(step.intent, SolanaIntent):
            repaid = step.outcome
            long = replace(
                long,
                usdc_spent=long.usdc_spent + repaid.usdc_spent,
                debt_opened=long.debt_opened - repaid.usdc_spent,
                network_fee_usd=long.network_fee_usd + repaid.sol_spent * step.intent.oracle_price,
            )
    return long


def given_margin(before: ShortRecord, cut: ShortRecord, journal: Journal) -> ShortRecord:
    """The short with the margin it was given besides its own results so far.

    What a cut realised was paid out with the margin of its part: that much of what is given
    back is result, and counted as that.
    """
    given = sum(
        (
            step.intent.amount_usdc
            for step in journal.steps
            if step.status is StepStatus.DONE and isinstance(step.intent, MarginIntent)
        ),
        ZERO,
    )
    if given == 0:
        return cut
    return replace(
        cut, margin_usdc=cut.margin_usdc + given - (cut.realised_usd - before.realised_usd)
    )


def reduced_pair(position: Position, journal: Journal, fraction: Decimal) -> Position:
    """Both legs, and the capital asked for, as a reducing journal leaves them.

    A pair that had to be given up on the way is closed leg by leg.
    """
    reducing, leaving = journal.split(StepName.LEAVE)
    long, short, size = position.long, position.short, position.size_usd
    if long is not None:
        cut = reduced_long(long, reducing)
        size = size if cut is long else size * (1 - fraction)
        cut = repaid_long(cut, reducing)
        long = cut if leaving is None else closed_long(cut, leaving, position.observation)
    if short is not None:
        short = given_margin(short, cut_margin(short, changed_short(short, journal)), reducing)
    return replace(position, long=long, short=short, size_usd=size)


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
    unknown_since = None
    for step in steps:
        is_order = step.name in {StepName.OPEN_SHORT, StepName.CLOSE_SHORT}
        if is_order and step.status is StepStatus.INTENDED:
            unknown_since = step.intended_at
    changes = tuple((trade.at, trade.sold) for trade in trades(steps, ZERO))
    return ShortSpan(changes, unknown_since)


def _before_cut(journal: Journal) -> LongObserved | None:
    """The long right before a part of it was sold."""
    before, _ = journal.split(StepName.REDUCE_LONG)
    looks = [o for o in before.outcomes(StepName.OBSERVE_LONG) if isinstance(o, LongObserved)]
    return looks[-1] if looks else None


def _seen(journal: Journal) -> tuple[LongState, Decimal, Decimal] | None:
    reads = [o for o in journal.outcomes(StepName.READ_LONG) if isinstance(o, LongRead)]
    looks = [o for o in journal.outcomes(StepName.OBSERVE_LONG) if isinstance(o, LongObserved)]
    real = next((r for r in reads if not r.is_estimate), None)
    if real is not None:
        return real.state, real.redemption_rate, real.oracle_price
    for look in sorted(looks, key=lambda look: look.is_estimate):
        if look.state is not None:
            return look.state, look.redemption_rate, look.oracle_price or ZERO
    for read in reads:
        return read.state, read.redemption_rate, read.oracle_price
    return None


def _oracle_at(journal: Journal, name: StepName) -> Decimal:
    """The oracle price when the step that was done had been decided."""
    step: Step = next(s for s in journal.steps if s.name is name and s.status is StepStatus.DONE)
    if not isinstance(step.intent, SolanaIntent):
        raise TypeError(f"{name} was done without a Solana submission")
    return step.intent.oracle_price
