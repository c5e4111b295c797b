"""A price runs toward liquidation, and with leave the richer leg's money crosses to the poorer."""

import time
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from asgard_basis.cli.visitor import Visitor
from tests.journeys.stack import Stack, fund, running, wait_until_it_pays
from tests.journeys.test_defence import defended, until

D = Decimal
_PATIENCE_SECONDS = 180


@pytest.fixture(scope="module")
def restless(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A product of its own: the price it moves is everybody's."""
    with running(tmp_path_factory.mktemp("home"), BASIS_SEED="7") as started:
        yield started


@pytest.mark.parametrize(
    ("email", "move", "leg", "place"),
    [
        ("sinks@example.com", "-0.28", "long", "on_solana"),
        ("soars@example.com", "0.22", "short", "at_hyperliquid"),
    ],
)
def test_both_legs_are_resized_and_equalised(
    restless: Stack, email: str, move: str, leg: str, place: str
) -> None:
    stack = restless
    world = stack.world()
    with stack.visitor() as visitor:
        visitor.sign_in(email, world)
        fund(stack, visitor, solana="700", arbitrum="600")
        assert visitor.deposit("550")["status"] == "completed"
        leave = {"is_given": True, "per_move_usd": "400", "per_day_usd": "400", "may_cross": True}
        assert visitor.put("/settings/moves", leave)["can_cross"]
        entry = {"asset": "SOL", "size_usd": "1000", "leverage": "2"}
        wait_until_it_pays(stack, visitor, entry)
        # Nothing is free beside the pair: what helps must come from the other leg.
        opened = visitor.open(**entry)
        assert opened["status"] == "completed", opened
        path = f"/positions/{opened['position_id']}"
        before = until(visitor, path, lambda position: position["defence"] is not None)
        world.mischief("shock", kind="price", size=move, minutes="0.5")
        smaller = defended(visitor, path, before, most=D("0.97"))
        crossing = crossed(visitor, opened["position_id"])
        assert (crossing["to"], crossing["place"]) == (leg, place)
        fed = until(visitor, path, lambda p: p["job_id"] is None and has_room(p))
        assert D(fed["short"]["size_sol"]) == D(smaller["short"]["size_sol"])
        assert world.audit()["balanced"]
        closed = visitor.close(opened["position_id"])
        assert closed["status"] == "completed", closed


def has_room(position: dict[str, Any]) -> bool:
    """Whether both legs have about the distance of the opening."""
    defence = position["defence"]
    if defence is None:
        return False
    near = min(D(defence["long_distance"]), D(defence["short_distance"]))
    return near > D(defence["restores"]) - D("0.05")


def crossed(visitor: Visitor, position_id: str) -> dict[str, Any]:
    """The position's move once it has ended."""
    ends = time.monotonic() + _PATIENCE_SECONDS
    moves: list[dict[str, Any]] = []
    while time.monotonic() < ends:
        moves = [m for m in visitor.get("/deposits")["moves"] if m["position_id"] == position_id]
        if moves and moves[0]["status"] in {"completed", "failed"}:
            assert moves[0]["status"] == "completed", moves
            return moves[0]
        time.sleep(1)
    raise AssertionError(f"it never arrived: {moves}")
