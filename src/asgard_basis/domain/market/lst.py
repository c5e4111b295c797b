"""Staking tokens against what they redeem for: premium, discount, and how fast it moves."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from asgard_basis.domain.assets import Asset, LendingProtocol
from asgard_basis.domain.market.snapshot import LstMarket

VALUED_AT_REDEMPTION = frozenset({LendingProtocol.KAMINO})
"""Lenders that count a token at its pool's rate: there a discount liquidates nobody, it only
makes selling dear. Every other one is taken to go by the market."""
_WINDOW = timedelta(hours=1)
_APART = timedelta(minutes=1)


def lender_rate(
    protocol: LendingProtocol, redemption_rate: Decimal | None, market_rate: Decimal | None
) -> Decimal | None:
    """SOL per token as the lender counts it, the lower of both where it may go by either."""
    if redemption_rate is None or protocol in VALUED_AT_REDEMPTION or market_rate is None:
        return redemption_rate
    return min(redemption_rate, market_rate)


@dataclass(frozen=True, slots=True)
class PegSample:
    """One look at a token."""

    at: datetime
    """Market time."""
    ratio: Decimal
    """Market over redemption: below one is a discount."""


@dataclass(frozen=True, slots=True)
class PegTrail:
    """Where a token traded within the last hour, a sample a minute, oldest first."""

    samples: tuple[PegSample, ...] = ()

    def seen(self, at: datetime, ratio: Decimal) -> "PegTrail":
        """With one more look; what is older than the window is forgotten."""
        kept = tuple(s for s in self.samples if at - _WINDOW <= s.at < at)
        if kept and at - kept[-1].at < _APART:
            return self if kept == self.samples else replace(self, samples=kept)
        return PegTrail((*kept, PegSample(at, ratio)))

    def change(self, at: datetime, ratio: Decimal) -> Decimal | None:
        """The largest move to `ratio` from any sample of the window; negative is a fall.

        None while there is nothing to compare with.
        """
        moves = [ratio - s.ratio for s in self.samples if at - _WINDOW <= s.at < at]
        return max(moves, key=abs, default=None)


@dataclass(frozen=True, slots=True)
class Peg:
    """A token's standing at one moment."""

    discount: Decimal
    """Of the market below redemption, as a fraction; negative is a premium."""
    change: Decimal | None
    """Of market over redemption within the last hour; None while it is not known."""


def watched(
    trails: dict[Asset, PegTrail], at: datetime, market: LstMarket
) -> tuple[Peg | None, PegTrail]:
    """The token's standing and its trail with this look; None while it trades nowhere known."""
    trail = trails.get(market.asset, PegTrail())
    discount = market.discount
    if discount is None:
        return None, trail
    ratio = 1 - discount
    return Peg(discount, trail.change(at, ratio)), trail.seen(at, ratio)
