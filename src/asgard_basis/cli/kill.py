"""`basis kill` and `basis unkill`: they need neither API nor Redis, nor even the database."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager

import asyncpg
import typer

from asgard_basis import observability
from asgard_basis.adapters.postgres.failures import LOST
from asgard_basis.adapters.postgres.pool import open_pool
from asgard_basis.adapters.postgres.unit_of_work import PostgresTransactions
from asgard_basis.adapters.system.clock import SystemClock
from asgard_basis.adapters.system.kill_file import KillFile
from asgard_basis.application.operations.kill_switch import KillState, KillSwitch
from asgard_basis.application.operations.oversight import OverseenTransactions
from asgard_basis.cli.home import Home
from asgard_basis.domain.errors import DomainError, ErrorCode, Unavailable
from asgard_basis.domain.identifiers import UserId
from asgard_basis.domain.money import plain
from asgard_basis.ports.unit_of_work import UnitOfWork


def kill(reason: str) -> None:
    """Forbid everything that increases risk, everywhere; say what is held all the same."""
    observability.configure(level="error", service="operator")
    _tell(asyncio.run(_thrown(reason)))


def unkill() -> None:
    """Lift it, on this machine and in the database."""
    observability.configure(level="error", service="operator")
    _tell(asyncio.run(_released()))


async def _thrown(reason: str) -> KillState:
    async with _switch() as switch:
        try:
            return await switch.throw(reason)
        except DomainError as error:
            typer.echo(error.message, err=True)
            raise typer.Exit(1) from error


async def _released() -> KillState:
    async with _switch() as switch:
        try:
            return await switch.release()
        except DomainError as error:
            typer.echo(f"{error.message}. The kill switch is still on.", err=True)
            raise typer.Exit(1) from error


@contextlib.asynccontextmanager
async def _switch() -> AsyncIterator[KillSwitch]:
    home = Home.from_environment()
    url = home.database_url() or home.told().get("DATABASE_URL")
    flag, clock = KillFile(home.folder), SystemClock()
    try:
        pool = await open_pool(url, size_max=1, name="basis kill") if url else None
    except (*LOST, asyncpg.PostgresError):
        pool = None
    if pool is None:
        yield KillSwitch(transactions=_Nowhere(), flag=flag, clock=clock)
        return
    try:
        overseen = OverseenTransactions(PostgresTransactions(pool), clock)
        yield KillSwitch(transactions=overseen, flag=flag, clock=clock)
    finally:
        await pool.close()


class _Nowhere:
    """Transactions while there is no database: none can be begun."""

    def for_user(self, user_id: UserId) -> AbstractAsyncContextManager[UnitOfWork]:
        raise _away(user_id)

    def for_visitor(self) -> AbstractAsyncContextManager[UnitOfWork]:
        raise _away()

    def for_system(self) -> AbstractAsyncContextManager[UnitOfWork]:
        raise _away()


def _away(_user_id: UserId | None = None) -> Unavailable:
    return Unavailable(ErrorCode.NOT_READY, "The database cannot be reached")


def _tell(state: KillState) -> None:
    typer.echo(f"The kill switch is {'ON' if state.is_on else 'off'}.")
    typer.echo(f"  file       {state.flag or 'not there'}")
    if not state.is_database_known:
        typer.echo("  database   does not answer; workers see the file, and carry it there")
        typer.echo("What is held is not known.")
        return
    typer.echo(f"  database   {state.database or 'not latched'}")
    if not state.exposed:
        typer.echo("Nothing is held.")
        return
    typer.echo("Still held (the switch closes nothing; `basis emergency-stop` does):")
    for held in state.exposure:
        typer.echo(
            f"  {held.position_id}  {held.user_id}  {held.state}"
            f"  long {plain(held.long_tokens)} {held.asset}, short {plain(held.short_sol)} SOL"
        )
