"""Holds intents against the market: one evaluation for each way, shared by all who wait for it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from asgard_basis.application.market.evaluation import MarketEvaluator, Way
from asgard_basis.domain.decision.card import Ruling
from asgard_basis.domain.identifiers import UserId
from asgard_basis.domain.market.snapshot import MarketSnapshot
from asgard_basis.domain.risk.limits import RiskLimits
from asgard_basis.domain.strategy.intent import CriteriaSnapshot, Intent, held_back_told
from asgard_basis.domain.strategy.intent_rule import (
    INTENT,
    IntentFacts,
    IntentThresholds,
    PersonFacts,
    ruled,
)
from asgard_basis.domain.strategy.market_evaluation import entry_bounds, market_checks
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.intents import WaitingIntent


@dataclass(frozen=True, slots=True)
class Judged:
    """One intent and what the rule says of it now."""

    intent: Intent
    facts: IntentFacts
    thresholds: IntentThresholds
    ruling: Ruling

    def snapshot(self, at: datetime) -> CriteriaSnapshot:
        """To be kept with the intent that is carried out; `at` is market time."""
        return CriteriaSnapshot(
            at, INTENT.name, INTENT.version, self.facts, self.thresholds, self.ruling
        )


class IntentJudge:
    """Applies the rule of intents; asks nobody."""

    def __init__(self, *, evaluator: MarketEvaluator, clock: Clock, limits: RiskLimits) -> None:
        self._evaluator = evaluator
        self._clock = clock
        self._bounds = entry_bounds(limits)

    def judge(
        self,
        snapshot: MarketSnapshot,
        waiting: Iterable[WaitingIntent],
        *,
        paused: Mapping[UserId, str],
    ) -> list[Judged]:
        """Each of them; `paused` says by user id why somebody may open nothing."""
        found = list(waiting)
        ways: set[Way] = {(w.intent.asset, w.intent.protocol, w.intent.leverage) for w in found}
        evaluations = self._evaluator.evaluations(snapshot, ways, now=self._clock.host())
        shared = {
            way: (evaluation, market_checks(evaluation, self._bounds))
            for way, evaluation in evaluations.items()
        }
        now = self._clock.now()
        judged = []
        for one in found:
            intent = one.intent
            market, checks = shared[(intent.asset, intent.protocol, intent.leverage)]
            person = PersonFacts(
                one.positions_held,
                one.is_opening,
                paused.get(intent.user_id),
                held_back_told(intent, now=now),
            )
            facts = IntentFacts(market, person, intent.size_usd)
            thresholds = IntentThresholds(intent.criteria, self._bounds)
            judged.append(Judged(intent, facts, thresholds, ruled(checks, facts, thresholds)))
        return judged
