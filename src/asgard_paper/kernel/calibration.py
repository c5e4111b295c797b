"""The numbers that make generated markets look like recorded ones.

Measured on recorded data before 2025-11-01 (SOL price and premium: Dec 2024 - Oct 2025, lending:
Jun - Oct 2025). Floats are fine here: this is the raw material of a random path, and every value
leaves the generator as a rounded Decimal. Where nothing was recorded the line says "assumed".
"""

from dataclasses import dataclass

HOURS_PER_YEAR = 8760.0
EPOCH_HOURS = 48
"""Solana epochs take about two days; staking rewards arrive once per epoch."""

# --- price ---------------------------------------------------------------------------------
HOURLY_SIGMA = 0.0079
"""Typical hourly volatility; the moving parts below raise the yearly figure to about 88 %."""
SLOW_VOLATILITY = (0.26, 1 / 200)
"""(standard deviation of the log, share forgotten per hour): weeks of calm or stress."""
QUICK_VOLATILITY = (0.32, 1 / 8)
"""The same for bursts of some hours."""
VOLATILITY_FOLLOWS_SURPRISE = 0.75
"""Correlation of a burst's news with the size of the hour's surprise."""
INNOVATION_FREEDOM = 6.0
"""Degrees of freedom of the Student-t innovations."""
JUMPS_PER_HOUR = 1 / 2000
JUMP_SIGMA = 0.032
JUMP_AFTERSHOCK = 0.6
"""How much a jump raises the burst volatility of the hours after it."""
HOUR_OF_DAY = (
    0.81, 1.05, 1.06, 0.97, 0.95, 0.92, 0.90, 0.90, 0.83, 0.90, 0.84, 0.84,
    0.84, 0.95, 1.22, 1.42, 1.35, 1.15, 1.22, 1.03, 1.00, 1.00, 0.93, 0.95,
)  # fmt: skip
"""Volatility by UTC hour: the American morning is the busy time."""

# --- premium -------------------------------------------------------------------------------
PREMIUM_SLOW = (0.57, 1 / 150)
PREMIUM_DAILY = (0.33, 1 / 24)
PREMIUM_FAST = (0.10, 0.4)
"""(share of the variance, share forgotten per hour) of the three parts of the premium."""
PREMIUM_FOLLOWS_RETURNS = 0.62
"""Correlation of the slow part's news with the price's news: rallies make longs pay."""
DISLOCATION_BELOW = -0.045
"""An hourly fall this deep can throw the perpetual far below the oracle."""
DISLOCATION_MEDIAN = 0.0013
DISLOCATION_SPREAD = 1.0
DISLOCATION_KEPT = 0.6
PREMIUM_FLOOR = -0.02


@dataclass(frozen=True, slots=True)
class Quantiles:
    """A distribution as values at cumulative probabilities, linear between them."""

    probabilities: tuple[float, ...]
    values: tuple[float, ...]


_TAIL = (
    0.0,
    0.001,
    0.01,
    0.05,
    0.1,
    0.2,
    0.3,
    0.4,
    0.5,
    0.6,
    0.7,
    0.8,
    0.9,
    0.95,
    0.99,
    0.999,
    1.0,
)

PREMIUM_QUANTILES = Quantiles(
    _TAIL,
    (
        -0.0019, -0.0014, -0.00088, -0.00070, -0.00061, -0.00051, -0.00044, -0.00036, -0.00025,
        -0.00012, 0.00002, 0.00024, 0.00059, 0.00075, 0.00106, 0.00141, 0.0017,
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class RateShape:
    """One lender's rate: its distribution in percent, its memory, what moves with it.

    The other side of the same pool follows as `other_slope * rate + other_offset`.
    """

    quantiles: Quantiles
    memory: tuple[tuple[float, float], ...]
    """(share of the variance, hours of memory); 0 hours is a fresh draw every hour."""
    follows_funding: float
    """Correlation with the premium's slow part."""
    follows_demand: float
    """Correlation with the demand for SOL that lenders share."""
    other_slope: float
    other_offset: float


SOL_SUPPLY = {
    "kamino": RateShape(
        Quantiles(
            _TAIL,
            (3.25, 3.29, 3.36, 3.54, 4.07, 4.39, 4.65, 4.94, 5.31, 5.46, 5.61, 5.77, 6.32, 7.76,
             10.39, 14.44, 14.9),
        ),
        ((0.6, 20.0), (0.4, 100.0)), 0.35, 0.25, 1.123, 1.319,
    ),
    "marginfi": RateShape(
        Quantiles(
            _TAIL,
            (3.0, 3.03, 3.1, 3.36, 3.42, 3.74, 3.84, 4.01, 4.22, 4.69, 4.97, 5.32, 5.91, 6.25,
             8.14, 14.72, 15.5),
        ),
        ((0.45, 22.0), (0.55, 200.0)), 0.0, 0.7, 0.737, 2.914,
    ),
    "drift": RateShape(
        Quantiles(
            _TAIL,
            (1.1, 1.18, 1.42, 1.64, 1.97, 2.35, 2.65, 3.07, 3.51, 3.84, 4.14, 4.65, 5.58, 6.03,
             8.79, 18.0, 19.5),
        ),
        ((0.5, 22.0), (0.5, 120.0)), 0.0, 0.7, 1.201, 3.244,
    ),
    # assumed: nothing was recorded for Solend; a smaller, duller Kamino
    "solend": RateShape(
        Quantiles(
            _TAIL,
            (2.6, 2.7, 2.8, 3.0, 3.3, 3.6, 3.8, 4.0, 4.3, 4.5, 4.7, 5.0, 5.5, 6.2, 8.0, 11.0, 13.0),
        ),
        ((0.5, 24.0), (0.5, 150.0)), 0.2, 0.4, 1.15, 1.6,
    ),
}  # fmt: skip

USDC_BORROW = {
    "kamino": RateShape(
        Quantiles(
            _TAIL,
            (4.38, 4.39, 4.62, 4.99, 5.1, 5.37, 5.53, 5.62, 5.73, 5.89, 6.74, 6.93, 7.91, 9.61,
             15.57, 21.88, 22.9),
        ),
        ((0.64, 280.0), (0.36, 0.0)), 0.4, 0.0, 0.821, -0.5,
    ),
    "marginfi": RateShape(
        Quantiles(
            _TAIL,
            (5.5, 5.64, 5.76, 6.19, 6.64, 6.98, 7.24, 7.54, 7.79, 8.08, 8.36, 8.73, 9.11, 9.33,
             10.09, 10.9, 12.9),
        ),
        ((1.0, 165.0),), 0.0, 0.1, 0.913, -1.864,
    ),
    "drift": RateShape(
        Quantiles(
            _TAIL,
            (4.4, 4.59, 5.04, 5.95, 6.42, 7.33, 8.07, 8.87, 9.38, 9.94, 10.46, 10.99, 11.75, 12.31,
             13.97, 16.92, 23.1),
        ),
        ((0.97, 55.0), (0.03, 0.0)), 0.15, 0.0, 0.764, -0.48,
    ),
    # assumed, as above
    "solend": RateShape(
        Quantiles(
            _TAIL,
            (4.8, 4.9, 5.1, 5.5, 5.8, 6.1, 6.3, 6.5, 6.7, 6.9, 7.3, 7.8, 8.6, 9.8, 13.0, 18.0,
             20.0),
        ),
        ((0.8, 150.0), (0.2, 10.0)), 0.3, 0.0, 0.8, -0.8,
    ),
}  # fmt: skip

LST_SUPPLY_SHARE = 0.02
"""Assumed: staked SOL is rarely borrowed, so lending it earns a sliver of what SOL earns."""
LST_BORROW_SHARE = 0.35
"""Assumed: borrowing staked SOL costs about a third of borrowing SOL."""

# --- staking -------------------------------------------------------------------------------
REDEMPTION_ANCHOR_MS = 1_754_006_400_000
"""2025-08-01, the date of the redemption rates below."""
REDEMPTION_AT_ANCHOR = {"jitoSOL": 1.2246, "jupSOL": 1.1144, "INF": 1.3496}
"""jupSOL was read without a date and is taken as of the same day; INF was read later (1.4078
when jitoSOL stood at 1.2759) and is carried back at its own yield."""
STAKING_YIELD_SHARE = {"jitoSOL": 1.0, "jupSOL": 0.92, "INF": 1.03}
"""Yield as a multiple of jitoSOL's: early 2026 pages give 5.9-6.2 % and 6.4-7.1 % beside 6.6 %."""
STAKING_APY_MEAN = 0.0675
STAKING_APY_SIGMA = 0.0038
STAKING_APY_EPOCH_FORGOTTEN = 0.03
STAKING_APY_BOUNDS = (0.0575, 0.0735)

DISCOUNT_QUANTILES = Quantiles(
    (0.0, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.97, 0.99, 0.999, 1.0),
    (-0.0006, -0.0003, 0.0, 0.0003, 0.0007, 0.0012, 0.0019, 0.0025, 0.0055, 0.0075, 0.009),
)
DISCOUNT_MEMORY_HOURS = 30.0
DISCOUNT_FOLLOWS_VOLATILITY = 0.6
