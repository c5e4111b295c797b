"""At which price the next rule acts, downwards and upwards, if nothing else changes.

Each rule's condition solved for the price, and then held against the rules themselves: what is
told is what would be done there.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from asgard_basis.domain.decision.card import Verdict
from asgard_basis.domain.money import ONE
from asgard_basis.domain.risk.engine import decide
from asgard_basis.domain.risk.facts import RiskFacts, RiskThresholds, defence_trigger

_STEP = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Step:
    """What a rule does when the price gets there."""

    rule: str
    action: Verdict
    price: Decimal
    """Of the mark."""


def outlook(facts: RiskFacts, thresholds: RiskThresholds) -> tuple[Step | None, Step | None]:
    """The first step below the present mark, and the first above; None where there is none.

    What is to be done at the present price is a step at that price, on the side of its leg.
    """
    below = _first(facts, thresholds, sorted(_falling(facts, thresholds), reverse=True))
    above = _first(facts, thresholds, sorted(_rising(facts, thresholds)))
    return below, above


def _falling(facts: RiskFacts, limits: RiskThresholds) -> Iterable[Decimal]:
    """Mark prices at which the long comes to the room of each rule; the oracle moves along."""
    health = facts.own_health
    if health is None or health >= ONE:
        return
    for room in (defence_trigger(facts, limits), limits.health_exit):
        price = facts.price.mark_price * (ONE - health) / (ONE - room)
        yield min(facts.price.mark_price, price.quantize(_STEP, rounding=ROUND_FLOOR))


def _rising(facts: RiskFacts, limits: RiskThresholds) -> Iterable[Decimal]:
    """Mark prices at which the short comes to the room or the margin of each rule."""
    wall, raw, size = facts.short_wall, facts.legs.short_raw_usd, facts.legs.short_sol
    if wall is None or raw is None:
        return
    defended = wall / (ONE + defence_trigger(facts, limits))
    # The exit wants less margin than its limit, so it is one step beyond.
    left = raw / (size * (ONE + limits.margin_exit)) + _STEP
    for price in (defended, left):
        yield max(facts.price.mark_price, price.quantize(_STEP, rounding=ROUND_CEILING))


def _first(facts: RiskFacts, thresholds: RiskThresholds, prices: Iterable[Decimal]) -> Step | None:
    for price in prices:
        if price <= 0:
            continue
        ruling = decide(_at(facts, price), thresholds)
        if ruling.verdict is not Verdict.HOLD:
            return Step(ruling.failing[0], ruling.verdict, price)
    return None


def _at(facts: RiskFacts, mark: Decimal) -> RiskFacts:
    """The same pair at another mark; the lender has said nothing of it there."""
    ratio = mark / facts.price.mark_price
    price = replace(facts.price, mark_price=mark, oracle_price=facts.price.oracle_price * ratio)
    return replace(facts, price=price, legs=replace(facts.legs, stated_health=None))
