"""`basis reconcile`: what the venues hold beside what the books say, verdict by verdict."""

import asyncio
from collections.abc import Iterable, Sequence

import typer

from asgard_basis import observability
from asgard_basis.application.oversight.existence_reader import Look
from asgard_basis.bootstrap import App, open_app
from asgard_basis.cli.running import settings_here
from asgard_basis.domain.identifiers import UserId
from asgard_basis.domain.money import plain
from asgard_basis.domain.position.existence import (
    InFlight,
    LedgerOff,
    LegLost,
    Matched,
    Quarantine,
    SweepLong,
    SweepPerp,
    Unknown,
    Verdict,
)
from asgard_basis.domain.position.lifecycle import ENDED
from asgard_basis.ports.coordination import Priority, asking_as
from asgard_basis.settings import Settings

_COLUMNS = (36, 36, 12)
_FINE = (Matched, InFlight)


def reconcile(user: str | None) -> int:
    """Run the gate for one user or all, print its table; 1 when anything is not as it should be.

    It is the gate that workers run every hour: what it finds is told and acted on.
    """
    settings = settings_here()
    observability.configure(level="WARNING", service="reconcile")
    looks = asyncio.run(_looks(settings, user))
    if not looks:
        typer.echo("Nobody has wallets yet.")
        return 0
    _row("user", "position", "verdict", "what")
    return max(_told(user_id, look) for user_id, look in looks)


async def _looks(settings: Settings, user: str | None) -> Sequence[tuple[UserId, Look | None]]:
    async with open_app(settings) as app, app.queue.open_async():
        with asking_as(Priority.RECONCILE):
            return await _looked(app, user)


async def _looked(app: App, user: str | None) -> Sequence[tuple[UserId, Look | None]]:
    if user is not None:
        return [(UserId(user), await app.gate.one(UserId(user)))]
    return await app.gate.everybody()


def _told(user_id: UserId, look: Look | None) -> int:
    if look is None:
        _row(user_id, "", "unknown", "could not be looked at")
        return 1
    ended = {p.id for p in look.books.positions if p.state in ENDED}
    shown = [v for v in look.verdicts if not (isinstance(v, Matched) and v.position_id in ended)]
    for verdict in shown:
        _row(user_id, verdict.position_id or "nobody's", *_words(verdict))
    if not shown:
        _row(user_id, "", "matched", "nothing is held")
    return int(not all(isinstance(verdict, _FINE) for verdict in shown))


def _words(verdict: Verdict) -> tuple[str, str]:
    held = ", ".join(_held(verdict)) or "nothing"
    match verdict:
        case Matched():
            return "matched", held
        case InFlight():
            return "in flight", held
        case Unknown():
            return "unknown", verdict.why
        case LegLost():
            lost = f"lost {plain(verdict.short_lost)} SOL short, {plain(verdict.long_lost)} tokens"
            return "leg lost", f"{lost}; left: {held}"
        case Quarantine():
            return "quarantine", verdict.why
        case SweepLong() | SweepPerp():
            return "sweep", held
        case LedgerOff():
            return (
                "ledger off",
                f"{verdict.what}: booked {plain(verdict.booked)}, stated {plain(verdict.stated)}",
            )
    return type(verdict).__name__, held


def _held(verdict: Verdict) -> Iterable[str]:
    if verdict.short:
        side = "short" if verdict.short > 0 else "long"
        yield f"{plain(abs(verdict.short))} SOL {side}"
    yield from (f"long {key}" for key in verdict.longs)


def _row(*cells: str) -> None:
    wide = [cell.ljust(width) for cell, width in zip(cells, _COLUMNS, strict=False)]
    typer.echo("  ".join([*wide, *cells[len(_COLUMNS) :]]).rstrip())
