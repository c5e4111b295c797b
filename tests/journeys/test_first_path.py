"""From an e-mail address to profit split by source, through public interfaces only."""

import threading
from decimal import Decimal

from asgard_basis.cli.visitor import Visitor, wait_for
from tests.journeys.stack import Stack, fund

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
        assert Decimal(rates["lenders"][0]["net_apr"]) is not None
        entry = {"asset": "SOL", "size_usd": "1000", "leverage": "2"}
        _wait_until_it_pays(stack, visitor, entry)

        usdc_before, sol_before = _cash(visitor)
        heard = _listen(stack, visitor)
        opened = visitor.open(**entry)
        assert opened["status"] == "completed", opened
        position = visitor.get(f"/positions/{opened['position_id']}")
        assert position["state"] == "hedged"
        assert abs(Decimal(position["delta_fraction"])) <= Decimal("0.005")
        assert Decimal(position["long"]["liquidation_price"]) < Decimal(position["mark_price"])
        assert Decimal(position["short"]["liquidation_price"]) > Decimal(position["mark_price"])

        world.advance(hours=24)
        _wait_for_payments(visitor, position["id"], 23)

        closing = visitor.get(f"/positions/{position['id']}")
        closed = visitor.close(position["id"])
        assert closed["status"] == "completed", closed
        history = visitor.get("/positions/history")
        result = history["positions"][0]["result"]
        parts = sum(Decimal(result[part]) for part in PARTS)
        assert abs(parts - Decimal(result["total"])) < CENT
        assert visitor.get("/positions")["positions"] == []
        usdc_after, sol_after = _cash(visitor)
        sol_spent = sol_before - sol_after
        # Network costs left in SOL; they are booked at the prices of their moments.
        prices = (Decimal(position["mark_price"]), Decimal(closing["mark_price"]))
        unexplained = usdc_after - usdc_before - Decimal(result["total"])
        assert sol_spent * min(prices) - CENT <= unexplained <= sol_spent * max(prices) + CENT
        assert {"job_update", "position_opened", "position_closed"} <= heard


def _wait_until_it_pays(stack: Stack, visitor: Visitor, entry: dict[str, str]) -> None:
    """Shorts may be paying when the world begins: let hours pass until the checks hold."""
    for _ in range(200):
        report = visitor.post("/positions/preflight", entry)
        if report["passed"]:
            return
        failing = {check["key"] for check in report["checks"] if not check["passed"]}
        if failing <= {"short_earns", "pays"}:
            stack.world().advance(hours=3)
        wait_for(lambda: True, seconds=5, what="nothing")
    raise AssertionError(f"preflight never passed: {report['checks']}")


def _wait_for_payments(visitor: Visitor, position_id: str, count: int) -> None:
    def booked() -> bool | None:
        found = visitor.get(f"/positions/{position_id}/payments", limit=2160)["payments"]
        return True if len(found) >= count else None

    wait_for(booked, seconds=60, what="the funding payments")


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


def _listen(stack: Stack, visitor: Visitor) -> set[str]:
    kinds: set[str] = set()

    def read() -> None:
        cookies = {c.name: c.value or "" for c in visitor.http.cookies.jar}
        with (
            stack.visitor() as listener,
            listener.http.stream("GET", "/events/stream", cookies=cookies, timeout=None) as answer,
        ):
            for line in answer.iter_lines():
                if line.startswith("event: "):
                    kinds.add(line.removeprefix("event: "))
                if "position_closed" in kinds:
                    return

    threading.Thread(target=read, daemon=True).start()
    return kinds
