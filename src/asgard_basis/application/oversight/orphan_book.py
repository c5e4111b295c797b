"""The rows of what no position claims, kept true to the newest look."""

import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from asgard_basis.application.oversight.existence_reader import Look
from asgard_basis.domain.identifiers import UserId
from asgard_basis.domain.money import ZERO
from asgard_basis.domain.position.existence import SweepLong, SweepPerp, Verdict
from asgard_basis.ports.orphans import Orphan, OrphanEnding, OrphanKind
from asgard_basis.ports.unit_of_work import UnitOfWork

_LATE_COUNTDOWN = timedelta(seconds=60)
"""For an order of ours that came late: it is known what it is."""


class OrphanBook:
    """Writes what two looks agree on, and ends what is gone."""

    def __init__(self, *, countdown: timedelta) -> None:
        self._countdown = countdown

    async def write(
        self, work: UnitOfWork, user_id: UserId, look: Look, agreed: Sequence[Verdict]
    ) -> list[Orphan]:
        """Those that are there still; while one is being swept all are left as they are."""
        known = {(o.kind, o.key): o for o in await work.orphans.unended()}
        if look.books.sweeping is not None:
            return list(known.values())
        seen = {(o.kind, o.key): o for o in self._found(user_id, look, look.verdicts)}
        confirmed = {(o.kind, o.key) for o in self._found(user_id, look, agreed)}
        left: list[Orphan] = []
        for name, orphan in seen.items():
            present = known.get(name)
            is_news = present is None or present.size != orphan.size
            if is_news and name in confirmed:
                present = await work.orphans.put(orphan)
            if present is not None:
                left.append(present)
        for name, orphan in known.items():
            if name in seen:
                continue
            if look.is_complete:
                await work.orphans.end(replace(orphan, ended_at=look.at, ending=OrphanEnding.GONE))
            else:
                left.append(orphan)
        return left

    def _found(self, user_id: UserId, look: Look, verdicts: Sequence[Verdict]) -> list[Orphan]:
        found: list[Orphan] = []
        for verdict in verdicts:
            wait = _LATE_COUNTDOWN if verdict.position_id else self._countdown
            orphan = Orphan(
                id="",
                user_id=user_id,
                kind=OrphanKind.PERP,
                key=key_of(verdict),
                size=verdict.short,
                seen_at=look.at,
                acts_at=look.at + wait,
                position_id=verdict.position_id,
            )
            if isinstance(verdict, SweepLong):
                orphan = replace(
                    orphan,
                    kind=OrphanKind.LONG,
                    size=_tokens(look, verdict),
                    asset=verdict.asset,
                    protocol=verdict.protocol,
                )
            elif isinstance(verdict, SweepPerp):
                held = look.account.position if look.account else None
                orphan = replace(orphan, entry_price=held.entry_price if held else None)
            else:
                continue
            name = f"{user_id}:{orphan.kind.value}:{orphan.key}:{look.at.isoformat()}"
            found.append(replace(orphan, id=str(uuid.uuid5(uuid.NAMESPACE_OID, name))))
        return found


def key_of(verdict: Verdict) -> str:
    """A name that is the same at every look."""
    if verdict.longs:
        return verdict.longs[0]
    if verdict.position_id is not None:
        return f"late:{verdict.position_id}"
    return "account" if verdict.short > 0 else "turned"


def _tokens(look: Look, verdict: SweepLong) -> Decimal:
    state = look.states.get(verdict.longs[0])
    return state.collateral if state else ZERO
