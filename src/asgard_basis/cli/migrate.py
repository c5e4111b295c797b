"""`basis migrate`: bring a database up to the present schema."""

import asyncio
import os

import typer

from asgard_basis.adapters.postgres.migrate import Migration, MigrationRefused
from asgard_basis.adapters.postgres.migrate import migrate as apply


def migrate() -> None:
    """Migrate the database of DATABASE_URL and say what was done."""
    url = os.environ.get("DATABASE_URL")
    if not url:
        typer.echo("DATABASE_URL is missing: it says which database to migrate.", err=True)
        raise typer.Exit(2)
    try:
        done: list[Migration] = asyncio.run(apply(url))
    except MigrationRefused as error:
        typer.echo(f"{error}.", err=True)
        raise typer.Exit(1) from error
    for migration in done:
        typer.echo(f"applied {migration.version:04d} {migration.name.replace('_', ' ')}")
    typer.echo("The database is up to date.")
