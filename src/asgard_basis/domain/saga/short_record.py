"""What a journal has made of the short: its record, trade by trade."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from asgard_basis.domain.money import ZERO
from asgard_basis.domain.position.position import ShortRecord
from asgard_basis.domain.saga.entry import EntryPlan
from asgard_basis.domain.saga.hedge import ALREADY_FLAT, held_after_each
from asgard_basis.domain.saga.outcome import AccountMeasured
from asgard_basis.domain.saga.step import (
    Journal,
    OrderDone,
    OrderIntent,
    Step,
)


@dataclass(frozen=True, slots=True)
class Trade:
    """One change of the short."""

    at: datetime
    sold: Decimal
    """SOL sold short; bought back is negative."""
    price: Decimal | None
    """None when nobody has said: no result is booked then."""
    fee_usdc: Decimal
    slippage_usd: Decimal
    """Against the middle when it was decided; none of what the venue did by itself."""
    is_listed: bool = True
    """Whether the venue has all of it on record; else its price is that of the part it has, or
    what the market said when it was found out, and its fee is not known."""


def opened_short(journal: Journal, plan: EntryPlan) -> ShortRecord | None:
    """The short as an entry journal made it, trimmed and bought back where it was.

    None before anything was filled.
    """
    nothing = ShortRecord(ZERO, ZERO, plan.short_margin_usdc, ZERO, ZERO)
    changed = changed_short(nothing, journal)
    return None if changed is nothing else changed


def changed_short(short: ShortRecord, journal: Journal) -> ShortRecord:
    """The short after what a journal sold and bought back of it, in that order.

    Sales move the average entry price; what is bought back, by us or by the venue, is realised
    against it. The exit price is the average of what this journal saw bought back.
    """
    bought = paid = ZERO
    for trade in trades(journal.steps, short.size):
        price = trade.price or short.entry_price
        if trade.sold > 0:
            size = short.size + trade.sold
            value = short.size * short.entry_price + trade.sold * price
            short = replace(short, size=size, entry_price=value / size)
        else:
            back = -trade.sold
            bought, paid = bought + back, paid + back * price
            short = replace(
                short,
                size=short.size - back,
                realised_usd=short.realised_usd + back * (short.entry_price - price),
                exit_price=paid / bought,
            )
        short = replace(
            short,
            fee_usdc=short.fee_usdc + trade.fee_usdc,
            slippage_usd=short.slippage_usd + trade.slippage_usd,
        )
    return short


def cut_margin(before: ShortRecord, after: ShortRecord) -> ShortRecord:
    """With the margin the venue released, in proportion to what was bought back."""
    if before.size == 0 or after.size >= before.size:
        return after
    return replace(after, margin_usdc=before.margin_usdc * after.size / before.size)


def trades(steps: Sequence[Step], start: Decimal) -> Iterator[Trade]:
    """What changed the short, in the order it was found out."""
    before = start
    for step, held in zip(steps, held_after_each(Journal(tuple(steps)), start), strict=True):
        if isinstance(step.outcome, OrderDone):
            yield from _ordered(step, step.outcome, held - before)
        elif isinstance(step.outcome, AccountMeasured) and held != before:
            measured = step.outcome
            at = measured.at or step.finished_at or step.intended_at
            is_listed = measured.at is not None and measured.is_all_listed
            yield Trade(at, held - before, measured.price, measured.fee_usdc, ZERO, is_listed)
        before = held


def _ordered(step: Step, done: OrderDone, change: Decimal) -> Iterator[Trade]:
    if change == 0:
        return
    result, intent = done.result, step.intent
    at = done.filled_at or step.finished_at or step.intended_at
    mid = intent.mid_price if isinstance(intent, OrderIntent) else result.average_price
    price = result.average_price or mid
    slippage, is_ours = ZERO, result.status != ALREADY_FLAT
    if mid is not None and price is not None and is_ours:
        slippage = change * (mid - price)  # otherwise the venue's own doing, at its own time
    is_listed = is_ours or (done.filled_at is not None and result.filled_size >= -change)
    yield Trade(at, change, price, done.fee_usdc, slippage, is_listed)
