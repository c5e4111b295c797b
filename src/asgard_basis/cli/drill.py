"""`basis drill NAME`: let something outside fail in the running simulated world, and watch."""

import asyncio
from decimal import Decimal

import typer

from asgard_basis.application.oversight.playbook_views import PlaybookView
from asgard_basis.bootstrap import App
from asgard_basis.cli import operator
from asgard_basis.cli.visitor import PaperWorld
from asgard_basis.domain.money import ZERO
from asgard_basis.domain.position.lifecycle import PositionState
from asgard_basis.domain.position.position import Position

SCENARIOS = {
    "solana_halted": "solana_halt",
    "hyperliquid_refusing": "hyperliquid_storm",
    "signing_down": "privy_down",
    "lst_depeg": "lst_depeg",
}
_LOOK_SECONDS = 1.0
_PATIENCE_SECONDS = 90.0


def drill(name: str) -> None:
    """Begin it, wait for the playbook, end it, wait for rest; exit 1 when that does not happen."""
    control = operator.settings().paper_control_url
    if control is None:
        typer.echo(
            "There is no simulated world here, and real money is not drilled with.", err=True
        )
        raise typer.Exit(2)
    if name not in SCENARIOS:
        typer.echo(f"Known drills: {', '.join(SCENARIOS)}.", err=True)
        raise typer.Exit(2)
    operator.carry_out(lambda app: _drilled(app, PaperWorld(control), name))


async def _drilled(app: App, world: PaperWorld, name: str) -> None:
    before = await _held(app)
    typer.echo(f"{len(before)} positions are held. {name} begins.")
    await asyncio.to_thread(world.start_scenario, SCENARIOS[name])
    try:
        view = await _until(app, name, is_active=True)
        most = view.loss_max_usd
        typer.echo(f"In force: {view.title}. {view.seen}")
        typer.echo(f"It concerns {len(view.concerns)} positions; at most {_usd(most)} are lost.")
        for sentence in view.done:
            typer.echo(f"  {sentence}")
    finally:
        await asyncio.to_thread(world.start_scenario, "calm")
        world.close()
    await _until(app, name, is_active=False)
    after = {p.id: p for p in await _held(app)}
    moved = [p.id for p in before if p.id not in after or _sizes(after[p.id]) != _sizes(p)]
    resting = all(p.state is PositionState.HEDGED for p in after.values())
    typer.echo(f"Over. {len(moved)} positions have changed; all at rest: {resting}.")


async def _until(app: App, name: str, *, is_active: bool) -> PlaybookView:
    ends = app.clock.host().timestamp() + _PATIENCE_SECONDS
    while app.clock.host().timestamp() < ends:
        views = await app.playbooks.views.of_everybody()
        view = next(view for view in views if view.name == name)
        if view.is_active is is_active:
            return view
        await app.clock.sleep(_LOOK_SECONDS)
    typer.echo(f"{name} did not {'begin' if is_active else 'end'} in time.", err=True)
    raise typer.Exit(1)


async def _held(app: App) -> list[Position]:
    async with app.transactions.for_system() as work:
        return list(await work.positions.held())


def _sizes(position: Position) -> tuple[Decimal, Decimal]:
    long, short = position.long, position.short
    return (
        long.collateral_bought - long.collateral_sold if long else ZERO,
        short.size if short else ZERO,
    )


def _usd(amount: Decimal | None) -> str:
    return "an unknown amount" if amount is None else f"{amount:,.2f} USD"
