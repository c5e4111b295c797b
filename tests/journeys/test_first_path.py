"""From an e-mail address to profit split by source, through public interfaces only."""

import contextlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import httpx
import pytest

from asgard_basis.cli.visitor import ApiError, Visitor, wait_for
from tests.journeys.stack import Stack, fund, wait_for_payments, wait_until_it_pays

CENT = Decimal("0.01")
PARTS = ("funding", "lending", "borrowing", "staking", "fees", "price_residual")


def test_a_stranger_earns_funding_and_gets_the_money_back(stack: Stack) -> None:
    world = stack.world()
    with stack.visitor() as visitor:
        me = visitor.sign_in("first@example.com", world)
        assert me["is_new_user"]
        fund(stack, visitor, solana="700", arbitrum="600")
        deposit = visitor.deposit("550")
        assert deposit["status"] == "completed", deposit

        rates = visitor.get("/rates", leverage="2")
        assert rates["lenders"][0]["net_apr"] is not None
        entry = {"asset": "SOL", "size_usd": "1000", "leverage": "2"}
        wait_until_it_pays(stack, visitor, entry)

        usdc_before, sol_before = _cash(visitor)
        with _listening(stack, visitor) as heard:
            position = _opened(visitor, entry)
            world.advance(hours=24)
            wait_for_payments(visitor, position["id"], 23)
            closing = visitor.get(f"/positions/{position['id']}")
            closed = visitor.close(position["id"])
            assert closed["status"] == "completed", closed
        assert {"job_update", "position_opened", "position_closed"} <= heard

        history = visitor.get("/positions/history")
        result = history["positions"][0]["result"]
        parts = sum(Decimal(result[part]) for part in PARTS)
        assert abs(parts - Decimal(result["total"])) < CENT
        assert visitor.get("/positions")["positions"] == []
        _is_over_for_everybody(stack, visitor, position["id"])
        usdc_after, sol_after = _cash(visitor)
        sol_spent = sol_before - sol_after
        # Network costs left in SOL; they are booked at the prices of their moments.
        prices = (Decimal(position["mark_price"]), Decimal(closing["mark_price"]))
        unexplained = usdc_after - usdc_before - Decimal(result["total"])
        assert sol_spent * min(prices) - CENT <= unexplained <= sol_spent * max(prices) + CENT


def _is_over_for_everybody(stack: Stack, visitor: Visitor, position_id: str) -> None:
    with pytest.raises(ApiError, match="POS-0002"):
        visitor.post(f"/positions/{position_id}/close")
    with stack.visitor() as stranger:
        stranger.sign_in("looks-at-others@example.com", stack.world())
        for ask in (stranger.get, stranger.post):
            path = f"/positions/{position_id}" + ("/close" if ask == stranger.post else "")
            with pytest.raises(ApiError, match="POS-0001"):
                ask(path)


def _opened(visitor: Visitor, entry: dict[str, str]) -> dict[str, Any]:
    job = visitor.open(**entry)
    assert job["status"] == "completed", job

    def observed() -> dict[str, Any] | None:
        found: dict[str, Any] = visitor.get(f"/positions/{job['position_id']}")
        return found if found["age_seconds"] is not None else None

    position: dict[str, Any] = wait_for(observed, seconds=30, what="a look at both legs")
    assert position["state"] == "hedged"
    assert abs(Decimal(position["delta_fraction"])) <= Decimal("0.005")
    assert Decimal(position["long"]["liquidation_price"]) < Decimal(position["mark_price"])
    assert Decimal(position["short"]["liquidation_price"]) > Decimal(position["mark_price"])
    return position


def _cash(visitor: Visitor) -> tuple[Decimal, Decimal]:
    """USDC on all venues, and SOL."""
    balances = visitor.get("/balances")
    assert balances["failures"] == []
    usdc = (
        Decimal(balances["solana"]["usdc"])
        + Decimal(balances["arbitrum"]["usdc"])
        + Decimal(balances["hyperliquid"]["account_value_usd"])
    )
    return usdc, Decimal(balances["solana"]["sol"])


@contextmanager
def _listening(stack: Stack, visitor: Visitor) -> Iterator[set[str]]:
    """The kinds of events heard on the stream while the block runs, and shortly after."""
    kinds: set[str] = set()
    connected = threading.Event()

    def read() -> None:
        with (
            stack.visitor() as listener,
            contextlib.suppress(httpx.TransportError),
            listener.http.stream(
                "GET", "/events/stream", cookies=dict(visitor.http.cookies), timeout=60
            ) as answer,
        ):
            for line in answer.iter_lines():
                connected.set()
                if line.startswith("event: "):
                    kinds.add(line.removeprefix("event: "))
                if "position_closed" in kinds:
                    return

    thread = threading.Thread(target=read)
    thread.start()
    assert connected.wait(10)
    yield kinds
    thread.join(timeout=30)
