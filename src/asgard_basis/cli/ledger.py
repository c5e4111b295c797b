"""`basis ledger check`: whether the books add up, in themselves and with the venues."""

import asyncio

import typer

from asgard_basis import observability
from asgard_basis.application.accounting.books_check import Checked
from asgard_basis.bootstrap import open_app
from asgard_basis.cli.running import settings_here
from asgard_basis.domain.identifiers import UserId
from asgard_basis.domain.money import cents, plain
from asgard_basis.settings import Settings


def check(user: str | None) -> int:
    """Print what is off for one user or all; 1 when anything is, or is missing or unproven.

    Postings must add up to nothing, a position's entries to its own record within a cent, what is
    held to the venues within a cent and a lot. Nothing is changed.
    """
    settings = settings_here()
    observability.configure(level="WARNING", service="ledger")
    found = asyncio.run(_checked(settings, user))
    if not found:
        typer.echo("Nobody has books yet.")
        return 0
    return max(_told(each) for each in found)


async def _checked(settings: Settings, user: str | None) -> list[Checked]:
    async with open_app(settings) as app:
        if user is not None:
            return [await app.accounting.check.one(UserId(user))]
        return await app.accounting.check.everybody()


def _told(checked: Checked) -> int:
    typer.echo(f"{checked.user_id}  {plain(cents(checked.entries_usd))} USD by the books")
    for off in checked.off:
        typer.echo(f"  OFF      {off.what}: booked {off.booked:.6f}, stated {off.stated:.6f}")
    for what in checked.missing:
        typer.echo(f"  MISSING  {what}")
    for what in checked.unasked:
        typer.echo(f"  UNKNOWN  {what}")
    if not (checked.off or checked.missing or checked.unasked):
        typer.echo("  all adds up")
        return 0
    return 1
