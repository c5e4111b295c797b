"""A pair with room on both sides; a test changes one thing."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from asgard_basis.domain.assets import Asset, LendingProtocol
from asgard_basis.domain.risk.facts import LegFacts, Near, PriceFacts, RiskFacts, RiskThresholds
from asgard_basis.domain.risk.limits import RiskLimits

D = Decimal
AT = datetime(2025, 6, 1, 12, 0, tzinfo=UTC)
LIMITS = RiskThresholds.of(RiskLimits())
PRICE = PriceFacts(at=AT, mark_price=D(100), oracle_price=D(100), maintenance_fraction=D("0.025"))
THRESHOLD = D("0.8")


def legs(
    *,
    health: Decimal = D("0.375"),
    margin: Decimal = D("0.5"),
    collateral: Decimal = D(10),
    drift: Decimal = D(0),
    price: PriceFacts = PRICE,
    **changes: Any,
) -> LegFacts:
    """Legs with that room at that price, by the formulas solved for what they hold."""
    sol = collateral * (price.redemption_rate or D(1))
    short = sol * (1 - drift)
    made = LegFacts(
        asset=Asset.SOL,
        protocol=LendingProtocol.KAMINO,
        leverage=D(2),
        collateral=collateral,
        debt_usdc=(1 - health) * THRESHOLD * sol * price.oracle_price,
        liquidation_threshold=THRESHOLD,
        stated_health=max(D(0), health),
        seen_seconds=5,
        short_sol=short,
        short_raw_usd=(1 + margin) * short * price.mark_price,
    )
    return replace(made, **changes)


def facts(*, price: PriceFacts = PRICE, near: tuple[Near, ...] = (), **changes: Any) -> RiskFacts:
    """The pair at that price."""
    return RiskFacts(price, legs(price=price, **changes), near)
