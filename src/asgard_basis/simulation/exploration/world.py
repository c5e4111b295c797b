"""The smallest world with two venues: lots of SOL, one order at a time, and what answers say.

Sizes are whole lots of one SOL at ten dollars; the venue takes no order under two lots, unless
it closes all that an account has.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from asgard_basis.domain.assets import Asset, LendingProtocol
from asgard_basis.domain.errors import ErrorCode
from asgard_basis.domain.position.legs import LongState, OrderResult
from asgard_basis.domain.saga.hedge import ALREADY_FLAT, HedgeTerms
from asgard_basis.domain.saga.step import (
    AccountMeasured,
    LongClosed,
    LongObserved,
    LongOpened,
    LongRead,
    LongReduced,
    LongRepaid,
    OrderDone,
    OrderIntent,
    Outcome,
    Perform,
    Plain,
    PlainIntent,
    SolanaIntent,
    Step,
    StepName,
    StepStatus,
)

NOON = datetime(2025, 1, 1, 12, tzinfo=UTC)
LATE = NOON + timedelta(hours=1)
PRICE = Decimal(10)
LEAST_LOTS = 2
FULL = 4
TERMS = HedgeTerms(Decimal(1), Decimal(15), PRICE)
SPENT = Decimal("20.04")
"""USDC that buys `FULL` lots at two times, less what opening costs."""
BROUGHT = Decimal(15)
"""USDC that the sale of a part pays out."""

ORDERS = frozenset({StepName.OPEN_SHORT, StepName.CLOSE_SHORT})
ON_CHAIN = frozenset(
    {StepName.OPEN_LONG, StepName.CLOSE_LONG, StepName.REDUCE_LONG, StepName.REPAY_LONG}
)
OURS = frozenset({StepName.TURN_BACK, StepName.LEAVE, StepName.SETTLE})
"""Nobody outside is asked."""


class Truth(NamedTuple):
    """What the venues really hold."""

    long: int
    short: int
    margin_back: bool = False
    """What a cut set free of the short's margin is behind it again."""
    repaid: Decimal = Decimal(0)
    """USDC of what a cut brought, back in the long."""


class Effect(NamedTuple):
    """One way a step can really go: what it leaves, and what it would be answered."""

    label: str
    truth: Truth
    outcome: Outcome | None
    """None: the other side says no."""
    code: ErrorCode = ErrorCode.HYPERLIQUID_ORDER


@dataclass(frozen=True, slots=True)
class Place:
    """What is fixed about the world of one scene."""

    others_short: int = 0
    """Lots of the account's other positions."""
    fills: tuple[int, ...] = (FULL, FULL - 1)
    """Lots a long may turn out to have."""
    left_of_long: int = FULL // 2
    """Lots a reduction leaves."""
    puts_back: bool = False
    """Whether what a cut sets free is followed until it is back."""
    is_listed: bool = True
    """Whether a landed long is always listed at once."""


def effects(place: Place, truth: Truth, command: Perform) -> Iterator[Effect]:
    """Every way the step can really go at the venues."""
    name = command.name
    size = int(command.size)
    if name is StepName.OPEN_SHORT:
        yield from _sales(truth, size)
    elif name is StepName.CLOSE_SHORT:
        yield from _purchases(place, truth, size)
    elif name is StepName.REPAY_LONG:
        yield from _repayments(truth, command.size)
    elif name in ON_CHAIN:
        yield from _on_chain(place, truth, name)
    elif name is StepName.ADD_MARGIN and place.puts_back:
        if truth.short:
            yield Effect("done", truth._replace(margin_back=True), Plain())
        else:
            yield Effect("refused: no such short", truth, None)
    elif name in {StepName.OBSERVE_SHORT, StepName.VALIDATE}:
        others = Decimal(place.others_short)
        yield Effect("shown", truth, AccountMeasured(truth.short + others, others, PRICE))
    elif name is StepName.READ_LONG:
        if truth.long:
            read = LongRead(_state(truth.long), Decimal(1), PRICE)
            yield Effect("shown", truth, read)
    elif name is StepName.OBSERVE_LONG:
        state = _state(truth.long) if truth.long else None
        yield Effect("shown", truth, LongObserved(state, Decimal(1), PRICE))
    else:
        yield Effect("done", truth, Plain())


def troubles(name: StepName) -> tuple[tuple[StepStatus, ErrorCode], ...]:
    """The ways a step can fail without anything having happened."""
    away = (StepStatus.UNAVAILABLE, ErrorCode.VENUE_DOWN)
    if name in OURS:
        return ()
    if name is StepName.OPEN_SHORT:
        return (
            (StepStatus.REFUSED, ErrorCode.HYPERLIQUID_ORDER),
            (StepStatus.REFUSED, ErrorCode.POLICY_DENIED),
            (StepStatus.UNAVAILABLE, ErrorCode.SIGNING_UNAVAILABLE),
            away,
        )
    if name in {StepName.READ_LONG, StepName.OBSERVE_LONG, StepName.OBSERVE_SHORT}:
        return (away,)
    return ((StepStatus.REFUSED, ErrorCode.HYPERLIQUID_ORDER), away)


def intended(command: Perform, at: datetime) -> Step:
    """The line written before the step is done."""
    name, size = command.name, command.size
    if name in ORDERS:
        is_buy = name is StepName.CLOSE_SHORT
        intent = OrderIntent(name.value, is_buy, size, PRICE, is_buy, PRICE)
        return Step(name, 0, StepStatus.INTENDED, intent, at)
    if name in ON_CHAIN:
        amount = str(size) if name is StepName.REPAY_LONG else ""
        chain = SolanaIntent(name.value, (), amount, 0, None, PRICE)
        return Step(name, 0, StepStatus.INTENDED, chain, at)
    return Step(name, 0, StepStatus.INTENDED, PlainIntent(str(size)), at)


def command_of(line: Step) -> Perform:
    """What the line was written for."""
    match line.intent:
        case OrderIntent():
            return Perform(line.name, size=line.intent.size)
        case SolanaIntent(echo=amount) if amount:
            return Perform(line.name, size=Decimal(amount))
    return Perform(line.name)


def _sales(truth: Truth, size: int) -> Iterator[Effect]:
    if size < LEAST_LOTS:
        yield Effect("refused: too small", truth, None, ErrorCode.SIZE_TOO_SMALL)
        return
    for label, filled in _parts(size):
        yield Effect(label, truth._replace(short=truth.short + filled), _order(filled))


def _purchases(place: Place, truth: Truth, size: int) -> Iterator[Effect]:
    account = truth.short + place.others_short
    if account == 0:
        yield Effect("nothing to reduce", truth, _order(0, ALREADY_FLAT))
        return
    if size < LEAST_LOTS and size < account:
        yield Effect("refused: too small", truth, None, ErrorCode.SIZE_TOO_SMALL)
        return
    for label, filled in _parts(min(size, account)):
        yield Effect(label, truth._replace(short=truth.short - filled), _order(filled))


def _on_chain(place: Place, truth: Truth, name: StepName) -> Iterator[Effect]:
    if name is StepName.OPEN_LONG:
        opened = LongOpened("key", "signature", SPENT, Decimal(0))
        for lots in place.fills:
            bought = truth._replace(long=truth.long + lots)
            yield Effect(f"{lots} lots bought", bought, opened)
    elif truth.long == 0:
        yield Effect("refused: no such long", truth, None, ErrorCode.ASGARD_POSITION)
    elif name is StepName.CLOSE_LONG:
        closed = LongClosed("signature", Decimal(30), Decimal(0))
        yield Effect("sold", truth._replace(long=0), closed)
    else:
        reduced = LongReduced("signature", BROUGHT, Decimal(0), 50, Decimal(2), Decimal(10))
        yield Effect("part sold", truth._replace(long=place.left_of_long), reduced)


def _repayments(truth: Truth, amount: Decimal) -> Iterator[Effect]:
    if truth.long == 0:
        yield Effect("refused: no such long", truth, None, ErrorCode.ASGARD_POSITION)
        return
    repaid = LongRepaid("signature", amount, Decimal(0))
    yield Effect("repaid", truth._replace(repaid=truth.repaid + amount), repaid)


def _parts(size: int) -> Iterator[tuple[str, int]]:
    yield "filled", size
    if size > 1:
        yield "half filled", (size + 1) // 2
    yield "not filled", 0


def _order(filled: int, status: str = "filled") -> OrderDone:
    price = PRICE if filled else None
    return OrderDone(OrderResult(None, Decimal(filled), price, status), Decimal(0))


def _state(lots: int) -> LongState:
    debt = Decimal(lots) * PRICE / 2
    return LongState("key", LendingProtocol.KAMINO, Asset.SOL, Decimal(lots), debt, None, NOON)
