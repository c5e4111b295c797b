"""`basis risk-lab`: how often a leg is liquidated under each policy, and what that costs."""

import os
from dataclasses import replace
from pathlib import Path

import typer

from asgard_basis.lab.paths import STEADY, STORMY
from asgard_basis.lab.plot import drawing
from asgard_basis.lab.report import Finding, lines, page
from asgard_basis.lab.study import Plan, study

_STORMY_SHARE = 4
"""Of the paths: storms are looked at more coarsely."""


def cores() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def risk_lab(*, paths: int, days: int, seed: int, folder: Path | None) -> None:
    """Live through it, print both tables, and write the page and its drawing where asked."""
    steady = Plan(paths=paths, days=days, seed=seed, market=STEADY)
    stormy = replace(steady, paths=max(1, paths // _STORMY_SHARE), market=STORMY)
    findings = []
    for plan in (steady, stormy):
        finding = Finding(plan, study(plan, processes=cores()))
        findings.append(finding)
        typer.echo("\n".join(lines(finding)) + "\n")
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "risk-lab.md").write_text(page(findings), encoding="utf-8")
        (folder / "risk-lab.svg").write_text(drawing(findings[0]), encoding="utf-8")
        typer.echo(f"Written: {folder / 'risk-lab.md'}, {folder / 'risk-lab.svg'}")
