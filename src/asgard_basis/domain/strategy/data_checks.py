"""The checks of what an entry is decided on: neither too old nor disputed."""

from datetime import datetime

from asgard_basis.domain.assets import Asset, LendingProtocol
from asgard_basis.domain.decision.check import Check
from asgard_basis.domain.errors import ErrorCode
from asgard_basis.domain.market.quality import QualityState, parts_of_entry
from asgard_basis.domain.market.snapshot import LenderMarket, MarketSnapshot
from asgard_basis.domain.risk.limits import RiskLimits


def undisputed(
    snapshot: MarketSnapshot, now: datetime, protocol: LendingProtocol, asset: Asset
) -> Check:
    """No figure the entry depends on is implausible or contradicted; RSK-0009 when one is."""
    wanted = snapshot.quality(now).among(parts_of_entry(protocol, asset))
    disputed = [q for q in wanted if q.state is QualityState.DISPUTED]
    return Check(
        key="undisputed_data",
        label="Figures are plausible",
        passed=not disputed,
        figure=", ".join(str(q.part) for q in disputed) + " disputed" if disputed else "undisputed",
        limit="nothing disputed",
        remedy=f"{disputed[0].reason} Wait until that is settled." if disputed else None,
        code=ErrorCode.DISPUTED_MARKET.code,
    )


def fresh_data(
    snapshot: MarketSnapshot, now: datetime, lender: LenderMarket, limits: RiskLimits
) -> Check:
    """Price and rates are young enough, at host time `now`; RSK-0004 when they are not."""
    perp_age = int((now - snapshot.perp.observed_at).total_seconds())
    lst = snapshot.lsts.get(lender.asset)
    oldest = min(lender.observed_at, lst.observed_at if lst else now)
    lender_age = int((now - oldest).total_seconds())
    passed = (
        perp_age <= limits.market_age_seconds_max and lender_age <= limits.rates_age_seconds_max
    )
    return Check(
        key="fresh_data",
        label="Data is fresh",
        passed=passed,
        figure=f"price {max(0, perp_age)} s, rates {max(0, lender_age)} s",
        limit=f"at most {limits.market_age_seconds_max} s and {limits.rates_age_seconds_max} s",
        remedy=None if passed else "Wait for fresh data.",
        code=ErrorCode.STALE_MARKET.code,
    )
