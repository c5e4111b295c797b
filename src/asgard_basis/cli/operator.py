"""What operators do without the API: look, close, stop, pause. The database alone must answer."""

import asyncio
import contextlib
import os
import sys
from collections.abc import Awaitable, Callable, Sequence
from decimal import Decimal

import asyncpg
import typer

from asgard_basis import observability
from asgard_basis.adapters.postgres.failures import LOST
from asgard_basis.adapters.postgres.queue import is_served
from asgard_basis.application.operations.duty import asked_by
from asgard_basis.application.operations.jobs import ENDED, JobView
from asgard_basis.application.trading.close_all import Leaving
from asgard_basis.bootstrap import App, open_app
from asgard_basis.cli.home import Home
from asgard_basis.domain.errors import DomainError, ErrorCode
from asgard_basis.domain.identifiers import PositionId, UserId
from asgard_basis.domain.money import plain
from asgard_basis.domain.position.position import Position
from asgard_basis.domain.risk.permissions import PauseSetter
from asgard_basis.ports.repositories import Job
from asgard_basis.settings import Settings, load_settings

_LOOK_SECONDS = 0.5
_AGAIN_SECONDS = 1.0


def settings() -> Settings:
    """From the environment, and else what the processes of this home were told."""
    given = {name: text for name, text in os.environ.items() if text.strip()}
    return load_settings({**Home.from_environment().told(), **given})


def carry_out(command: Callable[[App], Awaitable[None]]) -> None:
    """Open the application, do it, and end with 1 when it was refused, with 2 without database."""
    found = settings()
    observability.configure(level="error", service="operator")

    async def doing() -> None:
        asked_by(f"operator ({who()})")
        async with open_app(found) as app:
            await command(app)

    try:
        asyncio.run(doing())
    except DomainError as error:
        typer.echo(f"{error.code.code}: {error.message}", err=True)
        raise typer.Exit(1) from error
    except (*LOST, asyncpg.PostgresError) as error:
        typer.echo(f"The database cannot be reached: {error}.", err=True)
        raise typer.Exit(2) from error


def who() -> str:
    """Who types, as this machine knows them."""
    return f"user number {os.getuid()}"


async def person(app: App, name: str | None) -> UserId | None:
    """The user of that id, or of that e-mail address among those who hold something.

    Raises DomainError GEN-0005; None is everybody.
    """
    if name is None:
        return None
    async with app.transactions.for_system() as work:
        known = await work.users.get(UserId(name))
        if known is not None:
            return known.id
        for user_id in sorted({p.user_id for p in await work.positions.held()}):
            user = await work.users.get(user_id)
            if user is not None and user.email == name:
                return user_id
    raise DomainError(ErrorCode.NOT_FOUND, f"nobody is known as {name}")


async def show_positions(app: App, name: str | None) -> None:
    """Every position that is not ended, with what works on it and what that waits for."""
    user_id = await person(app, name)
    async with app.transactions.for_system() as work:
        held = [p for p in await work.positions.held() if user_id in {None, p.user_id}]
        jobs = {job.position_id: job for job in await work.jobs.unfinished()}
    if not held:
        typer.echo("Nothing is held.")
    for position in held:
        job = jobs.get(position.id)
        view = await app.desk.view(position.user_id, job.id) if job else None
        typer.echo(_line(position, view))


async def show_alarms(app: App) -> None:
    """Every open alarm, oldest first."""
    async with app.transactions.for_system() as work:
        alarms = await work.alarms.unresolved()
    if not alarms:
        typer.echo("No alarm is open.")
    for alarm in alarms:
        seen = "" if alarm.acknowledged_at is None else "  (seen)"
        at = alarm.raised_at.isoformat(timespec="seconds")
        typer.echo(f"{at}  {alarm.kind.value}  {alarm.subject}{seen}")
        typer.echo(f"    {alarm.message}")


async def show_playbooks(app: App) -> None:
    """What has failed outside, what is done about it, and what it may cost all users at most."""
    in_force = [view for view in await app.playbooks.views.of_everybody() if view.is_active]
    if not in_force:
        typer.echo("Nothing outside has failed.")
    for view in in_force:
        since = "" if view.since is None else view.since.isoformat(timespec="seconds")
        most = view.loss_max_usd
        cost = "not known" if most is None else f"{most:,.2f} USD"
        typer.echo(f"{since}  {view.name}  {view.title}: {view.seen}")
        typer.echo(f"    positions it concerns: {len(view.concerns)}; at most {cost}")
        for sentence in view.done:
            typer.echo(f"    {sentence}")
        for remains in view.remains:
            typer.echo(f"    remains: {remains}")


async def close(
    app: App, position: str, *, is_emergency: bool, is_waited: bool, is_run: bool
) -> None:
    """Ask for one position's closing, whoever's it is."""
    position_id = PositionId(position)
    async with app.transactions.for_system() as work:
        found = await work.positions.get(position_id)
    if found is None:
        raise DomainError(ErrorCode.POSITION_NOT_FOUND)
    await app.operator_log.note("close", who=who(), user_id=found.user_id, position_id=found.id)
    job = await app.close_position.request(found.user_id, found.id, None, is_emergency=is_emergency)
    await _see_to(app, [job], is_waited=is_waited, is_run=is_run)


async def close_all(
    app: App, name: str | None, *, is_emergency: bool, is_waited: bool, is_run: bool
) -> None:
    """Ask for the closing of everything one user, or everybody, holds."""
    user_id = await person(app, name)
    await app.operator_log.note("close-all", who=who(), user_id=user_id)
    leavings = []
    for holder in await _holders(app, user_id):
        leavings.append(await app.close_all.request(holder, None, is_emergency=is_emergency))
    await _leave(app, leavings, is_waited=is_waited, is_run=is_run)


async def emergency_stop(
    app: App, name: str | None, *, reason: str, is_waited: bool, is_run: bool
) -> None:
    """Pause opening and close everything of one user, or of everybody, as far as it can be."""
    user_id = await person(app, name)
    await app.operator_log.note("emergency-stop", who=who(), user_id=user_id, reason=reason)
    stopped = await app.emergency_stop.by_operator(user_id, reason=reason)
    typer.echo("Opening is paused until `basis resume`.")
    await _leave(app, [s.leaving for s in stopped], is_waited=is_waited, is_run=is_run)


async def pause(app: App, name: str | None, *, reason: str) -> None:
    """Forbid opening to one user, or to everybody."""
    user_id = await person(app, name)
    await app.pauses.pause(user_id, by=PauseSetter.OPERATOR, reason=reason)
    typer.echo(f"Opening is paused for {name or 'everybody'}. Closing works as always.")


async def resume(app: App, name: str | None, *, is_breaker: bool = False) -> None:
    """End the operators' pause of one user, or of everybody; what others set stays.

    With `is_breaker` the one that the system has set: the operator has looked at its reason.
    """
    user_id = await person(app, name)
    of = PauseSetter.SYSTEM if is_breaker else None
    view = await app.pauses.resume(user_id, by=PauseSetter.OPERATOR, of=of)
    whose = "breaker's" if is_breaker else "operators'"
    typer.echo(f"The {whose} pause is over for {name or 'everybody'}.")
    if view.message is not None:
        typer.echo(f"Opening is still forbidden. {view.message}")


async def _holders(app: App, user_id: UserId | None) -> list[UserId]:
    if user_id is not None:
        return [user_id]
    async with app.transactions.for_system() as work:
        return sorted({p.user_id for p in await work.positions.held()})


async def _leave(app: App, leavings: Sequence[Leaving], *, is_waited: bool, is_run: bool) -> None:
    jobs = [job for leaving in leavings for job in leaving.jobs]
    for busy in (n for leaving in leavings for n in leaving.not_taken):
        typer.echo(f"position {busy.position_id}: not begun. {busy.reason}")
    if not jobs:
        typer.echo("There is nothing to close.")
    await _see_to(app, jobs, is_waited=is_waited, is_run=is_run)


async def _see_to(app: App, jobs: Sequence[Job], *, is_waited: bool, is_run: bool) -> None:
    """Say what was asked for; follow it, or do it here when nobody else would."""
    for job in jobs:
        typer.echo(f"position {job.position_id}: closing asked for, job {job.id}")
    if not jobs:
        return
    async with app.queue.open_async():
        if not await is_served(app.queue) and not is_run:
            typer.echo("No worker is alive: the closing begins when one is, or now with --run.")
        if not is_waited and not is_run:
            return
        following = asyncio.create_task(_follow(app, jobs))
        if is_run:
            await _stand_in(app, jobs, following)
        if await following:
            raise typer.Exit(1)


async def _stand_in(app: App, jobs: Sequence[Job], following: "asyncio.Task[bool]") -> None:
    """A worker's part while none is alive, under the same locks: what can be done, in turn."""
    has_begun = False
    while not following.done():
        if not await is_served(app.queue):
            if not has_begun:
                typer.echo("No worker is alive: it is done here.")
            has_begun = True
            for job in jobs:
                with contextlib.suppress(DomainError):  # the job itself says what it waits for
                    await app.dispatch.run(job.id)
        await app.clock.sleep(_AGAIN_SECONDS)


async def _follow(app: App, jobs: Sequence[Job]) -> bool:
    """Tell every step until all have ended; whether one has failed."""
    told: set[tuple[str, ...]] = set()
    ended: dict[str, JobView] = {}
    while len(ended) < len(jobs):
        for job in jobs:
            if job.id in ended:
                continue
            view = await app.desk.view(job.user_id, job.id)
            _tell(view, told)
            if view.status in {status.value for status in ENDED}:
                ended[job.id] = view
        await app.clock.sleep(_LOOK_SECONDS)
    return any(view.error is not None for view in ended.values())


def _tell(view: JobView, told: set[tuple[str, ...]]) -> None:
    for step in view.steps:
        mark = (view.job_id, step.name, str(step.attempt), step.status)
        if step.status in {"done", "failed"} and mark not in told:
            told.add(mark)
            detail = f": {step.detail}" if step.detail else ""
            typer.echo(f"position {view.position_id}: {step.title} {step.status}{detail}")
    left = f"; still held: {', '.join(view.remains)}" if view.remains else ""
    if view.waiting_for is not None and (view.job_id, view.waiting_for, left) not in told:
        told.add((view.job_id, view.waiting_for, left))
        typer.echo(f"position {view.position_id}: waiting for {view.waiting_for}{left}")
    if view.status in {status.value for status in ENDED}:
        why = f": {view.error.code} {view.error.message}" if view.error else ""
        typer.echo(f"position {view.position_id}: {view.status}{why}{left if view.error else ''}")
    sys.stdout.flush()


def _line(position: Position, view: JobView | None) -> str:
    short = position.short.size if position.short else Decimal(0)
    long = position.long
    tokens = long.collateral_bought - long.collateral_sold if long else Decimal(0)
    parts = [
        f"{position.id}  {position.user_id}  {position.state.value}",
        f"long {plain(tokens)} {position.asset}, short {plain(short)} SOL",
    ]
    if view is not None:
        parts.append(f"{view.kind} {view.status}, job {view.job_id}")
        if view.waiting_for is not None and view.waiting_since is not None:
            since = view.waiting_since.isoformat(timespec="seconds")
            parts.append(f"waiting for {view.waiting_for} since {since}")
    return "  |  ".join(parts)
