"""The bridge at work: USDC sent to it is credited at the venue, withdrawals are paid from it."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from asgard_paper.arbitrum.chain import ArbitrumChain, BridgeTransfer, PayoutRefused
from asgard_paper.kernel.clock import Clock
from asgard_paper.kernel.journal import Journal
from asgard_paper.kernel.store import Store

_CURSOR, _WAITING, _STUCK = "bridge.cursor", "bridge.waiting", "bridge.stuck"
_NATIVE = 10**6
VENUE = "bridge"


class Owed(Protocol):
    """A withdrawal that the bridge has to pay."""

    user: str
    destination: str
    amount: Decimal
    nonce: int
    due_ms: int


class Customer(Protocol):
    """The venue behind the bridge."""

    def credit_deposit(
        self, *, address: str, amount_usdc: Decimal, transaction_hash: str, log_index: int
    ) -> bool:
        """Credit a transfer once; False when it is too small and lost."""
        ...

    def pending_withdrawals(self) -> Iterable[Owed]:
        """What is to be paid, oldest first."""
        ...

    def withdrawal_paid(self, user: str, nonce: int, transaction_hash: str) -> None:
        """Note a payment."""
        ...


@dataclass(frozen=True, slots=True)
class Arrival:
    """A transfer into the bridge that the venue's validators have seen."""

    transfer: BridgeTransfer
    market_ms: int
    host_ms: int


class Bridge:
    """Carries money both ways, each movement once, however often the world dies in between.

    A deposit is credited `delay_ms` of market time after it was seen and a withdrawal paid when
    it is due, but neither takes longer than `patience_ms` of host time.
    """

    def __init__(
        self,
        *,
        chain: ArbitrumChain,
        venue: Customer,
        clock: Clock,
        store: Store,
        journal: Journal,
        delay_ms: int = 45_000,
        patience_ms: int = 4_000,
    ) -> None:
        self._chain = chain
        self._venue = venue
        self._clock = clock
        self._store = store
        self._journal = journal
        self._delay_ms = delay_ms
        self._patience_ms = patience_ms
        self._next_block = store.load(_CURSOR, int).get("next", 0)
        self._waiting = store.load(_WAITING, Arrival)
        self._stuck = store.load(_STUCK, bool).get("stuck", False)
        self._asked: dict[tuple[str, int], int] = {}
        self._refused: set[tuple[str, int]] = set()

    @property
    def stuck(self) -> bool:
        """Whether the bridge stands still."""
        return self._stuck

    @property
    def waiting_usdc(self) -> Decimal:
        """USDC that has arrived and is not credited yet."""
        return sum((_usdc(row.transfer.amount) for row in self._waiting.values()), Decimal(0))

    async def set_stuck(self, stuck: bool) -> None:
        """Stop the bridge (the contract is paused too) or let it go on."""
        if stuck == self._stuck:
            return
        await self._chain.pause_bridge(stuck)
        self._stuck = stuck
        self._store.put(_STUCK, "stuck", stuck)
        self._store.commit()

    async def carry(self) -> None:
        """See what arrived, credit and pay what is due."""
        await self._watch()
        if not self._stuck:
            self._credit()
            await self._pay()

    async def _watch(self) -> None:
        found = await self._chain.bridge_transfers(self._next_block)
        for transfer in found:
            key = f"{transfer.transaction_hash}:{transfer.log_index}"
            arrival = Arrival(transfer, self._clock.now_ms(), self._clock.host_ms())
            self._waiting[key] = arrival
            self._store.put(_WAITING, key, arrival)
        if found:
            self._next_block = found[-1].block + 1
            self._store.put(_CURSOR, "next", self._next_block)
            self._store.commit()

    def _credit(self) -> None:
        for key, arrival in list(self._waiting.items()):
            if not self._is_due(arrival.market_ms + self._delay_ms, arrival.host_ms):
                continue
            transfer = arrival.transfer
            credited = self._venue.credit_deposit(
                address=transfer.sender,
                amount_usdc=_usdc(transfer.amount),
                transaction_hash=transfer.transaction_hash,
                log_index=transfer.log_index,
            )
            del self._waiting[key]
            self._store.delete(_WAITING, key)
            self._journal.effect(
                VENUE,
                "deposit credited" if credited else "deposit too small, lost",
                user=transfer.sender,
                usdc=_usdc(transfer.amount),
                transaction=transfer.transaction_hash,
            )
            self._store.commit()

    async def _pay(self) -> None:
        for owed in list(self._venue.pending_withdrawals()):
            name = (owed.user, owed.nonce)
            asked = self._asked.setdefault(name, self._clock.host_ms())
            if not self._is_due(owed.due_ms, asked):
                continue
            try:
                paid = await self._chain.pay_out(
                    owed.destination,
                    int(owed.amount * _NATIVE),
                    user=owed.user,
                    nonce=owed.nonce,
                )
            except PayoutRefused as refusal:
                if name not in self._refused:
                    self._refused.add(name)
                    self._journal.effect(VENUE, "payout refused", user=owed.user, reason=refusal)
                continue
            self._venue.withdrawal_paid(owed.user, owed.nonce, paid)
            self._asked.pop(name, None)
            self._journal.effect(
                VENUE,
                "withdrawal paid",
                user=owed.user,
                destination=owed.destination,
                usdc=owed.amount,
                transaction=paid,
            )
            self._store.commit()

    def _is_due(self, market_ms: int, seen_host_ms: int) -> bool:
        waited = self._clock.host_ms() - seen_host_ms
        return self._clock.now_ms() >= market_ms or waited >= self._patience_ms


def _usdc(native: int) -> Decimal:
    return Decimal(native) / _NATIVE
