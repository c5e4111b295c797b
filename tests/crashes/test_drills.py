"""A drill for each playbook: a hedged pair is on board, something fails, and comes back.

What is sent meanwhile is read in the venues' own journal; the loss is held against the stated
maximum, which `docs/concepts/playbooks.md` repeats.
"""

import os
import signal
import time
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from asgard_basis.cli.visitor import ApiError, wait_for
from tests.crashes.machine import Machine
from tests.crashes.saver import ENTRY, Saver, savers
from tests.crashes.test_interrupted import ORDER

D = Decimal
PAIR = {**ENTRY, "asset": "jitoSOL"}
MOVES_MONEY = {"order", "sendTransaction", "eth_sendRawTransaction", "updateIsolatedMargin"}
POST_ONLY = (
    '{"status":"ok","response":{"type":"order","data":{"statuses":['
    '{"error":"Only post-only orders allowed immediately after a network upgrade."}]}}}'
)


class Drilled:
    """Somebody with a hedged pair, through one failure after another."""

    def __init__(self, person: Saver, position: dict[str, Any]) -> None:
        self.person = person
        self.machine = person.machine
        self.position = position
        self.path = f"/positions/{position['id']}"
        self._mark = 0

    def begin(self) -> Decimal:
        """Remember what was sent so far; what the pair has earned so far."""
        entries = self.machine.requests()
        self._mark = max((entry["number"] for entry in entries), default=0)
        return self.earned()

    def sent(self) -> list[str]:
        """What has moved money since."""
        entries = self.machine.requests(self._mark)
        done = [entry for entry in entries if entry["status"] == 200]
        submitted = [entry["route"] for entry in done if "/submit-" in entry["route"]]
        asked = [entry["operation"] for entry in done]
        return [*submitted, *(operation for operation in asked if operation in MOVES_MONEY)]

    def playbook(self, name: str) -> dict[str, Any]:
        """As the dashboard shows it."""
        listed = self.person.visitor.get("/playbooks")["playbooks"]
        return next(entry for entry in listed if entry["name"] == name)

    def in_force(self, name: str, *, seconds: float = 60) -> dict[str, Any]:
        """The playbook, once it is in force and the pair's owner was told."""

        def found() -> dict[str, Any] | None:
            try:
                entry = self.playbook(name)
            except ApiError:
                return None
            is_told = self.position["id"] in entry["concerns"]
            return entry if entry["is_active"] and is_told else None

        entry: dict[str, Any] = wait_for(found, seconds=seconds, what=name)
        assert entry["since"] is not None
        assert entry["done"]
        alarms = self.person.visitor.get("/alarms")["alarms"]
        own = [a for a in alarms if a["kind"] == "playbook" and a["is_open"]]
        assert self.position["id"] in {alarm["position_id"] for alarm in own}
        return entry

    def is_over(self, name: str) -> None:
        """Wait until it is, and nobody is told of it any more."""

        def over() -> bool | None:
            entry = self.playbook(name)
            return True if not entry["is_active"] and entry["concerns"] == [] else None

        wait_for(over, seconds=60, what=f"the end of {name}")

    def refuses_openings(self) -> None:
        """Among the checks, one forbids it because of what is going on."""
        checks = self.person.visitor.post("/positions/preflight", ENTRY)["checks"]
        codes = {check["code"] for check in checks if not check["passed"]}
        assert codes & {"RSK-0004", "RSK-0007", "RSK-0009"}, codes

    def is_hedged_still(self) -> None:
        now = self.person.visitor.get(self.path)
        assert now["state"] == "hedged"
        assert now["short"]["size_sol"] == self.position["short"]["size_sol"]
        assert self.person.books.short() == f"-{now['short']['size_sol']}"
        assert len(self.person.books.longs()) == 1

    def earned(self) -> Decimal:
        """The pair's result so far, in USD."""

        def known() -> Decimal | None:
            result = self.person.visitor.get(self.path)["result"]
            return None if result is None else D(result["total"])

        found: Decimal = wait_for(known, seconds=30, what="the result")
        return found

    def rests(self, name: str, entry: dict[str, Any], before: Decimal) -> None:
        """All is as it was, and cost no more than was stated."""
        self.is_over(name)
        self.is_hedged_still()
        lost = before - self.earned()
        assert lost <= D(entry["loss_max_usd"]) < 60, (lost, entry["loss_max_usd"])
        assert self.machine.world.audit()["balanced"]
        cards = self.person.visitor.get(f"/decisions?position_id={self.position['id']}")
        told = [c["verdict"] for c in cards["decisions"] if c["rule"] == f"playbook.{name}"]
        assert len(told) >= 2, told
        assert told[0] == "hold"


def hang(machine: Machine, name: str, *, seconds: float) -> None:
    """A server that neither answers nor ends."""
    pid = machine.pids()[name]
    os.kill(pid, signal.SIGSTOP)
    try:
        time.sleep(seconds)
    finally:
        os.kill(pid, signal.SIGCONT)


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A product of its own: what fails here fails for everybody on it."""
    home = tmp_path_factory.mktemp("drills")
    found = Machine(home, BASIS_SEED="26", BASIS_START="2026-11-01T00:00:00Z")
    try:
        yield found
    finally:
        found.close()


@pytest.fixture(scope="module")
def drilled(machine: Machine) -> Drilled:
    (person,) = savers(machine, "drilled")
    position = person.open_pair(PAIR)
    return Drilled(person, position)


@pytest.fixture(autouse=True)
def _calm_afterwards(machine: Machine) -> Iterator[None]:
    yield
    machine.world.start_scenario("calm")
    machine.world.clear_faults()


def test_the_pair_is_held_without_signatures_without_the_exchange_and_off_its_peg(
    machine: Machine, drilled: Drilled
) -> None:
    """All three at once, which is worse than each; the loss stays under each one's maximum."""
    before = drilled.begin()
    for scenario in ("privy_down", "hyperliquid_storm", "lst_depeg"):
        machine.world.start_scenario(scenario)
    names = ("signing_down", "hyperliquid_refusing", "lst_depeg")
    entries = {name: drilled.in_force(name) for name in names}
    drilled.refuses_openings()
    assert drilled.sent() == []
    machine.world.start_scenario("calm")
    for name, entry in entries.items():
        drilled.rests(name, entry, before)
    assert drilled.sent() == []


def test_a_price_that_nobody_confirms_moves_nothing(machine: Machine, drilled: Drilled) -> None:
    before = drilled.begin()
    machine.world.start_scenario("asgard_down")
    machine.world.mischief("shock", kind="price", size="-0.12", minutes="0.02")
    entry = drilled.in_force("price_untrusted")
    drilled.refuses_openings()
    assert drilled.sent() == []
    machine.world.start_scenario("calm")
    drilled.rests("price_untrusted", entry, before)


def test_the_database_may_be_killed(machine: Machine, drilled: Drilled) -> None:
    drilled.begin()
    pid = machine.pids()["postgresql"]
    machine.kill("postgresql")
    machine.wait_for_successor("postgresql", pid)
    machine.wait_until_ready()
    drilled.is_over("stores_away")
    drilled.is_hedged_still()
    assert drilled.sent() == []


def test_a_stuck_bridge_and_a_hanging_redis_lose_nothing_and_send_nothing_twice(
    machine: Machine, drilled: Drilled
) -> None:
    person, before = drilled.person, drilled.begin()
    usdc = D(person.visitor.get("/balances")["arbitrum"]["usdc"])
    machine.world.start_scenario("bridge_stuck")
    job = person.begin_deposit("20")
    person.wait_for_step(job, "await_credit")
    machine.world.advance(hours=0.5)
    hang(machine, "valkey", seconds=8)
    entries = {name: drilled.in_force(name) for name in ("stores_away", "bridge_stuck")}
    machine.world.start_scenario("calm")
    assert person.visitor.job(job)["status"] == "completed"
    for name, entry in entries.items():
        drilled.rests(name, entry, before)
    assert person.books.credits() == ["550.0", "20.0"]
    assert usdc - D(person.visitor.get("/balances")["arbitrum"]["usdc"]) == 20
    # The same signed bytes may be sent again while nobody has seen them land.
    assert set(drilled.sent()) == {"eth_sendRawTransaction"}


def test_a_long_that_gets_no_short_is_sold_again(machine: Machine, drilled: Drilled) -> None:
    """Post-only: the exchange takes no order of ours after an upgrade of its network."""
    (person,) = savers(machine, "early")
    machine.world.add_fault(kind="status", status=200, body=POST_ONLY, **ORDER)
    drilled.begin()
    job = person.visitor.job(person.begin_opening())
    assert job["status"] == "failed"
    assert person.books.longs() == []
    assert person.books.orders() == []
    entry = drilled.in_force("hyperliquid_refusing")
    drilled.refuses_openings()
    (told,) = person.visitor.get("/positions/history")["positions"]
    assert told["state"] == "unwound"
    # Nobody was hedged: what was stated is for a pair of the same size.
    assert D(told["result"]["total"]) >= -D(entry["loss_max_usd"])
    machine.world.clear_faults()
    drilled.is_hedged_still()


def test_leaving_waits_for_a_halted_chain_with_both_legs(
    machine: Machine, drilled: Drilled
) -> None:
    """The last one: it ends the pair."""
    person = drilled.person
    drilled.begin()
    machine.world.start_scenario("solana_halt")
    entry = drilled.in_force("solana_halted")
    drilled.refuses_openings()
    accepted = person.visitor.post(f"{drilled.path}/close")

    def waits() -> bool | None:
        job = person.visitor.get(f"/positions/jobs/{accepted['job_id']}")
        return True if job["waiting_for"] == "Solana" else None

    wait_for(waits, seconds=60, what="the closing to wait")
    assert drilled.sent() == []
    assert person.books.short() != "0"
    machine.world.start_scenario("calm")
    job = person.visitor.job(accepted["job_id"])
    assert (job["status"], job["remains"]) == ("completed", [])
    drilled.is_over("solana_halted")
    assert (person.books.short(), person.books.longs()) == ("0", [])
    (told, *_) = person.visitor.get("/positions/history")["positions"]
    assert D(told["result"]["total"]) >= -D(entry["loss_max_usd"])
    assert machine.world.audit()["balanced"]
