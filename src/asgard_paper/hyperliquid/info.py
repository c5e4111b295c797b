"""`/info`: which request is answered by what, and what it weighs."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

import msgspec
from msgspec import Struct, field

from asgard_paper.hyperliquid.clearing.margin import MarkOf
from asgard_paper.hyperliquid.clearing.records import Account, Fill, Order
from asgard_paper.hyperliquid.engine import HyperliquidEngine
from asgard_paper.hyperliquid.exchange import REQUESTS_FREE
from asgard_paper.hyperliquid.market.universe import ASSETS, UNIVERSE
from asgard_paper.hyperliquid.numbers import ZERO, wire
from asgard_paper.hyperliquid.wire import account_views, market_views
from asgard_paper.hyperliquid.wire.actions import Address, Cloid, Unsigned

PAGE = 500
FILLS_PAGE = 2_000
ITEMS_PER_WEIGHT = 20


class _Nothing(Struct):
    dex: str | None = None


class _OfCoin(Struct):
    coin: str


class _Book(Struct):
    coin: str
    figures: Literal[2, 3, 4, 5] | None = field(default=None, name="nSigFigs")
    mantissa: Literal[1, 2, 5] | None = None


class _CoinSpan(Struct):
    coin: str
    start: Unsigned = field(name="startTime")
    end: Unsigned | None = field(default=None, name="endTime")


class _OfUser(Struct):
    user: Address
    dex: str | None = None


class _UserSpan(Struct):
    user: Address
    start: Unsigned | None = field(default=None, name="startTime")
    end: Unsigned | None = field(default=None, name="endTime")
    aggregate: bool | None = field(default=None, name="aggregateByTime")
    is_reversed: bool | None = field(default=None, name="reversed")


class _FillSpan(_UserSpan, kw_only=True):
    start: Unsigned = field(name="startTime")


class _OfOrder(Struct):
    user: Address
    oid: Unsigned | Cloid


class _UserCoin(Struct):
    user: Address
    coin: str


class _Table(Struct):
    table_id: int = field(name="id")


@dataclass(frozen=True, slots=True)
class Route:
    """One request type: its shape, its weight, what answers it."""

    shape: type[Struct]
    weight: int
    answer: Callable[[Any], object]
    is_list: bool = False
    """Whether the answer's length adds to the weight."""


class Info:
    """Answers `/info` from an engine; raises ValueError for a body the venue cannot read."""

    def __init__(self, engine: HyperliquidEngine) -> None:
        self._engine = engine
        self._books = engine.books
        self._quotes = engine.quotes
        self._routes = {**self._market_routes(), **self._account_routes()}

    def route(self, body: object) -> tuple[Route, Struct]:
        """The route and the decoded request; raises ValueError for anything else."""
        if not isinstance(body, dict) or not isinstance(body.get("type"), str):
            raise ValueError("a request is an object with a type")
        route = self._routes.get(body["type"])
        if route is None:
            raise ValueError(f"unknown request type {body['type']}")
        return route, msgspec.convert(body, route.shape)

    def answer(self, body: object) -> object:
        """The answer to a decoded JSON body."""
        route, request = self.route(body)
        return route.answer(request)

    def clearinghouse_state(self, user: str) -> dict[str, object]:
        """The account's state now, empty for a stranger."""
        account = self._account(user)
        now = self._now()
        return account_views.clearinghouse_state(account, self._open(user), self._mark(now), now)

    def asset_context(self, coin: str) -> dict[str, object]:
        """One coin's context now."""
        return market_views.context(self._quotes, coin, self._now(), self._open_interest(coin))

    def book(self, coin: str) -> dict[str, object]:
        """One coin's book now."""
        now = self._now()
        return market_views.book(coin, self._engine.liquidity.depth(coin, now), now)

    def best(self, coin: str) -> dict[str, object]:
        """One coin's best bid and ask now."""
        now = self._now()
        return market_views.best(coin, self._engine.liquidity.depth(coin, now), now)

    def all_mids(self) -> dict[str, str]:
        """Every mid now."""
        return market_views.all_mids(self._quotes, self._now())

    def active_asset_data(self, user: str, coin: str) -> dict[str, object] | None:
        """What the account has configured for a coin; None for an unknown coin."""
        if coin not in ASSETS:
            return None
        mark = self._mark(self._now())
        return account_views.active_asset_data(self._account(user), self._open(user), coin, mark)

    def _market_routes(self) -> dict[str, Route]:
        contexts = self._contexts
        spot: list[object] = [market_views.SPOT_META, market_views.SPOT_CONTEXTS]
        routing = {"depositRoute": "bridge", "withdrawalRoute": "bridge"}
        return {
            "meta": Route(_Nothing, 20, lambda _: market_views.meta()),
            "metaAndAssetCtxs": Route(_Nothing, 20, lambda _: [market_views.meta(), contexts()]),
            "allMids": Route(_Nothing, 2, lambda _: self.all_mids()),
            "l2Book": Route(_Book, 2, self._book),
            "fundingHistory": Route(_CoinSpan, 20, self._funding_history, is_list=True),
            "predictedFundings": Route(_Nothing, 20, lambda _: self._predicted()),
            "marginTable": Route(_Table, 20, self._margin_table),
            "spotMeta": Route(_Nothing, 20, lambda _: market_views.SPOT_META),
            "spotMetaAndAssetCtxs": Route(_Nothing, 20, lambda _: spot),
            "perpDexs": Route(_Nothing, 20, lambda _: [None]),
            "usdcRouting": Route(_Nothing, 20, lambda _: routing),
            "exchangeStatus": Route(_Nothing, 2, self._exchange_status),
        }

    def _account_routes(self) -> dict[str, Route]:
        return {
            "clearinghouseState": Route(_OfUser, 2, lambda r: self.clearinghouse_state(r.user)),
            "spotClearinghouseState": Route(_OfUser, 2, self._spot_state),
            "userFunding": Route(_UserSpan, 20, self._user_funding, is_list=True),
            "userFills": Route(_UserSpan, 20, self._user_fills, is_list=True),
            "userFillsByTime": Route(_FillSpan, 20, self._fills_by_time, is_list=True),
            "openOrders": Route(_OfUser, 20, self._open_orders),
            "frontendOpenOrders": Route(_OfUser, 20, self._frontend_orders),
            "orderStatus": Route(_OfOrder, 2, self._order_status),
            "historicalOrders": Route(_OfUser, 20, self._history, is_list=True),
            "userNonFundingLedgerUpdates": Route(_UserSpan, 20, self._ledger, is_list=True),
            "userRole": Route(_OfUser, 60, self._user_role),
            "extraAgents": Route(_OfUser, 20, self._extra_agents),
            "userFees": Route(_OfUser, 20, lambda _: account_views.user_fees()),
            "userAbstraction": Route(_OfUser, 20, lambda r: self._account(r.user).abstraction),
            "userRateLimit": Route(_OfUser, 20, self._rate_limit),
            "activeAssetData": Route(
                _UserCoin, 20, lambda r: self.active_asset_data(r.user, r.coin)
            ),
            "preTransferCheck": Route(_OfUser, 20, self._pre_transfer),
            "legalCheck": Route(_OfUser, 20, lambda _: self._legal()),
            "subAccounts": Route(_OfUser, 20, lambda _: None),
            "userVaultEquities": Route(_OfUser, 20, lambda _: []),
            "userTwapSliceFills": Route(_OfUser, 20, lambda _: []),
        }

    def _now(self) -> int:
        return self._engine.clock.now_ms()

    def _mark(self, now_ms: int) -> MarkOf:
        return lambda coin: self._quotes.mark(coin, now_ms)

    def _account(self, user: str) -> Account:
        address = user.lower()
        return self._books.accounts.get(address) or Account(address=address, created_ms=0)

    def _open(self, user: str) -> list[Order]:
        return list(self._books.open_orders.get(user.lower(), {}).values())

    def _open_interest(self, coin: str) -> Decimal:
        held = ZERO
        for account in self._books.accounts.values():
            position = account.positions.get(coin)
            held += abs(position.size) if position else ZERO
        return held

    def _contexts(self) -> list[object]:
        return [self.asset_context(asset.name) for asset in UNIVERSE]

    def _book(self, request: _Book) -> object:
        if request.coin not in ASSETS:
            return None
        now = self._now()
        depth = self._engine.liquidity.depth(request.coin, now)
        return market_views.book(
            request.coin, depth, now, figures=request.figures, mantissa=request.mantissa
        )

    def _funding_history(self, request: _CoinSpan) -> object:
        asset = ASSETS.get(request.coin)
        if asset is None:
            return None
        now = self._now()
        end = min(now, request.end) if request.end is not None else now
        rows: list[object] = []
        for hour in self._engine.calendar.between(asset, request.start, end):
            rows.append(market_views.funding_row(hour))
            if len(rows) == PAGE:
                break
        return rows

    def _predicted(self) -> object:
        return market_views.predicted_fundings(self._quotes, self._now())

    def _margin_table(self, request: _Table) -> object:
        for asset in UNIVERSE:
            if asset.margin_table.table_id == request.table_id:
                return market_views.margin_table(asset.margin_table)
        return None

    def _exchange_status(self, _: _Nothing) -> object:
        return {"time": self._now(), "specialStatuses": None}

    def _spot_state(self, request: _OfUser) -> object:
        return account_views.spot_state(self._account(request.user))

    def _user_funding(self, request: _UserSpan) -> object:
        payments = self._books.payments.get(request.user.lower(), [])
        chosen = [p for p in payments if _inside(p.time_ms, request)]
        return [account_views.funding_row(payment) for payment in chosen[:PAGE]]

    def _user_fills(self, request: _UserSpan) -> object:
        fills = self._books.fills.get(request.user.lower(), [])[::-1][:FILLS_PAGE]
        return _fill_rows(fills, aggregate=bool(request.aggregate))

    def _fills_by_time(self, request: _FillSpan) -> object:
        fills = self._books.fills.get(request.user.lower(), [])
        chosen = [fill for fill in fills if _inside(fill.time_ms, request)]
        if request.is_reversed:
            chosen.reverse()
        return _fill_rows(chosen[:FILLS_PAGE], aggregate=bool(request.aggregate))

    def _open_orders(self, request: _OfUser) -> object:
        return [account_views.open_order(o) for o in self._open(request.user)[::-1]]

    def _frontend_orders(self, request: _OfUser) -> object:
        return [account_views.frontend_order(o) for o in self._open(request.user)[::-1]]

    def _order_status(self, request: _OfOrder) -> object:
        address = request.user.lower()
        if isinstance(request.oid, str):
            order = self._books.order_by_cloid(address, request.oid.lower())
        else:
            order = self._books.orders_of.get(address, {}).get(request.oid)
        if order is None:
            return {"status": "unknownOid"}
        return {"status": "order", "order": account_views.order_record(order)}

    def _history(self, request: _OfUser) -> object:
        orders = list(self._books.orders_of.get(request.user.lower(), {}).values())
        newest = sorted(orders, key=lambda o: (o.status_ms, o.oid), reverse=True)
        return [account_views.order_record(order) for order in newest[:FILLS_PAGE]]

    def _ledger(self, request: _UserSpan) -> object:
        entries = self._books.ledger.get(request.user.lower(), [])
        chosen = [entry for entry in entries if _inside(entry.time_ms, request)]
        return [account_views.ledger_row(entry) for entry in chosen[:PAGE]]

    def _user_role(self, request: _OfUser) -> object:
        address = request.user.lower()
        if address in self._books.accounts:
            return {"role": "user"}
        master = self._books.master_of.get(address)
        if master is not None:
            return {"role": "agent", "data": {"user": master}}
        return {"role": "missing"}

    def _extra_agents(self, request: _OfUser) -> object:
        return [
            {"name": agent.name, "address": agent.address, "validUntil": agent.valid_until_ms}
            for agent in self._account(request.user).agents
            if agent.name is not None
        ]

    def _rate_limit(self, request: _OfUser) -> object:
        account = self._account(request.user)
        return {
            "cumVlm": wire(account.volume),
            "nRequestsUsed": account.requests,
            "nRequestsCap": REQUESTS_FREE + int(account.volume),
            "nRequestsSurplus": 0,
        }

    def _pre_transfer(self, request: _OfUser) -> object:
        account = self._books.accounts.get(request.user.lower())
        return {
            "fee": "0.0" if account else "1.0",
            "isSanctioned": False,
            "userExists": account is not None,
            "userHasSentTx": account is not None and account.requests > 0,
        }

    def _legal(self) -> object:
        return {"ipAllowed": True, "acceptedTerms": True, "userAllowed": True}


def _inside(time_ms: int, span: _UserSpan) -> bool:
    after_start = span.start is None or time_ms >= span.start
    return after_start and (span.end is None or time_ms <= span.end)


def _fill_rows(fills: list[Fill], *, aggregate: bool) -> list[object]:
    if not aggregate:
        return [account_views.fill_row(fill) for fill in fills]
    merged: dict[tuple[int, int], list[Fill]] = {}
    for fill in fills:
        merged.setdefault((fill.oid, fill.time_ms), []).append(fill)
    return [account_views.fill_row(_merged(parts)) for parts in merged.values()]


def _merged(parts: list[Fill]) -> Fill:
    first = min(parts, key=lambda fill: fill.number)
    size = sum((fill.size for fill in parts), ZERO)
    cost = sum((fill.size * fill.price for fill in parts), ZERO)
    places = Decimal(1).scaleb(ASSETS[first.coin].size_decimals - 6)
    return msgspec.structs.replace(
        first,
        size=size,
        price=(cost / size).quantize(places),
        fee=sum((fill.fee for fill in parts), ZERO),
        closed_pnl=sum((fill.closed_pnl for fill in parts), ZERO),
    )
