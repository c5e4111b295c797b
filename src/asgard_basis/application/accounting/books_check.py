"""Holding the books against themselves, the positions' records, and the venues."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal

from asgard_basis.application.context import UserTradingContext, trading_context
from asgard_basis.application.trading.preflight import known
from asgard_basis.domain.errors import DomainError
from asgard_basis.domain.identifiers import PositionId, UserId
from asgard_basis.domain.ledger import accounts
from asgard_basis.domain.ledger.agreement import (
    Disagreement,
    apart,
    apart_from_position,
    unsummed,
)
from asgard_basis.domain.ledger.growth import unexplained
from asgard_basis.domain.ledger.stand import Stand
from asgard_basis.domain.money import CENT, ZERO
from asgard_basis.domain.position.lifecycle import PositionState
from asgard_basis.domain.position.position import Position
from asgard_basis.ports.chains import ArbitrumChain, SolanaChain
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.ledger import Book
from asgard_basis.ports.unit_of_work import Transactions
from asgard_basis.ports.venues import MarginVenue, PerpVenue

_END = datetime(9999, 1, 1, tzinfo=UTC)
_LOT = Decimal("0.01")
_ETH_DUST = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class Checked:
    """What a look at one user's books found."""

    user_id: UserId
    entries_usd: Decimal
    """What is held, as booked."""
    off: tuple[Disagreement, ...]
    missing: tuple[str, ...]
    unasked: tuple[str, ...]
    """Venues that could not be asked, with the reason: they prove nothing."""


class BooksCheck:
    """Adds everything up again; changes nothing."""

    def __init__(
        self,
        *,
        transactions: Transactions,
        perp: PerpVenue,
        margin: MarginVenue,
        solana: SolanaChain,
        arbitrum: ArbitrumChain,
        clock: Clock,
    ) -> None:
        self._transactions = transactions
        self._perp = perp
        self._margin = margin
        self._solana = solana
        self._arbitrum = arbitrum
        self._clock = clock

    async def everybody(self) -> list[Checked]:
        """All who have books."""
        async with self._transactions.for_system() as work:
            users = sorted({book.user_id for book in await work.ledger.books()})
        return [await self.one(user) for user in users]

    async def one(self, user_id: UserId) -> Checked:
        """One user's books: to one cent and one lot, interest since the last booking apart."""
        off: list[Disagreement] = []
        positions: list[Position] = []
        async with self._transactions.for_user(user_id) as work:
            sums = await work.ledger.sums(since=None, until=_END)
            held = {(h.account, h.commodity): h.quantity for h in await work.ledger.held()}
            books = await work.ledger.books()
            off += unsummed(sums)
            for book in books:
                position = await work.positions.get(PositionId(book.name))
                if position is not None and isinstance(book.stand, Stand) and not book.missing:
                    positions.append(position)
                    own = await work.ledger.position_sums(position.id)
                    off += apart_from_position(position, book.stand, own)
        unasked: list[str] = []
        off += await self._venues(user_id, books, positions, held, unasked)
        worth = sum((s.usd or ZERO for s in sums if accounts.is_held(s.account)), ZERO)
        missing = [f"position {b.name}: {what}" for b in books for what in b.missing]
        return Checked(user_id, worth, tuple(off), tuple(missing), tuple(unasked))

    async def _venues(
        self,
        user_id: UserId,
        books: Sequence[Book],
        positions: Sequence[Position],
        held: Mapping[tuple[str, str], Decimal],
        unasked: list[str],
    ) -> list[Disagreement]:
        try:
            context = await trading_context(self._transactions, user_id)
        except DomainError as error:
            unasked.append(error.message)
            return []
        off = await self._wallets(context, held, unasked)
        try:
            account = await self._perp.account(context.evm_address)
        except DomainError as error:
            unasked.append(f"Hyperliquid: {error.message}")
        else:
            unrealised = account.position.unrealised_usd if account.position else ZERO
            cash = account.account_value_usd - unrealised
            booked = held.get((accounts.PERP_MARGIN, accounts.USDC), ZERO)
            off += apart("USDC on Hyperliquid", booked, cash, CENT)
            short = -account.position.signed_size if account.position else ZERO
            recorded = sum((p.short.size for p in positions if p.short is not None), ZERO)
            off += apart("SOL sold short", recorded, short, _LOT * Decimal("0.9"))
        stands = {book.name: book.stand for book in books}
        for position in positions:
            stand = stands[position.id]
            if isinstance(stand, Stand) and position.state is PositionState.HEDGED:
                off += await self._long(position, stand, unasked)
        return off

    async def _long(
        self, position: Position, stand: Stand, unasked: list[str]
    ) -> list[Disagreement]:
        """Collateral and debt, which may have grown by interest since they were booked."""
        if position.long is None or stand.valuation is None:
            return []
        try:
            state = await self._margin.state(
                position.long.position_key, protocol=position.protocol, asset=position.asset
            )
        except DomainError as error:
            unasked.append(f"Asgard: {error.message}")
            return []
        if state is None:
            return [Disagreement(f"the long of position {position.id}", stand.tokens, ZERO)]
        since = stand.refreshed_at or position.requested_at
        seen = replace(stand.valuation, collateral=state.collateral, debt_usdc=state.debt_usdc)
        if unexplained(stand, seen, since=since, at=self._clock.now()) is None:
            return []
        tokens = f"{position.asset} of position {position.id}"
        return [
            Disagreement(tokens, stand.tokens, state.collateral),
            Disagreement(f"debt of position {position.id}", stand.debt_usdc, state.debt_usdc),
        ]

    async def _wallets(
        self,
        context: UserTradingContext,
        held: Mapping[tuple[str, str], Decimal],
        unasked: list[str],
    ) -> list[Disagreement]:
        off: list[Disagreement] = []
        solana = await known(self._solana.balances(context.solana_address))
        arbitrum = await known(self._arbitrum.balances(context.evm_address))
        if solana is None:
            unasked.append("Solana does not answer")
        else:
            booked = held.get((accounts.SOLANA_WALLET, accounts.USDC), ZERO)
            off += apart("USDC on Solana", booked, solana.usdc, CENT)
        if arbitrum is None:
            unasked.append("Arbitrum does not answer")
        else:
            booked = held.get((accounts.ARBITRUM_WALLET, accounts.USDC), ZERO)
            off += apart("USDC on Arbitrum", booked, arbitrum.usdc, CENT)
            booked = held.get((accounts.ARBITRUM_WALLET, accounts.ETH), ZERO)
            off += apart("ETH on Arbitrum", booked, arbitrum.eth, _ETH_DUST)
        return off
