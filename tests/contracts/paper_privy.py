"""The paper Privy behind a real socket, with adapters made for it, and faults on demand."""

import contextlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from privy.lib.authorization import generate_p256_key_pair
from starlette.types import ASGIApp, Receive, Scope, Send

from asgard_basis.adapters.http import HttpClient
from asgard_basis.adapters.privy.identity import PrivyIdentity
from asgard_basis.adapters.privy.policies import PolicyCaps
from asgard_basis.adapters.privy.wallets import PrivyWallets
from asgard_paper.kernel.clock import WorldClock
from asgard_paper.kernel.store import MemoryStore
from asgard_paper.privy.engine import PrivyEngine
from asgard_paper.privy.http import create_app
from tests.serving import free_port, serve

APP_ID = "asgardpaperappforcontract"
APP_SECRET = "a paper secret"


@dataclass
class PatientClock:
    """Real time, except that waiting takes none."""

    waited: list[float] = field(default_factory=list)
    ahead: timedelta = timedelta(0)

    def now(self) -> datetime:
        """Market time."""
        return self.host()

    def host(self) -> datetime:
        """Host time."""
        return datetime.now(UTC) + self.ahead

    async def sleep(self, seconds: float) -> None:
        """Remember the wait."""
        self.waited.append(seconds)


class Faulty:
    """An application that answers some requests wrongly, and counts those that reach it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.statuses: list[int] = []
        """Answered instead of the application, one after another."""
        self.seen: list[str] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        self.seen.append(f"{scope['method']} {scope['path']}")
        if not self.statuses:
            await self._app(scope, receive, send)
            return
        status = self.statuses.pop(0)
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b"<html>upstream</html>"})


@dataclass(frozen=True)
class PaperPrivy:
    """A running paper Privy."""

    engine: PrivyEngine
    faults: Faulty
    url: str
    key: str
    """The application's authorization key."""

    @contextlib.asynccontextmanager
    async def wallets(
        self,
        *,
        key: str | None = None,
        secret: str = APP_SECRET,
        clock: PatientClock | None = None,
        caps: PolicyCaps | None = None,
    ) -> AsyncIterator[PrivyWallets]:
        """The custody adapter against it."""
        async with HttpClient(self.url, timeout_seconds=10, name="privy") as http:
            yield PrivyWallets(
                http=http,
                app_id=APP_ID,
                app_secret=secret,
                authorization_key=key or self.key,
                quorum_id=None,
                clock=clock or PatientClock(),
                caps=caps,
            )

    @contextlib.asynccontextmanager
    async def identity(self, clock: PatientClock | None = None) -> AsyncIterator[PrivyIdentity]:
        """The identity adapter against it."""
        async with HttpClient(self.url, timeout_seconds=10, name="privy") as http:
            yield PrivyIdentity(
                http=http, app_id=APP_ID, app_secret=APP_SECRET, clock=clock or PatientClock()
            )


@contextlib.contextmanager
def paper_privy() -> Iterator[PaperPrivy]:
    """Run one with an empty memory."""
    engine = PrivyEngine(
        clock=WorldClock(),
        store=MemoryStore(),
        seed=7,
        app_id=APP_ID,
        app_secret=APP_SECRET,
    )
    port = free_port()
    faults = Faulty(create_app(engine, public_url=f"http://127.0.0.1:{port}"))
    with serve(faults, port=port) as url:
        yield PaperPrivy(engine, faults, url, generate_p256_key_pair().private_key)
