"""The settled hours are complete: pages, late settlements, the early days, and true gaps."""

import csv
import gzip
import itertools
import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from asgard_basis.adapters.hyperliquid import parse, wire
from asgard_basis.adapters.hyperliquid.paging import all_rows
from asgard_basis.adapters.memory.unit_of_work import MemoryTransactions
from asgard_basis.application.market.funding_record import FundingRecord
from asgard_basis.domain.errors import ErrorCode, Unavailable
from asgard_basis.domain.market.funding import (
    FORMULA_SINCE,
    HOUR,
    FundingObservation,
    follows_from_premium,
    missing_hours,
)
from tests.unit.application.world import StillClock

PAGE = 500


class Listing:
    """The venue's list, given out in pages of 500 from a moment on."""

    def __init__(self, rows: Iterable[wire.FundingRow]) -> None:
        self.rows = sorted(rows, key=lambda row: row.time)
        self.asked: list[datetime] = []
        self.is_away = False

    async def funding_history(
        self, *, since: datetime, until: datetime
    ) -> Sequence[FundingObservation]:
        self.asked.append(since)
        if self.is_away:
            raise Unavailable(ErrorCode.HYPERLIQUID_API)
        last = parse.milliseconds(until)

        async def page(start: int) -> list[wire.FundingRow]:
            return [row for row in self.rows if start <= row.time <= last][:PAGE]

        start = parse.milliseconds(since)
        found = await all_rows(page, start=start, key=lambda r: r.time, page_rows=PAGE)
        return parse.funding_observations(found)


def record(listing: Listing, clock: StillClock) -> FundingRecord:
    venue: Any = listing
    return FundingRecord(perp=venue, transactions=MemoryTransactions(), clock=clock)


@pytest.fixture(scope="session")
def hourly(recorded: Path) -> list[wire.FundingRow]:
    file = recorded / "funding" / "hl_funding_SOL_1h__to_2025-10.csv.gz"
    with gzip.open(file, "rt") as rows:
        return [
            wire.FundingRow(
                "SOL", Decimal(row["fundingRate"]), Decimal(row["premium"]), int(row["time_ms"])
            )
            for row in csv.DictReader(rows)
        ]


@pytest.fixture(scope="session")
def early(recorded: Path) -> list[wire.FundingRow]:
    """May to July 2023, as the venue's own client library recorded them."""
    name = "sdk_cassette_test_get_funding_history_None.json"
    calls = json.loads((recorded / "api" / "hyperliquid" / name).read_text())
    (rows,) = (c["response"] for c in calls if c["request"]["type"] == "fundingHistory")
    return [
        wire.FundingRow(r["coin"], Decimal(r["fundingRate"]), Decimal(r["premium"]), r["time"])
        for r in rows
    ]


def until(row: wire.FundingRow, **later: float) -> StillClock:
    return StillClock(parse.moment(row.time) + timedelta(**later))


async def test_ninety_days_are_complete_over_pages_and_late_settlements(
    hourly: list[wire.FundingRow],
) -> None:
    late = next(row for row in hourly if row.time % 3_600_000 > 600_000)
    end = hourly[hourly.index(late) + 100]
    have = await record(Listing(hourly), until(end, minutes=1)).complete()
    assert len(have) == 90 * 24 + 1
    assert all(b.hour - a.hour == HOUR for a, b in itertools.pairwise(have))
    hour = parse.moment(late.time).replace(minute=0, second=0, microsecond=0)
    (found,) = [o for o in have if o.hour == hour]
    assert found.rate.longs_pay_hourly == late.funding_rate


async def test_the_formula_makes_every_recorded_rate_of_its_premium(
    hourly: list[wire.FundingRow],
) -> None:
    assert [o for o in parse.funding_observations(hourly) if not follows_from_premium(o)] == []


def test_before_june_2023_one_settlement_was_for_eight_hours(early: list[wire.FundingRow]) -> None:
    seen = parse.funding_observations(early)
    first, second = seen[0], seen[1]
    assert second.hour - first.hour == 8 * HOUR
    assert first.rate.longs_pay_hourly * 8 == early[0].funding_rate
    assert seen[-1].rate.longs_pay_hourly == early[-1].funding_rate
    # Nothing of the early days is a gap, 24 minutes of lateness included; one hour truly is.
    truly = missing_hours(seen, first=first.hour, last=datetime(2023, 7, 14, tzinfo=UTC))
    assert truly == [datetime(2023, 7, 2, 20, tzinfo=UTC)]


def test_rows_of_the_early_days_are_not_held_against_todays_formula(
    early: list[wire.FundingRow],
) -> None:
    seen = parse.funding_observations(early)
    assert all(follows_from_premium(o) for o in seen)
    assert any(o.hour >= FORMULA_SINCE for o in seen)


async def test_rows_that_are_listed_twice_count_once(hourly: list[wire.FundingRow]) -> None:
    clock = until(hourly[3000])
    twice = Listing([row for row in hourly for _ in (1, 2)])
    assert await record(twice, clock).complete() == await record(Listing(hourly), clock).complete()


async def test_a_settlement_that_is_late_is_asked_for_patiently_until_it_is_there(
    hourly: list[wire.FundingRow],
) -> None:
    late = next(n for n, row in enumerate(hourly) if row.time % 3_600_000 > 600_000)
    listing = Listing(hourly[:late])
    clock = StillClock(parse.moment(hourly[late].time - hourly[late].time % 3_600_000))
    kept = record(listing, clock)
    before = await kept.complete()
    for _ in range(5):
        clock.pass_time(5)
        await kept.complete()
    assert len(listing.asked) == 1
    clock.pass_time(5)
    await kept.complete()
    assert len(listing.asked) == 2
    clock.pass_time(14 * 60)
    listing.rows.append(hourly[late])
    assert len(await kept.complete()) == len(before) + 1


async def test_an_hour_the_venue_has_lost_is_asked_for_hourly_and_new_ones_at_once(
    hourly: list[wire.FundingRow],
) -> None:
    lost = hourly[4000]
    listing = Listing(row for row in hourly[:4102] if row is not lost)
    clock = until(hourly[4100], seconds=1)
    kept = record(listing, clock)
    gap = parse.moment(lost.time).replace(minute=0, second=0, microsecond=0)
    have = await kept.complete()
    assert missing_hours(have, first=have[0].hour, last=have[-1].hour) == [gap]
    clock.pass_time(3598)
    await kept.complete()
    assert len(listing.asked) == 1
    clock.pass_time(3)
    assert (await kept.complete())[-1].hour > have[-1].hour
    assert listing.asked[1:] == [gap]


async def test_a_venue_that_is_away_costs_nothing_that_was_known(
    hourly: list[wire.FundingRow],
) -> None:
    listing = Listing(hourly)
    clock = until(hourly[4100], seconds=1)
    kept = record(listing, clock)
    have = await kept.complete()
    listing.is_away = True
    assert await kept.complete() == have
    clock.pass_time(3600)
    with pytest.raises(Unavailable):
        await kept.complete()
    listing.is_away = False
    assert len(await kept.complete()) == len(have)


async def test_the_year_before_is_fetched_page_by_page_and_then_nothing_is_asked(
    hourly: list[wire.FundingRow],
) -> None:
    listing = Listing(hourly)
    clock = until(hourly[-1], minutes=1)
    kept = record(listing, clock)
    await kept.complete()
    pages = 0
    while not await kept.reach_back():
        pages += 1
        assert pages < 30
    asked = len(listing.asked)
    assert await kept.reach_back()
    assert len(listing.asked) == asked
    begin = clock.now().replace(minute=0, second=0, microsecond=0) - timedelta(days=365)
    year = [parse.moment(row.time) for row in hourly if parse.moment(row.time) >= begin]
    assert listing.asked[-1] <= min(year) + timedelta(hours=480)
