"""Why-cards in memory."""

from collections.abc import Sequence
from dataclasses import replace

from asgard_basis.adapters.memory.tables import Row, Transaction
from asgard_basis.domain.decision.card import WhyCard
from asgard_basis.ports.decisions import CONFIRMED_EVERY, KeptCard


class MemoryDecisions:
    """Implements Decisions."""

    def __init__(self, transaction: Transaction) -> None:
        self._rows = transaction

    async def note(self, cards: Sequence[WhyCard]) -> Sequence[str]:
        """Keep those that differ from their subject's last one of the same rule."""
        written = []
        for card in cards:
            name = (card.subject, card.rule)
            head = self._rows.find("decision_heads", name)
            last: KeptCard | None = head.value if head else None
            if last is None or last.card.fingerprint != card.fingerprint:
                self._rows.put("decisions", card.id, card, owner=card.user_id)
                kept = KeptCard(0, card, card.decided_at)
                self._rows.put("decision_heads", name, kept, owner=card.user_id)
                written.append(card.id)
            elif last.confirmed_at and last.confirmed_at <= card.decided_at - CONFIRMED_EVERY:
                confirmed = replace(last, confirmed_at=card.decided_at)
                self._rows.put("decision_heads", name, confirmed, owner=card.user_id)
        return written

    async def of_subject(self, subject: str, *, limit: int = 50) -> Sequence[KeptCard]:
        """Newest first."""
        return [kept for kept in self._newest() if kept.card.subject == subject][:limit]

    async def of_position(self, position_id: str, *, limit: int = 50) -> Sequence[KeptCard]:
        """Newest first, of every rule."""
        return [kept for kept in self._newest() if kept.card.position_id == position_id][:limit]

    async def recent(self, *, limit: int = 50) -> Sequence[KeptCard]:
        """Newest first."""
        return self._newest()[:limit]

    async def after(self, number: int, *, limit: int) -> Sequence[KeptCard]:
        """Cards with greater numbers, oldest first."""
        return [kept for kept in self._newest()[::-1] if kept.number > number][:limit]

    def _newest(self) -> list[KeptCard]:
        return [self._kept(row) for row in self._rows.rows("decisions")[::-1]]

    def _kept(self, row: Row) -> KeptCard:
        card: WhyCard = row.value
        head = self._rows.find("decision_heads", (card.subject, card.rule))
        stands = head is not None and head.value.card.id == card.id
        return KeptCard(row.sequence, card, head.value.confirmed_at if head and stands else None)
