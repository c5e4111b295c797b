"""An operator switches a lender on, and off again while somebody has a pair there."""

import uuid
from collections.abc import Iterator

import pytest

from asgard_basis.cli.visitor import ApiError, Visitor, opened_now
from tests.crashes.machine import Machine
from tests.crashes.saver import ENTRY, savers

MARGINFI = {**ENTRY, "protocol": 0}
OPEN = "/positions/open"


@pytest.fixture
def restored(machine: Machine) -> Iterator[Machine]:
    """The machine, with the usual lenders again afterwards."""
    yield machine
    machine.start_anew(LENDERS="kamino")


def test_a_pair_at_a_lender_that_was_switched_on_is_closed_after_it_was_switched_off(
    restored: Machine,
) -> None:
    (person,) = savers(restored, "switched")  # whose wallets may call Kamino alone
    visitor = person.visitor
    assert _refused(visitor, OPEN, opened_now(MARGINFI)) == "VAL-0008"

    restored.start_anew(LENDERS="kamino,marginfi")
    position = person.open_pair(MARGINFI)
    changed = [entry["route"] for entry in restored.requests() if entry["method"] == "PATCH"]
    assert any("/v1/policies/" in route for route in changed), "its wallets may call it now"
    assert position["protocol"] == 0
    path = f"/positions/{position['id']}/reduce"
    assert _refused(visitor, path, {"fraction": "0.5"}) == "POS-0009"

    restored.start_anew(LENDERS="kamino")
    assert _refused(visitor, OPEN, opened_now(MARGINFI)) == "VAL-0008"
    closed = visitor.close(position["id"])
    assert closed["status"] == "completed", closed
    assert (person.books.short(), person.books.longs()) == ("0", [])
    assert restored.world.audit()["balanced"]


def _refused(visitor: Visitor, path: str, body: object) -> str:
    """With which code."""
    with pytest.raises(ApiError) as refused:
        visitor.post(path, body, key=str(uuid.uuid4()))
    return refused.value.code
