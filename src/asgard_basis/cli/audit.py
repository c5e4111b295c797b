"""`basis audit`: is the log whole, and what does it say of a position."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence

import typer

from asgard_basis.adapters.postgres.failures import LOST
from asgard_basis.adapters.postgres.pool import open_pool
from asgard_basis.adapters.postgres.unit_of_work import PostgresTransactions
from asgard_basis.application.operations.audit import told
from asgard_basis.cli.home import Home
from asgard_basis.domain.identifiers import PositionId
from asgard_basis.domain.ledger.audit_chain import ChainWalk
from asgard_basis.ports.oversight import AuditRecord
from asgard_basis.ports.unit_of_work import UnitOfWork


def verify() -> None:
    """Read every chain from end to end; ends with 1 when a line was changed or is missing."""
    walk = asyncio.run(_verified(_database()))
    for fault in walk.faults:
        typer.echo(f"BROKEN {fault.chain}: line {fault.number} {fault.reason}.")
    count = f"{walk.lines} lines in {walk.chains} chains"
    if walk.faults:
        typer.echo(f"{count}, {len(walk.faults)} faults: the log was tampered with.")
        raise typer.Exit(1)
    typer.echo(f"{count}: nothing was changed, nothing is missing.")


def show(position: str) -> None:
    """Tell a position's life, line by line."""
    records = asyncio.run(_told(_database(), PositionId(position)))
    if not records:
        typer.echo(f"The log says nothing of a position {position}.", err=True)
        raise typer.Exit(1)
    for record in records:
        line = told(record)
        detail = f" ({line.detail})" if line.detail else ""
        at = line.at.isoformat(timespec="milliseconds")
        typer.echo(f"{line.number:>6}  {at}  {line.hash[:12]}  {line.title}{detail}")


def _database() -> str:
    url = Home.from_environment().database_url()
    if url is None:
        typer.echo("DATABASE_URL is missing: it says which database to read.", err=True)
        raise typer.Exit(2)
    return url


async def _verified(url: str) -> ChainWalk:
    async with _system(url) as work:
        return await work.audit.verify()


async def _told(url: str, position_id: PositionId) -> Sequence[AuditRecord]:
    async with _system(url) as work:
        return await work.audit.of_position(position_id)


@contextlib.asynccontextmanager
async def _system(url: str) -> AsyncIterator[UnitOfWork]:
    try:
        pool = await open_pool(url, size_max=1, name="basis audit")
    except LOST as error:
        typer.echo(f"The database cannot be reached: {error}.", err=True)
        raise typer.Exit(2) from error
    try:
        async with PostgresTransactions(pool).for_system() as work:
            yield work
    finally:
        await pool.close()
