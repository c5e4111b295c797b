"""The recorded market: exactly what was recorded, and clear words when it was not."""

import csv
import gzip
import shutil
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from asgard_paper.kernel.market import HOUR_MS
from asgard_paper.kernel.recordings import HistoryError
from asgard_paper.kernel.replayed import ReplayedPath


def moment(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def rows(recorded: Path, name: str) -> list[dict[str, str]]:
    with gzip.open(next(recorded.glob(f"*/{name}*.csv.gz")), "rt") as text:
        return list(csv.DictReader(text))


@pytest.fixture(scope="module")
def market(recorded: Path) -> ReplayedPath:
    return ReplayedPath(recorded)


def test_funding_follows_from_the_premium_at_every_recorded_hour(
    recorded: Path, market: ReplayedPath
) -> None:
    settled = rows(recorded, "hl_funding_SOL_1h")
    assert len(settled) == 7300
    for row in settled:
        premium = market.premium_of_hour(int(row["time_ms"]))
        interest = min(max(Decimal("0.0001") - premium, Decimal("-0.0005")), Decimal("0.0005"))
        rate = (premium + interest) / 8
        # the recorded premium is itself rounded, so an exact half may fall either way
        assert abs(rate - Decimal(row["fundingRate"])) <= Decimal("0.00000000006")


def test_the_price_is_the_hours_opening_and_a_line_between(
    recorded: Path, market: ReplayedPath
) -> None:
    opens = {int(row["time_ms"]): Decimal(row["open"]) for row in rows(recorded, "okx_perp_SOLU")}
    hour = moment("2025-07-01T13:00")
    assert market.settlement_price(hour) == market.at(hour).oracle_price == opens[hour]
    half = market.at(hour + HOUR_MS // 2).oracle_price
    assert half == ((opens[hour] + opens[hour + HOUR_MS]) / 2).quantize(Decimal("0.0001"))


def test_lending_is_a_fraction_held_through_its_hour(recorded: Path, market: ReplayedPath) -> None:
    hour = moment("2025-08-15T10:00")
    row = next(r for r in rows(recorded, "asgard_kamino_usdc") if int(r["time_ms"]) == hour)
    expected = (Decimal(row["avgBorrowingRate"]) / 100).quantize(Decimal("1e-8"))
    for offset in (0, HOUR_MS - 1):
        assert market.at(hour + offset).lenders["kamino"].usdc_borrow_apy == expected


def test_kamino_has_daily_rates_before_its_hourly_record(
    recorded: Path, market: ReplayedPath
) -> None:
    at = moment("2025-03-10T12:00")
    daily = [r for r in rows(recorded, "defillama_kamino_sol") if int(r["time_ms"]) < at][-1]
    rates = market.at(at).lenders
    expected = (Decimal(daily["apyBase"]) / 100).quantize(Decimal("1e-8"))
    assert rates["kamino"].collateral_supply_apy["SOL"] == expected
    assert set(rates) == {"kamino"}
    assert set(market.at(moment("2025-08-01T00:00")).lenders) == {"kamino", "marginfi", "drift"}


def test_jitosol_passes_its_anchor_and_grows_by_its_yield(market: ReplayedPath) -> None:
    anchor = market.at(moment("2025-08-01T00:00")).lsts["jitoSOL"]
    assert anchor.redemption_rate == Decimal("1.2246")
    start, end = moment("2025-07-01T00:00"), moment("2025-10-01T00:00")
    growth = (
        market.at(end).lsts["jitoSOL"].redemption_rate
        / market.at(start).lsts["jitoSOL"].redemption_rate
    )
    assert Decimal("1.0155") < growth < Decimal("1.0180")


def test_outside_the_recording_there_is_nothing(market: ReplayedPath) -> None:
    for at in (market.earliest_ms - 1, market.latest_ms, moment("2020-01-01T00:00")):
        with pytest.raises(LookupError):
            market.at(at)
    market.at(market.latest_ms - 1)


def copied(recorded: Path, target: Path) -> Path:
    for room in ("funding", "prices", "lending", "lst"):
        (target / room).mkdir()
        for file in (recorded / room).glob("*.csv.gz"):
            shutil.copy(file, target / room)
    return target


@pytest.mark.parametrize("stem", ["hl_funding_SOL_1h", "asgard_drift_usdc", "asgard_jitosol"])
def test_a_missing_recording_is_named(recorded: Path, tmp_path: Path, stem: str) -> None:
    folder = copied(recorded, tmp_path)
    next(folder.glob(f"*/{stem}*")).unlink()
    with pytest.raises(HistoryError, match=stem):
        ReplayedPath(folder)


def test_a_corrupt_recording_is_named(recorded: Path, tmp_path: Path) -> None:
    folder = copied(recorded, tmp_path)
    victim = next(folder.glob("prices/okx_perp_SOLUSDT*"))
    victim.write_bytes(victim.read_bytes()[:2000])
    with pytest.raises(HistoryError, match="okx_perp_SOLUSDT"):
        ReplayedPath(folder)
    with gzip.open(victim, "wt") as text:
        text.write("time_ms,open\n1735675200000,oops\n")
    with pytest.raises(HistoryError, match="okx_perp_SOLUSDT"):
        ReplayedPath(folder)


def test_late_and_missing_settlements_keep_their_hour(recorded: Path, tmp_path: Path) -> None:
    folder = copied(recorded, tmp_path)
    victim = next(folder.glob("funding/hl_funding_SOL*"))
    hour = moment("2025-07-01T00:00")
    lines = ["time_ms,coin,fundingRate,premium"]
    for index, late in ((0, 10), (1, 888_000), (3, 40)):
        lines.append(f"{hour + index * HOUR_MS + late},SOL,0.0000125,0.000{index}")
    with gzip.open(victim, "wt") as text:
        text.write("\n".join(lines) + "\n")
    market = ReplayedPath(folder)
    premiums = [market.premium_of_hour(hour + index * HOUR_MS) for index in range(4)]
    assert premiums == [Decimal(v) for v in ("0.0000", "0.0001", "0.0001", "0.0003")]
