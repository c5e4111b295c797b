"""Whether a standing order may be carried out now, and if not, what is missing.

The criteria that hold for everybody who waits for the same thing (`market_checks`) are judged
once for a market evaluation; `ruled` adds what one person asked for. `decide` does both, and the
two ways always agree.
"""

from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from asgard_basis.domain.decision.card import Ruling, Verdict
from asgard_basis.domain.decision.check import Check
from asgard_basis.domain.decision.rule import Rule
from asgard_basis.domain.errors import ErrorCode
from asgard_basis.domain.money import ZERO
from asgard_basis.domain.strategy.checks import percent, usd
from asgard_basis.domain.strategy.criteria import EntryCriteria
from asgard_basis.domain.strategy.market_evaluation import (
    MISSED,
    EntryBounds,
    MarketChecks,
    MarketEvaluation,
    market_checks,
)


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """What stands for or against one person's opening."""

    positions_held: int
    is_opening: bool = False
    """Something of theirs is being opened already."""
    paused: str | None = None
    """Why nothing may be opened now; None when it may."""
    held_back: str | None = None
    """What has just failed, and until when it is not tried again; None when nothing has."""


@dataclass(frozen=True, slots=True)
class IntentFacts:
    """All the rule looks at."""

    market: MarketEvaluation
    person: PersonFacts
    size_usd: Decimal


@dataclass(frozen=True, slots=True)
class IntentThresholds:
    """All the rule holds the facts against."""

    criteria: EntryCriteria
    bounds: EntryBounds


def decide(facts: IntentFacts, thresholds: IntentThresholds) -> Ruling:
    """Enter, wait, or refuse what nobody's waiting mends; each criterion with its figure."""
    return ruled(market_checks(facts.market, thresholds.bounds), facts, thresholds)


def ruled(shared: MarketChecks, facts: IntentFacts, thresholds: IntentThresholds) -> Ruling:
    """The ruling from the market's checks and one person's wish."""
    own = _own(facts.person, thresholds.bounds.positions_max)
    wished = _wished(shared, facts, thresholds.criteria)
    criteria = (*wished, *shared.checks, *own.checks)
    missing = [check for check in criteria if not check.passed]
    if not missing:
        return Ruling(Verdict.ENTER, "Everything you asked for holds.", criteria)
    first = missing[0]
    verdict = Verdict.REFUSE if shared.needs_somebody or own.needs_somebody else Verdict.WAIT
    if verdict is Verdict.REFUSE:
        first = next(check for check in missing if check.key in _NEED_SOMEBODY)
    reason = f"{first.label}: {first.figure}, {first.limit}."
    return Ruling(verdict, reason, criteria)


_NO_CAPACITY = ErrorCode.ASGARD_LIQUIDITY.code
_NEED_SOMEBODY = frozenset({"safe_leverage", "not_paused", "own_limits"})
"""Waiting does not mend these: the wish, or a decision of somebody, must change."""


def _wished(shared: MarketChecks, facts: IntentFacts, wish: EntryCriteria) -> list[Check]:
    market = facts.market
    net, least = market.net_apr, wish.min_net_apr or ZERO
    is_left = net is not None and net > 0 and net >= least
    checks = [
        *_earning(market.funding_now, market.funding_next, wish.min_funding_apr or ZERO),
        Check(
            "net",
            "Left on your capital after borrowing",
            is_left,
            shared.net,
            _least(least),
            None if is_left or net is None else _points(least - net),
            MISSED,
        ),
        _steady(market.funding_volatility, wish.max_funding_volatility),
    ]
    if wish.max_break_even_days is not None:
        days = market.break_even_days
        passed = days is not None and days <= wish.max_break_even_days
        limit = f"at most {wish.max_break_even_days} days"
        late = None if passed or days is None else days - wish.max_break_even_days
        missing = None if late is None else f"{late:.1f} days too late."
        checks.append(
            Check("break_even", "Costs come back", passed, shared.days, limit, missing, MISSED)
        )
    if wish.max_entry_price is not None:
        passed = market.mark_price <= wish.max_entry_price
        limit = f"at most {usd(wish.max_entry_price)}"
        above = None if passed else f"{usd(market.mark_price - wish.max_entry_price)} too much."
        checks.append(Check("entry_price", "SOL costs", passed, shared.price, limit, above, MISSED))
    need, free = facts.size_usd * market.borrow_share, market.lender_free_usdc
    passed = free is not None and free >= need
    checks.append(
        Check(
            "lender_capacity",
            "The lender can lend it",
            passed,
            shared.free,
            f"at least {usd(need)}",
            None if passed else "Wait, or choose another lender or less leverage.",
            _NO_CAPACITY,
        )
    )
    return checks


@lru_cache(maxsize=4096)
def _earning(now: Decimal, ahead: Decimal | None, floor: Decimal) -> tuple[Check, Check]:
    """The same for everybody who asks for the same; the rates are the whole market's."""
    least = _least(floor)

    def check(key: str, label: str, rate: Decimal | None) -> Check:
        passed = rate is not None and rate > 0 and rate >= floor
        figure = "not known" if rate is None else percent(rate, 2)
        missing = None if passed or rate is None else _points(floor - rate)
        return Check(key, label, passed, figure, least, missing, MISSED)

    return (
        check("short_earns_now", "The short earns, now", now),
        check("short_earns_next", "The short earns, next hour", ahead),
    )


@lru_cache(maxsize=4096)
def _steady(volatility: Decimal | None, limit: Decimal) -> Check:
    return Check(
        "steady",
        "Funding is steady",
        volatility is not None and volatility <= limit,
        "not known" if volatility is None else f"{volatility:.2f}",
        f"at most {limit:.2f}",
        code=MISSED,
    )


@dataclass(frozen=True, slots=True)
class _OwnChecks:
    checks: tuple[Check, ...]
    needs_somebody: bool


@lru_cache(maxsize=1024)
def _own(person: PersonFacts, positions_max: int) -> _OwnChecks:
    held, paused = person.positions_held, person.paused
    is_inside = held < positions_max
    return _OwnChecks(
        (
            Check(
                "not_paused",
                "Opening is allowed",
                paused is None,
                paused or "not paused",
                "not paused",
                None if paused is None else "It goes on when opening is resumed.",
                ErrorCode.PAUSED.code,
            ),
            Check(
                "own_limits",
                "Inside your limits",
                is_inside,
                f"{held} open",
                f"at most {positions_max}",
                None if is_inside else "Close a position first.",
                ErrorCode.MAX_EXPOSURE.code,
            ),
            Check(
                "one_at_a_time",
                "Nothing else of yours is being opened",
                not person.is_opening,
                "one is being opened" if person.is_opening else "none",
                "none",
                "It goes on when that one is open." if person.is_opening else None,
                ErrorCode.POSITION_BUSY.code,
            ),
            Check(
                "not_held_back",
                "Nothing has just failed here",
                person.held_back is None,
                person.held_back or "no failures",
                "none that holds back",
                None if person.held_back is None else "It is tried again by itself.",
                ErrorCode.HELD_BACK.code,
            ),
        ),
        needs_somebody=paused is not None or not is_inside,
    )


def _points(short_of: Decimal) -> str:
    return f"{short_of * 100:.2f} points missing."


@lru_cache(maxsize=4096)
def _least(floor: Decimal) -> str:
    return f"at least {percent(floor, 2)} a year" if floor > 0 else "above 0% a year"


INTENT = Rule("entry.intent", 1, IntentFacts, IntentThresholds, decide)
