"""Reading recorded market data from a folder, with errors that name the file and the line."""

import csv
import gzip
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

from asgard_paper.kernel.market import hour_of


class HistoryError(ValueError):
    """A recorded file is missing, unreadable or says something impossible."""


@dataclass(frozen=True, slots=True)
class Series:
    """Values by hour, in order of time; between two of them the earlier one holds."""

    hours: list[int]
    rows: list[tuple[Decimal, ...]]


def read_series(folder: Path, stem: str, columns: tuple[str, ...]) -> Series:
    """The named columns of the recording `folder/stem*.csv[.gz]`, one row per hour.

    Times are floored to the hour, because settlements are recorded seconds to minutes late. Of
    two rows in one hour the first stands. Raises HistoryError for anything that is not so.
    """
    path = _find(folder, stem)
    hours: list[int] = []
    rows: list[tuple[Decimal, ...]] = []
    for line, time_ms, row in _lines(path, columns):
        hour = hour_of(time_ms)
        if hours and hour == hours[-1]:
            continue
        if hours and hour < hours[-1]:
            raise HistoryError(f"{path}, line {line}: time goes back")
        hours.append(hour)
        rows.append(row)
    if not hours:
        raise HistoryError(f"{path}: no rows")
    return Series(hours, rows)


def require(series: Series, what: str, holds: Callable[[tuple[Decimal, ...]], bool]) -> Series:
    """The same series, or HistoryError naming `what` and the first hour where it fails."""
    for hour, row in zip(series.hours, series.rows, strict=True):
        if not holds(row):
            raise HistoryError(f"{what}: impossible value {row} at {hour}")
    return series


def _find(folder: Path, stem: str) -> Path:
    found = sorted([*folder.glob(f"{stem}*.csv.gz"), *folder.glob(f"{stem}*.csv")])
    if not found:
        raise HistoryError(f"{folder / stem}*.csv.gz is missing from the recorded history")
    return found[0]


def _lines(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[int, int, tuple[Decimal, ...]]]:
    reader = csv.DictReader(_text(path).splitlines())
    missing = {"time_ms", *columns} - set(reader.fieldnames or ())
    if missing:
        raise HistoryError(f"{path}: no column {', '.join(sorted(missing))}")
    try:
        for row in reader:
            values = tuple(Decimal(row[column]) for column in columns)
            if not all(value.is_finite() for value in values):
                raise ValueError(f"not a number in {row}")
            yield reader.line_num, int(row["time_ms"]), values
    except (InvalidOperation, ValueError, TypeError, csv.Error) as error:
        raise HistoryError(f"{path}, line {reader.line_num}: {error!r}") from error


def _text(path: Path) -> str:
    try:
        raw = path.read_bytes()
        return (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode()
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise HistoryError(f"{path}: cannot be read: {error}") from error
