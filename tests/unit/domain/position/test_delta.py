"""Since when one leg stands alone."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from asgard_basis.domain.position.delta import Exposure, LegChange, deviation, exposed

NOON = datetime(2025, 6, 1, 12, tzinfo=UTC)
BAND = Decimal("0.005")


def after(seconds: int) -> datetime:
    return NOON + timedelta(seconds=seconds)


def test_the_deviation_is_of_the_larger_leg() -> None:
    assert (
        deviation(Decimal(10), Decimal(8)) == deviation(Decimal(8), Decimal(10)) == Decimal("0.2")
    )
    assert deviation(Decimal(0), Decimal(0)) == 0
    assert deviation(Decimal(5), Decimal(0)) == 1


def test_a_long_is_exposed_until_the_short_is_there() -> None:
    bought = LegChange(NOON, long_sol=Decimal(6))
    partly = LegChange(after(5), short_change=Decimal(2))
    rest = LegChange(after(9), short_change=Decimal(4))
    assert exposed([bought], band=BAND) == Exposure(NOON, Decimal(6))
    assert exposed([bought, partly], band=BAND) == Exposure(NOON, Decimal(4))
    assert exposed([bought, partly, rest], band=BAND) is None


def test_a_long_is_exposed_from_the_moment_its_short_was_bought_back() -> None:
    held = {"long_sol": Decimal(6), "short_sol": Decimal(6)}
    back = LegChange(after(1), short_change=Decimal(-6))
    sold = LegChange(after(8), long_sol=Decimal(0))
    assert exposed([], band=BAND, **held) is None
    assert exposed([back], band=BAND, **held) == Exposure(after(1), Decimal(6))
    assert exposed([back, sold], band=BAND, **held) is None


def test_it_begins_anew_when_it_was_closed_in_between() -> None:
    changes = [
        LegChange(NOON, long_sol=Decimal(6)),
        LegChange(after(2), short_change=Decimal(6)),
        LegChange(after(60), short_change=Decimal(-1)),
    ]
    assert exposed(changes, band=BAND) == Exposure(after(60), Decimal(1))
