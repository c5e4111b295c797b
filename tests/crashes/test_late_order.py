"""A stop while nobody can tell what became of an order: what can be reached is closed at once."""

from collections.abc import Iterator
from typing import Any

import pytest

from asgard_basis.cli.visitor import wait_for
from tests.crashes.machine import Machine
from tests.crashes.saver import Saver, savers
from tests.crashes.test_interrupted import ORDER

EXCHANGE = {"venue": "hyperliquid"}
UNTOLD = ("orderStatus", "noop")
"""What is asked for the fate of an order, and what makes it impossible."""


@pytest.fixture(autouse=True)
def _no_fault_left(machine: Machine) -> Iterator[None]:
    yield
    machine.world.clear_faults()


def _job(person: Saver, job_id: str) -> dict[str, Any]:
    job: dict[str, Any] = person.visitor.get(f"/positions/jobs/{job_id}")
    return job


def _waiting(person: Saver, job_id: str) -> dict[str, Any] | None:
    job = _job(person, job_id)
    is_sold = any((s["name"], s["status"]) == ("close_long", "done") for s in job["steps"])
    return job if is_sold and job["waiting_for"] == "Hyperliquid" else None


@pytest.mark.parametrize(
    ("lost", "is_killed"), [("drop_after", False), ("drop_before", True)], ids=["done", "never"]
)
def test_the_long_is_sold_while_an_order_has_no_answer(
    machine: Machine, lost: str, is_killed: bool
) -> None:
    (person,) = savers(machine, f"late-{lost}")
    position = person.open_pair()
    machine.world.add_fault(kind=lost, remaining=1, **ORDER)
    for operation in UNTOLD:
        machine.world.add_fault(kind="status", status=503, operation=operation, **EXCHANGE)
    job_id = person.visitor.post(f"/positions/{position['id']}/close")["job_id"]
    person.wait_for_step(job_id, "close_short")
    wait_for(
        lambda: machine.faults()[0]["remaining"] == 0 or None, seconds=30, what="the lost order"
    )
    machine.world.add_fault(kind="status", status=503, **EXCHANGE)
    assert len(person.books.longs()) == 1

    pid = machine.pids()["work"]
    stop = person.visitor.post("/control/emergency-stop", {"reason": "enough"})
    assert [job["job_id"] for job in stop["jobs"]] == [job_id]
    if is_killed:
        machine.kill("work")
        machine.wait_for_successor("work", pid)

    wait_for(lambda: person.books.longs() == [] or None, seconds=60, what="the long's sale")
    job = wait_for(lambda: _waiting(person, job_id), seconds=60, what="waiting for the exchange")
    assert job["status"] == "running"
    (left,) = job["remains"]
    size = position["short"]["size_sol"]
    assert left == (
        f"short of {size} SOL on Hyperliquid; an order to buy back {size} is not answered yet"
    )

    machine.world.clear_faults()
    ended = person.visitor.job(job_id)
    assert (ended["status"], ended["error"], ended["remains"]) == ("completed", None, [])
    assert person.books.short() == "0"
    # Sold once and bought back once, whichever of the orders did it; and the long sold once.
    assert [side for _, side in person.books.orders()] == ["A", "B"]
    assert len(person.books.longs("/closed")) == 1
    tries = [s["status"] for s in ended["steps"] if s["name"] == "close_short"]
    assert tries == (["done"] if lost == "drop_after" else ["failed", "done"])
    assert machine.world.audit()["balanced"]
    person.visitor.post("/control/resume")
