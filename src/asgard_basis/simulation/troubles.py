"""What can go wrong, and where: every kind of fault, and the steps of a saga it can meet."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from asgard_basis.domain.saga.step import StepName


class Kind(StrEnum):
    """One kind of fault."""

    DELAY = "delay"
    TIMEOUT_BEFORE = "timeout before"
    """No answer, and it was not done."""
    TIMEOUT_AFTER = "timeout after"
    """No answer, and it was done."""
    DROP_BEFORE = "drop before"
    DROP_AFTER = "drop after"
    TOO_MANY = "429"
    SERVER_ERROR = "5xx before"
    SERVER_ERROR_AFTER = "5xx after"
    DUPLICATE = "duplicate"
    """A request arrives twice."""
    STALE = "stale read"
    OUTAGE = "outage"
    """A venue is away for everybody, for a while."""
    POLICY_DENIAL = "policy denial"
    SIGNING_OUTAGE = "signing outage"
    EXPIRED = "expired"
    """A Solana transaction nobody includes before its blockhash is too old."""
    LATE = "late landing"
    REORG = "reorg"
    BRIDGE_DELAY = "bridge delay"
    KILL = "kill"
    PAUSE = "pause"
    SKEW = "skew"
    DATABASE_DOWN = "db down"
    DATABASE_ABORT = "db abort"
    """A transaction is rolled back when it is to be committed."""
    DATABASE_LOST = "db lost"
    """A transaction is committed, and nobody says so."""
    SNAPSHOT_DOWN = "snapshot down"
    REDELIVERY = "redelivery"
    """A job is handed to a second worker while the first is at it."""
    ADL = "adl"
    LIQUIDATION = "liquidation"
    """The price moves until the short is liquidated, or the long."""
    SWING = "swing"
    """The price moves until pairs are defended, and stays there."""
    THIN_BOOK = "thin book"


NETWORK = frozenset(
    {
        Kind.DELAY,
        Kind.TIMEOUT_BEFORE,
        Kind.TIMEOUT_AFTER,
        Kind.DROP_BEFORE,
        Kind.DROP_AFTER,
        Kind.TOO_MANY,
        Kind.SERVER_ERROR,
        Kind.SERVER_ERROR_AFTER,
        Kind.DUPLICATE,
        Kind.OUTAGE,
    }
)
"""Meet any request."""
CROSSINGS: Mapping[Kind, str] = {
    Kind.KILL: "",
    Kind.PAUSE: "",
    Kind.DATABASE_DOWN: "database begin",
    Kind.DATABASE_ABORT: "database commit",
    Kind.DATABASE_LOST: "database saved",
    Kind.SNAPSHOT_DOWN: "snapshot read",
    Kind.REDELIVERY: "",
    Kind.ADL: "",
    Kind.LIQUIDATION: "",
    Kind.SWING: "",
    Kind.THIN_BOOK: "",
}
"""Meet a process where it reaches out, at places whose name begins so."""
FATES = frozenset({Kind.EXPIRED, Kind.LATE, Kind.REORG})
"""Meet a Solana transaction that is sent."""
SIGNING = frozenset({Kind.POLICY_DENIAL, Kind.SIGNING_OUTAGE})
"""Meet a request for a signature."""

_SENDS_SOLANA = frozenset(
    {StepName.OPEN_LONG, StepName.REDUCE_LONG, StepName.REPAY_LONG, StepName.CLOSE_LONG}
)
_SIGNS = _SENDS_SOLANA | {
    StepName.APPROVE_AGENT,
    StepName.SET_LEVERAGE,
    StepName.OPEN_SHORT,
    StepName.ADD_MARGIN,
    StepName.CLOSE_SHORT,
    StepName.TRANSFER_TO_BRIDGE,
}
_SILENT = frozenset({StepName.SETTLE, StepName.LEAVE, StepName.TURN_BACK})
_READS_SNAPSHOT = _SENDS_SOLANA | {StepName.READ_LONG, StepName.OBSERVE_LONG}
_SHORT_HELD = frozenset(
    {StepName.ADD_MARGIN, StepName.VALIDATE, StepName.CLOSE_SHORT, StepName.REPAY_LONG}
)
_ORDERS = frozenset({StepName.OPEN_SHORT, StepName.CLOSE_SHORT})
_OF_MOVES = frozenset(
    {
        StepName.WITHDRAW,
        StepName.AWAIT_ARRIVAL,
        StepName.ALLOW_BURN,
        StepName.BURN,
        StepName.AWAIT_ATTESTATION,
        StepName.MINT,
    }
)


@dataclass(frozen=True, slots=True)
class Cell:
    """A kind of fault meeting a step."""

    step: StepName
    kind: Kind


def impossible(step: StepName, kind: Kind) -> str | None:
    """Why a fault of this kind cannot meet the step; None when it can."""
    if step in _OF_MOVES:
        return "these worlds have no way between the chains"
    allowed: tuple[frozenset[StepName], str] | None = None
    if kind in NETWORK or kind is Kind.STALE:
        return "the step asks nobody outside" if step in _SILENT else None
    if kind in SIGNING:
        allowed = _SIGNS, "the step signs nothing"
    elif kind in FATES:
        allowed = _SENDS_SOLANA, "the step sends nothing to Solana"
    elif kind is Kind.BRIDGE_DELAY:
        allowed = frozenset({StepName.AWAIT_CREDIT}), "the step does not wait for the bridge"
    elif kind is Kind.SNAPSHOT_DOWN:
        allowed = _READS_SNAPSHOT, "the step does not read the snapshot"
    elif kind in {Kind.ADL, Kind.LIQUIDATION, Kind.SWING}:
        allowed = _SHORT_HELD, "no short is held during the step"
    elif kind is Kind.THIN_BOOK:
        allowed = _ORDERS, "the step places no order"
    return None if allowed is None or step in allowed[0] else allowed[1]


CELLS: tuple[Cell, ...] = tuple(
    Cell(step, kind) for kind in Kind for step in StepName if impossible(step, kind) is None
)
"""Everything that can meet; a suite of seeds must have hit each at least once."""
