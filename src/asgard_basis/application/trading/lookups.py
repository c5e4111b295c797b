"""Asking what became of something that may have happened."""

from collections.abc import Awaitable
from typing import TypeVar

from asgard_basis.domain.errors import ErrorCode, OutcomeUnknown, Refused, Unavailable

T = TypeVar("T")


async def looked_up(asking: Awaitable[T], unknown: ErrorCode) -> T:
    """The answer; a look-up that fails says nothing about what was looked for.

    Whoever asked must not take the venue's refusal to answer for a refusal of the thing itself:
    it would be done twice. Raises OutcomeUnknown under `unknown` for both kinds of failure.
    """
    try:
        return await asking
    except (Refused, Unavailable) as error:
        raise OutcomeUnknown(unknown, error.message, error.details) from error
