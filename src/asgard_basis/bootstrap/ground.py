"""What all use cases stand on, made once."""

from collections.abc import Callable
from dataclasses import dataclass

from asgard_basis.application.market.rates import RateBoard
from asgard_basis.application.market.reader import MarketReader
from asgard_basis.application.operations.jobs import JobDesk, random_id
from asgard_basis.application.operations.kill_switch import KillSwitch
from asgard_basis.application.operations.oversight import OverseenTransactions
from asgard_basis.application.trading.opening_gate import OpeningGate
from asgard_basis.application.trading.saga_runner import SagaRunner
from asgard_basis.bootstrap.outside import Outside, Stores
from asgard_basis.domain.risk.limits import RiskLimits
from asgard_basis.domain.strategy.fees import FeeSchedule
from asgard_basis.ports.clock import Clock


@dataclass(frozen=True, slots=True)
class Variant:
    """What may be another in a simulation: where ids come from, and who runs sagas."""

    ids: Callable[[], str] = random_id
    runner: type[SagaRunner] = SagaRunner


class Ground:
    """What all use cases stand on."""

    def __init__(
        self,
        stores: Stores,
        outside: Outside,
        clock: Clock,
        limits: RiskLimits,
        variant: Variant,
    ) -> None:
        self.stores, self.outside, self.clock, self.limits = stores, outside, clock, limits
        self.transactions = OverseenTransactions(stores.transactions, clock)
        self.kill_switch = KillSwitch(
            transactions=self.transactions, flag=stores.kill_flag, clock=clock
        )
        self.opening_gate = OpeningGate(
            transactions=self.transactions,
            kill_switch=self.kill_switch,
            clock=clock,
            limits=limits,
        )
        self.fees = FeeSchedule()
        self.ids = variant.ids
        self.desk = JobDesk(self.transactions, clock, ids=variant.ids)
        self.runner = variant.runner(transactions=self.transactions, clock=clock)
        self.reader = MarketReader(stores.snapshots, clock)
        self.board = RateBoard(
            reader=self.reader,
            transactions=self.transactions,
            clock=clock,
            limits=limits,
            fees=self.fees,
            enabled=outside.lenders,
        )
