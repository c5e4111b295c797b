"""The accountant: keeps everybody's books up to date, one user's trouble never stopping another."""

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal

import structlog

from asgard_basis.application.accounting.bookkeeper import Bookkeeper
from asgard_basis.application.accounting.wallet_book import WalletBook
from asgard_basis.domain.errors import DomainError, ErrorCode
from asgard_basis.domain.identifiers import PositionId, UserId
from asgard_basis.domain.ledger.performance_fee import HighWater, accrued, fee_entry
from asgard_basis.domain.ledger.postings import Posting, split
from asgard_basis.domain.position.position import Position
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.ledger import OPERATOR, Book
from asgard_basis.ports.repositories import Job
from asgard_basis.ports.unit_of_work import Transactions

log = structlog.get_logger(__name__)

_ENDED_MAX = 500
_ALL = 1_000_000
_WALLETS_EVERY = timedelta(seconds=15)
_LOOKS_A_SECOND = Decimal(2)
"""Of the chains, by this whole deployment."""
_CREDITS_EVERY = timedelta(seconds=5)
"""Of Hyperliquid's lists of deposits, one after another: a twentieth of the weight there is."""


@dataclass(slots=True)
class _Desk:
    """One user in one round."""

    positions: list[Position] = field(default_factory=list)
    is_wallet_due: bool = False


class Accountant:
    """Books positions, wallets and the operator's fee of everybody, round by round."""

    def __init__(
        self,
        *,
        transactions: Transactions,
        bookkeeper: Bookkeeper,
        wallets: WalletBook,
        clock: Clock,
        fee_fraction: Decimal = Decimal(0),
        concurrency: int = 4,
        ended_max: int = _ENDED_MAX,
    ) -> None:
        self._transactions = transactions
        self._bookkeeper = bookkeeper
        self._wallets = wallets
        self._clock = clock
        self._fee_fraction = fee_fraction
        self._turns = asyncio.Semaphore(concurrency)
        self._ended_max = ended_max
        self._whole = False
        self._held: set[PositionId] = set()
        """As of the last round."""
        self._waiting: dict[PositionId, Position] = {}
        """Ended, and a settlement may still come in, however many have ended since."""
        self._settled: set[tuple[PositionId, int]] = set()
        self._owed: dict[PositionId, Position] = {}
        """What could not be booked, so that no round leaves it out however long ago it ended."""
        self._looked_at: dict[UserId, datetime] = {}
        self._credits_at: datetime | None = None
        self._fee_days: dict[UserId, str] = {}

    async def round(self) -> int:
        """Book everybody's once; returns how many entries were new.

        The first round reads every position there ever was, so that older ones get their books.
        """
        async with self._transactions.for_system() as work:
            held = await work.positions.held()
            ended = await work.positions.ended(limit=self._ended_max if self._whole else _ALL)
            if self._held - {p.id for p in [*held, *ended]}:
                ended = await work.positions.ended(limit=_ALL)
            owners = await work.wallets.owners()
        desks: defaultdict[UserId, _Desk] = defaultdict(_Desk)
        carried = [*self._owed.values(), *self._waiting.values()]
        present = {p.id: p for p in [*carried, *held, *ended]}
        for position in present.values():
            if (position.id, position.version) not in self._settled:
                desks[position.user_id].positions.append(position)
        pause = max(_WALLETS_EVERY, timedelta(seconds=int(len(owners) / _LOOKS_A_SECOND)))
        now = self._clock.host()
        for user_id in owners:
            looked = self._looked_at.get(user_id)
            desks[user_id].is_wallet_due = looked is None or now - looked >= pause
        work_to_do = [self._user(user_id, desk) for user_id, desk in desks.items()]
        count = 0
        for outcome in await asyncio.gather(*work_to_do, return_exceptions=True):
            if isinstance(outcome, BaseException):
                log.error("accountant_failed", error=repr(outcome), exc_info=outcome)
            else:
                count += outcome
        self._whole = True
        self._held = {p.id for p in held}
        self._waiting = {
            p.id: p for p in present.values() if p.closed_at is not None and not self._is_over(p)
        }
        for position in present.values():
            if self._is_over(position) and position.id not in self._owed:
                self._settled.add((position.id, position.version))
        self._bookkeeper.forget(list(present))
        return count

    async def ended(self, job: Job) -> None:
        """Book what a job has just done; what cannot be booked now is booked by the next round."""
        try:
            if job.position_id is None:
                await self._wallets.transfers(job.user_id)
                return
            async with self._transactions.for_user(job.user_id) as work:
                position = await work.positions.get(job.position_id)
            if position is not None:
                await self._bookkeeper.book(position)
        except DomainError as error:
            log.warning("job_not_booked", job=job.id, code=error.code.code, why=error.message)

    async def _user(self, user_id: UserId, desk: _Desk) -> int:
        async with self._turns:
            count = 0
            for position in desk.positions:
                count += await self._position(position)
            try:
                count += await self._wallets.transfers(user_id)
                if desk.is_wallet_due:
                    self._looked_at[user_id] = self._clock.host()
                    may_ask = self._may_ask_credits(user_id)
                    count += await self._wallets.look(user_id, may_ask_credits=may_ask)
                count += await self._fee(user_id)
            except DomainError as error:
                if error.code is not ErrorCode.WALLETS_NOT_READY:
                    log.warning("wallets_not_booked", code=error.code.code, why=error.message)
            return count

    async def _position(self, position: Position) -> int:
        self._owed[position.id] = position
        try:
            count = await self._bookkeeper.book(position)
            del self._owed[position.id]
            return count
        except DomainError as error:
            log.warning(
                "position_not_booked",
                position=position.id,
                code=error.code.code,
                why=error.message,
            )
            return 0

    def _may_ask_credits(self, user_id: UserId) -> bool:
        now = self._clock.host()
        if self._credits_at is not None and now - self._credits_at < _CREDITS_EVERY:
            return False
        if not self._wallets.is_credits_due(user_id):
            return False
        self._credits_at = now
        return True

    def _is_over(self, position: Position) -> bool:
        """Whether no settlement can come in any more."""
        late = timedelta(hours=3) + timedelta(minutes=2) * self._clock.speed
        return position.closed_at is not None and self._clock.now() - position.closed_at > late

    async def _fee(self, user_id: UserId) -> int:
        """The operator's share of new profit, accrued once a day of market time; never moved.

        Profit made while there is no fee moves the mark too: it is not new when there is one.
        While anything is missing in the books profit is not known, and nothing is accrued.
        """
        day = f"{self._clock.now():%Y-%m-%d}"
        if self._fee_days.get(user_id) == day:
            return 0
        if any(position.user_id == user_id for position in self._owed.values()):
            return 0
        midnight = self._clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
        async with self._transactions.for_user(user_id) as work:
            count = 0
            books = await work.ledger.books()
            if not any(book.missing for book in books):
                sums = await work.ledger.sums(since=None, until=midnight)
                result = split(Posting(s.account, s.commodity, s.quantity, s.usd) for s in sums)
                kept = next((book for book in books if book.name == OPERATOR), None)
                book = kept or Book(user_id, OPERATOR, 0, HighWater())
                assert isinstance(book.stand, HighWater)
                mark, owed = accrued(book.stand, result.total, self._fee_fraction)
                entries = [fee_entry(owed, at=midnight, fraction=self._fee_fraction)]
                if mark != book.stand:
                    turned = replace(book, stand=mark)
                    count = await work.ledger.write(turned, entries if owed > 0 else [])
        self._fee_days[user_id] = day
        return count
