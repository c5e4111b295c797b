"""What every implementation of Locks promises, together with the units of work it fences."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextvars import Context
from datetime import UTC, datetime, timedelta
from typing import Protocol

import asyncpg
import pytest

from asgard_basis.adapters.memory.locks import LeaseBook, MemoryLocks
from asgard_basis.adapters.memory.unit_of_work import MemoryTransactions
from asgard_basis.adapters.postgres.locks import PostgresLocks
from asgard_basis.adapters.postgres.unit_of_work import PostgresTransactions
from asgard_basis.domain.errors import ErrorCode, Superseded, Unavailable
from asgard_basis.domain.identifiers import UserId
from asgard_basis.ports.coordination import Locks, ensure_sure, tenures
from asgard_basis.ports.unit_of_work import Transactions
from tests.builders_platform import a_user

ADA = UserId("ada")
NAME = "user:ada"


class World(Protocol):
    """Some processes that share one store."""

    transactions: Transactions

    def process(self, *, renews: bool = False, seconds: float = 6) -> Locks:
        """Another one; whether it comes to renewing what it holds."""
        ...

    async def elapse(self, seconds: float) -> None:
        """Let that much time pass."""
        ...

    async def expire(self) -> None:
        """Let every tenure run out that is not renewed from now on."""
        ...

    async def renewed(self) -> None:
        """Wait for the next renewal."""
        ...

    async def take_away(self) -> None:
        """Give every name to somebody else."""
        ...


class HandClock:
    """Host time that passes when told."""

    speed = 1.0

    def __init__(self) -> None:
        self._at = datetime(2025, 6, 1, tzinfo=UTC)
        self._sleepers: list[tuple[datetime, asyncio.Event]] = []

    def now(self) -> datetime:
        return self._at

    host = now

    async def sleep(self, seconds: float) -> None:
        woken = asyncio.Event()
        self._sleepers.append((self._at + timedelta(seconds=seconds), woken))
        await woken.wait()

    async def pass_time(self, seconds: float) -> None:
        self._at += timedelta(seconds=seconds)
        for due, woken in self._sleepers:
            if due <= self._at:
                woken.set()
        for _ in range(5):
            await asyncio.sleep(0)


class InMemory:
    """Processes that are objects."""

    def __init__(self) -> None:
        self.clock = HandClock()
        self.book = LeaseBook(self.clock)
        self.transactions: Transactions = MemoryTransactions(leases=self.book)
        self._count = 0

    def process(self, *, renews: bool = False, seconds: float = 6) -> Locks:
        self._count += 1
        return MemoryLocks(
            self.book,
            self.clock,
            holder=f"process {self._count}",
            seconds=seconds,
            renew_seconds=2 if renews else 3600,
        )

    async def elapse(self, seconds: float) -> None:
        await self.clock.pass_time(seconds)

    async def expire(self) -> None:
        await self.clock.pass_time(6)

    async def renewed(self) -> None:
        await self.clock.pass_time(2)

    async def take_away(self) -> None:
        await asyncio.sleep(0)
        await self.clock.pass_time(6)


class InPostgres:
    """Processes with connections of their own."""

    def __init__(self, url: str, pool: "asyncpg.Pool[asyncpg.Record]") -> None:
        self.transactions: Transactions = PostgresTransactions(pool)
        self.made: list[PostgresLocks] = []
        self._url = url

    def process(self, *, renews: bool = False, seconds: float = 6) -> Locks:
        pace = 0.1 if renews else 3600
        self.made.append(PostgresLocks(self._url, seconds=seconds, renew_seconds=pace))
        return self.made[-1]

    async def elapse(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def expire(self) -> None:
        await self._asked("UPDATE leases SET expires_at = clock_timestamp()")

    async def renewed(self) -> None:
        ends = await self._asked("SELECT max(expires_at) FROM leases")
        while True:
            await asyncio.sleep(0.02)
            if await self._asked("SELECT max(expires_at) FROM leases") != ends:
                return

    async def take_away(self) -> None:
        await self._asked("UPDATE leases SET fence = fence + 1, holder = 'somebody else'")

    async def _asked(self, query: str) -> object:
        login = await asyncpg.connect(self._url)
        try:
            return await login.fetchval(query)
        finally:
            await login.close()


@pytest.fixture(params=["memory", "postgres"])
async def world(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    if request.param == "memory":
        yield InMemory()
        return
    made = InPostgres(request.getfixturevalue("database"), request.getfixturevalue("pool"))
    yield made
    for locks in made.made:
        await locks.close()


@pytest.fixture(autouse=True)
def _services(request: pytest.FixtureRequest) -> None:
    if request.node.callspec.params["world"] == "postgres":
        request.getfixturevalue("pool")


async def write(transactions: Transactions) -> None:
    async with transactions.for_user(ADA) as work:
        await work.users.save(a_user(ADA))


async def is_written(transactions: Transactions) -> bool:
    async with transactions.for_user(ADA) as work:
        return await work.users.get(ADA) is not None


async def test_one_holds_a_name_at_a_time(world: World) -> None:
    one, other = world.process(), world.process()
    async with one.hold(NAME) as first, one.hold("user:bob") as separate:
        assert first is not None
        assert first.name == NAME
        assert separate is not None
        async with one.hold(NAME) as again, other.hold(NAME) as elsewhere:
            assert again is None
            assert elsewhere is None
        async with other.hold(NAME) as still:
            assert still is None
    async with other.hold(NAME) as now, other.hold("user:bob") as too:
        assert now is not None
        assert too is not None


async def test_the_fence_grows_each_time_the_name_changes_hands(world: World) -> None:
    fences = []
    for locks in (world.process(), world.process()):
        for _ in range(2):
            async with locks.hold(NAME) as tenure:
                assert tenure is not None
                fences.append(tenure.fence)
    async with world.process().hold(NAME):
        await world.expire()
        async with world.process().hold(NAME) as successor:
            assert successor is not None
            fences.append(successor.fence)
    assert fences == sorted(set(fences))


async def test_whoever_was_succeeded_can_write_nothing_more(world: World) -> None:
    one, other, store = world.process(), world.process(), world.transactions
    async with one.hold(NAME):
        await write(store)
        await world.expire()
        await write(store)  # run out, but nobody has taken over
        held = tenures()
        taken, left = asyncio.Event(), asyncio.Event()

        async def succeed() -> None:
            async with other.hold(NAME) as successor:
                assert successor is not None
                await write(store)
                taken.set()
                await left.wait()

        successor = asyncio.ensure_future(in_nobodys_name(succeed))
        await taken.wait()
        for unit in (store.for_user(ADA), store.for_system(), store.for_visitor()):
            with pytest.raises(Superseded) as refusal:
                await unit.__aenter__()
            assert refusal.value.code is ErrorCode.SUPERSEDED
        with pytest.raises(Superseded):
            await asyncio.create_task(write(store))  # nor can a task it had begun
        assert tenures() == held
        left.set()
        await successor
        with pytest.raises(Superseded):  # the successor has left: that gives nothing back
            await write(store)
    await write(store)


async def in_nobodys_name(act: Callable[[], Awaitable[None]]) -> None:
    """As another process: the tenures of whoever calls do not count."""
    await asyncio.get_running_loop().create_task(_awaited(act), context=Context())


async def _awaited(act: Callable[[], Awaitable[None]]) -> None:
    await act()


async def test_a_write_in_progress_and_a_take_over_never_both_succeed(world: World) -> None:
    one, other, store = world.process(), world.process(), world.transactions
    fences: list[int] = []

    async def take_over() -> None:
        async with other.hold(NAME) as successor:
            if successor is not None:
                fences.append(successor.fence)

    async with one.hold(NAME):
        is_saved = False
        with contextlib.suppress(Superseded):
            async with store.for_user(ADA) as work:
                await work.users.save(a_user(ADA))
                await world.expire()
                await in_nobodys_name(take_over)
            is_saved = True
        assert is_saved == (not fences)
    assert await is_written(store) == is_saved
    async with other.hold(NAME) as in_the_end:
        assert in_the_end is not None


async def test_who_leaves_late_does_not_end_the_tenure_of_another(world: World) -> None:
    one, other, third = world.process(), world.process(), world.process()
    entered = asyncio.Event()
    leave = asyncio.Event()

    async def be_slow() -> None:
        async with one.hold(NAME):
            entered.set()
            await leave.wait()

    slow = asyncio.create_task(be_slow())
    await entered.wait()
    await world.expire()
    async with other.hold(NAME) as successor:
        assert successor is not None
        leave.set()
        await slow
        async with third.hold(NAME) as nobody:
            assert nobody is None
        await write(world.transactions)


async def test_a_task_that_outlives_the_tenure_it_began_under_can_write_nothing(
    world: World,
) -> None:
    left = asyncio.Event()

    async def late() -> None:
        await left.wait()
        await write(world.transactions)

    async with world.process().hold(NAME):
        task = asyncio.create_task(late())
    left.set()
    with pytest.raises(Superseded):
        await task
    await write(world.transactions)


async def test_who_renews_keeps_the_name(world: World) -> None:
    async with world.process(renews=True).hold(NAME) as tenure:
        assert tenure is not None
        for _ in range(4):
            await world.renewed()
            assert tenure.is_sure()
            async with world.process().hold(NAME) as nobody:
                assert nobody is None


async def test_who_cannot_keep_the_name_is_interrupted(world: World) -> None:
    async def work() -> None:
        async with world.process(renews=True).hold(NAME):
            await world.take_away()
            await asyncio.sleep(30)

    with pytest.raises(Unavailable, match="tenure of user:ada was lost"):
        await work()
    task = asyncio.current_task()
    assert task is not None
    assert not task.cancelling()


async def test_who_answers_the_interruption_with_an_error_is_told_of_the_loss(
    world: World,
) -> None:
    """Else a duty that lost its tenure would end for good, as if the process were stopping."""

    async def work() -> None:
        async with world.process(renews=True).hold(NAME):
            try:
                await world.take_away()
                await asyncio.sleep(30)
            except asyncio.CancelledError:
                raise OSError("the connection was given up") from None

    with pytest.raises(Unavailable, match="tenure of user:ada was lost"):
        await work()
    task = asyncio.current_task()
    assert task is not None
    assert not task.cancelling()


async def test_who_is_stopped_while_losing_the_name_stays_stopped(world: World) -> None:
    """Else a duty would begin anew in a process that waits for its end."""
    lost = asyncio.Event()

    async def work() -> None:
        async with world.process(renews=True).hold(NAME):
            try:
                await world.take_away()
                await asyncio.sleep(30)
            finally:
                lost.set()
                await asyncio.sleep(30)

    holder = asyncio.create_task(work())
    await lost.wait()
    holder.cancel()
    with pytest.raises(asyncio.CancelledError):
        await holder


async def test_a_cancelled_holder_lets_go_and_stays_cancelled(world: World) -> None:
    begun = asyncio.Event()

    async def work() -> None:
        async with world.process(renews=True).hold(NAME):
            begun.set()
            await asyncio.sleep(30)

    task = asyncio.create_task(work())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with world.process().hold(NAME) as tenure:
        assert tenure is not None


async def test_who_does_not_renew_is_soon_not_sure_any_more(world: World) -> None:
    async with world.process(seconds=1.2).hold(NAME) as tenure:
        assert tenure is not None
        await world.elapse(0.2)
        with pytest.raises(Superseded, match=NAME):
            ensure_sure()
    ensure_sure()
