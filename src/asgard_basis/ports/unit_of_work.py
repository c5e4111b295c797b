"""One transaction with everything that may change in it."""

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from asgard_basis.domain.identifiers import UserId
from asgard_basis.ports.consents import MoveConsents
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


class UnitOfWork(Protocol):
    """Committed when its context is left normally, rolled back when it raises."""

    users: Users
    sessions: Sessions
    wallets: Wallets
    positions: Positions
    jobs: Jobs
    journals: Journals
    payments: Payments
    reconciling: Reconciling
    funding: FundingHours
    redemptions: Redemptions
    intents: Intents
    ledger: Ledger
    orphans: Orphans
    outbox: Outbox
    alarms: Alarms
    audit: AuditLog
    pauses: Pauses
    risk: RiskRecords
    strategies: Strategies
    decisions: Decisions
    move_consents: MoveConsents


class Transactions(Protocol):
    """Where units of work come from."""

    def for_user(self, user_id: UserId) -> AbstractAsyncContextManager[UnitOfWork]:
        """Sees and changes this user's rows only, enforced by the database."""
        ...

    def for_visitor(self) -> AbstractAsyncContextManager[UnitOfWork]:
        """Sees what is the same for everybody, and nobody's rows."""
        ...

    def for_system(self) -> AbstractAsyncContextManager[UnitOfWork]:
        """Sees everybody's rows: for workers, never behind a user's request."""
        ...
