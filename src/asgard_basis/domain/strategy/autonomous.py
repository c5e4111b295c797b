"""Whether a strategy enters now: one person's wishes against one look at the market.

Thresholds for entering lie above those for leaving (`config.checked`), the cooldown is the one
that was in force when the last position was closed, and what is not known never passes.
"""

from datetime import datetime
from decimal import Decimal

from asgard_basis.domain.decision.card import Ruling, Verdict
from asgard_basis.domain.decision.check import Check
from asgard_basis.domain.decision.rule import Rule
from asgard_basis.domain.errors import ErrorCode
from asgard_basis.domain.money import ZERO
from asgard_basis.domain.strategy.checks import percent, usd
from asgard_basis.domain.strategy.config import annual_of_8_hours, fraction
from asgard_basis.domain.strategy.entry_choice import (
    HEADROOM,
    Purse,
    StrategyEntryFacts,
    StrategyEntryThresholds,
    best_offer,
    chosen,
)
from asgard_basis.domain.strategy.evaluation import StrategyOffer

_FUNDS = "funds"
"""Asked of the venues only when everything else holds."""


def decide(facts: StrategyEntryFacts, thresholds: StrategyEntryThresholds) -> Ruling:
    """Enter, wait for what passes by itself, or refuse what somebody must change."""
    criteria = (*_own(facts, thresholds), *_market(facts, thresholds))
    is_open = all(check.passed for check in criteria)
    if is_open or facts.purse is not None:
        criteria = (*criteria, _funds(facts, thresholds))
    if facts.purse is not None:
        criteria = (*criteria, *_last(facts))
    failing = [check for check in criteria if not check.passed]
    choice = chosen(facts, thresholds)
    if not failing and choice is not None:
        offer = best_offer(facts, thresholds)
        left = ZERO if offer is None else offer.after_costs(thresholds.config.planned_hold_days)
        return Ruling(
            Verdict.ENTER,
            f"{percent(left)} a year is left after costs: {usd(choice.size_usd)} into"
            f" {choice.asset.value} on {choice.protocol.name.title()} at {choice.leverage}x.",
            criteria,
            measure=str(choice.size_usd),
        )
    first = next((c for c in failing if c.key in _NEED_SOMEBODY), None)
    if first is not None:
        return Ruling(Verdict.REFUSE, _told(first), criteria)
    return Ruling(Verdict.WAIT, _told(failing[0]), criteria)


def needs_purse(ruling: Ruling) -> bool:
    """Whether only what is asked for last is missing."""
    return ruling.failing == (_FUNDS,)


_NEED_SOMEBODY = frozenset({"not_paused", "reopens", "daily_trades", "not_held_back", "preflight"})
"""Not the market and not a moment's patience, but a rule of somebody forbids it."""


def _own(facts: StrategyEntryFacts, thresholds: StrategyEntryThresholds) -> list[Check]:
    config, last = thresholds.config, facts.last_close
    has_closed = last is not None and facts.enabled_at is not None and last.at >= facts.enabled_at
    reopens = config.auto_reopen or not has_closed
    is_cool = last is None or facts.now >= last.over_at
    has_room = facts.positions_held < thresholds.positions_max
    may_trade = facts.trades_today < thresholds.trades_daily_max
    return [
        Check(
            "not_paused",
            "Opening is allowed",
            facts.paused is None,
            facts.paused or "not paused",
            "not paused",
            None if facts.paused is None else "It goes on when opening is resumed.",
            ErrorCode.PAUSED.code,
        ),
        Check(
            "daily_trades",
            "Trades today",
            may_trade,
            str(facts.trades_today),
            f"fewer than {thresholds.trades_daily_max}",
            None if may_trade else "It goes on at midnight UTC.",
            ErrorCode.MAX_EXPOSURE.code,
        ),
        Check(
            "own_limits",
            "Room for one more position",
            has_room,
            f"{facts.positions_held} open",
            f"at most {thresholds.positions_max}",
            None if has_room else "It goes on when a position is closed.",
            ErrorCode.MAX_EXPOSURE.code,
        ),
        Check(
            "one_at_a_time",
            "Nothing of yours is being changed",
            not facts.is_busy,
            "something is under way" if facts.is_busy else "nothing",
            "nothing",
            "It goes on when that is done." if facts.is_busy else None,
            ErrorCode.POSITION_BUSY.code,
        ),
        Check(
            "reopens",
            "It may enter again by itself",
            reopens,
            "a position was closed" if has_closed else "nothing closed since it was started",
            "enter again" if config.auto_reopen else "once",
            None if reopens else "Start it again, or let it enter again by itself.",
        ),
        Check(
            "cooldown",
            "Waited long enough after leaving",
            is_cool,
            "never left" if last is None else f"left {_moment(last.at)}",
            "nothing to wait for"
            if last is None
            else f"{last.cooldown_minutes} min, until {_moment(last.over_at)}",
        ),
    ]


def _market(facts: StrategyEntryFacts, thresholds: StrategyEntryThresholds) -> list[Check]:
    market, config = facts.market, thresholds.config
    funding = market.funding
    floor = annual_of_8_hours(config.min_funding_rate_8hr).value
    offer = best_offer(facts, thresholds)
    is_fit = not market.is_blind and (offer is not None or not market.unfit)
    left = None if offer is None else offer.after_costs(config.planned_hold_days)
    volatility = funding.volatility
    return [
        Check(
            "fresh_data",
            "Data is fresh and undisputed",
            is_fit,
            "; ".join(market.unfit) or "all of it",
            "all that is needed",
            None if is_fit else "It goes on with fresh data.",
            ErrorCode.STALE_MARKET.code,
        ),
        _earns("short_earns_now", "The short earns now", funding.now, floor),
        _earns("short_earns_next", "The short earns next hour", funding.predicted, floor),
        _earns("short_earns_day", "The short earned over a day", funding.day, floor),
        Check(
            "steady",
            "Funding is steady",
            volatility is not None and volatility <= config.max_funding_volatility,
            "not known" if volatility is None else f"{volatility:.2f}",
            f"at most {config.max_funding_volatility:.2f}",
        ),
        Check(
            "pays",
            "Left a year after borrowing and fees",
            left is not None and left >= fraction(config.min_carry_apy),
            "no lender" if left is None or offer is None else f"{percent(left)}, {offer.place}",
            f"at least {percent(fraction(config.min_carry_apy))}",
        ),
    ]


def _earns(key: str, label: str, income: Decimal | None, floor: Decimal) -> Check:
    return Check(
        key,
        label,
        income is not None and income > 0 and income >= floor,
        "not known" if income is None else percent(income, 2),
        f"at least {percent(floor, 2)} a year" if floor > 0 else "above 0% a year",
    )


def _funds(facts: StrategyEntryFacts, thresholds: StrategyEntryThresholds) -> Check:
    purse, least = facts.purse, thresholds.size_min_usd
    offer = best_offer(facts, thresholds)
    label, limit = "Money in both places", f"enough for {usd(least)}"
    if purse is None or offer is None:
        return Check(_FUNDS, label, False, "not asked yet", limit)
    passed = chosen(facts, thresholds) is not None
    figure = f"{usd(purse.solana_usdc)} on Solana, {usd(purse.margin_usdc)} at Hyperliquid"
    remedy = None
    if not passed:
        remedy = _missing(offer, purse, facts.in_positions_usd, thresholds)
    return Check(_FUNDS, label, passed, figure, limit, remedy, ErrorCode.INSUFFICIENT_USDC.code)


def _last(facts: StrategyEntryFacts) -> list[Check]:
    return [
        Check(
            "not_held_back",
            "Nothing has just failed here",
            facts.held_back is None,
            facts.held_back or "no failures",
            "none that holds back",
            None if facts.held_back is None else "It is tried again by itself.",
            ErrorCode.HELD_BACK.code,
        ),
        Check(
            "preflight",
            "The checks before sending pass",
            facts.refused is None,
            facts.refused or "nothing against it",
            "all of them",
            None if facts.refused is None else "It is tried again by itself.",
            ErrorCode.PREFLIGHT_FAILED.code,
        ),
    ]


def _missing(
    offer: StrategyOffer,
    purse: Purse,
    in_positions_usd: Decimal,
    thresholds: StrategyEntryThresholds,
) -> str:
    """What to send where, the largest obstacle alone."""
    least, share = thresholds.size_min_usd / HEADROOM, offer.collateral_share
    wished = thresholds.config.max_position_pct
    balance = purse.solana_usdc + purse.margin_usdc + in_positions_usd
    if purse.solana_usdc < least * share:
        return f"Send {usd(least * share - purse.solana_usdc)} more USDC to Solana."
    if purse.margin_usdc < least * (1 - share):
        return f"Move {usd(least * (1 - share) - purse.margin_usdc)} more to Hyperliquid."
    if purse.solana_sol < thresholds.sol_reserve:
        return f"Send at least {thresholds.sol_reserve} SOL to Solana for network fees."
    if balance * wished < thresholds.size_min_usd:
        return (
            f"{percent(wished, 0)} of {usd(balance)} is less than {usd(thresholds.size_min_usd)}:"
            " use more of your money in one position, or send more."
        )
    return "Send more USDC."


def _told(check: Check) -> str:
    return f"{check.label}: {check.figure}, {check.limit}."


def _moment(at: datetime) -> str:
    return f"{at:%-d %b %H:%M} UTC"


STRATEGY_ENTRY = Rule("strategy.entry", 1, StrategyEntryFacts, StrategyEntryThresholds, decide)
