"""One leg stands alone and nothing can be done about it: it is told of, and never lost."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from asgard_basis.cli.visitor import wait_for
from tests.crashes.machine import Machine
from tests.crashes.saver import Saver, savers
from tests.crashes.test_interrupted import ORDER, SUBMIT

LONG_ENOUGH_HOURS = 0.05
"""Of market time: longer than one leg may stand alone without an alarm."""
REFUSAL = '{"status":"err","response":"Insufficient margin to place order. asset=5"}'
UNSELLABLE = '{"error":"No route found"}'
CLOSE = {"venue": "asgard", "route": "*/close-position"}
ENDED = {"hedged", "closed", "unwound"}


@pytest.fixture(autouse=True)
def _calm_afterwards(machine: Machine) -> Iterator[None]:
    yield
    machine.world.start_scenario("calm")
    machine.world.clear_faults()


def test_a_long_that_nobody_can_sign_a_hedge_for_is_told_of_and_comes_to_rest(
    machine: Machine,
) -> None:
    (person,) = savers(machine, "unsigned")
    before = _usdc(person)
    machine.world.add_fault(kind="delay", delay_ms=3_000, remaining=1, **SUBMIT)
    job = person.begin_opening()
    person.wait_for_step(job, "open_long")
    machine.world.start_scenario("privy_down")

    person.wait_for_step(job, "read_long", "done")
    machine.world.advance(hours=LONG_ENOUGH_HOURS)
    alarm = wait_for(lambda: _alarm(person), seconds=60, what="an alarm")

    # The venue has the long and nothing else, and so say journal, state and alarm.
    assert len(person.books.longs()) == 1
    assert person.books.short() == "0"
    (position,) = person.visitor.get("/positions")["positions"]
    assert position["state"] in {"opening_short", "unwinding", "stuck_unwind"}
    assert position["long"] is not None
    assert position["short"] is None
    _tells_of(alarm, position)
    pid = machine.pids()["work"]
    machine.kill("work")
    machine.wait_for_successor("work", pid)
    still = _alarm(person)
    assert still is not None
    assert still["id"] == alarm["id"]

    machine.world.start_scenario("calm")
    wait_for(lambda: _at_rest(person, position["id"]), seconds=120, what="rest")
    _gets_out(person, position["id"], before)


def test_a_long_that_cannot_be_sold_again_waits_for_one_button(machine: Machine) -> None:
    (person,) = savers(machine, "stuck")
    before = _usdc(person)
    machine.world.add_fault(kind="status", status=200, body=REFUSAL, **ORDER)
    machine.world.add_fault(kind="status", status=400, body=UNSELLABLE, **CLOSE)

    job = person.visitor.job(person.begin_opening(), seconds=180)

    assert (job["status"], job["error"]["code"]) == ("failed", "POS-0004"), job
    (position,) = person.visitor.get("/positions")["positions"]
    assert position["state"] == "stuck_unwind"
    alarm = _alarm(person)
    assert alarm is not None
    _tells_of(alarm, position)
    assert alarm["kind"] == "stuck_unwind"
    assert alarm["can_retry"]
    assert alarm["tried"]

    machine.world.clear_faults()
    assert person.visitor.close(position["id"])["status"] == "completed"

    assert person.books.orders() == []
    _gets_out(person, position["id"], before)


def _tells_of(alarm: dict[str, Any], position: dict[str, Any]) -> None:
    assert alarm["position_id"] == position["id"]
    exposed, held = Decimal(alarm["exposure_sol"]), Decimal(position["long"]["collateral"])
    # An alarm tells hundredths of SOL; staked SOL is worth more than SOL.
    assert held - Decimal("0.005") <= exposed < 2 * held
    assert Decimal(alarm["exposure_usd"]) > 500


def _gets_out(person: Saver, position_id: str, before: Decimal) -> None:
    """Close what is held; afterwards nothing is, no alarm is open, and the money adds up."""
    if person.visitor.get(f"/positions/{position_id}")["state"] == "hedged":
        assert person.visitor.close(position_id)["status"] == "completed"
    assert [side for _, side in person.books.orders()] in ([], ["A", "B"])
    assert person.books.short() == "0"
    assert person.books.longs() == []
    assert len(person.books.longs("/closed")) == 1
    # Whoever watches exposures ends the alarm about signatures, in the next round.
    wait_for(lambda: True if _alarm(person) is None else None, seconds=60, what="no alarm")
    (told,) = person.visitor.get("/positions/history")["positions"]
    lost = Decimal(told["result"]["total"])
    assert abs(_usdc(person) - before - lost) < Decimal("0.5")  # fees paid in SOL
    assert person.machine.world.audit()["balanced"]


def _alarm(person: Saver) -> dict[str, Any] | None:
    found = person.visitor.get("/alarms")["alarms"]
    own = [alarm for alarm in found if alarm["kind"] != "playbook"]  # drilled elsewhere
    return next((alarm for alarm in own if alarm["resolved_at"] is None), None)


def _at_rest(person: Saver, position_id: str) -> dict[str, Any] | None:
    """The position once nothing is to be done; a stuck one is asked for once more, as by button."""
    found: dict[str, Any] = person.visitor.get(f"/positions/{position_id}")
    if found["state"] == "stuck_unwind":
        person.visitor.close(position_id)
        return None
    return found if found["state"] in ENDED else None


def _usdc(person: Saver) -> Decimal:
    balances: dict[str, Any] = person.visitor.get("/balances")
    at_the_exchange = Decimal(balances["hyperliquid"]["account_value_usd"])
    return Decimal(balances["solana"]["usdc"]) + at_the_exchange
