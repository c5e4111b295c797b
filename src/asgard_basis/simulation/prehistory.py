"""The world before a seed begins: people with wallets and money, made once by the product itself.

Nothing in it differs between seeds, so it is made in the first of them and copied for the others.
"""

import asyncio
import base64
import functools
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from solders.pubkey import Pubkey

from asgard_basis.adapters.memory.arbitrum import ArbitrumLedger
from asgard_basis.adapters.memory.locks import LeaseBook
from asgard_basis.adapters.memory.tables import Tables
from asgard_basis.adapters.memory.unit_of_work import MemoryTransactions
from asgard_basis.domain.identifiers import UserId
from asgard_basis.domain.market.snapshot import MarketSnapshot
from asgard_basis.domain.risk.limits import RiskLimits
from asgard_basis.ports.wallets import Wallet, WalletRole
from asgard_basis.simulation.build import Build
from asgard_basis.simulation.calm import Calm, CountedIds, never
from asgard_basis.simulation.machine import Machine, Shared
from asgard_basis.simulation.membrane import Membrane
from asgard_basis.simulation.network import Network
from asgard_basis.simulation.time import LoopClock, VirtualLoop, run_virtually
from asgard_basis.simulation.venues import (
    APP_ID,
    HISTORY_DAYS,
    WORLD_SEED,
    Venues,
    WorldTime,
)
from asgard_paper.kernel.generated import GeneratedPath
from asgard_paper.kernel.store import MemoryStore
from asgard_paper.solana.addresses import USDC_MINT

BEGAN = datetime(2026, 1, 5, 10, 12, 30, tzinfo=UTC)
PEOPLE = ("ada", "ben", "cleo")
SOL = Decimal(2)
USDC = Decimal(20_000)
DEPOSIT = Decimal(12_000)
ETH = Decimal("0.02")
_BLOCK_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with wallets."""

    name: str
    user_id: UserId
    wallets: Mapping[WalletRole, Wallet]

    @property
    def evm(self) -> str:
        """The account at Hyperliquid and the wallet on Arbitrum."""
        return self.wallets[WalletRole.EVM].address

    @property
    def solana(self) -> str:
        """The wallet on Solana."""
        return self.wallets[WalletRole.SOLANA].address


@dataclass(frozen=True, slots=True)
class Prehistory:
    """Everything a world begins with; copied, never changed."""

    at: datetime
    store: dict[str, dict[str, bytes]]
    ledger: ArbitrumLedger
    tables: Tables
    nonces: dict[str, int]
    snapshot: MarketSnapshot | None
    path: GeneratedPath
    people: tuple[Person, ...]

    def venues(self, loop: VirtualLoop) -> Venues:
        """The venues as they stood, over a store of their own, with time going on."""
        return Venues(
            store=KeptStore(self.store),
            ledger=self.ledger.clone(),
            path=self.path,
            time=WorldTime(int(self.at.timestamp() * 1000), loop.time),
        )


class KeptStore(MemoryStore):
    """A store that begins with what another held."""

    def __init__(self, buckets: Mapping[str, Mapping[str, bytes]]) -> None:
        super().__init__()
        self._buckets = {name: dict(rows) for name, rows in buckets.items()}

    def buckets(self) -> dict[str, dict[str, bytes]]:
        """What it holds now."""
        return {name: dict(rows) for name, rows in self._buckets.items()}


@functools.cache
def prehistory() -> Prehistory:
    """The one that all seeds of this process share."""
    return run_virtually(_lived)


@functools.cache
def authorization_key() -> str:
    """The application's key at the wallet service: base64 PKCS#8, always the same."""
    key = ec.derive_private_key(int.from_bytes(b"a simulated application", "big"), ec.SECP256R1())
    der = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return base64.b64encode(der).decode()


async def _lived(loop: VirtualLoop) -> Prehistory:
    began_ms = int(BEGAN.timestamp() * 1000)
    path = GeneratedPath(seed=WORLD_SEED, start_ms=began_ms, history_days=HISTORY_DAYS)
    store = KeptStore({})
    venues = Venues(
        store=store, ledger=ArbitrumLedger(), path=path, time=WorldTime(began_ms, loop.time)
    )
    venues.advance()
    tables = Tables()
    clock = LoopClock(loop, began=BEGAN)
    leases = LeaseBook(clock)
    shared = Shared(
        clock=clock,
        venues=venues,
        network=Network(venues.applications(), Calm()),
        tables=tables,
        leases=leases,
        transactions=MemoryTransactions(tables=tables, leases=leases),
        authorization_key=authorization_key(),
        limits=RiskLimits(),
        build=Build(),
        ids=CountedIds("past"),
        random=random.Random("prehistory"),
    )
    machine = Machine(shared, Membrane("past", never), skew=timedelta(0))
    people = [await _settled(machine, venues, name) for name in PEOPLE]
    await machine.app.market_watch.look()
    await machine.close()
    venues.advance()
    return Prehistory(
        at=shared.clock.host(),
        store=store.buckets(),
        ledger=venues.ledger,
        tables=tables,
        nonces=dict(shared.nonces.last),
        snapshot=await shared.snapshots.latest(),
        path=path,
        people=tuple(people),
    )


async def _settled(machine: Machine, venues: Venues, name: str) -> Person:
    """Signed in, with wallets, with money on both chains and at the exchange."""
    user_id = await signed_in(machine, venues, name)
    await _work(machine)
    async with machine.app.transactions.for_user(user_id) as work:
        person = Person(name, user_id, await work.wallets.of_user(user_id))
    fund(venues, person)
    await machine.app.deposits.request(user_id, DEPOSIT, None)
    mining = asyncio.create_task(_mine(venues))
    await _work(machine)
    mining.cancel()
    return person


async def signed_in(machine: Machine, venues: Venues, name: str) -> UserId:
    """Through the wallet service's e-mail code, as a browser does it."""
    email = f"{name}@example.org"
    http = machine.browser("privy")
    headers = {"privy-app-id": APP_ID, "Origin": "http://dashboard"}
    auth = "/api/v1/passwordless"
    await http.post(f"{auth}/init", json={"email": email}, headers=headers)
    code = venues.privy.mailbox(email)[-1].code
    answer = await http.post(
        f"{auth}/authenticate", json={"email": email, "code": code}, headers=headers
    )
    signed = await machine.app.sign_in.start(answer.json()["token"], stay_signed_in=True)
    return signed.user.id


def fund(venues: Venues, person: Person) -> None:
    """Money from nothing on both chains."""
    key = Pubkey.from_string(person.solana)
    venues.solana.airdrop(key, int(SOL * 10**9))
    venues.solana.mint_tokens(key, USDC_MINT, int(USDC * 10**6))
    venues.ledger.fund_eth(person.evm, int(ETH * 10**18))
    venues.ledger.mint_usdc(person.evm, int(USDC * 10**6))


async def _work(machine: Machine) -> None:
    """Carry out everything that is waiting."""
    while True:
        async with machine.app.transactions.for_system() as work:
            waiting: Sequence[Any] = await work.jobs.unfinished()
        if not waiting:
            return
        await machine.app.dispatch.run(waiting[0].id)


async def _mine(venues: Venues) -> None:
    while True:
        await asyncio.sleep(_BLOCK_SECONDS)
        for arrival in venues.mine():
            venues.credit(*arrival)
