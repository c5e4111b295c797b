"""Everybody's positions at once, in memory."""

import dataclasses
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from asgard_basis.adapters.memory.records import MemoryPayments, MemoryPositions
from asgard_basis.adapters.memory.tables import Transaction
from asgard_basis.adapters.memory.work import UNFINISHED
from asgard_basis.domain.identifiers import EvmAddress, JobId, PositionId, UserId
from asgard_basis.domain.position.lifecycle import ENDED
from asgard_basis.domain.position.position import Position
from asgard_basis.domain.saga.step import Step
from asgard_basis.ports.reconciling import (
    GATE_ALARMS,
    WATCHED,
    Change,
    FundingWanted,
    Household,
    Kept,
)
from asgard_basis.ports.repositories import Event, Job, Outbox
from asgard_basis.ports.wallets import WalletRole


class MemoryReconciling:
    """Implements Reconciling."""

    def __init__(self, transaction: Transaction, outbox: Outbox) -> None:
        self._rows = transaction
        self._outbox = outbox
        self._positions = MemoryPositions(transaction)
        self._payments = MemoryPayments(transaction)

    async def overview(
        self, *, ended_since: datetime, funding: FundingWanted
    ) -> Sequence[Household]:
        """Everybody who holds something, misses a settlement or is troubled, by user."""
        busy = self._busy()
        moving = {row.value.user_id for row in self._rows.rows("jobs") if _is_busy(row.value)}
        booked = self._booked_until()
        named: defaultdict[UserId, list[tuple[Position, bool]]] = defaultdict(list)
        for row in self._rows.rows("positions"):
            position: Position = row.value
            is_due = position.id not in busy and _is_due(position, booked, funding.hour)
            is_late = position.closed_at is not None and position.closed_at >= ended_since
            is_late = is_late and position.id not in funding.read
            if position.state not in ENDED or (is_late and is_due):
                named[position.user_id].append((position, is_due))
        troubled = self._troubled()
        chosen = _chosen(named, booked, funding)
        addresses = self._addresses()
        steps = self._steps() if chosen else {}
        found = []
        for user_id in sorted({*named, *troubled}):
            ordered = sorted(named[user_id], key=lambda each: (each[0].requested_at, each[0].id))
            kept = [
                Kept(
                    position,
                    booked.get(position.id),
                    tuple(steps.get(position.id, ())) if is_due and user_id in chosen else None,
                )
                for position, is_due in ordered
            ]
            found.append(
                Household(
                    user_id=user_id,
                    address=addresses.get(user_id),
                    is_moving=user_id in moving,
                    is_troubled=user_id in troubled,
                    held=tuple(k for k in kept if k.position.state not in ENDED),
                    ended=tuple(k for k in kept if k.position.state in ENDED),
                )
            )
        return found

    async def write(self, changes: Sequence[Change]) -> frozenset[PositionId]:
        """Those that were written; one that has been changed meanwhile is left."""
        busy = self._busy()
        written = set()
        for change in changes:
            present = await self._positions.get(change.position_id)
            if present is None or present.version != change.version or change.is_empty:
                continue
            changed = present
            if change.observation is not None:
                changed = dataclasses.replace(changed, observation=change.observation)
            if change.fee_usdc is not None and changed.long is not None:
                long = dataclasses.replace(changed.long, fee_usdc=change.fee_usdc)
                changed = dataclasses.replace(changed, long=long)
            if change.bookings and present.id not in busy:
                for booking in change.bookings:
                    await self._payments.book(
                        present.user_id, present.id, booking.payment, share=booking.share
                    )
                total = await self._payments.total(present.id)
                changed = dataclasses.replace(changed, funding_usdc=total)
            if changed is present or (
                changed == present and change.observation is None and change.fee_usdc is None
            ):
                continue
            await self._positions.save(changed)
            payload: dict[str, object] = {"position_id": present.id}
            await self._outbox.append(Event("position_update", payload, present.user_id))
            written.add(present.id)
        return frozenset(written)

    def _busy(self) -> set[PositionId]:
        jobs = (row.value for row in self._rows.rows("jobs"))
        return {job.position_id for job in jobs if _is_busy(job)}

    def _troubled(self) -> set[UserId]:
        orphans = (row.value for row in self._rows.rows("orphans"))
        alarms = (row.value for row in self._rows.rows("alarms"))
        return {orphan.user_id for orphan in orphans if orphan.ended_at is None} | {
            alarm.user_id
            for alarm in alarms
            if alarm.resolved_at is None and alarm.user_id and alarm.kind in GATE_ALARMS
        }

    def _addresses(self) -> dict[UserId, EvmAddress]:
        rows = self._rows.rows("wallets")
        return {
            row.owner: EvmAddress(row.value.address)
            for row in rows
            if row.owner is not None and row.value.role is WalletRole.EVM
        }

    def _booked_until(self) -> dict[PositionId, datetime]:
        newest: dict[PositionId, datetime] = {}
        for row in self._rows.rows("payments"):
            position_id, settled, _ = row.value
            hour = _full_hour(settled)
            newest[position_id] = max(hour, newest.get(position_id, hour))
        return newest

    def _steps(self) -> dict[PositionId, list[Step]]:
        jobs: dict[JobId, PositionId] = {
            row.value.id: row.value.position_id for row in self._rows.rows("jobs")
        }
        found: defaultdict[PositionId, list[Step]] = defaultdict(list)
        for row in self._rows.rows("steps"):
            job_id, step = row.value
            found[jobs[job_id]].append(step)
        return found


def _is_busy(job: Job) -> bool:
    return job.status in UNFINISHED and job.position_id is not None


def _full_hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)


def _is_due(position: Position, booked: dict[PositionId, datetime], hour: datetime) -> bool:
    if position.short is None or position.state not in WATCHED | ENDED:
        return False
    last = hour if position.closed_at is None else min(hour, _full_hour(position.closed_at))
    newest = booked.get(position.id)
    return last >= position.requested_at and (newest is None or newest < last)


def _chosen(
    named: dict[UserId, list[tuple[Position, bool]]],
    booked: dict[PositionId, datetime],
    funding: FundingWanted,
) -> set[UserId]:
    waiting: list[tuple[bool, datetime, UserId]] = []
    for user_id, positions in named.items():
        due = [position for position, is_due in positions if is_due]
        if not due or user_id in funding.but_not:
            continue
        hours = [booked.get(position.id) for position in due]
        known = [hour for hour in hours if hour is not None]
        waiting.append((len(known) == len(hours), min(known, default=funding.hour), user_id))
    waiting.sort()
    return {user_id for _, _, user_id in waiting[: funding.users_max]}
