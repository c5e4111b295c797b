"""`basis audit`: is the log whole, and what does it say of a position."""

import asyncio
from collections.abc import Sequence

import typer

from asgard_basis.application.operations.audit import told
from asgard_basis.cli.database import database, system_work
from asgard_basis.domain.identifiers import PositionId
from asgard_basis.domain.ledger.audit_chain import ChainWalk
from asgard_basis.ports.oversight import AuditRecord


def verify() -> None:
    """Read every chain from end to end; ends with 1 when a line was changed or is missing."""
    walk = asyncio.run(_verified(database()))
    for fault in walk.faults:
        typer.echo(f"BROKEN {fault.chain}: line {fault.number} {fault.reason}.")
    count = f"{walk.lines} lines in {walk.chains} chains"
    if walk.faults:
        typer.echo(f"{count}, {len(walk.faults)} faults: the log was tampered with.")
        raise typer.Exit(1)
    typer.echo(f"{count}: nothing was changed, nothing is missing.")


def show(position: str) -> None:
    """Tell a position's life, line by line."""
    records = asyncio.run(_told(database(), PositionId(position)))
    if not records:
        typer.echo(f"The log says nothing of a position {position}.", err=True)
        raise typer.Exit(1)
    for record in records:
        line = told(record)
        detail = f" ({line.detail})" if line.detail else ""
        at = line.at.isoformat(timespec="milliseconds")
        typer.echo(f"{line.number:>6}  {at}  {line.hash[:12]}  {line.title}{detail}")


async def _verified(url: str) -> ChainWalk:
    async with system_work(url) as work:
        return await work.audit.verify()


async def _told(url: str, position_id: PositionId) -> Sequence[AuditRecord]:
    async with system_work(url) as work:
        return await work.audit.of_position(position_id)
