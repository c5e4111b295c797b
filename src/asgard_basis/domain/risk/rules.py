"""Each risk rule: one pure function from facts and thresholds to one criterion.

A figure that is not known never passes as good and is never a reason to leave: the rule that
asks for it passes, and a rule of its own says that it is not known.
"""

from decimal import Decimal

from asgard_basis.domain.decision.check import Check
from asgard_basis.domain.market.lst import VALUED_AT_REDEMPTION
from asgard_basis.domain.risk.facts import (
    Belief,
    NearKind,
    RiskFacts,
    RiskThresholds,
    defence_trigger,
    standing,
)

UNKNOWN = "not known"
_HUNDRED = 100


def percent(fraction: Decimal | None) -> str:
    """A fraction as percent for a criterion's figure."""
    return UNKNOWN if fraction is None else f"{fraction * _HUNDRED:.2f}%"


def price_believed(facts: RiskFacts, _limits: RiskThresholds) -> Check:
    """The price is fresh and nothing contradicts it."""
    belief = facts.price.belief
    return Check(
        key="price",
        label="Price fresh and undisputed",
        passed=belief is Belief.FRESH,
        figure=facts.price.doubt or belief.value,
        limit="fresh",
        remedy="Nothing is decided by a price that may be wrong; the venues are asked again.",
    )


def long_health(facts: RiskFacts, limits: RiskThresholds) -> Check:
    """The long's collateral may still fall by more than the exit's share."""
    health = facts.health if is_price_fresh(facts) else None
    return Check(
        key="long_health",
        label="Room before the long is liquidated",
        passed=health is None or health > limits.health_exit,
        figure=percent(health),
        limit=f"above {percent(limits.health_exit)}",
        remedy="Close the position: both legs, the short first.",
    )


def short_margin(facts: RiskFacts, limits: RiskThresholds) -> Check:
    """The short's equity is at least the exit's share of its notional."""
    is_booked = is_price_fresh(facts) and not facts.legs.is_changing
    fraction = facts.margin_fraction if is_booked else None
    return Check(
        key="short_margin",
        label="Margin behind the short",
        passed=fraction is None or fraction >= limits.margin_exit,
        figure=percent(fraction),
        limit=f"at least {percent(limits.margin_exit)}",
        remedy="Close the position: both legs, the short first.",
    )


def long_lasting(facts: RiskFacts, limits: RiskThresholds) -> Check:
    """The long has not been near its exit for too long, by our figure or the lender's own."""
    return _lasting(
        facts,
        limits,
        NearKind.LONG,
        label="Time the long has been near liquidation",
        near=f"at {percent(limits.health_near)} or less",
    )


def short_lasting(facts: RiskFacts, limits: RiskThresholds) -> Check:
    """The short has not been near its exit for too long."""
    return _lasting(
        facts,
        limits,
        NearKind.SHORT,
        label="Time the short has been near liquidation",
        near=f"below {percent(limits.margin_near)}",
    )


def peg_lasting(facts: RiskFacts, limits: RiskThresholds) -> Check:
    """Where the lender goes by the market, the token has not traded far below redemption long."""
    return _lasting(
        facts,
        limits,
        NearKind.DEPEG,
        label="Time the staking token has been off its peg",
        near=f"{percent(limits.lst_discount_critical)} or more below redemption",
    )


def room(facts: RiskFacts, limits: RiskThresholds) -> Check:
    """Neither leg is so near to its liquidation price that both are to be made smaller."""
    trigger = defence_trigger(facts, limits)
    known = [d for d in (facts.long_distance, facts.short_distance) if d is not None]
    is_judged = is_price_fresh(facts) and not facts.legs.is_changing
    nearest = min(known, default=None) if is_judged else None
    return Check(
        key="room",
        label="Nearest liquidation price",
        passed=nearest is None or nearest > trigger,
        figure=percent(nearest),
        limit=f"above {percent(trigger)}",
        remedy="Make both legs smaller by the same part.",
    )


def drift(facts: RiskFacts, limits: RiskThresholds) -> Check:
    """Both legs are equal within the band, while nothing is being done about them."""
    found = None if facts.legs.is_changing else facts.drift
    return Check(
        key="drift",
        label="Difference of the legs",
        passed=found is None or found <= limits.drift_max,
        figure=percent(found),
        limit=f"at most {percent(limits.drift_max)}",
        remedy="Trim the hedge.",
    )


def lst_premium(facts: RiskFacts, limits: RiskThresholds) -> Check:
    """The staking token does not trade far above what it redeems for."""
    premium = None if facts.discount is None else -facts.discount
    passed = premium is None or premium < limits.lst_premium_warning
    is_critical = premium is not None and premium >= limits.lst_premium_critical
    return Check(
        key="lst_premium",
        label="Staking token above redemption",
        passed=passed,
        figure=percent(premium),
        limit=f"below {percent(limits.lst_premium_warning)}",
        remedy="Nothing is bought at this price; closing now would sell dear."
        if is_critical
        else "Nothing is bought at this price.",
    )


def lst_discount(facts: RiskFacts, limits: RiskThresholds) -> Check:
    """The staking token does not trade far below what it redeems for."""
    found = facts.discount
    is_safe = facts.legs.protocol in VALUED_AT_REDEMPTION
    return Check(
        key="lst_discount",
        label="Staking token below redemption",
        passed=found is None or found < limits.lst_discount_warning,
        figure=percent(found),
        limit=f"below {percent(limits.lst_discount_warning)}",
        remedy="This lender goes by redemption, so nothing is liquidated: wait until it is over."
        if is_safe
        else "This lender goes by the market: the position is closed when it lasts.",
    )


def lst_velocity(facts: RiskFacts, limits: RiskThresholds) -> Check:
    """The staking token does not move fast against what it redeems for."""
    change = facts.price.market_rate_change
    return Check(
        key="lst_velocity",
        label="Move of the staking token within an hour",
        passed=change is None or abs(change) < limits.lst_velocity_warning,
        figure=percent(change),
        limit=f"below {percent(limits.lst_velocity_warning)} either way",
        remedy="Watch it: no position is opened with it.",
    )


def health_known(facts: RiskFacts, _limits: RiskThresholds) -> Check:
    """The lender states a health figure for a long that has been read."""
    is_read = facts.legs.seen_seconds is not None
    is_known = facts.legs.stated_health is not None
    return Check(
        key="health_known",
        label="Health as the lender states it",
        passed=facts.legs.collateral is None or not is_read or is_known,
        figure=percent(facts.legs.stated_health),
        limit="a figure from 0 to 100%",
        remedy="It is judged by our own figures, and the lender is asked again.",
    )


def long_known(facts: RiskFacts, _limits: RiskThresholds) -> Check:
    """There is some figure for the long's room, our own or the lender's."""
    return Check(
        key="long_known",
        label="Figures of the long",
        passed=facts.legs.collateral is None or facts.health is not None,
        figure=percent(facts.health),
        limit="known",
        remedy="The lender is asked again; nothing is closed because of it alone.",
    )


def short_known(facts: RiskFacts, _limits: RiskThresholds) -> Check:
    """The exchange states what is behind a short that is held."""
    return Check(
        key="short_known",
        label="Figures of the short",
        passed=facts.legs.short_sol <= 0 or facts.legs.short_raw_usd is not None,
        figure=percent(facts.margin_fraction),
        limit="known",
        remedy="The exchange is asked again; nothing is closed because of it alone.",
    )


def recently_seen(facts: RiskFacts, limits: RiskThresholds) -> Check:
    """Both venues have been read lately."""
    seconds = facts.legs.seen_seconds
    return Check(
        key="recently_seen",
        label="Age of both legs' figures",
        passed=seconds is None or seconds <= limits.legs_age_seconds_max,
        figure=UNKNOWN if seconds is None else f"{seconds} s",
        limit=f"at most {limits.legs_age_seconds_max} s",
        remedy="The venues are asked again; nothing is closed because of it alone.",
    )


def is_price_fresh(facts: RiskFacts) -> bool:
    """Whether anything may be decided by the price."""
    return facts.price.belief is Belief.FRESH


def present_dangers(facts: RiskFacts, limits: RiskThresholds) -> frozenset[NearKind]:
    """Dangers that stand at this mark and count when they last."""
    found = {
        NearKind.LONG: _long_is_near(facts, limits),
        NearKind.SHORT: _short_is_near(facts, limits),
        NearKind.DEPEG: _is_off_its_peg(facts, limits),
    }
    return frozenset(kind for kind, is_there in found.items() if is_there)


def _long_is_near(facts: RiskFacts, limits: RiskThresholds) -> bool:
    """By our figure while the price is fresh; by the lender's own unless the price is disputed."""
    figures = [facts.health] if is_price_fresh(facts) else []
    if facts.price.belief is not Belief.DISPUTED and _stated_counts(facts, limits):
        figures.append(facts.legs.stated_health)
    return any(figure is not None and figure <= limits.health_near for figure in figures)


def _stated_counts(facts: RiskFacts, limits: RiskThresholds) -> bool:
    seconds = facts.legs.seen_seconds
    return seconds is not None and seconds <= limits.stated_health_seconds_max


def _short_is_near(facts: RiskFacts, limits: RiskThresholds) -> bool:
    fraction = facts.margin_fraction if is_price_fresh(facts) else None
    return fraction is not None and fraction < limits.margin_near


def _is_off_its_peg(facts: RiskFacts, limits: RiskThresholds) -> bool:
    if facts.legs.protocol in VALUED_AT_REDEMPTION or not is_price_fresh(facts):
        return False
    discount, change = facts.discount, facts.price.market_rate_change
    is_far = discount is not None and discount >= limits.lst_discount_critical
    is_fast = change is not None and change <= -limits.lst_velocity_critical
    return is_far or is_fast


def _lasting(
    facts: RiskFacts, limits: RiskThresholds, kind: NearKind, *, label: str, near: str
) -> Check:
    present = standing(present_dangers(facts, limits), facts.near, facts.price.at)
    since = next((n.since for n in present if n.kind is kind), None)
    elapsed = None if since is None else facts.price.at - since
    return Check(
        key=f"{kind.value}_lasting",
        label=label,
        passed=elapsed is None or elapsed < limits.patience or facts.legs.is_changing,
        figure="not near" if elapsed is None else f"{int(elapsed.total_seconds())} s {near}",
        limit=f"less than {limits.near_seconds} s",
        remedy="Close the position: both legs, the short first.",
    )
