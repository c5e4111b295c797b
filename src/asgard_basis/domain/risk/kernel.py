"""The risk thresholds over columns of all positions at once: what may need the exact rules.

Floats and numpy, as nowhere else in the domain: the kernel decides nothing. It names every
position whose exact judgement may not be a plain hold, with a margin that is far wider than
float error; `tests/unit/domain/risk/test_kernel.py` holds it against the rules.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import IntFlag

import numpy as np
from numpy.typing import NDArray

from asgard_basis.domain.assets import Asset, LendingProtocol
from asgard_basis.domain.market.lst import VALUED_AT_REDEMPTION, lender_rate
from asgard_basis.domain.risk.facts import Belief, LegFacts, PriceFacts, RiskThresholds

Column = NDArray[np.float64]
Flags = NDArray[np.uint16]

_BLOCK = 1 << 14
"""Rows at once: what is computed of them stays in the processor's cache."""
_SLACK = 1e-6
_SLACK_SECONDS = 1.0


class Flag(IntFlag):
    """Why the exact rules are to be asked about a position."""

    HEALTH = 1
    MARGIN = 2
    ROOM = 4
    DRIFT = 8
    STATED = 16
    """The lender's own figure is near its exit."""
    UNKNOWN = 32
    AGE = 64
    PEG = 128
    KEPT = 256
    """It is new, or something of it is remembered."""

    @staticmethod
    def urgent() -> "Flag":
        """Those that may make it leave or shrink, to be asked about on every mark."""
        return Flag.HEALTH | Flag.MARGIN | Flag.ROOM | Flag.STATED


@dataclass(frozen=True, slots=True)
class Columns:
    """Legs of positions with one asset at one lender; a figure that is not known is NaN."""

    collateral: Column
    debt_usdc: Column
    owed_share: Column
    """(leverage - 1) / leverage: the debt over the collateral's value at the opening."""
    stated_health: Column
    seen_seconds: Column
    """Age at the moment the columns were made."""
    short_sol: Column
    short_raw_usd: Column

    def __len__(self) -> int:
        return len(self.collateral)

    def part(self, begin: int, end: int) -> "Columns":
        """Rows from `begin` to before `end`, without copying."""
        return self._each(slice(begin, end))

    def at(self, places: NDArray[np.intp]) -> "Columns":
        """Copies of these rows."""
        return self._each(places)

    def _each(self, places: slice | NDArray[np.intp]) -> "Columns":
        return Columns(
            self.collateral[places],
            self.debt_usdc[places],
            self.owed_share[places],
            self.stated_health[places],
            self.seen_seconds[places],
            self.short_sol[places],
            self.short_raw_usd[places],
        )


@dataclass(frozen=True, slots=True)
class Readings:
    """What the kernel says of each row, in the order of the columns."""

    long_distance: Column
    """The health by our own figures, or the lender's; NaN where neither is known."""
    short_distance: Column
    margin_fraction: Column
    drift: Column
    flags: Flags
    """Of `Flag`; zero where the exact rules would say a plain hold."""

    def part(self, begin: int, end: int) -> "Readings":
        """Rows from `begin` to before `end`, without copying."""
        return self._each(slice(begin, end))

    def at(self, places: NDArray[np.intp]) -> "Readings":
        """Copies of these rows."""
        return self._each(places)

    def _each(self, places: slice | NDArray[np.intp]) -> "Readings":
        return Readings(
            self.long_distance[places],
            self.short_distance[places],
            self.margin_fraction[places],
            self.drift[places],
            self.flags[places],
        )


def columns_of(legs: Sequence[LegFacts]) -> Columns:
    """The columns of positions that share asset and lender."""

    def column(values: Iterable[Decimal | int | None]) -> Column:
        return np.array([np.nan if v is None else float(v) for v in values], dtype=np.float64)

    return Columns(
        collateral=column(leg.collateral for leg in legs),
        debt_usdc=column(leg.debt_usdc for leg in legs),
        owed_share=column((leg.leverage - 1) / leg.leverage for leg in legs),
        stated_health=column(leg.stated_health for leg in legs),
        seen_seconds=column(leg.seen_seconds for leg in legs),
        short_sol=column(leg.short_sol for leg in legs),
        short_raw_usd=column(leg.short_raw_usd for leg in legs),
    )


@dataclass(frozen=True, slots=True)
class Mark:
    """One mark as it concerns one asset at one lender."""

    asset: Asset
    protocol: LendingProtocol
    price: PriceFacts
    liquidation_threshold: Decimal | None
    aged_seconds: float = 0.0
    """Since the columns were made."""


def room_for(columns: Columns) -> Readings:
    """Where the readings of these columns fit, to be used for mark after mark."""
    count = len(columns)
    return Readings(
        np.empty(count),
        np.empty(count),
        np.empty(count),
        np.empty(count),
        np.zeros(count, dtype=np.uint16),
    )


def read_all(
    columns: Columns, mark: Mark, thresholds: RiskThresholds, into: Readings | None = None
) -> Readings:
    """Distances, margin, drift and flags of every row at a mark; overwrites `into`."""
    count = len(columns)
    readings = room_for(columns) if into is None else into
    readings.flags[:] = 0
    is_off_peg = mark.price.belief is Belief.FRESH and _is_off_peg(mark, thresholds)
    with np.errstate(divide="ignore", invalid="ignore"):
        for begin in range(0, count, _BLOCK):
            end = min(count, begin + _BLOCK)
            rows, part = columns.part(begin, end), readings.part(begin, end)
            _measure(rows, mark, part)
            suspects = np.nonzero(_suspicious(rows, mark, thresholds, part))[0]
            if suspects.size:
                part.flags[suspects] = _flags(
                    rows.at(suspects), mark, thresholds, part.at(suspects)
                )
            if is_off_peg:
                part.flags[:] |= np.uint16(Flag.PEG)
    return readings


def _measure(rows: Columns, mark: Mark, into: Readings) -> None:
    """Every figure with as few passes as there can be; what cannot be divided is mended later."""
    price = mark.price
    rate = _number(lender_rate(mark.protocol, price.redemption_rate, price.market_rate))
    counted = rate * float(price.oracle_price) * _number(mark.liquidation_threshold)
    health, short, margin, drift = (
        into.long_distance,
        into.short_distance,
        into.margin_fraction,
        into.drift,
    )
    if np.isnan(counted):
        health[:] = rows.stated_health
    else:
        np.multiply(rows.collateral, counted, out=health)
        np.divide(rows.debt_usdc, health, out=health)
        np.subtract(1, health, out=health)
    np.multiply(rows.short_sol, float(price.mark_price), out=margin)
    np.divide(rows.short_raw_usd, margin, out=margin)
    np.multiply(margin, 1 / (1 + float(price.maintenance_fraction)), out=short)
    np.subtract(short, 1, out=short)
    np.subtract(margin, 1, out=margin)
    held = rows.collateral * _number(price.redemption_rate)
    np.subtract(held, rows.short_sol, out=drift)
    np.abs(drift, out=drift)
    np.maximum(held, rows.short_sol, out=held)
    np.divide(drift, held, out=drift)


def _suspicious(
    rows: Columns, mark: Mark, limits: RiskThresholds, read: Readings
) -> NDArray[np.bool_]:
    """Rows that may have a flag: a few passes for the many that have none, and NaN always."""
    mask = ~(rows.stated_health > float(limits.health_near) + _SLACK)
    if mark.price.belief is not Belief.FRESH:
        return mask
    margin_near = (1 + float(limits.margin_near)) / (1 + float(mark.price.maintenance_fraction))
    bound = max(float(limits.health_near), float(limits.defence_buffer), margin_near - 1)
    mask |= ~(np.minimum(read.long_distance, read.short_distance) > bound + _SLACK)
    mask |= ~(read.drift < float(limits.drift_max) - _SLACK)
    oldest = limits.legs_age_seconds_max - _SLACK_SECONDS - mark.aged_seconds
    mask |= rows.seen_seconds >= oldest
    return mask


def _mended(rows: Columns, read: Readings) -> Readings:
    """With the lender's figure where ours cannot be had, and nothing for a short that is not."""
    own, is_short = read.long_distance, rows.short_sol > 0
    return Readings(
        np.where(np.isfinite(own), own, rows.stated_health),
        np.where(is_short, read.short_distance, np.nan),
        np.where(is_short, read.margin_fraction, np.nan),
        read.drift,
        read.flags,
    )


def _flags(rows: Columns, mark: Mark, limits: RiskThresholds, read: Readings) -> Flags:
    """Of rows that are suspicious."""
    flags = np.zeros(len(rows), dtype=np.uint16)
    age = rows.seen_seconds + mark.aged_seconds
    if mark.price.belief is not Belief.DISPUTED:
        is_stated_near = rows.stated_health <= float(limits.health_near) + _SLACK
        is_stated_near &= age <= limits.stated_health_seconds_max + _SLACK_SECONDS
        flags |= _bit(is_stated_near, Flag.STATED)
    if mark.price.belief is not Belief.FRESH:
        return flags
    health, margin, short = read.long_distance, read.margin_fraction, read.short_distance
    opening = np.maximum(0, 1 - rows.owed_share / _number(mark.liquidation_threshold))
    buffer = float(limits.defence_buffer)
    trigger = np.fmin(buffer, opening * float(limits.defence_share)) + _SLACK
    flags |= _bit(health <= float(limits.health_near) + _SLACK, Flag.HEALTH)
    flags |= _bit(margin <= float(limits.margin_near) + _SLACK, Flag.MARGIN)
    flags |= _bit((health <= trigger) | (short <= trigger), Flag.ROOM)
    flags |= _bit(~(read.drift < float(limits.drift_max) - _SLACK), Flag.DRIFT)
    is_read = ~np.isnan(rows.seen_seconds)
    is_silent = np.isnan(rows.stated_health) & is_read
    is_unknown = np.isnan(health) | (np.isnan(margin) & (rows.short_sol > 0)) | is_silent
    flags |= _bit(is_unknown, Flag.UNKNOWN)
    flags |= _bit(age >= limits.legs_age_seconds_max - _SLACK_SECONDS, Flag.AGE)
    return flags


def _is_off_peg(mark: Mark, limits: RiskThresholds) -> bool:
    """Of one mark, so exactly: the token's own criteria, or a danger to all who hold it."""
    price = mark.price
    rate, market, change = price.redemption_rate, price.market_rate, price.market_rate_change
    velocity = min(limits.lst_velocity_warning, limits.lst_velocity_critical)
    if change is not None and abs(change) >= velocity:
        return True
    if rate is None or market is None or rate <= 0:
        return False
    discount = 1 - market / rate
    bound = limits.lst_discount_warning
    if mark.protocol not in VALUED_AT_REDEMPTION:
        bound = min(bound, limits.lst_discount_critical)
    return discount >= bound or -discount >= limits.lst_premium_warning


def _bit(mask: NDArray[np.bool_], flag: Flag) -> Flags:
    return mask * np.uint16(flag)


def _number(value: Decimal | None) -> float:
    return float("nan") if value is None else float(value)
