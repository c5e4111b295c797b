"""What is told of a verdict: one sentence for the user, and when the bot acts by itself."""

import uuid
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from asgard_basis.domain.decision.card import WhyCard
from asgard_basis.domain.identifiers import PositionId, UserId
from asgard_basis.domain.money import cents, plain
from asgard_basis.domain.position.existence import Facts, LedgerOff, LegLost, Matched, Quarantine
from asgard_basis.domain.position.position import Position
from asgard_basis.domain.risk.lost_leg import LOST_LEG, LostFacts, LostThresholds
from asgard_basis.ports.orphans import Orphan, OrphanKind
from asgard_basis.ports.oversight import Alarm, AlarmKind


def lost_card(
    facts: Facts, position: Position, verdict: LegLost | Matched, *, at: datetime
) -> WhyCard | None:
    """What was decided of a leg that lost something, or that it has it again; `at` market time."""
    pair = next((pair for pair in facts.pairs if pair.position_id == position.id), None)
    if pair is None:
        return None
    listed = {long.key: long for long in facts.longs or ()}.get(pair.long.key if pair.long else "")
    stated = None
    if listed is not None:
        booked = pair.long.collateral if pair.long else None
        stated = (booked if listed.collateral is None else listed.collateral) or Decimal(0)
        stated = stated if listed.is_open else Decimal(0)
    return LOST_LEG.card(
        LostFacts(
            short_booked=pair.short,
            short_stated=None if facts.account_size is None else verdict.short,
            long_booked=pair.long.collateral if pair.long else Decimal(0),
            long_stated=stated,
        ),
        LostThresholds(least_order_sol=facts.least_order),
        card_id=str(uuid.uuid5(uuid.NAMESPACE_OID, f"lost:{position.id}:{at.isoformat()}")),
        user_id=position.user_id,
        subject=f"position:{position.id}",
        at=at,
        position_id=position.id,
    )


@dataclass(frozen=True, slots=True)
class Bell:
    """For whom, when and at what price an alarm is raised."""

    user_id: UserId
    at: datetime
    """Host time."""
    price: Decimal
    """USD per SOL."""

    def _alarm(
        self,
        kind: AlarmKind,
        subject: str,
        message: str,
        *,
        position_id: PositionId | None = None,
        exposure: Decimal | None = None,
        acts_at: datetime | None = None,
        action: str | None = None,
    ) -> Alarm:
        exposure = None if exposure is None else cents(exposure)  # rates move it by less, always
        name = f"{kind.value}:{self.user_id}:{subject}:{self.at.isoformat()}"
        return Alarm(
            id=str(uuid.uuid5(uuid.NAMESPACE_OID, name)),
            kind=kind,
            subject=subject,
            raised_at=self.at,
            message=message,
            user_id=self.user_id,
            position_id=position_id,
            exposure_sol=exposure,
            exposure_usd=None if exposure is None else cents(exposure * self.price),
            acts_at=acts_at,
            action=action,
        )

    def leg_lost(self, lost: LegLost, *, long_sol: Decimal) -> Alarm:
        """A leg shrank; `long_sol` is what of the long is gone, in SOL-equivalents."""
        parts = []
        if lost.short_lost:
            parts.append(f"{plain(lost.short_lost)} SOL of its short")
        if lost.long_lost and lost.is_long_gone:
            parts.append("its whole long")
        elif lost.long_lost:
            parts.append(f"{plain(cents(lost.long_lost))} tokens of its long")
        message = (
            f"The position lost {' and '.join(parts)} without an order of ours:"
            " a liquidation, an auto-deleveraging, or somebody else's hand."
        )
        return self._alarm(
            AlarmKind.LEG_LOST,
            lost.position_id or "",
            message,
            position_id=lost.position_id,
            exposure=lost.short_lost - long_sol,
            acts_at=self.at,
            action="Bring both legs together again, or close what is left.",
        )

    def quarantine(self, found: Quarantine, *, acts_at: datetime | None) -> Alarm:
        """Venue and book disagree about a position."""
        message = f"Nothing but closing is done with this position: {found.why}."
        return self._alarm(
            AlarmKind.BOOK_MISMATCH,
            found.position_id or "",
            message,
            position_id=found.position_id,
            acts_at=acts_at,
            action=None if acts_at is None else "Close what is there.",
        )

    def orphan(self, orphan: Orphan, *, long_sol: Decimal, tried: str | None) -> Alarm:
        """Something is held that no position claims."""
        if orphan.kind is OrphanKind.LONG:
            exposure, what = long_sol, "Asgard lists a long"
        else:
            held = "short" if orphan.size > 0 else "long"
            exposure = -orphan.size
            what = f"The account at Hyperliquid holds {plain(abs(orphan.size))} SOL {held}"
        whose = "that belongs to no position."
        if orphan.position_id is not None:
            whose = "by an order of ours that was taken for lost and came late."
        alarm = self._alarm(
            AlarmKind.ORPHAN_EXPOSURE,
            orphan.id,
            f"{what} {whose}",
            position_id=orphan.position_id,
            exposure=exposure if orphan.size else None,
            acts_at=orphan.acts_at,
            action="Close it, reduce-only, and book what it brings.",
        )
        return replace(alarm, tried=tried)

    def ledger(self, off: LedgerOff) -> Alarm:
        """Figures that do not add up."""
        message = (
            f"The {off.what} is {plain(off.booked)} by our books and {plain(off.stated)}"
            " by the venue."
        )
        return self._alarm(
            AlarmKind.LEDGER_MISMATCH,
            f"{off.position_id or self.user_id}:{off.what}",
            message,
            position_id=off.position_id,
            exposure=off.booked - off.stated if off.what == "short" else None,
        )
