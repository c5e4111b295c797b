"""Pausing and resuming: what may be opened; closing is never asked for permission."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime

from asgard_basis.domain.errors import DomainError, ErrorCode
from asgard_basis.domain.identifiers import UserId
from asgard_basis.domain.risk.permissions import PauseSetter, may_lift, strongest
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.oversight import EVERYBODY, Pause
from asgard_basis.ports.repositories import Event
from asgard_basis.ports.unit_of_work import Transactions, UnitOfWork

_WORDS = {
    PauseSetter.KILL_SWITCH: "The kill switch is on",
    PauseSetter.OPERATOR: "The operator has paused opening",
    PauseSetter.SYSTEM: "Opening was paused for safety",
    PauseSetter.USER: "You have paused opening",
}


@dataclass(frozen=True, slots=True)
class PauseView:
    """One pause as a person sees it."""

    by: str
    is_for_everybody: bool
    reason: str
    since: datetime
    can_lift: bool
    """Whether the person who asks may end it."""
    lifted_by: tuple[str, ...]
    """Who may end it."""
    details: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ControlView:
    """What is allowed now, and why not."""

    may_open: bool
    may_close: bool
    """Always: nothing forbids to close."""
    paused_by: str | None
    """The strongest of those who paused."""
    message: str | None
    pauses: list[PauseView]


class PauseControl:
    """Sets and lifts pauses, and says what they forbid."""

    def __init__(self, transactions: Transactions, clock: Clock) -> None:
        self._transactions = transactions
        self._clock = clock

    async def pause(
        self,
        user_id: UserId | None,
        *,
        by: PauseSetter,
        reason: str,
        details: Mapping[str, str] | None = None,
    ) -> ControlView:
        """Forbid opening from now on; None pauses everybody. Set again, it keeps its beginning.

        Raises DomainError AUT-0002 when a user wants to pause everybody.
        """
        async with self._work(user_id, by) as work:
            await self.put(work, user_id, by=by, reason=reason, details=details)
            in_force = await work.pauses.in_force(user_id)
        return control_view(in_force, who=by)

    async def put(
        self,
        work: UnitOfWork,
        user_id: UserId | None,
        *,
        by: PauseSetter,
        reason: str,
        details: Mapping[str, str] | None = None,
    ) -> None:
        """As `pause`, within somebody's transaction; only a user's own may be set in a user's."""
        self._check_scope(user_id, by)
        pause = Pause(user_id or EVERYBODY, by.value, reason, self._clock.host(), details or {})
        await work.pauses.put(pause)
        await work.outbox.append(_event(user_id, by, is_paused=True))

    async def resume(
        self, user_id: UserId | None, *, by: PauseSetter, of: PauseSetter | None = None
    ) -> ControlView:
        """End a pause of one's own, or as an operator `of` another; what others set stays.

        Raises DomainError AUT-0002 when there is none of that kind but another one that is not
        theirs to lift. Nothing paused at all is as good as resumed.
        """
        self._check_scope(user_id, by)
        meant = of or by
        if not may_lift(by, meant):
            raise DomainError(ErrorCode.FORBIDDEN, f"A pause by {meant} is not yours to end.")
        async with self._work(user_id, by) as work:
            is_lifted = await work.pauses.lift(user_id or EVERYBODY, by=meant.value)
            in_force = await work.pauses.in_force(user_id)
            if is_lifted:
                await work.outbox.append(_event(user_id, meant, is_paused=False))
            elif in_force and of is None:
                raise DomainError(ErrorCode.FORBIDDEN, f"{_told(in_force)} It is not yours to end.")
        return control_view(in_force, who=by)

    async def control(self, user_id: UserId) -> ControlView:
        """What is allowed for a user now."""
        async with self._transactions.for_user(user_id) as work:
            return control_view(await work.pauses.in_force(user_id), who=PauseSetter.USER)

    async def everything(self) -> Sequence[Pause]:
        """All that is paused, for operators; oldest first."""
        async with self._transactions.for_system() as work:
            return await work.pauses.in_force()

    def _work(
        self, user_id: UserId | None, by: PauseSetter
    ) -> AbstractAsyncContextManager[UnitOfWork]:
        if by is PauseSetter.USER and user_id is not None:
            return self._transactions.for_user(user_id)
        return self._transactions.for_system()

    def _check_scope(self, user_id: UserId | None, by: PauseSetter) -> None:
        if by is PauseSetter.USER and user_id is None:
            raise DomainError(ErrorCode.FORBIDDEN, "A user pauses for nobody else.")


async def refuse_when_paused(work: UnitOfWork, user_id: UserId) -> None:
    """Before anything is opened; raises DomainError RSK-0007 while a pause concerns the user."""
    in_force = await work.pauses.in_force(user_id)
    if in_force:
        raise DomainError(ErrorCode.PAUSED, _told(in_force))


def paused_people(
    in_force: Sequence[Pause], people: Iterable[UserId], *, by_flag: str | None
) -> dict[UserId, str]:
    """Of these people those who may open nothing, each with the reason in one sentence.

    `by_flag` is what this machine's kill switch says, if it is on.
    """
    for_all = [pause for pause in in_force if pause.scope == EVERYBODY]
    own: dict[str, list[Pause]] = {}
    for pause in in_force:
        own.setdefault(pause.scope, []).append(pause)
    found = {}
    for user_id in people:
        told = by_flag or pause_told([*for_all, *own.get(user_id, [])])
        if told is not None:
            found[user_id] = told
    return found


def pause_told(in_force: Sequence[Pause]) -> str | None:
    """In one sentence why nothing may be opened; None when it may."""
    return _told(in_force) if in_force else None


def control_view(in_force: Sequence[Pause], *, who: PauseSetter) -> ControlView:
    """Pauses as `who` sees them."""
    setter = strongest(PauseSetter(pause.by) for pause in in_force)
    return ControlView(
        may_open=not in_force,
        may_close=True,
        paused_by=None if setter is None else setter.value,
        message=pause_told(in_force),
        pauses=[
            PauseView(
                by=pause.by,
                is_for_everybody=pause.scope == EVERYBODY,
                reason=pause.reason,
                since=pause.since,
                can_lift=may_lift(who, PauseSetter(pause.by)),
                lifted_by=tuple(
                    each.value for each in PauseSetter if may_lift(each, PauseSetter(pause.by))
                ),
                details=dict(pause.details),
            )
            for pause in in_force
        ],
    )


def _told(in_force: Sequence[Pause]) -> str:
    by = strongest(PauseSetter(pause.by) for pause in in_force)
    pause = next(p for p in in_force if p.by == by)
    return f"{_WORDS[PauseSetter(pause.by)]}: {pause.reason}"


def _event(user_id: UserId | None, by: PauseSetter, *, is_paused: bool) -> Event:
    return Event("control_update", {"is_paused": is_paused, "by": by.value}, user_id)
