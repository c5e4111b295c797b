"""Whether what the venues hold is what the books say, in both directions.

Every exposure belongs to exactly one position or to nobody; every verdict says which part of the
account's short and which longs it is about, so that none is counted twice and none forgotten.
What cannot be known is never a mismatch.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from asgard_basis.domain.assets import Asset, LendingProtocol
from asgard_basis.domain.identifiers import PositionId
from asgard_basis.domain.money import ZERO
from asgard_basis.domain.position.lifecycle import PositionState

LONG_SHRUNK_MIN = Decimal("0.005")
"""Fraction of a long that must be missing before it counts as lost: interest is not a loss."""


@dataclass(frozen=True, slots=True)
class BookedLong:
    """The long a position says it holds."""

    key: str
    asset: Asset
    protocol: LendingProtocol
    collateral: Decimal
    """Tokens bought and not sold, interest apart."""


@dataclass(frozen=True, slots=True)
class BookedPair:
    """One position as rows and journals have it."""

    position_id: PositionId
    state: PositionState
    is_moving: bool
    """A job is at work on it: whatever it has sent may or may not show yet."""
    short: Decimal
    """SOL sold short and not bought back."""
    short_least: Decimal
    """While an order is under way, or a job may find the venue flat: between this ..."""
    short_most: Decimal
    """... and this."""
    long: BookedLong | None
    named: frozenset[str] = frozenset()
    """Keys and signatures of longs that its journals name, whatever became of them."""


@dataclass(frozen=True, slots=True)
class ListedLong:
    """A long in the venue's list."""

    key: str
    asset: Asset
    protocol: LendingProtocol
    is_open: bool
    opened_by: str | None = None
    closed_by: str | None = None
    collateral: Decimal | None = None
    """Tokens it holds now; None when that was not asked."""


@dataclass(frozen=True, slots=True)
class LateFill:
    """An order of ours that was executed after its journal had given it up."""

    position_id: PositionId
    size: Decimal
    """SOL sold short by it beyond what the journal says."""


@dataclass(frozen=True, slots=True)
class Facts:
    """One user's books beside what the venues say at the same time."""

    pairs: tuple[BookedPair, ...]
    account_size: Decimal | None
    """Signed SOL of the perpetual account; None when it could not be asked."""
    longs: tuple[ListedLong, ...] | None
    """All that the venue lists, ended ones included; None when it could not be asked."""
    lot: Decimal
    least_order: Decimal
    """SOL of the smallest order the venue takes; less cannot be acted on."""
    late: tuple[LateFill, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one exposure is; `short` and `longs` are the parts of the venues it is about."""

    position_id: PositionId | None = None
    short: Decimal = ZERO
    """SOL of the account's short; negative for a perpetual held long."""
    longs: tuple[str, ...] = ()

    @property
    def subject(self) -> tuple[str, ...]:
        """What must be the same in two observations before anything is done about it."""
        return (type(self).__name__, self.position_id or "", *self.longs)


@dataclass(frozen=True, slots=True)
class Matched(Verdict):
    """Books and venues agree about a position."""


@dataclass(frozen=True, slots=True)
class InFlight(Verdict):
    """A job is at work on it and will find out by itself."""


@dataclass(frozen=True, slots=True)
class Unknown(Verdict):
    """A venue could not be asked; that is no mismatch."""

    why: str = ""


@dataclass(frozen=True, slots=True)
class LegLost(Verdict):
    """A leg shrank or vanished without our doing; the other one is naked by as much."""

    short_lost: Decimal = ZERO
    """SOL of the short that are gone."""
    long_lost: Decimal = ZERO
    """Tokens of the long that are gone."""
    is_long_gone: bool = False
    """The venue lists the long as ended."""

    @property
    def subject(self) -> tuple[str, ...]:
        """Which leg, not how much: interest changes that between two looks."""
        legs = ("short" if self.short_lost else "", "long" if self.long_lost else "")
        return ("LegLost", self.position_id or "", *legs)


@dataclass(frozen=True, slots=True)
class Quarantine(Verdict):
    """Venue and book disagree in a way nobody can explain."""

    why: str = ""
    is_closable: bool = True
    """What is there can be closed; otherwise it waits for a person."""


@dataclass(frozen=True, slots=True)
class SweepLong(Verdict):
    """A long that belongs to no position, or, with a position id, was opened late for one."""

    asset: Asset = Asset.SOL
    protocol: LendingProtocol = LendingProtocol.KAMINO


@dataclass(frozen=True, slots=True)
class SweepPerp(Verdict):
    """A part of the account's perpetual that belongs to no position (reduce-only)."""

    @property
    def subject(self) -> tuple[str, ...]:
        """The size too: another size is another thing."""
        return ("SweepPerp", self.position_id or "", str(self.short))


@dataclass(frozen=True, slots=True)
class LedgerOff(Verdict):
    """Figures that do not add up, by too little to act on, or in the books alone."""

    what: str = ""
    booked: Decimal = ZERO
    stated: Decimal = ZERO

    @property
    def subject(self) -> tuple[str, ...]:
        """Which figure."""
        return ("LedgerOff", self.position_id or "", self.what)


def judge(facts: Facts) -> tuple[Verdict, ...]:
    """One verdict for each position and for each exposure that is nobody's."""
    shorts, perp = _shorts(facts)
    listed = {each.key: each for each in facts.longs or ()}
    found = [_pair(pair, facts, shorts.get(pair.position_id), listed) for pair in facts.pairs]
    return (*found, *perp, *_nobodys_longs(facts))


def _shorts(facts: Facts) -> tuple[dict[PositionId, Decimal], list[Verdict]]:
    """How much of the account's short is whose, and what is left over."""
    if facts.account_size is None:
        return {}, []
    present = max(ZERO, -facts.account_size)
    flipped = max(ZERO, facts.account_size)
    given = {pair.position_id: pair.short_least for pair in facts.pairs}
    left = present - sum(given.values(), ZERO)
    for pair in facts.pairs:
        more = max(ZERO, min(left, pair.short_most - pair.short_least))
        given[pair.position_id] += more
        left -= more
    # What is missing is taken from the largest first: few repairs rather than many.
    for pair in sorted(facts.pairs, key=lambda p: (-p.short_least, p.position_id)):
        less = max(ZERO, min(-left, given[pair.position_id]))
        given[pair.position_id] -= less
        left += less
    perp: list[Verdict] = []
    for late in facts.late:
        size = min(late.size, left)
        if size >= facts.lot:
            perp.append(SweepPerp(late.position_id, short=size))
            left -= size
    if left > 0:
        is_whole = left == present
        if left >= facts.lot and (is_whole or left >= facts.least_order):
            perp.append(SweepPerp(short=left))
        else:
            stated, booked = present, present - left
            perp.append(LedgerOff(None, left, what="short", booked=booked, stated=stated))
    if flipped > 0:
        perp.append(SweepPerp(short=-flipped))
    return given, perp


def _pair(
    pair: BookedPair, facts: Facts, short: Decimal | None, listed: dict[str, ListedLong]
) -> Verdict:
    held = [each for each in listed.values() if each.is_open and _is_of(pair, each)]
    claims = (pair.position_id, short or ZERO, tuple(each.key for each in held))
    if pair.is_moving:
        return InFlight(*claims)
    if pair.short > 0 and facts.account_size is not None and facts.account_size > 0:
        return Quarantine(*claims, why="the account holds the perpetual long, not short")
    gone = ZERO
    is_ended = False
    if pair.long is not None and facts.longs is not None:
        stated = listed.get(pair.long.key)
        if stated is None:
            why = "the venue lists the long neither as open nor as closed"
            return Quarantine(*claims, why=why, is_closable=False)
        if (stated.asset, stated.protocol) != (pair.long.asset, pair.long.protocol):
            why = f"the venue lists the long as {stated.asset} at {stated.protocol.name}"
            return Quarantine(*claims, why=why)
        is_ended = not stated.is_open
        gone = _lost(pair.long, stated)
    missing = ZERO if short is None else max(ZERO, pair.short - short)
    if gone or missing >= facts.least_order or (missing and not short):
        return LegLost(*claims, short_lost=missing, long_lost=gone, is_long_gone=is_ended)
    if missing >= facts.lot and short is not None:
        return LedgerOff(*claims, what="short", booked=pair.short, stated=short)
    if short is None or (pair.long is not None and facts.longs is None):
        which = "Hyperliquid" if short is None else "Asgard"
        return Unknown(*claims, why=f"{which} could not be asked")
    return Matched(*claims)


def _is_of(pair: BookedPair, listed: ListedLong) -> bool:
    """A moving position also owns what its journals name: its job is about to book it."""
    if pair.long is not None and pair.long.key == listed.key:
        return True
    return pair.is_moving and not pair.named.isdisjoint(_names(listed))


def _lost(long: BookedLong, stated: ListedLong) -> Decimal:
    if not stated.is_open:
        return long.collateral
    if stated.collateral is None:
        return ZERO
    missing = long.collateral - stated.collateral
    return missing if missing > long.collateral * LONG_SHRUNK_MIN else ZERO


def _nobodys_longs(facts: Facts) -> Iterable[Verdict]:
    for listed in facts.longs or ():
        if not listed.is_open or any(_is_of(pair, listed) for pair in facts.pairs):
            continue
        owner = _named_by(facts.pairs, listed)
        yield SweepLong(owner, longs=(listed.key,), asset=listed.asset, protocol=listed.protocol)


def _named_by(pairs: Sequence[BookedPair], listed: ListedLong) -> PositionId | None:
    names = _names(listed)
    return next((p.position_id for p in pairs if not p.named.isdisjoint(names)), None)


def _names(listed: ListedLong) -> set[str]:
    return {name for name in (listed.key, listed.opened_by) if name}
