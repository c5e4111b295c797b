"""What a study found, as lines for a terminal and as a page with a drawing."""

from collections.abc import Sequence
from dataclasses import dataclass

from asgard_basis.lab.study import Plan, Tally

_PAGE = """# The risk lab

How often is a leg liquidated, and what does preventing it cost? `basis risk-lab` lives seeded
made-up quarters through the rule that defends real positions (`domain/risk/defence.py`; how it
decides: [defence](defence.md)) and writes this page.

Each path is {days} days in five-minute steps. A position of $10,000 is divided as a real one is
(lender's liquidation threshold 80 %, maintenance at Hyperliquid 2.5 %), and four policies live on
the same paths:

- **none**: nobody does anything.
- **local cut**: both legs are cut within five minutes of the trigger; what that sets free stays
  with its leg. This is what the bot does without leave to cross the bridge.
- **equalise**: money goes from the richer leg to the poorer over a bridge, and both are resized,
  once it has arrived; nothing before that.
- **both**: the cut at once, smaller because the money follows.

Every transfer takes six hours, as if the bridge always stalled. The bot's own way with leave to
cross lies between *local cut* and *both*: only what a cut sets free of the richer leg is carried.
Where a person allows free money to be used, cuts are smaller than here.

{tables}
![Share of quarters in which a leg was liquidated](risk-lab.svg)

## How to read it
- *Liquidated* is the share of quarters in which either leg was, with its standard error. Where
  none was seen, the error is that of one.
- *Moves* are cuts and transfers. *Cost* is what they cost in fees and slippage, of the capital.
- *Size left* is how much of both legs was still there at the end: local cuts never add anything
  back, so what is saved from liquidation earns less until it is opened anew. That is the price
  of not crossing, and larger than all fees.
- *Closed* are pairs of which too little would have been left.

## What it leaves out
Prices have no drift. Liquidity is continuous: a cut trades at the price of its step, five minutes
after it was decided, with normal slippage. Carry is left out, so debt and margin only change by
trades. A jump that leaps over both trigger and liquidation within one step is not survivable by
any policy here; that is most of what is left at 2.5x and 3x. The watching between steps is
accounted for by moving the walls inwards (Broadie, Glasserman and Kou 1997).

Triggers and targets were chosen on other seeds than the ones shown (seed {seed} here; 11 for
choosing). Made with `basis risk-lab --paths {paths} --seed {seed}`.
"""


@dataclass(frozen=True, slots=True)
class Finding:
    """One study and what it found."""

    plan: Plan
    tallies: Sequence[Tally]


def lines(finding: Finding) -> list[str]:
    """A table for a terminal."""
    head = f"{'leverage':>8} {'policy':<10} {'liquidated':>18} {'moves':>12} {'cost':>7}"
    found = [
        f"{finding.plan.market.name}: {finding.plan.market.told}",
        head + "  size left  closed",
    ]
    for row in _rows(finding):
        found.append(
            f"{row.leverage:>8} {row.policy:<10} {row.liquidated:>18} {row.moves:>12}"
            f" {row.cost:>7} {row.kept:>10} {row.closed:>7}"
        )
    return found


def page(findings: Sequence[Finding]) -> str:
    """The documentation page."""
    first = findings[0].plan
    tables = "\n".join(_table(finding) for finding in findings)
    return _PAGE.format(days=first.days, seed=first.seed, paths=f"{first.paths}", tables=tables)


@dataclass(frozen=True, slots=True)
class _Row:
    leverage: str
    policy: str
    liquidated: str
    moves: str
    cost: str
    kept: str
    closed: str


def _rows(finding: Finding) -> list[_Row]:
    order = sorted(
        finding.tallies, key=lambda t: (t.leverage, list(finding.plan.policies).index(t.policy))
    )
    return [_row(tally) for tally in order]


def _row(tally: Tally) -> _Row:
    moves = sorted(tally.moves)
    return _Row(
        leverage=f"{tally.leverage}x",
        policy=tally.policy.value,
        liquidated=f"{tally.liquidated:.2%} ± {tally.error:.2%}",
        moves=f"{moves[len(moves) // 2]}, 95 %: {moves[int(len(moves) * 0.95)]}",
        cost=f"{sum(tally.costs) / tally.paths:.2%}",
        kept=f"{sum(tally.kept) / tally.paths:.0%}",
        closed=f"{tally.closed / tally.paths:.2%}",
    )


def _table(finding: Finding) -> str:
    plan = finding.plan
    title = f"## {plan.paths:,} {plan.market.name} quarters\n{plan.market.told}\n"
    head = (
        "| leverage | policy | liquidated | moves: median, 95 % | cost | size left | closed |\n"
        "|---|---|---|---|---|---|---|"
    )
    rows = [
        f"| {r.leverage} | {r.policy} | {r.liquidated} | {r.moves.replace('95 %: ', '')} | {r.cost}"
        f" | {r.kept} | {r.closed} |"
        for r in _rows(finding)
    ]
    return "\n".join([title, head, *rows, ""])
