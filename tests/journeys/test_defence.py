"""A price runs toward liquidation, and the bot defends the pair over the venues' protocols."""

import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest

from asgard_basis.cli.visitor import Visitor
from tests.journeys.stack import UNLIMITED, Stack, fund, running, wait_until_it_pays

D = Decimal
_PATIENCE_SECONDS = 120


@pytest.fixture(scope="module")
def restless(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A product of its own: the price it moves is everybody's."""
    with running(tmp_path_factory.mktemp("home"), BASIS_SEED="7", **UNLIMITED) as started:
        yield started


@pytest.mark.parametrize(
    ("email", "move"), [("falls@example.com", "-0.28"), ("rises@example.com", "0.22")]
)
def test_both_legs_are_cut_and_have_room_again(restless: Stack, email: str, move: str) -> None:
    stack = restless
    world = stack.world()
    with stack.visitor() as visitor:
        visitor.sign_in(email, world)
        fund(stack, visitor, solana="700", arbitrum="600")
        assert visitor.deposit("550")["status"] == "completed"
        entry = {"asset": "SOL", "size_usd": "1000", "leverage": "2"}
        wait_until_it_pays(stack, visitor, entry)
        opened = visitor.open(**entry)
        assert opened["status"] == "completed", opened
        path = f"/positions/{opened['position_id']}"
        before = until(visitor, path, lambda position: position["defence"] is not None)
        foretold = {action["when"]: action for action in before["defence"]["next_actions"]}
        assert set(foretold) == {"below", "above"}
        world.mischief("shock", kind="price", size=move, minutes="0.5")
        after = defended(visitor, path, before)
        assert after["state"] == "hedged"
        defence = after["defence"]
        trigger = D(defence["trigger"])
        assert D(defence["long_distance"]) > trigger
        assert D(defence["short_distance"]) > trigger
        assert abs(D(after["delta_fraction"])) < D("0.01")
        cards = visitor.get(f"/decisions?position_id={opened['position_id']}")["decisions"]
        verdicts = {card["verdict"] for card in cards if card["rule"] == "risk.defence"}
        assert "reduce" in verdicts
        closed = visitor.close(opened["position_id"])
        assert closed["status"] == "completed", closed


def defended(
    visitor: Visitor, path: str, before: dict[str, Any], *, most: Decimal = D("0.9")
) -> dict[str, Any]:
    """The position once it is smaller and nothing works on it."""
    most = D(before["short"]["size_sol"]) * most

    def is_smaller(position: dict[str, Any]) -> bool:
        is_seen = position["job_id"] is None and position["defence"] is not None
        return is_seen and D(position["short"]["size_sol"]) < most

    return until(visitor, path, is_smaller)


def until(visitor: Visitor, path: str, is_so: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The position as soon as it is as wanted."""
    ends = time.monotonic() + _PATIENCE_SECONDS
    position: dict[str, Any] = {}
    while time.monotonic() < ends:
        position = visitor.get(path)
        if is_so(position):
            return position
        time.sleep(1)
    raise AssertionError(f"it never came to that: {position}")
