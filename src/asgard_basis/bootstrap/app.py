"""What is joined once and given to every door: API, worker, command."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

import procrastinate

from asgard_basis.application.accounts.sign_in import SignIn
from asgard_basis.application.market.market_watch import MarketWatch
from asgard_basis.application.market.opportunities import OpportunityBoard
from asgard_basis.application.market.rates import RateBoard
from asgard_basis.application.operations.alarms import AlarmDesk
from asgard_basis.application.operations.decisions import DecisionDesk
from asgard_basis.application.operations.dispatch import Dispatch
from asgard_basis.application.operations.health import Health
from asgard_basis.application.operations.jobs import JobDesk
from asgard_basis.application.operations.kill_switch import KillSwitch
from asgard_basis.application.operations.operator_log import OperatorLog
from asgard_basis.application.operations.pause import PauseControl
from asgard_basis.application.oversight.defend_position import DefendPosition
from asgard_basis.application.oversight.existence_gate import ExistenceGate
from asgard_basis.application.oversight.position_monitor import PositionMonitor
from asgard_basis.application.strategy.intent_scanner import IntentScanner
from asgard_basis.application.strategy.intents import IntentDesk
from asgard_basis.application.trading.close_all import CloseAll
from asgard_basis.application.trading.close_position import ClosePosition
from asgard_basis.application.trading.emergency_stop import EmergencyStop
from asgard_basis.application.trading.move_consents import MoveConsentDesk
from asgard_basis.application.trading.open_position import OpenPosition
from asgard_basis.application.trading.position_views import PositionViews
from asgard_basis.application.trading.preflight import Preflight
from asgard_basis.application.trading.reduce_position import ReducePosition
from asgard_basis.application.treasury.balances import Balances
from asgard_basis.application.treasury.deposits import Deposits
from asgard_basis.application.treasury.moves import Moves
from asgard_basis.bootstrap.accounting import Accounting
from asgard_basis.bootstrap.playbooks import Playbooks
from asgard_basis.bootstrap.risk import RiskDesk
from asgard_basis.bootstrap.strategies import Strategies
from asgard_basis.domain.risk.limits import RiskLimits
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.coordination import (
    EventBus,
    Leases,
    Locks,
    RateLimiter,
)
from asgard_basis.ports.unit_of_work import Transactions


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
    operators: frozenset[str] = frozenset()
    """E-mail addresses, in small letters, of those who may throw the kill switch."""

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
    locks: Locks
    events: EventBus
    queue: procrastinate.App
    sign_in: SignIn
    desk: JobDesk
    board: RateBoard
    opportunities: OpportunityBoard
    preflight: Preflight
    open_position: OpenPosition
    intents: IntentDesk
    scanner: IntentScanner
    close_position: ClosePosition
    reduce_position: ReducePosition
    close_all: CloseAll
    emergency_stop: EmergencyStop
    views: PositionViews
    strategies: Strategies
    alarms: AlarmDesk
    decisions: DecisionDesk
    move_consents: MoveConsentDesk
    defender: DefendPosition
    pauses: PauseControl
    kill_switch: KillSwitch
    operator_log: OperatorLog
    balances: Balances
    deposits: Deposits
    moves: Moves
    accounting: Accounting
    monitor: PositionMonitor
    gate: ExistenceGate
    risk: RiskDesk
    playbooks: Playbooks
    market_watch: MarketWatch
    dispatch: Dispatch
    health: Health
    heartbeat: Callable[[], Awaitable[None]]
    pulse: Callable[[], Awaitable[None]]
    """Notes how far Solana is, so that who has to leave in a hurry waits for no block."""
    leave: Callable[[], None]
    """Lets sagas conclude the step they are in and begin no other."""
