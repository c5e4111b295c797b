"""Every cent of a small life: brought, moved, traded, earned, and told by the books."""

import csv
import io
import os
import subprocess
import sys
from decimal import Decimal
from typing import Any

from asgard_basis.cli.visitor import Visitor, wait_for
from tests.journeys.stack import SOURCE, Stack, fund, wait_for_payments, wait_until_it_pays

CENT = Decimal("0.01")
SOURCES = ("funding", "lending", "borrowing", "staking", "fees", "price_residual")


def check(stack: Stack, user: str) -> "subprocess.CompletedProcess[str]":
    kept = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    return subprocess.run(
        [sys.executable, "-m", "asgard_basis", "ledger", "check", "--user", user],
        env=kept | {"BASIS_HOME": str(stack.home), "PYTHONPATH": str(SOURCE)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def brought(visitor: Visitor, usdc: str) -> bool | None:
    """Whether at least that much is booked as brought in."""
    whole = visitor.get("/ledger/statement")["statement"]["whole"]
    return True if Decimal(whole["deposits_usd"]) >= Decimal(usdc) else None


def agreed(stack: Stack, user: str) -> bool | None:
    return True if check(stack, user).returncode == 0 else None


def adds_up(period: dict[str, Any]) -> bool:
    figures = {name: Decimal(period[f"{name}_usd"]) for name in ("opening", "deposits", "closing")}
    result = sum(Decimal(period["result"][source]) for source in SOURCES)
    out = Decimal(period["withdrawals_usd"]) + Decimal(period["performance_fee_usd"])
    return figures["opening"] + figures["deposits"] + result - out == figures["closing"]


def test_books_tell_where_every_cent_came_from(stack: Stack) -> None:
    world = stack.world()
    with stack.visitor() as visitor:
        me = visitor.sign_in("books@example.com", world)["user_id"]
        fund(stack, visitor, solana="700", arbitrum="600")
        wait_for(lambda: brought(visitor, "1300"), seconds=90, what="what was brought in")
        assert visitor.deposit("550")["status"] == "completed"
        entry = {"asset": "SOL", "size_usd": "1000", "leverage": "2"}
        wait_until_it_pays(stack, visitor, entry)
        opened = visitor.open(**entry)
        assert opened["status"] == "completed", opened
        path = f"/positions/{opened['position_id']}"
        world.advance(hours=6)
        wait_for_payments(visitor, opened["position_id"], 5)

        def interest() -> dict[str, Any] | None:
            found = visitor.get(f"{path}/attribution")
            is_booked = Decimal(found["settled"]["borrowing"]) < 0
            is_booked &= Decimal(found["unsettled"]["funding"]) == 0
            return found if is_booked and found["is_complete"] else None

        attribution = wait_for(interest, seconds=60, what="the interest")
        assert attribution["missing"] == []
        shown = Decimal(attribution["total"]["total"])
        parts = Decimal(attribution["settled"]["total"])
        parts += Decimal(attribution["unsettled"]["total"])
        assert abs(shown - parts) < CENT
        wait_for(lambda: agreed(stack, me), seconds=60, what="agreement with the venues")
        reduced = visitor.post(f"{path}/reduce", {"fraction": "0.25"})
        assert visitor.job(reduced["job_id"])["status"] == "completed"
        world.advance(hours=3)
        assert visitor.close(opened["position_id"])["status"] == "completed"
        wait_for(lambda: agreed(stack, me), seconds=90, what="agreement after the closing")

        page = visitor.get(path)["result"]
        booked = visitor.get(f"{path}/attribution")["settled"]
        for source in SOURCES:
            assert abs(Decimal(page[source]) - Decimal(booked[source])) < CENT, source
        statement = visitor.get("/ledger/statement")
        whole = statement["statement"]["whole"]
        assert statement["missing"] == []
        assert adds_up(whole)
        assert all(adds_up(month) for month in statement["statement"]["months"])
        # One SOL is kept for network fees, at the price of the hour in which it was booked.
        assert abs(Decimal(whole["closing_usd"]) - visitor.equity_usd()) < 3
        assert {u["commodity"] for u in statement["statement"]["unvalued"]} == {"ETH"}
        assert Decimal(statement["usage"]["hedged_usd_hours"]) > 0


def test_entries_name_their_records_and_exports_say_the_same(stack: Stack) -> None:
    with stack.visitor() as visitor:
        visitor.sign_in("books@example.com", stack.world())
        entries: list[dict[str, Any]] = []
        before: int | None = None
        while True:
            more = {} if before is None else {"before": before}
            page = visitor.get("/ledger/entries", limit=5, **more)
            entries += page["entries"]
            before = page["next_before"]
            if before is None:
                break
        assert len({entry["number"] for entry in entries}) == len(entries)
        assert all(entry["record"] for entry in entries)
        kinds = {entry["kind"] for entry in entries}
        assert kinds >= {
            "wallet", "transfer", "deposit", "open_long", "order", "funding", "refresh",
            "reduce_long", "close_long",
        }  # fmt: skip
        funding = visitor.get("/ledger/entries", kind="funding", limit=500)["entries"]
        assert {entry["kind"] for entry in funding} == {"funding"}
        rows = list(csv.DictReader(io.StringIO(visitor.get("/ledger/export.csv"))))
        assert len(rows) == sum(len(entry["postings"]) for entry in entries)
        assert sum(Decimal(row["usd"]) for row in rows if row["usd"]) == 0
        file = stack.home / "books.beancount"
        file.write_text(visitor.get("/ledger/export.beancount"))
        command = "from beancount.scripts.check import main; main()"
        checked = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", command, "--no-cache", str(file)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")
