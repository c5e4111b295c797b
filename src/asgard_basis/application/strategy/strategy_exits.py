"""What a strategy knows of a position it may leave."""

from decimal import Decimal

from asgard_basis.application.strategy.strategy_market import StrategyLook
from asgard_basis.application.trading.position_views import earned_back, result_now, valued
from asgard_basis.domain.money import ZERO
from asgard_basis.domain.position.position import Position
from asgard_basis.domain.strategy.config import StrategyConfig
from asgard_basis.domain.strategy.exit import StrategyExitFacts, bled
from asgard_basis.domain.strategy.fees import FeeSchedule, round_trip
from asgard_basis.domain.strategy.opportunity import Priced


def exit_facts(
    position: Position, config: StrategyConfig, look: StrategyLook, fees: FeeSchedule
) -> StrategyExitFacts | None:
    """All the exit rule looks at; None for a position that is not hedged yet.

    Funding that cannot be believed is not known: a loss is stopped by the price all the same.
    """
    snapshot = look.snapshot
    if position.hedged_at is None or position.short is None:
        return None
    mark = snapshot.perp.mark_price
    notional = position.short.size * mark
    result = result_now(position, valued(position, snapshot), mark)
    is_believed = not look.funding_unfit
    mean = snapshot.mean_income(config.patience_hours) if is_believed else None
    income = None if mean is None else mean.annual().value
    priced = _priced(position, look)
    other = ZERO if priced is None else priced.carry.net.value - priced.carry.funding.value
    carry = None
    if priced is not None and income is not None:
        exposure = position.leverage * priced.split.collateral_usdc / position.size_usd
        carry = other + exposure * income
    predicted = snapshot.funding_predicted if is_believed else None
    return StrategyExitFacts(
        now=snapshot.taken_at,
        hedged_at=position.hedged_at,
        size_usd=position.size_usd,
        result_usd=None if result is None else result.total,
        earned_back=earned_back(position, result, mark, fees),
        income_now=snapshot.perp.funding_now.income_to_short.annual().value,
        income_predicted=None if predicted is None else predicted.income_to_short.annual().value,
        income_mean=income,
        carry_mean=carry,
        bled_usd=bled(
            look.hours(),
            since=position.hedged_at,
            exposure_usd=notional,
            other_apr=other,
            size_usd=position.size_usd,
        ),
        round_trip_usd=round_trip(notional_usd=notional, fees=fees).total_usd,
        unfit=look.value_unfit(position.asset),
    )


def _priced(position: Position, look: StrategyLook) -> Priced | None:
    lender = look.snapshot.lender(position.protocol, position.asset)
    if lender is None:
        return None
    return look.priced(lender, position.leverage, position.size_usd)


def capital_of(positions: list[Position]) -> Decimal:
    """What was put into these positions, USD."""
    return sum((position.size_usd for position in positions), ZERO)
