"""What carries out standing orders, joined: how people write them, and who watches the market."""

from dataclasses import dataclass

from asgard_basis.application.market.evaluation import MarketEvaluator
from asgard_basis.application.market.rates import RateBoard
from asgard_basis.application.market.reader import MarketReader
from asgard_basis.application.operations.jobs import JobDesk
from asgard_basis.application.operations.kill_switch import KillSwitch
from asgard_basis.application.strategy.intent_judge import IntentJudge
from asgard_basis.application.strategy.intent_scanner import IntentScanner
from asgard_basis.application.strategy.intents import IntentDesk
from asgard_basis.application.trading.open_position import OpenPosition
from asgard_basis.application.trading.opening_gate import OpeningGate
from asgard_basis.application.trading.preflight import Preflight
from asgard_basis.domain.risk.limits import RiskLimits
from asgard_basis.domain.strategy.fees import FeeSchedule
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.unit_of_work import Transactions


@dataclass(frozen=True, slots=True)
class Standing:
    """Standing orders and their scanner."""

    intents: IntentDesk
    scanner: IntentScanner


def standing(
    *,
    transactions: Transactions,
    reader: MarketReader,
    board: RateBoard,
    fees: FeeSchedule,
    limits: RiskLimits,
    gate: OpeningGate,
    kill_switch: KillSwitch,
    preflight: Preflight,
    opening: OpenPosition,
    desk: JobDesk,
    clock: Clock,
) -> Standing:
    """Join them; both judge with the same rule."""
    judge = IntentJudge(evaluator=MarketEvaluator(board, fees), clock=clock, limits=limits)
    return Standing(
        intents=IntentDesk(
            transactions=transactions,
            reader=reader,
            judge=judge,
            gate=gate,
            preflight=preflight,
            desk=desk,
            clock=clock,
            enabled=board.enabled,
        ),
        scanner=IntentScanner(
            transactions=transactions,
            reader=reader,
            judge=judge,
            opening=opening,
            kill_switch=kill_switch,
            desk=desk,
            clock=clock,
        ),
    )
