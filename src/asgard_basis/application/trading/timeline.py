"""A position's life as the audit log tells it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from asgard_basis.application.operations.audit import told
from asgard_basis.application.operations.jobs import FailureView, step_view
from asgard_basis.domain.saga.step import Step
from asgard_basis.ports.oversight import AuditKind, AuditRecord

_FAILED = {"refused", "unavailable", "failed"}


@dataclass(frozen=True, slots=True)
class TimelineView:
    """One thing that happened to a position."""

    at: datetime
    name: str
    title: str
    status: str
    attempt: int
    seconds: Decimal | None
    detail: str | None
    error: FailureView | None
    kind: str
    """command, step, signed, state, alarm, outcome or operator."""
    hash: str | None
    """Of its line in the audit log; None when it is older than the log."""


def timeline_of(records: Sequence[AuditRecord], steps: Sequence[Step]) -> list[TimelineView]:
    """Oldest first; a step is one entry, from its intention to its outcome.

    Steps of before there was a log are told from the journal.
    """
    views: list[TimelineView] = []
    open_steps: dict[tuple[str | None, str, str], int] = {}
    for record in records:
        entry, body = record.entry, record.entry.body
        key = (entry.job_id, body.get("step", ""), body.get("attempt", ""))
        view = _view(record)
        if entry.kind is AuditKind.INTENDED:
            open_steps[key] = len(views)
        elif key in open_steps and entry.kind is AuditKind.OUTCOME:
            place = open_steps.pop(key)
            views[place] = replace(view, at=views[place].at)
            continue
        views.append(view)
    known = {(view.name, view.attempt) for view in views if view.kind == "step"}
    older = [_from_journal(s) for s in steps if (s.name.value, s.attempt) not in known]
    return sorted(older + views, key=lambda view: view.at)


def _view(record: AuditRecord) -> TimelineView:
    line, body = told(record), record.entry.body
    is_step = "step" in body
    is_open = record.entry.kind is AuditKind.INTENDED
    status = body.get("status", "done")
    error = FailureView(body["error_code"], body.get("error", "")) if "error_code" in body else None
    return TimelineView(
        at=line.at,
        name=line.name,
        title=line.title.removeprefix("About to: ") if is_step else line.title,
        status="running" if is_open else "failed" if status in _FAILED else "done",
        attempt=int(body.get("attempt", "1")),
        seconds=Decimal(body["seconds"]) if "seconds" in body else None,
        detail=None if error is not None and line.detail == error.message else line.detail,
        error=error,
        kind="step" if is_step else line.kind,
        hash=record.hash,
    )


def _from_journal(step: Step) -> TimelineView:
    view = step_view(step)
    return TimelineView(
        at=step.intended_at,
        name=view.name,
        title=view.title,
        status=view.status,
        attempt=view.attempt,
        seconds=view.seconds,
        detail=view.detail,
        error=FailureView(step.error_code, step.error or "") if step.error_code else None,
        kind="step",
        hash=None,
    )
