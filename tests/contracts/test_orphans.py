"""What every implementation promises about exposures without a position."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import asyncpg
import pytest

from asgard_basis.adapters.memory.unit_of_work import MemoryTransactions
from asgard_basis.adapters.postgres.unit_of_work import PostgresTransactions
from asgard_basis.domain.assets import Asset, LendingProtocol
from asgard_basis.domain.identifiers import UserId
from asgard_basis.ports.orphans import Orphan, OrphanEnding, OrphanKind
from asgard_basis.ports.repositories import JobKind
from asgard_basis.ports.unit_of_work import Transactions
from asgard_basis.ports.wallets import WalletRole
from tests.builders_platform import MOMENT, a_job, a_position, a_user, a_wallet

ADA, BOB = UserId("ada"), UserId("bob")
LATER = MOMENT + timedelta(minutes=10)
LONG = Orphan(
    id="one",
    user_id=ADA,
    kind=OrphanKind.LONG,
    key="8vQkkQ8Y",
    size=Decimal("6.123456789"),
    seen_at=MOMENT,
    acts_at=LATER,
    asset=Asset.JITOSOL,
    protocol=LendingProtocol.KAMINO,
)
PERP = replace(
    LONG, id="two", kind=OrphanKind.PERP, key="account", asset=None, protocol=None,
    size=Decimal("-2.5"), entry_price=Decimal("170.25"),
)  # fmt: skip


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
            await work.jobs.add(a_job(user, kind=JobKind.SWEEP))
    return store


async def test_what_is_found_comes_back_exactly(transactions: Transactions) -> None:
    async with transactions.for_user(ADA) as work:
        assert await work.orphans.put(LONG) == LONG
        assert await work.orphans.put(PERP) == PERP
    async with transactions.for_user(ADA) as work:
        assert await work.orphans.unended() == [LONG, PERP]
        assert await work.orphans.recent() == [PERP, LONG]
        assert await work.orphans.get("one") == LONG


async def test_seen_again_it_is_the_same_and_its_countdown_goes_on(
    transactions: Transactions,
) -> None:
    again = replace(
        PERP, id="new", seen_at=LATER, acts_at=LATER + timedelta(minutes=10),
        size=Decimal(3), entry_price=None, position_id=a_position(ADA).id,
    )  # fmt: skip
    async with transactions.for_user(ADA) as work:
        await work.orphans.put(PERP)
        kept = await work.orphans.put(again)
    assert kept == replace(PERP, size=Decimal(3), position_id=a_position(ADA).id)
    async with transactions.for_user(ADA) as work:
        given = await work.orphans.put(replace(again, job_id=a_job(ADA).id))
        assert given.job_id == (await work.orphans.put(again)).job_id == a_job(ADA).id
        assert len(await work.orphans.recent()) == 1


async def test_an_end_is_final_and_the_next_of_the_same_name_is_another(
    transactions: Transactions,
) -> None:
    ended = replace(
        PERP, ended_at=LATER, ending=OrphanEnding.SWEPT, swept=Decimal("-2.5"),
        swept_usd=Decimal("-425.1"), fee_usdc=Decimal("0.19"), network_fee_sol=Decimal("0.001"),
    )  # fmt: skip
    async with transactions.for_user(ADA) as work:
        await work.orphans.put(PERP)
        await work.orphans.end(ended)
        await work.orphans.end(replace(ended, ending=OrphanEnding.GONE, swept=Decimal(0)))
    async with transactions.for_user(ADA) as work:
        assert await work.orphans.unended() == []
        assert await work.orphans.get("two") == ended
        await work.orphans.put(replace(PERP, id="three"))
    async with transactions.for_system() as work:
        assert [o.id for o in await work.orphans.recent(limit=2)] == ["three", "two"]


async def test_nobody_sees_or_changes_what_is_held_for_another(transactions: Transactions) -> None:
    async with transactions.for_user(ADA) as work:
        await work.orphans.put(LONG)
    async with transactions.for_user(BOB) as work:
        assert await work.orphans.unended() == []
        assert await work.orphans.get("one") is None
        await work.orphans.end(replace(LONG, ended_at=LATER, ending=OrphanEnding.GONE))

    async def put_for_ada() -> None:
        async with transactions.for_user(BOB) as work:
            await work.orphans.put(replace(LONG, id="b", key="k"))

    with pytest.raises((PermissionError, asyncpg.InsufficientPrivilegeError)):
        await put_for_ada()
    async with transactions.for_system() as work:
        assert await work.orphans.unended() == [LONG]


async def test_everybody_with_a_wallet_is_listed_once(transactions: Transactions) -> None:
    async with transactions.for_system() as work:
        assert await work.wallets.owners() == []
    for user in (BOB, ADA):
        async with transactions.for_user(user) as work:
            for role in WalletRole:
                await work.wallets.add(user, a_wallet(user, role))
    async with transactions.for_system() as work:
        assert await work.wallets.owners() == [ADA, BOB]
