"""Who asks, and for whom and what the present task acts: what the audit log names with a change."""

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass

from asgard_basis.domain.identifiers import JobId, PositionId, UserId


@dataclass(frozen=True, slots=True)
class Duty:
    """One user's job."""

    user_id: UserId
    job_id: JobId | None = None
    position_id: PositionId | None = None


_DUTY: ContextVar[Duty | None] = ContextVar("duty", default=None)
_ASKER: ContextVar[str] = ContextVar("asker", default="system")


def asker() -> str:
    """`user` behind a request, `operator` at the command line; else the product itself."""
    return _ASKER.get()


def asked_by(who: str) -> None:
    """Say who asks for all that the present task does from now on; for doors."""
    _ASKER.set(who)


def present_duty() -> Duty | None:
    """What the present task, or the one that started it, is at; None outside a job."""
    return _DUTY.get()


@contextlib.contextmanager
def on_duty(duty: Duty) -> Iterator[None]:
    """Let all that is done inside be done for this duty."""
    token = _DUTY.set(duty)
    try:
        yield
    finally:
        _DUTY.reset(token)
