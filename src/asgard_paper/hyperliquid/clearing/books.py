"""All records in memory, written through to the store, with the indexes the venue needs."""

import hashlib
from collections import defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

import msgspec

from asgard_paper.hyperliquid.clearing.records import (
    Account,
    Agent,
    BookUse,
    Deposit,
    Fill,
    FundingPayment,
    House,
    LedgerEntry,
    Nonces,
    Order,
    Progress,
    Withdrawal,
)
from asgard_paper.hyperliquid.numbers import ZERO
from asgard_paper.kernel.market import hour_of
from asgard_paper.kernel.store import Store

Event = Fill | FundingPayment | LedgerEntry | Order
RowT = TypeVar("RowT", Fill, FundingPayment, LedgerEntry)
FEED_LENGTH = 20_000


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One thing that happened to one account, in order, for those who listen."""

    sequence: int
    event: Event


class Books:
    """The venue's memory; whoever changes a record calls its `save_…`."""

    def __init__(self, store: Store, *, now_ms: int, seed: int) -> None:
        self._store = store
        self._seed = seed
        self.accounts = store.load("hyperliquid.account", Account)
        self.orders = {
            int(key): order for key, order in store.load("hyperliquid.order", Order).items()
        }
        self.nonces = store.load("hyperliquid.nonces", Nonces)
        self.deposits = store.load("hyperliquid.deposit", Deposit)
        self.withdrawals = store.load("hyperliquid.withdrawal", Withdrawal)
        self.book_use = store.load("hyperliquid.book_use", BookUse)
        self.fills = _by_address(store.load("hyperliquid.fill", Fill).values())
        self.payments = _by_address(store.load("hyperliquid.funding", FundingPayment).values())
        self.ledger = _by_address(store.load("hyperliquid.ledger", LedgerEntry).values())
        self.house = store.load("hyperliquid.house", House).get("", House())
        fresh = Progress(settled_hour_ms=hour_of(now_ms), marked_ms=now_ms)
        self.progress = store.load("hyperliquid.progress", Progress).get("", fresh)
        self.master_of: dict[str, str] = {}
        self.open_orders: dict[str, dict[int, Order]] = defaultdict(dict)
        self.orders_of: dict[str, dict[int, Order]] = defaultdict(dict)
        self._by_cloid: dict[tuple[str, str], Order] = {}
        self.feed: deque[Occurrence] = deque(maxlen=FEED_LENGTH)
        self._sequence = 0
        for account in self.accounts.values():
            self.master_of.update({agent.address: account.address for agent in account.agents})
        for order in self.orders.values():
            self._index_order(order)

    @property
    def last_sequence(self) -> int:
        """The number of the latest occurrence."""
        return self._sequence

    def since(self, sequence: int) -> list[Occurrence]:
        """What happened after an occurrence, oldest first, as far as it is kept."""
        found: list[Occurrence] = []
        for occurrence in reversed(self.feed):
            if occurrence.sequence <= sequence:
                break
            found.append(occurrence)
        return found[::-1]

    def save_account(self, account: Account) -> None:
        """Keep an account as it is now."""
        self.accounts[account.address] = account
        self._store.put("hyperliquid.account", account.address, account)

    def save_agents(self, account: Account, agents: list[Agent]) -> None:
        """Give an account these agents and no others."""
        for agent in account.agents:
            self.master_of.pop(agent.address, None)
        account.agents = agents
        self.master_of.update({agent.address: account.address for agent in agents})
        self.save_account(account)

    def save_order(self, order: Order) -> None:
        """Keep an order as it is now and announce it."""
        self.orders[order.oid] = order
        self._store.put("hyperliquid.order", str(order.oid), order)
        self._index_order(order)
        self._announce(msgspec.structs.replace(order))

    def order_by_cloid(self, address: str, cloid: str) -> Order | None:
        """The latest order with this client id."""
        return self._by_cloid.get((address, cloid))

    def add_fill(self, fill: Fill) -> None:
        """Append a fill."""
        self.fills.setdefault(fill.address, []).append(fill)
        self._store.put("hyperliquid.fill", f"{fill.number:012d}", fill)
        self._announce(fill)

    def add_payment(self, payment: FundingPayment) -> None:
        """Append a funding payment."""
        self.payments.setdefault(payment.address, []).append(payment)
        self._store.put("hyperliquid.funding", f"{payment.number:012d}", payment)
        self._announce(payment)

    def add_ledger(self, entry: LedgerEntry) -> None:
        """Append a ledger entry."""
        self.ledger.setdefault(entry.address, []).append(entry)
        self._store.put("hyperliquid.ledger", f"{entry.number:012d}", entry)
        self._announce(entry)

    def save_nonces(self, signer: str, nonces: Nonces) -> None:
        """Keep a signer's nonces."""
        self.nonces[signer] = nonces
        self._store.put("hyperliquid.nonces", signer, nonces)

    def save_deposit(self, key: str, deposit: Deposit) -> None:
        """Keep a bridge transfer."""
        self.deposits[key] = deposit
        self._store.put("hyperliquid.deposit", key, deposit)

    def save_withdrawal(self, withdrawal: Withdrawal) -> None:
        """Keep a withdrawal."""
        key = f"{withdrawal.user}:{withdrawal.nonce}"
        self.withdrawals[key] = withdrawal
        self._store.put("hyperliquid.withdrawal", key, withdrawal)

    def save_book_use(self, coin: str, use: BookUse) -> None:
        """Keep what was taken from a book."""
        self.book_use[coin] = use
        self._store.put("hyperliquid.book_use", coin, use)

    def save_house(self) -> None:
        """Keep the house's sums."""
        self._store.put("hyperliquid.house", "", self.house)

    def save_progress(self) -> None:
        """Keep how far the engine has come."""
        self._store.put("hyperliquid.progress", "", self.progress)

    def anyone_exposed(self) -> bool:
        """Whether time can change anything: a position or a resting order exists."""
        return any(account.positions for account in self.accounts.values()) or any(
            self.open_orders.values()
        )

    def commit(self) -> None:
        """Make everything saved durable."""
        self._store.commit()

    def next_oid(self) -> int:
        """A fresh order id."""
        self.progress.last_oid += 1
        self.save_progress()
        return self.progress.last_oid

    def next_number(self) -> int:
        """A fresh number for an append-only row."""
        self.progress.last_number += 1
        self.save_progress()
        return self.progress.last_number

    def hash_of(self, kind: str, number: int) -> str:
        """A transaction hash that seed, kind and number decide."""
        return "0x" + hashlib.sha256(f"{self._seed}:{kind}:{number}".encode()).hexdigest()

    def trade_id(self, number: int) -> int:
        """A trade id of the venue's size that seed and fill number decide."""
        return int(self.hash_of("trade", number)[2:14], 16) * 4

    def _announce(self, event: Event) -> None:
        self._sequence += 1
        self.feed.append(Occurrence(self._sequence, event))

    def _index_order(self, order: Order) -> None:
        self.orders_of[order.address][order.oid] = order
        if order.status == "open":
            self.open_orders[order.address][order.oid] = order
        else:
            self.open_orders[order.address].pop(order.oid, None)
        if order.cloid is not None:
            self._by_cloid[order.address, order.cloid] = order


def _by_address(rows: Iterable[RowT]) -> dict[str, list[RowT]]:
    found: dict[str, list[RowT]] = {}
    for row in rows:
        found.setdefault(row.address, []).append(row)
    return found


def total_cash(books: Books) -> Decimal:
    """Every dollar the accounts hold as cash, margin of isolated positions included."""
    total = ZERO
    for account in books.accounts.values():
        total += account.cash + account.spot_usdc
        total += sum((position.raw_usd for position in account.positions.values()), ZERO)
    return total
