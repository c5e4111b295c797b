"""How near a position is to being defended: one figure to sort by."""

from decimal import Decimal

from asgard_basis.domain.market.snapshot import MarketSnapshot
from asgard_basis.domain.position.position import Position
from asgard_basis.domain.risk.defence_facts import defence_trigger, opening_distance
from asgard_basis.domain.risk.defence_reading import facts_of
from asgard_basis.domain.risk.distances import nearest
from asgard_basis.domain.risk.limits import RiskLimits

NEAR = Decimal("1.5")
"""In danger: with less than this many times the distance at which it is defended."""


def nearness(position: Position, snapshot: MarketSnapshot, limits: RiskLimits) -> Decimal | None:
    """The smaller liquidation distance over the one at which the pair is defended.

    From the last observation, at the snapshot's prices; None before both legs were observed.
    """
    facts = facts_of(position, snapshot)
    distance = None if facts is None else nearest(facts.legs)
    if distance is None:
        return None
    lender = snapshot.lender(position.protocol, position.asset)
    threshold = lender.liquidation_threshold if lender else limits.liquidation_threshold_unknown
    trigger = defence_trigger(opening_distance(position.leverage, threshold), limits)
    return distance / trigger if trigger > 0 else None
