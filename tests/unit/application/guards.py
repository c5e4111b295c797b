"""A pair that is watched: gate, sweeps and monitor over the venues of `pair`."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from asgard_basis.application.operations.dispatch import Dispatch
from asgard_basis.application.operations.jobs import JobDesk
from asgard_basis.application.operations.oversight import OverseenTransactions
from asgard_basis.application.oversight.existence_gate import ExistenceGate
from asgard_basis.application.trading.pair_factory import PairFactory
from asgard_basis.application.trading.position_book import PositionBook
from asgard_basis.application.trading.saga_runner import SagaRunner
from asgard_basis.bootstrap.guarding import Means, Watchers, watchers
from asgard_basis.domain.assets import Asset, LendingProtocol
from asgard_basis.domain.identifiers import PositionId, UserId
from asgard_basis.domain.position.legs import LongState
from asgard_basis.domain.position.lifecycle import PositionState
from asgard_basis.domain.position.position import Position
from asgard_basis.domain.risk.limits import RiskLimits
from asgard_basis.domain.strategy.fees import FeeSchedule
from asgard_basis.ports.orphans import Orphan
from asgard_basis.ports.oversight import Alarm
from asgard_basis.ports.repositories import Job, JobKind
from asgard_basis.ports.venues import LongPosition
from tests.unit.application.pair import STATE, Pair
from tests.unit.application.world import ADA


class Asked:
    """Repairs that are only noted: what they do is another suite's."""

    def __init__(self) -> None:
        self.repairs: list[tuple[PositionId, str]] = []

    async def request(self, user_id: UserId, position_id: PositionId, reason: str) -> Any:
        self.repairs.append((position_id, reason))


def watching(
    world: Any,
    transactions: Any,
    clock: Any,
    closings: Any,
    repairs: Any,
    reductions: Any = None,
) -> Watchers:
    """Everything that watches, over one world of laid-out answers."""
    means = Means(
        transactions=transactions,
        perp=world,
        margin=world,
        solana=world,
        market=world,
        clock=clock,
        limits=RiskLimits(),
        fees=FeeSchedule(),
        desk=JobDesk(transactions, clock),
        runner=SagaRunner(transactions=transactions, clock=clock),
    )
    pairs = PairFactory(
        perp=world, margin=world, chain=world, reader=world, clock=clock, limits=RiskLimits()
    )
    return watchers(
        means,
        pairs=pairs,
        book=PositionBook(transactions=transactions, perp=world, margin=world, clock=clock),
        closings=closings,
        reductions=reductions,
        asked=repairs,
    )


class GuardedPair(Pair):
    """Ada's pair, what else her accounts hold, and who watches over it."""

    def __init__(self, *, repairs: bool = False) -> None:
        super().__init__()
        self.longs: dict[str, LongPosition] = {"key": replace(self.listed(), opened_by=None)}
        self.world.answers["positions"] = lambda *_: list(self.longs.values())
        self.world.answers["state"] = lambda key, **_: self.state_of(key)
        self.world.answers["submit_close"] = lambda *_: self._sold()
        self.asked = Asked()
        self.watchers = watching(
            self.world,
            OverseenTransactions(self.transactions, self.clock),
            self.clock,
            self.closing,
            None if repairs else self.asked,
            self.reducing,
        )
        self.selling = ""

    @property
    def guard(self) -> ExistenceGate:
        return self.watchers.gate

    def state_of(self, key: str) -> LongState | None:
        listed = self.longs.get(key)
        if listed is None or not listed.is_open:
            return None
        self.selling = key
        return replace(STATE, position_key=key)

    def stray(self, key: str) -> None:
        """A long nobody has asked for."""
        self.longs[key] = LongPosition(
            key,
            LendingProtocol.KAMINO,
            Asset.SOL,
            True,
            None,
            None,
        )

    def end_long(self, key: str = "key") -> None:
        """The venue lists it as closed."""
        self.longs[key] = replace(self.longs[key], is_open=False)

    def _sold(self) -> None:
        self.end_long(self.selling)

    async def settle(self, *, after: float = 10) -> None:
        """Look, some seconds after whatever was before."""
        self.clock.pass_time(after)
        await self.guard.settle(ADA)

    async def alarms(self) -> list[Alarm]:
        async with self.transactions.for_user(ADA) as work:
            return list(await work.alarms.unresolved())

    async def orphans(self) -> list[Orphan]:
        async with self.transactions.for_user(ADA) as work:
            return list(await work.orphans.recent())

    async def jobs(self, kind: JobKind) -> Sequence[Job]:
        async with self.transactions.for_user(ADA) as work:
            return await work.jobs.recent(kind=kind)

    async def position(self, position: Position) -> Position:
        async with self.transactions.for_user(ADA) as work:
            found = await work.positions.get(position.id)
        assert found is not None
        return found

    async def moved(self, position: Position, state: PositionState) -> None:
        """A saga has come that far."""
        async with self.transactions.for_user(ADA) as work:
            await work.positions.save(replace(await self.position(position), state=state))

    async def work_off(self) -> None:
        """Let a worker carry out every sweep and repair that was asked for."""
        asked = [*await self.jobs(JobKind.SWEEP), *await self.jobs(JobKind.REPAIR)]
        waiting = [job for job in asked if job.finished_at is None]
        locks: Any = FreeLocks()
        dispatch = Dispatch(
            transactions=self.transactions,
            desk=self.desk,
            locks=locks,
            work={
                JobKind.SWEEP: self.watchers.sweeps.run,
                JobKind.REPAIR: self.watchers.repairs.run,
            },
        )
        for job in reversed(waiting):
            assert await dispatch.run(job.id)


class FreeLocks:
    """Nobody else is at work."""

    def hold(self, _name: str) -> Any:
        return _Held()


class _Held:
    async def __aenter__(self) -> bool:
        return True

    async def __aexit__(self, *_: object) -> None:
        return None
