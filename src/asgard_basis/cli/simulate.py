"""`basis simulate`: seeds lived through, failures told as stories."""

import itertools
import os
import time
from dataclasses import dataclass

import typer

from asgard_basis.domain.saga.step import StepName
from asgard_basis.simulation.batch import Tally, many, one, quiet, shrunk
from asgard_basis.simulation.plan import drawn
from asgard_basis.simulation.story import Verdict
from asgard_basis.simulation.troubles import Kind, impossible

_HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which seeds, and what to print of them."""

    first: int
    count: int | None
    minutes: float | None
    processes: int
    coverage: bool


def cores() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def tell_one(seed: int, *, trace: bool) -> bool:
    """Live through one seed and say how it went; False when a promise was broken."""
    quiet()
    plan = drawn(seed)
    if trace:
        for wish in plan.wishes:
            typer.echo(f"wish     {wish.says()}")
        for trouble in plan.troubles:
            typer.echo(f"trouble  {trouble.says()}")
    verdict = one(seed)
    if verdict.broken is not None:
        _tell_failure(verdict)
        return False
    if trace:
        typer.echo("\n".join(verdict.story))
    typer.echo(
        f"seed {seed}: every promise held over {verdict.virtual_seconds:,.0f} s"
        f" and {verdict.requests} requests; trace {verdict.trace_hash[:16]}"
    )
    return True


def tell_many(wanted: Wanted) -> bool:
    """Live through many; False when a promise was broken in any."""
    quiet()
    seeds = (
        itertools.count(wanted.first)
        if wanted.count is None
        else range(wanted.first, wanted.first + wanted.count)
    )
    seconds = None if wanted.minutes is None else wanted.minutes * 60
    tally, began = Tally(), time.monotonic()
    for verdict in many(seeds, processes=wanted.processes, seconds=seconds):
        tally.add(verdict)
        if verdict.broken is not None:
            typer.echo(f"seed {verdict.seed}: {verdict.broken}")
    passed = time.monotonic() - began
    typer.echo(
        f"{tally.seeds} seeds in {passed:.0f} s: {tally.seeds / passed * _HOUR:,.0f} an hour on"
        f" {wanted.processes} processes; {tally.requests:,} requests,"
        f" {tally.virtual_seconds / _HOUR:,.0f} hours of virtual time,"
        f" {len(tally.failed)} broken promises"
    )
    if wanted.coverage:
        typer.echo(matrix(tally))
    if tally.failed:
        _tell_failure(min(tally.failed, key=lambda verdict: verdict.seed))
    return not tally.failed


def matrix(tally: Tally) -> str:
    """Step by kind of fault: `x` was hit, `.` never, a blank cannot be."""
    width = max(len(step) for step in StepName)
    lines = ["", "what met what (x hit, . never, blank impossible):"]
    for number, kind in enumerate(Kind, start=1):
        lines.append(f"  {number:2} {kind}")
    lines.append(" " * width + " " + " ".join(f"{n:2}" for n in range(1, len(Kind) + 1)))
    hit = {(cell.step, cell.kind) for cell in tally.hits}
    for step in StepName:
        marks = [
            " " if impossible(step, kind) else ("x" if (step, kind) in hit else ".")
            for kind in Kind
        ]
        lines.append(f"{step:{width}} " + " ".join(f" {mark}" for mark in marks))
    lines.append(f"{len(tally.missed)} of the possible cells were never hit")
    return "\n".join(lines)


def _tell_failure(verdict: Verdict) -> None:
    """The smallest story that breaks the same promise, and how to see it again."""
    plan, smallest = shrunk(drawn(verdict.seed))
    typer.echo(f"\nseed {verdict.seed} broke a promise. {smallest.broken}\n")
    typer.echo("Left of its plan, because without any of these nothing breaks:")
    for wish in plan.wishes:
        typer.echo(f"  {wish.says()}")
    for trouble in plan.troubles:
        typer.echo(f"  {trouble.says()}")
    typer.echo("\nWhat happened:")
    typer.echo("\n".join(smallest.story))
    typer.echo(f"\nSee the whole of it again: basis simulate --seed {verdict.seed} --trace")
