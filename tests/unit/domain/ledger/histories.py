"""Lives of pairs, made up: a small world with balances of its own, and what is written of it."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random

from asgard_basis.domain.assets import Asset, LendingProtocol
from asgard_basis.domain.identifiers import JobId, PositionId, UserId
from asgard_basis.domain.ledger.attribution import LongValuation
from asgard_basis.domain.ledger.postings import Entry
from asgard_basis.domain.ledger.stand import Pair, Stand, entry_of
from asgard_basis.domain.position.legs import LongState, OrderResult
from asgard_basis.domain.position.lifecycle import PositionState
from asgard_basis.domain.position.position import LegObservation, Position
from asgard_basis.domain.saga.entry import EntryPlan
from asgard_basis.domain.saga.outcome import AccountMeasured
from asgard_basis.domain.saga.step import (
    LongClosed,
    LongObserved,
    LongOpened,
    LongRead,
    LongReduced,
    LongRepaid,
    OrderDone,
    OrderIntent,
    Outcome,
    Plain,
    PlainIntent,
    SolanaIntent,
    Step,
    StepName,
    StepStatus,
)
from asgard_basis.domain.saga.venue_records import Episode, Refresh, Settled, records

BEGIN = datetime(2025, 7, 1, tzinfo=UTC)
PLAN = EntryPlan(
    collateral_usdc=Decimal(550),
    long_leverage=Decimal(2),
    short_margin_usdc=Decimal(448),
    short_leverage=3,
    size_step=Decimal("0.01"),
    min_order_usd=Decimal(10),
    reference_price=Decimal(150),
)
_UNIT = Decimal("0.000001")
_TOKEN = Decimal("0.000000001")
_LOT = Decimal("0.01")


@dataclass
class History:
    """What the venues have on record, and what is really there."""

    position: Position
    episodes: list[Episode] = field(default_factory=list)
    settled: list[Settled] = field(default_factory=list)
    refreshes: list[Refresh] = field(default_factory=list)
    equity: Decimal = Decimal(0)
    """All there is at the end, less all there was: by balances, not by any record."""

    @property
    def pair(self) -> Pair:
        return Pair(self.position.id, self.position.asset, self.position.protocol)


class _World:
    def __init__(self, seed: int) -> None:
        self.dice = Random(seed)
        self.at = BEGIN
        self.asset = self.dice.choice(list(Asset))
        self.history = History(_position(seed, self.asset))
        self.wallet = Decimal(0)
        self.network = Decimal(0)
        self.cash = Decimal(0)
        self.tokens = Decimal(0)
        self.debt = Decimal(0)
        self.size = Decimal(0)
        self.owed_for_size = Decimal(0)
        """What selling what is sold short has brought in."""
        self.price = self._between(20, 300)
        self.rate = Decimal(1) if self.asset is Asset.SOL else self._between("1.05", "1.5")
        self.orders = 0
        self.steps: list[Step] = []

    # ---- what happens ---------------------------------------------------------------------

    def live(self) -> History:
        self._open()
        for _ in range(self.dice.randrange(0, 5)):
            self._chance()
        if self.dice.random() < 0.7:
            self._close()
        mark = self._mark()
        if self.history.refreshes and self.tokens:
            last = self.history.refreshes[-1]
            if last.at == self.at:
                mark = last.mark_price
        worth = self.tokens * self.rate * self.price - self.debt
        short = self.owed_for_size - self.size * mark
        self.history.equity = self.wallet - self.network + self.cash + worth + short
        return self.history

    def _chance(self) -> None:
        kind = self.dice.randrange(8)
        self._hours(self.dice.randrange(1, 4))
        if kind == 0 and self.tokens > 1:
            self._reduce()
        elif kind == 1 and self.size > 2:
            self._liquidated()
        self._look()

    def _hours(self, count: int) -> None:
        for _ in range(count):
            self._pass(timedelta(hours=1))
            if self.size:
                rate = self._between("-0.0004", "0.0006")
                amount = (self.size * self.price * rate).quantize(_UNIT)
                self.cash += amount
                late = timedelta(seconds=self.dice.randrange(0, 800))
                self.history.settled.append(Settled(self.at + late, amount))

    def _pass(self, span: timedelta) -> None:
        self.at += span
        self.price *= self._between("0.93", "1.075")
        if self.asset is not Asset.SOL:
            self.rate *= self._between("1", "1.0004")
        self.tokens = (self.tokens * self._between("1", "1.0001")).quantize(_TOKEN)
        self.debt = (self.debt * self._between("1", "1.0003")).quantize(_UNIT)

    def _open(self) -> None:
        spent = self._between(100, 20000).quantize(_UNIT)
        leverage = self._between("1.1", "3")
        sol = self._between(0, "0.01")
        self.wallet -= spent
        self.debt = (spent * (leverage - 1)).quantize(_UNIT)
        worth = (spent + self.debt) * self._between("0.99", "1.001")
        self.tokens = (worth / (self.rate * self.price)).quantize(_TOKEN)
        bought = LongOpened("key", f"open-{self.dice.random()}", spent, sol)
        self._done(StepName.OPEN_LONG, bought, oracle=self.price)
        self._pass(timedelta(seconds=10))
        self.network += sol * self.price  # valued when the long is read
        self._done(StepName.READ_LONG, LongRead(self._state(), self.rate, self.price))
        target = (self.tokens * self.rate).quantize(_LOT)
        self._trade(target, parts=self.dice.randrange(1, 4))
        if self.dice.random() < 0.2 and self.size > 1:
            self._trade(-(self.size / 10).quantize(_LOT))
        self._ended("open", plan=PLAN)

    def _close(self) -> None:
        self._hours(self.dice.randrange(0, 3))
        is_lost = self.dice.random() < 0.1
        self._trade(-self.size, parts=self.dice.randrange(1, 3))
        if is_lost:
            self._seen()
            self.tokens = self.debt = Decimal(0)
            self._done(StepName.OBSERVE_LONG, LongObserved(None, self.rate, self.price))
            return self._ended("close")
        self._done(StepName.OBSERVE_LONG, LongObserved(self._state(), self.rate, self.price))
        received, sol = self._sold(Decimal(1))
        self._done(
            StepName.CLOSE_LONG, LongClosed(f"close-{self.at}", received, sol), oracle=self.price
        )
        self.tokens = self.debt = Decimal(0)
        return self._ended("close")

    def _reduce(self) -> None:
        fraction = Decimal(self.dice.randrange(1, 99)) / 100
        self._trade(-(self.size * fraction).quantize(_LOT), parts=self.dice.randrange(1, 3))
        self._done(StepName.OBSERVE_LONG, LongObserved(self._state(), self.rate, self.price))
        sold, repaid = self.tokens * fraction, self.debt * fraction
        received, sol = self._sold(fraction)
        outcome = LongReduced(f"cut-{self.at}", received, sol, int(fraction * 100), sold, repaid)
        self._done(StepName.REDUCE_LONG, outcome, oracle=self.price)
        self.tokens, self.debt = self.tokens - sold, self.debt - repaid
        if self.dice.random() < 0.4:
            self._repay()
        self._ended("reduce", fraction=fraction)

    def _repay(self) -> None:
        """A part of the debt is paid from the wallet."""
        amount = (self.debt * self._between("0.1", "0.5")).quantize(_UNIT)
        sol = self._between(0, "0.001")
        self.wallet -= amount
        self.debt -= amount
        self.network += sol * self.price
        repaid = LongRepaid(f"repay-{self.at}", amount, sol)
        self._done(StepName.REPAY_LONG, repaid, oracle=self.price)

    def _sold(self, fraction: Decimal) -> tuple[Decimal, Decimal]:
        worth = self.tokens * fraction * self.rate * self.price * self._between("0.985", "1.002")
        received = (worth - self.debt * fraction).quantize(_UNIT)
        sol = self._between("-0.002", "0.01")
        self.wallet += received
        self.network += sol * self.price
        return received, sol

    def _liquidated(self) -> None:
        """The venue buys back a part of the short by itself."""
        back = (self.size * self._between("0.1", "0.9")).quantize(_LOT)
        price, fee = self.price * self._between("0.99", "1.02"), self._between(0, 3)
        self._change(-back, price, fee)
        measured = AccountMeasured(self.size, Decimal(0), price, fee, self.at)
        self._done(StepName.OBSERVE_SHORT, measured)
        self._ended("repair")

    def _trade(self, size: Decimal, parts: int = 1) -> None:
        left = size
        for part in range(parts):
            now = left if part == parts - 1 else (left / 2).quantize(_LOT)
            mid = self.price * self._between("0.999", "1.001")
            price = mid * self._between("0.998", "1.002")
            fee = abs(now) * price * Decimal("0.00045")
            if now:
                self._change(now, price, fee)
            self.orders += 1
            intent = OrderIntent(f"0x{self.orders:032x}", now < 0, abs(now), price, now < 0, mid)
            name = StepName.OPEN_SHORT if size > 0 else StepName.CLOSE_SHORT
            result = OrderResult(self.orders, abs(now), price if now else None, "filled")
            self._done(name, OrderDone(result, fee, self.at), intent=intent)
            left -= now

    def _change(self, size: Decimal, price: Decimal, fee: Decimal) -> None:
        """By average cost, as the venue counts."""
        if size > 0:
            self.owed_for_size += size * price
        elif self.size:
            share = self.owed_for_size * -size / self.size
            self.owed_for_size -= share
            self.cash += share + size * price
        self.size += size
        self.cash -= fee

    # ---- what is written ------------------------------------------------------------------

    def _look(self) -> None:
        if self.dice.random() < 0.5 and self.tokens:
            valuation = LongValuation(self.tokens, self.debt, self.rate, self.price)
            mark = self.price * self._between("0.999", "1.001")
            self.at += timedelta(seconds=1000)
            self.history.refreshes.append(Refresh(self.at, valuation, mark))

    def _seen(self) -> None:
        seen = LegObservation(
            self.tokens, self.debt, None, -self.size, None, None, Decimal(0), self.at
        )
        self.history.position = replace(self.history.position, observation=seen)

    def _mark(self) -> Decimal:
        """A last look, so that books and balances speak of the same moment."""
        mark = self.price
        if self.tokens:
            self.at += timedelta(seconds=1000)
            valuation = LongValuation(self.tokens, self.debt, self.rate, self.price)
            self.history.refreshes.append(Refresh(self.at, valuation, mark))
        return mark

    def _state(self) -> LongState:
        return LongState(
            "key", LendingProtocol.KAMINO, self.asset, self.tokens, self.debt, None, self.at
        )

    def _done(
        self,
        name: StepName,
        outcome: Outcome,
        *,
        oracle: Decimal | None = None,
        intent: OrderIntent | None = None,
    ) -> None:
        written: OrderIntent | PlainIntent | SolanaIntent = intent or PlainIntent()
        if oracle is not None:
            written = SolanaIntent(f"s{len(self.steps)}", (), "", 1, None, oracle)
        self.at += timedelta(seconds=1)
        attempt = sum(1 for step in self.steps if step.name is name) + 1
        self.steps.append(Step(name, attempt, StepStatus.DONE, written, self.at, outcome, self.at))

    def _ended(
        self, kind: str, *, plan: EntryPlan | None = None, fraction: Decimal | None = None
    ) -> None:
        if self.dice.random() < 0.1:
            self._done(StepName.VALIDATE, Plain())
        number = len(self.history.episodes)
        self.history.episodes.append(
            Episode(JobId(f"job-{number}"), kind, tuple(self.steps), True, plan, fraction)
        )
        self.steps = []

    def _between(self, low: str | int, high: str | int) -> Decimal:
        part = Decimal(self.dice.randrange(10**6)) / 10**6
        return Decimal(low) + (Decimal(high) - Decimal(low)) * part


def _position(seed: int, asset: Asset) -> Position:
    return Position(
        id=PositionId(f"p{seed}"),
        user_id=UserId("ada"),
        asset=asset,
        protocol=LendingProtocol.KAMINO,
        state=PositionState.HEDGED,
        size_usd=Decimal(1000),
        leverage=Decimal(2),
        requested_at=BEGIN,
    )


def a_history(seed: int) -> History:
    """The life of one pair; the same seed gives the same."""
    return _World(seed).live()


def booked(history: History, stand: Stand | None = None) -> tuple[list[Entry], Stand]:
    """The entries its records lead to, on top of what is booked already."""
    stand = stand or Stand()
    entries = []
    for record in records(
        history.position,
        history.episodes,
        stand,
        settled=history.settled,
        refreshes=history.refreshes,
    ):
        entry = entry_of(history.pair, stand, record)
        stand = record.after
        if entry is not None:
            entries.append(entry)
    return entries, stand
