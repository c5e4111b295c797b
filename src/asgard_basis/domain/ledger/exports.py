"""Books for other programs: CSV, one posting a line, and beancount."""

import csv
import io
from collections.abc import Iterable, Iterator
from decimal import Decimal

from asgard_basis.domain.ledger.accounts import USD
from asgard_basis.domain.ledger.postings import Entry, Posting
from asgard_basis.domain.money import plain

_COLUMNS = (
    "time_utc",
    "venue",
    "kind",
    "record",
    "memo",
    "position",
    "account",
    "commodity",
    "quantity",
    "usd",
)
_RISKY = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for a formula when a text begins with it."""


def csv_lines(entries: Iterable[Entry]) -> Iterator[str]:
    """The header, then one line for each posting; an empty `usd` is not known, never zero."""
    yield _csv(_COLUMNS)
    for entry in entries:
        for posting in entry.postings:
            yield _csv(
                (
                    f"{entry.at:%Y-%m-%dT%H:%M:%S.%fZ}",
                    entry.venue,
                    entry.kind,
                    _text(entry.record),
                    _text(entry.memo),
                    entry.position_id or "",
                    posting.account,
                    posting.commodity,
                    _figure(posting.quantity),
                    "" if posting.usd is None else _figure(posting.usd),
                )
            )


def beancount_lines(entries: Iterable[Entry], *, title: str) -> Iterator[str]:
    """A beancount file: accounts opened at their first posting, then one transaction an entry.

    Units are priced by what they were worth at that moment, so that every transaction balances in
    USD; units that nobody has valued balance among themselves.
    """
    yield f'option "title" "{_quoted(title)}"\n'
    yield 'option "operating_currency" "USD"\n'
    opened: set[str] = set()
    for entry in entries:
        day = f"{entry.at:%Y-%m-%d}"
        for posting in entry.postings:
            account = _account(posting.account)
            if account not in opened:
                opened.add(account)
                yield f"{day} open {account}\n"
        yield f'\n{day} * "{_quoted(entry.venue)}" "{_quoted(entry.memo)}"\n'
        yield f'  record: "{_quoted(entry.key)}"\n'
        yield f'  time: "{entry.at:%H:%M:%S}"\n'
        if entry.position_id is not None:
            yield f'  position: "{_quoted(entry.position_id)}"\n'
        for posting in entry.postings:
            yield from _posting(posting)


def _posting(posting: Posting) -> Iterator[str]:
    account, usd = _account(posting.account), posting.usd
    if usd is None:
        yield f"  {account}  {_figure(posting.quantity)} {_commodity(posting.commodity)}\n"
    elif posting.commodity == USD:
        yield f"  {account}  {_figure(usd)} USD\n"
    elif posting.quantity == 0 or (posting.quantity > 0) != (usd > 0):
        # Worth without units, or units whose worth went the other way: a price is never negative.
        if posting.quantity != 0:
            units = f"{_figure(posting.quantity)} {_commodity(posting.commodity)}"
            yield f"  {account}  {units} @@ 0 USD\n"
        yield f"  {account}  {_figure(usd)} USD\n"
    else:
        units = f"{_figure(posting.quantity)} {_commodity(posting.commodity)}"
        yield f"  {account}  {units} @@ {_figure(abs(usd))} USD\n"


def _account(name: str) -> str:
    """`assets:hyperliquid:margin` as beancount spells it."""
    return ":".join(part[:1].upper() + part[1:] for part in name.split(":"))


def _commodity(name: str) -> str:
    return name.upper()


def _figure(amount: Decimal) -> str:
    text = plain(amount)
    return text.rstrip("0").rstrip(".") if "." in text else text


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")


def _text(value: str) -> str:
    return f"'{value}" if value.startswith(_RISKY) else value


def _csv(cells: Iterable[str]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\r\n").writerow(list(cells))
    return buffer.getvalue()
