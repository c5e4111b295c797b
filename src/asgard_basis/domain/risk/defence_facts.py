"""What a defence is decided from: both legs, what may be done about them, and the limits."""

from dataclasses import dataclass, replace
from decimal import Decimal

from asgard_basis.domain.money import ONE, ZERO
from asgard_basis.domain.risk.distances import CutCosts, PairLegs
from asgard_basis.domain.risk.limits import RiskLimits


@dataclass(frozen=True, slots=True)
class Rails:
    """Money that may be moved to a leg: only what its owner has allowed beforehand."""

    free_for_long_usd: Decimal
    """USDC on Solana that no leg uses."""
    free_for_short_usd: Decimal
    """USDC at Hyperliquid that no leg uses."""
    has_bridge: bool
    """Whether what one leg can spare can reach the other."""
    allowed_usd: Decimal
    """What the owner's caps leave for one move now."""
    least_usd: Decimal
    move_usd: Decimal
    """What one move costs."""
    income_daily: Decimal
    """What a dollar of size earns a day; negative where it costs."""
    is_freed_only: bool = False
    """The other leg gives no more than what the cut sets free of it."""
    is_bridge_barred: bool = False
    """There is a bridge, and the owner has not allowed it."""


@dataclass(frozen=True, slots=True)
class DefenceFacts:
    """One position at one mark."""

    price: Decimal
    legs: PairLegs
    long_sol: Decimal
    short_sol: Decimal
    """As booked: what the venue took by itself is the existence gate's."""
    sells_parts: bool
    """Whether the lender lets a part of the long be sold."""
    is_idle: bool = True
    """Both legs stand, and nothing else is being done with them."""
    is_long_known: bool = True
    """False while the venue does not say what the long holds and owes."""
    is_moving: bool = False
    """Money is on its way to a leg."""
    minutes_since: Decimal | None = None
    """Since the last defence; None without one."""
    defended_today: int = 0
    rails: Rails | None = None
    """None: the owner has not allowed any moves."""

    def at(self, price: Decimal) -> "DefenceFacts":
        """The same position at another price."""
        return replace(self, price=price, legs=self.legs.at(price / self.price - ONE))


@dataclass(frozen=True, slots=True)
class DefenceThresholds:
    """When something is done, and how much."""

    trigger: Decimal
    """A leg that is no further from liquidation is defended."""
    again: Decimal
    """The same while money is on its way, or after a defence a moment ago."""
    emergency: Decimal
    """Nearer than this: no waiting, and a half goes at least."""
    target: Decimal
    """What a cut restores for both legs."""
    emergency_part: Decimal
    close_part: Decimal
    """Where more than this would have to go, the pair is closed."""
    order_usd_min: Decimal
    delta_max: Decimal
    pause_minutes: Decimal
    """Between two defences that are no emergency."""
    daily_max: int
    """Of those."""
    payback_days: Decimal
    costs: CutCosts


def opening_distance(leverage: Decimal, threshold: Decimal) -> Decimal:
    """Of both legs when a pair of that leverage is opened."""
    legs = PairLegs(leverage, leverage - ONE, threshold, ZERO, ZERO, ZERO)
    return max(ZERO, legs.long_distance or ZERO)


def defence_trigger(opening: Decimal, limits: RiskLimits) -> Decimal:
    """The distance at which a pair is defended that began with `opening`.

    The one definition: what quotes, positions and the bot itself go by.
    """
    return min(limits.defence_long_buffer, opening * limits.defence_trigger_share)


def thresholds_for(
    leverage: Decimal, threshold: Decimal, limits: RiskLimits, costs: CutCosts
) -> DefenceThresholds:
    """Of a pair opened at that leverage with a lender of that liquidation threshold."""
    opening = opening_distance(leverage, threshold)
    trigger = defence_trigger(opening, limits)
    return DefenceThresholds(
        trigger=trigger,
        again=trigger * limits.defence_again_share,
        emergency=min(limits.defence_emergency_buffer, trigger / 2),
        target=max(trigger * limits.defence_target_least, opening * limits.defence_target_share),
        emergency_part=limits.defence_emergency_part,
        close_part=limits.defence_close_part,
        order_usd_min=limits.short_order_usd_min,
        delta_max=limits.delta_deviation_max,
        pause_minutes=Decimal(limits.defence_pause_minutes),
        daily_max=limits.defences_daily_max,
        payback_days=limits.defence_payback_days,
        costs=costs,
    )
