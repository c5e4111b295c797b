"""A paper Privy for tests: a hand-cranked clock, a fixed seed, an app, and people with keys."""

import base64
import contextlib
from collections.abc import Iterator, Sequence

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from asgard_paper.kernel.clock import Clock, WorldClock
from asgard_paper.kernel.store import MemoryStore, Store
from asgard_paper.privy import PrivyEngine
from asgard_paper.privy.authorization import payloads
from asgard_paper.privy.calls import Call, Reply
from asgard_paper.privy.http import create_app
from asgard_paper.privy.wire import Fields
from tests.serving import free_port, serve

APP_ID = "clpaper000000000000000app"
APP_SECRET = "paper-secret"
BASE = "https://privy.test"
START_MS = 1_790_000_000_000


class HandClock:
    """Host time that moves only by hand; market time is elsewhere on purpose."""

    def __init__(self) -> None:
        self.host = START_MS

    def now_ms(self) -> int:
        """A market time that no rule of the service may look at."""
        return 0

    def host_ms(self) -> int:
        """The time a test has set."""
        return self.host

    def pass_seconds(self, seconds: int) -> None:
        """Let host time pass."""
        self.host += seconds * 1000


def paper_engine(
    clock: Clock | None = None, store: Store | None = None, *, access_token_seconds: int = 3_600
) -> PrivyEngine:
    """An engine with a fixed seed."""
    return PrivyEngine(
        clock=clock or HandClock(),
        store=store or MemoryStore(),
        seed=7,
        app_id=APP_ID,
        app_secret=APP_SECRET,
        access_token_seconds=access_token_seconds,
    )


@contextlib.contextmanager
def paper_privy(*, access_token_seconds: int = 3_600) -> Iterator[tuple[PrivyEngine, str]]:
    """An engine on real time behind a real port."""
    engine = paper_engine(WorldClock(), access_token_seconds=access_token_seconds)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with serve(create_app(engine, public_url=url), port=port):
        yield engine, url


class Person:
    """Somebody with a P-256 key, always the same for the same number."""

    def __init__(self, number: int) -> None:
        self.key = ec.derive_private_key(number + 1, ec.SECP256R1())

    @property
    def public_key(self) -> str:
        """Base64 SPKI."""
        raw = self.key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return base64.b64encode(raw).decode()

    @property
    def private_key(self) -> str:
        """Base64 PKCS#8."""
        raw = self.key.private_bytes(
            serialization.Encoding.DER,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        return base64.b64encode(raw).decode()

    def sign(self, payload: bytes) -> str:
        """Base64 DER signature."""
        return base64.b64encode(self.key.sign(payload, ec.ECDSA(hashes.SHA256()))).decode()


def call(
    method: str,
    path: str,
    body: object,
    people: Sequence[Person] = (),
    *,
    key: str | None = None,
    expiry: int | None = None,
) -> Call:
    """A request signed by these people."""
    unsigned = Call(
        method=method,
        path=path,
        urls=(BASE + path,),
        body=body,
        app_id=APP_ID,
        idempotency_key=key,
        request_expiry=None if expiry is None else str(expiry),
    )
    payload = payloads(unsigned)[0]
    return Call(
        method=method,
        path=path,
        urls=unsigned.urls,
        body=body,
        app_id=APP_ID,
        signatures=tuple(person.sign(payload) for person in people),
        idempotency_key=key,
        request_expiry=unsigned.request_expiry,
    )


def quorum_of(engine: PrivyEngine, *people: Person, threshold: int = 1) -> str:
    """The id of a new quorum."""
    body = {
        "public_keys": [person.public_key for person in people],
        "authorization_threshold": threshold,
    }
    return engine.quorums.create(Fields(body)).id


def sign(
    engine: PrivyEngine, wallet_id: str, body: object, *people: Person, key: str | None = None
) -> Reply:
    """Ask for a signature through every check."""
    request = call("POST", f"/v1/wallets/{wallet_id}/rpc", body, people, key=key)
    return engine.signer.rpc(request, wallet_id)
