"""A Hyperliquid that answers word for word what a test tells it, over real sockets."""

from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from asgard_basis.adapters.http import HttpClient
from asgard_basis.adapters.hyperliquid.venue import HyperliquidPerpVenue
from asgard_basis.ports.venues import PerpTrader
from asgard_basis.ports.wallets import WalletRole
from tests.contracts.signers import LocalEvmSigner, LocalNonces
from tests.serving import serve

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
META = {
    "universe": [
        {"name": "BTC", "szDecimals": 5, "maxLeverage": 40},
        {"name": "SOL", "szDecimals": 2, "maxLeverage": 20},
    ]
}
Answer = Any | Callable[[dict[str, Any]], Any]


class SteadyClock:
    """A clock that tests move; sleeping moves it too."""

    def __init__(self, *, speed: float = 1.0) -> None:
        self.speed = speed
        self.time = NOW

    def now(self) -> datetime:
        return self.time

    def host(self) -> datetime:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


class ScriptedVenue:
    """Answers by /info type and by action type; a list answers in turn, its last stays."""

    def __init__(self) -> None:
        self.info: dict[str, Answer] = {"meta": META}
        self.exchange: dict[str, Answer] = {}
        self.asked: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.clock = SteadyClock()
        self.nonces = LocalNonces()
        self.signer = LocalEvmSigner()
        self.trader = PerpTrader(
            account=self.signer.wallet(WalletRole.EVM, seed=1),
            agent=self.signer.wallet(WalletRole.AGENT, seed=2),
        )

    @asynccontextmanager
    async def running(
        self, *, websocket_url: str = "ws://x"
    ) -> AsyncIterator[HyperliquidPerpVenue]:
        routes = [
            Route("/info", self._info, methods=["POST"]),
            Route("/exchange", self._exchange, methods=["POST"]),
        ]
        with serve(Starlette(routes=routes)) as url:
            async with HttpClient(url, timeout_seconds=5, name="hyperliquid") as http:
                yield HyperliquidPerpVenue(
                    http=http,
                    websocket_url=websocket_url,
                    signer=self.signer,
                    nonces=self.nonces,
                    clock=self.clock,
                )

    async def _info(self, request: Request) -> Response:
        body = await request.json()
        return self._answer(self.info, body["type"], body)

    async def _exchange(self, request: Request) -> Response:
        body = await request.json()
        return self._answer(self.exchange, body["action"]["type"], body)

    def _answer(self, script: dict[str, Answer], kind: str, body: dict[str, Any]) -> Response:
        self.asked[kind].append(body)
        answer = script[kind]
        if isinstance(answer, Turns):
            answer = answer.next()
        if isinstance(answer, Response):
            return answer
        return JSONResponse(answer(body) if callable(answer) else answer)


class Turns:
    """Answers one after the other; the last one stays."""

    def __init__(self, *answers: Any) -> None:
        self._answers = list(answers)

    def next(self) -> Any:
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
