"""Reading the books: statements, entries, exports, and where a position's result came from."""

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from asgard_basis.application.trading.position_views import PositionView, PositionViews
from asgard_basis.domain.errors import DomainError, ErrorCode
from asgard_basis.domain.identifiers import PositionId, UserId
from asgard_basis.domain.ledger.attribution import Attribution, added, less
from asgard_basis.domain.ledger.exports import beancount_lines, csv_lines
from asgard_basis.domain.ledger.postings import Entry, Posting, split
from asgard_basis.domain.ledger.returns import money_weighted
from asgard_basis.domain.ledger.statement import Statement, Sum, statement
from asgard_basis.domain.position.lifecycle import PositionState
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.ledger import DayResult, Kept, Usage
from asgard_basis.ports.unit_of_work import Transactions

_PAGE = 500
_MOMENT = timedelta(microseconds=1)
"""What happened this very moment has happened."""
_SPAN_MAX = timedelta(days=366 * 5)
NOT_BOOKED = "it is not booked yet"
NOT_VALUED = "a venue has not said what it holds or what it is worth"
_NEVER_HELD = {state.value for state in (PositionState.REQUESTED, PositionState.FAILED)}
FILTERS: dict[str, tuple[str, ...]] = {
    "all": (),
    "funding": ("income:funding",),
    "interest": ("income:lending", "income:staking", "expenses:borrowing"),
    "fees": ("expenses:fees", "expenses:slippage", "expenses:performance-fee"),
    "transfers": ("equity:", "assets:bridge"),
}
"""What entries can be narrowed down to, by the accounts they touch."""


@dataclass(frozen=True, slots=True)
class StatementView:
    """A statement with what it does not say."""

    since: datetime
    until: datetime
    statement: Statement
    money_weighted_yearly: Decimal | None
    """Over all of the account's life until the statement's end; None is not known."""
    days: Sequence[DayResult]
    usage: Usage
    unsettled: Attribution | None
    """Of open positions, since their last entry; None while a part is not known."""
    missing: tuple[str, ...]
    """What is known not to be in it, in words."""
    fee_fraction: Decimal
    """Of new profit, for the operator; zero is none."""


@dataclass(frozen=True, slots=True)
class EntriesView:
    """A page of entries, newest first."""

    entries: Sequence[Kept]
    next_before: int | None
    """Where the next page begins; None at the end."""


@dataclass(frozen=True, slots=True)
class AttributionView:
    """Where a position's result came from."""

    position_id: str
    settled: Attribution
    """By the entries in the books."""
    unsettled: Attribution | None
    """What has come on top since the last of them; None while it is not known."""
    total: Attribution | None
    """Both together: what the position's page shows."""
    is_complete: bool
    missing: tuple[str, ...]


class Books:
    """One user's books, as that user may read them."""

    def __init__(
        self,
        *,
        transactions: Transactions,
        views: PositionViews,
        clock: Clock,
        fee_fraction: Decimal = Decimal(0),
    ) -> None:
        self._transactions = transactions
        self._views = views
        self._clock = clock
        self._fee_fraction = fee_fraction

    async def statement(
        self, user_id: UserId, since: datetime | None, until: datetime | None
    ) -> StatementView:
        """From one moment to the next; by default all of the account's life until now.

        Raises DomainError VAL-0001 when they are the wrong way round or five years apart.
        """
        now = self._clock.now()
        async with self._transactions.for_user(user_id) as work:
            end = min(until or now, now)
            bound = end if end < now else now + _MOMENT
            begin = since or await work.ledger.first_at() or end - timedelta(days=1)
            if begin >= end or end - begin > _SPAN_MAX:
                raise DomainError(ErrorCode.INVALID_INPUT, "a statement ends after it begins")
            made = statement(
                await work.ledger.sums(since=None, until=begin),
                await work.ledger.sums(since=begin, until=bound),
                since=begin,
                until=end,
            )
            flows = await work.ledger.flows(until=bound)
            days = await work.ledger.days(since=begin, until=bound)
            usage = await work.ledger.usage(self._host_day(begin), self._host_day(end))
            books = await work.ledger.books()
            held = [p for p in await work.positions.held() if p.long is not None]
        missing = [f"Position {b.name}: {what}" for b in books for what in b.missing]
        booked = {book.name for book in books}
        missing += [f"Position {p.id}: {NOT_BOOKED}" for p in held if p.id not in booked]
        unsettled = await self._unsettled(user_id) if end == now else None
        return StatementView(
            since=begin,
            until=end,
            statement=made,
            money_weighted_yearly=money_weighted(
                flows, closing_usd=made.whole.closing_usd if not missing else None, at=end
            ),
            days=days,
            usage=usage,
            unsettled=unsettled,
            missing=tuple(missing),
            fee_fraction=self._fee_fraction,
        )

    async def entries(
        self,
        user_id: UserId,
        *,
        since: datetime | None,
        until: datetime | None,
        position_id: PositionId | None,
        kind: str,
        before: int | None,
        limit: int,
    ) -> EntriesView:
        """Newest first; raises DomainError VAL-0001 for a kind that is not in `FILTERS`."""
        accounts = FILTERS.get(kind)
        if accounts is None:
            raise DomainError(
                ErrorCode.INVALID_INPUT, f"kind must be one of {', '.join(FILTERS)}, was {kind!r}"
            )
        async with self._transactions.for_user(user_id) as work:
            found = await work.ledger.entries(
                since=since,
                until=until,
                position_id=position_id,
                accounts=accounts,
                before=before,
                limit=limit + 1,
            )
        page = found[:limit]
        return EntriesView(page, page[-1].number if len(found) > limit else None)

    async def csv(
        self, user_id: UserId, since: datetime | None, until: datetime | None
    ) -> AsyncIterator[str]:
        """The entries, one posting a line, oldest first."""
        async for line in self._exported(user_id, since, until, csv_lines):
            yield line

    async def beancount(
        self, user_id: UserId, since: datetime | None, until: datetime | None
    ) -> AsyncIterator[str]:
        """The entries as a beancount file."""

        def lines(entries: Sequence[Entry]) -> Iterator[str]:
            ordered = sorted(entries, key=lambda entry: entry.at)
            return beancount_lines(ordered, title="Asgard Basis")

        async for line in self._exported(user_id, since, until, lines):
            yield line

    async def attribution(self, user_id: UserId, position_id: PositionId) -> AttributionView:
        """What its entries say, and what has come since; raises POS-0001 for another's.

        A result with a part missing says what is missing; it is never filled up with zeros.
        """
        view = await self._views.one(user_id, position_id)
        async with self._transactions.for_user(user_id) as work:
            book = await work.ledger.book(position_id)
            sums = await work.ledger.position_sums(position_id)
        return _attribution(view, _result(sums), book.missing if book else None)

    def _host_day(self, at: datetime) -> date:
        """The day on this machine when it was that market time, if time always ran as now."""
        ago = self._clock.now() - at
        speed = self._clock.speed
        return (self._clock.host() - (ago / speed if speed > 1 else ago)).date()

    async def _unsettled(self, user_id: UserId) -> Attribution | None:
        """Of all open positions together."""
        parts = []
        for view in await self._views.held(user_id):
            if view.long is None and view.short is None:
                continue
            async with self._transactions.for_user(user_id) as work:
                sums = await work.ledger.position_sums(PositionId(view.id))
            if view.result is None:
                return None
            parts.append(less(view.result, _result(sums)))
        return added(parts)

    async def _exported(
        self,
        user_id: UserId,
        since: datetime | None,
        until: datetime | None,
        lines: Callable[[Sequence[Entry]], Iterator[str]],
    ) -> AsyncIterator[str]:
        entries: list[Entry] = []
        after = 0
        while True:
            async with self._transactions.for_user(user_id) as work:
                page = await work.ledger.walk(since=since, until=until, after=after, limit=_PAGE)
            entries += [kept.entry for kept in page]
            if len(page) < _PAGE:
                break
            after = page[-1].number
        for line in lines(entries):
            yield line


def _result(sums: Sequence[Sum]) -> Attribution:
    return split(Posting(s.account, s.commodity, s.quantity, s.usd) for s in sums)


def _attribution(
    view: PositionView, settled: Attribution, noted: tuple[str, ...] | None
) -> AttributionView:
    """`noted` is what the book says is missing; None when there is no book yet."""
    missing = list(noted or ())
    holds = view.state not in _NEVER_HELD and (view.result is not None or view.long is not None)
    if noted is None and holds:
        missing.append(NOT_BOOKED)
    if view.result is None and view.state not in _NEVER_HELD:
        missing.append(NOT_VALUED)
    return AttributionView(
        position_id=view.id,
        settled=settled,
        unsettled=None if view.result is None else less(view.result, settled),
        total=view.result,
        is_complete=not missing,
        missing=tuple(missing),
    )
