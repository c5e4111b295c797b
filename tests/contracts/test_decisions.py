"""What every implementation promises about why-cards."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from asgard_basis.adapters.memory.unit_of_work import MemoryTransactions
from asgard_basis.adapters.postgres.unit_of_work import PostgresTransactions
from asgard_basis.domain.decision.card import Verdict, WhyCard
from asgard_basis.domain.identifiers import UserId
from asgard_basis.domain.risk.limits import RiskLimits
from asgard_basis.domain.rulebook import replayed
from asgard_basis.domain.strategy.checks import PREFLIGHT
from asgard_basis.domain.strategy.entry_facts import EntryFacts
from asgard_basis.ports.unit_of_work import Transactions
from tests.builders_platform import MOMENT, a_position, a_user
from tests.unit.domain.strategy.test_checks import FACTS

ADA, BOB = UserId("ada"), UserId("bob")
PENNILESS = replace(FACTS, solana_usdc=Decimal(0))
POORER = replace(FACTS, solana_usdc=Decimal(1))
LIMITS = RiskLimits()


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


def card(
    name: str, facts: EntryFacts = FACTS, *, minutes: int = 0, user: UserId = ADA, about: str = "p"
) -> WhyCard:
    return PREFLIGHT.card(
        facts,
        LIMITS,
        card_id=name,
        user_id=user,
        subject=f"position:{about}",
        at=MOMENT + timedelta(minutes=minutes),
        position_id=a_position(user).id,
    )


async def test_a_card_comes_back_exactly_and_decides_the_same_again(
    transactions: Transactions,
) -> None:
    given = card("one", PENNILESS)
    async with transactions.for_user(ADA) as work:
        assert await work.decisions.note([given]) == ["one"]
    async with transactions.for_user(ADA) as work:
        (kept,) = await work.decisions.of_subject("position:p")
    assert kept.card == given
    assert kept.card.ruling.verdict is Verdict.REFUSE
    assert replayed(kept.card) == given.ruling
    assert kept.confirmed_at == given.decided_at


async def test_the_same_decision_again_is_no_second_card_but_confirmed(
    transactions: Transactions,
) -> None:
    async with transactions.for_user(ADA) as work:
        await work.decisions.note([card("one", PENNILESS)])
        assert await work.decisions.note([card("two", POORER, minutes=1)]) == []
        (kept,) = await work.decisions.recent()
        assert kept.confirmed_at == MOMENT
        assert await work.decisions.note([card("three", POORER, minutes=6)]) == []
        (kept,) = await work.decisions.recent()
    assert kept.card.id == "one"
    assert kept.confirmed_at == MOMENT + timedelta(minutes=6)


async def test_another_decision_is_another_card_and_ends_the_last(
    transactions: Transactions,
) -> None:
    async with transactions.for_user(ADA) as work:
        await work.decisions.note([card("one", PENNILESS)])
        assert await work.decisions.note([card("two", FACTS, minutes=1)]) == ["two"]
        assert await work.decisions.note([card("three", PENNILESS, minutes=2)]) == ["three"]
        found = await work.decisions.of_position(a_position(ADA).id)
    assert [kept.card.id for kept in found] == ["three", "two", "one"]
    assert [kept.confirmed_at is None for kept in found] == [False, True, True]


async def test_many_subjects_are_noted_at_once(transactions: Transactions) -> None:
    first = [card(f"a{n}", PENNILESS, about=str(n)) for n in range(20)]
    then = [
        card(f"b{n}", FACTS if n % 2 else PENNILESS, about=str(n), minutes=1) for n in range(20)
    ]
    async with transactions.for_system() as work:
        assert len(await work.decisions.note(first)) == 20
        written = await work.decisions.note(then)
    assert sorted(written) == sorted(f"b{n}" for n in range(1, 20, 2))


async def test_all_cards_are_walked_in_order(transactions: Transactions) -> None:
    async with transactions.for_system() as work:
        await work.decisions.note([card(f"a{n}", about=str(n)) for n in range(5)])
        first = await work.decisions.after(0, limit=3)
        rest = await work.decisions.after(first[-1].number, limit=3)
    assert sorted(kept.card.id for kept in (*first, *rest)) == [f"a{n}" for n in range(5)]


async def test_nobody_reads_another_users_cards(transactions: Transactions) -> None:
    async with transactions.for_user(BOB) as work:
        await work.decisions.note([card("his", user=BOB)])
    async with transactions.for_user(ADA) as work:
        assert await work.decisions.recent() == []
        assert await work.decisions.of_subject("position:p") == []
