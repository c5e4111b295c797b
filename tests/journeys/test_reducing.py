"""A quarter of a position goes over the venues' real protocols, and the rest goes on."""

from decimal import Decimal

import pytest

from asgard_basis.cli.visitor import ApiError
from tests.journeys.stack import Stack, fund, wait_until_it_pays

CENT = Decimal("0.01")


def test_a_quarter_of_both_legs_is_paid_out(stack: Stack) -> None:
    world = stack.world()
    with stack.visitor() as visitor:
        visitor.sign_in("reduces@example.com", world)
        fund(stack, visitor, solana="700", arbitrum="600")
        assert visitor.deposit("550")["status"] == "completed"
        entry = {"asset": "SOL", "size_usd": "1000", "leverage": "2"}
        wait_until_it_pays(stack, visitor, entry)
        opened = visitor.open(**entry)
        assert opened["status"] == "completed", opened
        path = f"/positions/{opened['position_id']}"
        before = visitor.get(path)
        with pytest.raises(ApiError, match="VAL-0004"):
            visitor.post(f"{path}/reduce", {"fraction": "1.5"})
        asked = visitor.post(f"{path}/reduce", {"fraction": "0.25"})
        job = visitor.job(asked["job_id"])
        assert job["status"] == "completed", job
        after = visitor.get(path)
        assert after["state"] == "hedged"
        left = Decimal(after["short"]["size_sol"]) / Decimal(before["short"]["size_sol"])
        assert abs(left - Decimal("0.75")) < Decimal("0.005")
        closed = visitor.close(opened["position_id"])
        assert closed["status"] == "completed", closed
        result = visitor.get("/positions/history")["positions"][0]["result"]
        parts = ("funding", "lending", "borrowing", "staking", "fees", "price_residual")
        assert abs(sum(Decimal(result[p]) for p in parts) - Decimal(result["total"])) < CENT
        # Opening and closing cost a few dollars; nothing that was paid out is forgotten.
        assert Decimal("-20") < Decimal(result["total"]) < Decimal("5")
