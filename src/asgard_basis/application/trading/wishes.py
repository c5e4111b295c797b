"""What a person wishes of a job that is under way: noted once, never taken back."""

from decimal import Decimal

from asgard_basis.application.context import UserTradingContext
from asgard_basis.application.operations.jobs import JobDesk
from asgard_basis.application.trading.overdue import is_overdue
from asgard_basis.application.trading.pair_factory import PairFactory
from asgard_basis.domain.errors import ErrorCode, Unavailable
from asgard_basis.domain.position.position import Position
from asgard_basis.domain.saga.leave import Manner
from asgard_basis.domain.saga.step import Journal, StepName
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.repositories import Job, JobKind
from asgard_basis.ports.unit_of_work import Transactions

MANNER, EMERGENCY = "manner", "emergency"
"""In a job's details: it is to do at once what can be reached."""
CLOSING, ASKED = "closing", "asked"
"""In the details of a repair or a reduction: it is to become a closing."""
TURNING = frozenset({JobKind.REPAIR, JobKind.REDUCE})
"""What turns to closing in the middle; an opening is hedged first."""


def is_emergency(job: Job) -> bool:
    """Whether a leaving is to do at once what can be reached."""
    return job.details.get(MANNER) == EMERGENCY


def is_leaving(job: Job) -> bool:
    """Whether a job closes its position, or was asked to while it did something else."""
    return job.kind is JobKind.CLOSE or job.details.get(CLOSING) == ASKED


class Turning:
    """One delivery of a repair or a reduction, which may be asked to close instead.

    As any closing it takes a pair apart only while both venues answer, unless in an emergency;
    until then it goes on with what it was doing, and never ends as if nobody had asked.
    """

    def __init__(
        self,
        transactions: Transactions,
        desk: JobDesk,
        pairs: PairFactory,
        context: UserTradingContext,
        job: Job,
    ) -> None:
        self._transactions = transactions
        self._desk = desk
        self._pairs = pairs
        self._context = context
        self._job = job
        self._may_leave = False

    @property
    def is_asked(self) -> bool:
        """Whether it is to close, as far as was looked."""
        return is_leaving(self._job)

    @property
    def is_emergency(self) -> bool:
        """Whether it is to close whatever answers, as far as was looked."""
        return is_emergency(self._job)

    @property
    def manner(self) -> Manner:
        """How to leave, if that is to be done now."""
        if self.is_emergency:
            return Manner.EMERGENCY
        return Manner.WISHED if self._may_leave else Manner.NEEDED

    def may_go_on(self, journal: Journal, clock: Clock) -> bool:
        """Whether one leg is closed although an answer about the other is overdue."""
        return self.is_emergency and is_overdue(journal, clock)

    def price_of(self, position: Position) -> Decimal | None:
        """What will do where nobody knows a price: who is only to close needs no better one."""
        if not self.is_asked or position.short is None:
            return None
        return position.short.entry_price

    async def heed(self) -> None:
        """Look whether anything was asked meanwhile."""
        async with self._transactions.for_user(self._job.user_id) as work:
            self._job = await work.jobs.get(self._job.id) or self._job

    async def look(self, journal: Journal, position: Position) -> None:
        """Before every decision."""
        await self.heed()
        is_due = self.is_asked and not self.is_emergency and not _has_left(journal)
        if not is_due or journal.open_step() is not None:
            return
        silent = await self._pairs.silent(self._context, position)
        await self._desk.waits(self._job, for_whom=silent)
        self._may_leave = silent is None

    def check(self, present: Job, journal: Journal) -> None:
        """Where it would end without closing: raises Unavailable NET-0003 if it was asked to.

        The queue delivers the job again, and then it closes.
        """
        if is_leaving(present) and not _has_left(journal):
            raise Unavailable(ErrorCode.VENUE_DOWN, "closing was asked for: it comes next")


def _has_left(journal: Journal) -> bool:
    return journal.attempts(StepName.LEAVE) > 0
