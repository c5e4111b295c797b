"""The checks before a position is opened: each with its figure, its limit and what would pass."""

from collections.abc import Callable
from decimal import Decimal

from asgard_basis.domain.assets import Asset
from asgard_basis.domain.decision.card import Ruling, Verdict
from asgard_basis.domain.decision.check import Check
from asgard_basis.domain.decision.rule import Rule
from asgard_basis.domain.errors import ErrorCode
from asgard_basis.domain.risk.churn import hold_told
from asgard_basis.domain.risk.limits import RiskLimits
from asgard_basis.domain.strategy.data_checks import fresh_data, undisputed
from asgard_basis.domain.strategy.entry_facts import EntryFacts

_UNHEARD = "{} has not said what is there; it is asked again."
"""Nobody is told to send money because a venue has not answered."""


def evaluate(facts: EntryFacts, limits: RiskLimits) -> tuple[Check, ...]:
    """Every check, in the order a person would ask."""
    rules: tuple[Callable[[EntryFacts, RiskLimits], Check], ...] = (
        _not_paused,
        _not_held_back,
        _solana_usdc,
        _free_margin,
        _safe_leverage,
        _short_earns,
        _pays_after_costs,
        _prices_agree,
        _lst_value,
        _lender_capacity,
        _order_size,
        _book_depth,
        _network_fees,
        _own_limits,
        _undisputed,
        _fresh_data,
    )
    return tuple(rule(facts, limits) for rule in rules)


def ruled(facts: EntryFacts, limits: RiskLimits) -> Ruling:
    """Enter when every check passes; refused by the first that does not."""
    checks = evaluate(facts, limits)
    failing = next((check for check in checks if not check.passed), None)
    if failing is None:
        return Ruling(Verdict.ENTER, "Every check passes.", checks)
    return Ruling(Verdict.REFUSE, f"{failing.label}: {failing.figure}, {failing.limit}.", checks)


PREFLIGHT = Rule("entry.preflight", 1, EntryFacts, RiskLimits, ruled)


def usd(amount: Decimal) -> str:
    """Dollars for a check's figure."""
    return f"${amount:,.2f}"


def percent(fraction: Decimal, places: int = 1) -> str:
    """A fraction as percent for a check's figure."""
    return f"{fraction * 100:.{places}f}%"


def _solana_usdc(facts: EntryFacts, _limits: RiskLimits) -> Check:
    need, have = facts.split.collateral_usdc, facts.solana_usdc
    passed = have is not None and have >= need
    return Check(
        key="solana_usdc",
        label="USDC on Solana",
        passed=passed,
        figure="not known" if have is None else usd(have),
        limit=f"at least {usd(need)}",
        remedy=None if passed else _more("Send {} more USDC to Solana.", "Solana", need, have),
        code=ErrorCode.INSUFFICIENT_USDC.code,
    )


def _free_margin(facts: EntryFacts, _limits: RiskLimits) -> Check:
    need, have = facts.split.margin_usdc, facts.free_margin_usdc
    passed = have is not None and have >= need
    return Check(
        key="free_margin",
        label="Free margin on Hyperliquid",
        passed=passed,
        figure="not known" if have is None else usd(have),
        limit=f"at least {usd(need)}",
        remedy=None if passed else _more("Move {} more to Hyperliquid.", "Hyperliquid", need, have),
        code=ErrorCode.HYPERLIQUID_MARGIN.code,
    )


def _more(told: str, venue: str, need: Decimal, have: Decimal | None) -> str:
    """What to add, where that is known."""
    if have is None:
        return _UNHEARD.format(venue)
    return told.format(usd(need - have))


def _safe_leverage(facts: EntryFacts, limits: RiskLimits) -> Check:
    health = facts.split.opening_health.value
    is_healthy = health >= limits.health_at_entry_min
    passed = facts.leverage <= facts.safe_leverage and is_healthy
    name = facts.protocol.name.title()
    return Check(
        key="safe_leverage",
        label=f"Leverage is safe on {name}",
        passed=passed,
        figure=f"health {percent(health)}",
        limit=f"at least {percent(limits.health_at_entry_min, 0)}",
        remedy=None
        if passed
        else f"{facts.leverage}x leaves too little room on {name}. "
        f"Choose {facts.safe_leverage}x or less.",
        code=(ErrorCode.UNSAFE_LEVERAGE if is_healthy else ErrorCode.HEALTH_TOO_LOW).code,
    )


def _short_earns(facts: EntryFacts, _limits: RiskLimits) -> Check:
    now = facts.snapshot.perp.funding_now.income_to_short.annual().value
    predicted = facts.snapshot.funding_predicted
    ahead = None if predicted is None else predicted.income_to_short.annual().value
    passed = now > 0 and ahead is not None and ahead > 0
    return Check(
        key="short_earns",
        label="The short earns, now and next hour",
        passed=passed,
        figure=f"{percent(now, 2)} and {'not known' if ahead is None else percent(ahead, 2)}",
        limit="above 0% a year",
        remedy=None if passed else "Wait until shorts are paid again.",
        code=ErrorCode.PREFLIGHT_FAILED.code,
    )


def _pays_after_costs(facts: EntryFacts, _limits: RiskLimits) -> Check:
    net = facts.carry.net.value
    return Check(
        key="pays",
        label="It pays after borrowing",
        passed=net > 0,
        figure=f"{percent(net)} a year",
        limit="above 0%",
        remedy=None if net > 0 else "Less leverage borrows less; or wait for better rates.",
        code=ErrorCode.PREFLIGHT_FAILED.code,
    )


def _prices_agree(facts: EntryFacts, limits: RiskLimits) -> Check:
    redemption = facts.snapshot.redemption_rate(facts.asset)
    spot = facts.snapshot.spot_prices.get(facts.asset)
    mark = facts.snapshot.perp.mark_price
    if redemption is None or spot is None:
        figure, passed = "not known", False
    else:
        apart = abs(spot / redemption / mark - 1)
        allowed = limits.price_deviation_max
        discount = facts.snapshot.lsts.get(facts.asset)
        if discount is not None and discount.discount is not None:
            allowed += abs(discount.discount)
        figure, passed = f"{percent(apart, 2)} apart", apart <= allowed
    return Check(
        key="prices_agree",
        label="Venues agree on the price",
        passed=passed,
        figure=figure,
        limit=f"at most {percent(limits.price_deviation_max)}",
        remedy=None if passed else "Wait until both venues show the same price.",
        code=ErrorCode.PREFLIGHT_FAILED.code,
    )


def _lst_value(facts: EntryFacts, limits: RiskLimits) -> Check:
    if facts.asset is Asset.SOL:
        return Check("lst_value", "SOL is its own value", True, "1 SOL", "1 SOL")
    lst = facts.snapshot.lsts.get(facts.asset)
    discount = lst.discount if lst else None
    passed = discount is not None and -limits.lst_premium_max <= discount <= limits.lst_discount_max
    return Check(
        key="lst_value",
        label=f"{facts.asset} trades at its value",
        passed=passed,
        figure="not known" if discount is None else f"{percent(discount, 2)} below",
        limit=f"at most {percent(limits.lst_discount_max)} below",
        remedy=None if passed else "Hold SOL instead, or wait.",
        code=ErrorCode.PREFLIGHT_FAILED.code,
    )


def _lender_capacity(facts: EntryFacts, _limits: RiskLimits) -> Check:
    need, free = facts.split.borrow_usdc, facts.lender.borrow_capacity_usdc
    passed = facts.lender.is_active and free >= need
    return Check(
        key="lender_capacity",
        label=f"{facts.protocol.name.title()} can lend it",
        passed=passed,
        figure=usd(free),
        limit=f"at least {usd(need)}",
        remedy=None if passed else "Choose another lender or less leverage.",
        code=ErrorCode.ASGARD_LIQUIDITY.code,
    )


def _order_size(facts: EntryFacts, limits: RiskLimits) -> Check:
    value = facts.split.short_sol * facts.snapshot.perp.mark_price
    return Check(
        key="order_size",
        label="Both orders are large enough",
        passed=value >= limits.short_order_usd_min,
        figure=f"{facts.split.short_sol} SOL",
        limit=f"at least {usd(limits.short_order_usd_min)}",
        code=ErrorCode.SIZE_TOO_SMALL.code,
    )


def _book_depth(facts: EntryFacts, limits: RiskLimits) -> Check:
    need, have = facts.split.short_sol, facts.book_sol
    passed = have is not None and have >= need
    band = percent(Decimal(limits.slippage_entry_bps_max) / 10_000)
    return Check(
        key="book_depth",
        label="The short finds buyers",
        passed=passed,
        figure="not known" if have is None else f"{have:.2f} SOL within {band}",
        limit=f"at least {need} SOL",
        remedy=None
        if passed
        else _UNHEARD.format("Hyperliquid")
        if have is None
        else "Open less, or wait until more is bid.",
        code=ErrorCode.HYPERLIQUID_ORDER.code,
    )


def _network_fees(facts: EntryFacts, limits: RiskLimits) -> Check:
    have = facts.solana_sol
    passed = have is not None and have >= limits.sol_reserve
    return Check(
        key="network_fees",
        label="Network fees are covered",
        passed=passed,
        figure="not known" if have is None else f"{have:.4f} SOL",
        limit=f"at least {limits.sol_reserve} SOL",
        remedy=None
        if passed
        else _UNHEARD.format("Solana")
        if have is None
        else f"Send at least {limits.sol_reserve} SOL to Solana.",
        code=ErrorCode.INSUFFICIENT_SOL.code,
    )


def _own_limits(facts: EntryFacts, limits: RiskLimits) -> Check:
    passed = facts.positions_held < limits.positions_max
    return Check(
        key="own_limits",
        label="Inside your limits",
        passed=passed,
        figure=f"position {facts.positions_held + 1} of {limits.positions_max}",
        limit=f"at most {limits.positions_max}",
        remedy=None if passed else "Close a position first.",
        code=ErrorCode.MAX_EXPOSURE.code,
    )


def _not_paused(facts: EntryFacts, _limits: RiskLimits) -> Check:
    return Check(
        key="not_paused",
        label="Opening is allowed",
        passed=facts.paused is None,
        figure=facts.paused or "not paused",
        limit="not paused",
        remedy=None if facts.paused is None else "Wait until it is resumed; closing works.",
        code=ErrorCode.PAUSED.code,
    )


def _not_held_back(facts: EntryFacts, _limits: RiskLimits) -> Check:
    hold = facts.held_back
    return Check(
        key="not_held_back",
        label="Nothing has just failed here",
        passed=hold is None,
        figure="no failures" if hold is None else hold.figure,
        limit="none that holds back" if hold is None else hold.limit,
        remedy=None if hold is None else hold_told(hold),
        code=ErrorCode.HELD_BACK.code,
    )


def _undisputed(facts: EntryFacts, _limits: RiskLimits) -> Check:
    return undisputed(facts.snapshot, facts.now, facts.protocol, facts.asset)


def _fresh_data(facts: EntryFacts, limits: RiskLimits) -> Check:
    return fresh_data(facts.snapshot, facts.now, facts.lender, limits)
