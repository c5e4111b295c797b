"""The states of a hedged position and the only ways between them."""

from enum import StrEnum

from asgard_basis.domain.errors import DomainError, ErrorCode


class PositionState(StrEnum):
    """Where a position is in its life."""

    REQUESTED = "requested"
    OPENING_LONG = "opening_long"
    OPENING_SHORT = "opening_short"
    HEDGED = "hedged"
    REDUCING = "reducing"
    """Both legs are being made smaller."""
    REPAIRING = "repairing"
    """A leg was lost or changed without our doing: the other is being brought to it."""
    CLOSING_SHORT = "closing_short"
    CLOSING_LONG = "closing_long"
    CLOSED = "closed"
    UNWINDING = "unwinding"
    UNWOUND = "unwound"
    FAILED = "failed"
    """Nothing was ever opened."""
    STUCK_UNWIND = "stuck_unwind"
    """Something is held that could not be closed; a person is needed."""
    QUARANTINED = "quarantined"
    """Venue and book disagree; nothing but closing is done with it until that is settled."""


_S = PositionState

TRANSITIONS: dict[PositionState, frozenset[PositionState]] = {
    _S.REQUESTED: frozenset({_S.OPENING_LONG, _S.FAILED}),
    _S.OPENING_LONG: frozenset({_S.OPENING_SHORT, _S.UNWINDING, _S.FAILED}),
    _S.OPENING_SHORT: frozenset({_S.HEDGED, _S.UNWINDING}),
    _S.HEDGED: frozenset({_S.CLOSING_SHORT, _S.REDUCING, _S.REPAIRING, _S.QUARANTINED}),
    _S.REDUCING: frozenset({_S.HEDGED, _S.CLOSING_SHORT, _S.CLOSING_LONG, _S.STUCK_UNWIND}),
    _S.REPAIRING: frozenset(
        {_S.HEDGED, _S.CLOSING_SHORT, _S.CLOSING_LONG, _S.CLOSED, _S.STUCK_UNWIND}
    ),
    _S.QUARANTINED: frozenset({_S.HEDGED, _S.CLOSING_SHORT, _S.CLOSING_LONG, _S.REPAIRING}),
    _S.CLOSING_SHORT: frozenset({_S.CLOSING_LONG, _S.STUCK_UNWIND}),
    _S.CLOSING_LONG: frozenset({_S.CLOSED, _S.STUCK_UNWIND}),
    _S.UNWINDING: frozenset({_S.UNWOUND, _S.STUCK_UNWIND}),
    _S.STUCK_UNWIND: frozenset({_S.CLOSING_SHORT, _S.CLOSING_LONG, _S.UNWINDING, _S.QUARANTINED}),
    _S.CLOSED: frozenset(),
    _S.UNWOUND: frozenset(),
    _S.FAILED: frozenset(),
}

ENDED: frozenset[PositionState] = frozenset({_S.CLOSED, _S.UNWOUND, _S.FAILED})
"""Nothing is held any more."""

CLOSEABLE: frozenset[PositionState] = frozenset({_S.HEDGED, _S.STUCK_UNWIND, _S.QUARANTINED})
"""A close request starts something."""


def moved(present: PositionState, to: PositionState) -> PositionState:
    """`to`, when the table allows it from `present`; staying is always allowed.

    Raises DomainError POS-0005 otherwise: it is a defect, never a venue's doing.
    """
    if to is present or to in TRANSITIONS[present]:
        return to
    raise DomainError(ErrorCode.POSITION_ASYMMETRIC, f"a position cannot go from {present} to {to}")
