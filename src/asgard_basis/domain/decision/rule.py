"""A rule that decides: pure, named and versioned, so that old decisions can be replayed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from asgard_basis.domain.decision.card import Ruling, WhyCard
from asgard_basis.domain.identifiers import PositionId, UserId

Facts = TypeVar("Facts")
Thresholds = TypeVar("Thresholds")


@dataclass(frozen=True, slots=True)
class Rule(Generic[Facts, Thresholds]):
    """`decide` of one version; whoever changes what it says gives it a new version."""

    name: str
    """Its family and its own name: `entry.intent`, `exit.strategy`, `risk.position`."""
    version: int
    facts: type[Facts]
    thresholds: type[Thresholds]
    decide: Callable[[Facts, Thresholds], Ruling]

    def card(
        self,
        facts: Facts,
        thresholds: Thresholds,
        *,
        card_id: str,
        user_id: UserId,
        subject: str,
        at: datetime,
        position_id: PositionId | None = None,
    ) -> WhyCard:
        """Decide, and keep what it was decided from; `at` is market time."""
        return WhyCard(
            id=card_id,
            user_id=user_id,
            subject=subject,
            rule=self.name,
            version=self.version,
            facts=facts,
            thresholds=thresholds,
            ruling=self.decide(facts, thresholds),
            decided_at=at,
            position_id=position_id,
        )

    def again(self, card: WhyCard) -> Ruling:
        """What it says of a card's facts now; raises TypeError for another rule's card."""
        facts, thresholds = card.facts, card.thresholds
        if not isinstance(facts, self.facts) or not isinstance(thresholds, self.thresholds):
            raise TypeError(f"card {card.id} does not hold the facts of {self.name}")
        return self.decide(facts, thresholds)
