"""From what is booked and was last observed of a position to what its defence is decided from."""

from decimal import Decimal

from asgard_basis.domain.assets import LendingProtocol
from asgard_basis.domain.market.snapshot import MarketSnapshot
from asgard_basis.domain.money import ONE, ZERO
from asgard_basis.domain.position.lifecycle import PositionState
from asgard_basis.domain.position.position import LegObservation, Position, ShortRecord
from asgard_basis.domain.risk.defence_facts import DefenceFacts, DefenceThresholds, thresholds_for
from asgard_basis.domain.risk.distances import CutCosts, PairLegs
from asgard_basis.domain.risk.limits import RiskLimits

SELLS_PARTS = frozenset({LendingProtocol.KAMINO})
"""Lenders through which Asgard sells a part of a position, and repays a part of its debt."""


def facts_of(
    position: Position,
    snapshot: MarketSnapshot,
    *,
    mark: Decimal | None = None,
    is_health_fresh: bool = False,
    is_busy: bool = False,
) -> DefenceFacts | None:
    """The position at a mark, or at the snapshot's; None before both legs have been observed.

    The long is valued at the oracle price, the short at the mark. A health the venue has stated
    a moment ago overrules ours where it is worse.
    """
    seen, redemption = position.observation, snapshot.redemption_rate(position.asset)
    if position.long is None or position.short is None or seen is None or redemption is None:
        return None
    is_believed = snapshot.believed_redemption(position.asset) is not None
    if not is_believed:
        # Pools only ever pay more: the rate of the opening is never too much.
        redemption = position.long.redemption_opened
    price = mark or snapshot.perp.mark_price
    # The mark moves between two snapshots, and the oracle follows it.
    oracle = snapshot.perp.oracle_price * price / snapshot.perp.mark_price
    sol = seen.collateral * redemption
    lender = snapshot.lender(position.protocol, position.asset)
    threshold = lender.liquidation_threshold if lender else ONE
    value = sol * oracle
    if seen.health is not None and is_health_fresh and value > 0 and seen.health.value < 1:
        threshold = min(threshold, seen.debt_usdc / value / (ONE - seen.health.value))
    size = _size(position.short, seen)
    return DefenceFacts(
        price=price,
        legs=PairLegs(
            value_usd=value,
            debt_usd=seen.debt_usdc,
            threshold=threshold or ONE,
            notional_usd=size * price,
            margin_usd=_margin(position.short, seen, size, price),
            maintenance=snapshot.perp.maintenance_fraction,
        ),
        long_sol=sol if is_believed else position.short.size,  # else nothing is trimmed by it
        short_sol=position.short.size,
        sells_parts=position.protocol in SELLS_PARTS,
        is_idle=position.state is PositionState.HEDGED and not is_busy,
        is_long_known=seen.health is not None or lender is not None,
    )


def margin_at(position: Position, price: Decimal) -> Decimal:
    """Equity behind its short at a mark, as last observed; zero without one."""
    if position.short is None or position.observation is None:
        return ZERO
    size = _size(position.short, position.observation)
    return _margin(position.short, position.observation, size, price)


def thresholds_of(
    position: Position, snapshot: MarketSnapshot, limits: RiskLimits, costs: CutCosts
) -> DefenceThresholds:
    """The limits of its defence, from the leverage it was opened with."""
    lender = snapshot.lender(position.protocol, position.asset)
    threshold = lender.liquidation_threshold if lender else limits.liquidation_threshold_unknown
    return thresholds_for(position.leverage, threshold, limits, costs)


def _size(short: ShortRecord, seen: LegObservation) -> Decimal:
    """What was sold short, or less where the venue has less."""
    return min(short.size, max(ZERO, -seen.account_signed_size))


def _margin(short: ShortRecord, seen: LegObservation, size: Decimal, price: Decimal) -> Decimal:
    """Equity behind this position's part of the account's short, at that price."""
    if size == 0 or seen.account_signed_size >= 0:
        return ZERO
    share = size / abs(seen.account_signed_size)
    if seen.isolated_raw_usd is not None:
        return seen.isolated_raw_usd * share - size * price
    return short.margin_usdc + short.size * (short.entry_price - price)
