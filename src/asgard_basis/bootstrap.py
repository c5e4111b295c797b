"""The composition root: settings become adapters, adapters become use cases, once."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Literal

import procrastinate

from asgard_basis.adapters.arbitrum.chain import RpcArbitrumChain
from asgard_basis.adapters.asgard.venue import AsgardMarginVenue
from asgard_basis.adapters.http import HttpClient
from asgard_basis.adapters.hyperliquid.venue import HyperliquidPerpVenue
from asgard_basis.adapters.postgres import pool as database
from asgard_basis.adapters.postgres.locks import PostgresLocks
from asgard_basis.adapters.postgres.nonces import PostgresNonces
from asgard_basis.adapters.postgres.pool import Role, open_pool
from asgard_basis.adapters.postgres.queue import queue_connector
from asgard_basis.adapters.postgres.unit_of_work import PostgresTransactions
from asgard_basis.adapters.privy.identity import PrivyIdentity
from asgard_basis.adapters.privy.policies import PolicyCaps
from asgard_basis.adapters.privy.wallets import PrivyWallets
from asgard_basis.adapters.redis.connection import answers, open_redis
from asgard_basis.adapters.redis.events import RedisEventBus
from asgard_basis.adapters.redis.heartbeat import RedisHeartbeat
from asgard_basis.adapters.redis.leases import RedisLeases
from asgard_basis.adapters.redis.limits import RedisRateLimiter
from asgard_basis.adapters.redis.snapshots import RedisSnapshotStore
from asgard_basis.adapters.solana.chain import RpcSolanaChain
from asgard_basis.adapters.system.clock import SystemClock, VenueClock
from asgard_basis.application.accounts.sign_in import SignIn
from asgard_basis.application.accounts.wallet_provisioning import WalletProvisioning
from asgard_basis.application.market.market_watch import MarketWatch
from asgard_basis.application.market.rates import RateBoard
from asgard_basis.application.market.reader import MarketReader
from asgard_basis.application.operations.dispatch import Dispatch
from asgard_basis.application.operations.health import Health, Probe
from asgard_basis.application.operations.jobs import JobDesk
from asgard_basis.application.trading.close_position import ClosePosition
from asgard_basis.application.trading.open_position import OpenPosition
from asgard_basis.application.trading.pair_factory import PairFactory
from asgard_basis.application.trading.position_book import PositionBook
from asgard_basis.application.trading.position_monitor import PositionMonitor
from asgard_basis.application.trading.position_views import PositionViews
from asgard_basis.application.trading.preflight import Preflight
from asgard_basis.application.trading.saga_runner import SagaRunner
from asgard_basis.application.treasury.balances import Balances
from asgard_basis.application.treasury.deposits import Deposits
from asgard_basis.domain.assets import PROTOCOLS_ON_BY_DEFAULT
from asgard_basis.domain.errors import DomainError
from asgard_basis.domain.identifiers import SolanaAddress
from asgard_basis.domain.risk.limits import RiskLimits
from asgard_basis.domain.strategy.fees import FeeSchedule
from asgard_basis.ports.chains import ArbitrumChain, SolanaChain
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.coordination import (
    EventBus,
    Leases,
    Locks,
    NonceSource,
    RateLimiter,
    SnapshotStore,
)
from asgard_basis.ports.identity import IdentityProvider
from asgard_basis.ports.repositories import Job, JobKind
from asgard_basis.ports.unit_of_work import Transactions
from asgard_basis.ports.venues import MarginVenue, PerpVenue
from asgard_basis.ports.wallets import WalletCustody
from asgard_basis.settings import Settings


@dataclass(frozen=True, slots=True)
class WebSettings:
    """What the HTTP server needs to know besides the application."""

    mode: Literal["paper", "shadow", "live"]
    is_replay: bool
    version: str
    server_secret: str
    is_secure: bool
    privy_app_id: str
    privy_auth_url: str
    paper_control_url: str | None
    paper_mailbox_url: str | None
    dashboard_folder: str

    @property
    def connect_sources(self) -> tuple[str, ...]:
        """Where the dashboard may connect besides its own server."""
        others = (self.privy_auth_url, self.paper_control_url, self.paper_mailbox_url)
        return tuple(dict.fromkeys(url for url in others if url))


@dataclass(frozen=True, slots=True)
class App:
    """Everything a door (API, worker, command) may use."""

    clock: Clock
    limits: RiskLimits
    transactions: Transactions
    rate_limiter: RateLimiter
    leases: Leases
    events: EventBus
    queue: procrastinate.App
    sign_in: SignIn
    desk: JobDesk
    board: RateBoard
    preflight: Preflight
    open_position: OpenPosition
    close_position: ClosePosition
    views: PositionViews
    balances: Balances
    deposits: Deposits
    monitor: PositionMonitor
    market_watch: MarketWatch
    dispatch: Dispatch
    health: Health
    heartbeat: Callable[[], Awaitable[None]]


@asynccontextmanager
async def open_app(settings: Settings) -> AsyncIterator[App]:
    """Open everything in order, yield the application, close everything in reverse."""
    async with AsyncExitStack() as stack:
        clock: Clock = SystemClock()
        if settings.clock_url:
            clock = await stack.enter_async_context(VenueClock(settings.clock_url))
        stores = await _open_stores(settings, stack)
        outside = _reach(settings, stack, clock, stores.nonces)
        yield _compose(stores, outside, clock, settings)


@dataclass(frozen=True, slots=True)
class _Stores:
    """What remembers and coordinates."""

    transactions: Transactions
    locks: Locks
    nonces: NonceSource
    rate_limiter: RateLimiter
    leases: Leases
    events: EventBus
    snapshots: SnapshotStore
    queue: procrastinate.App
    probe_database: Probe
    probe_redis: Probe
    probe_worker: Probe
    heartbeat: Callable[[], Awaitable[None]]


async def _open_stores(settings: Settings, stack: AsyncExitStack) -> _Stores:
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

    return _Stores(
        transactions=PostgresTransactions(pool),
        locks=locks,
        nonces=PostgresNonces(pool),
        rate_limiter=RedisRateLimiter(redis),
        leases=RedisLeases(redis),
        events=RedisEventBus(redis),
        snapshots=RedisSnapshotStore(redis),
        queue=procrastinate.App(connector=queue_connector(settings.database_url)),
        probe_database=database_answers,
        probe_redis=redis_answers,
        probe_worker=heartbeats.is_alive,
        heartbeat=heartbeats.beat,
    )


@dataclass(frozen=True, slots=True)
class _Outside:
    """The five outside systems."""

    perp: PerpVenue
    margin: MarginVenue
    solana: SolanaChain
    arbitrum: ArbitrumChain
    identity: IdentityProvider
    custody: WalletCustody


def _reach(
    settings: Settings, stack: AsyncExitStack, clock: Clock, nonces: NonceSource
) -> _Outside:
    def http(base_url: str, name: str, seconds: float = 15) -> HttpClient:
        client = HttpClient(base_url, timeout_seconds=seconds, name=name)
        stack.push_async_callback(client.close)
        return client

    vaults = frozenset(SolanaAddress(v) for v in settings.asgard_vaults.split(",") if v)
    privy_http = http(settings.privy_url, "privy")
    wallets = PrivyWallets(
        http=privy_http,
        app_id=settings.privy_app_id,
        app_secret=settings.privy_app_secret,
        authorization_key=settings.privy_authorization_key,
        quorum_id=settings.privy_quorum_id,
        clock=clock,
        caps=PolicyCaps(venue_vaults=vaults, protocols=PROTOCOLS_ON_BY_DEFAULT),
    )
    solana = RpcSolanaChain(http=http(settings.solana_rpc_url, "solana"), clock=clock)
    return _Outside(
        perp=HyperliquidPerpVenue(
            http=http(settings.hyperliquid_url, "hyperliquid"),
            websocket_url=settings.hyperliquid_ws_url,
            signer=wallets.evm,
            nonces=nonces,
            clock=clock,
        ),
        margin=AsgardMarginVenue(
            http=http(settings.asgard_url, "asgard", 60),
            signer=wallets.solana,
            chain=solana,
            protocols=PROTOCOLS_ON_BY_DEFAULT,
            program_id=settings.asgard_program_id,
            api_key=settings.asgard_api_key,
            clock=clock,
            vaults=vaults,
        ),
        solana=solana,
        arbitrum=RpcArbitrumChain(
            http=http(settings.arbitrum_rpc_url, "arbitrum"), signer=wallets.evm, clock=clock
        ),
        identity=PrivyIdentity(
            http=privy_http,
            app_id=settings.privy_app_id,
            app_secret=settings.privy_app_secret,
            clock=clock,
        ),
        custody=wallets,
    )


def _compose(stores: _Stores, outside: _Outside, clock: Clock, settings: Settings) -> App:
    limits, fees = settings.limits, FeeSchedule()
    transactions = stores.transactions
    desk = JobDesk(transactions, clock)
    reader = MarketReader(stores.snapshots, clock)
    board = RateBoard(
        reader=reader,
        transactions=transactions,
        clock=clock,
        limits=limits,
        fees=fees,
        enabled=PROTOCOLS_ON_BY_DEFAULT,
    )
    runner = SagaRunner(transactions=transactions, clock=clock)
    pairs = PairFactory(
        perp=outside.perp,
        margin=outside.margin,
        chain=outside.solana,
        reader=reader,
        clock=clock,
        limits=limits,
    )
    book = PositionBook(
        transactions=transactions, perp=outside.perp, margin=outside.margin, clock=clock
    )
    preflight = Preflight(
        transactions=transactions,
        reader=reader,
        board=board,
        perp=outside.perp,
        solana=outside.solana,
        clock=clock,
        limits=limits,
        fees=fees,
    )
    open_position = OpenPosition(
        transactions=transactions,
        preflight=preflight,
        desk=desk,
        runner=runner,
        pairs=pairs,
        book=book,
        clock=clock,
        limits=limits,
    )
    close_position = ClosePosition(
        transactions=transactions, desk=desk, runner=runner, pairs=pairs, book=book, clock=clock
    )
    views = PositionViews(
        transactions=transactions,
        reader=reader,
        board=board,
        clock=clock,
        limits=limits,
        fees=fees,
    )
    deposits = Deposits(
        transactions=transactions,
        desk=desk,
        runner=runner,
        arbitrum=outside.arbitrum,
        perp=outside.perp,
        clock=clock,
        limits=limits,
    )
    provisioning = WalletProvisioning(transactions=transactions, custody=outside.custody)

    async def provision(job: Job) -> DomainError | None:
        await provisioning.run(job.user_id)
        return None

    return App(
        clock=clock,
        limits=limits,
        transactions=transactions,
        rate_limiter=stores.rate_limiter,
        leases=stores.leases,
        events=stores.events,
        queue=stores.queue,
        sign_in=SignIn(
            transactions=transactions,
            identity=outside.identity,
            desk=desk,
            clock=clock,
            long_session=settings.long_session,
            short_session=settings.short_session,
        ),
        desk=desk,
        board=board,
        preflight=preflight,
        open_position=open_position,
        close_position=close_position,
        views=views,
        balances=Balances(
            transactions=transactions,
            solana=outside.solana,
            arbitrum=outside.arbitrum,
            perp=outside.perp,
            reader=reader,
            positions=views,
            clock=clock,
            limits=limits,
        ),
        deposits=deposits,
        monitor=PositionMonitor(transactions=transactions, book=book, clock=clock),
        market_watch=MarketWatch(
            perp=outside.perp,
            margin=outside.margin,
            solana=outside.solana,
            snapshots=stores.snapshots,
            transactions=transactions,
            clock=clock,
        ),
        dispatch=Dispatch(
            transactions=transactions,
            desk=desk,
            locks=stores.locks,
            work={
                JobKind.PROVISION: provision,
                JobKind.DEPOSIT: deposits.run,
                JobKind.OPEN: open_position.run,
                JobKind.CLOSE: close_position.run,
            },
        ),
        health=Health(
            database=stores.probe_database,
            redis=stores.probe_redis,
            worker=stores.probe_worker,
            market=reader.is_fresh,
        ),
        heartbeat=stores.heartbeat,
    )
