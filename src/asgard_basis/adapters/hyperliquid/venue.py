"""The perpetual at Hyperliquid, as the port asks for it."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from asgard_basis.adapters.http import HttpClient
from asgard_basis.adapters.hyperliquid import orders, parse, wire
from asgard_basis.adapters.hyperliquid.accounts import Accounts, address_of
from asgard_basis.adapters.hyperliquid.client import HyperliquidClient
from asgard_basis.adapters.hyperliquid.paging import all_rows
from asgard_basis.adapters.hyperliquid.stream import market_stream
from asgard_basis.adapters.hyperliquid.trading import Trading
from asgard_basis.adapters.metering import Meter
from asgard_basis.domain.identifiers import ClientOrderId, EvmAddress
from asgard_basis.domain.market.funding import FundingObservation, FundingPayment
from asgard_basis.domain.market.snapshot import PerpMarket
from asgard_basis.domain.position.legs import OrderResult, PerpAccount, PerpFill, PerpPosition
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.coordination import NonceSource
from asgard_basis.ports.venues import (
    ActionNonce,
    DepositCredit,
    PerpFees,
    PerpOrder,
    PerpTrader,
)
from asgard_basis.ports.wallets import EvmSigner

_BOOK_FIGURES = (4, 3)
"""Twenty steps are shown: of about a tenth of a percent first, of ten times as much if those
end before the price that is asked about."""
_PAGE_ROWS = 500
_HOUR = timedelta(hours=1)

_FEES_KEPT = timedelta(hours=1)


class HyperliquidPerpVenue:
    """Implements `PerpVenue` over /info, /exchange and one websocket."""

    def __init__(
        self,
        *,
        http: HttpClient,
        websocket_url: str,
        signer: EvmSigner,
        nonces: NonceSource,
        clock: Clock,
        is_mainnet: bool = True,
        meter: Meter | None = None,
    ) -> None:
        self._client = HyperliquidClient(http, meter)
        self._accounts = Accounts(self._client, clock)
        self._clock = clock
        self._fees: dict[EvmAddress, tuple[datetime, PerpFees]] = {}
        self._websocket_url = websocket_url
        self._trading = Trading(
            client=self._client,
            accounts=self._accounts,
            signer=signer,
            nonces=nonces,
            clock=clock,
            is_mainnet=is_mainnet,
        )

    async def market(self) -> PerpMarket:
        """The market now."""
        coin, context = await self._client.market()
        return parse.perp_market(coin, context, observed_at=self._clock.host())

    def watch(self) -> AsyncIterator[PerpMarket]:
        """Every change of the market, over one websocket that reconnects by itself."""

        async def coin() -> wire.Coin:
            return (await self._client.listing()).coin

        return market_stream(
            self._websocket_url, coin=coin, read=self.market, host_now=self._clock.host
        )

    async def funding_history(
        self, *, since: datetime, until: datetime | None = None
    ) -> Sequence[FundingObservation]:
        """Settled hours from `since` to `until` (both included), oldest first, once each."""
        end = {} if until is None else {"endTime": parse.milliseconds(until + _HOUR) - 1}

        async def page(start: int) -> list[wire.FundingRow]:
            return await self._client.info(
                list[wire.FundingRow], "fundingHistory", coin=parse.COIN, startTime=start, **end
            )

        start = parse.milliseconds(since)
        rows = await all_rows(page, start=start, key=lambda row: row.time, page_rows=_PAGE_ROWS)
        seen = parse.funding_observations(rows)
        return [o for o in seen if until is None or o.hour <= until]

    async def fees(self, address: EvmAddress) -> PerpFees:
        """What this account pays; asked once an hour, for it costs as much as ten accounts."""
        now = self._clock.host()
        kept = self._fees.get(address)
        if kept is None or now - kept[0] >= _FEES_KEPT:
            fees = await self._client.info(wire.UserFees, "userFees", user=address_of(address))
            kept = (now, PerpFees(taker=fees.user_cross_rate, maker=fees.user_add_rate))
            self._fees[address] = kept
        return kept[1]

    async def depth(self, *, is_buy: bool, limit_price: Decimal) -> Decimal:
        """SOL that the book shows now at this price or better."""
        for figures in _BOOK_FIGURES:
            book = await self._client.info(wire.Book, "l2Book", coin=parse.COIN, nSigFigs=figures)
            found = parse.depth(book, is_buy=is_buy, limit_price=limit_price)
            if found.reaches:
                break
        return found.size

    async def account(self, address: EvmAddress) -> PerpAccount:
        """The account's money and position."""
        return await self._accounts.read(address_of(address))

    async def position(self, address: EvmAddress) -> PerpPosition | None:
        """The account's position only."""
        return await self._accounts.position(address_of(address))

    async def funding_payments(
        self, address: EvmAddress, *, since: datetime
    ) -> Sequence[FundingPayment]:
        """Payments settled from `since` on, oldest first."""

        async def page(start: int) -> list[wire.UserFundingRow]:
            return await self._client.info(
                list[wire.UserFundingRow],
                "userFunding",
                user=address_of(address),
                startTime=start,
            )

        rows = await all_rows(
            page,
            start=parse.milliseconds(since),
            key=lambda row: (row.time, row.delta.coin),
            page_rows=_PAGE_ROWS,
        )
        return parse.funding_payments(rows)

    async def fills(self, address: EvmAddress, *, since: datetime) -> Sequence[PerpFill]:
        """Executions from `since` on, oldest first."""
        start = parse.milliseconds(since)
        rows = await orders.fills_since(self._client, address_of(address), start)
        return parse.perp_fills(rows)

    async def deposits(self, address: EvmAddress, *, since: datetime) -> Sequence[DepositCredit]:
        """Credited deposits from `since` on, oldest first."""

        async def page(start: int) -> list[wire.LedgerRow]:
            return await self._client.info(
                list[wire.LedgerRow],
                "userNonFundingLedgerUpdates",
                user=address_of(address),
                startTime=start,
            )

        rows = await all_rows(
            page,
            start=parse.milliseconds(since),
            key=lambda row: (row.time, row.hash, row.delta.type, row.delta.usdc),
            page_rows=_PAGE_ROWS,
        )
        return parse.deposit_credits(rows)

    async def has_agent(self, trader: PerpTrader) -> bool:
        """Whether the agent may sign for the account now."""
        return await self._accounts.agent_is_valid(trader)

    async def approve_agent(self, trader: PerpTrader) -> None:
        """Let the agent trade for the account; harmless when it may already."""
        await self._trading.approve_agent(trader)

    async def reserve_nonce(self, trader: PerpTrader) -> ActionNonce:
        """A number nobody else has for the next action of the trader."""
        return await self._trading.reserve(trader)

    async def void(self, trader: PerpTrader, number: int) -> bool:
        """Use a number for nothing; False when it was used before."""
        return await self._trading.void(trader, number)

    async def isolated_leverage(self, address: EvmAddress) -> int | None:
        """The account's leverage setting; None while it is not isolated."""
        return await self._trading.isolated_leverage(address)

    async def set_isolated_leverage(
        self, trader: PerpTrader, leverage: int, nonce: ActionNonce | None = None
    ) -> None:
        """Isolated margin at that leverage; harmless when it is so already."""
        await self._trading.set_isolated_leverage(trader, leverage, nonce)

    async def add_margin(
        self, trader: PerpTrader, amount_usdc: Decimal, nonce: ActionNonce | None = None
    ) -> None:
        """Move free USDC into the isolated position; negative takes some out."""
        await self._trading.add_margin(trader, amount_usdc, nonce)

    async def place(
        self, trader: PerpTrader, order: PerpOrder, nonce: ActionNonce | None = None
    ) -> OrderResult:
        """Send an order and say what it came to."""
        return await self._trading.place(trader, order, nonce)

    async def find_order(
        self, address: EvmAddress, client_order_id: ClientOrderId
    ) -> OrderResult | None:
        """What became of an order, or None when the venue does not know the key."""
        return await orders.find_order(
            self._client, self._clock, address_of(address), client_order_id
        )
