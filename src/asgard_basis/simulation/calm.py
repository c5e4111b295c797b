"""A world in which nothing goes wrong, and ids that are counted instead of drawn."""

import uuid

from asgard_basis.simulation.membrane import Membrane
from asgard_basis.simulation.network import Passage, Request

_THERE = 0.02
_BACK = 0.02


class Calm:
    """Implements Weather: every request arrives, every answer comes back."""

    def passage(self, request: Request) -> Passage:
        """Always the same."""
        return Passage(_THERE, _BACK)

    def arrived(self, request: Request, status: int) -> None:
        """Nobody asks."""


class CountedIds:
    """Ids that look drawn and are the same in every run."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._count = 0

    def __call__(self) -> str:
        """The next one."""
        self._count += 1
        return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{self._name}/{self._count}"))


async def never(membrane: Membrane, place: str) -> None:
    """Watches a membrane and does nothing."""
