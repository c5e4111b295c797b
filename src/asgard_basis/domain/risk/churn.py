"""Holding back from opening again what has just failed: a loop of opening and undoing costs most.

Three brakes, and the longest counts. *Back-off*: after each failure in a row twice as long, for
the user, for the asset and for the venue that failed; a success ends it. *Churn budget*: so many
unwound openings an hour and a day, and so much lost by them a day, whatever succeeds in between.
*Shared back-off*: when several users fail at one venue within minutes, everybody waits there.

Times are market times: what failed is the market, and it gets better in its own time.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from asgard_basis.domain.assets import Asset
from asgard_basis.domain.errors import ErrorCode
from asgard_basis.domain.identifiers import UserId
from asgard_basis.domain.money import ZERO
from asgard_basis.domain.position.lifecycle import PositionState
from asgard_basis.domain.position.position import Position
from asgard_basis.domain.risk.limits import RiskLimits

EXCHANGE = "Hyperliquid"
_DOUBLINGS_MAX = 20
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_SENT = frozenset({ErrorCode.ASGARD_SUBMIT.code, ErrorCode.TRANSACTION_FAILED.code})
"""Codes of openings that failed after something was sent. Before that nothing is lost."""


class Result(StrEnum):
    """What an opening came to."""

    HEDGED = "hedged"
    FAILED = "failed"
    """The long could not be bought."""
    UNWOUND = "unwound"
    """The long was bought and had to be sold again."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One opening that got as far as a venue."""

    user_id: UserId
    asset: Asset
    at: datetime
    result: Result
    venue: str
    """Where it failed: Hyperliquid, or the lender's name."""
    why: str = ""
    loss_usd: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class Hold:
    """Opening is held back, and why."""

    until: datetime
    why: str
    """Goes on after `because`."""
    figure: str
    limit: str


def attempt_of(position: Position, now: datetime) -> Attempt | None:
    """What a position says of its opening; None while that is under way or never got to a venue.

    One that is being unwound counts as failed `now`.
    """
    unwound = position.hedged_at is None and position.state in {
        PositionState.UNWINDING,
        PositionState.UNWOUND,
        PositionState.STUCK_UNWIND,
    }
    if position.hedged_at is not None:
        return _attempt(position, position.hedged_at, Result.HEDGED, EXCHANGE)
    if unwound:
        return _attempt(position, position.closed_at or now, Result.UNWOUND, EXCHANGE)
    if position.closed_at is None or position.failure_code not in _SENT:
        return None
    lender = position.protocol.name.title()
    return _attempt(position, position.closed_at, Result.FAILED, lender)


def held_back(
    own: Iterable[Attempt],
    *,
    asset: Asset,
    lender: str | None,
    now: datetime,
    limits: RiskLimits,
    shared: Iterable[Attempt] = (),
) -> Hold | None:
    """The longest of all holds on a user's next opening of an asset at a lender, or None.

    `own` are the user's attempts, `shared` everybody's of late; in any order.
    """
    mine = sorted(own, key=lambda a: a.at)
    places = [EXCHANGE] if lender is None else [EXCHANGE, lender]
    holds = [
        _back_off(mine, limits),
        _back_off([a for a in mine if a.asset is asset], limits),
        *(_back_off(_at_venue(mine, place), limits) for place in places),
        _too_many(mine, _HOUR, limits.unwinds_hourly_max, "hour", now),
        _too_many(mine, _DAY, limits.unwinds_daily_max, "day", now),
        _too_dear(mine, limits.unwind_loss_usd_daily_max, now),
    ]
    everybody = sorted(shared, key=lambda a: a.at)
    holds += [_venue_trouble(_at_venue(everybody, place), place, limits) for place in places]
    standing = [hold for hold in holds if hold is not None and hold.until > now]
    return max(standing, key=lambda hold: hold.until, default=None)


def hold_told(hold: Hold) -> str:
    """Until when and why, in one sentence."""
    return f"Opening is held back until {hold.until:%-d %B %H:%M} UTC because {hold.why}."


def _back_off(attempts: Sequence[Attempt], limits: RiskLimits) -> Hold | None:
    """Since the last success; doubling with every failure in a row."""
    failures = _since_success(attempts)
    if not failures:
        return None
    last = failures[-1]
    times = "once" if len(failures) == 1 else f"{len(failures)} times in a row"
    wait = _doubled(len(failures), limits)
    return Hold(last.at + wait, last.why, f"failed {times}", f"wait {_told(wait)}")


def _too_many(
    attempts: Sequence[Attempt], window: timedelta, most: int, name: str, now: datetime
) -> Hold | None:
    unwound = [a for a in attempts if a.result is Result.UNWOUND and a.at > now - window]
    if len(unwound) < most:
        return None
    until = unwound[-most].at + window
    figure = f"{len(unwound)} unwound in the last {name}"
    return Hold(until, unwound[-1].why, figure, f"at most {most} per {name}")


def _too_dear(attempts: Sequence[Attempt], most_usd: Decimal, now: datetime) -> Hold | None:
    """Until so many of the losses are a day old that the rest is allowed."""
    dear = [a for a in attempts if a.result is Result.UNWOUND and a.at > now - _DAY]
    lost = left = sum((a.loss_usd for a in dear), ZERO)
    until = None
    for attempt in dear:
        if left < most_usd:
            break
        left -= attempt.loss_usd
        until = attempt.at + _DAY
    if until is None:
        return None
    figure = f"${lost:,.2f} lost by unwinding in the last day"
    return Hold(until, dear[-1].why, figure, f"less than ${most_usd:,.2f} a day")


def _venue_trouble(attempts: Sequence[Attempt], venue: str, limits: RiskLimits) -> Hold | None:
    """Several people in a row and nobody has succeeded since: it is the venue's trouble."""
    failures = _since_success(attempts)
    if not failures:
        return None
    last = failures[-1]
    window = timedelta(minutes=limits.venue_failures_minutes)
    users = {a.user_id for a in failures if a.at > last.at - window}
    if len(users) < limits.venue_failures_users:
        return None
    wait = _doubled(1 + len(users) - limits.venue_failures_users, limits)
    figure = f"openings of {len(users)} users failed at {venue} within minutes"
    return Hold(last.at + wait, f"{venue} fails for everybody", figure, f"wait {_told(wait)}")


def _since_success(attempts: Sequence[Attempt]) -> list[Attempt]:
    failures: list[Attempt] = []
    for attempt in attempts:
        if attempt.result is Result.HEDGED:
            failures.clear()
        else:
            failures.append(attempt)
    return failures


def _at_venue(attempts: Sequence[Attempt], venue: str) -> list[Attempt]:
    """Failures there, and every success: both legs stand then."""
    return [a for a in attempts if a.venue == venue or a.result is Result.HEDGED]


def _doubled(count: int, limits: RiskLimits) -> timedelta:
    first = timedelta(minutes=limits.back_off_minutes_first)
    most = timedelta(hours=limits.back_off_hours_max)
    return min(most, first * (1 << min(count - 1, _DOUBLINGS_MAX)))


def _attempt(position: Position, at: datetime, result: Result, venue: str) -> Attempt:
    why = {
        Result.HEDGED: "",
        Result.UNWOUND: "the short could not be filled",
        Result.FAILED: f"the opening failed at {venue}",
    }[result]
    loss = max(ZERO, _loss(position)) if result is Result.UNWOUND else ZERO
    return Attempt(position.user_id, position.asset, at, result, venue, why, loss)


def _loss(position: Position) -> Decimal:
    """USD that did not come back from an opening that was undone."""
    long, short = position.long, position.short
    lost = ZERO
    if long is not None and long.redemption_closed is not None:
        lost += long.usdc_spent - long.usdc_returned + long.network_fee_usd
    if short is not None:
        lost += short.fee_usdc - short.realised_usd
    return lost


def _told(wait: timedelta) -> str:
    minutes = int(wait.total_seconds()) // 60
    return f"{minutes} minutes" if minutes < 120 else f"{minutes // 60} hours"
