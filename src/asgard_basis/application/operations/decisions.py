"""Making kept decisions again: the same facts under the same rule must say the same."""

from dataclasses import dataclass, field

from asgard_basis.domain.decision.card import WhyCard
from asgard_basis.domain.rulebook import replayed
from asgard_basis.ports.decisions import Decisions

_AT_ONCE = 1000


@dataclass(slots=True)
class Replay:
    """What came of making decisions again."""

    cards: int = 0
    told: list[str] = field(default_factory=list)
    """One line for each that came out differently, or whose rule is not kept."""

    @staticmethod
    async def of(decisions: Decisions) -> "Replay":
        """Walk all cards, oldest first."""
        replay, number = Replay(), 0
        while True:
            page = await decisions.after(number, limit=_AT_ONCE)
            for kept in page:
                replay.add(kept.card)
            if len(page) < _AT_ONCE:
                return replay
            number = page[-1].number

    def add(self, card: WhyCard) -> None:
        """Make one decision again."""
        self.cards += 1
        name = f"{card.id} ({card.rule} v{card.version}, {card.subject})"
        try:
            ruling = replayed(card)
        except LookupError:
            self.told.append(f"{name}: that version of the rule is not kept.")
            return
        if ruling != card.ruling:
            was, now = card.ruling, ruling
            self.told.append(
                f"{name}: was {was.verdict}, {was.reason} Now {now.verdict}, {now.reason}"
            )
