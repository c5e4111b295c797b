"""`make bench`: measure, write `benchmarks/results.json`, print a table."""

import json
import sys
from itertools import chain
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.figures import live_figures, start_cold
from benchmarks.monitoring import monitor_figures
from benchmarks.product import Figure
from benchmarks.simulated import seeds_per_hour
from benchmarks.workers import worker_figures

RESULTS = Path(__file__).parent / "results.json"


def main() -> None:
    """Measure everything; `--quick` leaves the cold start out and keeps its last value."""
    console = Console()
    figures: list[Figure] = []
    for figure in chain(live_figures(), worker_figures(), monitor_figures(), seeds_per_hour()):
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
    table = Table("figure", "value", "unit", "target", "share of target")
    for row in rows:
        target = row["target"]
        share = f"{row['value'] / target:.0%}" if target else ""
        table.add_row(row["name"], f"{row['value']}", row["unit"], str(target or ""), share)
    console.print(table)


main()
