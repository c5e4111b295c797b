"""From a stored position and the shared snapshot to what the risk rules look at."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from asgard_basis.domain.assets import Asset
from asgard_basis.domain.market.lst import Peg
from asgard_basis.domain.market.quality import QualityState, staking_part
from asgard_basis.domain.market.snapshot import MarketSnapshot
from asgard_basis.domain.money import ONE, ZERO
from asgard_basis.domain.position.lifecycle import PositionState
from asgard_basis.domain.position.position import LegObservation, Position, ShortRecord
from asgard_basis.domain.risk.facts import Belief, LegFacts, Near, PriceFacts, RiskFacts

JUDGED = frozenset(
    {
        PositionState.HEDGED,
        PositionState.QUARANTINED,
        PositionState.REDUCING,
        PositionState.REPAIRING,
    }
)
"""What holds both legs and is not being left already; the rest has a saga or an alarm."""

_CHANGING = frozenset({PositionState.REDUCING, PositionState.REPAIRING})

_BELIEF = {
    QualityState.FRESH: Belief.FRESH,
    QualityState.STALE: Belief.STALE,
    QualityState.DISPUTED: Belief.DISPUTED,
}


def price_facts(
    snapshot: MarketSnapshot, asset: Asset, *, host_now: datetime, peg: Peg | None = None
) -> PriceFacts:
    """The market as it concerns one asset; a staking token's value only while it is believed."""
    quality = snapshot.quality(host_now)
    belief = _BELIEF[quality.price.state]
    known: Decimal | None = ONE
    change = None
    if asset is not Asset.SOL:
        lst = snapshot.lsts.get(asset)
        is_believed = quality.of(staking_part(asset)).is_fresh
        known = lst.market_rate if lst is not None and is_believed else None
        change = peg.change if peg is not None and is_believed else None
    return PriceFacts(
        at=snapshot.taken_at,
        mark_price=snapshot.perp.mark_price,
        oracle_price=snapshot.perp.oracle_price,
        maintenance_fraction=snapshot.perp.maintenance_fraction,
        belief=belief,
        doubt=quality.price.reason,
        redemption_rate=snapshot.believed_redemption(asset),
        market_rate=known,
        market_rate_change=change,
    )


def leg_facts(
    position: Position,
    *,
    liquidation_threshold: Decimal | None,
    maintenance_fraction: Decimal,
    host_now: datetime,
) -> LegFacts:
    """Both legs as they were read last; before the first reading, as they were opened."""
    long, short, seen = position.long, position.short, position.observation
    age = None if seen is None else max(0, int((host_now - seen.observed_at).total_seconds()))
    size, raw = _short(short, seen, maintenance_fraction)
    return LegFacts(
        asset=position.asset,
        protocol=position.protocol,
        leverage=position.leverage,
        collateral=None if long is None else seen.collateral if seen else long.collateral_bought,
        debt_usdc=ZERO if long is None else seen.debt_usdc if seen else long.debt_opened,
        liquidation_threshold=liquidation_threshold,
        stated_health=seen.health.value if seen is not None and seen.health is not None else None,
        seen_seconds=age,
        short_sol=size,
        short_raw_usd=raw,
        is_changing=position.state in _CHANGING,
    )


def _short(
    short: ShortRecord | None, seen: LegObservation | None, maintenance: Decimal
) -> tuple[Decimal, Decimal | None]:
    """Its size, and margin and proceeds behind it; of an account with several, its share.

    At the wall that the venue states just the maintenance margin is left: where it does not
    say what is behind a short, as with cross margin, that tells.
    """
    if short is None:
        return ZERO, None
    if seen is None:
        return short.size, short.margin_usdc + short.size * short.entry_price
    held = max(ZERO, -seen.account_signed_size)
    size = min(short.size, held)
    if held == 0:
        return ZERO, None
    if seen.isolated_raw_usd is not None:
        return size, seen.isolated_raw_usd * (size / held)
    wall = seen.liquidation_price_short
    return size, None if wall is None else wall * (ONE + maintenance) * size


def risk_facts(
    position: Position,
    snapshot: MarketSnapshot,
    *,
    host_now: datetime,
    pegs: Mapping[Asset, Peg],
    near: tuple[Near, ...],
) -> RiskFacts:
    """All the rules look at."""
    lender = snapshot.lender(position.protocol, position.asset)
    price = price_facts(snapshot, position.asset, host_now=host_now, peg=pegs.get(position.asset))
    legs = leg_facts(
        position,
        liquidation_threshold=lender.liquidation_threshold if lender else None,
        maintenance_fraction=price.maintenance_fraction,
        host_now=host_now,
    )
    return RiskFacts(price, legs, near)
