"""Standing orders in memory."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from asgard_basis.adapters.memory.tables import Transaction
from asgard_basis.adapters.memory.work import UNFINISHED
from asgard_basis.domain.errors import DomainError, ErrorCode
from asgard_basis.domain.identifiers import IntentId, UserId
from asgard_basis.domain.position.lifecycle import ENDED as ENDED_POSITIONS
from asgard_basis.domain.strategy.intent import OPEN, Intent, IntentStatus
from asgard_basis.ports.intents import WaitingIntent
from asgard_basis.ports.repositories import Job, JobKind


class MemoryIntents:
    """Implements Intents."""

    def __init__(self, transaction: Transaction) -> None:
        self._rows = transaction

    async def add(self, intent: Intent) -> None:
        """Insert a new one; raises DomainError POS-0006 when the key was used just now."""
        refusal = DomainError(ErrorCode.POSITION_BUSY, "the same request is being handled already")
        if intent.idempotency_key is not None:
            key = (intent.user_id, intent.idempotency_key)
            if self._rows.find("intent_keys", key) is not None:
                raise refusal
            self._rows.guard("intent_keys", key, refusal)
            self._rows.put("intent_keys", key, intent.id, owner=intent.user_id)
        self._put(intent)

    async def get(self, intent_id: IntentId) -> Intent | None:
        """The intent, or None."""
        row = self._rows.find("intents", intent_id)
        return row.value if row else None

    async def by_key(self, user_id: UserId, idempotency_key: str) -> Intent | None:
        """The user's intent asked for under that key, or None."""
        row = self._rows.find("intent_keys", (user_id, idempotency_key))
        return None if row is None else await self.get(row.value)

    async def save(self, intent: Intent) -> Intent:
        """Update where the stored version equals; raises DomainError POS-0006 otherwise."""
        refusal = _changed(intent)
        present = await self.get(intent.id)
        if present is None or present.version != intent.version:
            raise refusal
        saved = replace(intent, version=intent.version + 1)
        self._rows.guard("intents", intent.id, refusal)
        self._put(saved)
        return saved

    async def listed(
        self, *, statuses: Collection[IntentStatus] | None = None, limit: int = 100
    ) -> Sequence[Intent]:
        """Newest first."""
        found = [i for i in reversed(self._all()) if statuses is None or i.status in statuses]
        return found[:limit]

    async def waiting(self) -> Sequence[WaitingIntent]:
        """Every open one, oldest first."""
        held: dict[UserId, int] = {}
        for row in self._rows.rows("positions"):
            if row.value.state not in ENDED_POSITIONS:
                held[row.value.user_id] = held.get(row.value.user_id, 0) + 1
        jobs: list[Job] = [row.value for row in self._rows.rows("jobs")]
        opening = {j.user_id for j in jobs if j.kind is JobKind.OPEN and j.status in UNFINISHED}
        return [
            WaitingIntent(i, held.get(i.user_id, 0), i.user_id in opening)
            for i in self._all()
            if i.status in OPEN
        ]

    async def looked_at(self, intent_ids: Collection[IntentId]) -> None:
        """Pending ones among them are active from now on."""
        for intent in [await self.get(intent_id) for intent_id in intent_ids]:
            if intent is not None and intent.status is IntentStatus.PENDING:
                self._rows.guard("intents", intent.id, _changed(intent))
                self._put(replace(intent, status=IntentStatus.ACTIVE))

    async def expire(self, now: datetime) -> Sequence[Intent]:
        """End those whose time is over and that are not under way."""
        over = [
            i for i in self._all() if i.status in OPEN and i.job_id is None and i.expires_at <= now
        ]
        return [
            await self.save(
                replace(
                    intent,
                    status=IntentStatus.EXPIRED,
                    ended_at=now,
                    claimed_by=None,
                    claimed_until=None,
                )
            )
            for intent in over
        ]

    async def claim(
        self, intent_id: IntentId, *, by: str, until: datetime, host: datetime, now: datetime
    ) -> Intent | None:
        """Of all who ask at once one gets the intent; the others' commits are refused."""
        intent = await self.get(intent_id)
        if (
            intent is None
            or intent.status not in OPEN
            or intent.job_id is not None
            or intent.expires_at <= now
            or (intent.claimed_until is not None and intent.claimed_until > host)
        ):
            return None
        return await self.save(replace(intent, claimed_by=by, claimed_until=until))

    async def tried(self) -> Sequence[tuple[Intent, Job]]:
        """Those under way whose job has ended, with that job."""
        under_way = [i for i in self._all() if i.is_under_way]
        found = [(i, self._rows.find("jobs", i.job_id)) for i in under_way]
        return [(i, row.value) for i, row in found if row and row.value.status not in UNFINISHED]

    def _put(self, intent: Intent) -> None:
        error = intent.execution_error
        clean = replace(
            intent, execution_error=None if error is None else error.replace("\x00", "�")
        )
        self._rows.put("intents", intent.id, clean, owner=intent.user_id)

    def _all(self) -> list[Intent]:
        return [row.value for row in self._rows.rows("intents")]


def _changed(intent: Intent) -> DomainError:
    return DomainError(
        ErrorCode.POSITION_BUSY,
        "the intent was changed by somebody else in between",
        {"intent_id": intent.id, "version": str(intent.version)},
    )
