"""Open positions as columns, read from the database now and then and judged on every mark."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import numpy as np

from asgard_basis.domain.assets import Asset, LendingProtocol
from asgard_basis.domain.identifiers import PositionId
from asgard_basis.domain.market.lst import Peg
from asgard_basis.domain.market.snapshot import MarketSnapshot
from asgard_basis.domain.position.position import Position
from asgard_basis.domain.risk.facts import Near, RiskThresholds
from asgard_basis.domain.risk.kernel import (
    Columns,
    Flag,
    Mark,
    Readings,
    columns_of,
    read_all,
    room_for,
)
from asgard_basis.domain.risk.reading import JUDGED, leg_facts, price_facts

_Pair = tuple[Asset, LendingProtocol]


@dataclass(frozen=True, slots=True)
class Flagged:
    """A position the exact rules are to be asked about."""

    position: Position
    flags: Flag
    nearest: float
    """The smaller distance; not a number where neither is known. For sorting only."""


@dataclass(frozen=True, slots=True)
class _Group:
    """Positions that share asset and lender."""

    positions: tuple[Position, ...]
    columns: Columns
    readings: Readings


class RiskColumns:
    """All judged positions of the deployment."""

    def __init__(self) -> None:
        self._groups: dict[_Pair, _Group] = {}
        self._made_at: datetime | None = None
        self._places: dict[PositionId, tuple[_Pair, int]] = {}

    def __len__(self) -> int:
        return len(self._places)

    def position(self, position_id: PositionId) -> Position | None:
        """As it was read last; None when it is not judged (any more)."""
        place = self._places.get(position_id)
        return None if place is None else self._groups[place[0]].positions[place[1]]

    def refresh(self, held: Iterable[Position], maintenance: Decimal, host_now: datetime) -> None:
        """Replace all of them by what is held now."""
        by_pair: defaultdict[_Pair, list[Position]] = defaultdict(list)
        for position in held:
            if position.state in JUDGED:
                by_pair[position.asset, position.protocol].append(position)
        self._groups = {
            pair: _group(positions, maintenance, host_now) for pair, positions in by_pair.items()
        }
        self._made_at = host_now
        self._places = {
            position.id: (pair, row)
            for pair, group in self._groups.items()
            for row, position in enumerate(group.positions)
        }

    def flagged(
        self,
        snapshot: MarketSnapshot,
        *,
        thresholds: RiskThresholds,
        pegs: Mapping[Asset, Peg],
        kept: Mapping[PositionId, tuple[Near, ...]],
        host_now: datetime,
    ) -> list[Flagged]:
        """Those that need the exact rules at this mark, nearest to liquidation first.

        `kept` are those of which something is remembered: they are among them always.
        """
        aged = (host_now - self._made_at).total_seconds() if self._made_at else 0.0
        found: list[Flagged] = []
        for (asset, protocol), group in self._groups.items():
            lender = snapshot.lender(protocol, asset)
            mark = Mark(
                asset=asset,
                protocol=protocol,
                price=price_facts(snapshot, asset, host_now=host_now, peg=pegs.get(asset)),
                liquidation_threshold=lender.liquidation_threshold if lender else None,
                aged_seconds=aged,
            )
            read = read_all(group.columns, mark, thresholds, group.readings)
            rows = self._rows(kept, (asset, protocol))
            read.flags[rows] |= np.uint16(Flag.KEPT)
            nearest = np.fmin(read.long_distance, read.short_distance)
            found += [
                Flagged(group.positions[row], Flag(int(read.flags[row])), float(nearest[row]))
                for row in np.nonzero(read.flags)[0]
            ]
        return sorted(found, key=lambda each: (math.isnan(each.nearest), each.nearest))

    def _rows(self, kept: Iterable[PositionId], pair: _Pair) -> Sequence[int]:
        places = [self._places[each] for each in kept if each in self._places]
        return [row for of, row in places if of == pair]


def _group(positions: Sequence[Position], maintenance: Decimal, host_now: datetime) -> _Group:
    legs = [
        leg_facts(
            position,
            liquidation_threshold=None,
            maintenance_fraction=maintenance,
            host_now=host_now,
        )
        for position in positions
    ]
    columns = columns_of(legs)
    return _Group(tuple(positions), columns, room_for(columns))
