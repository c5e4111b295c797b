"""The database for commands that only read and judge: no venue, no worker, no API."""

import contextlib
from collections.abc import AsyncIterator

import typer

from asgard_basis.adapters.postgres.failures import LOST
from asgard_basis.adapters.postgres.pool import open_pool
from asgard_basis.adapters.postgres.unit_of_work import PostgresTransactions
from asgard_basis.cli.home import Home
from asgard_basis.ports.unit_of_work import UnitOfWork


def database() -> str:
    """Where it is: of the running product, or DATABASE_URL; ends with 2 when neither says."""
    url = Home.from_environment().database_url()
    if url is None:
        typer.echo("DATABASE_URL is missing: it says which database to read.", err=True)
        raise typer.Exit(2)
    return url


@contextlib.asynccontextmanager
async def system_work(url: str) -> AsyncIterator[UnitOfWork]:
    """One unit of work that sees everybody's rows; ends with 2 when there is no database."""
    try:
        pool = await open_pool(url, size_max=1, name="basis command")
    except LOST as error:
        typer.echo(f"The database cannot be reached: {error}.", err=True)
        raise typer.Exit(2) from error
    try:
        async with PostgresTransactions(pool).for_system() as work:
            yield work
    finally:
        await pool.close()
