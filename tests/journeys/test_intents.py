"""A standing order in the running product: it waits, opens by itself, ends, or is held back."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from asgard_basis.cli.visitor import ApiError, Visitor, wait_for
from tests.crashes.machine import Machine
from tests.crashes.saver import Saver, savers

ENTRY = {"asset": "SOL", "size_usd": "1000", "leverage": "2"}


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A product whose shorts are paid from the first hour on."""
    home = tmp_path_factory.mktemp("intents")
    found = Machine(home, BASIS_SEED="26", BASIS_START="2026-11-01T00:00:00Z")
    try:
        yield found
    finally:
        found.close()


def failing(intent: dict[str, Any]) -> set[str]:
    """Keys of the criteria that do not hold."""
    return {check["key"] for check in intent["criteria"] if not check["passed"]}


def until(visitor: Visitor, intent_id: str, status: str, *, seconds: float = 100) -> dict[str, Any]:
    """The intent once it has that status."""

    def there() -> dict[str, Any] | None:
        intent: dict[str, Any] = visitor.get(f"/intents/{intent_id}")
        return intent if intent["status"] == status else None

    found: dict[str, Any] = wait_for(there, seconds=seconds, what=f"the intent to be {status}")
    return found


def until_judged(
    visitor: Visitor, intent_id: str, key: str, *, passed: bool, seconds: float = 150
) -> dict[str, Any]:
    """The intent once that criterion holds, or does not any more; it is judged once a minute."""

    def there() -> dict[str, Any] | None:
        intent: dict[str, Any] = visitor.get(f"/intents/{intent_id}")
        is_missing = key in failing(intent)
        return intent if intent["criteria"] and is_missing is not passed else None

    found: dict[str, Any] = wait_for(there, seconds=seconds, what=f"{key} to be {passed}")
    return found


def market_time(visitor: Visitor) -> datetime:
    return datetime.fromisoformat(visitor.get("/rates", leverage="2")["market_time"])


def test_it_waits_while_shorts_pay_and_opens_by_itself_when_they_earn(machine: Machine) -> None:
    waits, paused = savers(machine, "waits", "paused")
    machine.world.start_scenario("funding_flip")
    visitor = waits.visitor
    accepted = visitor.post(
        "/positions/open", {**ENTRY, "min_funding_rate": "-0.01"}, key="an-intent-of-mine"
    )
    assert (accepted["job_id"], accepted["warnings"]) == (None, [])
    intent_id = accepted["intent_id"]
    intent = until_judged(visitor, intent_id, "short_earns_next", passed=False)
    assert (intent["min_funding_apr"], intent["min_funding_rate"]) == ("0.01", "-0.01")
    until(visitor, intent_id, "active", seconds=20)
    assert visitor.get("/positions")["positions"] == []

    # Another person has the same wish, but nothing of theirs may open.
    paused.visitor.post("/control/pause", {"reason": "holidays"})
    held = paused.visitor.post("/intents", {**ENTRY, "min_funding_apr": "0.01"})["intent"]

    machine.world.start_scenario("calm")
    machine.world.advance(hours=2)
    executed = until(visitor, intent_id, "executed", seconds=150)
    opened_with_both_legs(waits, executed)
    snapshot = executed["criteria_snapshot"]
    assert all(check["passed"] for check in snapshot["criteria"])
    assert float(snapshot["funding_now"]) >= 0.01
    again = visitor.post(
        "/positions/open", {**ENTRY, "min_funding_rate": "-0.01"}, key="an-intent-of-mine"
    )
    assert again["intent_id"] == intent_id

    still = paused.visitor.get(f"/intents/{held['id']}")
    assert (still["status"], still["verdict"]) == ("active", "refuse")
    assert failing(still) == {"not_paused"}
    assert "holidays" in still["reason"]
    assert paused.visitor.get("/positions")["positions"] == []
    assert paused.books.longs() == []


def opened_with_both_legs(person: Saver, intent: dict[str, Any]) -> None:
    position = person.visitor.get(f"/positions/{intent['position_id']}")
    assert position["state"] == "hedged"
    assert person.books.short() == f"-{position['short']['size_sol']}"
    job = person.visitor.get(f"/positions/jobs/{intent['job_id']}")
    assert (job["status"], job["position_id"]) == ("completed", position["id"])


def test_the_kill_switch_holds_it_back_with_the_reason(machine: Machine) -> None:
    (person,) = savers(machine, "killed")
    (machine.home / "emergency.stop").touch()
    wait_for(
        lambda: person.visitor.get("/control")["paused_by"] == "kill_switch" or None,
        seconds=15,
        what="the kill switch to reach the database",
    )
    intent = person.visitor.post("/intents", ENTRY)["intent"]
    active = until(person.visitor, intent["id"], "active", seconds=20)
    assert active["verdict"] == "refuse"
    assert "kill switch" in active["reason"]
    assert person.visitor.get("/positions")["positions"] == []
    cancelled = person.visitor.delete(f"/intents/{intent['id']}")
    assert (cancelled["status"], cancelled["criteria"]) == ("cancelled", [])
    with pytest.raises(ApiError, match="POS-0012"):
        person.visitor.delete("/intents/nobodys")


def test_its_time_ends_in_the_market(machine: Machine) -> None:
    (person,) = savers(machine, "expires")
    visitor = person.visitor
    ends = market_time(visitor) + timedelta(hours=5)
    wish = {**ENTRY, "min_funding_apr": "4.99", "expires_at": ends.isoformat()}
    intent = visitor.post("/intents", wish)["intent"]
    assert intent["verdict"] in {"wait", "refuse"}
    until(visitor, intent["id"], "active", seconds=20)
    machine.world.advance(hours=6)
    expired = until(visitor, intent["id"], "expired")
    assert expired["position_id"] is None
    assert [i["id"] for i in visitor.get("/intents", status="expired")["intents"]] == [intent["id"]]
    assert visitor.get("/intents", status="active")["intents"] == []


def test_a_wrong_sign_is_explained(machine: Machine) -> None:
    (person,) = savers(machine, "sign")
    with pytest.raises(ApiError, match="VAL-0011") as refusal:
        person.visitor.post("/intents", {**ENTRY, "min_funding_rate": "0.05"})
    assert "min_funding_apr 0.05" in refusal.value.message
    with pytest.raises(ApiError, match="VAL-0001"):
        person.visitor.post(
            "/positions/open", {**ENTRY, "execute_immediately": True, "min_funding_apr": "0.05"}
        )
