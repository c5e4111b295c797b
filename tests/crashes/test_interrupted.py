"""A worker dies, or a reply is lost, in the middle of an opening: nothing is done twice."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from tests.crashes.machine import Machine
from tests.crashes.saver import Saver, savers

ORDER = {"venue": "hyperliquid", "operation": "order"}
SUBMIT = {"venue": "asgard", "route": "*/submit-create-position-tx"}
APPROVAL = {"venue": "hyperliquid", "operation": "approveAgent"}
LEVERAGE = {"venue": "hyperliquid", "operation": "updateLeverage"}
MARGIN = {"venue": "hyperliquid", "operation": "updateIsolatedMargin"}
TRANSFER = {"venue": "arbitrum", "operation": "eth_sendRawTransaction"}


@pytest.fixture(autouse=True)
def _no_fault_left(machine: Machine) -> Iterator[None]:
    yield
    machine.world.clear_faults()


def test_a_worker_killed_between_a_request_and_its_answer_does_nothing_twice(
    machine: Machine,
) -> None:
    first, second = savers(machine, "buyer", "seller")
    # Both are done by the venues long after the worker that asked for them has died.
    machine.world.add_fault(kind="delay", delay_ms=14_000, remaining=1, **SUBMIT)
    buying = first.begin_opening()
    first.wait_for_step(buying, "open_long")
    machine.world.add_fault(kind="delay", delay_ms=12_000, remaining=1, **ORDER)
    selling = second.begin_opening()
    second.wait_for_step(selling, "open_short")
    pid = machine.pids()["work"]
    assert first.books.longs() == []
    assert second.books.orders() == []

    machine.kill("work")

    machine.wait_for_successor("work", pid)
    first.hedged(buying)
    second.hedged(selling)
    assert machine.world.audit()["balanced"]


def test_whatever_answer_is_lost_nothing_is_done_twice(machine: Machine) -> None:
    for what in (TRANSFER, SUBMIT, ORDER, APPROVAL, LEVERAGE, MARGIN):
        machine.world.add_fault(kind="drop_after", remaining=1, **what)
    (person,) = savers(machine, "deaf")
    assert person.books.credits() == ["550.0"]
    person.open_pair()
    assert [rule["remaining"] for rule in machine.faults()] == [0] * 6


def test_an_order_that_may_still_arrive_is_waited_out_before_another_is_sent(
    machine: Machine,
) -> None:
    (person,) = savers(machine, "waiter")
    machine.world.add_fault(kind="status", status=503, remaining=1, **ORDER)
    person.open_pair()


def test_a_long_that_cannot_be_hedged_is_sold_again_and_the_loss_is_booked(
    machine: Machine,
) -> None:
    (person,) = savers(machine, "unlucky")
    before = _usdc(person)
    refusal = '{"status":"err","response":"Insufficient margin to place order. asset=5"}'
    machine.world.add_fault(kind="status", status=200, body=refusal, **ORDER)

    job = person.visitor.job(person.begin_opening())

    assert job["status"] == "failed"
    assert job["error"]["code"] == "HLQ-0006"
    assert "nsufficient margin" in job["error"]["message"]
    assert person.books.longs() == []
    assert len(person.books.longs("/closed")) == 1
    assert person.books.short() == "0"
    assert person.books.orders() == []
    assert person.visitor.get("/positions")["positions"] == []
    (ended,) = person.visitor.get("/positions/history")["positions"]
    assert ended["state"] == "unwound"
    assert ended["failure"] == job["error"]
    lost = Decimal(ended["result"]["total"])
    assert -20 < lost < 0
    assert abs(_usdc(person) - before - lost) < Decimal("0.5")  # fees paid in SOL
    assert machine.world.audit()["balanced"]


def _usdc(person: Saver) -> Decimal:
    balances: dict[str, Any] = person.visitor.get("/balances")
    at_the_exchange = Decimal(balances["hyperliquid"]["account_value_usd"])
    return Decimal(balances["solana"]["usdc"]) + at_the_exchange
