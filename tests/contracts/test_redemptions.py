"""What every implementation promises about what staking tokens redeemed for."""

from datetime import timedelta
from decimal import Decimal

import pytest

from asgard_basis.adapters.memory.unit_of_work import MemoryTransactions
from asgard_basis.adapters.postgres.unit_of_work import PostgresTransactions
from asgard_basis.domain.assets import Asset
from asgard_basis.domain.market.redemption import Redemption
from asgard_basis.ports.unit_of_work import Transactions
from tests.builders_platform import MOMENT

HOUR = MOMENT.replace(minute=0, second=0, microsecond=0)


@pytest.fixture(params=["memory", "postgres"])
def transactions(request: pytest.FixtureRequest) -> Transactions:
    if request.param == "memory":
        return MemoryTransactions()
    return PostgresTransactions(request.getfixturevalue("pool"))


def row(hours: int, rate: str, asset: Asset = Asset.INF) -> Redemption:
    return Redemption(asset, HOUR + timedelta(hours=hours), Decimal(rate))


async def test_one_figure_an_hour_stays_and_comes_back_oldest_first(
    transactions: Transactions,
) -> None:
    async with transactions.for_system() as work:
        await work.redemptions.save([row(1, "1.41"), row(0, "1.4"), row(0, "1.2", Asset.JITOSOL)])
        await work.redemptions.save([row(1, "1.5"), row(2, "1.42")])
    async with transactions.for_visitor() as work:
        found = await work.redemptions.since(Asset.INF, HOUR)
        late = await work.redemptions.since(Asset.INF, HOUR + timedelta(hours=2))
    assert found == [row(0, "1.4"), row(1, "1.41"), row(2, "1.42")]
    assert late == [row(2, "1.42")]
