"""From one amount of capital to two equal legs with the same room before liquidation."""

from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from asgard_basis.domain.errors import DomainError, ErrorCode
from asgard_basis.domain.market.rates import HealthFactor
from asgard_basis.domain.money import ONE, USDC_UNIT, floor_to, nearest_to
from asgard_basis.domain.strategy.fees import FeeSchedule


@dataclass(frozen=True, slots=True)
class Split:
    """How the capital is divided, and what each leg will be."""

    collateral_usdc: Decimal
    """To Solana: the long's own equity."""
    margin_usdc: Decimal
    """On Hyperliquid: the short's margin, opening fee included."""
    notional_usd: Decimal
    """Of each leg, after fees."""
    borrow_usdc: Decimal
    short_sol: Decimal
    short_leverage: Decimal
    venue_leverage: int
    """Hyperliquid takes integers; the margin is brought to the plan afterwards."""
    opening_health: HealthFactor
    long_liquidation_price: Decimal
    short_liquidation_price: Decimal


def opening_health(leverage: Decimal, liquidation_threshold: Decimal) -> HealthFactor:
    """1 - (L - 1) / (L x threshold), not below zero."""
    value = 1 - (leverage - 1) / (leverage * liquidation_threshold)
    return HealthFactor(max(Decimal(0), value))


def safe_leverage(
    *, health_min: Decimal, liquidation_threshold: Decimal, venue_max: Decimal
) -> Decimal:
    """The highest leverage that opens with at least `health_min`, in tenths, rounded down.

    From the health at opening: L <= 1 / (1 - (1 - health_min) x threshold); never above 95 % of
    the lender's own limit.
    """
    by_health = ONE / (1 - (1 - health_min) * liquidation_threshold)
    return floor_to(min(by_health, venue_max * Decimal("0.95")), Decimal("0.1"))


def balanced_short_leverage(health: HealthFactor, maintenance_fraction: Decimal) -> Decimal:
    """Leverage at which the short is liquidated as far above the mark as the long is below.

    An isolated short opened at p with leverage S is liquidated at p (1 + 1/S) / (1 + m).
    """
    return ONE / ((1 + health.value) * (1 + maintenance_fraction) - 1)


def split_capital(
    *,
    size_usd: Decimal,
    leverage: Decimal,
    liquidation_threshold: Decimal,
    price: Decimal,
    maintenance_fraction: Decimal,
    venue_leverage_max: int,
    size_step: Decimal,
    fees: FeeSchedule,
) -> Split:
    """Divide `size_usd` so that both legs are equal after fees and equally far from liquidation.

    The capital pays for collateral E, margin M and the short's opening fee. The long is
    L x E less its opening cost; the short equals it; M = short / S.
    Raises DomainError VAL-0004 when the legs come to nothing.
    """
    health = opening_health(leverage, liquidation_threshold)
    short_leverage = balanced_short_leverage(health, maintenance_fraction)
    kept = 1 - fees.margin_open - fees.swap_slippage
    per_collateral = leverage * kept
    margin_per_notional = ONE / short_leverage + fees.perp_taker
    collateral = floor_to(size_usd / (1 + per_collateral * margin_per_notional), USDC_UNIT)
    notional = collateral * per_collateral
    short_sol = nearest_to(notional / price, size_step)
    if short_sol <= 0:
        raise DomainError(ErrorCode.INVALID_SIZE, f"{size_usd} USD is too little for one lot")
    margin = floor_to(size_usd - collateral, USDC_UNIT)
    raw_usd = short_sol * price * (1 - fees.perp_taker) + margin
    venue_leverage = int(short_leverage.to_integral_value(rounding=ROUND_CEILING))
    return Split(
        collateral_usdc=collateral,
        margin_usdc=margin,
        notional_usd=notional,
        borrow_usdc=(leverage - 1) * collateral,
        short_sol=short_sol,
        short_leverage=short_leverage,
        venue_leverage=max(1, min(venue_leverage, venue_leverage_max)),
        opening_health=health,
        long_liquidation_price=price * (1 - health.value),
        short_liquidation_price=raw_usd / ((1 + maintenance_fraction) * short_sol),
    )
