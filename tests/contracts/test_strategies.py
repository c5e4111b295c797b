"""What every implementation promises about wishes for the strategy and what is counted for them."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from asgard_basis.adapters.memory.unit_of_work import MemoryTransactions
from asgard_basis.adapters.postgres.unit_of_work import PostgresTransactions
from asgard_basis.domain.assets import Asset, LendingProtocol
from asgard_basis.domain.decision.card import WhyCard
from asgard_basis.domain.errors import DomainError, ErrorCode
from asgard_basis.domain.identifiers import PositionId, UserId
from asgard_basis.domain.risk.limits import RiskLimits
from asgard_basis.domain.rulebook import replayed
from asgard_basis.domain.strategy.autonomous import STRATEGY_ENTRY
from asgard_basis.domain.strategy.config import PRESETS, FundingExit, StrategyConfig
from asgard_basis.domain.strategy.entry_choice import (
    LastClose,
    Purse,
    StrategyEntryFacts,
    entry_thresholds,
)
from asgard_basis.domain.strategy.evaluation import (
    StrategyFunding,
    StrategyMarket,
    StrategyOffer,
)
from asgard_basis.domain.strategy.exit import STRATEGY_EXIT, StrategyExitFacts
from asgard_basis.ports.repositories import JobKind
from asgard_basis.ports.strategies import OwnPreset, StrategyRecord, UserSettings
from asgard_basis.ports.unit_of_work import Transactions
from tests.builders_platform import MOMENT, a_job, a_position, a_user

ADA, BOB = UserId("ada"), UserId("bob")
WISH = StrategyConfig(
    enabled=True,
    assets=(Asset.JITOSOL, Asset.SOL),
    protocols=(LendingProtocol.KAMINO, LendingProtocol.MARGINFI),
    min_carry_apy=Decimal("12.5"),
    min_funding_rate_8hr=Decimal("0.000061"),
    max_funding_volatility=Decimal("0.42"),
    max_position_pct=Decimal("0.9"),
    max_concurrent_positions=1,
    max_leverage=Decimal("2.2"),
    min_exit_carry_apy=Decimal("-1.5"),
    take_profit_pct=Decimal("33.3"),
    stop_loss_pct=Decimal("7.25"),
    auto_reopen=False,
    cooldown_minutes=45,
    funding_exit=FundingExit.IMMEDIATE,
    exit_funding_rate_8hr=Decimal("-0.00002"),
    patience_hours=12,
    patience_cost_factor=Decimal("1.5"),
    min_hold_hours=6,
    planned_hold_days=14,
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


async def saved(
    transactions: Transactions, config: StrategyConfig, version: int, *, user: UserId = ADA
) -> StrategyRecord:
    async with transactions.for_user(user) as work:
        return await work.strategies.save(user, config, version=version, at=MOMENT)


async def read(transactions: Transactions, user: UserId = ADA) -> StrategyRecord:
    async with transactions.for_user(user) as work:
        return await work.strategies.of(user)


async def test_before_anything_is_saved_there_are_the_defaults(transactions: Transactions) -> None:
    record = await read(transactions)
    assert record == StrategyRecord(ADA)
    assert not record.config.enabled
    assert record.config.min_funding_rate_8hr == Decimal("0.00005")


async def test_a_wish_comes_back_exactly_and_its_version_grows(transactions: Transactions) -> None:
    first = await saved(transactions, WISH, 0)
    assert first == await read(transactions)
    assert first.config == WISH
    assert (first.version, first.updated_at, first.enabled_at) == (1, MOMENT, MOMENT)
    cleared = replace(WISH, take_profit_pct=None, protocols=None)
    second = await saved(transactions, cleared, 1)
    assert second.version == 2
    assert (await read(transactions)).config == cleared


@pytest.mark.parametrize("stale", [0, 2, 7])
async def test_a_stale_version_changes_nothing(transactions: Transactions, stale: int) -> None:
    await saved(transactions, WISH, 0)
    with pytest.raises(DomainError) as caught:
        await saved(transactions, PRESETS["balanced"], stale)
    assert caught.value.code is ErrorCode.CHANGED_MEANWHILE
    assert caught.value.details == {"version": "1"}
    assert (await read(transactions)).config == WISH


async def test_a_version_of_nothing_is_stale_too(transactions: Transactions) -> None:
    with pytest.raises(DomainError):
        await saved(transactions, WISH, 3)
    assert await read(transactions) == StrategyRecord(ADA)


async def test_of_two_who_save_at_once_one_wins(transactions: Transactions) -> None:
    await saved(transactions, WISH, 0)
    outcomes = await asyncio.gather(
        saved(transactions, replace(WISH, cooldown_minutes=5), 1),
        saved(transactions, replace(WISH, cooldown_minutes=6), 1),
        return_exceptions=True,
    )
    failures = [o for o in outcomes if isinstance(o, DomainError)]
    assert [failure.code for failure in failures] == [ErrorCode.CHANGED_MEANWHILE]
    assert (await read(transactions)).version == 2


async def test_switching_off_and_on_moves_only_its_beginning(transactions: Transactions) -> None:
    await saved(transactions, WISH, 0)
    later = MOMENT + timedelta(hours=1)
    async with transactions.for_user(ADA) as work:
        kept = await work.strategies.save(ADA, WISH, version=1, at=later)
        assert kept.enabled_at == MOMENT
        off = await work.strategies.save(ADA, replace(WISH, enabled=False), version=2, at=later)
        assert off.enabled_at is None
        again = await work.strategies.save(ADA, WISH, version=3, at=later)
        assert again.enabled_at == later


async def test_a_closing_freezes_the_cooldown_and_no_later_wish_moves_it(
    transactions: Transactions,
) -> None:
    await saved(transactions, WISH, 0)
    async with transactions.for_user(ADA) as work:
        await work.strategies.closed(ADA, at=MOMENT)
    await saved(transactions, replace(WISH, cooldown_minutes=5, enabled=False), 1)
    await saved(transactions, replace(WISH, cooldown_minutes=5), 2)
    assert (await read(transactions)).last_close == LastClose(MOMENT, 45)
    async with transactions.for_user(ADA) as work:
        await work.strategies.closed(ADA, at=MOMENT + timedelta(days=1))
    assert (await read(transactions)).last_close == LastClose(MOMENT + timedelta(days=1), 5)


async def test_trades_are_counted_by_utc_day(transactions: Transactions) -> None:
    async with transactions.for_user(ADA) as work:
        await work.strategies.opening(ADA, at=MOMENT)
        await work.strategies.closed(ADA, at=MOMENT)
        await work.strategies.opening(ADA, at=MOMENT)
    record = await read(transactions)
    assert (record.trades_on(MOMENT.date()), record.openings, record.version) == (3, 2, 0)
    assert record.last_close == LastClose(MOMENT, 30)
    tomorrow = MOMENT + timedelta(days=1)
    assert record.trades_on(tomorrow.date()) == 0
    async with transactions.for_user(ADA) as work:
        await work.strategies.opening(ADA, at=tomorrow)
    record = await read(transactions)
    assert (record.trades_on(tomorrow.date()), record.openings) == (1, 3)
    assert (await saved(transactions, WISH, 0)).openings == 3


async def test_nobody_sees_or_changes_anothers(transactions: Transactions) -> None:
    await saved(transactions, WISH, 0)
    async with transactions.for_user(ADA) as work:
        await work.strategies.keep_preset(ADA, OwnPreset(1, "Mine", WISH, MOMENT))
        await work.strategies.save_settings(ADA, UserSettings(theme="dark"))
    async with transactions.for_user(BOB) as work:
        assert await work.strategies.of(ADA) == StrategyRecord(ADA)
        assert await work.strategies.enabled() == []
        assert await work.strategies.presets(ADA) == []
        assert await work.strategies.settings(ADA) == UserSettings()
        assert not await work.strategies.drop_preset(ADA, 1)
    assert (await read(transactions)).config == WISH


async def test_the_system_sees_all_that_are_switched_on(transactions: Transactions) -> None:
    await saved(transactions, WISH, 0, user=BOB)
    await saved(transactions, replace(WISH, enabled=False), 0)
    async with transactions.for_system() as work:
        assert [record.user_id for record in await work.strategies.enabled()] == [BOB]


async def test_own_presets_are_kept_in_their_slots(transactions: Transactions) -> None:
    async with transactions.for_user(ADA) as work:
        for slot in (2, 1):
            await work.strategies.keep_preset(ADA, OwnPreset(slot, "Mine", WISH, MOMENT))
        await work.strategies.keep_preset(ADA, OwnPreset(2, "Other", PRESETS["balanced"], MOMENT))
    async with transactions.for_user(ADA) as work:
        assert await work.strategies.presets(ADA) == [
            OwnPreset(1, "Mine", WISH, MOMENT),
            OwnPreset(2, "Other", PRESETS["balanced"], MOMENT),
        ]
        assert await work.strategies.drop_preset(ADA, 1)
        assert not await work.strategies.drop_preset(ADA, 1)
        assert [preset.slot for preset in await work.strategies.presets(ADA)] == [2]


async def test_settings_are_kept(transactions: Transactions) -> None:
    settings = UserSettings("dark", Asset.INF, Decimal("1.5"), Decimal("250.5"))
    async with transactions.for_user(ADA) as work:
        assert await work.strategies.settings(ADA) == UserSettings()
        await work.strategies.save_settings(ADA, UserSettings())
        await work.strategies.save_settings(ADA, settings)
    async with transactions.for_user(ADA) as work:
        assert await work.strategies.settings(ADA) == settings


async def test_it_is_known_which_positions_the_strategy_opened(transactions: Transactions) -> None:
    own, manual = a_position(ADA, key="own"), a_position(ADA, key="manual")
    async with transactions.for_user(ADA) as work:
        for position, key in ((own, "strategy:1"), (manual, "strategic-1")):
            await work.positions.add(position)
            job = a_job(ADA, key=position.id, kind=JobKind.OPEN, position_id=position.id)
            await work.jobs.add(replace(job, idempotency_key=key))
    async with transactions.for_user(ADA) as work:
        held = [own.id, manual.id, PositionId("none")]
        assert await work.strategies.opened_by_strategy(held) == {own.id}
        assert await work.strategies.opened_by_strategy([]) == frozenset()


def entry_card() -> WhyCard:
    offer = StrategyOffer(
        Asset.SOL,
        LendingProtocol.KAMINO,
        Decimal(2),
        Decimal("2.7"),
        Decimal("0.2"),
        Decimal("0.004"),
        Decimal("0.54"),
        Decimal(10**6),
    )
    funding = StrategyFunding(Decimal("0.1"), Decimal("0.11"), Decimal("0.12"), None)
    facts = StrategyEntryFacts(
        now=MOMENT,
        market=StrategyMarket(funding, (offer,), ("spot is 91 s old",)),
        positions_held=0,
        in_positions_usd=Decimal(0),
        trades_today=2,
        enabled_at=MOMENT,
        last_close=LastClose(MOMENT, 30),
        purse=Purse(Decimal(600), Decimal("0.5"), Decimal(500)),
    )
    return STRATEGY_ENTRY.card(
        facts,
        entry_thresholds(WISH, RiskLimits()),
        card_id="entry",
        user_id=ADA,
        subject="strategy:ada",
        at=MOMENT,
    )


def exit_card() -> WhyCard:
    facts = StrategyExitFacts(
        now=MOMENT,
        hedged_at=MOMENT - timedelta(days=3),
        size_usd=Decimal(1000),
        result_usd=Decimal("-80.5"),
        earned_back=None,
        income_now=Decimal("-0.1"),
        income_predicted=None,
        income_mean=Decimal("0.01"),
        carry_mean=Decimal("0.02"),
        bled_usd=Decimal("1.5"),
        round_trip_usd=Decimal(4),
    )
    return STRATEGY_EXIT.card(
        facts, WISH, card_id="exit", user_id=ADA, subject="position:p", at=MOMENT
    )


@pytest.mark.parametrize("made", [entry_card, exit_card])
async def test_its_decisions_are_made_again_from_their_cards(
    transactions: Transactions, made: object
) -> None:
    assert callable(made)
    card = made()
    async with transactions.for_user(ADA) as work:
        await work.decisions.note([card])
        (kept,) = await work.decisions.of_subject(card.subject)
    assert kept.card == card
    assert replayed(kept.card) == card.ruling
