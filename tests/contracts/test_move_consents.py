"""What every implementation promises about leave to move money."""

from dataclasses import replace
from decimal import Decimal

import pytest

from asgard_basis.adapters.memory.unit_of_work import MemoryTransactions
from asgard_basis.adapters.postgres.unit_of_work import PostgresTransactions
from asgard_basis.domain.identifiers import UserId
from asgard_basis.ports.consents import MoveConsent
from asgard_basis.ports.unit_of_work import Transactions
from tests.builders_platform import MOMENT, a_user

ADA, BOB = UserId("ada"), UserId("bob")
GIVEN = MoveConsent(ADA, True, Decimal("250.50"), Decimal(1000), MOMENT)


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
    return store


async def test_nothing_is_allowed_before_it_was_chosen(transactions: Transactions) -> None:
    async with transactions.for_user(ADA) as work:
        assert await work.move_consents.get(ADA) is None


async def test_the_last_choice_counts(transactions: Transactions) -> None:
    taken_back = replace(GIVEN, is_given=False)
    for choice in (GIVEN, replace(GIVEN, may_cross=True), taken_back):
        async with transactions.for_user(ADA) as work:
            await work.move_consents.save(choice)
        async with transactions.for_user(ADA) as work:
            assert await work.move_consents.get(ADA) == choice


async def test_nobody_sees_or_changes_anothers_choice(transactions: Transactions) -> None:
    async with transactions.for_user(ADA) as work:
        await work.move_consents.save(GIVEN)
    async with transactions.for_user(BOB) as work:
        assert await work.move_consents.get(ADA) is None
    with pytest.raises(Exception):  # noqa: B017, PT011 - each implementation refuses in its words
        async with transactions.for_user(BOB) as work:
            await work.move_consents.save(replace(GIVEN, is_given=False))
    async with transactions.for_user(ADA) as work:
        assert await work.move_consents.get(ADA) == GIVEN
