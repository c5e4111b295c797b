"""A drawing of a study: the share of liquidated quarters by leverage, on a logarithmic scale."""

import math
from collections.abc import Sequence
from html import escape

from asgard_basis.lab.lane import Policy
from asgard_basis.lab.report import Finding
from asgard_basis.lab.study import Tally

_WIDTH, _HEIGHT = 760, 380
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 16, 56, 44
_FLOOR, _CEILING = 0.0001, 1.0
_COLOURS = {
    Policy.NONE: "#b4232a",
    Policy.LOCAL: "#0f6e84",
    Policy.EQUALISE: "#b07a12",
    Policy.BOTH: "#2f8f5b",
}
_GOAL = 0.001


def drawing(finding: Finding) -> str:
    """The drawing as SVG text; it reads on light and dark."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img"'
        ' font-family="system-ui, sans-serif" font-size="12">',
        "<title>Share of 90-day quarters in which a leg was liquidated</title>",
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" rx="8" fill="#fbfcfc"/>',
        *_scale(),
        *_bars(finding.tallies),
        *_legend(finding.plan.policies),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _y(share: float) -> float:
    low, high = math.log10(_FLOOR), math.log10(_CEILING)
    part = (math.log10(max(share, _FLOOR)) - low) / (high - low)
    return _HEIGHT - _BOTTOM - part * (_HEIGHT - _TOP - _BOTTOM)


def _scale() -> list[str]:
    found = []
    for share in (1.0, 0.1, 0.01, 0.001, 0.0001):
        y = _y(share)
        label = f"{share:.2%}".rstrip("0%").rstrip(".") + " %" if share < 1 else "100 %"
        found.append(
            f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"'
            ' stroke="#d7dfe2"/>'
            f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end" fill="#44545c">{label}</text>'
        )
    goal = _y(_GOAL)
    found.append(
        f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{goal:.1f}" y2="{goal:.1f}"'
        ' stroke="#44545c" stroke-dasharray="4 3"/>'
        f'<text x="{_WIDTH - _RIGHT}" y="{goal - 5:.1f}" text-anchor="end" fill="#44545c">'
        "aim at 2x</text>"
    )
    return found


def _bars(tallies: Sequence[Tally]) -> list[str]:
    leverages = sorted({t.leverage for t in tallies})
    policies = list(dict.fromkeys(t.policy for t in tallies))
    room = (_WIDTH - _LEFT - _RIGHT) / len(leverages)
    width = room * 0.8 / len(policies)
    found = []
    for tally in tallies:
        begin = _LEFT + leverages.index(tally.leverage) * room + room * 0.1
        x = begin + policies.index(tally.policy) * width
        y, foot = _y(tally.liquidated), _y(_FLOOR)
        told = f"{tally.policy.value} at {tally.leverage}x: {tally.liquidated:.2%}"
        top, low = _y(tally.liquidated + tally.error), _y(tally.liquidated - tally.error)
        middle = x + width * 0.46
        found.append(
            f'<g><title>{escape(told)}</title><rect x="{x:.1f}" y="{y:.1f}"'
            f' width="{width * 0.92:.1f}" height="{max(1.0, foot - y):.1f}"'
            f' fill="{_COLOURS[tally.policy]}"/>'
            f'<line x1="{middle:.1f}" x2="{middle:.1f}" y1="{top:.1f}" y2="{low:.1f}"'
            ' stroke="#132028"/></g>'
        )
    for number, leverage in enumerate(leverages):
        x = _LEFT + (number + 0.5) * room
        found.append(
            f'<text x="{x:.1f}" y="{_HEIGHT - 16}" text-anchor="middle" fill="#132028">'
            f"{leverage}x</text>"
        )
    return found


def _legend(policies: Sequence[Policy]) -> list[str]:
    found = [
        f'<text x="{_LEFT}" y="22" fill="#132028" font-weight="600">'
        "Quarters in which a leg was liquidated</text>"
    ]
    for number, policy in enumerate(policies):
        x = _LEFT + number * 120
        found.append(
            f'<rect x="{x}" y="34" width="10" height="10" fill="{_COLOURS[policy]}"/>'
            f'<text x="{x + 16}" y="43" fill="#44545c">{escape(policy.value)}</text>'
        )
    return found
