"""A worker dies while money crosses the chains, or while one leg is cut alone."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from asgard_basis.cli.visitor import wait_for
from tests.crashes.machine import Machine
from tests.crashes.saver import Saver, savers
from tests.journeys.test_books import check

D = Decimal
BURN = {"venue": "solana", "operation": "sendTransaction"}
CIRCLE = {"venue": "circle", "route": "/v2/messages/*"}
ORDER = {"venue": "hyperliquid", "operation": "order"}
_PATIENCE_SECONDS = 60.0


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A product of its own: the price it moves is everybody's."""
    found = Machine(tmp_path_factory.mktemp("under-way"), BASIS_SEED="7")
    try:
        yield found
    finally:
        found.close()


@pytest.fixture(scope="module")
def people(machine: Machine) -> tuple[Saver, Saver]:
    """Whose money crosses, and whose leg is cut alone."""
    first, second = savers(machine, "crossing", "lonely")
    return first, second


def killed(machine: Machine) -> None:
    """The worker, and its successor is there."""
    pid = machine.pids()["work"]
    machine.kill("work")
    machine.wait_for_successor("work", pid)


def moves(person: Saver) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = person.visitor.get("/deposits")["moves"]
    return found


def rests(person: Saver, path: str) -> dict[str, Any]:
    """The pair, once nothing works on it and both its legs match."""

    def there() -> dict[str, Any] | None:
        found: dict[str, Any] = person.visitor.get(path)
        is_calm = found["state"] == "hedged" and found["job_id"] is None
        return found if is_calm and found["delta_fraction"] is not None else None

    found: dict[str, Any] = wait_for(there, seconds=_PATIENCE_SECONDS, what="a pair at rest")
    assert abs(D(found["delta_fraction"])) < D("0.01")
    assert -D(person.books.short()) == D(found["short"]["size_sol"])
    return found


def adds_up(person: Saver) -> None:
    """The books agree with the venues, and nothing is on its way."""

    def agreed() -> bool | None:
        stack, user = person.machine.stack, person.visitor.get("/auth/me")["user_id"]
        return True if check(stack, user).returncode == 0 else None

    wait_for(agreed, seconds=90, what="agreement of the books")


def test_money_that_crosses_arrives_once_whoever_dies_meanwhile(
    machine: Machine, people: tuple[Saver, Saver]
) -> None:
    person, _ = people
    leave = {"is_given": True, "per_move_usd": "400", "per_day_usd": "400", "may_cross": True}
    assert person.visitor.put("/settings/moves", leave)["can_cross"]
    path = f"/positions/{person.open_pair()['id']}"
    # The chain has the burn long after the worker that sent it has died.
    machine.world.add_fault(kind="delay", delay_ms=9_000, remaining=1, **BURN)
    machine.world.mischief("shock", kind="price", size="0.22", minutes="0.1")
    (move,) = wait_for(lambda: moves(person) or None, seconds=_PATIENCE_SECONDS, what="a move")
    person.wait_for_step(move["job_id"], "burn")
    machine.world.add_fault(kind="status", status=503, **CIRCLE)
    killed(machine)
    person.wait_for_step(move["job_id"], "await_attestation")
    killed(machine)
    person.wait_for_step(move["job_id"], "await_attestation")
    machine.world.clear_faults()

    job = person.visitor.job(move["job_id"])

    assert job["status"] == "completed", job
    (arrived,) = moves(person)
    assert (arrived["place"], arrived["is_certain"]) == ("at_hyperliquid", True)
    assert [D(amount) for amount in person.books.credits()] == [
        D(550),
        D(arrived["amount_usdc"]),
    ]
    done = [step["name"] for step in job["steps"] if step["status"] == "done"]
    assert len(done) == len(set(done))
    rests(person, path)
    assert machine.world.audit()["balanced"]
    alarms = person.visitor.get("/alarms")["alarms"]
    assert "money_stranded" not in {alarm["kind"] for alarm in alarms}
    closed = person.visitor.close(path.removeprefix("/positions/"))
    assert closed["status"] == "completed", closed


def test_a_leg_that_is_cut_alone_is_cut_once_whoever_dies_meanwhile(
    machine: Machine, people: tuple[Saver, Saver]
) -> None:
    crossed, person = people
    position = person.open_pair()
    machine.world.start_scenario("solana_halt")

    def halted() -> bool | None:
        listed = person.visitor.get("/playbooks")["playbooks"]
        return next(e["is_active"] for e in listed if e["name"] == "solana_halted") or None

    wait_for(halted, seconds=_PATIENCE_SECONDS, what="the halt to be noticed")
    machine.world.add_fault(kind="delay", delay_ms=9_000, remaining=1, **ORDER)
    job = str(person.visitor.post(f"/positions/{position['id']}/close")["job_id"])
    machine.world.mischief("shock", kind="price", size="0.325", minutes="0.1")
    person.wait_for_step(job, "close_short")
    assert [side for _, side in person.books.orders()] == ["A"]
    killed(machine)

    def bought() -> str | None:
        return person.books.short() if len(person.books.orders()) > 1 else None

    short: str = wait_for(bought, seconds=_PATIENCE_SECONDS, what="the cut")
    assert 0 < -D(short) < D(position["short"]["size_sol"])
    assert len(person.books.longs("/closed")) == 0
    machine.world.start_scenario("calm")
    closed = person.visitor.job(job)
    assert (closed["status"], closed["remains"]) == ("completed", [])
    assert (person.books.short(), person.books.longs()) == ("0", [])
    # The delayed order came too late or was the one that was found: never another beside it.
    assert [side for _, side in person.books.orders()] == ["A", "B", "B"]
    for each in (crossed, person):
        adds_up(each)
    assert machine.world.audit()["balanced"]
