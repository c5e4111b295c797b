"""Statements: from the opening balance by what was brought, earned and paid to the closing one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from asgard_basis.domain.ledger.accounts import (
    DEPOSITS,
    FEE_OWED,
    PERFORMANCE_FEE,
    WITHDRAWALS,
    is_held,
)
from asgard_basis.domain.ledger.attribution import NOTHING, Attribution, added
from asgard_basis.domain.ledger.postings import Posting, split
from asgard_basis.domain.money import ZERO


@dataclass(frozen=True, slots=True)
class Sum:
    """What the entries of one calendar month come to on one account."""

    month: datetime
    """Its first moment."""
    account: str
    commodity: str
    quantity: Decimal
    usd: Decimal | None
    """None: in units that nobody has valued."""


@dataclass(frozen=True, slots=True)
class Unvalued:
    """What was moved or paid in units that nobody has valued."""

    account: str
    commodity: str
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class Period:
    """One column of a statement; the last of several is the whole."""

    since: datetime
    until: datetime
    opening_usd: Decimal
    deposits_usd: Decimal
    withdrawals_usd: Decimal
    """What went out: never negative."""
    result: Attribution
    performance_fee_usd: Decimal
    """What the operator's fee took: never negative."""
    closing_usd: Decimal


@dataclass(frozen=True, slots=True)
class Statement:
    """All of a time, and its months."""

    whole: Period
    months: tuple[Period, ...]
    unvalued: tuple[Unvalued, ...]
    fee_owed_usd: Decimal
    """To the operator at the end."""


def statement(
    opening: Sequence[Sum], sums: Sequence[Sum], *, since: datetime, until: datetime
) -> Statement:
    """From what the accounts came to before `since`, and by month until `until`."""
    before = _held(opening)
    months: list[Period] = []
    balance = before
    for begin, end in _months(since, until):
        own = [
            s
            for s in sums
            if s.month == begin.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        ]
        months.append(_period(own, balance, begin, end))
        balance = months[-1].closing_usd
    whole = _period(sums, before, since, until)
    unvalued: dict[tuple[str, str], Decimal] = {}
    for each in sums:
        if each.usd is None:
            place = (each.account, each.commodity)
            unvalued[place] = unvalued.get(place, ZERO) + each.quantity
    owed = sum((-(s.usd or ZERO) for s in [*opening, *sums] if s.account == FEE_OWED), ZERO)
    return Statement(
        whole,
        tuple(months),
        tuple(Unvalued(a, c, q) for (a, c), q in sorted(unvalued.items()) if q != 0),
        owed,
    )


def _period(sums: Sequence[Sum], opening: Decimal, since: datetime, until: datetime) -> Period:
    own: Mapping[str, Decimal] = {
        account: -sum((s.usd or ZERO for s in sums if s.account == account), ZERO)
        for account in (DEPOSITS, WITHDRAWALS, PERFORMANCE_FEE)
    }
    return Period(
        since=since,
        until=until,
        opening_usd=opening,
        deposits_usd=own[DEPOSITS],
        withdrawals_usd=-own[WITHDRAWALS],
        result=split(Posting(s.account, s.commodity, s.quantity, s.usd) for s in sums),
        performance_fee_usd=-own[PERFORMANCE_FEE],
        closing_usd=opening + _held(sums),
    )


def _held(sums: Sequence[Sum]) -> Decimal:
    return sum((s.usd or ZERO for s in sums if is_held(s.account)), ZERO)


def _months(since: datetime, until: datetime) -> list[tuple[datetime, datetime]]:
    """The last so many calendar months of a time, the first and the last perhaps cut."""
    spans: list[tuple[datetime, datetime]] = []
    begin = since.astimezone(UTC)
    while begin < until:
        year, month = (begin.year + 1, 1) if begin.month == 12 else (begin.year, begin.month + 1)
        end = begin.replace(
            year=year, month=month, day=1, hour=0, minute=0, second=0, microsecond=0
        )
        spans.append((begin, min(end, until)))
        begin = end
    return spans


def together(periods: Sequence[Period]) -> Attribution:
    """Several periods' results as one."""
    return added([period.result for period in periods]) if periods else NOTHING
