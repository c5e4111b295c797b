"""The settings of the product that runs here, for commands that work beside it."""

import os
from pathlib import Path
from urllib.parse import quote

import typer

from asgard_basis.cli.home import Home
from asgard_basis.cli.paper_process import read_addresses
from asgard_basis.settings import Settings, load_settings


def settings_here() -> Settings:
    """As the environment gives them; in paper mode what `basis up` runs with in this home.

    Raises SettingsRefused when something is missing, typer.Exit when nothing runs here.
    """
    if (os.environ.get("BASIS_MODE") or "paper") != "paper" or os.environ.get("HYPERLIQUID_URL"):
        return load_settings()
    home = Home.from_environment()
    run, paper, database = home.read_run(), read_addresses(home), home.database_url()
    redis = os.environ.get("REDIS_URL") or _redis_url(home, (run or {}).get("redis"))
    if run is None or paper is None or database is None or redis is None:
        typer.echo(f"Nothing is running in {home.folder}: start it with `make run`.", err=True)
        raise typer.Exit(2)
    return load_settings(
        {
            **os.environ,
            **paper.environment,
            "BASIS_MODE": "paper",
            "BASIS_HOME": str(home.folder),
            "DATABASE_URL": database,
            "REDIS_URL": redis,
            "SERVER_SECRET": os.environ.get("SERVER_SECRET") or home.secret("server_secret"),
            "PRIVY_AUTHORIZATION_KEY": os.environ.get("PRIVY_AUTHORIZATION_KEY")
            or home.secret("privy_authorization_key"),
        }
    )


def _redis_url(home: Home, public: object) -> str | None:
    password: Path = home.folder / "valkey" / "password"
    if not isinstance(public, str) or not password.is_file():
        return None
    return public.replace("://", f"://:{quote(password.read_text().strip(), safe='')}@", 1)
