"""Recorded history as a market path: Dec 2024 - Oct 2025 exactly as it was."""

from bisect import bisect_right
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from asgard_paper.kernel import calibration as table
from asgard_paper.kernel.generated import lender_rates
from asgard_paper.kernel.market import (
    HOUR_MS,
    INF,
    JITOSOL,
    JUPSOL,
    Conditions,
    LenderRates,
    LstState,
    hour_of,
)
from asgard_paper.kernel.recordings import HistoryError, Series, read_series, require

_RECORDED_LENDERS = ("kamino", "marginfi", "drift")
_LENDING_COLUMNS = ("avgLendingRate", "avgBorrowingRate")
_EPOCH_MS = table.EPOCH_HOURS * HOUR_MS
_EPOCH_YEARS = Decimal(table.EPOCH_HOURS) / Decimal(8760)


@dataclass(frozen=True, slots=True)
class _Lender:
    sol: Series
    usdc: Series


class ReplayedPath:
    """A market path over a folder of recordings.

    Premium: as recorded with each settlement (the recorded rate follows from it by the venue's
    formula, up to the last of its 10 decimals); a missing hour holds the one before. Price: the
    opening price of the hour, straight lines between. Lending: the hour's mean, missing hours hold
    the last; Kamino's daily record before its hourly one begins; a lender is absent before its
    record begins, and Solend always. Staking: jitoSOL's recorded yield compounded once per epoch,
    its first value before the record begins; jupSOL and INF by the shares in `calibration.py`.
    No market discount was recorded: it is zero.

    Raises HistoryError when a recording is missing or corrupt; LookupError outside
    `earliest_ms` .. `latest_ms`.
    """

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise HistoryError(f"{folder}: the recorded history is not a folder")
        funding = read_series(folder / "funding", "hl_funding_SOL_1h", ("premium", "fundingRate"))
        require(funding, "hl_funding_SOL_1h", lambda row: abs(row[0]) < 1)
        prices = read_series(folder / "prices", "okx_perp_SOLUSDT_1h", ("open",))
        require(prices, "okx_perp_SOLUSDT_1h", lambda row: row[0] > 0)
        self._premiums = dict(zip(funding.hours, (row[0] for row in funding.rows), strict=True))
        self._prices = dict(zip(prices.hours, (row[0] for row in prices.rows), strict=True))
        self.earliest_ms = max(funding.hours[0], prices.hours[0])
        self.latest_ms = min(funding.hours[-1], prices.hours[-1])
        if self.earliest_ms >= self.latest_ms:
            raise HistoryError(f"{folder}: prices and funding do not overlap")
        self._fill_holes()
        self._lenders = {name: _read_lender(folder, name) for name in _RECORDED_LENDERS}
        self._yield = read_series(folder / "lst", "asgard_jitosol_apy_1h", ("avgApy",))
        require(self._yield, "asgard_jitosol_apy_1h", lambda row: 0 <= row[0] < 1)
        self._redemption = self._compound()

    def at(self, at_ms: int) -> Conditions:
        """Conditions at a recorded moment."""
        hour = hour_of(at_ms)
        return Conditions(
            at_ms=at_ms,
            oracle_price=self._price(at_ms),
            premium=self.premium_of_hour(hour + HOUR_MS),
            lenders=self._rates(hour),
            lsts=self._lsts(hour),
        )

    def settlement_price(self, hour_ms: int) -> Decimal:
        """The oracle price at the hour."""
        return self._price(hour_of(hour_ms))

    def premium_of_hour(self, hour_ms: int) -> Decimal:
        """The recorded mean premium of the hour that ends at `hour_ms`."""
        hour = hour_of(hour_ms)
        self._check(hour)
        return self._premiums[hour]

    def _check(self, at_ms: int) -> None:
        if not self.earliest_ms <= at_ms <= self.latest_ms:
            raise LookupError(
                f"the recorded market runs from {self.earliest_ms} to {self.latest_ms}:"
                f" asked for {at_ms}"
            )

    def _price(self, at_ms: int) -> Decimal:
        self._check(at_ms)
        hour = hour_of(at_ms)
        here = self._prices[hour]
        if at_ms == hour:
            return here.quantize(Decimal("0.0001"))
        share = Decimal(at_ms - hour) / HOUR_MS
        price = here + (self._prices[hour + HOUR_MS] - here) * share
        return price.quantize(Decimal("0.0001"))

    def _fill_holes(self) -> None:
        for values in (self._premiums, self._prices):
            for hour in range(self.earliest_ms, self.latest_ms, HOUR_MS):
                values.setdefault(hour + HOUR_MS, values[hour])

    def _rates(self, hour_ms: int) -> dict[str, LenderRates]:
        quoted = {}
        for name, lender in self._lenders.items():
            sol, usdc = _holding(lender.sol, hour_ms), _holding(lender.usdc, hour_ms)
            if sol is not None and usdc is not None:
                quoted[name] = lender_rates(
                    sol_supply=float(sol[0]),
                    sol_borrow=float(sol[1]),
                    usdc_borrow=float(usdc[1]),
                    usdc_supply=float(usdc[0]),
                )
        return quoted

    def _apy(self, at_ms: int) -> Decimal:
        held = _holding(self._yield, at_ms)
        return self._yield.rows[0][0] if held is None else held[0]

    def _compound(self) -> dict[int, Decimal]:
        """jitoSOL's growth since the anchor date, by epoch number."""
        anchor = table.REDEMPTION_ANCHOR_MS // _EPOCH_MS
        growth = {anchor: Decimal(1)}
        for epoch in range(anchor, self.latest_ms // _EPOCH_MS):
            growth[epoch + 1] = growth[epoch] * self._epoch_growth(epoch)
        for epoch in range(anchor, self.earliest_ms // _EPOCH_MS, -1):
            growth[epoch - 1] = growth[epoch] / self._epoch_growth(epoch - 1)
        return growth

    def _epoch_growth(self, epoch: int) -> Decimal:
        return (1 + self._apy(epoch * _EPOCH_MS)) ** _EPOCH_YEARS

    def _lsts(self, hour_ms: int) -> dict[str, LstState]:
        growth, apy = self._redemption[hour_ms // _EPOCH_MS], self._apy(hour_ms)
        states = {}
        for name in (JITOSOL, JUPSOL, INF):
            share = Decimal(str(table.STAKING_YIELD_SHARE[name]))
            rate = Decimal(str(table.REDEMPTION_AT_ANCHOR[name])) * growth**share
            states[name] = LstState(
                redemption_rate=rate.quantize(Decimal("1e-9")),
                staking_apy=(apy * share).quantize(Decimal("1e-8")),
                discount=Decimal(0),
            )
        return states


def _read_lender(folder: Path, name: str) -> _Lender:
    sides = []
    for asset, daily in (("sol", "lending_rates"), ("usdc", "borrowing_rates")):
        hourly = read_series(folder / "lending", f"asgard_{name}_{asset}_hourly", _LENDING_COLUMNS)
        if name == "kamino":
            stem = f"defillama_kamino_{asset}_{daily}"
            older = read_series(folder / "lending", stem, ("apyBase", "apyBaseBorrow"))
            kept = sum(hour < hourly.hours[0] for hour in older.hours)
            hourly = Series(older.hours[:kept] + hourly.hours, older.rows[:kept] + hourly.rows)
        require(hourly, f"asgard_{name}_{asset}_hourly", lambda row: 0 <= min(row) < 1000)
        sides.append(hourly)
    return _Lender(*sides)


def _holding(series: Series, at_ms: int) -> tuple[Decimal, ...] | None:
    index = bisect_right(series.hours, at_ms) - 1
    return None if index < 0 else series.rows[index]
