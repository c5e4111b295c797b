"""`make bench`: measure, write `benchmarks/results.json`, print a table."""

import json
import sys
from itertools import chain
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.figures import live_figures, start_cold
from benchmarks.intents import intent_figures
from benchmarks.monitoring import monitor_figures
from benchmarks.product import Figure
from benchmarks.risk import kernel_figures, mark_to_order
from benchmarks.simulated import seeds_per_hour
from benchmarks.workers import worker_figures

RESULTS = Path(__file__).parent / "results.json"
EARLIER = {
    "intents_10k_s": "44 s for 500",
    "monitor_cycle_1000_users_s": "85 s",
    "monitor_statements_per_cycle": "3 queries and 3 calls a position",
    "hl_budget_2000_users_pct": "all of it at 210 users",
}
"""What the earlier implementation published, by the figure's name."""


def main() -> None:
    """Measure everything; `--quick` leaves the cold start out and keeps its last value."""
    console = Console()
    figures: list[Figure] = []
    for figure in chain(
        kernel_figures(),
        mark_to_order(),
        intent_figures(),
        monitor_figures(),
        live_figures(),
        worker_figures(),
        seeds_per_hour(),
    ):
        figures.append(figure)
        console.print(f"{figure.name}: {figure.value:.1f} {figure.unit}  {figure.note}".rstrip())
    if "--quick" not in sys.argv:
        figures.append(start_cold())
    measured = {f.name for f in figures}
    kept = json.loads(RESULTS.read_text()) if RESULTS.is_file() else []
    rows = [
        {"name": f.name, "value": round(f.value, 2), "unit": f.unit, "target": f.target}
        for f in figures
    ] + [row for row in kept if row["name"] not in measured]
    rows.sort(key=lambda row: row["name"])
    RESULTS.write_text(json.dumps(rows, indent=1) + "\n")
    table = Table("figure", "value", "unit", "target", "share of target", "earlier")
    for row in rows:
        table.add_row(*cells(row))
    console.print(table)


def cells(row: dict[str, Any]) -> tuple[str, ...]:
    """One figure as the table has it; of a target of nothing there is no share."""
    value, target = row["value"], row["target"]
    return (
        row["name"],
        f"{value}",
        row["unit"],
        "" if target is None else str(target),
        f"{value / target:.0%}" if target else "",
        EARLIER.get(row["name"], ""),
    )


if __name__ == "__main__":
    main()
