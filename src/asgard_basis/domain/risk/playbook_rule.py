"""When a playbook begins and when it is over: one small state machine, the same for all."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from asgard_basis.domain.decision.card import Ruling, Verdict
from asgard_basis.domain.decision.check import Check
from asgard_basis.domain.decision.rule import Rule
from asgard_basis.domain.risk.playbooks import PLAYS, Play, Playbook


class Phase(StrEnum):
    """Where a playbook is."""

    QUIET = "quiet"
    SUSPECTED = "suspected"
    """Seen, not long enough yet."""
    ACTIVE = "active"
    SETTLING = "settling"
    """Not seen any more, not long enough yet; all that was forbidden still is."""


IN_FORCE = frozenset({Phase.ACTIVE, Phase.SETTLING})


@dataclass(frozen=True, slots=True)
class PlaybookFacts:
    """One look at one condition."""

    playbook: Playbook
    phase: Phase
    is_seen: bool | None
    """None when it could not be told: nothing begins and nothing ends by that."""
    figure: str
    """What was seen, in words."""
    stood_seconds: int
    """Host time since the phase began."""


@dataclass(frozen=True, slots=True)
class PlaybookThresholds:
    """How long something must stand."""

    enter_seconds: int
    calm_seconds: int

    @staticmethod
    def of(play: Play) -> "PlaybookThresholds":
        """The playbook's own."""
        return PlaybookThresholds(play.enter_seconds, play.calm_seconds)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one playbook stands."""

    phase: Phase
    since: datetime
    """Host time at which the phase began."""
    active_since: datetime | None = None
    """Host time from which it has been in force; None while it is not."""
    figure: str = ""
    """What was seen last while it stood."""


def next_phase(facts: PlaybookFacts, thresholds: PlaybookThresholds) -> Phase:
    """The state machine."""
    phase, seen = facts.phase, facts.is_seen
    if seen is None:
        return phase
    if phase in IN_FORCE:
        if seen:
            return Phase.ACTIVE
        is_over = phase is Phase.SETTLING and facts.stood_seconds >= thresholds.calm_seconds
        return Phase.QUIET if is_over else Phase.SETTLING
    if not seen:
        return Phase.QUIET
    stood = facts.stood_seconds if phase is Phase.SUSPECTED else 0
    return Phase.ACTIVE if stood >= thresholds.enter_seconds else Phase.SUSPECTED


def decide(facts: PlaybookFacts, thresholds: PlaybookThresholds) -> Ruling:
    """What follows from one look; `measure` is the phase it leads to."""
    play, phase = PLAYS[facts.playbook], next_phase(facts, thresholds)
    is_on = phase in IN_FORCE
    check = Check(
        key=facts.playbook.value,
        label=play.title,
        passed=not is_on,
        figure=facts.figure,
        limit=play.condition if phase is not Phase.SETTLING else play.ends,
        remedy=play.ends if is_on else None,
    )
    verdict = Verdict.PAUSE if is_on and play.refuses_openings else Verdict.HOLD
    reason = f"{play.title}: {play.done[0]}" if is_on else f"{play.title}: over, or not so."
    return Ruling(verdict, reason, (check,), phase.value)


def advanced(
    standing: Standing, playbook: Playbook, *, is_seen: bool | None, figure: str, now: datetime
) -> tuple[Standing, PlaybookFacts]:
    """One look further, at host time `now`, with what it was decided from."""
    facts = PlaybookFacts(
        playbook=playbook,
        phase=standing.phase,
        is_seen=is_seen,
        figure=figure,
        stood_seconds=max(0, int((now - standing.since).total_seconds())),
    )
    phase = next_phase(facts, PlaybookThresholds.of(PLAYS[playbook]))
    found = standing if phase is standing.phase else replace(standing, phase=phase, since=now)
    active_since = (found.active_since or now) if phase in IN_FORCE else None
    return replace(found, active_since=active_since, figure=figure), facts


RULES: dict[Playbook, Rule[PlaybookFacts, PlaybookThresholds]] = {
    playbook: Rule(f"playbook.{playbook.value}", 1, PlaybookFacts, PlaybookThresholds, decide)
    for playbook in Playbook
}
