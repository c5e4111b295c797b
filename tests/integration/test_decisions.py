"""Kept decisions made again: all come out the same, and one that was tampered with does not.

`CARDS=100000` in the environment keeps and makes again as many.
"""

import itertools
import os
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import asyncpg

from asgard_basis.adapters.embedded.postgres import EmbeddedPostgres
from asgard_basis.adapters.postgres.unit_of_work import PostgresTransactions
from asgard_basis.application.operations.decisions import DecisionDesk, Replay
from asgard_basis.domain.decision.card import WhyCard
from asgard_basis.domain.identifiers import UserId
from asgard_basis.domain.risk.limits import RiskLimits
from asgard_basis.domain.rulebook import RULES
from asgard_basis.domain.strategy.checks import PREFLIGHT
from asgard_basis.domain.strategy.entry_facts import EntryFacts
from tests.anything import Anything
from tests.builders_platform import MOMENT, a_position, a_user
from tests.unit.domain.strategy.test_checks import FACTS

ADA = UserId("ada")
CARDS = int(os.environ.get("CARDS", "3000"))
_AT_ONCE = 5000


def facts(chance: random.Random) -> EntryFacts:
    perp = replace(
        FACTS.snapshot.perp,
        mark_price=Decimal(chance.randint(14_700, 15_300)) / 100,
        premium=chance.choice([None, Decimal(chance.randint(-20, 20)) / 10_000]),
        observed_at=FACTS.now - timedelta(seconds=chance.randint(0, 60)),
    )
    return replace(
        FACTS,
        snapshot=replace(FACTS.snapshot, perp=perp),
        leverage=Decimal(chance.randint(11, 40)) / 10,
        solana_usdc=chance.choice([None, Decimal(chance.randint(0, 2000))]),
        positions_held=chance.randint(0, 4),
    )


def an_entry(number: int, chance: random.Random) -> WhyCard:
    return PREFLIGHT.card(
        facts(chance),
        replace(RiskLimits(), positions_max=chance.randint(1, 4)),
        **kept_as(number),
    )


def of_any_rule(number: int, anything: Anything) -> WhyCard:
    rule = RULES[number // 2 % len(RULES)]

    def drawn() -> WhyCard:
        given = anything.of(rule.facts), anything.of(rule.thresholds)
        return rule.card(*given, **kept_as(number))

    card: WhyCard = anything.fitting(drawn)
    return card


def kept_as(number: int) -> Any:
    return {
        "card_id": f"card-{number}",
        "user_id": ADA,
        "subject": f"position:{number}",
        "at": MOMENT,
        "position_id": a_position(ADA).id,
    }


def cards() -> Iterator[WhyCard]:
    """Half of them entries that may well pass, half whatever any rule may have looked at."""
    chance, anything = random.Random(7), Anything(7)
    for number in range(CARDS):
        is_entry = number % 2 == 1
        yield an_entry(number, chance) if is_entry else of_any_rule(number, anything)


async def test_every_kept_decision_comes_out_the_same_again(
    pool: "asyncpg.Pool[asyncpg.Record]", postgres_server: EmbeddedPostgres, database: str
) -> None:
    transactions = PostgresTransactions(pool)
    async with transactions.for_user(ADA) as work:
        await work.users.save(a_user(ADA))
        await work.positions.add(a_position(ADA))
    made = cards()
    while some := list(itertools.islice(made, _AT_ONCE)):
        async with transactions.for_system() as work:
            await work.decisions.note(some)

    async with transactions.for_system() as work:
        replay = await Replay.of(work.decisions)
    assert (replay.cards, replay.told) == (CARDS, [])

    url = postgres_server.superuser_url.rsplit("/", 1)[0] + "/" + database.rsplit("/", 1)[1]
    owner = await asyncpg.connect(url)
    await owner.execute(
        "UPDATE decisions SET facts = jsonb_set(facts::jsonb, '{value,positions_held}', '9')"
        " WHERE id = 'card-17'"
    )
    await owner.close()
    async with transactions.for_system() as work:
        replay = await Replay.of(work.decisions)
    assert len(replay.told) == 1
    assert replay.told[0].startswith("card-17 (entry.preflight v1, position:17): was ")


async def test_a_person_reads_every_input_and_every_threshold(
    pool: "asyncpg.Pool[asyncpg.Record]",
) -> None:
    transactions = PostgresTransactions(pool)
    async with transactions.for_user(ADA) as work:
        await work.users.save(a_user(ADA))
        await work.positions.add(a_position(ADA))
        await work.decisions.note([an_entry(0, random.Random(7))])

    (view,) = await DecisionDesk(transactions).of_position(ADA, a_position(ADA).id, limit=5)

    inputs = {figure.name: figure.value for figure in view.inputs}
    assert inputs["snapshot.lsts.jitoSOL.redemption_rate"] == "1.2"
    assert inputs["held_back"] is None
    assert {figure.name for figure in view.thresholds} >= {"positions_max", "size_min_usd"}
    assert view.verdict in ("enter", "refuse")
    assert await DecisionDesk(transactions).of_user(UserId("bob"), limit=5) == []
