"""Interest against independent compounding, by the hour."""

import base64
import csv
import gzip
import math
from decimal import Decimal
from pathlib import Path

from asgard_paper.asgard.interest import HourRates, accrue, growth
from asgard_paper.kernel.clock import WorldClock
from asgard_paper.kernel.market import HOUR_MS
from tests.unit.paper.asgard.venue import BORROW, START_MS, SUPPLY, HostTime, Venue

YEAR_HOURS = 8_760


def test_a_year_grows_by_the_apy() -> None:
    rates = HourRates(Decimal("0.05"), Decimal("0.10"))
    until = START_MS + YEAR_HOURS * HOUR_MS
    held = accrue(
        Decimal(100), Decimal(50), since_ms=START_MS, until_ms=until, rates_at=lambda _: rates
    )
    assert abs(held[0] - 105) < Decimal("1e-20")
    assert abs(held[1] - 55) < Decimal("1e-20")


def test_it_does_not_matter_how_often_interest_is_booked() -> None:
    rates = {START_MS - START_MS % HOUR_MS + i * HOUR_MS: Decimal(i) / 100 for i in range(50)}

    def at(hour: int) -> HourRates:
        return HourRates(rates[hour], rates[hour] * 2)

    until = START_MS + 40 * HOUR_MS
    once = accrue(Decimal(7), Decimal(9), since_ms=START_MS, until_ms=until, rates_at=at)
    step, held = START_MS, (Decimal(7), Decimal(9))
    while step < until:
        end = min(step + 1_234_567, until)
        held = accrue(*held, since_ms=step, until_ms=end, rates_at=at)
        step = end
    assert abs(once[0] - held[0]) < Decimal("1e-28")
    assert abs(once[1] - held[1]) < Decimal("1e-28")


def test_growth_agrees_with_the_exponential() -> None:
    for apy in ("0.0001", "0.085", "1.5"):
        for hours in (1, 24, 5_000):
            expected = math.exp(math.log1p(float(apy)) * hours / YEAR_HOURS)
            assert math.isclose(growth(Decimal(apy), hours * HOUR_MS), expected, rel_tol=1e-14)


def test_a_month_of_interest_on_an_open_position() -> None:
    venue = Venue().funded()
    record = venue.open(leverage=2)
    for _ in range(9):
        venue.clock.advance(80 * HOUR_MS + 61_001)
        venue.engine.advance()
    balances = venue.refreshed(record)["summary"]["booksAndBalances"]["balances"]
    (long_leg,), (debt_leg,) = (row.values() for row in balances)
    years = 9 * (80 * HOUR_MS + 61_001) / (YEAR_HOURS * HOUR_MS)
    entry = float(record["tokenAAmountUIEntry"])
    assert math.isclose(long_leg["assetsQt"], entry * (1 + float(SUPPLY)) ** years, rel_tol=1e-9)
    assert math.isclose(debt_leg["liabsQt"], 1_000 * (1 + float(BORROW)) ** years, rel_tol=1e-9)


def test_a_jump_of_time_pays_every_hour_at_its_own_rate() -> None:
    venue = Venue().funded()
    first_hour = START_MS - START_MS % HOUR_MS
    venue.market.rates_by_hour = {
        first_hour + i * HOUR_MS: (Decimal("0.01") * (i % 7), Decimal("0.02") * (i % 5))
        for i in range(800)
    }
    record = venue.open(leverage=2)
    venue.clock.advance(700 * HOUR_MS)
    venue.engine.advance()
    balances = venue.refreshed(record)["summary"]["booksAndBalances"]["balances"]
    (long_leg,), (debt_leg,) = (row.values() for row in balances)
    supply = borrow = 0.0
    for i in range(701):
        # The first and the last hour are held for 43 and 17 minutes.
        share = 43 / 60 if i == 0 else 17 / 60 if i == 700 else 1.0
        supply += share * math.log1p(0.01 * (i % 7)) / YEAR_HOURS
        borrow += share * math.log1p(0.02 * (i % 5)) / YEAR_HOURS
    entry = float(record["tokenAAmountUIEntry"])
    assert math.isclose(long_leg["assetsQt"], entry * math.exp(supply), rel_tol=1e-9)
    assert math.isclose(debt_leg["liabsQt"], 1_000 * math.exp(borrow), rel_tol=1e-8)


def test_a_younger_position_is_not_charged_for_the_time_before_it() -> None:
    venue = Venue().funded()
    venue.open(leverage=2)
    venue.clock.advance(10 * HOUR_MS)
    younger = venue.open(leverage=2)
    venue.clock.advance(5 * HOUR_MS)
    venue.engine.advance()
    (debt_leg,) = venue.refreshed(younger)["summary"]["booksAndBalances"]["balances"][1].values()
    expected = 1_000 * (1 + float(BORROW)) ** (5 / YEAR_HOURS)
    assert math.isclose(debt_leg["liabsQt"], expected, rel_tol=1e-9)


def test_a_position_opened_while_an_hour_is_overdue_starts_when_it_opens() -> None:
    venue = Venue().funded()
    first = venue.open(leverage=2)
    built = venue.post("/create-position", venue.open_body()).json()
    venue.clock.advance(3 * HOUR_MS)
    # Landed by the client itself: the venue has not booked the overdue hours of the first yet.
    venue.chain.send(base64.b64decode(venue.signed(built)["signedTxs"][0]))
    venue.engine.advance()
    debts = [row.debt for row in venue.engine.ledger.positions.values()]
    assert debts[0] > 1_000
    assert debts[1] == 1_000
    assert venue.refreshed(first)["summary"]["healthFactor"] < 37.5


def test_staking_comes_with_the_redemption_rate_not_with_tokens() -> None:
    venue = Venue().funded()
    venue.market.rates_by_hour = {
        START_MS - START_MS % HOUR_MS + i * HOUR_MS: (Decimal(0), Decimal(0)) for i in range(200)
    }
    record = venue.open(symbol="jitoSOL")
    before = venue.refreshed(record)["summary"]
    venue.clock.advance(100 * HOUR_MS)
    venue.market.redemption = {**venue.market.redemption, "jitoSOL": Decimal("1.26")}
    after = venue.refreshed(record)["summary"]
    (old,), (new,) = (row["booksAndBalances"]["balances"][0].values() for row in (before, after))
    assert new["assetsQt"] == old["assetsQt"]
    assert math.isclose(new["assetsUsd"], old["assetsUsd"] * 1.05, rel_tol=1e-8)


def rates(folder: Path, asset: str, column: str) -> dict[int, Decimal]:
    path = folder / "lending" / f"asgard_kamino_{asset}_hourly__to_2025-10.csv.gz"
    with gzip.open(path, "rt") as file:
        return {int(row["time_ms"]): Decimal(row[column]) / 100 for row in csv.DictReader(file)}


def test_a_summer_of_recorded_rates_to_the_cent(recorded: Path) -> None:
    supply = rates(recorded, "sol", "avgLendingRate")
    borrow = rates(recorded, "usdc", "avgBorrowingRate")
    hours = sorted(supply.keys() & borrow.keys())[:1_500]
    start = hours[0] + 20 * 60_000
    venue = Venue(clock=WorldClock(start_ms=start, speed=0, host_ms=HostTime())).funded()
    usual = hours[700]
    pairs = {hour: (supply[hour], borrow[hour]) for hour in hours}
    span = range(hours[0], hours[-1] + HOUR_MS, HOUR_MS)
    venue.market.rates_by_hour = {hour: pairs.get(hour, pairs[usual]) for hour in span}
    record = venue.open(leverage=3, collateralAmountNative=9_000 * 10**6)
    venue.clock.advance(hours[-1] - start)
    venue.engine.advance()
    earned = owed = 0.0
    for hour in span[:-1]:
        share = 2 / 3 if hour == hours[0] else 1.0
        hour_supply, hour_borrow = pairs.get(hour, pairs[usual])
        earned += share * math.log1p(float(hour_supply)) / YEAR_HOURS
        owed += share * math.log1p(float(hour_borrow)) / YEAR_HOURS
    collateral = float(record["tokenAAmountUIEntry"]) * math.exp(earned)
    debt = 18_000 * math.exp(owed)
    balances = venue.refreshed(record)["summary"]["booksAndBalances"]["balances"]
    (long_leg,), (debt_leg,) = (row.values() for row in balances)
    assert abs(long_leg["assetsQt"] * 100 - collateral * 100) < 0.005
    assert abs(debt_leg["liabsQt"] - debt) < 0.005
    assert debt > 18_150
