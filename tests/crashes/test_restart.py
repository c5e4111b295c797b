"""The product ends and begins again; whatever ended it, nothing that was told is lost."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from tests.crashes.machine import Machine, alive, family
from tests.crashes.saver import Saver, saver


@dataclass
class Owner:
    """Somebody with a hedged position, as it was when it was opened."""

    person: Saver
    position: dict[str, Any]
    longs: list[str]

    def has_it_still(self) -> None:
        """The same cookie shows the same pair, and the venues hold it."""
        person, then = self.person, self.position
        assert person.visitor.get("/auth/me")["email"] == "owner@example.com"
        now = person.visitor.get(f"/positions/{then['id']}")
        assert now["state"] == "hedged"
        assert now["short"]["size_sol"] == then["short"]["size_sol"]
        assert person.books.short() == f"-{then['short']['size_sol']}"
        assert person.books.longs() == self.longs
        # the lender pays interest in SOL
        earned = Decimal(now["long"]["collateral"]) - Decimal(then["long"]["collateral"])
        assert 0 <= earned < Decimal("0.01")
        assert person.machine.world.audit()["balanced"]


@pytest.fixture(scope="module")
def owner(machine: Machine) -> Owner:
    """They came first, and stay through everything."""
    person = saver(machine, "owner")
    position = person.hedged(person.begin_opening())
    return Owner(person, position, person.books.longs())


def test_sigterm_ends_every_process_and_loses_nothing(machine: Machine, owner: Owner) -> None:
    everything = family(machine.stack.process.pid)
    assert len(everything) > len(machine.pids())  # anvil, and PostgreSQL's own children
    before = machine.world.clock()["now_ms"]

    assert machine.stop() == 0

    assert alive(everything) == []
    assert not (machine.home / "run.json").exists()
    assert machine.said().rstrip().endswith("Everything is saved.")
    assert machine.world.clock()["now_ms"] >= before
    owner.has_it_still()


def test_killing_everything_at_once_loses_nothing_that_was_acknowledged(
    machine: Machine, owner: Owner
) -> None:
    person = owner.person
    other = saver(machine, "sender")
    machine.world.add_fault(
        kind="delay", venue="arbitrum", operation="eth_sendRawTransaction",
        delay_ms=4000, remaining=1,
    )  # fmt: skip
    unsent = person.begin_deposit("20")
    person.wait_for_step(unsent, "transfer_to_bridge")
    uncredited = other.begin_deposit("30")
    other.wait_for_step(uncredited, "await_credit")
    before = machine.world.clock()["now_ms"]

    machine.kill_everything()

    assert machine.world.clock()["now_ms"] >= before
    owner.has_it_still()
    for who, job, amounts in (
        (person, unsent, ["550", "20"]),
        (other, uncredited, ["550", "30"]),
    ):
        ended = who.visitor.job(job)
        assert ended["status"] == "completed", ended
        assert [float(amount) for amount in who.books.credits()] == [float(a) for a in amounts]
    assert machine.world.audit()["balanced"]


@pytest.mark.parametrize("name", ["postgresql", "valkey"])
def test_a_killed_database_comes_back_and_the_work_in_hand_is_finished(
    machine: Machine, owner: Owner, name: str
) -> None:
    person = owner.person
    credits = len(person.books.credits())
    pid = machine.pids()[name]
    job = person.begin_deposit("6")
    person.wait_for_step(job, "transfer_to_bridge")

    machine.kill(name)

    machine.wait_for_successor(name, pid)
    machine.wait_until_ready()
    assert f"{name} ended (signal 9); starting it again" in machine.said()
    ended = person.visitor.job(job)
    assert ended["status"] == "completed", ended
    assert len(person.books.credits()) == credits + 1
    owner.has_it_still()
