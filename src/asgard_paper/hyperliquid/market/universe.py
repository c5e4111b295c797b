"""The perpetuals on offer, their sizes and margin tiers, in the order that gives asset ids.

Tables 55 and 56 and the asset rows follow the venue's `meta` of July 2026; SOL's tiers follow its
margin documentation (20x up to 70 million dollars of notional, 10x above).
"""

from dataclasses import dataclass
from decimal import Decimal

from asgard_paper.hyperliquid.numbers import ZERO
from asgard_paper.kernel.market import SOL


@dataclass(frozen=True, slots=True)
class MarginTier:
    """From `lower_bound` USD of notional on, at most `max_leverage`."""

    lower_bound: Decimal
    max_leverage: int

    @property
    def maintenance_rate(self) -> Decimal:
        """Half of the initial margin rate at the highest leverage."""
        return Decimal(1) / (2 * self.max_leverage)


@dataclass(frozen=True, slots=True)
class MarginTable:
    """Tiers in rising order of notional; the first starts at zero."""

    table_id: int
    description: str
    tiers: tuple[MarginTier, ...]

    def deductions(self) -> tuple[Decimal, ...]:
        """What keeps maintenance margin continuous where one tier meets the next."""
        found = [ZERO]
        for below, tier in zip(self.tiers, self.tiers[1:], strict=False):
            step = tier.maintenance_rate - below.maintenance_rate
            found.append(found[-1] + tier.lower_bound * step)
        return tuple(found)

    def maintenance(self, notional: Decimal) -> Decimal:
        """Maintenance margin in USD of one position of this notional."""
        rate, deduction = self._tier_at(notional)
        return notional * rate - deduction

    def _tier_at(self, notional: Decimal) -> tuple[Decimal, Decimal]:
        chosen = (self.tiers[0].maintenance_rate, ZERO)
        for tier, deduction in zip(self.tiers, self.deductions(), strict=True):
            if notional >= tier.lower_bound:
                chosen = (tier.maintenance_rate, deduction)
        return chosen


@dataclass(frozen=True, slots=True)
class Asset:
    """One perpetual; `index` is the asset id that orders carry."""

    name: str
    index: int
    size_decimals: int
    margin_table: MarginTable
    reference_price: Decimal
    """The constant oracle price of every coin but SOL, whose price the market path gives."""
    depth_usd: Decimal
    """Resting USD per side within 50 basis points of the mid."""
    impact_usd: Decimal
    """The order value whose average fill price defines the premium."""
    open_interest: Decimal
    """What everyone outside this world holds, in coins."""
    is_delisted: bool = False

    @property
    def max_leverage(self) -> int:
        """The highest leverage a position may be opened with."""
        return self.margin_table.tiers[0].max_leverage

    @property
    def size_step(self) -> Decimal:
        """The smallest difference between two sizes."""
        return Decimal(1).scaleb(-self.size_decimals)


def _flat(leverage: int) -> MarginTable:
    return MarginTable(leverage, "", (MarginTier(ZERO, leverage),))


def _tiered(table_id: int, high: int, low: int, bound: int) -> MarginTable:
    tiers = (MarginTier(ZERO, high), MarginTier(Decimal(bound), low))
    return MarginTable(table_id, f"tiered {high}x", tiers)


_BTC_TIERS = _tiered(56, 40, 20, 150_000_000)
_ETH_TIERS = _tiered(55, 25, 15, 100_000_000)
_SOL_TIERS = _tiered(54, 20, 10, 70_000_000)

_Row = tuple[str, int, MarginTable, str, int, str]
_ROWS: tuple[_Row, ...] = (
    ("BTC", 5, _BTC_TIERS, "77605", 3_400_000, "27353.17682"),
    ("ETH", 4, _ETH_TIERS, "2124.6", 5_000_000, "605822.2558"),
    ("ATOM", 2, _flat(5), "2.1345", 60_000, "1485517.84"),
    ("MATIC", 1, _flat(20), "0.3754", 0, "0"),
    ("DYDX", 1, _flat(5), "0.15536", 40_000, "22603803"),
    # SOL's depth was never recorded: one third of ETH's until it is measured.
    (SOL, 2, _SOL_TIERS, "0", 1_666_667, "3928422.46"),
    ("AVAX", 2, _flat(10), "12.41", 150_000, "1120404.1"),
    ("BNB", 3, _flat(10), "640.2", 250_000, "31207.4"),
    ("APE", 1, _flat(3), "0.4411", 30_000, "3105522"),
    ("OP", 1, _flat(5), "0.2871", 30_000, "9120331"),
    ("LTC", 2, _flat(10), "78.3", 90_000, "102330.5"),
    ("ARB", 1, _flat(10), "0.1742", 60_000, "24103344"),
    ("DOGE", 0, _flat(10), "0.1204", 250_000, "410223009"),
)


def _asset(index: int, row: _Row) -> Asset:
    name, size_decimals, table, price, depth, interest = row
    return Asset(
        name=name,
        index=index,
        size_decimals=size_decimals,
        margin_table=table,
        reference_price=Decimal(price),
        depth_usd=Decimal(depth),
        impact_usd=Decimal(20_000 if name in ("BTC", "ETH") else 6_000),
        open_interest=Decimal(interest),
        is_delisted=name == "MATIC",
    )


UNIVERSE: tuple[Asset, ...] = tuple(_asset(index, row) for index, row in enumerate(_ROWS))
ASSETS: dict[str, Asset] = {asset.name: asset for asset in UNIVERSE}
