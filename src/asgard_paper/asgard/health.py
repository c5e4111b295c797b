"""Health of a position, and what a liquidation does to it."""

from dataclasses import dataclass
from decimal import Decimal

from asgard_paper.asgard.lenders import LenderTerms

HUNDRED = Decimal(100)
DUST_USDC = Decimal(1)
"""A debt this small is repaid whole."""


def health_percent(collateral_usd: Decimal, debt_usd: Decimal, threshold: Decimal) -> Decimal:
    """How far, in percent, the collateral may fall before liquidators may step in."""
    if debt_usd <= 0:
        return HUNDRED
    if collateral_usd <= 0:
        return -HUNDRED
    return HUNDRED * (1 - debt_usd / (collateral_usd * threshold))


@dataclass(frozen=True, slots=True)
class Seizure:
    """One liquidator's step."""

    repaid_usdc: Decimal
    seized: Decimal
    """Collateral taken, in tokens."""


def seize(collateral: Decimal, debt: Decimal, *, price: Decimal, terms: LenderTerms) -> Seizure:
    """What one liquidation takes at a price; all of it when the collateral cannot cover more."""
    repaid = debt if debt <= DUST_USDC else debt * terms.close_factor
    premium = 1 + terms.liquidation_penalty
    if debt * premium >= collateral * price:
        return Seizure(min(debt, collateral * price / premium), collateral)
    return Seizure(repaid, repaid * premium / price)
