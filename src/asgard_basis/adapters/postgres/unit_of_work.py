"""One database transaction, as one user or as the system."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from asgard_basis.adapters.postgres.consents import PostgresMoveConsents
from asgard_basis.adapters.postgres.decisions import PostgresDecisions
from asgard_basis.adapters.postgres.failures import LOST, database_errors
from asgard_basis.adapters.postgres.funding import (
    PostgresFundingHours,
    PostgresPayments,
    PostgresRedemptions,
)
from asgard_basis.adapters.postgres.intents import PostgresIntents
from asgard_basis.adapters.postgres.jobs import Delivery, PostgresJobs
from asgard_basis.adapters.postgres.journals import PostgresJournals
from asgard_basis.adapters.postgres.ledger import PostgresLedger
from asgard_basis.adapters.postgres.orphans import PostgresOrphans
from asgard_basis.adapters.postgres.outbox import PostgresOutbox
from asgard_basis.adapters.postgres.oversight import (
    PostgresAlarms,
    PostgresAuditLog,
    PostgresPauses,
)
from asgard_basis.adapters.postgres.people import PostgresSessions, PostgresUsers, PostgresWallets
from asgard_basis.adapters.postgres.pool import Role
from asgard_basis.adapters.postgres.positions import PostgresPositions
from asgard_basis.adapters.postgres.reconciling import PostgresReconciling
from asgard_basis.adapters.postgres.risk import PostgresRiskRecords
from asgard_basis.adapters.postgres.rows import Connection
from asgard_basis.adapters.postgres.strategies import PostgresStrategies
from asgard_basis.domain.errors import ErrorCode, OutcomeUnknown, Unavailable
from asgard_basis.domain.identifiers import UserId
from asgard_basis.ports.consents import MoveConsents
from asgard_basis.ports.coordination import superseded, tenures
from asgard_basis.ports.decisions import Decisions
from asgard_basis.ports.intents import Intents
from asgard_basis.ports.ledger import Ledger
from asgard_basis.ports.orphans import Orphans
from asgard_basis.ports.oversight import Alarms, AuditLog, Pauses
from asgard_basis.ports.reconciling import Reconciling
from asgard_basis.ports.repositories import (
    FundingHours,
    Jobs,
    Journals,
    Outbox,
    Payments,
    Positions,
    Redemptions,
    Sessions,
    Users,
    Wallets,
)
from asgard_basis.ports.risk import RiskRecords
from asgard_basis.ports.strategies import Strategies
from asgard_basis.ports.unit_of_work import UnitOfWork

_ACQUIRE_SECONDS = 10.0
_DEAD_MAX = 3
"""Connections that may turn out to be lost before one is found that is not."""
_ACT_AS = "set_config('role', $1, true), set_config('basis.user_id', $2, true)"
_AS_ANYBODY = f"SELECT {_ACT_AS}"
_UNDER_TENURES = (
    f"SELECT {_ACT_AS}, set_config('idle_in_transaction_session_timeout', '4s', true),"
    " basis_stands($3, $4)"
)
"""A take-over waits for the transaction: one whose process is paused must not last."""


class PostgresUnitOfWork:
    """Implements UnitOfWork on one connection inside one transaction."""

    def __init__(self, connection: Connection, delivery: Delivery) -> None:
        self.users: Users = PostgresUsers(connection)
        self.sessions: Sessions = PostgresSessions(connection)
        self.wallets: Wallets = PostgresWallets(connection)
        self.positions: Positions = PostgresPositions(connection)
        self.jobs: Jobs = PostgresJobs(connection, delivery)
        self.journals: Journals = PostgresJournals(connection)
        self.payments: Payments = PostgresPayments(connection)
        self.reconciling: Reconciling = PostgresReconciling(connection)
        self.funding: FundingHours = PostgresFundingHours(connection)
        self.redemptions: Redemptions = PostgresRedemptions(connection)
        self.intents: Intents = PostgresIntents(connection)
        self.ledger: Ledger = PostgresLedger(connection)
        self.orphans: Orphans = PostgresOrphans(connection)
        self.outbox: Outbox = PostgresOutbox(connection)
        self.alarms: Alarms = PostgresAlarms(connection)
        self._audit = PostgresAuditLog(connection)
        self.audit: AuditLog = self._audit
        self.risk: RiskRecords = PostgresRiskRecords(connection)
        self.pauses: Pauses = PostgresPauses(connection)
        self.strategies: Strategies = PostgresStrategies(connection)
        self.decisions: Decisions = PostgresDecisions(connection)
        self.move_consents: MoveConsents = PostgresMoveConsents(connection)

    async def finish(self) -> None:
        """Send what waited for the end of the transaction."""
        await self._audit.flush()


class PostgresTransactions:
    """Implements Transactions.

    Entering raises Unavailable GEN-0006 when the database does not answer, and Superseded
    GEN-0008 when a tenure it is begun under does not stand any more; one that stands cannot be
    taken over before the end. Losing the database while committing raises OutcomeUnknown GEN-0006:
    the changes may or may not be there.
    """

    def __init__(
        self, pool: "asyncpg.Pool[asyncpg.Record]", *, delivery: Delivery | None = None
    ) -> None:
        self._pool = pool
        self._delivery = delivery or Delivery()

    def for_user(self, user_id: UserId) -> contextlib.AbstractAsyncContextManager[UnitOfWork]:
        """Sees and changes this user's rows only, enforced by the database."""
        if not user_id:
            raise ValueError("a unit of work needs a user id")
        return self._transaction(Role.APP, user_id)

    def for_visitor(self) -> contextlib.AbstractAsyncContextManager[UnitOfWork]:
        """Sees what is the same for everybody, and nobody's rows."""
        return self._transaction(Role.APP, UserId(""))

    def for_system(self) -> contextlib.AbstractAsyncContextManager[UnitOfWork]:
        """Sees everybody's rows."""
        return self._transaction(Role.WORKER, UserId(""))

    @contextlib.asynccontextmanager
    async def _transaction(self, role: Role, user_id: UserId) -> AsyncIterator[UnitOfWork]:
        with database_errors():
            connection = await self._begun(role, user_id)
        try:
            try:
                with database_errors():
                    work = PostgresUnitOfWork(connection, self._delivery)
                    yield work
                    await work.finish()
            except BaseException:
                with contextlib.suppress(*LOST):
                    await asyncio.shield(connection.execute("ROLLBACK"))
                raise
            await _commit(connection)
        finally:
            await self._pool.release(connection)

    async def _begun(self, role: Role, user_id: UserId) -> "PoolConnectionProxy[asyncpg.Record]":
        """A connection in a transaction; one that was lost while it waited is replaced."""
        for _ in range(_DEAD_MAX):
            connection = await self._pool.acquire(timeout=_ACQUIRE_SECONDS)
            try:
                await connection.execute("BEGIN")
                await _enter(connection, role, user_id)
            except LOST:
                connection.terminate()
                await self._pool.release(connection)
            except BaseException:
                with contextlib.suppress(*LOST):
                    await asyncio.shield(connection.execute("ROLLBACK"))
                await self._pool.release(connection)
                raise
            else:
                return connection
        raise Unavailable(ErrorCode.NOT_READY, "the database does not answer")


async def _enter(connection: Connection, role: Role, user_id: UserId) -> None:
    held = tenures()
    if not held:
        await connection.execute(_AS_ANYBODY, role.value, user_id)
        return
    names, fences = [tenure.name for tenure in held], [tenure.fence for tenure in held]
    row = await connection.fetchrow(_UNDER_TENURES, role.value, user_id, names, fences)
    if row is None or not row["basis_stands"]:
        raise superseded(*held)


async def _commit(connection: Connection) -> None:
    try:
        status = await connection.execute("COMMIT")
    except LOST as error:
        raise OutcomeUnknown(ErrorCode.NOT_READY, "the database was lost while it saved") from error
    if status != "COMMIT":
        raise Unavailable(ErrorCode.NOT_READY, "nothing was saved: an earlier statement had failed")
