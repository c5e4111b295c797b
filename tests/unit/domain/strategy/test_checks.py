"""The checks before opening: each fails alone, under its own code, with words that help."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from asgard_basis.domain.assets import Asset, LendingProtocol
from asgard_basis.domain.decision.check import Check
from asgard_basis.domain.market.funding import FundingRate
from asgard_basis.domain.market.quality import (
    FUNDING_HISTORY,
    PRICE,
    Dispute,
    Part,
    lender_part,
    staking_part,
)
from asgard_basis.domain.market.rates import AnnualRate, AnnualYield
from asgard_basis.domain.market.snapshot import LenderMarket, LstMarket, MarketSnapshot, PerpMarket
from asgard_basis.domain.risk.churn import Hold
from asgard_basis.domain.risk.limits import RiskLimits
from asgard_basis.domain.strategy.carry import Carry
from asgard_basis.domain.strategy.checks import evaluate
from asgard_basis.domain.strategy.entry_facts import EntryFacts
from asgard_basis.domain.strategy.fees import FeeSchedule
from asgard_basis.domain.strategy.sizing import Split, split_capital

NOW = datetime(2025, 7, 1, tzinfo=UTC)
LATE = NOW - timedelta(minutes=5)
LIMITS = RiskLimits()

PERP = PerpMarket(
    mark_price=Decimal(150),
    oracle_price=Decimal(150),
    mid_price=Decimal(150),
    premium=Decimal("0.0002"),
    funding_now=FundingRate(Decimal("0.0000125")),
    open_interest_sol=Decimal(1_000_000),
    max_leverage=20,
    size_decimals=2,
    observed_at=NOW,
)
LENDER = LenderMarket(
    protocol=LendingProtocol.KAMINO,
    asset=Asset.JITOSOL,
    collateral_supply=AnnualYield(Decimal("0.01")),
    usdc_borrow=AnnualYield(Decimal("0.05")),
    max_leverage=Decimal(4),
    borrow_capacity_usdc=Decimal(1_000_000),
    is_active=True,
    collateral_bank="a",
    debt_bank="b",
    liquidation_threshold=Decimal("0.80"),
    observed_at=NOW,
)
LST = LstMarket(Asset.JITOSOL, Decimal("1.2"), AnnualYield(Decimal("0.07")), Decimal("1.199"), NOW)
SNAPSHOT = MarketSnapshot(
    taken_at=NOW,
    perp=PERP,
    lenders=(LENDER,),
    lsts={Asset.JITOSOL: LST},
    spot_prices={Asset.JITOSOL: Decimal(180)},
)
CARRY = Carry(*(AnnualRate(Decimal(text)) for text in ("0.11", "0.01", "0.07", "0.05")))


def split(leverage: str = "2") -> Split:
    return split_capital(
        size_usd=Decimal(1000),
        leverage=Decimal(leverage),
        liquidation_threshold=LENDER.liquidation_threshold,
        price=PERP.mark_price,
        maintenance_fraction=PERP.maintenance_fraction,
        venue_leverage_max=PERP.max_leverage,
        size_step=PERP.size_step,
        fees=FeeSchedule(),
    )


FACTS = EntryFacts(
    now=NOW,
    asset=Asset.JITOSOL,
    protocol=LENDER.protocol,
    leverage=Decimal(2),
    safe_leverage=Decimal("2.7"),
    snapshot=SNAPSHOT,
    lender=LENDER,
    split=split(),
    carry=CARRY,
    solana_usdc=Decimal(1000),
    solana_sol=Decimal(1),
    free_margin_usdc=Decimal(1000),
    book_sol=Decimal(5000),
    positions_held=0,
)


def failing(facts: EntryFacts) -> list[Check]:
    return [check for check in evaluate(facts, LIMITS) if not check.passed]


def perp(**changes: object) -> EntryFacts:
    return replace(FACTS, snapshot=replace(SNAPSHOT, perp=replace(PERP, **changes)))


def lender(**changes: object) -> EntryFacts:
    return replace(FACTS, lender=replace(LENDER, **changes))


def lst(market_rate: str | None) -> EntryFacts:
    rate = None if market_rate is None else Decimal(market_rate)
    changed = {Asset.JITOSOL: replace(LST, market_rate=rate)}
    return replace(FACTS, snapshot=replace(SNAPSHOT, lsts=changed))


def disputed(part: Part) -> EntryFacts:
    dispute = Dispute(part, "That cannot be.")
    return replace(FACTS, snapshot=replace(SNAPSHOT, disputes=(dispute,)))


def spot(price: str) -> EntryFacts:
    prices = {Asset.JITOSOL: Decimal(price)}
    return replace(FACTS, snapshot=replace(SNAPSHOT, spot_prices=prices))


def test_all_checks_pass_when_all_is_well() -> None:
    checks = evaluate(FACTS, LIMITS)
    assert len(checks) == 16
    assert [check.key for check in checks if not check.passed] == []


@pytest.mark.parametrize(
    ("facts", "key", "code"),
    [
        (replace(FACTS, paused="You have paused opening: holidays"), "not_paused", "RSK-0007"),
        (
            replace(FACTS, held_back=Hold(NOW, "it failed", "failed once", "wait 5 minutes")),
            "not_held_back",
            "RSK-0008",
        ),
        (replace(FACTS, solana_usdc=Decimal(100)), "solana_usdc", "WAL-0002"),
        (replace(FACTS, solana_usdc=None), "solana_usdc", "WAL-0002"),
        (replace(FACTS, free_margin_usdc=Decimal(100)), "free_margin", "HLQ-0003"),
        (replace(FACTS, free_margin_usdc=None), "free_margin", "HLQ-0003"),
        (replace(FACTS, leverage=Decimal(3), split=split("3")), "safe_leverage", "ASG-0009"),
        (replace(FACTS, safe_leverage=Decimal("1.9")), "safe_leverage", "RSK-0006"),
        (perp(funding_now=FundingRate(Decimal("-0.00001"))), "short_earns", "RSK-0001"),
        (perp(premium=Decimal("-0.002")), "short_earns", "RSK-0001"),
        (perp(premium=None), "short_earns", "RSK-0001"),
        (
            replace(FACTS, carry=replace(CARRY, borrowing=AnnualRate(Decimal("0.2")))),
            "pays",
            "RSK-0001",
        ),
        (spot("182"), "prices_agree", "RSK-0001"),
        (lst("1.18"), "lst_value", "RSK-0001"),
        (lst("1.24"), "lst_value", "RSK-0001"),
        (lst(None), "lst_value", "RSK-0001"),
        (lender(borrow_capacity_usdc=Decimal(100)), "lender_capacity", "ASG-0002"),
        (lender(is_active=False), "lender_capacity", "ASG-0002"),
        (
            replace(FACTS, split=replace(split(), short_sol=Decimal("0.06"))),
            "order_size",
            "VAL-0005",
        ),
        (replace(FACTS, book_sol=Decimal(6)), "book_depth", "HLQ-0005"),
        (replace(FACTS, book_sol=None), "book_depth", "HLQ-0005"),
        (replace(FACTS, solana_sol=Decimal("0.01")), "network_fees", "WAL-0001"),
        (replace(FACTS, solana_sol=None), "network_fees", "WAL-0001"),
        (replace(FACTS, positions_held=3), "own_limits", "RSK-0002"),
        (perp(observed_at=LATE), "fresh_data", "RSK-0004"),
        (lender(observed_at=LATE), "fresh_data", "RSK-0004"),
        (
            replace(
                FACTS,
                snapshot=replace(SNAPSHOT, lsts={Asset.JITOSOL: replace(LST, observed_at=LATE)}),
            ),
            "fresh_data",
            "RSK-0004",
        ),
        (disputed(PRICE), "undisputed_data", "RSK-0009"),
        (disputed(FUNDING_HISTORY), "undisputed_data", "RSK-0009"),
        (disputed(lender_part(LENDER.protocol, LENDER.asset)), "undisputed_data", "RSK-0009"),
        (disputed(staking_part(Asset.JITOSOL)), "undisputed_data", "RSK-0009"),
    ],
)
def test_one_thing_wrong_fails_one_check(facts: EntryFacts, key: str, code: str) -> None:
    assert [(check.key, check.code) for check in failing(facts)] == [(key, code)]


def test_a_dispute_is_told_with_its_reason_and_others_disputes_do_not_matter() -> None:
    (check,) = failing(disputed(PRICE))
    assert check.figure == "price disputed"
    assert check.remedy == "That cannot be. Wait until that is settled."
    assert failing(disputed(lender_part(LendingProtocol.MARGINFI, Asset.JITOSOL))) == []
    assert failing(disputed(staking_part(Asset.INF))) == []


def test_what_is_not_known_is_not_called_zero() -> None:
    (check,) = failing(replace(FACTS, solana_usdc=None))
    assert check.figure == "not known"


def test_too_much_leverage_names_what_would_pass() -> None:
    (check,) = failing(replace(FACTS, leverage=Decimal(3), split=split("3")))
    assert check.figure == "health 16.7%"
    assert check.remedy == "3x leaves too little room on Kamino. Choose 2.7x or less."


@pytest.mark.parametrize("part", ["solana_usdc", "free_margin_usdc", "solana_sol", "book_sol"])
def test_nobody_is_told_to_send_money_because_a_venue_is_silent(part: str) -> None:
    facts = replace(FACTS, **{part: None})  # type: ignore[arg-type]
    (check,) = [check for check in evaluate(facts, RiskLimits()) if not check.passed]
    assert check.figure == "not known"
    assert check.remedy is not None
    assert check.remedy.endswith("has not said what is there; it is asked again.")
