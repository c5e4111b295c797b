"""What the bot will do next for a position, and at which price: by the rule that does it."""

from dataclasses import dataclass
from decimal import Decimal

from asgard_basis.domain.market.snapshot import MarketSnapshot
from asgard_basis.domain.money import cents
from asgard_basis.domain.position.position import Position
from asgard_basis.domain.risk.defence import Act, Defence, NextAction, next_actions
from asgard_basis.domain.risk.defence_facts import DefenceFacts, DefenceThresholds
from asgard_basis.domain.risk.defence_reading import facts_of, thresholds_of
from asgard_basis.domain.risk.distances import CutCosts
from asgard_basis.domain.risk.limits import RiskLimits


@dataclass(frozen=True, slots=True)
class NextActionView:
    """One thing the bot will do when the price gets there."""

    when: str
    """`below` or `above` the price, or `now`."""
    price: Decimal
    act: str
    leg: str | None
    """The leg it is done for."""
    fraction: Decimal
    """Of both legs."""
    told: str


@dataclass(frozen=True, slots=True)
class DefenceView:
    """How far both legs are from liquidation, and what follows when they come nearer."""

    long_distance: Decimal | None
    """Fraction the price may fall; null without a debt."""
    short_distance: Decimal | None
    """Fraction the price may rise."""
    trigger: Decimal
    """A leg that is no further from liquidation is defended."""
    emergency: Decimal
    restores: Decimal
    """The distance both legs have after a defence, at least."""
    is_busy: bool
    """Something is being done already."""
    next_actions: list[NextActionView]


@dataclass(frozen=True, slots=True)
class Guarded:
    """A position as its defence sees it."""

    facts: DefenceFacts
    thresholds: DefenceThresholds

    @property
    def long_wall(self) -> Decimal | None:
        """The price at which the long is liquidated; None without a debt."""
        distance = self.facts.legs.long_distance
        owes = self.facts.legs.debt_usd > 0
        return self.facts.price * (1 - distance) if owes and distance is not None else None

    @property
    def short_wall(self) -> Decimal | None:
        """The price at which the short is liquidated; None without one."""
        distance = self.facts.legs.short_distance
        return None if distance is None else self.facts.price * (1 + distance)


def guarded(
    position: Position, snapshot: MarketSnapshot | None, limits: RiskLimits, costs: CutCosts
) -> Guarded | None:
    """The position at the snapshot; None while either is not known."""
    facts = None if snapshot is None else facts_of(position, snapshot)
    if facts is None or snapshot is None:
        return None
    return Guarded(facts, thresholds_of(position, snapshot, limits, costs))


def defence_view(seen: Guarded, *, is_busy: bool) -> DefenceView:
    """For showing; nothing is foretold while something is being done."""
    facts, thresholds = seen.facts, seen.thresholds
    foretold = () if is_busy else next_actions(facts, thresholds)
    return DefenceView(
        long_distance=facts.legs.long_distance,
        short_distance=facts.legs.short_distance,
        trigger=thresholds.trigger,
        emergency=thresholds.emergency,
        restores=thresholds.target,
        is_busy=is_busy or not facts.is_idle,
        next_actions=[_action(facts, action) for action in foretold],
    )


def _action(facts: DefenceFacts, action: NextAction) -> NextActionView:
    when = "now"
    if action.price != facts.price:
        when = "below" if action.price < facts.price else "above"
    defence = action.defence
    return NextActionView(
        when=when,
        price=action.price,
        act=defence.act.value,
        leg=defence.poorer.value if defence.poorer else None,
        fraction=defence.fraction,
        told=_told(when, action.price, defence),
    )


def _told(when: str, price: Decimal, defence: Defence) -> str:
    does = {
        Act.CLOSE: f"we close the position: {defence.why}",
        Act.EQUALISE: (
            f"we cut {defence.fraction:.0%} of both legs and move ${cents(defence.move_usd):,}"
        ),
    }.get(defence.act, f"we cut {defence.fraction:.0%} of both legs")
    return (
        f"{does[0].upper()}{does[1:]} now"
        if when == "now"
        else f"{when.capitalize()} ${cents(price):,} {does}"
    )
