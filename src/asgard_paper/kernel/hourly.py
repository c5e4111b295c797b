"""The random market, one hour after another: price, premium, lending, staking.

A Gaussian state with the right memory and correlations runs underneath; each rate is read off it
through its recorded distribution, so marginals are right by construction.
"""

import math
import random
from bisect import bisect_right
from dataclasses import dataclass

from asgard_paper.kernel import calibration as table

_ROOT_HALF = math.sqrt(0.5)
_MEAN_SURPRISE, _SPREAD_SURPRISE = 0.75, 0.66
"""Of the absolute value of a unit Student-t with about six degrees of freedom."""


@dataclass(frozen=True, slots=True)
class Hour:
    """One hour: the price at its start, everything else as it holds until the next."""

    log_price: float
    sigma: float
    """Standard deviation of the log return over this hour, for the path inside it."""
    premium: float
    sol_supply: dict[str, float]
    usdc_borrow: dict[str, float]
    staking_apy: float
    staked: float
    """Growth of jitoSOL's redemption rate since the path began, as a logarithm."""
    discount: float


class _Memory:
    """A stationary Gaussian of unit variance that forgets a share of itself each hour."""

    __slots__ = ("_kept", "_news", "value")

    def __init__(self, forgotten: float, first: float) -> None:
        self._kept = 1.0 - forgotten
        self._news = math.sqrt(1.0 - self._kept * self._kept)
        self.value = first

    def step(self, news: float) -> float:
        self.value = self._kept * self.value + self._news * news
        return self.value


def quantile(shape: table.Quantiles, gaussian: float) -> float:
    """Read a distribution at the rank of a standard normal value."""
    rank = 0.5 * math.erfc(-gaussian * _ROOT_HALF)
    position = min(bisect_right(shape.probabilities, rank), len(shape.probabilities) - 1)
    low, high = shape.probabilities[position - 1], shape.probabilities[position]
    share = (rank - low) / (high - low)
    return shape.values[position - 1] + share * (
        shape.values[position] - shape.values[position - 1]
    )


class _Rate:
    """One lender's rate on one side, in percent."""

    def __init__(self, shape: table.RateShape, draws: random.Random) -> None:
        self._shape = shape
        explained = shape.follows_funding**2 + shape.follows_demand**2
        self._own = math.sqrt(1.0 - explained)
        self._parts = [
            (math.sqrt(share), _Memory(1.0 if hours == 0 else 1.0 / hours, draws.gauss(0, 1)))
            for share, hours in shape.memory
        ]

    def step(self, funding: float, demand: float, draws: random.Random) -> float:
        own = sum(weight * part.step(draws.gauss(0, 1)) for weight, part in self._parts)
        latent = (
            self._shape.follows_funding * funding
            + self._shape.follows_demand * demand
            + self._own * own
        )
        return quantile(self._shape.quantiles, latent)


class HourlyMarket:
    """An endless stream of hours; the same seed and first hour give the same stream."""

    def __init__(self, seed: int, first_hour: int) -> None:
        self._draws = draws = random.Random(f"asgard-paper market {seed}")
        self._hour = first_hour
        self._log_price = 0.0
        self._slow_volatility = _Memory(table.SLOW_VOLATILITY[1], draws.gauss(0, 1))
        self._quick_volatility = _Memory(table.QUICK_VOLATILITY[1], draws.gauss(0, 1))
        self._excitement = 0.0
        self._premium_slow = _Memory(table.PREMIUM_SLOW[1], draws.gauss(0, 1))
        self._premium_daily = _Memory(table.PREMIUM_DAILY[1], draws.gauss(0, 1))
        self._premium_fast = _Memory(table.PREMIUM_FAST[1], draws.gauss(0, 1))
        self._dislocation = 0.0
        self._demand = _Memory(1 / 90, draws.gauss(0, 1))
        self._sol = {name: _Rate(shape, draws) for name, shape in table.SOL_SUPPLY.items()}
        self._usdc = {name: _Rate(shape, draws) for name, shape in table.USDC_BORROW.items()}
        self._yield = _Memory(table.STAKING_APY_EPOCH_FORGOTTEN, draws.gauss(0, 1))
        self._staked = 0.0
        self._discount = _Memory(1 / table.DISCOUNT_MEMORY_HOURS, draws.gauss(0, 1))

    def next(self) -> Hour:
        """The coming hour; each call moves one hour on."""
        draws = self._draws
        if self._hour % table.EPOCH_HOURS == 0:
            self._staked += math.log1p(self._staking_apy()) * (
                table.EPOCH_HOURS / table.HOURS_PER_YEAR
            )
            self._yield.step(draws.gauss(0, 1))
        sigma = self._volatility()
        start = self._log_price
        surprise, move = self._price_move(sigma)
        self._log_price += move
        funding = self._premium_slow.value
        demand = self._demand.step(draws.gauss(0, 1))
        hour = Hour(
            log_price=start,
            sigma=sigma,
            premium=self._premium(surprise, move),
            sol_supply={n: rate.step(funding, demand, draws) for n, rate in self._sol.items()},
            usdc_borrow={n: rate.step(funding, demand, draws) for n, rate in self._usdc.items()},
            staking_apy=self._staking_apy(),
            staked=self._staked,
            discount=self._market_discount(),
        )
        self._hour += 1
        return hour

    def _volatility(self) -> float:
        draws = self._draws
        slow = table.SLOW_VOLATILITY[0] * self._slow_volatility.step(draws.gauss(0, 1))
        follows = table.VOLATILITY_FOLLOWS_SURPRISE
        news = follows * self._excitement + math.sqrt(1 - follows * follows) * draws.gauss(0, 1)
        quick = table.QUICK_VOLATILITY[0] * self._quick_volatility.step(news)
        return table.HOURLY_SIGMA * table.HOUR_OF_DAY[self._hour % 24] * math.exp(slow + quick)

    def _price_move(self, sigma: float) -> tuple[float, float]:
        """The hour's news in standard deviations (jumps apart) and its whole log return."""
        draws, freedom = self._draws, table.INNOVATION_FREEDOM
        chi_square = draws.gammavariate(freedom / 2, 2.0)
        news = draws.gauss(0, 1)
        surprise = news * math.sqrt((freedom - 2) / chi_square)
        move = sigma * surprise
        self._excitement = (abs(surprise) - _MEAN_SURPRISE) / _SPREAD_SURPRISE
        jumps, size = draws.random() < table.JUMPS_PER_HOUR, draws.gauss(0, table.JUMP_SIGMA)
        if jumps:
            move += size
            self._quick_volatility.value += table.JUMP_AFTERSHOCK * abs(size) / table.JUMP_SIGMA
        return news, move

    def _premium(self, news: float, move: float) -> float:
        draws = self._draws
        follows = table.PREMIUM_FOLLOWS_RETURNS
        own = math.sqrt(1 - follows * follows) * draws.gauss(0, 1)
        slow = self._premium_slow.step(follows * news + own)
        daily = self._premium_daily.step(draws.gauss(0, 1))
        fast = self._premium_fast.step(draws.gauss(0, 1))
        latent = (
            math.sqrt(table.PREMIUM_SLOW[0]) * slow
            + math.sqrt(table.PREMIUM_DAILY[0]) * daily
            + math.sqrt(table.PREMIUM_FAST[0]) * fast
        )
        self._dislocation *= table.DISLOCATION_KEPT
        shock = table.DISLOCATION_MEDIAN * math.exp(table.DISLOCATION_SPREAD * draws.gauss(0, 1))
        if move < table.DISLOCATION_BELOW:
            self._dislocation -= shock
        return max(
            table.PREMIUM_FLOOR, quantile(table.PREMIUM_QUANTILES, latent) + self._dislocation
        )

    def _staking_apy(self) -> float:
        low, high = table.STAKING_APY_BOUNDS
        apy = table.STAKING_APY_MEAN + table.STAKING_APY_SIGMA * self._yield.value
        return min(high, max(low, apy))

    def _market_discount(self) -> float:
        stress = table.DISCOUNT_FOLLOWS_VOLATILITY
        own = self._discount.step(self._draws.gauss(0, 1))
        latent = stress * self._slow_volatility.value + math.sqrt(1 - stress * stress) * own
        return quantile(table.DISCOUNT_QUANTILES, latent)
