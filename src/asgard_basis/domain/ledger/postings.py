"""Double entry: every venue record is one entry, whose postings add up to nothing."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from asgard_basis.domain.identifiers import PositionId
from asgard_basis.domain.ledger.accounts import (
    DEPOSITS,
    PRICE,
    USD,
    WITHDRAWALS,
    Source,
    source_of,
)
from asgard_basis.domain.ledger.attribution import Attribution
from asgard_basis.domain.money import ZERO

STEP = Decimal("0.000000000001")
"""Amounts are kept to this; what rounding leaves goes into the price residual."""


@dataclass(frozen=True, slots=True)
class Posting:
    """One account's part of an entry: positive is a debit (more held, or more spent)."""

    account: str
    commodity: str
    quantity: Decimal
    usd: Decimal | None
    """What it is worth; None when nobody has said what one of them is worth."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What one venue record means for the books."""

    venue: str
    kind: str
    record: str
    """The venue's own name for it: an order key, a signature, a settlement hour."""
    at: datetime
    """Market time."""
    memo: str
    postings: tuple[Posting, ...]
    position_id: PositionId | None = None

    @property
    def key(self) -> str:
        """The natural key: a record is booked once, however often it is read."""
        return f"{self.venue}:{self.kind}:{self.record}"

    @property
    def result(self) -> Attribution:
        """What it earned and cost, by source."""
        return split(self.postings)

    @property
    def flow_usd(self) -> Decimal:
        """What the owner brought (positive) or took out with it."""
        outside = (p.usd or ZERO for p in self.postings if p.account in {DEPOSITS, WITHDRAWALS})
        return -sum(outside, ZERO)


def unbalanced(postings: Iterable[Posting]) -> dict[str, Decimal]:
    """What does not add up: by commodity what is not valued, under USD all that is; else empty."""
    left: defaultdict[str, Decimal] = defaultdict(lambda: ZERO)
    for posting in postings:
        if posting.usd is None:
            left[posting.commodity] += posting.quantity
        else:
            left[USD] += posting.usd
    return {commodity: amount for commodity, amount in left.items() if amount != 0}


def split(postings: Iterable[Posting]) -> Attribution:
    """The result in six parts, USD, income positive; what nobody has valued is in none."""
    parts = dict.fromkeys(Source, ZERO)
    for posting in postings:
        source = source_of(posting.account)
        if source is not None and posting.usd is not None:
            parts[source] -= posting.usd
    return Attribution(**{source.value: amount for source, amount in parts.items()})


class Lines:
    """The postings of an entry in the making."""

    def __init__(self) -> None:
        self._postings: list[Posting] = []

    def valued(self, account: str, commodity: str, quantity: Decimal, usd: Decimal) -> None:
        """Units with what they are worth; nothing is written for nothing."""
        posting = Posting(account, commodity, quantity.quantize(STEP), usd.quantize(STEP))
        if posting.quantity != 0 or posting.usd != 0:
            self._postings.append(posting)

    def usdc(self, account: str, amount: Decimal) -> None:
        """Dollars in tokens."""
        self.valued(account, "USDC", amount, amount)

    def value(self, account: str, amount: Decimal) -> None:
        """Value without units: an income, an expense, a change of worth."""
        self.valued(account, USD, amount, amount)

    def moved(self, commodity: str, quantity: Decimal, *, source: str, target: str) -> None:
        """Units that nobody has valued, from one account to another."""
        for account, sign in ((source, -1), (target, 1)):
            if quantity.quantize(STEP) != 0:
                amount = (sign * quantity).quantize(STEP)
                self._postings.append(Posting(account, commodity, amount, None))

    def balanced(self, account: str = PRICE) -> tuple[Posting, ...]:
        """All of them, with what is missing to nothing on that account."""
        left = unbalanced(self._postings).get(USD, ZERO)
        self.value(account, -left)
        return tuple(self._postings)


def holdings(entries: Sequence[Entry]) -> dict[tuple[str, str], Decimal]:
    """Units by account and commodity after these entries."""
    held: defaultdict[tuple[str, str], Decimal] = defaultdict(lambda: ZERO)
    for entry in entries:
        for posting in entry.postings:
            held[posting.account, posting.commodity] += posting.quantity
    return dict(held)
