"""One criterion of a decision, with its figure, its limit and what would pass."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the list a person sees."""

    key: str
    label: str
    passed: bool
    figure: str
    limit: str
    remedy: str | None = None
    code: str | None = None
    """Of the error a failing check stands for."""
