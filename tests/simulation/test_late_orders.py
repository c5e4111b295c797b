"""Everything is stopped while a step has no answer and its venue is away, faults on top of that."""

import random
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from decimal import Decimal
from typing import Any

import pytest

from asgard_basis.domain.identifiers import JobId, UserId
from asgard_basis.domain.saga.step import Step, StepName
from asgard_basis.ports.unit_of_work import Transactions, UnitOfWork
from asgard_basis.simulation.build import Build
from asgard_basis.simulation.plan import Plan, Trouble, Wish, WishKind
from asgard_basis.simulation.run import simulate
from asgard_basis.simulation.troubles import Kind

LOST = {
    "a closing's order was done": (WishKind.CLOSE, Kind.TIMEOUT_AFTER),
    "a closing's order never arrived": (WishKind.CLOSE, Kind.DROP_BEFORE),
    "a reduction's order was done": (WishKind.REDUCE, Kind.DROP_AFTER),
}
BESIDES = (Kind.KILL, Kind.REDELIVERY, Kind.DATABASE_LOST, Kind.PAUSE, Kind.TIMEOUT_AFTER)
WHERE = (StepName.CLOSE_SHORT, StepName.OBSERVE_LONG, StepName.CLOSE_LONG)
TRIES = 5


class _Noting:
    """Journals that tell what was begun beside an open step."""

    def __init__(self, inner: Any, begun: list[StepName]) -> None:
        self._inner = inner
        self._begun = begun

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def intend(self, job_id: JobId, user_id: UserId, step: Step) -> None:
        await self._inner.intend(job_id, user_id, step)
        if step.is_beside:
            self._begun.append(step.name)


class _Noted:
    """Implements Transactions over others."""

    def __init__(self, inner: Transactions, begun: list[StepName]) -> None:
        self._inner = inner
        self._begun = begun

    def for_user(self, user_id: UserId) -> AbstractAsyncContextManager[UnitOfWork]:
        return self._noting(self._inner.for_user(user_id))

    def for_visitor(self) -> AbstractAsyncContextManager[UnitOfWork]:
        return self._inner.for_visitor()

    def for_system(self) -> AbstractAsyncContextManager[UnitOfWork]:
        return self._noting(self._inner.for_system())

    @asynccontextmanager
    async def _noting(
        self, inner: AbstractAsyncContextManager[UnitOfWork]
    ) -> AsyncIterator[UnitOfWork]:
        async with inner as work:
            work.journals = _Noting(work.journals, self._begun)  # type: ignore[assignment]
            yield work


def plans(case: str) -> Iterator[Plan]:
    """One person; the order's answer is lost, the exchange is away, and the button is pressed."""
    wish, lost = LOST[case]
    for seed in range(TRIES):
        draw = random.Random(f"late order {case} {seed}")
        wishes = (
            Wish(0, 0, WishKind.OPEN, 1.0, size_usd=Decimal(3000)),
            Wish(1, 0, wish, draw.uniform(1, 20), fraction=Decimal("0.4")),
            Wish(2, 0, WishKind.STOP, draw.uniform(60, 120)),
        )
        step = StepName.CLOSE_SHORT
        troubles = [
            Trouble(0, lost, step=step, nth=draw.randrange(1, 3), seconds=30),
            Trouble(1, Kind.OUTAGE, step=step, nth=draw.randrange(2, 5), seconds=300),
        ]
        for kind in draw.sample(BESIDES, 2):
            where = Trouble(len(troubles), kind, step=draw.choice(WHERE), nth=draw.randrange(8))
            troubles.append(where)
        skews = (0.0, 0.0, 0.0)
        yield Plan(seed, 1, 2, skews, 60.0, wishes, tuple(troubles))


@pytest.mark.parametrize("case", LOST)
def test_every_promise_holds_and_the_other_leg_did_go_on(case: str) -> None:
    begun: list[StepName] = []
    build = Build(transactions=lambda inner: _Noted(inner, begun))
    for plan in plans(case):
        verdict = simulate(plan, build=build)
        assert verdict.broken is None, "\n".join([*map(str, plan.troubles), str(verdict.broken)])
    assert StepName.CLOSE_LONG in begun
