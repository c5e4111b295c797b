"""How the autonomous strategy is put together."""

from dataclasses import dataclass

from asgard_basis.application.accounts.strategy_settings import StrategySettings
from asgard_basis.application.market.rates import RateBoard
from asgard_basis.application.market.reader import MarketReader
from asgard_basis.application.operations.jobs import JobDesk
from asgard_basis.application.operations.kill_switch import KillSwitch
from asgard_basis.application.strategy.autonomous_strategy import AutonomousStrategy
from asgard_basis.application.strategy.strategy_views import StrategyViews
from asgard_basis.application.trading.close_position import ClosePosition
from asgard_basis.application.trading.open_position import OpenPosition
from asgard_basis.application.trading.opening_gate import OpeningGate
from asgard_basis.bootstrap.outside import Outside
from asgard_basis.domain.risk.limits import RiskLimits
from asgard_basis.domain.strategy.fees import FeeSchedule
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.unit_of_work import Transactions


@dataclass(frozen=True, slots=True)
class Strategies:
    """What decides, what is wished, and what is shown of both."""

    loop: AutonomousStrategy
    settings: StrategySettings
    views: StrategyViews


def strategies(
    *,
    transactions: Transactions,
    reader: MarketReader,
    board: RateBoard,
    kill_switch: KillSwitch,
    gate: OpeningGate,
    openings: OpenPosition,
    closings: ClosePosition,
    outside: Outside,
    clock: Clock,
    limits: RiskLimits,
    fees: FeeSchedule,
    desk: JobDesk,
) -> Strategies:
    """All three over the same books."""
    loop = AutonomousStrategy(
        transactions=transactions,
        reader=reader,
        board=board,
        kill_switch=kill_switch,
        gate=gate,
        openings=openings,
        closings=closings,
        perp=outside.perp,
        solana=outside.solana,
        clock=clock,
        limits=limits,
        fees=fees,
        desk=desk,
    )
    return Strategies(
        loop=loop,
        settings=StrategySettings(transactions, clock),
        views=StrategyViews(transactions=transactions, strategy=loop, reader=reader, limits=limits),
    )
