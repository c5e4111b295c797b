"""A still world for use cases: time that only passes when somebody sleeps, a job to run."""

import inspect
from datetime import UTC, datetime, timedelta
from typing import Any

from asgard_basis.adapters.memory.unit_of_work import MemoryTransactions
from asgard_basis.application.context import UserTradingContext
from asgard_basis.domain.identifiers import UserId
from asgard_basis.ports.repositories import Job, JobKind
from asgard_basis.ports.venues import PerpTrader
from asgard_basis.ports.wallets import WalletRole
from tests.builders_platform import a_job, a_position, a_user, a_wallet

ADA = UserId("ada")
START = datetime(2025, 6, 1, 12, 30, tzinfo=UTC)


class StillClock:
    """Market and host time in step; sleeping takes no time of ours."""

    speed = 1.0

    def __init__(self, at: datetime = START) -> None:
        self._at = at
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self._at

    host = now

    def pass_time(self, seconds: float) -> None:
        self._at += timedelta(seconds=seconds)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.pass_time(seconds)


CONTEXT = UserTradingContext(
    user_id=ADA,
    solana=a_wallet("ada", WalletRole.SOLANA),
    trader=PerpTrader(a_wallet("ada"), a_wallet("ada", WalletRole.AGENT)),
)


class Outside:
    """Venues and chains: each call gives what was laid out, or raises it; callables are asked."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.calls: list[str] = []

    def __getattr__(self, name: str) -> Any:
        async def call(*given: Any, **named: Any) -> Any:
            self.calls.append(name)
            if name == "position" and name not in self.answers:
                account = await _given(self.answers["account"], *given, **named)
                return account.position
            return await _given(self.answers[name], *given, **named)

        return call


async def _given(answer: Any, *given: Any, **named: Any) -> Any:
    if callable(answer):
        answer = answer(*given, **named)
    if inspect.isawaitable(answer):
        answer = await answer
    if isinstance(answer, Exception):
        raise answer
    return answer


async def with_job(transactions: MemoryTransactions, kind: JobKind = JobKind.OPEN) -> Job:
    """Ada, her position, and a job on it."""
    position = a_position(ADA)
    job = a_job(ADA, kind=kind, position_id=position.id)
    async with transactions.for_user(ADA) as work:
        await work.users.save(a_user(ADA))
        await work.positions.add(position)
        await work.jobs.add(job)
    return job
