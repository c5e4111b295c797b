"""At what debt the lenders liquidate: Asgard does not say, so it is data, and inference.

Sources: the lenders' published risk guidance (reference figures of early 2026). The first
refresh of a real position shows the truth; `inferred_threshold` reads it from there.
"""

from collections.abc import Mapping
from decimal import Decimal

from asgard_basis.domain.assets import Asset, LendingProtocol
from asgard_basis.domain.market.rates import HealthFactor

_STATED: Mapping[LendingProtocol, Decimal] = {
    LendingProtocol.KAMINO: Decimal("0.80"),
    LendingProtocol.MARGINFI: Decimal("0.80"),
    LendingProtocol.SOLEND: Decimal("0.80"),
    LendingProtocol.DRIFT: Decimal("0.90"),
}
LIQUIDATION_THRESHOLDS: Mapping[tuple[LendingProtocol, Asset], Decimal] = {
    (protocol, asset): value for protocol, value in _STATED.items() for asset in Asset
}
"""Debt over collateral value at which liquidation begins."""


def inferred_threshold(
    *, collateral_usd: Decimal, debt_usd: Decimal, health: HealthFactor
) -> Decimal | None:
    """The threshold a health factor implies: loan-to-value / (1 - health); None without debt."""
    if debt_usd <= 0 or collateral_usd <= 0 or health.value >= 1:
        return None
    return debt_usd / collateral_usd / (1 - health.value)
