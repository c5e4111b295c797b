"""Kept decisions: telling them to whom they concern, and making them again.

The same facts under the same rule must say the same.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum

from asgard_basis.domain.decision.card import WhyCard
from asgard_basis.domain.decision.check import Check
from asgard_basis.domain.identifiers import UserId
from asgard_basis.domain.rulebook import replayed
from asgard_basis.ports.decisions import Decisions, KeptCard
from asgard_basis.ports.unit_of_work import Transactions

_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Figure:
    """One thing a rule looked at, or held it against."""

    name: str
    """Where it stands among the facts, such as `perp.mark_price`."""
    value: str | None
    """None is unknown."""


@dataclass(frozen=True, slots=True)
class DecisionView:
    """A decision as a person sees it."""

    id: str
    number: int
    subject: str
    position_id: str | None
    decided_at: datetime
    confirmed_at: datetime | None
    """Until when the same was decided again; None when something else was decided since."""
    verdict: str
    measure: str | None
    reason: str
    criteria: tuple[Check, ...]
    rule: str
    version: int
    inputs: tuple[Figure, ...]
    thresholds: tuple[Figure, ...]


class DecisionDesk:
    """Tells a user what was decided for her, and why."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    async def of_position(
        self, user_id: UserId, position_id: str, *, limit: int
    ) -> Sequence[DecisionView]:
        """About one position, newest first."""
        async with self._transactions.for_user(user_id) as work:
            found = await work.decisions.of_position(position_id, limit=limit)
        return [viewed(kept) for kept in found]

    async def of_user(
        self, user_id: UserId, *, subject: str | None = None, limit: int
    ) -> Sequence[DecisionView]:
        """About one subject or about everything of hers, newest first."""
        async with self._transactions.for_user(user_id) as work:
            if subject is None:
                found = await work.decisions.recent(limit=limit)
            else:
                found = await work.decisions.of_subject(subject, limit=limit)
        return [viewed(kept) for kept in found]


def viewed(kept: KeptCard) -> DecisionView:
    """The card with its facts laid out one below the other."""
    card = kept.card
    return DecisionView(
        id=card.id,
        number=kept.number,
        subject=card.subject,
        position_id=card.position_id,
        decided_at=card.decided_at,
        confirmed_at=kept.confirmed_at,
        verdict=card.ruling.verdict.value,
        measure=card.ruling.measure,
        reason=card.ruling.reason,
        criteria=card.ruling.criteria,
        rule=card.rule,
        version=card.version,
        inputs=tuple(_figures("", card.facts)),
        thresholds=tuple(_figures("", card.thresholds)),
    )


def _figures(name: str, value: object) -> Iterator[Figure]:
    inside = f"{name}." if name else ""
    if is_dataclass(value):
        for part in fields(value):
            yield from _figures(f"{inside}{part.name}", getattr(value, part.name))
    elif isinstance(value, Mapping):
        for key, part in value.items():
            yield from _figures(f"{inside}{_text(key)}", part)
    elif isinstance(value, list | tuple):
        for number, part in enumerate(value, 1):
            yield from _figures(f"{inside}{number}", part)
    else:
        yield Figure(name, _text(value))


def _text(value: object) -> str | None:
    match value:
        case None:
            return None
        case bool():
            return "yes" if value else "no"
        case Enum():
            return str(value.value)
        case Decimal():
            return format(value, "f")
        case datetime():
            return value.isoformat(timespec="seconds")
        case _:
            return str(value)


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
