"""A generated market: any seed is a plausible SOL market, and the same seed is the same market.

Moments, quantiles and autocorrelations follow recorded data (`calibration.py`).
"""

import hashlib
import math
from collections import OrderedDict
from decimal import Decimal
from statistics import NormalDist

from asgard_paper.kernel import calibration as table
from asgard_paper.kernel.hourly import Hour, HourlyMarket
from asgard_paper.kernel.market import (
    HOUR_MS,
    INF,
    JITOSOL,
    JUPSOL,
    SOL,
    Conditions,
    LenderRates,
    LstState,
    hour_of,
)

HISTORY_DAYS = 400
START_PRICE = 150.0
_SECONDS = 3600
_KEPT_MOMENTS = 4096
_NORMAL = NormalDist()


def decimal_of(value: float, places: int) -> Decimal:
    """A float rounded to so many decimal places, as an exact Decimal."""
    return Decimal(f"{value:.{places}f}")


class GeneratedPath:
    """A market path by seed, with `history_days` of past before `start_ms`.

    Prices have 4 decimals, premiums 10, rates 8, redemption rates 9. Hours are generated in order
    and kept, so the same question always has the same answer however questions are ordered.
    Asking before `earliest_ms` raises LookupError; the future has no end.
    """

    def __init__(
        self,
        *,
        seed: int,
        start_ms: int,
        history_days: int = HISTORY_DAYS,
        start_price: float = START_PRICE,
    ) -> None:
        self._seed = seed
        self.earliest_ms = hour_of(start_ms) - history_days * 24 * HOUR_MS
        self._stream = HourlyMarket(seed, self.earliest_ms // HOUR_MS)
        self._hours: list[Hour] = []
        self._anchor = math.log(start_price) - self._hour(hour_of(start_ms)).log_price
        self._moments: OrderedDict[int, Conditions] = OrderedDict()
        self._shared: tuple[int, dict[str, LenderRates], dict[str, LstState]] | None = None

    def at(self, at_ms: int) -> Conditions:
        """Conditions at a market moment; the price moves every second, the rest every hour."""
        second = at_ms - at_ms % 1000
        known = self._moments.get(second)
        if known is None:
            known = self._conditions(second)
            self._moments[second] = known
            if len(self._moments) > _KEPT_MOMENTS:
                self._moments.popitem(last=False)
        return known

    def settlement_price(self, hour_ms: int) -> Decimal:
        """The oracle price at the hour."""
        return self._price(hour_of(hour_ms), 0)

    def premium_of_hour(self, hour_ms: int) -> Decimal:
        """Mean premium over the hour that ends at `hour_ms`."""
        return decimal_of(self._hour(hour_of(hour_ms) - HOUR_MS).premium, 10)

    def _hour(self, hour_ms: int) -> Hour:
        index = (hour_ms - self.earliest_ms) // HOUR_MS
        if index < 0:
            raise LookupError(f"no market before {self.earliest_ms}: asked for {hour_ms}")
        while index >= len(self._hours):
            self._hours.append(self._stream.next())
        return self._hours[index]

    def _conditions(self, second_ms: int) -> Conditions:
        hour_ms = hour_of(second_ms)
        lenders, lsts = self._rates(hour_ms)
        return Conditions(
            at_ms=second_ms,
            oracle_price=self._price(hour_ms, (second_ms - hour_ms) // 1000),
            premium=decimal_of(self._hour(hour_ms).premium, 10),
            lenders=lenders,
            lsts=lsts,
        )

    def _price(self, hour_ms: int, second: int) -> Decimal:
        hour = self._hour(hour_ms)
        log_price = hour.log_price
        if second:
            ahead = self._hour(hour_ms + HOUR_MS).log_price
            log_price += (ahead - log_price) * second / _SECONDS
            log_price += hour.sigma * self._bridge(hour_ms // HOUR_MS, second)
        return decimal_of(math.exp(self._anchor + log_price), 4)

    def _bridge(self, hour: int, second: int) -> float:
        """A Brownian bridge over the hour, zero at both ends, by repeated midpoints."""
        low, high, low_value, high_value = 0, _SECONDS, 0.0, 0.0
        while True:
            middle = (low + high) // 2
            share = (middle - low) / (high - low)
            spread = math.sqrt((middle - low) * (high - middle) / ((high - low) * _SECONDS))
            value = low_value + share * (high_value - low_value)
            value += spread * self._noise(hour, middle)
            if second == middle:
                return value
            if second < middle:
                high, high_value = middle, value
            else:
                low, low_value = middle, value

    def _noise(self, hour: int, second: int) -> float:
        text = f"{self._seed}/{hour}/{second}".encode()
        drawn = int.from_bytes(hashlib.blake2b(text, digest_size=8).digest())
        return _NORMAL.inv_cdf((drawn + 0.5) / 2**64)

    def _rates(self, hour_ms: int) -> tuple[dict[str, LenderRates], dict[str, LstState]]:
        if self._shared is None or self._shared[0] != hour_ms:
            hour = self._hour(hour_ms)
            lenders = {name: _lender(name, hour) for name in table.SOL_SUPPLY}
            lsts = {name: self._lst(name, hour) for name in (JITOSOL, JUPSOL, INF)}
            self._shared = (hour_ms, lenders, lsts)
        return self._shared[1], self._shared[2]

    def _lst(self, name: str, hour: Hour) -> LstState:
        share = table.STAKING_YIELD_SHARE[name]
        years = (self.earliest_ms - table.REDEMPTION_ANCHOR_MS) / HOUR_MS / table.HOURS_PER_YEAR
        growth = share * (math.log1p(table.STAKING_APY_MEAN) * years + hour.staked)
        return LstState(
            redemption_rate=decimal_of(table.REDEMPTION_AT_ANCHOR[name] * math.exp(growth), 9),
            staking_apy=decimal_of(hour.staking_apy * share, 8),
            discount=decimal_of(hour.discount, 6),
        )


def _lender(name: str, hour: Hour) -> LenderRates:
    sol, usdc = table.SOL_SUPPLY[name], table.USDC_BORROW[name]
    supply, borrow = hour.sol_supply[name], hour.usdc_borrow[name]
    return lender_rates(
        sol_supply=supply,
        sol_borrow=sol.other_slope * supply + sol.other_offset,
        usdc_borrow=borrow,
        usdc_supply=max(0.0, usdc.other_slope * borrow + usdc.other_offset),
    )


def lender_rates(
    *, sol_supply: float, sol_borrow: float, usdc_borrow: float, usdc_supply: float
) -> LenderRates:
    """One lender's rates from percents a year; staked collateral earns and costs a share of SOL."""
    staked_supply = decimal_of(sol_supply * table.LST_SUPPLY_SHARE / 100, 8)
    staked_borrow = decimal_of(sol_borrow * table.LST_BORROW_SHARE / 100, 8)
    staked = (JITOSOL, JUPSOL, INF)
    return LenderRates(
        collateral_supply_apy={
            SOL: decimal_of(sol_supply / 100, 8),
            **dict.fromkeys(staked, staked_supply),
        },
        usdc_borrow_apy=decimal_of(usdc_borrow / 100, 8),
        usdc_supply_apy=decimal_of(usdc_supply / 100, 8),
        collateral_borrow_apy={
            SOL: decimal_of(sol_borrow / 100, 8),
            **dict.fromkeys(staked, staked_borrow),
        },
    )
