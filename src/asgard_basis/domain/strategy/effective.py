"""What a wish comes to under the system's limits, told beside it."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from asgard_basis.domain.risk.limits import RiskLimits
from asgard_basis.domain.strategy.checks import percent, usd
from asgard_basis.domain.strategy.config import StrategyConfig
from asgard_basis.domain.strategy.evaluation import StrategyOffer


@dataclass(frozen=True, slots=True)
class Effective:
    """One field whose wish meets a limit."""

    field: str
    wish: Decimal
    effective: Decimal
    is_capped: bool
    told: str
    """In one sentence."""


def effective(
    config: StrategyConfig,
    limits: RiskLimits,
    *,
    offers: Iterable[StrategyOffer] = (),
    balance_usd: Decimal | None = None,
) -> tuple[Effective, ...]:
    """Leverage, number and size as they will really be; without a balance no size is told."""
    values = [_leverage(config, limits, list(offers)), _number(config, limits)]
    if balance_usd is not None:
        values.append(_size(config, limits, balance_usd))
    return tuple(values)


def _leverage(config: StrategyConfig, limits: RiskLimits, offers: list[StrategyOffer]) -> Effective:
    wish = config.max_leverage
    if not offers:
        return Effective("max_leverage", wish, wish, False, "No lender is known just now.")
    best = max(offers, key=lambda offer: offer.leverage)
    name, safe = best.protocol.name.title(), best.safe_leverage
    health = percent(limits.health_at_entry_min, 0)
    told = f"Above {safe}x {name} leaves less than {health} of room, and we open with less."
    if wish <= safe:
        told = f"{name} allows up to {safe}x."
    return Effective("max_leverage", wish, min(wish, best.leverage), wish > safe, told)


def _number(config: StrategyConfig, limits: RiskLimits) -> Effective:
    wish = Decimal(config.max_concurrent_positions)
    most = Decimal(limits.positions_max)
    told = f"Nobody holds more than {most} at a time."
    return Effective("max_concurrent_positions", wish, min(wish, most), wish > most, told)


def _size(config: StrategyConfig, limits: RiskLimits, balance_usd: Decimal) -> Effective:
    wish = balance_usd * config.max_position_pct
    size = min(wish, limits.size_max_usd)
    told = f"{usd(size)} of {usd(balance_usd)}."
    if wish > limits.size_max_usd:
        told = f"No position is larger than {usd(limits.size_max_usd)}."
    elif wish < limits.size_min_usd:
        size = Decimal(0)
        told = f"{usd(wish)} is less than the least position of {usd(limits.size_min_usd)}."
    return Effective("max_position_pct", wish, size, size != wish, told)
