"""One look at the market for all strategies: priced once for whoever wishes the same."""

from collections.abc import Sequence
from datetime import datetime
from decimal import ROUND_FLOOR, Decimal

from asgard_basis.application.market.rates import RateBoard
from asgard_basis.domain.assets import Asset, LendingProtocol
from asgard_basis.domain.market.funding import FundingObservation
from asgard_basis.domain.market.quality import (
    FUNDING,
    FUNDING_HISTORY,
    PRICE,
    FreshFor,
    Part,
    QualityState,
    lender_part,
    staking_part,
)
from asgard_basis.domain.market.snapshot import LenderMarket, MarketSnapshot
from asgard_basis.domain.market.steadiness import weekly_volatility
from asgard_basis.domain.money import LEVERAGE_MIN, Leverage
from asgard_basis.domain.risk.limits import RiskLimits
from asgard_basis.domain.strategy.config import StrategyConfig
from asgard_basis.domain.strategy.evaluation import (
    StrategyFunding,
    StrategyMarket,
    StrategyOffer,
)
from asgard_basis.domain.strategy.fees import FeeSchedule, round_trip
from asgard_basis.domain.strategy.opportunity import Priced

_REFERENCE_CAPITAL = Decimal(10_000)
_STEP = Decimal("0.1")
_Wish = tuple[tuple[Asset, ...], tuple[LendingProtocol, ...] | None, Decimal]


class StrategyLook:
    """One snapshot as strategies see it; `now` is host time, by which ages are told."""

    def __init__(
        self,
        snapshot: MarketSnapshot,
        board: RateBoard,
        *,
        now: datetime,
        limits: RiskLimits,
        fees: FeeSchedule,
    ) -> None:
        self.snapshot = snapshot
        self._board = board
        self._fees = fees
        fresh_for = FreshFor(limits.market_age_seconds_max, limits.rates_age_seconds_max)
        self._quality = snapshot.quality(now, fresh_for)
        self._funding = _funding(snapshot)
        self._priced: dict[tuple[Asset, LendingProtocol, Decimal], StrategyOffer | None] = {}
        self._markets: dict[_Wish, StrategyMarket] = {}
        parts = [FUNDING]
        history = self._quality.of(FUNDING_HISTORY)
        if snapshot.funding_observed_at is not None or history.state is QualityState.DISPUTED:
            parts.append(FUNDING_HISTORY)
        self.funding_unfit = self._told(parts)
        """Of funding, what nobody may decide on."""
        self.unfit = self._told([PRICE, *parts])
        """Of price and funding."""

    def market(self, config: StrategyConfig) -> StrategyMarket:
        """What a person with these wishes sees; the same value for the same wishes."""
        wish = (config.assets, config.protocols, config.max_leverage)
        known = self._markets.get(wish)
        if known is None:
            known = self._markets[wish] = self._seen(config)
        return known

    def priced(self, lender: LenderMarket, leverage: Decimal, size_usd: Decimal) -> Priced | None:
        """A way to hold the long at the last day's funding; None while a part cannot be believed.

        The same figures as on the rates board.
        """
        if self.lender_unfit(lender.asset, lender.protocol):
            return None
        return self._board.price(self.snapshot, lender, Leverage(leverage), size_usd)

    def lender_unfit(self, asset: Asset, protocol: LendingProtocol) -> tuple[str, ...]:
        """What of one lender's figures for an asset cannot be believed, with the reasons."""
        parts = [lender_part(protocol, asset)]
        if asset is not Asset.SOL:
            parts.append(staking_part(asset))
        return self._told(parts)

    def value_unfit(self, asset: Asset) -> tuple[str, ...]:
        """Of what a long of that asset is worth, what nobody may decide on.

        A redemption rate grows slowly: one that is only old still says what a token is worth.
        """
        staking = self._quality.of(staking_part(asset))
        is_disputed = asset is not Asset.SOL and staking.state is QualityState.DISPUTED
        return self._told([PRICE, staking.part] if is_disputed else [PRICE])

    def hours(self) -> Sequence[FundingObservation]:
        """The settled hours, oldest first."""
        return self.snapshot.recent_funding

    def _seen(self, config: StrategyConfig) -> StrategyMarket:
        offers: list[StrategyOffer] = []
        unfit = list(self.unfit)
        for lender in self.snapshot.lenders:
            if not self._is_wished(lender, config):
                continue
            problems = self.lender_unfit(lender.asset, lender.protocol)
            offer = None if problems else self._offer(lender, config.max_leverage)
            unfit += problems
            if offer is not None:
                offers.append(offer)
        return StrategyMarket(self._funding, tuple(offers), tuple(unfit), is_blind=bool(self.unfit))

    def _is_wished(self, lender: LenderMarket, config: StrategyConfig) -> bool:
        return (
            lender.asset in config.assets
            and (config.protocols is None or lender.protocol in config.protocols)
            and lender.protocol in self._board.enabled
            and lender.is_active
        )

    def _offer(self, lender: LenderMarket, most: Decimal) -> StrategyOffer | None:
        safe = self._board.safe_leverage(lender)
        leverage = min(most, safe).quantize(_STEP, rounding=ROUND_FLOOR)
        if leverage < LEVERAGE_MIN:
            return None
        key = (lender.asset, lender.protocol, leverage)
        if key not in self._priced:
            self._priced[key] = self._price(lender, leverage, safe)
        return self._priced[key]

    def _price(
        self, lender: LenderMarket, leverage: Decimal, safe: Decimal
    ) -> StrategyOffer | None:
        priced = self.priced(lender, leverage, _REFERENCE_CAPITAL)
        if priced is None:
            return None
        split = priced.split
        cost = round_trip(notional_usd=split.notional_usd, fees=self._fees)
        return StrategyOffer(
            asset=lender.asset,
            protocol=lender.protocol,
            leverage=leverage,
            safe_leverage=safe,
            net_apr=priced.carry.net.value,
            cost_share=cost.total_usd / _REFERENCE_CAPITAL,
            collateral_share=split.collateral_usdc / _REFERENCE_CAPITAL,
            capacity_usd=lender.borrow_capacity_usdc * _REFERENCE_CAPITAL / split.borrow_usdc,
        )

    def _told(self, parts: Sequence[Part]) -> tuple[str, ...]:
        return tuple(f"{q.part}: {q.reason}" for q in self._quality.among(parts))


def _funding(snapshot: MarketSnapshot) -> StrategyFunding:
    predicted, day = snapshot.funding_predicted, snapshot.mean_income(24)
    volatility = weekly_volatility(snapshot.recent_funding, until=snapshot.taken_at)
    return StrategyFunding(
        now=snapshot.perp.funding_now.income_to_short.annual().value,
        predicted=None if predicted is None else predicted.income_to_short.annual().value,
        day=None if day is None else day.annual().value,
        volatility=None if volatility is None else volatility.value,
    )
