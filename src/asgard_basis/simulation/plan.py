"""What a seed stands for: who asks for what and when, and what goes wrong; all drawn up front.

A plan is data, so that a failing one can be made smaller by leaving things out.
"""

import random
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

from asgard_basis.domain.assets import Asset
from asgard_basis.domain.saga.step import StepName
from asgard_basis.simulation.troubles import CELLS, CROSSINGS, NETWORK, Cell, Kind

_STRIDE = 7919
"""A prime, so that neighbours aim at different things and all are aimed at."""
_EXIT = frozenset(
    {StepName.CLOSE_SHORT, StepName.OBSERVE_LONG, StepName.CLOSE_LONG, StepName.SETTLE}
)
_TRANSFER = frozenset({StepName.TRANSFER_TO_BRIDGE, StepName.AWAIT_CREDIT})
_RARE = frozenset(
    {
        StepName.READ_LONG,
        StepName.OBSERVE_LONG,
        StepName.OBSERVE_SHORT,
        StepName.REDUCE_LONG,
        StepName.REPAY_LONG,
        StepName.TURN_BACK,
        StepName.LEAVE,
    }
)
"""Steps with few chances, or that are taken only when something else has gone wrong before."""
_DENIED_BEFORE = {
    StepName.LEAVE: (StepName.OPEN_SHORT,),
    StepName.TURN_BACK: (StepName.REDUCE_LONG, StepName.REDUCE_LONG),
}
_OF_REDUCING = frozenset({StepName.REDUCE_LONG, StepName.TURN_BACK, StepName.REPAY_LONG})
_LEVERAGES = Decimal("1.5"), Decimal(2), Decimal("2.5")
_ASSETS = Asset.SOL, Asset.JITOSOL, Asset.INF
_DEFENDED = Decimal(2), Decimal(2), Decimal("2.5")
_TIMED = (Kind.KILL, Kind.PAUSE, Kind.OUTAGE, Kind.ADL, Kind.THIN_BOOK, Kind.SNAPSHOT_DOWN)
_SWINGS = {
    Decimal("0.02"): Decimal("0.21"),
    Decimal("0.3"): Decimal("-0.29"),
    Decimal(1): Decimal("0.24"),
}
"""At 2x a leg comes to 15 % of room, where defence begins, and less; at 2.5x to the emergency;
at 1.5x nothing is to be done."""
_VENUES = ("hyperliquid", "asgard", "solana", "privy", "arbitrum")


class WishKind(StrEnum):
    """What a person asks for."""

    OPEN = "open"
    CLOSE = "close"
    REDUCE = "reduce"
    DEPOSIT = "deposit"
    CLOSE_ALL = "close all"
    STOP = "stop"
    """The red button: nothing is opened any more, and everything is closed."""
    PAUSE = "pause"
    """Nothing is opened until it is lifted again."""
    KILL_SWITCH = "kill switch"
    """As a pause, by an operator and for everybody."""


CONTROLS = frozenset({WishKind.STOP, WishKind.PAUSE, WishKind.KILL_SWITCH})


@dataclass(frozen=True, slots=True)
class Wish:
    """One request of one person."""

    number: int
    person: int
    kind: WishKind
    at: float
    """Seconds after the beginning; of a closing: after its opening has ended."""
    size_usd: Decimal = Decimal(0)
    leverage: Decimal = Decimal(2)
    fraction: Decimal = Decimal(0)
    """Of a reduction."""
    asset: Asset = Asset.SOL
    again_after: float | None = None
    """Seconds until a second browser asks for the same."""
    again_is_same: bool = True
    """Whether it does so under the same key."""
    seconds: float = 0.0
    """Until what was forbidden is allowed again."""

    def says(self) -> str:
        """In words."""
        again = "" if self.again_after is None else f", again after {self.again_after:.1f} s"
        what = f" {self.size_usd} USD" if self.size_usd else ""
        what += f" by {self.fraction}" if self.fraction else ""
        return f"person {self.person} asks at {self.at:.1f} s: {self.kind}{what}{again}"


@dataclass(frozen=True, slots=True)
class Trouble:
    """One fault, at the `nth` chance within a step, or at a moment."""

    number: int
    kind: Kind
    step: StepName | None = None
    nth: int = 0
    at: float | None = None
    after_hedged: float | None = None
    """Seconds after the first position is hedged; instead of a step or a moment."""
    seconds: float = 1.0
    """How long it lasts, or until what died is back."""
    share: Decimal = Decimal(1)
    venue: str | None = None
    machine: int = 0

    def says(self) -> str:
        """In words."""
        if self.after_hedged is not None:
            return f"{self.after_hedged:.1f} s after something is hedged: {self.kind}"
        if self.step is None:
            return f"at {self.at:.1f} s: {self.kind} of {self.venue or f'worker {self.machine}'}"
        return f"{self.kind} during {self.step}, chance {self.nth + 1}, {self.seconds:.1f} s"


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that is drawn for one seed."""

    seed: int
    people: int
    workers: int
    skews: tuple[float, ...]
    """Seconds each process's clock is ahead, the API's first."""
    monitor_seconds: float
    wishes: tuple[Wish, ...]
    troubles: tuple[Trouble, ...]
    newcomer_at: float | None = None
    """When somebody signs in for the first time."""

    def without(self, *, wishes: frozenset[int], troubles: frozenset[int]) -> "Plan":
        """The same without some of them, by number."""
        return replace(
            self,
            wishes=tuple(w for w in self.wishes if w.number not in wishes),
            troubles=tuple(t for t in self.troubles if t.number not in troubles),
        )


def move_of(trouble: Trouble) -> Decimal:
    """The share of its price by which SOL moves in a liquidation or a swing."""
    if trouble.kind is Kind.LIQUIDATION:
        return Decimal("0.5") if trouble.share == 1 else Decimal("-0.45")
    return _SWINGS[trouble.share]


def aim_of(seed: int) -> Cell:
    """What a seed tries to let meet; as many seeds in a row as there are cells try each once."""
    return CELLS[seed * _STRIDE % len(CELLS)]


def drawn(seed: int) -> Plan:
    """The plan of a seed."""
    draw = random.Random(f"asgard-basis simulation {seed}")
    aim = aim_of(seed)
    people = draw.choices((1, 2, 3), (80, 15, 5))[0]
    workers = draw.choices((1, 2, 3), (25, 55, 20))[0]
    is_skewed = aim.kind is Kind.SKEW or draw.random() < 0.2
    return Plan(
        seed=seed,
        people=people,
        workers=workers,
        skews=tuple(
            round(draw.choice((-1, 1)) * draw.uniform(1.2, 4), 3) if is_skewed else 0.0
            for _ in range(workers + 1)
        ),
        monitor_seconds=float(draw.choice((60, 300, 900))),
        wishes=_wishes(draw, people, aim),
        troubles=_troubles(draw, workers, aim),
        newcomer_at=_newcomer_at(draw),
    )


def _newcomer_at(draw: random.Random) -> float | None:
    return round(draw.uniform(0, 40), 3) if draw.random() < 0.12 else None


def _wishes(draw: random.Random, people: int, aim: Cell) -> tuple[Wish, ...]:
    wishes: list[Wish] = []
    is_defended = aim.step is StepName.REPAY_LONG
    # What is cut into parts must be large enough for an order each.
    sizes = (1000, 3000) if aim.step in _OF_REDUCING else (150, 400, 1000, 3000, 9000)

    def wish(person: int, kind: WishKind, at: float, **more: object) -> None:
        again = round(draw.uniform(0, 2), 3) if draw.random() < 0.25 else None
        same = kind not in {WishKind.CLOSE, WishKind.REDUCE} and draw.random() < 0.7
        made = Wish(len(wishes), person, kind, at, again_after=again, again_is_same=same)
        wishes.append(replace(made, **more))  # type: ignore[arg-type]

    for person in range(people):
        if (person == 0 and aim.step in _TRANSFER) or draw.random() < 0.15:
            amount = Decimal(draw.randrange(5, 800))
            wish(person, WishKind.DEPOSIT, round(draw.uniform(0, 20), 3), size_usd=amount)
            if person == 0 and aim.step in _TRANSFER and draw.random() < 0.7:
                continue
        for _ in range(draw.choices((1, 2), (88, 12))[0]):
            wish(
                person,
                WishKind.OPEN,
                round(draw.uniform(0, 30), 3),
                size_usd=Decimal(draw.choice(sizes)),
                leverage=draw.choice(_DEFENDED if is_defended else _LEVERAGES),
                asset=draw.choices(_ASSETS, (70, 20, 0 if is_defended else 10))[0],
            )
            if is_defended:
                continue  # nothing else is to happen to it until the price has moved
            if aim.step in _OF_REDUCING or draw.random() < 0.12:
                fraction = Decimal(draw.randrange(5, 90)) / 100
                wish(person, WishKind.REDUCE, round(draw.uniform(1, 60), 3), fraction=fraction)
            if aim.step in _EXIT or draw.random() < 0.7:
                hold = draw.choices((2, 60, 900, 5_000), (45, 35, 14, 6))[0]
                if aim.step in _OF_REDUCING:
                    hold = 900
                wish(person, WishKind.CLOSE, round(draw.uniform(0.2, 1) * hold, 3))
        if draw.random() < 0.12:
            kind = draw.choice((WishKind.CLOSE_ALL, *sorted(CONTROLS)))
            seconds = round(draw.uniform(5, 200), 3)
            wish(person, kind, round(draw.uniform(0, 60), 3), seconds=seconds)
    return tuple(wishes)


def _troubles(draw: random.Random, workers: int, aim: Cell) -> tuple[Trouble, ...]:
    troubles: list[Trouble] = []
    if aim.kind is not Kind.SKEW:
        troubles.append(_at_step(draw, 0, aim, gently=True))
    for step in _DENIED_BEFORE.get(aim.step, ()):
        cell = Cell(step, Kind.POLICY_DENIAL)
        troubles.append(_at_step(draw, len(troubles), cell, gently=True))
    if aim.step is StepName.OBSERVE_SHORT:
        troubles.append(_once_hedged(draw, len(troubles), Kind.ADL, Kind.LIQUIDATION))
    if aim.step is StepName.REPAY_LONG:
        troubles.append(_once_hedged(draw, len(troubles), Kind.SWING))
    if draw.random() < 0.1:
        among = Kind.ADL, Kind.LIQUIDATION, Kind.SWING
        troubles.append(_once_hedged(draw, len(troubles), *among))
    kinds = [kind for kind in Kind if kind is not Kind.SKEW and draw.random() < 0.4]
    weights = (60, 30, 10, 0) if aim.step in _RARE else (15, 40, 30, 15)
    count = draw.choices((0, 2, 5, 9), weights)[0] if kinds else 0
    for _ in range(count):
        kind = draw.choice(kinds)
        number = len(troubles)
        if kind in _TIMED and draw.random() < 0.2:
            troubles.append(_at_moment(draw, number, kind, workers))
        else:
            cell = draw.choice([cell for cell in CELLS if cell.kind is kind])
            troubles.append(_at_step(draw, number, cell, gently=False))
    return tuple(troubles)


def _at_step(draw: random.Random, number: int, cell: Cell, *, gently: bool) -> Trouble:
    most = 1
    if cell.kind in NETWORK:
        most = 4
    elif cell.kind in CROSSINGS and CROSSINGS[cell.kind] == "":
        most = 14
    elif cell.kind in CROSSINGS:
        most = 3
    if gently:
        most = 6 if most > 6 else 1
    return Trouble(
        number,
        cell.kind,
        step=cell.step,
        nth=draw.randrange(most),
        seconds=round(draw.choice((0.3, 3, 12, 25, 45)) * draw.uniform(0.5, 1.3), 3),
        share=Decimal(draw.choice(("0.02", "0.3", "1"))),
    )


def _once_hedged(draw: random.Random, number: int, *among: Kind) -> Trouble:
    return Trouble(
        number,
        draw.choice(among),
        after_hedged=round(draw.uniform(0.5, 90), 3),
        share=Decimal(draw.choice(("0.02", "0.3", "1"))),
    )


def _at_moment(draw: random.Random, number: int, kind: Kind, workers: int) -> Trouble:
    return Trouble(
        number,
        kind,
        at=round(draw.choice((5, 15, 40, 120, 1500)) * draw.uniform(0.2, 1.2), 3),
        seconds=round(draw.choice((2, 10, 40, 150)) * draw.uniform(0.5, 1.3), 3),
        share=Decimal(draw.choice(("0.02", "0.3", "1"))),
        venue=draw.choice(_VENUES) if kind is Kind.OUTAGE else None,
        machine=draw.randrange(workers),
    )
