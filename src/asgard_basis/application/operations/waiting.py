"""What a job waits for, since when, and what is left to do: never a silent spinner."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from asgard_basis.domain.errors import ErrorCode
from asgard_basis.domain.money import ZERO, plain
from asgard_basis.domain.position.position import Position
from asgard_basis.domain.saga.alone import has_begun
from asgard_basis.domain.saga.progress import is_long_gone
from asgard_basis.domain.saga.short_record import changed_short
from asgard_basis.domain.saga.step import (
    Journal,
    LongReduced,
    OrderIntent,
    Step,
    StepName,
    StepStatus,
)

WAITING_FOR, WAITING_SINCE = "waiting_for", "waiting_since"
"""In a job's details: who was silent before anything was begun, and since when (ISO 8601)."""
_LONG_ENOUGH = timedelta(seconds=20)
"""An answer that has not come by then is waited for."""

_BY_CODE = {
    ErrorCode.SOLANA_RPC.code: "Solana",
    ErrorCode.ARBITRUM_RPC.code: "Arbitrum",
    ErrorCode.SIGNING_UNAVAILABLE.code: "the signing service",
    ErrorCode.NOT_READY.code: "our own database",
    ErrorCode.STALE_MARKET.code: "a price",
}
_BY_STEP = {
    StepName.OPEN_LONG: "Asgard",
    StepName.READ_LONG: "Asgard",
    StepName.OBSERVE_LONG: "Asgard",
    StepName.CLOSE_LONG: "Asgard",
    StepName.REDUCE_LONG: "Asgard",
    StepName.REPAY_LONG: "Asgard",
    StepName.TRANSFER_TO_BRIDGE: "Arbitrum",
    StepName.AWAIT_ATTESTATION: "Circle",
    StepName.BURN: "the chain it is burned on",
    StepName.MINT: "the chain it arrives on",
}
_ON_CHAIN = {
    StepName.OPEN_LONG,
    StepName.REDUCE_LONG,
    StepName.CLOSE_LONG,
    StepName.REPAY_LONG,
}
"""Once sent, the chain alone says what became of it."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Somebody does not answer."""

    for_whom: str
    since: datetime
    """Market time."""


def waiting(details: Mapping[str, str], journal: Journal, now: datetime) -> Waiting | None:
    """For whom an unfinished job waits at the market time `now`, or None while it gets on."""
    last = journal.steps[-1] if journal.steps else None
    if last is None or not has_begun(details, journal):
        whom, since = details.get(WAITING_FOR), details.get(WAITING_SINCE)
        return Waiting(whom, datetime.fromisoformat(since)) if whom and since else None
    unanswered = next((s for s in journal.open_steps() if _is_late(s, now)), None)
    if unanswered is not None:
        whom = "Solana" if unanswered.name in _ON_CHAIN else _whom(unanswered)
        return Waiting(whom, unanswered.intended_at)
    if last.status is not StepStatus.UNAVAILABLE:
        return None
    since_when = last.intended_at
    for step in reversed([s for s in journal.steps if s.name is last.name]):
        if step.status is not StepStatus.UNAVAILABLE:
            break
        since_when = step.intended_at
    return Waiting(_whom(last), since_when)


def _is_late(step: Step, now: datetime) -> bool:
    return now - step.intended_at >= _LONG_ENOUGH


def still_held(position: Position, journal: Journal | None) -> list[str]:
    """The legs that a leaving is not known to have closed, in words.

    `journal` is of the leaving under way; None when the position's record is up to date.
    """
    held = []
    unanswered = {step.name: step for step in journal.open_steps()} if journal else {}
    if position.short is not None:
        short = position.short if journal is None else changed_short(position.short, journal)
        told = _order(unanswered)
        if short.size > 0 or told:
            held.append(f"short of {plain(short.size)} SOL on Hyperliquid{told}")
    long = position.long
    if long is not None and long.redemption_closed is None and not _is_sold(journal):
        seen = position.observation
        amount = seen.collateral if seen else long.collateral_bought
        if journal is not None:
            cuts = journal.outcomes(StepName.REDUCE_LONG)
            amount -= sum((c.collateral_sold for c in cuts if isinstance(c, LongReduced)), ZERO)
        told = _sale(unanswered)
        held.append(f"long of {plain(amount)} {position.asset} on Solana{told}")
    return held


def _order(unanswered: Mapping[StepName, Step]) -> str:
    """What nobody has answered about the short."""
    for name, doing in ((StepName.CLOSE_SHORT, "buy back"), (StepName.OPEN_SHORT, "sell")):
        step = unanswered.get(name)
        if step is not None and isinstance(step.intent, OrderIntent):
            return f"; an order to {doing} {plain(step.intent.size)} is not answered yet"
    return ""


def _sale(unanswered: Mapping[StepName, Step]) -> str:
    if StepName.REDUCE_LONG in unanswered:
        return "; the sale of a part of it is not answered yet"
    return "; its sale is not answered yet" if StepName.CLOSE_LONG in unanswered else ""


def _is_sold(journal: Journal | None) -> bool:
    return journal is not None and (journal.is_done(StepName.CLOSE_LONG) or is_long_gone(journal))


def _whom(step: Step) -> str:
    by_code = _BY_CODE.get(step.error_code or "")
    return by_code or _BY_STEP.get(step.name, "Hyperliquid")
