"""What the market does, apart from us: one value for a moment, from a path that can be asked.

Two paths exist: a calibrated generator (`generated.py`) and recorded history (`replayed.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

HOUR_MS = 3_600_000

SOL = "SOL"
JITOSOL = "jitoSOL"
JUPSOL = "jupSOL"
INF = "INF"
LENDERS = ("kamino", "marginfi", "solend", "drift")


@dataclass(frozen=True, slots=True)
class LenderRates:
    """One lender's yearly compounded rates as fractions (0.05 = 5 % APY)."""

    collateral_supply_apy: Mapping[str, Decimal]
    """By collateral asset: SOL, jitoSOL, jupSOL, INF."""
    usdc_borrow_apy: Decimal
    usdc_supply_apy: Decimal
    collateral_borrow_apy: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class LstState:
    """One liquid staking token."""

    redemption_rate: Decimal
    """SOL per token, from the stake pool."""
    staking_apy: Decimal
    discount: Decimal
    """How far the market price is below redemption, as a fraction; negative is a premium."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """Everything exogenous at one market moment."""

    at_ms: int
    oracle_price: Decimal
    """USD per SOL, the oracle both venues read."""
    premium: Decimal
    """Hourly mean premium of the perpetual over the oracle, as a fraction, for this hour."""
    lenders: Mapping[str, LenderRates]
    lsts: Mapping[str, LstState]


class MarketPath(Protocol):
    """A market's past and future: the same question always has the same answer."""

    def at(self, at_ms: int) -> Conditions:
        """Conditions at a market moment; raises LookupError outside a recorded path."""
        ...

    def settlement_price(self, hour_ms: int) -> Decimal:
        """The oracle price used for the funding payment at the hour `hour_ms`."""
        ...

    def premium_of_hour(self, hour_ms: int) -> Decimal:
        """Mean premium over the hour that ends at `hour_ms`; its funding follows from it."""
        ...


def hour_of(at_ms: int) -> int:
    """The start of the hour that holds `at_ms`."""
    return at_ms - at_ms % HOUR_MS
