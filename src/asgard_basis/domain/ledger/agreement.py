"""Whether the books add up in themselves, with the positions' own records, and with the venues."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from asgard_basis.domain.ledger.accounts import USD
from asgard_basis.domain.ledger.attribution import NO_SHORT, attribute, closing_valuation
from asgard_basis.domain.ledger.postings import Posting, split, unbalanced
from asgard_basis.domain.ledger.stand import Stand
from asgard_basis.domain.ledger.statement import Sum
from asgard_basis.domain.money import CENT, ZERO
from asgard_basis.domain.position.lifecycle import PositionState
from asgard_basis.domain.position.position import Position

_DUST = Decimal("0.000001")
_SETTLED = {PositionState.HEDGED, PositionState.CLOSED, PositionState.UNWOUND}


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Two figures that should be one."""

    what: str
    booked: Decimal
    stated: Decimal


def unsummed(sums: Sequence[Sum]) -> list[Disagreement]:
    """Commodities whose postings do not add up to nothing."""
    postings = [Posting(s.account, s.commodity, s.quantity, s.usd) for s in sums]
    return [
        Disagreement(f"all postings in {commodity}", amount, ZERO)
        for commodity, amount in unbalanced(postings).items()
        if commodity == USD or abs(amount) > _DUST
    ]


def apart_from_position(
    position: Position, stand: Stand, sums: Sequence[Sum]
) -> list[Disagreement]:
    """Where a position's entries and its own record differ by more than a cent.

    Both are valued as the books last were. A position that a saga is at work on proves nothing:
    its record is written when the saga ends.
    """
    if position.state not in _SETTLED or position.long is None or stand.long is None:
        return []
    entries = split(Posting(s.account, s.commodity, s.quantity, s.usd) for s in sums)
    if stand.valuation is None or (position.short is not None and stand.short is None):
        return []
    valuation = closing_valuation(position.long) or stand.valuation
    own = attribute(
        long=position.long,
        short=position.short or NO_SHORT,
        funding_usdc=position.funding_usdc,
        valuation=valuation,
        mark_price=stand.mark_price or ZERO,
    )
    found = []
    for part in ("funding", "lending", "borrowing", "staking", "fees", "price_residual", "total"):
        booked, recorded = getattr(entries, part), getattr(own, part)
        if abs(booked - recorded) > CENT:
            found.append(Disagreement(f"{part} of position {position.id}", booked, recorded))
    return found


def apart(what: str, booked: Decimal, stated: Decimal, least: Decimal) -> list[Disagreement]:
    """One figure against the venue's, where they differ by more than `least`."""
    return [Disagreement(what, booked, stated)] if abs(booked - stated) > least else []
