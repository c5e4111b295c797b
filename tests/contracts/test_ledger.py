"""What every implementation promises about the books."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import asyncpg
import pytest

from asgard_basis.adapters.memory.unit_of_work import MemoryTransactions
from asgard_basis.adapters.postgres.pool import Role
from asgard_basis.adapters.postgres.unit_of_work import PostgresTransactions
from asgard_basis.domain.errors import DomainError, ErrorCode
from asgard_basis.domain.identifiers import UserId
from asgard_basis.domain.ledger import accounts
from asgard_basis.domain.ledger.postings import Entry, Lines, Posting
from asgard_basis.domain.ledger.returns import Flow
from asgard_basis.domain.ledger.stand import Stand
from asgard_basis.ports.ledger import WALLETS, Book, DayResult, Held, WalletStand
from asgard_basis.ports.unit_of_work import Transactions
from tests.builders_platform import MOMENT, a_job, a_long, a_position, a_short, a_user
from tests.unit.domain.ledger.histories import a_history, booked

ADA, BOB = UserId("ada"), UserId("bob")
JULY = datetime(2025, 7, 31, 23, 59, tzinfo=UTC)
AUGUST = datetime(2025, 8, 1, tzinfo=UTC)
WALLET = Book(ADA, WALLETS, 0, WalletStand())


def funding(at: datetime, amount: str, record: str = "") -> Entry:
    lines = Lines()
    lines.usdc(accounts.PERP_MARGIN, Decimal(amount))
    lines.value(accounts.FUNDING, -Decimal(amount))
    name = record or f"{at:%Y-%m-%dT%H}"
    return Entry("hyperliquid", "funding", name, at, "Funding", lines.balanced())


def brought(at: datetime, amount: str) -> Entry:
    lines = Lines()
    lines.usdc(accounts.ARBITRUM_WALLET, Decimal(amount))
    lines.usdc(accounts.DEPOSITS, -Decimal(amount))
    return Entry("arbitrum", "wallet", f"{at}", at, "Brought in", lines.balanced())


def gas(at: datetime) -> Entry:
    lines = Lines()
    lines.moved(
        "ETH", Decimal("0.00001"), source=accounts.ARBITRUM_WALLET, target=accounts.FEES_NETWORK
    )
    return Entry("arbitrum", "gas", f"{at}", at, "Network fee", lines.balanced())


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


async def test_a_record_is_booked_once(transactions: Transactions) -> None:
    entries = [funding(JULY, "1.5"), funding(AUGUST, "-0.25")]
    async with transactions.for_user(ADA) as work:
        assert await work.ledger.write(WALLET, entries) == 2
        keys = [entry.key for entry in entries]
        assert await work.ledger.known(WALLETS, [*keys, "else"]) == frozenset(keys)
        assert await work.ledger.known("other", keys) == frozenset()
    async with transactions.for_user(ADA) as work:
        again = replace(WALLET, number=1)
        assert await work.ledger.write(again, entries[::-1]) == 0
        kept = await work.ledger.entries()
        assert [each.entry for each in kept] == entries[::-1]
        assert await work.ledger.first_at() == JULY


async def test_who_writes_after_another_is_told(transactions: Transactions) -> None:
    async with transactions.for_user(ADA) as work:
        await work.ledger.write(WALLET, [])
    with pytest.raises(DomainError) as refusal:
        async with transactions.for_user(ADA) as work:
            await work.ledger.write(WALLET, [funding(JULY, "1")])
    assert refusal.value.code is ErrorCode.POSITION_BUSY
    async with transactions.for_user(ADA) as work:
        assert await work.ledger.entries() == []


async def test_what_does_not_balance_is_refused(transactions: Transactions) -> None:
    lone = Posting(accounts.PERP_MARGIN, "USDC", Decimal(1), Decimal(1))
    entry = replace(funding(JULY, "1"), postings=(lone,))
    with pytest.raises(ValueError, match="does not balance"):
        async with transactions.for_user(ADA) as work:
            await work.ledger.write(WALLET, [entry])


async def test_a_stand_comes_back_exactly(transactions: Transactions) -> None:
    _, stand = booked(a_history(3))
    for index, each in enumerate((Stand(), stand, replace(stand, long=a_long(), short=a_short()))):
        async with transactions.for_user(ADA) as work:
            await work.ledger.write(Book(ADA, "p-ada", index, each, ("the opening",)), [])
            book = await work.ledger.book("p-ada")
            assert book == Book(ADA, "p-ada", index + 1, each, ("the opening",))
            assert await work.ledger.book("other") is None
    async with transactions.for_system() as work:
        assert [book.user_id for book in await work.ledger.books()] == [ADA]


async def test_sums_by_month_and_account(transactions: Transactions) -> None:
    entries = [brought(JULY, "100"), funding(JULY, "1.5"), funding(AUGUST, "-0.25"), gas(AUGUST)]
    async with transactions.for_user(ADA) as work:
        await work.ledger.write(WALLET, entries)
        found = await work.ledger.sums(since=JULY, until=AUGUST + timedelta(days=1))
        by_place = {(s.month.month, s.account, s.usd is None): s for s in found}
        assert by_place[7, accounts.FUNDING, False].usd == Decimal("-1.5")
        assert by_place[8, accounts.FUNDING, False].usd == Decimal("0.25")
        unvalued = by_place[8, accounts.FEES_NETWORK, True]
        assert (unvalued.commodity, unvalued.quantity) == ("ETH", Decimal("0.00001"))
        early = await work.ledger.sums(since=None, until=AUGUST)
        assert {s.account: s.usd for s in early}[accounts.PERP_MARGIN] == Decimal("1.5")
        assert len({s.month for s in early}) == 1
        assert await work.ledger.flows(until=AUGUST) == [Flow(JULY, Decimal(100))]
        assert await work.ledger.days(since=JULY, until=AUGUST + timedelta(days=1)) == [
            DayResult(date(2025, 7, 31), Decimal("1.5")),
            DayResult(date(2025, 8, 1), Decimal("-0.25")),
        ]
        held = await work.ledger.held()
        expected = Held(accounts.PERP_MARGIN, "USDC", Decimal("1.25"), Decimal("1.25"))
        assert expected in held


async def test_pages_and_filters(transactions: Transactions) -> None:
    hours = [JULY - timedelta(hours=n) for n in range(5)]
    own = a_position(ADA).id
    entries = [replace(funding(at, "1"), position_id=own) for at in hours] + [brought(JULY, "5")]
    async with transactions.for_user(ADA) as work:
        await work.ledger.write(WALLET, entries)
        first = await work.ledger.entries(limit=2)
        rest = await work.ledger.entries(before=first[-1].number)
        assert [k.entry for k in [*first, *rest]] == entries[::-1]
        assert [k.entry for k in await work.ledger.entries(accounts=["equity:"])] == entries[-1:]
        assert len(await work.ledger.entries(accounts=["income:", "equity:"])) == 6
        assert len(await work.ledger.entries(position_id=own)) == 5
        assert [k.entry for k in await work.ledger.entries(until=hours[3])] == [entries[4]]
        oldest = await work.ledger.walk(since=None, until=None, after=0, limit=4)
        later = await work.ledger.walk(since=None, until=None, after=oldest[-1].number, limit=9)
        assert [k.entry for k in [*oldest, *later]] == entries
        by_account = {s.account: s.usd for s in await work.ledger.position_sums(own)}
        assert by_account == {accounts.PERP_MARGIN: 5, accounts.FUNDING: -5}


async def test_use_is_counted_by_day(transactions: Transactions) -> None:
    day = MOMENT.date()
    async with transactions.for_user(ADA) as work:
        await work.jobs.add(a_job(ADA))
        await work.ledger.use(ADA, day, "requests", Decimal(3))
        await work.ledger.use(ADA, day, "requests", Decimal(4))
        await work.ledger.use(ADA, day - timedelta(days=9), "requests", Decimal(1))
        await work.ledger.use(ADA, day, "hedged_usd_hours", Decimal("1200.5"))
        usage = await work.ledger.usage(day - timedelta(days=1), day)
    assert (usage.requests, usage.jobs, usage.hedged_usd_hours) == (7, 1, Decimal("1200.5"))
    async with transactions.for_user(BOB) as work:
        assert (await work.ledger.usage(day, day)).requests == 0


async def test_others_books_are_closed(transactions: Transactions) -> None:
    async with transactions.for_user(ADA) as work:
        await work.ledger.write(WALLET, [funding(JULY, "1")])
    async with transactions.for_user(BOB) as work:
        assert await work.ledger.entries() == []
        assert await work.ledger.books() == []
        assert await work.ledger.sums(since=None, until=AUGUST) == []
        assert await work.ledger.held() == []
        assert await work.ledger.write(replace(WALLET, user_id=BOB), [funding(JULY, "2")]) == 1
    async with transactions.for_system() as work:
        assert len(await work.ledger.entries()) == 2


async def test_all_jobs_of_a_position(transactions: Transactions) -> None:
    own = a_position(ADA).id
    async with transactions.for_user(ADA) as work:
        await work.jobs.add(a_job(ADA, position_id=own))
        await work.jobs.add(a_job(ADA, key="else"))
        assert [job.id for job in await work.jobs.of_position(own)] == [a_job(ADA).id]


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_entries SET memo = 'x'",
        "DELETE FROM ledger_entries",
        "UPDATE ledger_postings SET usd = 0",
        "DELETE FROM ledger_postings",
    ],
)
async def test_nobody_changes_what_is_booked(
    pool: "asyncpg.Pool[asyncpg.Record]", role: Role, statement: str
) -> None:
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("SELECT set_config('role', $1, true)", role.value)
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)
