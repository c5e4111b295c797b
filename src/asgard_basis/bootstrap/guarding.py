"""What watches over positions, joined: the existence gate, sweeps, the monitor."""

from dataclasses import dataclass

from asgard_basis.application.market.reader import MarketReader
from asgard_basis.application.operations.jobs import JobDesk
from asgard_basis.application.oversight.defend_position import Crossing, DefendPosition, Reductions
from asgard_basis.application.oversight.existence_gate import Closings, ExistenceGate, Repairs
from asgard_basis.application.oversight.existence_reader import ExistenceReader
from asgard_basis.application.oversight.exposure_watch import ExposureWatch
from asgard_basis.application.oversight.ledger_check import LedgerCheck
from asgard_basis.application.oversight.position_looks import PositionLooks
from asgard_basis.application.oversight.position_monitor import PositionMonitor
from asgard_basis.application.oversight.sweep_exposure import SweepExposure
from asgard_basis.application.trading.pair_factory import PairFactory
from asgard_basis.application.trading.position_book import PositionBook
from asgard_basis.application.trading.repair_position import RepairPosition
from asgard_basis.application.trading.saga_runner import SagaRunner
from asgard_basis.domain.risk.limits import RiskLimits
from asgard_basis.domain.strategy.fees import FeeSchedule
from asgard_basis.ports.chains import SolanaChain
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.unit_of_work import Transactions
from asgard_basis.ports.venues import MarginVenue, PerpVenue


@dataclass(frozen=True, slots=True)
class Watchers:
    """What looks, and what it has done."""

    gate: ExistenceGate
    repairs: RepairPosition
    sweeps: SweepExposure
    monitor: PositionMonitor
    defender: DefendPosition


@dataclass(frozen=True, slots=True)
class Means:
    """What they look and act with."""

    transactions: Transactions
    perp: PerpVenue
    margin: MarginVenue
    solana: SolanaChain
    market: MarketReader
    clock: Clock
    limits: RiskLimits
    fees: FeeSchedule
    desk: JobDesk
    runner: SagaRunner
    crossing: Crossing | None = None
    """None: money is not carried between the chains."""


def watchers(
    means: Means,
    *,
    pairs: PairFactory,
    book: PositionBook,
    closings: Closings,
    reductions: Reductions,
    asked: Repairs | None = None,
) -> Watchers:
    """Join them; `asked` is whoever is to be asked for repairs instead."""
    clock, limits, transactions = means.clock, means.limits, means.transactions
    desk, runner = means.desk, means.runner
    repairs = RepairPosition(
        transactions=transactions,
        desk=desk,
        runner=runner,
        pairs=pairs,
        book=book,
        clock=clock,
        limits=limits,
    )
    reader = ExistenceReader(
        transactions=transactions,
        perp=means.perp,
        margin=means.margin,
        market=pairs.leaving,
        clock=clock,
        limits=limits,
    )
    sweeps = SweepExposure(
        transactions=transactions,
        desk=desk,
        runner=runner,
        pairs=pairs,
        reader=reader,
        clock=clock,
    )
    gate = ExistenceGate(
        transactions=transactions,
        reader=reader,
        repairs=asked or repairs,
        closings=closings,
        sweeps=sweeps,
        ledger=LedgerCheck(transactions=transactions, perp=means.perp, clock=clock),
        clock=clock,
        limits=limits,
    )
    defender = _defender(means, reductions, asked or repairs, closings)
    monitor = PositionMonitor(
        transactions=transactions,
        looks=PositionLooks(means.perp, means.margin),
        gate=gate,
        exposures=ExposureWatch(transactions=transactions, market=means.market, clock=clock),
        market=means.market,
        limits=limits,
        clock=clock,
        defender=defender,
    )
    return Watchers(gate, repairs, sweeps, monitor, defender)


def _defender(
    means: Means, reductions: Reductions, repairs: Repairs, closings: Closings
) -> DefendPosition:
    return DefendPosition(
        transactions=means.transactions,
        reader=means.market,
        perp=means.perp,
        solana=means.solana,
        desk=means.desk,
        reductions=reductions,
        repairs=repairs,
        closings=closings,
        clock=means.clock,
        limits=means.limits,
        fees=means.fees,
        crossing=means.crossing,
    )
