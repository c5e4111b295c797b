"""The defence as a rule, so that every decision of it is kept and can be made again."""

from decimal import Decimal

from asgard_basis.domain.decision.card import Ruling, Verdict
from asgard_basis.domain.decision.check import Check
from asgard_basis.domain.decision.rule import Rule
from asgard_basis.domain.money import cents
from asgard_basis.domain.position.delta import deviation
from asgard_basis.domain.risk.defence import Act, Defence, judge
from asgard_basis.domain.risk.defence_facts import DefenceFacts, DefenceThresholds
from asgard_basis.domain.risk.distances import nearest

_VERDICTS = {
    Act.NOTHING: Verdict.HOLD,
    Act.UNKNOWN: Verdict.HOLD,
    Act.WAIT: Verdict.WAIT,
    Act.TRIM: Verdict.REDUCE,
    Act.CUT: Verdict.REDUCE,
    Act.HALVE: Verdict.REDUCE,
    Act.EQUALISE: Verdict.REDUCE,
    Act.CLOSE: Verdict.EXIT,
}


def decide(facts: DefenceFacts, thresholds: DefenceThresholds) -> Ruling:
    """What is done at this mark, in words and criteria."""
    defence = judge(facts, thresholds)
    return Ruling(
        verdict=_VERDICTS[defence.act],
        reason=told(facts, defence),
        criteria=tuple(_criteria(facts, thresholds, defence)),
        measure=measured(defence),
    )


DEFENCE = Rule("risk.defence", 1, DefenceFacts, DefenceThresholds, decide)


def told(facts: DefenceFacts, defence: Defence) -> str:
    """One sentence for a person."""
    near = nearest(facts.legs)
    if defence.act is Act.NOTHING:
        return "Both legs have room."
    if near is None or defence.poorer is None:
        return f"{defence.why.capitalize()}."
    came = f"SOL came within {_percent(near)} of the {defence.poorer.value}'s liquidation"
    done = {
        Act.WAIT: f"{defence.why}, so we wait",
        Act.CUT: f"{_percent(defence.fraction)} of both legs goes",
        Act.HALVE: f"{_percent(defence.fraction)} of both legs goes at once",
        Act.EQUALISE: (
            f"{_percent(defence.fraction)} of both legs goes and"
            f" ${cents(defence.move_usd):,} moves to the {defence.poorer.value}"
        ),
        Act.CLOSE: f"the pair is closed because {defence.why}",
    }[defence.act]
    return f"{came}; {done}."


def measured(defence: Defence) -> str | None:
    """How much of what, for programs; None where nothing is done."""
    if defence.act in {Act.NOTHING, Act.UNKNOWN, Act.WAIT}:
        return None
    if defence.act is Act.EQUALISE:
        return f"cut {defence.fraction:f}, move {defence.move_usd:f} USD to {defence.poorer}"
    return f"{defence.act.value} {defence.fraction:f}"


def _criteria(facts: DefenceFacts, thresholds: DefenceThresholds, defence: Defence) -> list[Check]:
    near = nearest(facts.legs)
    limit = f"more than {_percent(thresholds.trigger)}"
    apart = deviation(facts.long_sol, facts.short_sol)
    checks = [
        _room("long_room", "The long has room", facts.legs.long_distance, thresholds.trigger),
        _room("short_room", "The short has room", facts.legs.short_distance, thresholds.trigger),
        Check(
            "no_emergency",
            "There is time to act in steps",
            near is None or near > thresholds.emergency,
            _percent(near),
            f"more than {_percent(thresholds.emergency)}",
        ),
        Check(
            "legs_match",
            "Both legs are equal",
            apart <= thresholds.delta_max,
            _percent(apart),
            f"at most {_percent(thresholds.delta_max)} apart",
        ),
        Check(
            "long_known",
            "The lender says what the long holds and owes",
            facts.is_long_known,
            "said" if facts.is_long_known else "not said",
            limit="said",
        ),
    ]
    if defence.act is Act.WAIT:
        checks.append(Check("free_to_act", "Nothing stands in the way", False, defence.why, limit))
    if defence.is_bridge_missed:
        barred = facts.rails is not None and facts.rails.is_bridge_barred
        figure = f"needs a bridge: not {'allowed by its owner' if barred else 'available'}"
        checks.append(
            Check("money_moves", "Money reaches the poorer leg", False, figure, "a way for it")
        )
    return checks


def _room(key: str, label: str, distance: Decimal | None, least: Decimal) -> Check:
    is_far = distance is None or distance > least
    return Check(key, label, is_far, _percent(distance), f"more than {_percent(least)}")


def _percent(fraction: Decimal | None) -> str:
    return "unknown" if fraction is None else f"{fraction * 100:.1f} %".replace(".0 %", " %")
