"""Whether a position is left for its owner's sake: a stop, a gain, funding that turned, too little.

What endangers it (health, margin, a staking token losing its peg) is judged before, elsewhere.
Nothing here knows of pauses or of the kill switch: they forbid opening, never this.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from asgard_basis.domain.decision.card import Ruling, Verdict
from asgard_basis.domain.decision.check import Check
from asgard_basis.domain.decision.rule import Rule
from asgard_basis.domain.market.funding import FundingObservation
from asgard_basis.domain.market.rates import HOURS_PER_YEAR
from asgard_basis.domain.money import ONE, ZERO
from asgard_basis.domain.strategy.checks import percent, usd
from asgard_basis.domain.strategy.config import (
    FundingExit,
    StrategyConfig,
    annual_of_8_hours,
    fraction,
)


@dataclass(frozen=True, slots=True)
class StrategyExitFacts:
    """All the rule looks at. Rates are yearly fractions; None is not known and never a reason."""

    now: datetime
    """Market time, as `hedged_at`."""
    hedged_at: datetime
    size_usd: Decimal
    result_usd: Decimal | None
    """What the position has brought so far, all of it."""
    earned_back: Decimal | None
    """Income so far over the costs of getting in and out."""
    income_now: Decimal
    """To the short, on its notional."""
    income_predicted: Decimal | None
    income_mean: Decimal | None
    """Over the settled hours that patience looks back on."""
    carry_mean: Decimal | None
    """Net on the capital with that mean, before one-time costs."""
    bled_usd: Decimal
    """What staying has cost since the position's income was highest, see `bled`."""
    round_trip_usd: Decimal
    """Leaving now and coming back later."""
    unfit: tuple[str, ...] = ()
    """Of what this is judged by, what is too old, disputed or missing."""


def bled(
    hours: Iterable[FundingObservation],
    *,
    since: datetime,
    exposure_usd: Decimal,
    other_apr: Decimal,
    size_usd: Decimal,
) -> Decimal:
    """USD lost between the position's richest settled hour and now, at the present other rates.

    Each hour brings funding on `exposure_usd` and an hour's part of `other_apr` (lending and
    staking less borrowing) on `size_usd`. Zero while the income is at its highest.
    """
    hourly = other_apr * size_usd / HOURS_PER_YEAR
    sunk = ZERO
    for observation in hours:
        if observation.hour > since:
            earned = observation.rate.income_to_short.value * exposure_usd + hourly
            sunk = max(ZERO, sunk - earned)
    return sunk


def decide(facts: StrategyExitFacts, config: StrategyConfig) -> Ruling:
    """Exit with its reason, or hold: the first rule of the order that fires is the reason."""
    stop, gain = _stop_loss(facts, config), _take_profit(facts, config)
    funding, carry = _funding(facts, config), _carry(facts, config)
    patience = _patience(facts, config, is_idle=funding.passed)
    age = _age(facts, config, is_idle=carry.passed)
    criteria = (stop, gain, funding, patience, carry, age)
    if facts.unfit:
        fresh = Check(
            "fresh_data",
            "Data is fresh and undisputed",
            False,
            "; ".join(facts.unfit),
            "all that is needed",
            "It is judged again with fresh data.",
        )
        return Ruling(
            Verdict.HOLD, "Not judged on data that cannot be believed.", (fresh, *criteria)
        )
    for check in (stop, gain):
        if not check.passed:
            return Ruling(Verdict.EXIT, _told(check), criteria)
    if not funding.passed and not patience.passed:
        return Ruling(Verdict.EXIT, f"{_told(funding)} {_told(patience)}", criteria)
    if not carry.passed and age.passed:
        return Ruling(Verdict.EXIT, _told(carry), criteria)
    if not funding.passed:
        return Ruling(Verdict.HOLD, f"Patient: {_told(patience)}", criteria)
    if not carry.passed:
        return Ruling(Verdict.HOLD, f"Too young to leave for little: {_told(age)}", criteria)
    return Ruling(Verdict.HOLD, _told(carry), criteria)


def _stop_loss(facts: StrategyExitFacts, config: StrategyConfig) -> Check:
    most = facts.size_usd * fraction(config.stop_loss_pct)
    return Check(
        "stop_loss",
        "Result so far, at worst",
        facts.result_usd is None or facts.result_usd > -most,
        "not known" if facts.result_usd is None else _signed(facts.result_usd),
        f"a loss under {usd(most)}",
    )


def _take_profit(facts: StrategyExitFacts, config: StrategyConfig) -> Check:
    label = "Result so far, at best"
    figure = "not known" if facts.result_usd is None else _signed(facts.result_usd)
    if config.take_profit_pct is None:
        return Check("take_profit", label, True, figure, "no upper limit")
    wished = facts.size_usd * fraction(config.take_profit_pct)
    passed = facts.result_usd is None or facts.result_usd < wished
    return Check("take_profit", label, passed, figure, f"a gain under {usd(wished)}")


def _funding(facts: StrategyExitFacts, config: StrategyConfig) -> Check:
    least = annual_of_8_hours(config.exit_funding_rate_8hr).value
    limit = f"at least {percent(least, 2)} a year"
    if config.funding_exit is FundingExit.IMMEDIATE:
        ahead = facts.income_predicted
        told = "not known" if ahead is None else percent(ahead, 2)
        return Check(
            "funding",
            "The short earns now or next hour",
            facts.income_now >= least or ahead is None or ahead >= least,
            f"{percent(facts.income_now, 2)} and {told}",
            limit,
        )
    mean = facts.income_mean
    return Check(
        "funding",
        f"The short earned over {config.patience_hours} h",
        mean is None or mean >= least,
        "not known" if mean is None else percent(mean, 2),
        limit,
    )


def _patience(facts: StrategyExitFacts, config: StrategyConfig, *, is_idle: bool) -> Check:
    """Fails only where funding has turned and there is nothing to wait for any more."""
    if config.funding_exit is FundingExit.IMMEDIATE:
        return Check("patience", "Patience", is_idle, "none", "leave at once")
    cost = facts.round_trip_usd * config.patience_cost_factor
    back = facts.earned_back
    is_waiting = (back is None or back < ONE) and facts.bled_usd < cost
    told = "not known" if back is None else percent(back, 0)
    return Check(
        "patience",
        "Worth waiting for its costs",
        is_idle or is_waiting,
        f"{told} earned back, staying has cost {usd(facts.bled_usd)}",
        f"under 100% and under {usd(cost)}",
    )


def _carry(facts: StrategyExitFacts, config: StrategyConfig) -> Check:
    least = fraction(config.min_exit_carry_apy)
    mean = facts.carry_mean
    return Check(
        "carry",
        f"Left a year at the last {config.patience_hours} h's rates",
        mean is None or mean >= least,
        "not known" if mean is None else percent(mean),
        f"at least {percent(least)}",
    )


def _age(facts: StrategyExitFacts, config: StrategyConfig, *, is_idle: bool) -> Check:
    held = facts.now - facts.hedged_at
    return Check(
        "held_long_enough",
        "Held long enough to leave for little",
        is_idle or held >= timedelta(hours=config.min_hold_hours),
        f"{int(held.total_seconds()) // 3600} h",
        f"at least {config.min_hold_hours} h",
    )


def _signed(amount: Decimal) -> str:
    return f"-{usd(-amount)}" if amount < 0 else usd(amount)


def _told(check: Check) -> str:
    return f"{check.label}: {check.figure}, {check.limit}."


STRATEGY_EXIT = Rule("strategy.exit", 1, StrategyExitFacts, StrategyConfig, decide)
