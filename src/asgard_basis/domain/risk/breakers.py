"""What stops a user's openings by itself: failures in a row, a denial, too many a day, a deep fall.

A breaker that trips is a pause by the system, which its user cannot lift; the daily limit only
holds openings back until the next day. None of them ever forbids closing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from asgard_basis.domain.decision.card import Ruling, Verdict
from asgard_basis.domain.decision.check import Check
from asgard_basis.domain.decision.rule import Rule
from asgard_basis.domain.errors import ErrorCode
from asgard_basis.domain.position.position import Position
from asgard_basis.domain.risk.churn import Attempt, Hold, Result
from asgard_basis.domain.risk.limits import RiskLimits
from asgard_basis.domain.risk.rules import percent

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """What an account's breakers look at."""

    failures: tuple[str, ...]
    """Why each opening since the last success failed, oldest first; those counted once are left
    out."""
    drawdown: Decimal | None
    """None while the account has not been measured."""
    denied: str | None = None
    """What the wallet's policy did not allow, where nobody has looked at it yet."""


@dataclass(frozen=True, slots=True)
class AccountThresholds:
    """What they are held against."""

    failures_max: int
    drawdown_max: Decimal

    @staticmethod
    def of(limits: RiskLimits) -> "AccountThresholds":
        """The system's; nobody's wishes change them."""
        return AccountThresholds(limits.failures_max, limits.drawdown_max)


def decide(facts: AccountFacts, thresholds: AccountThresholds) -> Ruling:
    """Pause, with the reason the user reads, or hold."""
    count = len(facts.failures)
    failures = Check(
        key="failures",
        label="Openings that failed in a row",
        passed=count < thresholds.failures_max,
        figure=str(count),
        limit=f"fewer than {thresholds.failures_max}",
        remedy="An operator looks at what failed and resumes.",
    )
    fall = facts.drawdown
    drawdown = Check(
        key="drawdown",
        label="Fall from the account's high",
        passed=fall is None or fall < thresholds.drawdown_max,
        figure=percent(fall),
        limit=f"less than {percent(thresholds.drawdown_max)}",
        remedy="An operator looks at where it was lost and resumes.",
    )
    criteria = (failures, drawdown)
    if facts.denied is not None:
        denied = Check(
            key="denied",
            label="Allowed by the wallet's policy",
            passed=False,
            figure=facts.denied,
            limit="everything that was asked for",
            remedy="It is never tried again by itself: an operator looks at it and resumes.",
        )
        return Ruling(Verdict.PAUSE, f"policy_violation: {facts.denied}", (denied, *criteria))
    if not failures.passed:
        why = f"circuit_breaker: {count} consecutive failures, the last: {facts.failures[-1]}"
        return Ruling(Verdict.PAUSE, why, criteria)
    if not drawdown.passed:
        why = f"drawdown_limit: the account has fallen {percent(fall)} from its high"
        return Ruling(Verdict.PAUSE, why, criteria)
    return Ruling(Verdict.HOLD, "No breaker has tripped.", criteria)


ACCOUNT = Rule("risk.account", 1, AccountFacts, AccountThresholds, decide)
"""What pauses a user's openings by itself."""


def failures_in_a_row(
    attempts: Sequence[Attempt], counted_until: datetime | None
) -> tuple[Attempt, ...]:
    """Failed openings since the last success and since the last time a breaker counted."""
    found: list[Attempt] = []
    for attempt in sorted(attempts, key=lambda a: a.at):
        if attempt.result is Result.HEDGED:
            found.clear()
        elif counted_until is None or attempt.at > counted_until:
            found.append(attempt)
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Denial:
    """An opening that the wallet's policy did not allow."""

    at: datetime
    """Market time."""
    why: str


def last_denial(positions: Iterable[Position], counted_until: datetime | None) -> Denial | None:
    """The newest since the last time a breaker counted: a denial is final, never tried again."""
    found = [
        Denial(position.closed_at, position.failure or "an opening was denied")
        for position in positions
        if position.failure_code == ErrorCode.POLICY_DENIED.code and position.closed_at is not None
    ]
    new = [each for each in found if counted_until is None or each.at > counted_until]
    return max(new, key=lambda each: each.at, default=None)


def too_many_today(
    opened_at: Sequence[datetime], *, now: datetime, limits: RiskLimits
) -> Hold | None:
    """A hold until the next UTC day of market time when the daily limit is used up.

    `opened_at` are the moments at which openings were taken on that got to a venue.
    """
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    count = sum(today <= at < today + _DAY for at in opened_at)
    if count < limits.trades_daily_max:
        return None
    return Hold(
        until=today + _DAY,
        why="the day's limit of openings is used up",
        figure=f"{count} openings today",
        limit=f"at most {limits.trades_daily_max} a day",
    )
