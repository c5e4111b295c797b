"""Everybody's positions at once: one statement to read them, one to write what was found out."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import groupby

from asgard_basis.adapters.postgres.journals import step_of
from asgard_basis.adapters.postgres.positions import HELD, SEEN, plain, position_of
from asgard_basis.adapters.postgres.rows import Connection, Row
from asgard_basis.domain.identifiers import EvmAddress, PositionId, UserId
from asgard_basis.domain.position.lifecycle import ENDED
from asgard_basis.ports.reconciling import (
    GATE_ALARMS,
    WATCHED,
    Change,
    FundingWanted,
    Household,
    Kept,
)

_UNFINISHED = "status IN ('pending', 'running')"
_OVERVIEW = f"""
WITH busy AS (
    SELECT position_id, user_id FROM position_jobs
    WHERE {_UNFINISHED} AND position_id IS NOT NULL
), troubled AS (
    SELECT user_id FROM orphans WHERE ended_at IS NULL
    UNION
    SELECT user_id FROM alarms
    WHERE resolved_at IS NULL AND user_id IS NOT NULL AND kind = ANY($5)
), kept AS (
    SELECT id, user_id, state, requested_at, short_size, {HELD} AS is_held,
        least($1, date_trunc('hour', closed_at)) AS hour,
        (SELECT max(paid.hour) FROM funding_payments AS paid WHERE position_id = positions.id)
            AS booked_until
    FROM positions
    WHERE {HELD} OR (closed_at >= $2 AND id <> ALL($7))
), due AS (
    SELECT id, user_id, booked_until FROM kept
    WHERE (NOT is_held OR state = ANY($6)) AND short_size IS NOT NULL AND hour >= requested_at
        AND (booked_until IS NULL OR booked_until < hour)
        AND id NOT IN (SELECT position_id FROM busy)
), chosen AS (
    SELECT user_id FROM due WHERE user_id <> ALL($4) GROUP BY user_id
    ORDER BY min(coalesce(booked_until, '-infinity')), user_id LIMIT $3
), named AS (
    SELECT kept.id, kept.user_id, is_held, kept.booked_until,
        due.id IS NOT NULL AND kept.user_id IN (SELECT user_id FROM chosen) AS is_asked
    FROM kept LEFT JOIN due ON due.id = kept.id
    WHERE is_held OR due.id IS NOT NULL
)
SELECT owner.user_id AS owner, wallet.address,
    owner.user_id IN (SELECT user_id FROM busy) AS is_moving,
    owner.user_id IN (SELECT user_id FROM troubled) AS is_troubled,
    named.id IS NOT NULL AS is_there, is_held, booked_until,
    CASE WHEN is_asked THEN ARRAY(
        SELECT step FROM saga_steps AS step JOIN position_jobs AS job ON job.id = job_id
        WHERE job.position_id = named.id ORDER BY step.sequence
    ) END AS steps,
    positions.*
FROM (SELECT user_id FROM named UNION SELECT user_id FROM troubled) AS owner
LEFT JOIN wallets AS wallet ON wallet.user_id = owner.user_id AND wallet.role = 'evm'
LEFT JOIN named ON named.user_id = owner.user_id
LEFT JOIN positions ON positions.id = named.id
ORDER BY owner.user_id, positions.requested_at, positions.id
"""
_SEEN_TYPES = tuple("timestamptz" if name == "observed_at" else "numeric" for name in SEEN)
_WRITE = f"""
WITH given AS (
    SELECT * FROM unnest(
        $1::text[], $2::bigint[], $3::numeric[], $4::boolean[], $5::boolean[],
        {", ".join(f"${n}::{kind}[]" for n, kind in enumerate(_SEEN_TYPES, 14))}
    ) AS change (id, version, fee, is_seen, is_booked, {", ".join(SEEN)})
), free AS (
    SELECT positions.id, positions.user_id FROM positions
    JOIN given ON given.id = positions.id AND given.version = positions.version
    ORDER BY positions.id FOR UPDATE OF positions SKIP LOCKED
), idle AS (
    SELECT free.id, free.user_id FROM free WHERE NOT EXISTS (
        SELECT FROM position_jobs WHERE position_id = free.id AND {_UNFINISHED}
    )
), booked AS (
    INSERT INTO funding_payments (
        position_id, hour, user_id, settled_at, amount_usdc, signed_size, longs_pay_hourly, share
    )
    SELECT idle.id, paid.hour, idle.user_id, settled_at, amount, size, rate, share
    FROM unnest(
        $6::text[], $7::timestamptz[], $8::timestamptz[], $9::numeric[], $10::numeric[],
        $11::numeric[], $12::numeric[]
    ) AS paid (position_id, hour, settled_at, amount, size, rate, share)
    JOIN idle ON idle.id = paid.position_id
    ON CONFLICT (position_id, hour) DO NOTHING
    RETURNING position_id, share
), totals AS (
    -- A statement does not see what it inserts itself.
    SELECT idle.id,
        coalesce((SELECT sum(share) FROM funding_payments WHERE position_id = idle.id), 0)
        + coalesce((SELECT sum(share) FROM booked WHERE position_id = idle.id), 0) AS total
    FROM idle JOIN given ON given.id = idle.id WHERE given.is_booked
), written AS (
    UPDATE positions SET
        version = positions.version + 1,
        funding_usdc = coalesce(totals.total, funding_usdc),
        long_fee_usdc = coalesce(given.fee, long_fee_usdc),
        {", ".join(f"seen_{n} = CASE WHEN is_seen THEN given.{n} ELSE seen_{n} END" for n in SEEN)}
    FROM free JOIN given ON given.id = free.id LEFT JOIN totals ON totals.id = free.id
    WHERE positions.id = free.id
        AND (is_seen OR given.fee IS NOT NULL OR totals.total <> funding_usdc)
    RETURNING positions.id, positions.user_id
), told AS (
    INSERT INTO outbox (user_id, kind, payload)
    SELECT user_id, $13, jsonb_build_object('position_id', id) FROM written ORDER BY id
)
SELECT id FROM written
"""


class PostgresReconciling:
    """Implements Reconciling."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def overview(
        self, *, ended_since: datetime, funding: FundingWanted
    ) -> Sequence[Household]:
        """Everybody who holds something, misses a settlement or is troubled, by user."""
        rows = await self._connection.fetch(
            _OVERVIEW,
            funding.hour,
            ended_since,
            funding.users_max,
            list(funding.but_not),
            [kind.value for kind in GATE_ALARMS],
            [state.value for state in WATCHED],
            list(funding.read),
        )
        by_owner = groupby(rows, key=lambda row: row["owner"])
        return [_household(UserId(owner), list(of_one)) for owner, of_one in by_owner]

    async def write(self, changes: Sequence[Change]) -> frozenset[PositionId]:
        """Those that were written; one that has been changed meanwhile, or is being, is left."""
        given = [change for change in changes if not change.is_empty]
        if not given:
            return frozenset()
        seen = ([_seen(change, name) for change in given] for name in SEEN)
        rows = await self._connection.fetch(
            _WRITE,
            [change.position_id for change in given],
            [change.version for change in given],
            [change.fee_usdc for change in given],
            [change.observation is not None for change in given],
            [bool(change.bookings) for change in given],
            *_columns([paid for change in given for paid in _paid(change)]),
            "position_update",
            *seen,
        )
        return frozenset(PositionId(row["id"]) for row in rows)


def _columns(paid: Sequence[tuple[object, ...]]) -> list[list[object]]:
    return [list(column) for column in zip(*paid, strict=True)] or [[] for _ in range(7)]


def _paid(change: Change) -> Iterator[tuple[object, ...]]:
    for booking in change.bookings:
        payment = booking.payment
        settled = payment.settled_at.astimezone(UTC)
        yield (
            change.position_id,
            settled.replace(minute=0, second=0, microsecond=0),
            settled,
            payment.amount_usdc,
            payment.signed_size,
            payment.rate.longs_pay_hourly,
            booking.share,
        )


def _seen(change: Change, name: str) -> object:
    return None if change.observation is None else plain(getattr(change.observation, name))


def _household(owner: UserId, rows: Sequence[Row]) -> Household:
    first = rows[0]
    kept = [_kept(row) for row in rows if row["is_there"]]
    return Household(
        user_id=owner,
        address=None if first["address"] is None else EvmAddress(first["address"]),
        is_moving=first["is_moving"],
        is_troubled=first["is_troubled"],
        held=tuple(each for each in kept if each.position.state not in ENDED),
        ended=tuple(each for each in kept if each.position.state in ENDED),
    )


def _kept(row: Row) -> Kept:
    steps = None if row["steps"] is None else tuple(step_of(step) for step in row["steps"])
    return Kept(position_of(row), row["booked_until"], steps)
