"""Settings become adapters: what remembers and coordinates, and the five outside systems."""

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

import procrastinate

from asgard_basis.adapters.arbitrum.chain import RpcArbitrumChain
from asgard_basis.adapters.asgard.client import ALLOWANCE as ASGARD_ALLOWANCE
from asgard_basis.adapters.asgard.venue import AsgardMarginVenue
from asgard_basis.adapters.http import HttpClient
from asgard_basis.adapters.hyperliquid.venue import HyperliquidPerpVenue
from asgard_basis.adapters.hyperliquid.weights import VENUE_MINUTE, allowance
from asgard_basis.adapters.memory.kill_flag import MemoryKillFlag
from asgard_basis.adapters.metering import Meter
from asgard_basis.adapters.postgres import pool as database
from asgard_basis.adapters.postgres.locks import PostgresLocks
from asgard_basis.adapters.postgres.nonces import PostgresNonces
from asgard_basis.adapters.postgres.pool import Role, open_pool
from asgard_basis.adapters.postgres.queue import open_queue
from asgard_basis.adapters.postgres.unit_of_work import PostgresTransactions
from asgard_basis.adapters.privy.identity import PrivyIdentity
from asgard_basis.adapters.privy.policies import PolicyCaps
from asgard_basis.adapters.privy.twinned_signers import (
    PolicyTwin,
    TwinnedEvmSigner,
    TwinnedSolanaSigner,
)
from asgard_basis.adapters.privy.wallets import PrivyWallets
from asgard_basis.adapters.redis.budget import RedisRequestBudget
from asgard_basis.adapters.redis.connection import answers, open_redis
from asgard_basis.adapters.redis.events import RedisEventBus
from asgard_basis.adapters.redis.heartbeat import RedisHeartbeat
from asgard_basis.adapters.redis.leases import RedisLeases
from asgard_basis.adapters.redis.limits import RedisRateLimiter
from asgard_basis.adapters.redis.snapshots import RedisSnapshotStore
from asgard_basis.adapters.solana.chain import RpcSolanaChain
from asgard_basis.adapters.system.kill_file import KillFile
from asgard_basis.application.operations.duty import present_duty
from asgard_basis.application.operations.health import Probe
from asgard_basis.application.operations.signing import (
    LoggedEvmSigner,
    LoggedSolanaSigner,
    SignatureLog,
)
from asgard_basis.bootstrap.rail import MOVE_USDC_MAX, RailLines, money_route
from asgard_basis.domain.assets import PROTOCOLS_ON_BY_DEFAULT, LendingProtocol
from asgard_basis.domain.identifiers import EvmAddress, SolanaAddress
from asgard_basis.ports.chains import ArbitrumChain, SolanaChain
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.coordination import (
    EventBus,
    Leases,
    Locks,
    NonceSource,
    RateLimiter,
    RequestBudget,
    SnapshotStore,
)
from asgard_basis.ports.identity import IdentityProvider
from asgard_basis.ports.kill_flag import KillFlag
from asgard_basis.ports.rail import MoneyRoute
from asgard_basis.ports.unit_of_work import Transactions
from asgard_basis.ports.venues import MarginVenue, PerpVenue
from asgard_basis.ports.wallets import EvmSigner, Wallet, WalletCustody, WalletRole
from asgard_basis.settings import Settings

ASGARD_SECONDS = 60
"""It builds transactions while we wait."""


@dataclass(frozen=True, slots=True)
class Stores:
    """What remembers and coordinates."""

    transactions: Transactions
    locks: Locks
    nonces: NonceSource
    rate_limiter: RateLimiter
    budget: RequestBudget
    leases: Leases
    events: EventBus
    snapshots: SnapshotStore
    queue: procrastinate.App
    probe_database: Probe
    probe_redis: Probe
    probe_worker: Probe
    heartbeat: Callable[[], Awaitable[None]]
    kill_flag: KillFlag = field(default_factory=MemoryKillFlag)
    """What every process of this machine looks at before it opens anything."""


async def open_stores(settings: Settings, stack: AsyncExitStack) -> Stores:
    """Open the stores, which `stack` closes; raises as `open_pool` when there is no database."""
    pool = await open_pool(settings.database_url, role=Role.APP, size_max=settings.pool_size)
    stack.push_async_callback(pool.close)
    redis = open_redis(settings.redis_url)
    stack.push_async_callback(redis.aclose)
    locks = PostgresLocks(settings.database_url)
    stack.push_async_callback(locks.close)
    heartbeats = RedisHeartbeat(redis)

    async def database_answers() -> bool:
        return await database.answers(pool)

    async def redis_answers() -> bool:
        return await answers(redis)

    return Stores(
        transactions=PostgresTransactions(pool),
        locks=locks,
        nonces=PostgresNonces(pool),
        rate_limiter=RedisRateLimiter(redis),
        budget=RedisRequestBudget(redis),
        leases=RedisLeases(redis),
        events=RedisEventBus(redis),
        snapshots=RedisSnapshotStore(redis),
        queue=open_queue(settings.database_url),
        probe_database=database_answers,
        probe_redis=redis_answers,
        probe_worker=heartbeats.is_alive,
        heartbeat=heartbeats.beat,
        kill_flag=KillFile(settings.home),
    )


@dataclass(frozen=True, slots=True)
class Outside:
    """The five outside systems."""

    perp: PerpVenue
    margin: MarginVenue
    solana: SolanaChain
    arbitrum: ArbitrumChain
    identity: IdentityProvider
    custody: WalletCustody
    route: MoneyRoute | None = None
    """Between Solana and Hyperliquid; None: money is not carried between the chains."""
    lenders: frozenset[LendingProtocol] = PROTOCOLS_ON_BY_DEFAULT
    """Those that pairs may be opened with."""


@dataclass(frozen=True, slots=True)
class Lines:
    """How to get through to the outside systems, and what opens them."""

    hyperliquid: HttpClient
    asgard: HttpClient
    privy: HttpClient
    solana: HttpClient
    arbitrum: Callable[[EvmSigner], ArbitrumChain]
    hyperliquid_ws_url: str
    privy_app_id: str
    privy_app_secret: str
    privy_authorization_key: str
    privy_quorum_id: str | None
    asgard_vaults: frozenset[SolanaAddress]
    asgard_program_id: str | None = None
    asgard_api_key: str | None = None
    hyperliquid_weight: int = VENUE_MINUTE
    rail: RailLines | None = None
    """None: money is not carried between the chains."""
    lenders: frozenset[LendingProtocol] = PROTOCOLS_ON_BY_DEFAULT
    """Those that pairs may be opened with."""
    lenders_left: frozenset[LendingProtocol] = frozenset()
    """Those that pairs are still held with: leaving them must be signed for as well."""


async def reach(settings: Settings, stack: AsyncExitStack, clock: Clock, stores: Stores) -> Outside:
    """Adapters to all five, each with connections of its own, which `stack` closes.

    Raises DomainError when it cannot be read which lenders pairs are held with.
    """
    async with stores.transactions.for_system() as work:
        held = await work.positions.held()

    def http(base_url: str, name: str, seconds: float = 15) -> HttpClient:
        client = HttpClient(base_url, timeout_seconds=seconds, name=name)
        stack.push_async_callback(client.close)
        return client

    arbitrum = http(settings.arbitrum_rpc_url, "arbitrum")
    lines = Lines(
        hyperliquid=http(settings.hyperliquid_url, "hyperliquid"),
        asgard=http(settings.asgard_url, "asgard", ASGARD_SECONDS),
        privy=http(settings.privy_url, "privy"),
        solana=http(settings.solana_rpc_url, "solana"),
        arbitrum=lambda signer: RpcArbitrumChain(http=arbitrum, signer=signer, clock=clock),
        hyperliquid_ws_url=settings.hyperliquid_ws_url,
        privy_app_id=settings.privy_app_id,
        privy_app_secret=settings.privy_app_secret,
        privy_authorization_key=settings.privy_authorization_key,
        privy_quorum_id=settings.privy_quorum_id,
        asgard_vaults=frozenset(SolanaAddress(v) for v in settings.asgard_vaults.split(",") if v),
        asgard_program_id=settings.asgard_program_id,
        asgard_api_key=settings.asgard_api_key,
        hyperliquid_weight=settings.hyperliquid_weight,
        rail=RailLines(http(settings.circle_url, "circle"), arbitrum)
        if settings.circle_url
        else None,
        lenders=settings.protocols,
        lenders_left=frozenset(position.protocol for position in held),
    )
    return connected(lines, clock, stores)


def connected(lines: Lines, clock: Clock, stores: Stores) -> Outside:
    """Adapters to all five over lines that are there already.

    Every signature is judged by our own policies, then written to the audit log, then asked for.
    """
    caps = PolicyCaps(
        venue_vaults=lines.asgard_vaults,
        protocols=lines.lenders | lines.lenders_left,
        move_usdc=MOVE_USDC_MAX if lines.rail else None,
    )
    wallets = PrivyWallets(
        http=lines.privy,
        app_id=lines.privy_app_id,
        app_secret=lines.privy_app_secret,
        authorization_key=lines.privy_authorization_key,
        quorum_id=lines.privy_quorum_id,
        clock=clock,
        caps=caps,
    )
    transactions = stores.transactions
    log = SignatureLog(transactions, clock)
    twin = PolicyTwin(
        caps,
        lambda wallet: _agent_of(transactions, wallet),
        lambda wallet: _other_of(transactions, wallet),
    )
    evm = TwinnedEvmSigner(LoggedEvmSigner(wallets.evm, log), twin)
    sol = TwinnedSolanaSigner(LoggedSolanaSigner(wallets.solana, log), twin)
    solana = RpcSolanaChain(http=lines.solana, clock=clock)
    meter = Meter(allowance(lines.hyperliquid_weight), stores.budget, clock)
    return Outside(
        perp=HyperliquidPerpVenue(
            http=lines.hyperliquid,
            websocket_url=lines.hyperliquid_ws_url,
            signer=evm,
            nonces=stores.nonces,
            clock=clock,
            meter=meter,
        ),
        margin=AsgardMarginVenue(
            http=lines.asgard,
            signer=sol,
            chain=solana,
            protocols=lines.lenders,
            program_id=lines.asgard_program_id,
            api_key=lines.asgard_api_key,
            clock=clock,
            vaults=lines.asgard_vaults,
            meter=Meter(ASGARD_ALLOWANCE, stores.budget, clock),
        ),
        solana=solana,
        arbitrum=lines.arbitrum(evm),
        identity=PrivyIdentity(
            http=lines.privy,
            app_id=lines.privy_app_id,
            app_secret=lines.privy_app_secret,
            clock=clock,
        ),
        custody=wallets,
        lenders=lines.lenders,
        route=money_route(
            lines.rail,
            hyperliquid=lines.hyperliquid,
            solana=lines.solana,
            signers=(evm, sol),
            nonces=stores.nonces,
            clock=clock,
            meter=meter,
        ),
    )


async def _other_of(transactions: Transactions, wallet: Wallet) -> str | None:
    """The same person's wallet on the other chain, when the present task acts for that person."""
    duty = present_duty()
    if duty is None:
        return None
    async with transactions.for_user(duty.user_id) as work:
        wallets = await work.wallets.of_user(duty.user_id)
    own = wallets.get(wallet.role)
    role = WalletRole.SOLANA if wallet.role is WalletRole.EVM else WalletRole.EVM
    other = wallets.get(role)
    is_own = own is not None and own.wallet_id == wallet.wallet_id
    return other.address if other is not None and is_own else None


async def _agent_of(transactions: Transactions, wallet: Wallet) -> EvmAddress | None:
    """The trading agent of the user the present task acts for, when the wallet is that user's."""
    duty = present_duty()
    if duty is None:
        return None
    async with transactions.for_user(duty.user_id) as work:
        wallets = await work.wallets.of_user(duty.user_id)
    main, agent = wallets.get(WalletRole.EVM), wallets.get(WalletRole.AGENT)
    is_own = main is not None and main.wallet_id == wallet.wallet_id
    return EvmAddress(agent.address) if agent is not None and is_own else None
