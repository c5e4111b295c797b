"""Where the simulated venues keep their books so that a killed world comes back the same."""

import sqlite3
from pathlib import Path
from typing import Protocol, TypeVar

import msgspec

T = TypeVar("T")


class Store(Protocol):
    """Buckets of values by key. A write is durable when `commit` has returned."""

    def put(self, bucket: str, key: str, value: object) -> None:
        """Set one value; any dataclass, Struct, Decimal, bytes or JSON value."""
        ...

    def delete(self, bucket: str, key: str) -> None:
        """Forget one value; unknown keys are fine."""
        ...

    def load(self, bucket: str, kind: type[T]) -> dict[str, T]:
        """All values of a bucket, decoded as `kind`, in insertion order of their keys."""
        ...

    def commit(self) -> None:
        """Make everything written so far durable."""
        ...


class MemoryStore:
    """A store that forgets when the process ends, for tests and benchmarks."""

    def __init__(self) -> None:
        self._buckets: dict[str, dict[str, bytes]] = {}

    def put(self, bucket: str, key: str, value: object) -> None:
        """Set one value."""
        self._buckets.setdefault(bucket, {})[key] = msgspec.json.encode(value)

    def delete(self, bucket: str, key: str) -> None:
        """Forget one value."""
        self._buckets.get(bucket, {}).pop(key, None)

    def load(self, bucket: str, kind: type[T]) -> dict[str, T]:
        """All values of a bucket."""
        rows = self._buckets.get(bucket, {})
        return {key: msgspec.json.decode(raw, type=kind) for key, raw in rows.items()}

    def commit(self) -> None:
        """Nothing to do: memory is as durable as the process."""


class SqliteStore:
    """A store in one SQLite file, safe against kill -9 at any moment."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(path, check_same_thread=False)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=NORMAL")
        self._connection.execute(
            "CREATE TABLE IF NOT EXISTS entries (bucket TEXT NOT NULL, key TEXT NOT NULL,"
            " value BLOB NOT NULL, PRIMARY KEY (bucket, key))"
        )
        self._connection.commit()

    def put(self, bucket: str, key: str, value: object) -> None:
        """Set one value."""
        self._connection.execute(
            "INSERT INTO entries (bucket, key, value) VALUES (?, ?, ?)"
            " ON CONFLICT (bucket, key) DO UPDATE SET value = excluded.value",
            (bucket, key, msgspec.json.encode(value)),
        )

    def delete(self, bucket: str, key: str) -> None:
        """Forget one value."""
        self._connection.execute("DELETE FROM entries WHERE bucket = ? AND key = ?", (bucket, key))

    def load(self, bucket: str, kind: type[T]) -> dict[str, T]:
        """All values of a bucket."""
        rows = self._connection.execute(
            "SELECT key, value FROM entries WHERE bucket = ? ORDER BY rowid", (bucket,)
        )
        return {key: msgspec.json.decode(raw, type=kind) for key, raw in rows}

    def commit(self) -> None:
        """Make everything written so far durable."""
        self._connection.commit()

    def close(self) -> None:
        """Commit and release the file."""
        self._connection.commit()
        self._connection.close()
