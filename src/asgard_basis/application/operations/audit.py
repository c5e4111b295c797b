"""What the audit log says of each thing that happens, and how a person reads it again."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from asgard_basis.application.operations.duty import Duty, asker, present_duty
from asgard_basis.application.operations.jobs import REASON, TITLES, step_view
from asgard_basis.domain.identifiers import JobId, UserId
from asgard_basis.domain.position.position import Position
from asgard_basis.domain.saga.intent import CallIntent
from asgard_basis.domain.saga.step import EvmIntent, Intent, SolanaIntent, Step, StepName
from asgard_basis.domain.strategy.intent import Intent as StandingOrder
from asgard_basis.domain.strategy.intent import IntentStatus
from asgard_basis.ports.orphans import Orphan
from asgard_basis.ports.oversight import (
    EVERYBODY,
    Alarm,
    AuditEntry,
    AuditKind,
    AuditRecord,
    Pause,
)
from asgard_basis.ports.repositories import Job, JobStatus

_KEYS = ("client_order_id", "signature", "hash")
"""Where an intent keeps what it can be found by."""

COMMANDS = {
    "provision": "Wallets asked for",
    "deposit": "Deposit asked for",
    "open": "Opening asked for",
    "close": "Closing asked for",
    "reduce": "Reducing asked for",
    "repair": "Repair begun",
    "sweep": "Closing of what is nobody's begun",
    "pause": "Opening paused",
    "resume": "Opening resumed",
    "intent": "Intent written",
    "cancel_intent": "Intent called off",
}


def payload_hash(payload: object) -> str:
    """SHA-256 (hex): of bytes as they are, of anything else as JSON with sorted names."""
    if isinstance(payload, bytes):
        return hashlib.sha256(payload).hexdigest()
    text = json.dumps(payload, sort_keys=True, separators=(",", ":"), default=_plain)
    return hashlib.sha256(text.encode()).hexdigest()


def command_entry(at: datetime, job: Job) -> AuditEntry:
    """Work was asked for, by a user, an operator or the product itself."""
    body = {"command": job.kind.value, "by": asker()}
    if job.amount_usdc is not None:
        body["amount_usdc"] = str(job.amount_usdc)
    if job.fraction is not None:
        body["fraction"] = str(job.fraction)
    if job.request_hash is not None:
        body["sha256"] = job.request_hash
    if REASON in job.details:
        body["reason"] = job.details[REASON]
    return AuditEntry(at, AuditKind.COMMAND, body, job.user_id, job.position_id, job.id)


def job_entry(at: datetime, job: Job) -> AuditEntry:
    """Work came to an end."""
    body = {"job": job.kind.value, "status": job.status.value}
    if job.status is JobStatus.FAILED:
        body |= {"error_code": job.error_code or "", "error": job.error or ""}
    return AuditEntry(at, AuditKind.OUTCOME, body, job.user_id, job.position_id, job.id)


def intent_entry(at: datetime, duty: Duty, step: Step) -> AuditEntry:
    """A step is about to have an effect outside."""
    body = {
        "step": step.name.value,
        "attempt": str(step.attempt),
        "sha256": _intent_hash(step.intent),
    }
    key = next((getattr(step.intent, name) for name in _KEYS if hasattr(step.intent, name)), None)
    if key is not None:
        body["key"] = str(key)
    return AuditEntry(at, AuditKind.INTENDED, body, duty.user_id, duty.position_id, duty.job_id)


def outcome_entry(at: datetime, duty: Duty, step: Step) -> AuditEntry:
    """What a step came to."""
    view = step_view(step)
    body = {"step": step.name.value, "attempt": str(step.attempt), "status": step.status.value}
    if view.seconds is not None:
        body["seconds"] = str(view.seconds)
    if step.error_code is not None:
        body |= {"error_code": step.error_code, "error": step.error or ""}
    elif view.detail is not None:
        body["detail"] = view.detail
    if step.outcome is not None:
        body["sha256"] = payload_hash(asdict(step.outcome))
    return AuditEntry(at, AuditKind.OUTCOME, body, duty.user_id, duty.position_id, duty.job_id)


def state_entry(at: datetime, position: Position, before: str) -> AuditEntry:
    """A position went from one state to another; from none when it is new."""
    body = {"from": before, "to": position.state.value}
    if not before:
        body |= {
            "asset": position.asset.value,
            "size_usd": str(position.size_usd),
            "leverage": str(position.leverage),
        }
    if position.short is not None:
        body["short_sol"] = str(position.short.size)
    if position.long is not None:
        body["long_tokens"] = str(position.long.collateral_bought - position.long.collateral_sold)
    if position.failure_code is not None:
        body |= {"error_code": position.failure_code, "error": position.failure or ""}
    return AuditEntry(at, AuditKind.STATE, body, position.user_id, position.id, _job())


def order_entry(at: datetime, order: StandingOrder, before: str) -> AuditEntry:
    """A standing order was written, called off, or is in another state than before."""
    body = {"intent_id": order.id, "from": before, "to": order.status.value}
    if order.job_id is not None:
        body["carried_out_by"] = order.job_id
    if order.execution_code is not None:
        body |= {"error_code": order.execution_code, "error": order.execution_error or ""}
    is_wish = not before or order.status is IntentStatus.CANCELLED
    if not is_wish:
        return AuditEntry(at, AuditKind.STATE, body, order.user_id, order.position_id)
    body |= {"command": "cancel_intent" if before else "intent", "by": asker()}
    body |= {"sha256": order.request_hash or ""}
    return AuditEntry(at, AuditKind.COMMAND, body, order.user_id)


def orphan_entry(at: datetime, orphan: Orphan, what: str) -> AuditEntry:
    """Something was found that no position claims, or has come to its end."""
    body = {"orphan": orphan.kind.value, "key": orphan.key, "to": what, "size": str(orphan.size)}
    return AuditEntry(at, AuditKind.STATE, body, orphan.user_id, orphan.position_id, orphan.job_id)


def alarm_entry(at: datetime, alarm: Alarm, what: str, by: str | None = None) -> AuditEntry:
    """An alarm was raised, acknowledged or resolved."""
    body = {
        "what": what,
        "alarm": alarm.kind.value,
        "alarm_id": alarm.id,
        "subject": alarm.subject,
        "message": alarm.message,
    }
    if by is not None:
        body["by"] = by
    return AuditEntry(at, AuditKind.ALARM, body, alarm.user_id, alarm.position_id, _job())


def pause_entry(at: datetime, scope: str, by: str, pause: Pause | None) -> AuditEntry:
    """Opening was paused, or resumed when there is no pause any more."""
    body = {"command": "pause" if pause else "resume", "by": by, "scope": scope}
    if pause is not None:
        body |= {"reason": pause.reason}
    kind = AuditKind.COMMAND if by == "user" else AuditKind.OPERATOR
    return AuditEntry(at, kind, body, None if scope == EVERYBODY else UserId(scope))


def signature_entry(at: datetime, body: Mapping[str, str]) -> AuditEntry:
    """A payload is about to be signed."""
    duty = present_duty()
    if duty is None:
        return AuditEntry(at, AuditKind.SIGNED, body)
    return AuditEntry(at, AuditKind.SIGNED, body, duty.user_id, duty.position_id, duty.job_id)


def with_market_time(entry: AuditEntry, now: datetime) -> AuditEntry:
    """The entry with the market's time of the moment, which is what people see."""
    return replace(entry, body={**entry.body, "market_at": now.isoformat()})


@dataclass(frozen=True, slots=True)
class Told:
    """A record in words."""

    at: datetime
    """Market time."""
    number: int
    hash: str
    kind: str
    name: str
    """Of the step, command, state or alarm."""
    title: str
    detail: str | None
    body: Mapping[str, str]


def told(record: AuditRecord) -> Told:
    """What a record says to a person; also one that an older version wrote with less in it."""
    entry = record.entry
    body = entry.body
    name, title, detail = _WORDS[entry.kind](body)
    at = datetime.fromisoformat(body["market_at"]) if "market_at" in body else entry.at
    return Told(at, record.number, record.hash, entry.kind.value, name, title, detail or None, body)


def _command(body: Mapping[str, str]) -> tuple[str, str, str]:
    name = body.get("command", "")
    figures = [f"{body['amount_usdc']} USDC"] if "amount_usdc" in body else []
    if "fraction" in body:
        figures.append(f"{body['fraction']} of both legs")
    if "by" in body:
        figures.append(f"by the {body['by']}")
    if "reason" in body:
        figures.append(body["reason"])
    return name, COMMANDS.get(name, name), "; ".join(figures)


def _intended(body: Mapping[str, str]) -> tuple[str, str, str]:
    key = f"under {body['key']}" if "key" in body else "may be repeated without harm"
    return body.get("step", ""), f"About to: {_title(body)}", f"{key}; {_prefix(body)}"


def _signed(body: Mapping[str, str]) -> tuple[str, str, str]:
    what = body.get("what", "payload")
    return what, f"Signature asked for: {what}", f"{body.get('wallet', '')} {_prefix(body)}".strip()


def _outcome(body: Mapping[str, str]) -> tuple[str, str, str]:
    detail = body.get("error") or body.get("detail", "")
    if "job" in body:
        return body["job"], f"Job {body['job']} {body.get('status', '')}", detail
    return body.get("step", ""), _title(body), detail


def _state(body: Mapping[str, str]) -> tuple[str, str, str]:
    name, before = body.get("to", ""), body.get("from", "")
    if "orphan" in body:
        return name, f"A {body['orphan']} without a position: {name}", f"size {body.get('size')}"
    subject = "Intent" if "intent_id" in body else "Position"
    title = f"{subject} {name.replace('_', ' ')}"
    if "size_usd" in body:
        return name, title, f"{body['size_usd']} USD at {body.get('leverage', '')}x"
    return name, title, body.get("error") or (f"was {before.replace('_', ' ')}" if before else "")


def _alarm(body: Mapping[str, str]) -> tuple[str, str, str]:
    name = body.get("alarm", "")
    title = f"Alarm {body.get('what', '')}: {name.replace('_', ' ')}"
    return name, title, body.get("message", "")


_WORDS = {
    AuditKind.COMMAND: _command,
    AuditKind.OPERATOR: _command,
    AuditKind.INTENDED: _intended,
    AuditKind.SIGNED: _signed,
    AuditKind.OUTCOME: _outcome,
    AuditKind.STATE: _state,
    AuditKind.ALARM: _alarm,
}


def _title(body: Mapping[str, str]) -> str:
    name = body.get("step", "")
    try:
        return TITLES[StepName(name)]
    except (ValueError, KeyError):
        return name.replace("_", " ")


def _prefix(body: Mapping[str, str]) -> str:
    return f"sha256 {body.get('sha256', '')[:12]}"


def _intent_hash(intent: Intent) -> str:
    """Of the bytes that will be sent where they are signed already, else of all that is known."""
    if isinstance(intent, SolanaIntent):
        return payload_hash(list(intent.transactions))
    if isinstance(intent, EvmIntent | CallIntent):
        return payload_hash(intent.raw)
    return payload_hash(asdict(intent))


def _plain(value: object) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)


def _job() -> JobId | None:
    duty = present_duty()
    return duty.job_id if duty else None
