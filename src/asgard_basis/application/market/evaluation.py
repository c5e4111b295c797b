"""One look at the market for everybody who waits for the same thing."""

from datetime import datetime
from decimal import Decimal

from asgard_basis.application.market.rates import RateBoard
from asgard_basis.domain.assets import Asset, LendingProtocol
from asgard_basis.domain.market.quality import parts_of_entry, unfit_for_entry
from asgard_basis.domain.market.snapshot import LenderMarket, MarketSnapshot
from asgard_basis.domain.market.steadiness import weekly_volatility
from asgard_basis.domain.money import ZERO, Leverage
from asgard_basis.domain.strategy.carry import break_even_days
from asgard_basis.domain.strategy.fees import FeeSchedule, round_trip
from asgard_basis.domain.strategy.market_evaluation import MarketEvaluation

_CAPITAL = Decimal(10_000)
"""All but the few cents of network fees are in proportion to it."""
Way = tuple[Asset, LendingProtocol | None, Decimal]
"""What the long holds, at which lender (None is the best one) and leverage."""


class MarketEvaluator:
    """Evaluates each way once for a snapshot and a moment, with the functions the rates use."""

    def __init__(self, board: RateBoard, fees: FeeSchedule) -> None:
        self._board = board
        self._fees = fees

    def evaluations(
        self, snapshot: MarketSnapshot, ways: set[Way], *, now: datetime
    ) -> dict[Way, MarketEvaluation]:
        """Every way's evaluation; `now` is host time, as the ages are."""
        week = weekly_volatility(snapshot.recent_funding, until=snapshot.taken_at)
        volatility = None if week is None else week.value
        return {way: self._one(snapshot, way, volatility, now) for way in ways}

    def _one(
        self, snapshot: MarketSnapshot, way: Way, volatility: Decimal | None, now: datetime
    ) -> MarketEvaluation:
        asset, wished, leverage = way
        lender = self._lender(snapshot, asset, wished, now)
        net = days = safe = free = None
        borrow_share = ZERO
        if lender is not None:
            safe, free = self._board.safe_leverage(lender), lender.borrow_capacity_usdc
            priced = self._board.price(snapshot, lender, Leverage(leverage), _CAPITAL)
            if priced is not None:
                net, split = priced.carry.net.value, priced.split
                borrow_share = split.borrow_usdc / _CAPITAL
                cost = round_trip(notional_usd=split.notional_usd, fees=self._fees)
                days = break_even_days(
                    cost_usd=cost.total_usd, daily_usd=priced.carry.daily_usd(_CAPITAL)
                )
        predicted = snapshot.funding_predicted
        lst = snapshot.lsts.get(asset)
        return MarketEvaluation(
            asset=asset,
            protocol=None if lender is None else lender.protocol,
            leverage=leverage,
            mark_price=snapshot.perp.mark_price,
            funding_now=snapshot.perp.funding_now.income_to_short.annual().value,
            funding_next=None if predicted is None else predicted.income_to_short.annual().value,
            funding_volatility=volatility,
            net_apr=net,
            break_even_days=days,
            safe_leverage=safe,
            borrow_share=borrow_share,
            lender_free_usdc=free,
            price_deviation=_deviation(snapshot, asset),
            lst_discount=None if lst is None else lst.discount,
            unfit=_unfit(snapshot, asset, lender, now),
        )

    def _lender(
        self,
        snapshot: MarketSnapshot,
        asset: Asset,
        wished: LendingProtocol | None,
        now: datetime,
    ) -> LenderMarket | None:
        """As an opening chooses: the wished one, or the cheapest undisputed that lends now."""
        offered = [
            lender
            for lender in snapshot.lenders
            if lender.asset is asset
            and lender.is_active
            and lender.protocol in self._board.enabled
            and wished in {None, lender.protocol}
        ]
        quality = snapshot.quality(now)

        def rank(lender: LenderMarket) -> tuple[bool, Decimal]:
            is_disputed = quality.is_disputed(parts_of_entry(lender.protocol, lender.asset))
            return is_disputed, lender.usdc_borrow.value

        return min(offered, key=rank, default=None)


def _deviation(snapshot: MarketSnapshot, asset: Asset) -> Decimal | None:
    redemption, spot = snapshot.redemption_rate(asset), snapshot.spot_prices.get(asset)
    if redemption is None or spot is None:
        return None
    return abs(spot / redemption / snapshot.perp.mark_price - 1)


def _unfit(
    snapshot: MarketSnapshot, asset: Asset, lender: LenderMarket | None, now: datetime
) -> tuple[str, ...]:
    """What must not be decided on. Missing hours and prices fail under their own names."""
    protocol = None if lender is None else lender.protocol
    bad = unfit_for_entry(snapshot.quality(now), protocol, asset)
    return tuple(f"{part.part}: {part.reason}" for part in bad)
