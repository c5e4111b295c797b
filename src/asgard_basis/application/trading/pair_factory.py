"""Hands for a saga: the steps of one pair, bound to one user's wallets."""

from decimal import Decimal

from asgard_basis.application.context import UserTradingContext
from asgard_basis.application.market.reader import MarketReader
from asgard_basis.application.trading.long_steps import LongSteps
from asgard_basis.application.trading.pair_steps import PairSteps, PairTask
from asgard_basis.domain.position.position import Position
from asgard_basis.domain.risk.limits import RiskLimits
from asgard_basis.domain.saga.entry import EntryPlan
from asgard_basis.ports.chains import SolanaChain
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.repositories import Job
from asgard_basis.ports.venues import MarginVenue, PerpVenue


class PairFactory:
    """Binds the shared venues to a position."""

    def __init__(
        self,
        *,
        perp: PerpVenue,
        margin: MarginVenue,
        chain: SolanaChain,
        reader: MarketReader,
        clock: Clock,
        limits: RiskLimits,
    ) -> None:
        self._perp = perp
        self._margin = margin
        self._chain = chain
        self._reader = reader
        self._clock = clock
        self._limits = limits

    async def lot(self) -> Decimal:
        """What sizes of the short are multiples of, as the venue says."""
        return (await self._perp.market()).size_step

    def steps(
        self,
        context: UserTradingContext,
        position: Position,
        *,
        job: Job,
        plan: EntryPlan | None,
        held_short: Decimal,
    ) -> PairSteps:
        """The performer for one position's entry or exit."""
        long_steps = LongSteps(
            context=context,
            asset=position.asset,
            protocol=position.protocol,
            plan=plan,
            position_key=position.long.position_key if position.long else None,
            margin=self._margin,
            chain=self._chain,
            reader=self._reader,
            limits=self._limits,
        )
        return PairSteps(
            context=context,
            task=PairTask(
                position.id,
                job.id,
                position.asset,
                position.protocol,
                plan,
                since=position.requested_at,
                held_short=held_short,
            ),
            perp=self._perp,
            long_steps=long_steps,
            clock=self._clock,
            limits=self._limits,
        )
