"""Every rule that decides, in every version whose decisions are kept."""

from typing import Any

from asgard_basis.domain.decision.card import Ruling, WhyCard
from asgard_basis.domain.decision.rule import Rule
from asgard_basis.domain.risk.breakers import ACCOUNT
from asgard_basis.domain.risk.defence_rule import DEFENCE
from asgard_basis.domain.risk.engine import RISK
from asgard_basis.domain.risk.lone_leg import LONE_LEG
from asgard_basis.domain.risk.lost_leg import LOST_LEG
from asgard_basis.domain.risk.playbook_rule import RULES as PLAYBOOK_RULES
from asgard_basis.domain.strategy.autonomous import STRATEGY_ENTRY
from asgard_basis.domain.strategy.checks import PREFLIGHT
from asgard_basis.domain.strategy.exit import STRATEGY_EXIT
from asgard_basis.domain.strategy.intent_rule import INTENT

RULES: tuple[Rule[Any, Any], ...] = (
    PREFLIGHT,
    INTENT,
    RISK,
    ACCOUNT,
    DEFENCE,
    LONE_LEG,
    LOST_LEG,
    STRATEGY_ENTRY,
    STRATEGY_EXIT,
    *PLAYBOOK_RULES.values(),
)
"""Rules differ in what they look at; `Rule.again` holds a card against its own rule's types."""

_BY_NAME = {(rule.name, rule.version): rule for rule in RULES}


def replayed(card: WhyCard) -> Ruling:
    """The decision made again; raises LookupError when its rule's version is not kept."""
    rule = _BY_NAME.get((card.rule, card.version))
    if rule is None:
        raise LookupError(f"no rule {card.rule} of version {card.version} is kept")
    return rule.again(card)
