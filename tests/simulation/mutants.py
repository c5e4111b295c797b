"""Products that are broken on purpose, each in one place, through the way they are composed."""

import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from asgard_basis.adapters.memory.locks import LeaseBook
from asgard_basis.application.trading.saga_runner import Performer
from asgard_basis.bootstrap.outside import Outside
from asgard_basis.domain.errors import ErrorCode, Refused
from asgard_basis.domain.identifiers import EvmAddress, JobId, UserId
from asgard_basis.domain.saga import exit as exit_saga
from asgard_basis.domain.saga.step import (
    Decision,
    Finished,
    Journal,
    Outcome,
    Perform,
    Step,
    StepName,
)
from asgard_basis.ports.coordination import Locks, Tenure
from asgard_basis.ports.repositories import Job
from asgard_basis.ports.unit_of_work import Transactions, UnitOfWork
from asgard_basis.ports.venues import DepositCredit
from asgard_basis.simulation.build import Build
from asgard_basis.simulation.steps import NotedRunner


class _Passing:
    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


# ---- a journal that forgets what it is about to do ------------------------------------------


class _LateJournals(_Passing):
    """Writes an intention only together with its outcome."""

    def __init__(self, inner: Any, kept: dict[tuple[JobId, StepName, int], Any]) -> None:
        super().__init__(inner)
        self._kept = kept

    async def intend(self, job_id: JobId, user_id: UserId, step: Step) -> None:
        self._kept[job_id, step.name, step.attempt] = (user_id, step)

    async def conclude(self, job_id: JobId, step: Step) -> None:
        kept = self._kept.pop((job_id, step.name, step.attempt), None)
        if kept is not None:
            await self._inner.intend(job_id, *kept)
        await self._inner.conclude(job_id, step)


class _Forgetful:
    """Implements Transactions over others."""

    def __init__(self, inner: Transactions) -> None:
        self._inner = inner
        self._kept: dict[tuple[JobId, StepName, int], Any] = {}

    def for_user(self, user_id: UserId) -> AbstractAsyncContextManager[UnitOfWork]:
        return self._forgetting(self._inner.for_user(user_id))

    def for_visitor(self) -> AbstractAsyncContextManager[UnitOfWork]:
        return self._inner.for_visitor()

    def for_system(self) -> AbstractAsyncContextManager[UnitOfWork]:
        return self._forgetting(self._inner.for_system())

    @contextlib.asynccontextmanager
    async def _forgetting(
        self, inner: AbstractAsyncContextManager[UnitOfWork]
    ) -> AsyncIterator[UnitOfWork]:
        async with inner as work:
            work.journals = _LateJournals(work.journals, self._kept)  # type: ignore[assignment]
            yield work


FORGETS_THE_INTENTION = Build(transactions=_Forgetful)


# ---- hands that do again without asking what became of the first time -----------------------


class _Rash(_Passing):
    async def resolve(self, step: Step) -> Outcome:
        raise Refused(ErrorCode.UNKNOWN, "no answer, so surely nothing was done")


class _RashRunner(NotedRunner):
    async def run(self, job: Job, *, performer: Performer, **rest: Any) -> Finished:
        rash: Any = _Rash(performer)
        return await super().run(job, performer=rash, **rest)


RETRIES_WITHOUT_LOOKING = Build(runner=_RashRunner)


# ---- locks and units of work without the fence ----------------------------------------------


class _NoFence(LeaseBook):
    """Gives names out as the true book does, and lets everybody act who ever had one."""

    def __init__(self, inner: LeaseBook) -> None:
        self._inner = inner

    def take(self, name: str, holder: str, lifetime: timedelta) -> int | None:
        return self._inner.take(name, holder, lifetime)

    def renew(self, tenure: Tenure, lifetime: timedelta) -> bool:
        self._inner.renew(tenure, lifetime)
        return True

    def release(self, tenure: Tenure) -> None:
        self._inner.release(tenure)

    def stands(self, tenure: Tenure) -> bool:
        return True


class _SureLocks:
    """Implements Locks: whoever has won stays sure of it."""

    def __init__(self, inner: Locks) -> None:
        self._inner = inner

    @contextlib.asynccontextmanager
    async def hold(self, name: str) -> AsyncIterator[Tenure | None]:
        async with self._inner.hold(name) as tenure:
            yield None if tenure is None else replace(tenure, is_sure=lambda: True)


WITHOUT_A_FENCE = Build(leases=_NoFence, locks=_SureLocks)


# ---- a way out that leaves by the wrong door -------------------------------------------------


class _LongFirstRunner(NotedRunner):
    """Sells the long and takes the short for bought back."""

    async def run(
        self, job: Job, *, decide: Callable[[Journal], Decision], **rest: Any
    ) -> Finished:
        def wrong(journal: Journal) -> Decision:
            decision = decide(journal)
            if isinstance(decision, Perform) and decision.name is StepName.CLOSE_SHORT:
                nothing = exit_saga.ExitPlan(Decimal(0), Decimal("0.01"), holds_long=True)
                return exit_saga.next_step(nothing, journal)
            return decision

        return await super().run(job, decide=wrong, **rest)


CLOSES_THE_LONG_ONLY = Build(runner=_LongFirstRunner)


# ---- one credit for two deposits -------------------------------------------------------------


class _ForgivingPerp(_Passing):
    """Lists credits of long ago as well, so that none is recognised as claimed."""

    def __init__(self, inner: Any) -> None:
        super().__init__(inner)
        self._asked = 0

    async def deposits(self, address: EvmAddress, *, since: datetime) -> Sequence[DepositCredit]:
        self._asked += 1
        found: Sequence[DepositCredit] = await self._inner.deposits(
            address, since=since - timedelta(minutes=10)
        )
        another = timedelta(microseconds=self._asked)
        return [replace(credit, time=credit.time + another) for credit in found]


def _forgiving(outside: Outside) -> Outside:
    perp: Any = _ForgivingPerp(outside.perp)
    return replace(outside, perp=perp)


CLAIMS_A_CREDIT_TWICE = Build(outside=_forgiving)


# ---- an order key that is new each time ------------------------------------------------------


class _FreshKeys(_Passing):
    """Places under a key that is nowhere written down."""

    async def place(self, trader: Any, order: Any, *rest: Any, **more: Any) -> Any:
        other = "0x" + order.client_order_id[2:][::-1]
        return await self._inner.place(trader, replace(order, client_order_id=other), *rest, **more)


def _fresh(outside: Outside) -> Outside:
    perp: Any = _FreshKeys(outside.perp)
    return replace(outside, perp=perp)


PLACES_UNDER_ANOTHER_KEY = Build(outside=_fresh)


MUTANTS = {
    "forgets the intention": FORGETS_THE_INTENTION,
    "retries without looking": RETRIES_WITHOUT_LOOKING,
    "without a fence": WITHOUT_A_FENCE,
    "closes the long only": CLOSES_THE_LONG_ONLY,
    "claims a credit twice": CLAIMS_A_CREDIT_TWICE,
    "places under another key": PLACES_UNDER_ANOTHER_KEY,
}
