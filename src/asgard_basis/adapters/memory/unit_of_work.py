"""Units of work in memory, as one user, as a visitor or as the system."""

import contextlib
from collections.abc import AsyncIterator, Callable

from asgard_basis.adapters.memory.consents import MemoryMoveConsents
from asgard_basis.adapters.memory.decisions import MemoryDecisions
from asgard_basis.adapters.memory.intents import MemoryIntents
from asgard_basis.adapters.memory.ledger import MemoryLedger
from asgard_basis.adapters.memory.locks import LeaseBook
from asgard_basis.adapters.memory.orphans import MemoryOrphans
from asgard_basis.adapters.memory.oversight import MemoryAlarms, MemoryAuditLog, MemoryPauses
from asgard_basis.adapters.memory.reconciling import MemoryReconciling
from asgard_basis.adapters.memory.records import (
    MemoryFundingHours,
    MemoryPayments,
    MemoryPositions,
    MemoryRedemptions,
    MemorySessions,
    MemoryUsers,
    MemoryWallets,
)
from asgard_basis.adapters.memory.risk import MemoryRiskRecords
from asgard_basis.adapters.memory.strategies import MemoryStrategies
from asgard_basis.adapters.memory.tables import Owner, Tables, Transaction
from asgard_basis.adapters.memory.work import MemoryJobs, MemoryJournals, MemoryOutbox
from asgard_basis.domain.identifiers import UserId
from asgard_basis.ports.consents import MoveConsents
from asgard_basis.ports.coordination import Tenure, superseded, tenures
from asgard_basis.ports.decisions import Decisions
from asgard_basis.ports.intents import Intents
from asgard_basis.ports.ledger import Ledger
from asgard_basis.ports.orphans import Orphans
from asgard_basis.ports.oversight import Alarms, AuditLog, Pauses
from asgard_basis.ports.reconciling import Reconciling
from asgard_basis.ports.repositories import (
    FundingHours,
    Job,
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


class MemoryUnitOfWork:
    """Implements UnitOfWork."""

    def __init__(
        self, transaction: Transaction, *, deliver: Callable[[Job], None], number: Callable[[], int]
    ) -> None:
        self.users: Users = MemoryUsers(transaction)
        self.sessions: Sessions = MemorySessions(transaction)
        self.wallets: Wallets = MemoryWallets(transaction)
        self.positions: Positions = MemoryPositions(transaction)
        self.jobs: Jobs = MemoryJobs(transaction, deliver)
        self.journals: Journals = MemoryJournals(transaction)
        self.payments: Payments = MemoryPayments(transaction)
        self.funding: FundingHours = MemoryFundingHours(transaction)
        self.redemptions: Redemptions = MemoryRedemptions(transaction)
        self.intents: Intents = MemoryIntents(transaction)
        self.ledger: Ledger = MemoryLedger(transaction)
        self.orphans: Orphans = MemoryOrphans(transaction)
        self.outbox: Outbox = MemoryOutbox(transaction, number)
        self.reconciling: Reconciling = MemoryReconciling(transaction, self.outbox)
        self.alarms: Alarms = MemoryAlarms(transaction)
        self.audit: AuditLog = MemoryAuditLog(transaction)
        self.risk: RiskRecords = MemoryRiskRecords(transaction)
        self.pauses: Pauses = MemoryPauses(transaction)
        self.strategies: Strategies = MemoryStrategies(transaction)
        self.decisions: Decisions = MemoryDecisions(transaction)
        self.move_consents: MoveConsents = MemoryMoveConsents(transaction)


class MemoryTransactions:
    """Implements Transactions; new jobs are handed to `deliver` when they are committed.

    It begins with `tables`, empty ones by default. Tenures are judged by `leases`; without it
    none ever stands. Instead of keeping a take-over waiting, a commit is refused when a tenure
    it was begun under was taken over meanwhile.
    """

    def __init__(
        self,
        deliver: Callable[[Job], None] | None = None,
        *,
        tables: Tables | None = None,
        leases: LeaseBook | None = None,
    ) -> None:
        self._tables = tables or Tables()
        self._deliver = deliver or _nobody
        self._leases = leases

    def for_user(self, user_id: UserId) -> contextlib.AbstractAsyncContextManager[UnitOfWork]:
        """Sees and changes this user's rows only, and what is the same for everybody."""
        if not user_id:
            raise ValueError("a unit of work needs a user id")
        return self._transaction(lambda owner: owner is None or owner == user_id)

    def for_visitor(self) -> contextlib.AbstractAsyncContextManager[UnitOfWork]:
        """Sees what is the same for everybody, and nobody's rows."""
        return self._transaction(lambda owner: owner is None)

    def for_system(self) -> contextlib.AbstractAsyncContextManager[UnitOfWork]:
        """Sees everybody's rows."""
        return self._transaction(lambda owner: True)

    @contextlib.asynccontextmanager
    async def _transaction(self, sees: Callable[[Owner], bool]) -> AsyncIterator[UnitOfWork]:
        held = tenures()
        self._check(held)
        transaction = Transaction(self._tables, sees=sees)
        try:
            yield MemoryUnitOfWork(
                transaction, deliver=self._deliver, number=lambda: next(self._tables.numbers)
            )
            self._check(held)
            transaction.commit()
        finally:
            transaction.end()

    def _check(self, held: tuple[Tenure, ...]) -> None:
        for tenure in held:
            if self._leases is None or not self._leases.stands(tenure):
                raise superseded(tenure)


def _nobody(_job: Job) -> None:
    """Nobody works."""
