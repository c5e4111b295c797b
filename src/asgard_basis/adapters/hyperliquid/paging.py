"""Reading long records page by page without losing a row at the seam."""

from collections.abc import Awaitable, Callable, Hashable
from typing import Protocol, TypeVar


class Timed(Protocol):
    """A row with a wire time."""

    time: int


R = TypeVar("R", bound=Timed)


async def all_rows(
    page: Callable[[int], Awaitable[list[R]]],
    *,
    start: int,
    key: Callable[[R], Hashable],
    page_rows: int,
) -> list[R]:
    """All rows from `start` (ms) on, oldest first, each key once.

    The next page starts at the last row's own time and not after it, because several rows may
    share a millisecond. A page below `page_rows` is the last one, as is one that adds nothing.
    """
    rows: dict[Hashable, R] = {}
    while True:
        fetched = await page(start)
        new = [row for row in fetched if key(row) not in rows]
        rows.update((key(row), row) for row in new)
        if len(fetched) < page_rows or not new:
            return sorted(rows.values(), key=lambda row: row.time)
        start = max(row.time for row in new)
