"""The kill switch: thrown from the API, by a file, at the command line, and without Redis."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from asgard_basis.adapters.embedded.valkey import EmbeddedValkey, start_valkey
from asgard_basis.cli.visitor import ApiError, Visitor, opened_now, wait_for
from tests.crashes.machine import Machine
from tests.crashes.saver import ENTRY, Saver, savers
from tests.journeys.test_leaving import basis

SEEN_WITHIN_SECONDS = 5
WISH = {**ENTRY, "min_funding_apr": "0"}


@pytest.fixture(scope="module")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedValkey]:
    server = start_valkey(tmp_path_factory.mktemp("valkey"), durable=False)
    yield server
    server.stop()


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory, valkey: EmbeddedValkey) -> Iterator[Machine]:
    home = tmp_path_factory.mktemp("killed")
    found = Machine(
        home,
        BASIS_SEED="26",
        BASIS_START="2026-11-01T00:00:00Z",
        REDIS_URL=valkey.url,
        OPERATORS="Boss@example.com",
    )
    try:
        yield found
    finally:
        found.close()


@pytest.fixture(scope="module")
def boss(machine: Machine) -> Visitor:
    visitor = machine.visitor()
    visitor.sign_in("boss@example.com", machine.world)
    return visitor


@pytest.fixture(scope="module")
def holder(machine: Machine) -> Saver:
    """Somebody with a pair, a standing order and the strategy switched on."""
    (person,) = savers(machine, "holder")
    person.open_pair()
    return person


@pytest.fixture
def _released(machine: Machine) -> Iterator[None]:
    yield
    done = basis(machine, "unkill")
    assert done.returncode == 0, done.stderr
    assert "The kill switch is off." in done.stdout


def position_of(person: Saver) -> dict[str, Any]:
    (position,) = person.visitor.get("/positions")["positions"]
    found: dict[str, Any] = position
    return found


def refusal(person: Saver) -> str:
    """What an opening is refused with, or "" where it is taken on."""
    try:
        person.visitor.post("/positions/open", opened_now(ENTRY))
    except ApiError as error:
        return f"{error.code} {error.message}"
    return ""


@pytest.mark.usefixtures("_released")
def test_an_operator_throws_it_from_the_api_and_sees_what_is_held(
    machine: Machine, boss: Visitor, holder: Saver
) -> None:
    position = position_of(holder)
    for ask in (holder.visitor.get, holder.visitor.post):
        with pytest.raises(ApiError, match="AUT-0002"):
            ask("/control/kill")
    assert boss.get("/control/kill")["is_on"] is False

    thrown = boss.post("/control/kill", {"reason": "drill"})

    assert thrown["is_on"]
    assert "drill" in thrown["flag"]
    assert thrown["database"] == "drill"
    (held,) = thrown["exposure"]
    assert held["position_id"] == position["id"]
    assert held["short_sol"] == position["short"]["size_sol"]
    assert "kill switch" in refusal(holder)
    assert (machine.home / "emergency.stop").exists()

    intent = holder.visitor.post("/intents", WISH)["intent"]
    failing = {check["key"] for check in intent["criteria"] if not check["passed"]}
    assert "not_paused" in failing
    holder.visitor.delete(f"/intents/{intent['id']}")
    status = holder.visitor.post("/strategy/enable")["status"]
    assert status["state"] == "paused"
    assert "kill switch" in status["label"]
    holder.visitor.post("/strategy/disable")
    assert holder.visitor.get("/control")["may_close"]


@pytest.mark.usefixtures("_released")
def test_a_file_is_seen_by_every_process_within_five_seconds(
    machine: Machine, boss: Visitor, holder: Saver
) -> None:
    (machine.home / "emergency.stop").write_text("by hand")
    begun = time.monotonic()
    assert "by hand" in refusal(holder)  # the API's own look

    def carried() -> bool | None:  # a worker's
        return True if boss.get("/control/kill")["database"] else None

    wait_for(carried, seconds=SEEN_WITHIN_SECONDS, what="the database")
    assert time.monotonic() - begun < SEEN_WITHIN_SECONDS


def test_one_person_is_paused_by_an_operator_and_nobody_else(
    machine: Machine, holder: Saver
) -> None:
    (other,) = savers(machine, "other")
    me = holder.visitor.get("/auth/me")
    paused = basis(machine, "pause", "--user", "holder@example.com", "--reason", "a question")
    assert paused.returncode == 0, paused.stderr
    assert me["email"] == "holder@example.com"
    assert "a question" in refusal(holder)
    with pytest.raises(ApiError, match="AUT-0002"):
        holder.visitor.post("/control/resume")
    intent = holder.visitor.post("/intents", WISH)["intent"]
    assert "a question" in intent["reason"]
    holder.visitor.delete(f"/intents/{intent['id']}")
    label = holder.visitor.post("/strategy/enable")["status"]["label"]
    assert "a question" in label
    holder.visitor.post("/strategy/disable")
    assert other.visitor.get("/control")["may_open"]
    resumed = basis(machine, "resume", "--user", "holder@example.com")
    assert resumed.returncode == 0, resumed.stderr
    assert holder.visitor.get("/control")["may_open"]


@pytest.mark.usefixtures("_released")
def test_it_works_without_redis_and_never_forbids_to_close(
    machine: Machine, valkey: EmbeddedValkey, boss: Visitor, holder: Saver
) -> None:
    """The last test of this file: it ends the server that the others use."""
    position = position_of(holder)
    valkey.stop()
    done = basis(machine, "kill", "--reason", "no Redis")
    assert done.returncode == 0, done.stderr
    assert "The kill switch is ON." in done.stdout
    assert position["id"] in done.stdout
    assert f"short {position['short']['size_sol']} SOL" in done.stdout
    assert boss.post("/control/kill", {"reason": "again"})["is_on"]
    assert "kill switch" in refusal(holder)
    closed = holder.visitor.close(position["id"])
    assert (closed["status"], closed["remains"]) == ("completed", [])
    assert holder.books.short() == "0"
    assert holder.books.longs() == []
