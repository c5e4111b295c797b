"""A bucket of the store kept in memory: read from a dict, written through."""

from collections.abc import Callable, Iterator
from itertools import islice, takewhile
from typing import Generic, TypeVar

from asgard_paper.kernel.store import Store

T = TypeVar("T")


class Shelf(Generic[T]):
    """Records of one kind by id, in order of creation."""

    def __init__(self, store: Store, bucket: str, kind: type[T]) -> None:
        self._store = store
        self._bucket = f"privy.{bucket}"
        self._records = store.load(self._bucket, kind)

    def get(self, key: str) -> T | None:
        """The record, or None."""
        return self._records.get(key)

    def put(self, key: str, record: T) -> None:
        """Add or replace a record."""
        self._records[key] = record
        self._store.put(self._bucket, key, record)

    def remove(self, key: str) -> None:
        """Forget a record; unknown keys are fine."""
        if self._records.pop(key, None) is not None:
            self._store.delete(self._bucket, key)

    def keys_until(self, stop: Callable[[T], bool]) -> list[str]:
        """Keys of the oldest records, up to the first for which `stop` holds."""
        oldest = takewhile(lambda entry: not stop(entry[1]), self._records.items())
        return [key for key, _ in oldest]

    def oldest_beyond(self, kept: int) -> list[str]:
        """Keys of the oldest records, all but the newest `kept`."""
        return list(islice(self._records, max(0, len(self._records) - kept)))

    def __iter__(self) -> Iterator[T]:
        return iter(list(self._records.values()))

    def __len__(self) -> int:
        return len(self._records)
