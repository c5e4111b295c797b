"""Positions near liquidation are seen on the mark that brings them there."""

from decimal import Decimal
from pathlib import Path
from typing import Any

from asgard_basis.cli.visitor import Visitor, wait_for
from tests.journeys.stack import UNLIMITED, Stack, fund, running, wait_until_it_pays

ENTRY = {"asset": "SOL", "size_usd": "1000", "leverage": "2"}


def test_a_crash_is_left_before_liquidation(tmp_path: Path) -> None:
    """Two fifths within six seconds, which is too fast for anything but leaving."""
    with (
        running(tmp_path / "home", BASIS_SEED="7", **UNLIMITED) as stack,
        stack.visitor() as visitor,
    ):
        position_id = hedged(stack, visitor, "crash@example.com")
        risk = only(visitor)
        assert risk["verdict"] == "hold"
        assert Decimal(risk["next_below"]["distance"]) < 0 < Decimal(risk["next_above"]["distance"])
        # Whoever has paused what can be paused is saved all the same.
        visitor.post("/control/pause", {"reason": "a test"})
        stack.world().mischief("shock", kind="price", size="-0.33", minutes="0.1")
        wait_for(lambda: has_ended(visitor, position_id) or None, seconds=90, what="the closing")
        ended = visitor.get("/positions/history")["positions"][0]
        assert ended["state"] == "closed"
        # A liquidation of the long takes hundreds of dollars.
        assert Decimal(-30) < Decimal(ended["result"]["total"]) < Decimal(30)
        cards = visitor.get("/decisions", position_id=position_id)["decisions"]
        verdicts = [card["verdict"] for card in cards if card["rule"] == "risk.position"]
        assert (verdicts[0], verdicts[-1]) == ("exit", "hold")
        assert visitor.get("/risk")["positions"] == []


def hedged(stack: Stack, visitor: Visitor, email: str) -> str:
    visitor.sign_in(email, stack.world())
    fund(stack, visitor, solana="700", arbitrum="600")
    assert visitor.deposit("550")["status"] == "completed"
    wait_until_it_pays(stack, visitor, ENTRY)
    opened = visitor.open(**ENTRY)
    assert opened["status"] == "completed", opened
    return str(opened["position_id"])


def only(visitor: Visitor) -> dict[str, Any]:
    report = visitor.get("/risk")
    (risk,) = report["positions"]
    return {**risk, "account": report["account"]}


def has_ended(visitor: Visitor, position_id: str) -> bool:
    return visitor.get(f"/positions/{position_id}")["state"] == "closed"
