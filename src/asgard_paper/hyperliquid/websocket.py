"""The venue's push side: one session per connection, driven by what happened since it last looked.

A session asks the engine ten times a second; account streams carry what is new, market streams go
out about once a second and only when they changed.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import msgspec
from starlette.websockets import WebSocket, WebSocketDisconnect

from asgard_paper.hyperliquid.clearing.books import Event
from asgard_paper.hyperliquid.clearing.records import Fill, FundingPayment, LedgerEntry, Order
from asgard_paper.hyperliquid.engine import HyperliquidEngine
from asgard_paper.hyperliquid.info import Info
from asgard_paper.hyperliquid.market.universe import ASSETS
from asgard_paper.hyperliquid.wire import account_views
from asgard_paper.hyperliquid.wire.actions import Address, decode_envelope

POLL_SECONDS = 0.1
MARKET_EVERY = 10
SILENCE_ROUNDS = 600
"""A connection that was sent nothing for a minute is dropped; that is what pings are for."""
CONNECTIONS_PER_CLIENT = 10
USERS_PER_CLIENT = 10
SNAPSHOT_ROWS = 500

Json = dict[str, object]
Frame = tuple[str, object]
"""A channel and its data."""


class Subscription(msgspec.Struct, frozen=True):
    """What a client asked to hear."""

    type: str
    coin: str | None = None
    user: Address | None = None
    dex: str | None = None

    def address(self) -> str:
        """The user, lower-case; raises ValueError where one is missing."""
        if self.user is None:
            raise ValueError("a user is missing")
        return self.user.lower()

    def known_coin(self) -> str:
        """The coin; raises ValueError for one that is not traded."""
        if self.coin is None or self.coin not in ASSETS:
            raise ValueError("no such coin")
        return self.coin


class Streams:
    """Serves every connection of one engine, few per client address unless `is_limited` is off."""

    def __init__(self, engine: HyperliquidEngine, info: Info, *, is_limited: bool = True) -> None:
        self._engine = engine
        self._info = info
        self._is_limited = is_limited
        self._sessions: dict[str, list[_Session]] = defaultdict(list)

    async def serve(self, socket: WebSocket) -> None:
        """Run one connection to its end."""
        beside = self._sessions[socket.client.host if socket.client else ""]
        if self._is_limited and len(beside) >= CONNECTIONS_PER_CLIENT:
            await socket.close()
            return
        await socket.accept()
        session = _Session(self._engine, self._info, socket, self._may_hear(beside))
        beside.append(session)
        pushing = asyncio.create_task(session.push())
        try:
            while True:
                await session.receive(await socket.receive_text())
        except WebSocketDisconnect:
            pass
        finally:
            beside.remove(session)
            pushing.cancel()
            await asyncio.gather(pushing, return_exceptions=True)

    def _may_hear(self, beside: "list[_Session]") -> Callable[[str], bool]:
        def may_hear(address: str) -> bool:
            heard = {address}.union(*(session.users() for session in beside))
            return not self._is_limited or len(heard) <= USERS_PER_CLIENT

        return may_hear


class _Session:
    def __init__(
        self,
        engine: HyperliquidEngine,
        info: Info,
        socket: WebSocket,
        may_hear: Callable[[str], bool],
    ) -> None:
        self._engine = engine
        self._info = info
        self._socket = socket
        self._may_hear = may_hear
        self._wanted: dict[Subscription, object] = {}
        """Each subscription with the market data it was last sent."""
        self._seen = engine.books.last_sequence
        self._silent_rounds = 0
        self._markets: dict[str, Callable[[Subscription], Frame]] = {
            "allMids": lambda s: ("allMids", {"mids": info.all_mids()}),
            "activeAssetCtx": self._context,
            "l2Book": lambda s: ("l2Book", info.book(s.known_coin())),
            "bbo": lambda s: ("bbo", info.best(s.known_coin())),
            "clearinghouseState": self._state,
            "activeAssetData": self._asset_data,
        }
        self._accounts: dict[str, Callable[[str, list[Event]], list[Frame]]] = {
            "userFills": _fills,
            "userFundings": _fundings,
            "userNonFundingLedgerUpdates": _ledger,
            "orderUpdates": _orders,
            "userEvents": _user_events,
        }

    def users(self) -> set[str]:
        """The accounts this connection listens to."""
        return {wanted.user.lower() for wanted in self._wanted if wanted.user is not None}

    async def receive(self, text: str) -> None:
        """Do what one client frame says."""
        try:
            message: Any = msgspec.json.decode(text)
            method = message["method"]
            if method == "ping":
                await self._send("pong")
            elif method == "post":
                await self._post(message)
            elif method in ("subscribe", "unsubscribe"):
                await self._subscribe(method, message["subscription"])
            else:
                raise ValueError("unknown method")
        except (msgspec.MsgspecError, ValueError, KeyError, TypeError):
            await self._send("error", f"Error parsing JSON into valid websocket request: {text}")

    async def push(self) -> None:
        """Send what is new until cancelled."""
        rounds = 0
        while self._silent_rounds < SILENCE_ROUNDS:
            await asyncio.sleep(POLL_SECONDS)
            rounds += 1
            self._silent_rounds += 1
            self._engine.advance()
            await self._push_events()
            if rounds % MARKET_EVERY == 0:
                await self._push_markets()
        await self._socket.close()

    async def _subscribe(self, method: str, raw: object) -> None:
        subscription = msgspec.convert(raw, Subscription)
        asked = msgspec.json.encode(raw).decode()
        if subscription.type not in self._markets and subscription.type not in self._accounts:
            raise ValueError("unknown subscription")
        if method == "unsubscribe":
            if subscription not in self._wanted:
                await self._send("error", f"Already unsubscribed: {asked}")
                return
            del self._wanted[subscription]
            await self._send("subscriptionResponse", {"method": method, "subscription": raw})
            return
        if subscription in self._wanted:
            await self._send("error", f"Already subscribed: {asked}")
            return
        if subscription.user is not None and not self._may_hear(subscription.address()):
            await self._send("error", "Cannot track more than 10 total users.")
            return
        first = self._first(subscription)
        await self._send("subscriptionResponse", {"method": method, "subscription": raw})
        self._wanted[subscription] = None if first is None else first[1]
        if first is not None:
            await self._send(*first)

    def _first(self, subscription: Subscription) -> Frame | None:
        market = self._markets.get(subscription.type)
        if market is not None:
            return market(subscription)
        address, books = subscription.address(), self._engine.books
        match subscription.type:
            case "userFills":
                rows = [account_views.fill_row(f) for f in books.fills.get(address, [])[::-1]]
                return _snapshot("userFills", address, "fills", rows)
            case "userFundings":
                payments = books.payments.get(address, [])[::-1]
                rows = [_funding(payment) for payment in payments]
                return _snapshot("userFundings", address, "fundings", rows)
            case "userNonFundingLedgerUpdates":
                rows = [account_views.ledger_row(e) for e in books.ledger.get(address, [])[::-1]]
                return _snapshot(subscription.type, address, "nonFundingLedgerUpdates", rows)
            case "orderUpdates":
                open_orders = books.open_orders.get(address, {}).values()
                return "orderUpdates", [account_views.order_update(o) for o in open_orders]
        return None

    async def _push_events(self) -> None:
        books = self._engine.books
        news = books.since(self._seen)
        self._seen = books.last_sequence
        if not news:
            return
        self._engine.commit()
        for subscription in list(self._wanted):
            tell = self._accounts.get(subscription.type)
            if tell is None:
                continue
            address = subscription.address()
            mine = [item.event for item in news if item.event.address == address]
            for frame in tell(address, mine):
                await self._send(*frame)

    async def _push_markets(self) -> None:
        for subscription, last in list(self._wanted.items()):
            market = self._markets.get(subscription.type)
            if market is None:
                continue
            channel, data = market(subscription)
            if data != last and subscription in self._wanted:
                self._wanted[subscription] = data
                await self._send(channel, data)

    async def _post(self, message: Any) -> None:
        identity, request = message["id"], message["request"]
        payload = request["payload"]
        response: Json
        try:
            if request["type"] == "info":
                data = self._info.answer(payload)
                response = {"type": "info", "payload": {"type": payload["type"], "data": data}}
            elif request["type"] == "action":
                reply = self._engine.execute(decode_envelope(payload))
                self._engine.commit()
                response = {"type": "action", "payload": reply}
            else:
                raise ValueError("unknown request")
        except (msgspec.ValidationError, ValueError):
            text = "422: Failed to deserialize the JSON body into the target type"
            response = {"type": "error", "payload": text}
        await self._send("post", {"id": identity, "response": response})

    def _context(self, subscription: Subscription) -> Frame:
        coin = subscription.known_coin()
        return "activeAssetCtx", {"coin": coin, "ctx": self._info.asset_context(coin)}

    def _state(self, subscription: Subscription) -> Frame:
        address = subscription.address()
        state = self._info.clearinghouse_state(address)
        data = {"dex": subscription.dex or "", "user": address, "clearinghouseState": state}
        return "clearinghouseState", data

    def _asset_data(self, subscription: Subscription) -> Frame:
        coin = subscription.known_coin()
        return "activeAssetData", self._info.active_asset_data(subscription.address(), coin)

    async def _send(self, channel: str, data: object = None) -> None:
        self._silent_rounds = 0
        frame: Json = {"channel": channel}
        if data is not None:
            frame["data"] = data
        await self._socket.send_text(msgspec.json.encode(frame).decode())


def _snapshot(channel: str, address: str, key: str, rows: list[Json]) -> Frame:
    return channel, {"isSnapshot": True, "user": address, key: rows[:SNAPSHOT_ROWS]}


def _funding(payment: FundingPayment) -> Json:
    return {"time": payment.time_ms, **account_views.funding_payment(payment)}


def _fills(address: str, events: list[Event]) -> list[Frame]:
    rows = [account_views.fill_row(event) for event in events if isinstance(event, Fill)]
    return [("userFills", {"user": address, "fills": rows})] if rows else []


def _fundings(address: str, events: list[Event]) -> list[Frame]:
    rows = [_funding(event) for event in events if isinstance(event, FundingPayment)]
    return [("userFundings", {"user": address, "fundings": rows})] if rows else []


def _ledger(address: str, events: list[Event]) -> list[Frame]:
    rows = [account_views.ledger_row(event) for event in events if isinstance(event, LedgerEntry)]
    if not rows:
        return []
    data = {"user": address, "nonFundingLedgerUpdates": rows}
    return [("userNonFundingLedgerUpdates", data)]


def _orders(address: str, events: list[Event]) -> list[Frame]:
    rows = [account_views.order_update(event) for event in events if isinstance(event, Order)]
    return [("orderUpdates", rows)] if rows else []


def _user_events(address: str, events: list[Event]) -> list[Frame]:
    frames: list[Frame] = []
    rows = [account_views.fill_row(event) for event in events if isinstance(event, Fill)]
    if rows:
        frames.append(("user", {"fills": rows}))
    for event in events:
        if isinstance(event, FundingPayment):
            frames.append(("user", {"funding": account_views.funding_payment(event)}))
        elif isinstance(event, LedgerEntry) and event.delta["type"] == "liquidation":
            frames.append(("user", {"liquidation": _liquidation(event)}))
        elif isinstance(event, Order) and event.status in _NOT_BY_USER:
            cancel = {"coin": event.coin, "oid": event.oid}
            frames.append(("user", {"nonUserCancel": [cancel]}))
    return frames


_NOT_BY_USER = ("marginCanceled", "reduceOnlyCanceled", "liquidatedCanceled", "scheduledCancel")


def _liquidation(entry: LedgerEntry) -> Json:
    return {
        "lid": entry.number,
        "liquidator": "0x" + "0" * 40,
        "liquidated_user": entry.address,
        "liquidated_ntl_pos": entry.delta["liquidatedNtlPos"],
        "liquidated_account_value": entry.delta["accountValue"],
    }
