"""What venues do by themselves, and what somebody else does to an account, is put right."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import asyncpg
import pytest

from asgard_basis.cli.visitor import wait_for
from tests.crashes.machine import Machine
from tests.crashes.saver import Saver, savers
from tests.journeys.stack import SOURCE

COUNTDOWN = 15


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A product that leaves what is nobody's alone for a few seconds only."""
    found = Machine(
        tmp_path_factory.mktemp("existence"),
        BASIS_SEED="26",
        BASIS_START="2026-11-01T00:00:00Z",
        UNCLAIMED_SECONDS=str(COUNTDOWN),
    )
    try:
        yield found
    finally:
        found.close()


def alarms(person: Saver, *, is_open: bool = True) -> list[dict[str, Any]]:
    """What the database has of a person's alarms."""
    rows: list[dict[str, Any]] = asked(
        person.machine,
        "SELECT alarms.* FROM alarms JOIN users ON users.id = user_id WHERE email = $1"
        " AND (resolved_at IS NULL) = $2 ORDER BY sequence",
        person.email,
        is_open,
    )
    return rows


def asked(machine: Machine, statement: str, *values: object) -> list[dict[str, Any]]:
    """One statement on the product's database, as its workers ask."""
    password = (machine.home / "postgresql" / "password").read_text().strip()
    public = str(json.loads((machine.home / "run.json").read_text())["postgresql"])

    async def ask() -> list[dict[str, Any]]:
        connection = await asyncpg.connect(public.replace("@", f":{password}@", 1))
        try:
            await connection.execute("SET ROLE basis_worker")
            return [dict(row) for row in await connection.fetch(statement, *values)]
        finally:
            await connection.close()

    return asyncio.run(ask())


def wait_for_alarm(person: Saver, kind: str, *, is_open: bool = True) -> dict[str, Any]:
    def raised() -> dict[str, Any] | None:
        return next((a for a in alarms(person, is_open=is_open) if a["kind"] == kind), None)

    found: dict[str, Any] = wait_for(raised, seconds=60, what=f"alarm {kind}")
    return found


def wait_for_short(person: Saver, size: str, *, seconds: float) -> float:
    """Until the account holds that; how long it took."""
    began = time.monotonic()
    wait_for(
        lambda: True if Decimal(person.books.short()) == Decimal(size) else None,
        seconds=seconds,
        what=f"a short of {size}",
    )
    return time.monotonic() - began


def test_a_short_taken_by_adl_is_put_right_within_seconds_and_told(machine: Machine) -> None:
    (person,) = savers(machine, "adl")
    before = usdc(person)
    position = person.open_pair()
    time.sleep(6)  # what was just done is given time to show
    began = time.monotonic()
    address = person.wallets["evm_address"]
    machine.world.mischief("deleverage", address=address, size="2")

    told = wait_for_alarm(person, "leg_lost", is_open=False)

    assert time.monotonic() - began <= 20  # 15 s after it shows, on a machine under load
    assert told["position_id"] == position["id"]
    assert told["exposure_sol"] == 2
    assert alarms(person) == []
    now = person.visitor.get(f"/positions/{position['id']}")
    short = Decimal(now["short"]["size_sol"]) if now["short"] else Decimal(0)
    assert -Decimal(person.books.short()) == short
    assert len(person.books.longs()) == (1 if short else 0)
    if now["state"] == "closed":
        booked = Decimal(now["result"]["total"])
        assert abs(usdc(person) - before - booked) < Decimal("0.5")  # fees paid in SOL
    else:
        assert (now["state"], short) == ("hedged", Decimal(position["short"]["size_sol"]))
    assert machine.world.audit()["balanced"]


def test_a_short_opened_behind_our_back_is_counted_down_and_bought_back(machine: Machine) -> None:
    (person,) = savers(machine, "stranger")
    address = person.wallets["evm_address"]
    machine.world.mischief("trade", address=address, side="sell", size="2")
    reconcile(machine)  # somebody who has no position is looked at every hour, or when asked

    told = wait_for_alarm(person, "orphan_exposure")

    assert Decimal(told["exposure_sol"]) == -2
    assert told["acts_at"] is not None
    assert person.books.short() == "-2.0"
    wait_for_short(person, "0", seconds=60)
    wait_for_alarm(person, "orphan_exposure", is_open=False)
    assert alarms(person) == []


def test_what_a_restored_database_does_not_know_is_found_at_boot(machine: Machine) -> None:
    (person,) = savers(machine, "restored")
    database, backup = machine.home / "postgresql", machine.home / "backup"
    machine.stop()
    shutil.copytree(database, backup)
    machine.wait_until_ready()
    person.open_pair()
    (key,) = person.books.longs()

    machine.kill_everything()
    shutil.rmtree(database)
    backup.rename(database)
    machine.wait_until_ready()

    kinds = {wait_for_alarm(person, "orphan_exposure")["kind"]}
    assert kinds == {"orphan_exposure"}
    wait_for_short(person, "0", seconds=90)
    wait_for(
        lambda: True if person.books.longs() == [] else None, seconds=90, what="the long's end"
    )
    assert person.books.longs("/closed") == [key]
    wait_for(lambda: True if not alarms(person) else None, seconds=60, what="quiet")
    assert machine.world.audit()["balanced"]


def test_a_liquidated_long_takes_its_short_with_it_and_the_loss_shows(machine: Machine) -> None:
    (person,) = savers(machine, "crashed")
    before = usdc(person)
    position = person.open_pair()
    machine.world.mischief("shock", kind="price", size="-0.75", minutes="0.01")

    def ended() -> dict[str, Any] | None:
        found: dict[str, Any] = person.visitor.get(f"/positions/{position['id']}")
        return found if found["state"] == "closed" else None

    closed = wait_for(ended, seconds=90, what="the end of the position")

    assert person.books.short() == "0"
    assert person.books.longs() == []
    # Whoever notices first: the risk rules that would have left, or the gate that misses a leg.
    # Its alarm ends when the gate has looked again.
    either = {("liquidation_near", position["id"]), ("leg_lost", position["id"])}

    def told() -> bool | None:
        ended = {(alarm["kind"], alarm["position_id"]) for alarm in alarms(person, is_open=False)}
        return True if ended & either else None

    wait_for(told, seconds=60, what="the end of the alarm")
    timeline = person.visitor.get(f"/positions/{position['id']}/timeline")
    assert "Not there any more" in str(timeline)
    # The long lost its whole equity and no more; the short earned on all of the fall.
    booked = Decimal(closed["result"]["total"])
    assert abs(usdc(person) - before - booked) < Decimal("0.5")  # fees paid in SOL


def usdc(person: Saver) -> Decimal:
    """On all three venues."""
    held = person.visitor.get("/balances")
    return Decimal(held["solana"]["usdc"]) + Decimal(person.books.account_value())


def reconcile(machine: Machine) -> str:
    """`basis reconcile` beside what runs."""
    done = subprocess.run(
        [sys.executable, "-m", "asgard_basis", "reconcile"],
        capture_output=True,
        text=True,
        check=False,
        env={
            **{n: v for n, v in os.environ.items() if n not in {"DATABASE_URL", "REDIS_URL"}},
            "PYTHONPATH": str(SOURCE),
            "BASIS_HOME": str(machine.home),
            "UNCLAIMED_SECONDS": str(COUNTDOWN),
        },
    )
    assert done.returncode in {0, 1}, done.stderr
    return done.stdout
