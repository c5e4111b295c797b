"""What a journal has made of a position: the legs' records, from outcomes only."""

from dataclasses import replace
from decimal import Decimal

from asgard_basis.domain.money import ZERO
from asgard_basis.domain.position.position import LongRecord, ShortRecord
from asgard_basis.domain.saga.entry import EntryPlan
from asgard_basis.domain.saga.step import (
    CloseRead,
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
    """The long as an entry journal opened it; None before its fill was read."""
    opened = next((o for o in journal.outcomes(StepName.OPEN_LONG)), None)
    read = next((o for o in journal.outcomes(StepName.READ_LONG)), None)
    if not isinstance(opened, LongOpened) or not isinstance(read, LongRead):
        return None
    sol_bought = read.fill.collateral * read.redemption_rate
    return LongRecord(
        position_key=opened.position_key,
        collateral_bought=read.state.collateral,
        usdc_spent=opened.usdc_spent,
        debt_opened=read.state.debt_usdc,
        redemption_opened=read.redemption_rate,
        oracle_opened=read.oracle_price,
        fee_usdc=read.fill.fee_usdc,
        slippage_usd=read.fill.usdc - sol_bought * _oracle_at(journal, StepName.OPEN_LONG),
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
            (_value(done) - intent.mid_price * done.result.filled_size for intent, done in fills),
            ZERO,
        ),
        exit_price=value / size,
    )


def closed_long(long: LongRecord, journal: Journal) -> LongRecord:
    """The long after a leaving journal sold it; unchanged until the sale has been read."""
    closed = next((o for o in journal.outcomes(StepName.CLOSE_LONG)), None)
    read = next((o for o in journal.outcomes(StepName.READ_CLOSE)), None)
    observed = [o for o in journal.outcomes(StepName.OBSERVE_LONG) if isinstance(o, LongObserved)]
    if not isinstance(closed, LongClosed) or not isinstance(read, CloseRead) or not observed:
        return long
    oracle = _oracle_at(journal, StepName.CLOSE_LONG)
    redemption = observed[-1].redemption_rate
    worth = read.fill.collateral * redemption * oracle
    return replace(
        long,
        collateral_sold=read.fill.collateral,
        usdc_returned=closed.usdc_received,
        redemption_closed=redemption,
        oracle_closed=oracle,
        debt_repaid=read.fill.usdc - read.fill.fee_usdc - closed.usdc_received,
        fee_usdc=long.fee_usdc + read.fill.fee_usdc,
        slippage_usd=long.slippage_usd + worth - read.fill.usdc,
        network_fee_usd=long.network_fee_usd + closed.sol_spent * oracle,
    )


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
