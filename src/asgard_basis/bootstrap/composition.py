"""Adapters become use cases, once; everything opened is closed in reverse."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from asgard_basis.adapters.system.clock import SystemClock, VenueClock
from asgard_basis.application.accounts.sign_in import SignIn
from asgard_basis.application.accounts.wallet_provisioning import WalletProvisioning
from asgard_basis.application.market.market_watch import MarketWatch
from asgard_basis.application.market.opportunities import OpportunityBoard
from asgard_basis.application.operations.alarms import AlarmDesk
from asgard_basis.application.operations.decisions import DecisionDesk
from asgard_basis.application.operations.dispatch import Dispatch
from asgard_basis.application.operations.health import Health
from asgard_basis.application.operations.operator_log import OperatorLog
from asgard_basis.application.operations.pause import PauseControl
from asgard_basis.application.trading.close_all import CloseAll
from asgard_basis.application.trading.emergency_stop import EmergencyStop
from asgard_basis.application.trading.move_consents import MoveConsentDesk
from asgard_basis.application.trading.position_views import PositionViews
from asgard_basis.application.trading.wallet_rules import WalletRules
from asgard_basis.application.treasury.balances import Balances
from asgard_basis.application.treasury.deposits import Deposits
from asgard_basis.application.treasury.moves import Moves
from asgard_basis.bootstrap.accounting import Accounting, accounting
from asgard_basis.bootstrap.app import App
from asgard_basis.bootstrap.ground import Ground, Variant
from asgard_basis.bootstrap.outside import Outside, Stores, open_stores, reach
from asgard_basis.bootstrap.playbooks import playbooks
from asgard_basis.bootstrap.risk import RiskDesk, risk_desk
from asgard_basis.bootstrap.standing import Standing, standing
from asgard_basis.bootstrap.strategies import Strategies, strategies
from asgard_basis.bootstrap.trading import Trading, trading_of
from asgard_basis.domain.errors import DomainError
from asgard_basis.domain.money import ZERO
from asgard_basis.domain.risk.limits import RiskLimits
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.repositories import Job, JobKind
from asgard_basis.settings import Settings


@asynccontextmanager
async def open_app(settings: Settings) -> AsyncIterator[App]:
    """Open everything in order, yield the application, close everything in reverse."""
    async with AsyncExitStack() as stack:
        clock: Clock = SystemClock()
        if settings.clock_url:
            clock = await stack.enter_async_context(VenueClock(settings.clock_url))
        stores = await open_stores(settings, stack)
        outside = await reach(settings, stack, clock, stores)
        yield compose(
            stores,
            outside,
            clock,
            settings.limits,
            long_session=settings.long_session,
            short_session=settings.short_session,
            fee_fraction=settings.performance_fee,
        )


def _strategies(ground: Ground, trading: Trading) -> Strategies:
    return strategies(
        transactions=ground.transactions,
        reader=ground.reader,
        board=ground.board,
        kill_switch=ground.kill_switch,
        gate=ground.opening_gate,
        openings=trading.open_position,
        closings=trading.close_position,
        outside=ground.outside,
        clock=ground.clock,
        limits=ground.limits,
        fees=ground.fees,
        desk=ground.desk,
    )


@dataclass(frozen=True, slots=True)
class _Treasury:
    deposits: Deposits
    moves: Moves
    balances: Balances


def _treasury(ground: Ground, trading: Trading) -> _Treasury:
    outside, views = ground.outside, trading.views
    deposits = Deposits(
        transactions=ground.transactions,
        desk=ground.desk,
        runner=ground.runner,
        arbitrum=outside.arbitrum,
        perp=outside.perp,
        limits=ground.limits,
    )
    return _Treasury(
        deposits=deposits,
        moves=Moves(
            transactions=ground.transactions,
            runner=ground.runner,
            route=outside.route,
            rules=WalletRules(outside.custody),
            perp=outside.perp,
            solana=outside.solana,
            clock=ground.clock,
            feeding=trading.reduce_position,
            depositing=deposits,
        ),
        balances=Balances(
            transactions=ground.transactions,
            solana=outside.solana,
            arbitrum=outside.arbitrum,
            perp=outside.perp,
            reader=ground.reader,
            positions=views,
            clock=ground.clock,
            limits=ground.limits,
        ),
    )


def _standing(ground: Ground, trading: Trading) -> Standing:
    return standing(
        transactions=ground.transactions,
        reader=ground.reader,
        board=ground.board,
        fees=ground.fees,
        limits=ground.limits,
        gate=ground.opening_gate,
        kill_switch=ground.kill_switch,
        preflight=trading.preflight,
        opening=trading.open_position,
        desk=ground.desk,
        clock=ground.clock,
    )


def _accounting(ground: Ground, views: PositionViews, fee_fraction: Decimal) -> Accounting:
    return accounting(
        transactions=ground.transactions,
        outside=ground.outside,
        reader=ground.reader,
        views=views,
        clock=ground.clock,
        fee_fraction=fee_fraction,
    )


def _watch(ground: Ground) -> MarketWatch:
    return MarketWatch(
        perp=ground.outside.perp,
        margin=ground.outside.margin,
        solana=ground.outside.solana,
        snapshots=ground.stores.snapshots,
        transactions=ground.transactions,
        clock=ground.clock,
    )


def _opportunities(ground: Ground) -> OpportunityBoard:
    return OpportunityBoard(
        reader=ground.reader,
        transactions=ground.transactions,
        clock=ground.clock,
        limits=ground.limits,
        fees=ground.fees,
        enabled=ground.board.enabled,
    )


def _dispatch(ground: Ground, trading: Trading, treasury: _Treasury, books: Accounting) -> Dispatch:
    provisioning = WalletProvisioning(
        transactions=ground.transactions, custody=ground.outside.custody
    )

    async def provision(job: Job) -> DomainError | None:
        await provisioning.run(job.user_id)
        return None

    return Dispatch(
        transactions=ground.transactions,
        desk=ground.desk,
        locks=ground.stores.locks,
        ended=books.accountant.ended,
        work={
            JobKind.PROVISION: provision,
            JobKind.DEPOSIT: treasury.deposits.run,
            JobKind.MOVE: treasury.moves.run,
            JobKind.OPEN: trading.open_position.run,
            JobKind.CLOSE: trading.close_position.run,
            JobKind.REDUCE: trading.reduce_position.run,
            JobKind.REPAIR: trading.watchers.repairs.run,
            JobKind.SWEEP: trading.watchers.sweeps.run,
        },
    )


def _sign_in(ground: Ground, long_session: timedelta, short_session: timedelta) -> SignIn:
    return SignIn(
        transactions=ground.transactions,
        identity=ground.outside.identity,
        desk=ground.desk,
        clock=ground.clock,
        long_session=long_session,
        short_session=short_session,
    )


def _risk(ground: Ground, trading: Trading, treasury: _Treasury, pauses: PauseControl) -> RiskDesk:
    return risk_desk(
        transactions=ground.transactions,
        snapshots=ground.stores.snapshots,
        perp=ground.outside.perp,
        closings=trading.close_position,
        defender=trading.watchers.defender,
        pauses=pauses,
        positions=trading.views,
        balances=treasury.balances,
        clock=ground.clock,
        limits=ground.limits,
        ids=ground.ids,
    )


def _health(ground: Ground) -> Health:
    return Health(
        database=ground.stores.probe_database,
        redis=ground.stores.probe_redis,
        worker=ground.stores.probe_worker,
        market=ground.reader.is_fresh,
    )


def _move_consents(ground: Ground) -> MoveConsentDesk:
    has_rail = ground.outside.route is not None
    return MoveConsentDesk(ground.transactions, ground.clock, ground.limits, has_rail=has_rail)


def compose(
    stores: Stores,
    outside: Outside,
    clock: Clock,
    limits: RiskLimits,
    *,
    long_session: timedelta = timedelta(days=7),
    short_session: timedelta = timedelta(hours=24),
    fee_fraction: Decimal = ZERO,
    variant: Variant | None = None,
) -> App:
    """The application over what remembers and what is outside; nothing is opened here."""
    ground = Ground(stores, outside, clock, limits, variant or Variant())
    trading = trading_of(ground)
    treasury = _treasury(ground, trading)
    books = _accounting(ground, trading.views, fee_fraction)
    pauses = PauseControl(ground.transactions, ground.clock)
    close_all = CloseAll(transactions=ground.transactions, closing=trading.close_position)
    orders = _standing(ground, trading)
    return App(
        clock=ground.clock,
        limits=ground.limits,
        transactions=ground.transactions,
        rate_limiter=stores.rate_limiter,
        leases=stores.leases,
        locks=stores.locks,
        events=stores.events,
        queue=stores.queue,
        sign_in=_sign_in(ground, long_session, short_session),
        desk=ground.desk,
        board=ground.board,
        opportunities=_opportunities(ground),
        preflight=trading.preflight,
        open_position=trading.open_position,
        intents=orders.intents,
        scanner=orders.scanner,
        close_position=trading.close_position,
        reduce_position=trading.reduce_position,
        close_all=close_all,
        emergency_stop=EmergencyStop(
            transactions=ground.transactions, pauses=pauses, close_all=close_all
        ),
        views=trading.views,
        strategies=_strategies(ground, trading),
        alarms=AlarmDesk(ground.transactions, ground.clock, ids=ground.ids),
        decisions=DecisionDesk(ground.transactions),
        move_consents=_move_consents(ground),
        defender=trading.watchers.defender,
        pauses=pauses,
        kill_switch=ground.kill_switch,
        operator_log=OperatorLog(ground.transactions, ground.clock),
        balances=treasury.balances,
        deposits=treasury.deposits,
        moves=treasury.moves,
        accounting=books,
        monitor=trading.watchers.monitor,
        gate=trading.watchers.gate,
        risk=_risk(ground, trading, treasury, pauses),
        playbooks=playbooks(ground, pauses),
        market_watch=_watch(ground),
        dispatch=_dispatch(ground, trading, treasury, books),
        health=_health(ground),
        heartbeat=stores.heartbeat,
        pulse=trading.pulse,
        leave=ground.runner.leave,
    )
