"""`basis`: the commands of operators, each loaded only when it is used."""

from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Asgard Basis")
audit = typer.Typer(no_args_is_help=True, help="The log of everything that was done.")
app.add_typer(audit, name="audit")
ledger = typer.Typer(no_args_is_help=True, help="The books of every cent.")
app.add_typer(ledger, name="ledger")

User = Annotated[str | None, typer.Option(help="One user's id or e-mail; without it everybody")]
Reason = Annotated[str, typer.Option(help="Why, for whoever reads it later")]
Emergency = Annotated[bool, typer.Option(help="Leg by leg, where a venue is away")]
Wait = Annotated[bool, typer.Option(help="Tell every step until it is over")]
Breaker = Annotated[bool, typer.Option(help="The pause the system has set, once looked at")]
Run = Annotated[bool, typer.Option(help="Do it here when no worker is alive")]


@app.command()
def up() -> None:
    """Start everything on this machine in paper mode, and stop it with Ctrl-C."""
    from asgard_basis.cli.up import up as run

    raise typer.Exit(run())


@app.command()
def serve() -> None:
    """Serve the API and the dashboard."""
    from asgard_basis.cli.serve import serve as run

    run()


@app.command()
def work() -> None:
    """Run one worker process."""
    from asgard_basis.cli.work import work as run

    run()


@app.command()
def migrate() -> None:
    """Bring the database up to the present schema."""
    from asgard_basis.cli.migrate import migrate as run

    run()


@app.command()
def doctor() -> None:
    """Say what is missing on this machine, and what to do about it."""
    from asgard_basis.cli.doctor import doctor as run

    findings = run()
    for finding in findings:
        typer.echo(f"{'ok     ' if finding.advice is None else 'PROBLEM'} {finding.what}")
        if finding.advice is not None:
            typer.echo(f"        what to do: {finding.advice}")
    raise typer.Exit(any(finding.advice is not None for finding in findings))


@app.command()
def reconcile(
    user: Annotated[str | None, typer.Option(help="One user's id; everybody without it")] = None,
) -> None:
    """Hold the venues against the books, print every verdict, and act on what is wrong."""
    from asgard_basis.cli.reconcile import reconcile as run

    raise typer.Exit(run(user))


@app.command()
def positions(user: User = None) -> None:
    """Show every position that is held, what works on it and what that waits for."""
    from asgard_basis.cli import operator

    operator.carry_out(lambda app: operator.show_positions(app, user))


@app.command()
def alarms() -> None:
    """Show every open alarm."""
    from asgard_basis.cli import operator

    operator.carry_out(operator.show_alarms)


@app.command()
def playbooks() -> None:
    """What has failed outside, what is done about it, and the most it may cost."""
    from asgard_basis.cli import operator

    operator.carry_out(operator.show_playbooks)


@app.command("drill")
def drill_command(name: str) -> None:
    """Let something outside fail in the running simulated world, and watch the playbook."""
    from asgard_basis.cli.drill import drill

    drill(name)


@app.command()
def close(
    position: str, emergency: Emergency = False, wait: Wait = False, run: Run = False
) -> None:
    """Close one position, whoever's it is; the API is not needed."""
    from asgard_basis.cli import operator

    operator.carry_out(
        lambda app: operator.close(
            app, position, is_emergency=emergency, is_waited=wait, is_run=run
        )
    )


@app.command("close-all")
def close_all(
    user: User = None, emergency: Emergency = False, wait: Wait = False, run: Run = False
) -> None:
    """Close everything one user, or everybody, holds; the API is not needed."""
    from asgard_basis.cli import operator

    operator.carry_out(
        lambda app: operator.close_all(
            app, user, is_emergency=emergency, is_waited=wait, is_run=run
        )
    )


@app.command("emergency-stop")
def emergency_stop(
    user: User = None, reason: Reason = "Emergency stop", wait: Wait = False, run: Run = False
) -> None:
    """Pause opening and close everything now, leg by leg where a venue is away."""
    from asgard_basis.cli import operator

    operator.carry_out(
        lambda app: operator.emergency_stop(app, user, reason=reason, is_waited=wait, is_run=run)
    )


@app.command()
def pause(user: User = None, reason: Reason = "Paused by the operator") -> None:
    """Forbid opening; closing works as always."""
    from asgard_basis.cli import operator

    operator.carry_out(lambda app: operator.pause(app, user, reason=reason))


@app.command()
def resume(user: User = None, breaker: Breaker = False) -> None:
    """End the operators' pause or emergency stop, or a user's pause by a breaker."""
    if breaker and user is None:
        raise typer.BadParameter("--breaker needs --user: what a playbook forbids ends by itself")
    from asgard_basis.cli import operator

    operator.carry_out(lambda app: operator.resume(app, user, is_breaker=breaker))


@app.command()
def kill(reason: Reason = "Thrown by the operator") -> None:
    """Forbid everything that increases risk, everywhere; needs neither API nor database."""
    from asgard_basis.cli import kill as switch

    switch.kill(reason)


@app.command()
def unkill() -> None:
    """Lift the kill switch."""
    from asgard_basis.cli import kill as switch

    switch.unkill()


@app.command("why")
def why_command(position: str) -> None:
    """Tell why the product did what it did with a position: each decision with its figures."""
    from asgard_basis.cli.why import why

    why(position)


@app.command("replay")
def replay_command() -> None:
    """Make every kept decision again from what was known then; ends with 1 on a difference."""
    from asgard_basis.cli.why import replay

    replay()


@audit.command("verify")
def audit_verify() -> None:
    """Read the whole audit log; ends with 1 when a line was changed, added or taken away."""
    from asgard_basis.cli.audit import verify

    verify()


@audit.command("show")
def audit_show(position: str) -> None:
    """Tell a position's life from the audit log, line by line."""
    from asgard_basis.cli.audit import show

    show(position)


@ledger.command("check")
def ledger_check(
    user: Annotated[str | None, typer.Option(help="One user's id; everybody without it")] = None,
) -> None:
    """Add up the books and hold them against the venues; ends with 1 when anything is off."""
    from asgard_basis.cli.ledger import check

    raise typer.Exit(check(user))


@app.command()
def demo(
    url: Annotated[str | None, typer.Option(help="Dashboard of a running paper product")] = None,
    control: Annotated[str | None, typer.Option(help="Its paper world's control address")] = None,
) -> None:
    """Tell the whole path, step by step, in under two minutes."""
    from asgard_basis.cli.demo import demo as run

    run(url=url, control_url=control)


@app.command()
def explore(
    only: Annotated[str, typer.Argument(help="Scenes with this in their name")] = "",
    story: Annotated[bool, typer.Option("--story", help="Tell the longest path of each")] = False,
) -> None:
    """Visit every state the sagas can come to, and check every promise in each."""
    from asgard_basis.simulation.explore import explore_named

    raise typer.Exit(not explore_named(typer.echo, only, is_long=story))


@app.command()
def simulate(
    seed: Annotated[int | None, typer.Option(help="Live through this one")] = None,
    trace: Annotated[bool, typer.Option("--trace", help="Tell all that happens")] = False,
    first: Annotated[int, typer.Option("--from", help="The first of many")] = 0,
    count: Annotated[int | None, typer.Option(help="So many")] = None,
    minutes: Annotated[float | None, typer.Option(help="As many as fit")] = None,
    processes: Annotated[int | None, typer.Option(help="All cores by default")] = None,
    coverage: Annotated[bool, typer.Option("--coverage", help="Show what met what")] = False,
) -> None:
    """Live through seeded worlds full of faults, in virtual time, and check every promise."""
    from asgard_basis.cli.simulate import Wanted, cores, tell_many, tell_one

    if seed is not None:
        raise typer.Exit(not tell_one(seed, trace=trace))
    if count is None and minutes is None:
        count = 100
    wanted = Wanted(first, count, minutes, processes or cores(), coverage)
    raise typer.Exit(not tell_many(wanted))


@app.command(name="risk-lab")
def risk_lab(
    paths: Annotated[int, typer.Option(help="Made-up quarters")] = 10_000,
    days: Annotated[int, typer.Option(help="Of each")] = 90,
    seed: Annotated[int, typer.Option(help="The same one finds the same")] = 2026,
    write: Annotated[str | None, typer.Option(help="Folder for the page and its drawing")] = None,
) -> None:
    """Measure how often a leg is liquidated under each policy of defence, and what it costs."""
    from pathlib import Path

    from asgard_basis.cli.risk_lab import risk_lab as run

    run(paths=paths, days=days, seed=seed, folder=Path(write) if write else None)


@app.command()
def openapi() -> None:
    """Print the API's contract as JSON."""
    from asgard_basis.cli.openapi import openapi as run

    typer.echo(run())


@app.command()
def docs(folder: Annotated[str, typer.Argument()] = "docs/reference") -> None:
    """Write the reference pages that are made from the code."""
    from pathlib import Path

    from asgard_basis.cli.documents import write_documents

    write_documents(Path(folder), app)


def main() -> None:
    """The entry point; settings that are not right end it with one line for each problem."""
    from asgard_basis.settings import SettingsRefused

    try:
        app()
    except SettingsRefused as refused:
        for problem in refused.problems:
            typer.echo(f"{problem}.", err=True)
        typer.echo("Nothing was started.", err=True)
        raise SystemExit(2) from None
