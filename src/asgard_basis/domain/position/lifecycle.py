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
    _S.HEDGED: frozenset(
        {_S.CLOSING_SHORT, _S.CLOSING_LONG, _S.REDUCING, _S.REPAIRING, _S.QUARANTINED}
    ),
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

MEANING: dict[PositionState, str] = {
    _S.REQUESTED: "taken on; nothing was sent",
    _S.OPENING_LONG: "the long is being bought and read",
    _S.OPENING_SHORT: "the long is there; the short is brought to it, given margin and measured",
    _S.HEDGED: "both legs match inside the band",
    _S.REDUCING: "both legs are being made smaller by the same part",
    _S.REPAIRING: "a leg changed without our doing; the short is being brought to the long",
    _S.CLOSING_SHORT: "leaving: the short is being bought back",
    _S.CLOSING_LONG: "leaving: nothing is left of the short, the long is being sold",
    _S.CLOSED: "the money is in the wallets",
    _S.UNWINDING: "the opening was given up; what it bought is being sold",
    _S.UNWOUND: "given up, nothing is held, the loss is booked",
    _S.FAILED: "nothing was ever opened",
    _S.STUCK_UNWIND: "something is held that could not be closed; a person is needed",
    _S.QUARANTINED: "venue and book disagree; only closing is possible until that is settled",
}
"""One line for each state, for people."""

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


def arrived(present: PositionState, to: PositionState) -> PositionState:
    """By the table; a pair whose short was the last to go was on its way to the long."""
    if present is PositionState.CLOSING_SHORT and to is PositionState.CLOSED:
        present = moved(present, PositionState.CLOSING_LONG)
    return moved(present, to)
