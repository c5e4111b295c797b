"""`basis why` and `basis replay`: why something was decided, and whether it would be again."""

import asyncio
from collections.abc import Sequence

import typer

from asgard_basis.application.operations.decisions import Replay
from asgard_basis.cli.database import database, system_work
from asgard_basis.ports.decisions import KeptCard

_SHOWN = 100
_MISMATCHES_SHOWN = 20


def why(position: str) -> None:
    """Tell every decision about a position, oldest first, with figures and limits."""
    cards = asyncio.run(_cards(database(), position))
    if not cards:
        typer.echo(f"Nothing was decided about a position {position}.", err=True)
        raise typer.Exit(1)
    for kept in reversed(cards):
        card = kept.card
        at = card.decided_at.isoformat(timespec="seconds")
        until = kept.confirmed_at
        still = f", still so at {until.isoformat(timespec='seconds')}" if until else ""
        measure = f" {card.ruling.measure}" if card.ruling.measure else ""
        typer.echo(
            f"{at}  {card.ruling.verdict.upper()}{measure}  {card.ruling.reason}"
            f"  ({card.rule} v{card.version}{still})"
        )
        for check in card.ruling.criteria:
            mark = "+" if check.passed else "-"
            typer.echo(f"    {mark} {check.label}: {check.figure}, {check.limit}")


def replay() -> None:
    """Make every kept decision again; ends with 1 when one comes out differently."""
    found = asyncio.run(_replayed(database()))
    for line in found.told[:_MISMATCHES_SHOWN]:
        typer.echo(line)
    typer.echo(f"{found.cards} decisions made again, {len(found.told)} came out differently.")
    if found.told:
        raise typer.Exit(1)


async def _cards(url: str, position: str) -> Sequence[KeptCard]:
    async with system_work(url) as work:
        return await work.decisions.of_position(position, limit=_SHOWN)


async def _replayed(url: str) -> Replay:
    async with system_work(url) as work:
        return await Replay.of(work.decisions)
