"""Hands for a saga: the steps of one pair, bound to one user's wallets."""

from datetime import datetime
from decimal import Decimal

from asgard_basis.application.context import UserTradingContext
from asgard_basis.application.market.leaving import LeavingMarket
from asgard_basis.application.market.reader import MarketReader
from asgard_basis.application.trading.action_fate import FateBook
from asgard_basis.application.trading.long_looks import LongLooks, last_known
from asgard_basis.application.trading.long_steps import LongSteps
from asgard_basis.application.trading.pair_steps import PairSteps, PairTask
from asgard_basis.application.trading.reachability import Reachability
from asgard_basis.domain.assets import Asset, LendingProtocol
from asgard_basis.domain.identifiers import PositionId
from asgard_basis.domain.position.legs import LongState
from asgard_basis.domain.position.position import Position
from asgard_basis.domain.risk.limits import RiskLimits
from asgard_basis.domain.saga.entry import EntryPlan
from asgard_basis.ports.chains import SolanaChain
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.orphans import Orphan, OrphanKind
from asgard_basis.ports.repositories import Job
from asgard_basis.ports.venues import Admit, MarginVenue, PerpVenue


class PairFactory:
    """Binds the shared venues to a position; `leaving` is what their prices are asked of."""

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
        self.leaving = LeavingMarket(
            reader=reader, perp=perp, margin=margin, chain=chain, clock=clock
        )
        self._fates = FateBook()
        self._reach = Reachability(perp=perp, margin=margin, chain=chain, clock=clock)

    async def lot(self) -> Decimal:
        """What sizes of the short are multiples of; the last known while nobody can be asked."""
        return await self.leaving.lot()

    def sweeping(
        self,
        context: UserTradingContext,
        orphan: Orphan,
        *,
        job: Job,
        since: datetime,
        held_short: Decimal,
    ) -> PairSteps:
        """The performer for closing what no position claims."""
        asset = orphan.asset or Asset.SOL
        protocol = orphan.protocol or LendingProtocol.KAMINO
        key = orphan.key if orphan.kind is OrphanKind.LONG else None
        return self._bound(
            context,
            PairTask(
                PositionId(orphan.id), job.id, asset, protocol, None, since, held_short=held_short
            ),
            position_key=key,
        )

    async def pulse(self) -> None:
        """Note how far the chain is, so that who has to leave in a hurry need not wait for it."""
        await self._reach.pulse()

    async def silent(
        self, context: UserTradingContext, position: Position, *, afresh: bool = False
    ) -> str | None:
        """Who does not answer now, of those that closing both legs needs; None when all do.

        `afresh` lets no answer of a moment ago count.
        """
        return await self._reach.silent(context, position, afresh=afresh)

    def steps(
        self,
        context: UserTradingContext,
        position: Position,
        *,
        job: Job,
        plan: EntryPlan | None,
        held_short: Decimal,
        admit: Admit | None = None,
    ) -> PairSteps:
        """The performer for one position's entry or exit; `admit` is asked before it is bought."""
        task = PairTask(
            position.id,
            job.id,
            position.asset,
            position.protocol,
            plan,
            since=position.requested_at,
            held_short=held_short,
        )
        key = position.long.position_key if position.long else None
        return self._bound(
            context, task, position_key=key, recorded=last_known(position), admit=admit
        )

    def _bound(
        self,
        context: UserTradingContext,
        task: PairTask,
        *,
        position_key: str | None,
        recorded: LongState | None = None,
        admit: Admit | None = None,
    ) -> PairSteps:
        long_steps = LongSteps(
            context=context,
            plan=task.plan,
            margin=self._margin,
            chain=self._chain,
            reader=self._reader,
            leaving=self.leaving,
            looks=LongLooks(
                context=context,
                asset=task.asset,
                protocol=task.protocol,
                position_key=position_key,
                recorded=recorded,
                plan=task.plan,
                margin=self._margin,
                leaving=self.leaving,
                clock=self._clock,
            ),
            limits=self._limits,
            admit=admit,
        )
        return PairSteps(
            context=context,
            task=task,
            perp=self._perp,
            long_steps=long_steps,
            clock=self._clock,
            limits=self._limits,
            book=self._fates,
            buying_price=self.leaving.buying_price,
        )
