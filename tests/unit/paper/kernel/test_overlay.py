"""Shocks: they start when they start, end when they end, and leave the past alone."""

from dataclasses import replace
from decimal import Decimal

from asgard_paper.kernel.generated import GeneratedPath
from asgard_paper.kernel.market import HOUR_MS
from asgard_paper.kernel.overlay import OverlaidMarket, Shock, ShockKind

START = 1_761_955_200_000
NOW = START + 10 * HOUR_MS + 1_000


def shocked(kind: ShockKind, hours: int, size: str) -> tuple[GeneratedPath, OverlaidMarket]:
    plain = GeneratedPath(seed=5, start_ms=START, history_days=30)
    market = OverlaidMarket(plain)
    market.add(Shock(kind, NOW, NOW + hours * HOUR_MS, Decimal(size)))
    return plain, market


def test_a_price_shock_grows_and_stays() -> None:
    plain, market = shocked(ShockKind.PRICE, 2, "-0.2")
    for at, factor in ((NOW, "1"), (NOW + HOUR_MS, "0.9"), (NOW + 90 * HOUR_MS, "0.8")):
        expected = (plain.at(at).oracle_price * Decimal(factor)).quantize(Decimal("0.0001"))
        assert market.at(at).oracle_price == expected
    hour = START + 40 * HOUR_MS
    assert market.settlement_price(hour) == market.at(hour).oracle_price


def test_a_premium_shock_covers_the_hours_it_touches() -> None:
    plain, market = shocked(ShockKind.PREMIUM, 3, "-0.0012")
    first = START + 11 * HOUR_MS
    assert market.premium_of_hour(first - HOUR_MS) == plain.premium_of_hour(first - HOUR_MS)
    covered = [market.premium_of_hour(first + hour * HOUR_MS) for hour in range(6)]
    assert covered[:4] == [Decimal("-0.0012")] * 4
    assert covered[4:] == [plain.premium_of_hour(first + hour * HOUR_MS) for hour in (4, 5)]
    assert market.at(NOW).premium == market.premium_of_hour(first)


def test_a_depeg_fades_and_dear_dollars_end() -> None:
    plain, market = shocked(ShockKind.DISCOUNT, 4, "0.06")
    market.add(Shock(ShockKind.DOLLARS, NOW, NOW + HOUR_MS, Decimal("0.25")))
    half = NOW + 2 * HOUR_MS
    calm = plain.at(half).lsts["jitoSOL"].discount
    assert market.at(half).lsts["jitoSOL"].discount == calm + Decimal("0.03")
    assert market.at(NOW + 4 * HOUR_MS) == plain.at(NOW + 4 * HOUR_MS)
    rate = plain.at(NOW).lenders["drift"].usdc_borrow_apy
    assert market.at(NOW).lenders["drift"].usdc_borrow_apy == rate + Decimal("0.25")


def test_the_past_is_what_it_was() -> None:
    plain, market = shocked(ShockKind.PRICE, 1, "-0.5")
    assert market.at(NOW - 60_000) == plain.at(NOW - 60_000)
    assert market.at(NOW) == plain.at(NOW)


def test_calm_ends_what_lasts_and_keeps_what_moved() -> None:
    plain, market = shocked(ShockKind.PRICE, 1, "0.1")
    market.add(Shock(ShockKind.DISCOUNT, NOW, NOW + 50 * HOUR_MS, Decimal("0.05")))
    later = NOW + 2 * HOUR_MS
    market.end_all(later)
    calm, now = plain.at(later), market.at(later)
    moved = (calm.oracle_price * Decimal("1.1")).quantize(Decimal("0.0001"))
    assert now == replace(calm, oracle_price=moved)
