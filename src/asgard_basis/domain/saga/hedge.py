"""What a journal says of both legs, and what brings the short to the long."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from asgard_basis.domain.errors import ErrorCode
from asgard_basis.domain.money import ONE, ZERO, ceil_to
from asgard_basis.domain.saga.outcome import AccountMeasured
from asgard_basis.domain.saga.step import (
    Journal,
    LongObserved,
    LongOpened,
    LongRead,
    OrderDone,
    Perform,
    SolanaIntent,
    Step,
    StepName,
    StepStatus,
)

HEDGE_DEVIATION_MAX = Decimal("0.005")
ALREADY_FLAT = "already_flat"
"""What a closing order comes to when nothing is left to close: as good as done."""
LOSSES_MAX = 3
"""So often the venue may take from the short during one saga, and it is sold again."""
CHECKS_MAX = 3
"""Refusals of a step that only makes sure; a venue that is away is waited for."""
_COST = Decimal("0.002")
"""Of the exposure: Asgard's fee of 0.15 % and a calm swap."""
_ROOM = Decimal("1.2")
"""Over the venue's minimum, because the price moves between deciding and sending."""
_FINAL = frozenset(
    {
        ErrorCode.POLICY_DENIED.code,
        ErrorCode.HYPERLIQUID_MARGIN.code,
        ErrorCode.HYPERLIQUID_ACCOUNT.code,
    }
)
"""Refusals that no repetition can change."""


@dataclass(frozen=True, slots=True)
class HedgeTerms:
    """What the venue of the short allows."""

    size_step: Decimal
    min_order_usd: Decimal
    reference_price: Decimal


@dataclass(frozen=True, slots=True)
class Patience:
    """How long one leg is tried for while the other stands alone."""

    refusals_max: int = 4
    """The venue understood and said no."""
    unfilled_max: int = 6
    """Nobody to trade with inside the price band."""
    silences_max: int = 8
    """The venue could not be asked. A signing service that is away is waited for until
    `exposed_max`: nothing else could be signed either."""
    tries_max: int = 16
    exposed_max: timedelta = timedelta(seconds=60)
    """Market time since one leg stands alone, by the journal's own entries."""
    tries_min: int = 3
    """Made even when that time is over: an answer may have been waited for all the while."""
    reads_max: int = 5
    reading_max: timedelta = timedelta(seconds=20)
    """Then a landed long the venue does not list is hedged by what left the wallet for it."""
    first_tries_max: int = 5
    """Of each step until something is bought, of which two may be refused: nothing is held yet,
    and a venue that was asked too often just now answers in a few seconds."""
    leaving_refusals_max: int = 8
    """Of one leg on the way out; then a person is needed. A venue that is away, or a book
    without anybody, is waited for."""


SECOND_LEG = Patience()


@dataclass(frozen=True, slots=True)
class HeldLong:
    """The long as far as it is known."""

    sol: Decimal
    """SOL-equivalents."""
    is_estimate: bool


def short_held(journal: Journal, start: Decimal = ZERO) -> Decimal:
    """SOL sold short after everything the journal knows of, having begun with `start`."""
    return [start, *held_after_each(journal, start)][-1]


def held_after_each(journal: Journal, start: Decimal = ZERO) -> Iterator[Decimal]:
    """SOL sold short after each step of the journal.

    Fills count, never what was ordered; what an account is measured to have overrules them
    when it is less: the venue took the rest.
    """
    held = start
    for step in journal.steps:
        outcome = step.outcome
        if isinstance(outcome, OrderDone):
            filled = outcome.result.filled_size
            if step.name is StepName.OPEN_SHORT:
                held += filled
            elif outcome.result.status == ALREADY_FLAT:
                held = ZERO
            else:
                held = max(ZERO, held - filled)
        elif isinstance(outcome, AccountMeasured):
            held = min(held, outcome.short)
        yield held


def losses(journal: Journal, start: Decimal = ZERO) -> tuple[int, ...]:
    """Indices of the steps that found less of the short than was sold."""
    found, before = [], start
    for index, held in enumerate(held_after_each(journal, start)):
        if isinstance(journal.steps[index].outcome, AccountMeasured) and held < before:
            found.append(index)
        before = held
    return tuple(found)


def long_held(
    journal: Journal, *, leverage: Decimal, patience: Patience = SECOND_LEG
) -> HeldLong | None:
    """The long that was opened: as read, else reckoned from its price, else None.

    It is reckoned once reading it has been in vain for long enough; one that was listed as
    ended holds nothing.
    """
    reads = [s.outcome for s in journal.steps if isinstance(s.outcome, LongRead | LongObserved)]
    if reads:
        best = next((r for r in reversed(reads) if _is_real(r)), reads[-1])
        sol = best.state.collateral * best.redemption_rate if best.state else ZERO
        return HeldLong(sol, is_estimate=not _is_real(best))
    vain = journal.fruitless(StepName.READ_LONG)
    opening = _opening(journal)
    if opening is None or vain == 0:
        return None
    waited = _elapsed(journal, opening.finished_at)
    if vain < patience.reads_max and waited < patience.reading_max:
        return None
    assert isinstance(opening.outcome, LongOpened)
    price = opening.intent.oracle_price if isinstance(opening.intent, SolanaIntent) else ZERO
    if price <= 0:
        return None
    sol = opening.outcome.usdc_spent * leverage * (ONE - _COST) / price
    return HeldLong(sol, is_estimate=True)


def toward(
    terms: HedgeTerms,
    journal: Journal,
    *,
    held: Decimal,
    target: Decimal,
    patience: Patience = SECOND_LEG,
) -> Perform | None:
    """The order that brings the short from `held` to `target`.

    None when it is there, or near enough; LEAVE when it cannot be brought there. `journal` is
    what happened since the legs were last known to belong together.
    """
    size = abs(target - held)
    if size < terms.size_step:
        return None
    name = StepName.OPEN_SHORT if target > held else StepName.CLOSE_SHORT
    is_near = size <= target * HEDGE_DEVIATION_MAX
    if _is_orderable(terms, journal, size):
        if may_try(journal, name, patience):
            return Perform(name, size=size)
        return None if is_near else Perform(StepName.LEAVE)
    if is_near:
        return None
    # Too small to order, too much to live with: more is bought back, and sold again.
    pad = ceil_to(terms.min_order_usd * _ROOM / terms.reference_price, terms.size_step)
    back = pad if target > held else size + pad
    if back < held and may_try(journal, StepName.CLOSE_SHORT, patience):
        return Perform(StepName.CLOSE_SHORT, size=back)
    return Perform(StepName.LEAVE)


def may_try(journal: Journal, name: StepName, patience: Patience = SECOND_LEG) -> bool:
    """Whether the step may be tried once more, by what became of it since the journal begins."""
    steps = [s for s in journal.steps if s.name is name]
    refused = [s for s in steps if s.status is StepStatus.REFUSED]
    if refused and refused[-1].error_code in _FINAL:
        return False
    silent = [
        s
        for s in steps
        if s.status is StepStatus.UNAVAILABLE and s.error_code != ErrorCode.SIGNING_UNAVAILABLE.code
    ]
    unfilled = sum(
        1 for s in steps if isinstance(s.outcome, OrderDone) and s.outcome.result.filled_size == 0
    )
    if (
        len(refused) >= patience.refusals_max
        or unfilled >= patience.unfilled_max
        or len(silent) >= patience.silences_max
        or len(steps) >= patience.tries_max
    ):
        return False
    if len(steps) < patience.tries_min or not journal.steps:
        return True
    return _elapsed(journal, journal.steps[0].intended_at) < patience.exposed_max


def since_alone(journal: Journal, start: Decimal = ZERO) -> Journal:
    """What happened since the legs last came apart by something other than our orders.

    That is: the long was bought or cut, it was really read after an estimate, or the venue was
    found to have taken from the short.
    """
    lost = losses(journal, start)
    begins = lost[-1] + 1 if lost else 0
    was_estimated = False
    for index, step in enumerate(journal.steps):
        if step.status is not StepStatus.DONE:
            continue
        if step.name in {StepName.OPEN_LONG, StepName.REDUCE_LONG}:
            begins = max(begins, index + 1)
        if isinstance(step.outcome, LongRead | LongObserved):
            if was_estimated and _is_real(step.outcome):
                begins = max(begins, index + 1)
                was_estimated = False
        elif step.name is StepName.OPEN_SHORT and not _is_read(journal.steps[:index]):
            was_estimated = True
    return Journal(journal.steps[begins:])


def is_current(journal: Journal, name: StepName, *, after: frozenset[StepName]) -> bool:
    """Whether the step was done, and none of the others was done since."""
    for step in reversed(journal.steps):
        if step.status is StepStatus.DONE and step.name is name:
            return True
        if step.status is StepStatus.DONE and step.name in after:
            return False
    return False


def is_too_small(journal: Journal) -> bool:
    """Whether the venue called the newest order too small."""
    orders = [s for s in journal.steps if s.name in {StepName.OPEN_SHORT, StepName.CLOSE_SHORT}]
    return bool(orders) and orders[-1].error_code == ErrorCode.SIZE_TOO_SMALL.code


def _is_orderable(terms: HedgeTerms, journal: Journal, size: Decimal) -> bool:
    return not is_too_small(journal) and size * terms.reference_price >= terms.min_order_usd


def _is_read(steps: tuple[Step, ...]) -> bool:
    return any(
        isinstance(s.outcome, LongRead | LongObserved) and _is_real(s.outcome) for s in steps
    )


def _is_real(outcome: LongRead | LongObserved) -> bool:
    return not outcome.is_estimate


def _opening(journal: Journal) -> Step | None:
    return next(
        (
            s
            for s in journal.steps
            if s.name is StepName.OPEN_LONG and isinstance(s.outcome, LongOpened)
        ),
        None,
    )


def _elapsed(journal: Journal, since: datetime | None) -> timedelta:
    """From then to the newest entry of the journal."""
    times = [s.finished_at or s.intended_at for s in journal.steps]
    return max(times) - since if times and since is not None else timedelta(0)
