"""Bringing a database to the present schema: ordered files, each applied once, in a transaction."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources

import asyncpg
from procrastinate.schema import SchemaManager

_LOCK = 0x6261_7369_73
_FILE_NAME = re.compile(r"(\d{4})_([a-z0-9_]+)\.sql")
_INCLUDE = "-- include: procrastinate"


class MigrationRefused(Exception):
    """The database is not one that these files can continue."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One file."""

    version: int
    name: str
    text: str

    @property
    def checksum(self) -> str:
        """SHA-256 of the file itself, hex; what it includes may change with the package."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def statements(self) -> str:
        """What is sent to the database."""
        if self.text.startswith(_INCLUDE):
            return SchemaManager.get_schema() + "\n" + self.text
        return self.text


def shipped_migrations() -> list[Migration]:
    """The files of this version of the product, in order."""
    found = []
    for entry in resources.files("asgard_basis.adapters.postgres.migrations").iterdir():
        match = _FILE_NAME.fullmatch(entry.name)
        if match:
            found.append(Migration(int(match[1]), match[2], entry.read_text(encoding="utf-8")))
    return sorted(found, key=lambda m: m.version)


async def migrate(url: str, migrations: Sequence[Migration] | None = None) -> list[Migration]:
    """Apply what is missing and return it; several processes may call this at once.

    Raises MigrationRefused when an applied file has changed since, or when the database knows
    files that this version does not have (it is newer than the program).
    """
    wanted = list(migrations) if migrations is not None else shipped_migrations()
    connection: asyncpg.Connection[asyncpg.Record] = await asyncpg.connect(
        url, server_settings={"timezone": "UTC", "application_name": "basis migrate"}
    )
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
        await connection.execute(
            "CREATE TABLE IF NOT EXISTS schema_migrations ("
            " version integer PRIMARY KEY, name text NOT NULL, checksum text NOT NULL,"
            " applied_at timestamptz NOT NULL DEFAULT now())"
        )
        rows = await connection.fetch("SELECT version, name, checksum FROM schema_migrations")
        applied = {row["version"]: (row["name"], row["checksum"]) for row in rows}
        _check(applied, wanted)
        missing = [m for m in wanted if m.version not in applied]
        for migration in missing:
            async with connection.transaction():
                await connection.execute(migration.statements)
                await connection.execute(
                    "INSERT INTO schema_migrations (version, name, checksum) VALUES ($1, $2, $3)",
                    migration.version,
                    migration.name,
                    migration.checksum,
                )
        return missing
    finally:
        await connection.close()


def _check(applied: dict[int, tuple[str, str]], wanted: Sequence[Migration]) -> None:
    known = {m.version: m for m in wanted}
    for version, (name, checksum) in sorted(applied.items()):
        migration = known.get(version)
        if migration is None:
            raise MigrationRefused(
                f"the database has migration {version:04d}_{name}, which this version does not"
                " know: it was used by a newer version"
            )
        if migration.checksum != checksum:
            raise MigrationRefused(
                f"migration {version:04d}_{name} was applied with other contents than this"
                " version ships: applied files must never change"
            )
    newest = max(applied, default=0)
    for migration in wanted:
        if migration.version < newest and migration.version not in applied:
            raise MigrationRefused(
                f"migration {migration.version:04d}_{migration.name} is missing from the database"
                f" although {newest:04d} was applied"
            )
