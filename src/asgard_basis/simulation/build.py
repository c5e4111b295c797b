"""How the product is put together for a simulation; a deliberately broken one must be noticed."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from asgard_basis.adapters.memory.locks import LeaseBook
from asgard_basis.application.trading.saga_runner import SagaRunner
from asgard_basis.bootstrap.outside import Outside
from asgard_basis.ports.coordination import Locks
from asgard_basis.ports.unit_of_work import Transactions
from asgard_basis.simulation.steps import NotedRunner

T = TypeVar("T")


def _same(value: T) -> T:
    return value


@dataclass(frozen=True, slots=True)
class Build:
    """Each function is given the real thing of one process and returns what is used instead."""

    runner: type[SagaRunner] = NotedRunner
    transactions: Callable[[Transactions], Transactions] = _same
    locks: Callable[[Locks], Locks] = _same
    leases: Callable[[LeaseBook], LeaseBook] = _same
    """Given the true one, which the witness goes by."""
    outside: Callable[[Outside], Outside] = _same
