"""`basis demo`: the whole path, told step by step, in under two minutes."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from asgard_basis.cli.visitor import PaperWorld, Visitor, opened_now, wait_for

_CAPITAL = "1000"
_LEVERAGE = "2"
_DAYS = 14
_WAIT_HOURS = 2
_WAIT_HOURS_MAX = 72
_PARTS = ("funding", "lending", "borrowing", "staking", "fees", "price_residual", "total")


def demo(*, url: str | None, control_url: str | None) -> None:
    """Tell the story on a world of its own, or on one that runs already."""
    console = Console()
    if url and control_url:
        _tell(console, url, control_url)
        return
    console.print("Starting a world of its own …", style="dim")
    with own_stack() as run:
        _tell(console, run["dashboard"], run["paper"]["control"])


@contextmanager
def own_stack() -> Iterator[dict[str, Any]]:
    """`basis up` in a temporary home; yields its run.json and ends it afterwards."""
    with tempfile.TemporaryDirectory(prefix="basis-demo-") as home:
        environment = {**os.environ, "BASIS_HOME": home}
        environment.pop("PORT", None)
        process = subprocess.Popen(
            [sys.executable, "-m", "asgard_basis", "up"],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            yield wait_for(lambda: _run_file(process, home), seconds=90, what="starting")
        finally:
            process.terminate()
            process.wait(timeout=60)


def _run_file(process: "subprocess.Popen[str]", home: str) -> dict[str, Any] | None:
    if process.poll() is not None:
        said = process.stderr.read() if process.stderr else ""
        raise RuntimeError(f"`basis up` ended with {process.returncode}: {said[-2000:]}")
    file = Path(home) / "run.json"
    if not file.is_file():
        return None
    run: dict[str, Any] = json.loads(file.read_text())
    return run


def _tell(console: Console, url: str, control_url: str) -> None:
    started = time.monotonic()
    world = PaperWorld(control_url)
    with Visitor(url) as visitor:
        email = f"demo-{int(time.time())}@example.com"
        visitor.sign_in(email, world)
        console.print(f"[bold]1.[/] {email} signed in with a code from the mailbox.")
        wallets = visitor.wallets()
        console.print(f"[bold]2.[/] Wallets: Solana {wallets['solana_address']}")
        console.print(f"   Arbitrum {wallets['evm_address']}, with policies that pin both.")
        _fund(console, visitor, world, wallets)
        _show_market(console, visitor)
        position = _open(console, visitor, world)
        before = visitor.get(f"/positions/{position}")
        console.print(f"[bold]6.[/] {_DAYS} days pass. Every hour is settled by the venue.")
        world.advance(hours=_DAYS * 24)
        wait_for(
            lambda: _settled(visitor, position, _DAYS * 24 - 1), seconds=40, what="the payments"
        )
        after = visitor.get(f"/positions/{position}")
        console.print(
            f"   Funding so far {_usd(after['result']['funding'])}, "
            f"mark {_usd(before['mark_price'])} → {_usd(after['mark_price'])}."
        )
        _close(console, visitor, position)
    world.close()
    console.print(f"[dim]Told in {time.monotonic() - started:.0f} s.[/]")


def _fund(console: Console, visitor: Visitor, world: PaperWorld, wallets: dict[str, Any]) -> None:
    world.faucet(
        solana_address=wallets["solana_address"],
        evm_address=wallets["evm_address"],
        sol="1",
        usdc_solana="700",
        eth="0.01",
        usdc_arbitrum="600",
    )
    console.print("[bold]3.[/] The faucet sent 700 USDC and 1 SOL to Solana,")
    console.print("   600 USDC and 0.01 ETH to Arbitrum.")
    job = visitor.deposit("550")
    console.print(f"   550 USDC moved to Hyperliquid: {job['status']}, credited by its ledger.")


def _show_market(console: Console, visitor: Visitor) -> None:
    rates = visitor.get("/rates", leverage=_LEVERAGE)
    best = rates["lenders"][0]
    console.print(
        f"[bold]4.[/] The short earns {_percent(rates['funding']['now_apr'])} a year now; at "
        f"{_LEVERAGE}x with {best['asset']} on {best['protocol_name']} that nets "
        f"{_percent(best['net_apr'])} on the capital."
    )


def _open(console: Console, visitor: Visitor, world: PaperWorld) -> str:
    entry = {"asset": "SOL", "size_usd": _CAPITAL, "leverage": _LEVERAGE}
    preflight = _until_it_pays(console, visitor, world, entry)
    for check in preflight["checks"]:
        mark = "[green]✓[/]" if check["passed"] else "[red]✗[/]"
        console.print(f"   {mark} {check['label']}: {check['figure']}, {check['limit']}")
    console.print(f"[bold]5.[/] Opening for ${_CAPITAL}.")
    accepted = visitor.post("/positions/open", opened_now(entry), key=f"demo-{time.time_ns()}")
    job = visitor.job(accepted["job_id"], on_step=lambda step: _step(console, step))
    if job["status"] != "completed":
        raise RuntimeError(f"opening ended with {job['error']}")
    return str(accepted["position_id"])


def _until_it_pays(
    console: Console, visitor: Visitor, world: PaperWorld, entry: dict[str, str]
) -> dict[str, Any]:
    """The checks, once they hold: a world may begin in an hour in which shorts pay."""
    hours = 0
    while True:
        report: dict[str, Any] = visitor.post("/positions/preflight", entry)
        failing = {check["key"] for check in report["checks"] if not check["passed"]}
        if not failing & {"short_earns", "pays"} or hours >= _WAIT_HOURS_MAX:
            if hours:
                console.print(f"   It did not pay to be in; we waited {hours} hours.")
            return report
        world.advance(hours=_WAIT_HOURS)
        hours += _WAIT_HOURS
        time.sleep(1.2)  # the product looks at the market once a second


def _close(console: Console, visitor: Visitor, position: str) -> None:
    console.print("[bold]7.[/] Closing: the short first, then the long.")
    accepted = visitor.post(f"/positions/{position}/close", key=f"demo-close-{position}")
    job = visitor.job(accepted["job_id"], on_step=lambda step: _step(console, step))
    if job["status"] != "completed":
        raise RuntimeError(f"closing ended with {job['error']}")
    result = visitor.get("/positions/history")["positions"][0]["result"]
    table = Table(title=f"Where it came from, {_DAYS} days on ${_CAPITAL}")
    table.add_column("source")
    table.add_column("USD", justify="right")
    for part in _PARTS:
        table.add_row(part.replace("_", " "), _usd(result[part]), end_section=part == _PARTS[-2])
    console.print(table)


def _settled(visitor: Visitor, position: str, count: int) -> bool | None:
    found = visitor.get(f"/positions/{position}/payments", limit=2160)["payments"]
    return True if len(found) >= count else None


def _step(console: Console, step: dict[str, Any]) -> None:
    detail = f": {step['detail']}" if step["detail"] else ""
    console.print(f"   {step['title']}{detail} [dim]{step['seconds']} s[/]")


def _usd(value: str) -> str:
    amount = Decimal(value)
    sign = "−" if amount < 0 else ""
    return f"{sign}${abs(amount):,.2f}"


def _percent(fraction: str | None) -> str:
    return "no data" if fraction is None else f"{Decimal(fraction) * 100:.1f}%"
