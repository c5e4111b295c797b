"""What the market offers for one way to hold a position: made once, shared by all who wait.

The criteria that nobody can choose (`market_checks`) are judged here, once for an evaluation.
"""

from dataclasses import dataclass
from decimal import Decimal

from asgard_basis.domain.assets import Asset, LendingProtocol
from asgard_basis.domain.decision.check import Check
from asgard_basis.domain.errors import ErrorCode
from asgard_basis.domain.money import ZERO
from asgard_basis.domain.risk.limits import RiskLimits
from asgard_basis.domain.strategy.checks import percent, usd

MISSED = ErrorCode.PREFLIGHT_FAILED.code


@dataclass(frozen=True, slots=True)
class MarketEvaluation:
    """One asset at one lender and leverage, at the rates of one snapshot."""

    asset: Asset
    protocol: LendingProtocol | None
    """None while no lender takes the asset."""
    leverage: Decimal
    mark_price: Decimal
    """USD a SOL on Hyperliquid."""
    funding_now: Decimal
    """Yearly income to the short at the running rate, as a fraction of its notional."""
    funding_next: Decimal | None
    """The same as predicted from the premium; None is not known."""
    funding_volatility: Decimal | None
    """See `weekly_volatility`; None is not known."""
    net_apr: Decimal | None
    """Yearly income on the whole capital after borrowing, as a fraction; None is not known."""
    break_even_days: Decimal | None
    """Until the costs of getting in and out are earned; None when never, or not known."""
    safe_leverage: Decimal | None
    borrow_share: Decimal
    """What is borrowed for one dollar of capital."""
    lender_free_usdc: Decimal | None
    """What the lender has left to lend; None without a lender."""
    price_deviation: Decimal | None
    """How far the two venues' prices are apart, as a fraction; None is not known."""
    lst_discount: Decimal | None
    """How far a staking token trades below what it redeems for; None is SOL, or not known."""
    unfit: tuple[str, ...] = ()
    """What of the data is too old, disputed or missing, each with its reason."""


@dataclass(frozen=True, slots=True)
class EntryBounds:
    """The system's own limits, those that can be judged without asking a venue."""

    positions_max: int
    price_deviation_max: Decimal
    lst_discount_max: Decimal
    lst_premium_max: Decimal


def entry_bounds(limits: RiskLimits) -> EntryBounds:
    """Of all limits those that the rule needs."""
    return EntryBounds(
        positions_max=limits.positions_max,
        price_deviation_max=limits.price_deviation_max,
        lst_discount_max=limits.lst_discount_max,
        lst_premium_max=limits.lst_premium_max,
    )


@dataclass(frozen=True, slots=True)
class MarketChecks:
    """What is the same for all intents that share a market evaluation."""

    checks: tuple[Check, ...]
    needs_somebody: bool
    """A check fails that waiting does not mend."""
    net: str
    days: str
    price: str
    free: str
    """The market's figures in words, for the criteria of each."""


def market_checks(market: MarketEvaluation, bounds: EntryBounds) -> MarketChecks:
    """The criteria nobody can choose, and the figures for those that people can."""
    checks = [_fit(market), _lender(market), _safe(market), _agreed(market, bounds)]
    if market.asset is not Asset.SOL:
        checks.append(_at_value(market, bounds))
    return MarketChecks(
        checks=tuple(checks),
        needs_somebody=not checks[2].passed,
        net=_percent_or_not(market.net_apr, 1),
        days="never" if market.break_even_days is None else f"{market.break_even_days:.1f} days",
        price=usd(market.mark_price),
        free="not known" if market.lender_free_usdc is None else usd(market.lender_free_usdc),
    )


def _fit(market: MarketEvaluation) -> Check:
    return Check(
        "fresh_data",
        "Data is fresh and undisputed",
        not market.unfit,
        "; ".join(market.unfit) or "all of it",
        "all of it",
        "Wait for fresh data." if market.unfit else None,
        ErrorCode.STALE_MARKET.code,
    )


def _lender(market: MarketEvaluation) -> Check:
    is_there = market.protocol is not None
    name = "none" if market.protocol is None else market.protocol.name.title()
    return Check(
        "lender",
        f"A lender takes {market.asset.value}",
        is_there,
        name,
        "any that is switched on",
        None if is_there else "Wait, or choose another asset.",
        ErrorCode.INVALID_PROTOCOL.code,
    )


def _safe(market: MarketEvaluation) -> Check:
    safe = market.safe_leverage
    passed = safe is None or market.leverage <= safe
    return Check(
        "safe_leverage",
        "Leverage is safe there",
        passed,
        f"{market.leverage}x",
        "not known" if safe is None else f"at most {safe}x",
        None if passed else f"Cancel this one and ask for {safe}x or less.",
        ErrorCode.UNSAFE_LEVERAGE.code,
    )


def _agreed(market: MarketEvaluation, bounds: EntryBounds) -> Check:
    apart = market.price_deviation
    allowed = bounds.price_deviation_max + abs(market.lst_discount or ZERO)
    passed = apart is not None and apart <= allowed
    return Check(
        "prices_agree",
        "Venues agree on the price",
        passed,
        "not known" if apart is None else f"{percent(apart, 2)} apart",
        f"at most {percent(allowed, 2)}",
        None if passed else "Wait until both venues show the same price.",
        MISSED,
    )


def _at_value(market: MarketEvaluation, bounds: EntryBounds) -> Check:
    discount = market.lst_discount
    passed = discount is not None and -bounds.lst_premium_max <= discount <= bounds.lst_discount_max
    return Check(
        "lst_value",
        f"{market.asset.value} trades at its value",
        passed,
        "not known" if discount is None else f"{percent(discount, 2)} below",
        f"at most {percent(bounds.lst_discount_max)} below",
        None if passed else "Wait, or hold SOL instead.",
        MISSED,
    )


def _percent_or_not(fraction: Decimal | None, places: int = 2) -> str:
    return "not known" if fraction is None else percent(fraction, places)
