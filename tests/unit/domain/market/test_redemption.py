"""The yield of a token whose pool states none, from what it redeemed for."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from asgard_basis.domain.assets import Asset
from asgard_basis.domain.market.redemption import Redemption, realised_yield

START = datetime(2026, 1, 1, tzinfo=UTC)


def rows(days: int, *, yearly: str, epoch_hours: int = 48) -> list[Redemption]:
    """A rate that steps up once an epoch."""
    growth = (1 + Decimal(yearly)) ** (Decimal(epoch_hours) / 8760)
    return [
        Redemption(
            Asset.INF,
            START + timedelta(hours=hour),
            Decimal("1.4") * growth ** ((hour + 17) // epoch_hours),
        )
        for hour in range(days * 24)
    ]


def test_whole_steps_tell_the_yield_whenever_one_looks() -> None:
    for days in (7, 8, 9, 15, 30):
        found = realised_yield(rows(days, yearly="0.07"))
        assert found is not None
        assert abs(found.value - Decimal("0.07")) < Decimal("0.0000001")


def test_one_step_tells_nothing_and_nothing_is_not_zero() -> None:
    assert realised_yield([]) is None
    assert realised_yield(rows(1, yearly="0.07")) is None
    assert realised_yield(rows(3, yearly="0.07")) is None


def test_a_rate_that_creeps_is_measured_too_and_a_leap_is_not_believed() -> None:
    creeping = realised_yield(rows(5, yearly="0.06", epoch_hours=1))
    assert creeping is not None
    assert abs(creeping.value - Decimal("0.06")) < Decimal("0.0000001")
    assert realised_yield(rows(10, yearly="0.9")) is None
