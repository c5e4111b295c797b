"""Faults on demand: any request to any venue can be slow, refused, lost, doubled or held back."""

import asyncio
import random
from collections import defaultdict
from dataclasses import dataclass, field, replace
from enum import StrEnum
from fnmatch import fnmatchcase

from asgard_paper.kernel.clock import Clock
from asgard_paper.kernel.store import Store

_RULES = "world.faults"


class FaultKind(StrEnum):
    """What happens to a request that a rule catches."""

    DELAY = "delay"
    """Answered after `delay_ms`."""
    STATUS = "status"
    """Never reaches the venue; answered with `status` and `body`."""
    DROP_BEFORE = "drop_before"
    """Never reaches the venue; the connection breaks without an answer."""
    DROP_AFTER = "drop_after"
    """The venue does it; the connection breaks without an answer."""
    DUPLICATE = "duplicate"
    """The venue is asked twice; the first answer is given."""
    HOLD_BEFORE = "hold_before"
    """The venue does it, and answers, once the rule is lifted."""
    HOLD_AFTER = "hold_after"
    """The venue does it at once, and answers once the rule is lifted."""


@dataclass(frozen=True, slots=True)
class FaultRule:
    """Which requests are caught and what happens to them.

    `venue`, `route` and `operation` are shell patterns; the operation is the JSON-RPC method,
    the action or request type, or the HTTP method where the body names nothing. `probability` is
    drawn from the world's seed. `remaining` counts down; 0 is used up. `from_ms` and `until_ms`
    bound the rule in market time.
    """

    id: str
    kind: FaultKind
    venue: str = "*"
    route: str = "*"
    operation: str = "*"
    status: int = 503
    body: str = ""
    delay_ms: int = 0
    probability: float = 1.0
    remaining: int | None = None
    from_ms: int | None = None
    until_ms: int | None = None
    scenario: str | None = None
    """The scenario that made the rule, and ends it."""


@dataclass(slots=True, eq=False)
class _Hold:
    """The requests that wait for the end of one rule."""

    end: asyncio.Event = field(default_factory=asyncio.Event)
    count: int = 0


class Faults:
    """The rules in force; they survive a restart."""

    def __init__(self, *, clock: Clock, store: Store, seed: int) -> None:
        self._clock = clock
        self._store = store
        self._draws = random.Random(f"asgard-paper faults {seed}")
        self._rules = store.load(_RULES, FaultRule)
        self._holds: defaultdict[str, _Hold] = defaultdict(_Hold)

    def rules(self) -> list[FaultRule]:
        """All rules, oldest first, used-up ones included."""
        return list(self._rules.values())

    def add(self, rule: FaultRule) -> None:
        """Put a rule in force; one with the same id is replaced."""
        if not 0 <= rule.probability <= 1:
            raise ValueError(f"probability must be 0 to 1, was {rule.probability}")
        if not 200 <= rule.status <= 599:
            raise ValueError(f"status must be 200 to 599, was {rule.status}")
        if rule.delay_ms < 0 or (rule.remaining is not None and rule.remaining < 0):
            raise ValueError("delay_ms and remaining must not be negative")
        self._rules[rule.id] = rule
        self._store.put(_RULES, rule.id, rule)

    def remove(self, rule_id: str) -> bool:
        """Lift one rule, which lets go what it holds; False when there is none."""
        self._holds.pop(rule_id, _Hold()).end.set()
        self._store.delete(_RULES, rule_id)
        return self._rules.pop(rule_id, None) is not None

    def clear(self, *, scenario: str | None = None) -> None:
        """Lift every rule, or those that one scenario made ("*": any scenario)."""
        for rule in self.rules():
            made = rule.scenario is not None
            if scenario is None or rule.scenario == scenario or (scenario == "*" and made):
                self.remove(rule.id)

    def held(self, rule_id: str) -> int:
        """How many requests wait for the end of that rule now."""
        return self._holds[rule_id].count if rule_id in self._holds else 0

    async def hold(self, rule: FaultRule) -> None:
        """Wait until that rule is lifted."""
        if rule.id not in self._rules:
            return
        hold = self._holds[rule.id]
        hold.count += 1
        try:
            await hold.end.wait()
        finally:
            hold.count -= 1

    def catch(self, venue: str, route: str, operation: str) -> FaultRule | None:
        """The first rule in force for a request, counted down."""
        now_ms = self._clock.now_ms()
        for rule in self._rules.values():
            if not _covers(rule, venue, route, operation, now_ms):
                continue
            if rule.probability < 1 and self._draws.random() >= rule.probability:
                continue
            if rule.remaining is not None:
                self.add(replace(rule, remaining=rule.remaining - 1))
            return rule
        return None


def _covers(rule: FaultRule, venue: str, route: str, operation: str, now_ms: int) -> bool:
    if rule.remaining == 0:
        return False
    if rule.from_ms is not None and now_ms < rule.from_ms:
        return False
    if rule.until_ms is not None and now_ms >= rule.until_ms:
        return False
    return (
        fnmatchcase(venue, rule.venue)
        and fnmatchcase(route, rule.route)
        and fnmatchcase(operation, rule.operation)
    )
