"""Funding: the market's settled hours, and what each position was paid."""

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal

from asgard_basis.adapters.postgres.rows import Connection, affected
from asgard_basis.domain.assets import Asset
from asgard_basis.domain.identifiers import PositionId, UserId
from asgard_basis.domain.market.funding import FundingObservation, FundingPayment, FundingRate
from asgard_basis.domain.market.redemption import Redemption


class PostgresPayments:
    """Implements Payments."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def book(
        self, user_id: UserId, position_id: PositionId, payment: FundingPayment, *, share: Decimal
    ) -> bool:
        """Insert once by (position, settlement hour); False when it was there already.

        A settlement may come up to some minutes after its full hour: the hour is rounded down.
        """
        settled = payment.settled_at.astimezone(UTC)
        status = await self._connection.execute(
            "INSERT INTO funding_payments (position_id, hour, user_id, settled_at, amount_usdc,"
            " signed_size, longs_pay_hourly, share) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
            " ON CONFLICT (position_id, hour) DO NOTHING",
            position_id,
            settled.replace(minute=0, second=0, microsecond=0),
            user_id,
            settled,
            payment.amount_usdc,
            payment.signed_size,
            payment.rate.longs_pay_hourly,
            share,
        )
        return affected(status) == 1

    async def total(self, position_id: PositionId) -> Decimal:
        """Sum of the shares."""
        total = await self._connection.fetchval(
            "SELECT coalesce(sum(share), 0) FROM funding_payments WHERE position_id = $1",
            position_id,
        )
        return Decimal(total)

    async def of_position(
        self, position_id: PositionId, *, limit: int
    ) -> Sequence[tuple[datetime, Decimal]]:
        """(settlement, share), newest first."""
        rows = await self._connection.fetch(
            "SELECT settled_at, share FROM funding_payments WHERE position_id = $1"
            " ORDER BY hour DESC LIMIT $2",
            position_id,
            limit,
        )
        return [(row["settled_at"], row["share"]) for row in rows]


class PostgresFundingHours:
    """Implements FundingHours; only the system's unit of work may save."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def save(self, observations: Sequence[FundingObservation]) -> None:
        """Insert those that are new."""
        await self._connection.executemany(
            "INSERT INTO funding_hours (hour, longs_pay_hourly, premium) VALUES ($1, $2, $3)"
            " ON CONFLICT (hour) DO NOTHING",
            [(o.hour, o.rate.longs_pay_hourly, o.premium) for o in observations],
        )

    async def between(self, since: datetime, until: datetime) -> Sequence[FundingObservation]:
        """Oldest first, both ends included."""
        rows = await self._connection.fetch(
            "SELECT * FROM funding_hours WHERE hour BETWEEN $1 AND $2 ORDER BY hour", since, until
        )
        return [
            FundingObservation(row["hour"], FundingRate(row["longs_pay_hourly"]), row["premium"])
            for row in rows
        ]


class PostgresRedemptions:
    """Implements Redemptions; only the system's unit of work may save."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def save(self, rows: Sequence[Redemption]) -> None:
        """Insert those of an hour that is new."""
        await self._connection.executemany(
            "INSERT INTO redemption_hours (asset, hour, rate) VALUES ($1, $2, $3)"
            " ON CONFLICT (asset, hour) DO NOTHING",
            [(row.asset.value, row.hour, row.rate) for row in rows],
        )

    async def since(self, asset: Asset, since: datetime) -> Sequence[Redemption]:
        """Of one token from then on, oldest first."""
        rows = await self._connection.fetch(
            "SELECT hour, rate FROM redemption_hours WHERE asset = $1 AND hour >= $2 ORDER BY hour",
            asset.value,
            since,
        )
        return [Redemption(asset, row["hour"], row["rate"]) for row in rows]
