"""What every implementation promises about what risk remembers."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from asgard_basis.adapters.memory.unit_of_work import MemoryTransactions
from asgard_basis.adapters.postgres.unit_of_work import PostgresTransactions
from asgard_basis.domain.identifiers import PositionId, UserId
from asgard_basis.domain.risk.facts import Near, NearKind
from asgard_basis.ports.risk import AccountMemory, PositionMemory
from asgard_basis.ports.unit_of_work import Transactions
from tests.builders_platform import MOMENT, a_position, a_user

ADA, BOB = UserId("ada"), UserId("bob")
LONG = Near(NearKind.LONG, MOMENT)
SHORT = Near(NearKind.SHORT, MOMENT + timedelta(seconds=3))
ACCOUNT = AccountMemory(
    user_id=ADA,
    peak_usd=Decimal("10000.123456"),
    balance_usd=Decimal("9000"),
    result_usd=Decimal("-12.34"),
    measured_at=MOMENT,
    drawdown_at=None,
    failures_until=MOMENT + timedelta(hours=1),
)


@pytest.fixture(params=["memory", "postgres"])
def store(request: pytest.FixtureRequest) -> Transactions:
    if request.param == "memory":
        return MemoryTransactions()
    return PostgresTransactions(request.getfixturevalue("pool"))


@pytest.fixture
async def transactions(store: Transactions) -> Transactions:
    for user in (ADA, BOB):
        async with store.for_user(user) as work:
            await work.users.save(a_user(user))
            await work.positions.add(a_position(user))
    return store


def of(user: UserId, *near: Near) -> PositionMemory:
    return PositionMemory(PositionId(f"p-{user}"), user, near)


async def test_dangers_outlast_their_transaction(transactions: Transactions) -> None:
    async with transactions.for_system() as work:
        await work.risk.remember(of(ADA, LONG, SHORT))
        await work.risk.remember(of(BOB, SHORT))
    async with transactions.for_system() as work:
        found = {memory.position_id: memory for memory in await work.risk.near()}
    assert found == {"p-ada": of(ADA, LONG, SHORT), "p-bob": of(BOB, SHORT)}


async def test_what_stood_is_replaced_as_a_whole(transactions: Transactions) -> None:
    later = replace(LONG, since=MOMENT + timedelta(minutes=1))
    async with transactions.for_system() as work:
        await work.risk.remember(of(ADA, LONG, SHORT))
        await work.risk.remember(of(ADA, later))
        assert list(await work.risk.near()) == [of(ADA, later)]
        await work.risk.remember(of(ADA))
        await work.risk.remember(of(BOB))
        assert list(await work.risk.near()) == []


async def test_a_danger_is_its_users_alone(transactions: Transactions) -> None:
    async with transactions.for_system() as work:
        await work.risk.remember(of(ADA, LONG))
        await work.risk.keep_account(ACCOUNT)
    async with transactions.for_user(BOB) as work:
        assert list(await work.risk.near()) == []
        assert await work.risk.account(ADA) is None
        assert list(await work.risk.accounts()) == []
    async with transactions.for_user(ADA) as work:
        assert list(await work.risk.near()) == [of(ADA, LONG)]
        assert await work.risk.account(ADA) == ACCOUNT


async def test_an_account_comes_back_exactly_and_is_replaced(transactions: Transactions) -> None:
    changed = replace(ACCOUNT, balance_usd=Decimal("8000.000001"), drawdown_at=MOMENT)
    async with transactions.for_system() as work:
        await work.risk.keep_account(ACCOUNT)
        await work.risk.keep_account(replace(ACCOUNT, user_id=BOB, failures_until=None))
        await work.risk.keep_account(changed)
    async with transactions.for_system() as work:
        assert await work.risk.account(ADA) == changed
        assert [account.user_id for account in await work.risk.accounts()] == [ADA, BOB]
