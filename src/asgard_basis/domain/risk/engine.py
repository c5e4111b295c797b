"""The order of the risk rules, and what each of them leads to."""

from collections.abc import Callable
from dataclasses import dataclass

from asgard_basis.domain.decision.card import Ruling, Verdict
from asgard_basis.domain.decision.check import Check
from asgard_basis.domain.decision.rule import Rule
from asgard_basis.domain.risk import rules
from asgard_basis.domain.risk.facts import (
    Belief,
    Near,
    RiskFacts,
    RiskThresholds,
    standing,
)

_Rule = Callable[[RiskFacts, RiskThresholds], Check]

TRIM = "trim"
"""As a ruling's measure: the hedge is to be brought back into its band."""

_ORDER: tuple[tuple[_Rule, Verdict], ...] = (
    (rules.long_health, Verdict.EXIT),
    (rules.short_margin, Verdict.EXIT),
    (rules.long_lasting, Verdict.EXIT),
    (rules.short_lasting, Verdict.EXIT),
    (rules.peg_lasting, Verdict.EXIT),
    (rules.room, Verdict.REDUCE),
    (rules.drift, Verdict.HOLD),
    (rules.price_believed, Verdict.HOLD),
    (rules.long_known, Verdict.HOLD),
    (rules.short_known, Verdict.HOLD),
    (rules.health_known, Verdict.HOLD),
    (rules.recently_seen, Verdict.HOLD),
    (rules.lst_discount, Verdict.HOLD),
    (rules.lst_premium, Verdict.HOLD),
    (rules.lst_velocity, Verdict.HOLD),
)
"""The first that fails decides. The user's own stop-loss and take-profit, funding and carry come
after all of these and are the strategy's."""

UNKNOWN_FIGURES = frozenset({"price", "long_known", "short_known", "health_known", "recently_seen"})
"""Criteria that fail because something is not known or not believed."""
PEG = frozenset({"lst_discount", "lst_premium", "lst_velocity"})
"""Criteria of staking tokens that a person is told of."""


def decide(facts: RiskFacts, thresholds: RiskThresholds) -> Ruling:
    """Leave, make smaller, or hold; every criterion with its figure."""
    checks = [(rule(facts, thresholds), verdict) for rule, verdict in _ORDER]
    criteria = tuple(check for check, _ in checks)
    failing = [(check, verdict) for check, verdict in checks if not check.passed]
    first = next(iter(failing), None)
    if first is None:
        return Ruling(Verdict.HOLD, "Both legs have room, match, and are known.", criteria)
    check, verdict = first
    measure = TRIM if check.key == "drift" else None
    return Ruling(verdict, _reason(check, verdict), criteria, measure)


def _reason(check: Check, verdict: Verdict) -> str:
    told = f"{check.label}: {check.figure}, {check.limit} is wanted."
    does = {
        Verdict.EXIT: "The position is closed.",
        Verdict.REDUCE: "Both legs are made smaller.",
    }
    return f"{told} {does[verdict]}" if verdict in does else told


RISK = Rule("risk.position", 1, RiskFacts, RiskThresholds, decide)
"""What is judged on every mark that the kernel flags."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is to be done, and what must be remembered until the next mark."""

    ruling: Ruling
    near: tuple[Near, ...]


def judge(facts: RiskFacts, thresholds: RiskThresholds) -> Judgement:
    """Decide, and carry on the dangers that stand; `facts.near` are those of the mark before.

    While the price is not fresh none begins or ends by it: what stood goes on standing.
    """
    present = set(rules.present_dangers(facts, thresholds))
    if facts.price.belief is not Belief.FRESH:
        present |= {near.kind for near in facts.near}
    near = standing(present, facts.near, facts.price.at)
    return Judgement(decide(facts, thresholds), near)
