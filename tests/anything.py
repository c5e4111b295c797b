"""Values of any of our types, drawn by what their fields are declared to be."""

import random
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, DecimalException
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from asgard_basis.domain.errors import DomainError

MOMENT = datetime(2025, 6, 1, tzinfo=UTC)
_TRIES = 200
_UNFIT = (DomainError, ValueError, IndexError, DecimalException)


class Anything:
    """Draws values; the same seed draws the same."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)

    def fitting(self, make: Callable[[], Any]) -> Any:
        """What `make` gives, drawn again while its types do not allow what was drawn."""
        for _ in range(_TRIES):
            try:
                return make()
            except _UNFIT:
                continue
        return make()

    def of(self, kind: Any) -> Any:
        """One value of that type."""
        if hasattr(kind, "__supertype__"):
            return self.of(kind.__supertype__)
        origin, inside = get_origin(kind), get_args(kind)
        if origin in (UnionType, Union):
            return self.of(self._chance.choice(inside))
        if origin is tuple:
            return self._tuple(inside)
        if origin is frozenset:
            return frozenset(self.of(inside[0]) for _ in range(self._chance.randint(0, 2)))
        if origin is not None and issubclass(origin, Mapping):
            return {self.of(inside[0]): self.of(inside[1]) for _ in range(2)}
        if is_dataclass(kind) and isinstance(kind, type):
            return self.fitting(lambda: self._instance(kind))
        return self._plain(kind)

    def _instance(self, kind: type[Any]) -> Any:
        types = get_type_hints(kind)
        return kind(**{field.name: self.of(types[field.name]) for field in fields(kind)})

    def _tuple(self, inside: tuple[Any, ...]) -> tuple[Any, ...]:
        if len(inside) == 2 and inside[1] is Ellipsis:
            return tuple(self.of(inside[0]) for _ in range(self._chance.randint(0, 3)))
        return tuple(self.of(each) for each in inside)

    def _plain(self, kind: Any) -> Any:
        chance = self._chance
        if kind is NoneType:
            return None
        if kind is bool:
            return chance.random() < 0.5
        if kind is int:
            return chance.choice([0, 1, 2, 5, 20, 60, 1000])
        if kind is str:
            return chance.choice(["", "something", "Sól ◎"])
        if kind is Decimal:
            sign = -1 if chance.random() < 0.1 else 1
            return sign * Decimal(chance.randint(0, 4 * 10**6)).scaleb(-chance.choice([3, 6, 8]))
        if kind is datetime:
            return MOMENT + timedelta(seconds=chance.randint(-7200, 7200))
        if kind is timedelta:
            return timedelta(seconds=chance.randint(0, 86_400))
        if isinstance(kind, type) and issubclass(kind, Enum):
            return chance.choice(list(kind))
        raise TypeError(f"nothing can be drawn of {kind}")
