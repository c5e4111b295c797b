"""Playbooks begin when a condition has stood, and end when it has been away; cards replay."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal as D
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgard_basis.domain.assets import Asset, LendingProtocol
from asgard_basis.domain.decision.card import Verdict
from asgard_basis.domain.identifiers import UserId
from asgard_basis.domain.risk.playbook_rule import (
    IN_FORCE,
    RULES,
    Phase,
    PlaybookFacts,
    PlaybookThresholds,
    Standing,
    advanced,
    next_phase,
)
from asgard_basis.domain.risk.playbooks import (
    PLAYS,
    Playbook,
    loss_formula,
    loss_max_usd,
)
from asgard_basis.domain.rulebook import replayed
from tests.builders_platform import a_long, a_position, a_short

START = datetime(2026, 1, 1, tzinfo=UTC)
ADA = UserId("ada")
HALT = Playbook.SOLANA_HALTED


def walked(playbook: Playbook, *looks: tuple[int, bool | None]) -> list[Phase]:
    """The phase after each look, at so many seconds after the start."""
    standing, phases = Standing(Phase.QUIET, START), []
    for seconds, seen in looks:
        standing, _ = advanced(
            standing, playbook, is_seen=seen, figure="", now=START + timedelta(seconds=seconds)
        )
        phases.append(standing.phase)
    return phases


def test_it_begins_when_it_has_stood_and_ends_when_it_has_been_away() -> None:
    assert walked(HALT, (0, True), (9, True), (10, True)) == [
        Phase.SUSPECTED,
        Phase.SUSPECTED,
        Phase.ACTIVE,
    ]
    assert walked(HALT, (0, True), (10, True), (11, False), (15, False), (16, False))[2:] == [
        Phase.SETTLING,
        Phase.SETTLING,
        Phase.QUIET,
    ]


def test_a_flicker_neither_begins_nor_ends_it() -> None:
    assert walked(HALT, (0, True), (5, False), (6, True), (12, True))[-1] is Phase.SUSPECTED
    assert (
        walked(HALT, (0, True), (10, True), (11, False), (14, True), (15, False), (19, False))[-1]
        is Phase.SETTLING
    )


def test_what_cannot_be_told_changes_nothing() -> None:
    assert walked(HALT, (0, None), (60, None))[-1] is Phase.QUIET
    assert walked(HALT, (0, True), (10, True), (60, None))[-1] is Phase.ACTIVE
    assert walked(HALT, (0, True), (10, True), (11, False), (60, None))[-1] is Phase.SETTLING


def test_stores_are_missed_at_once() -> None:
    assert walked(Playbook.STORES_AWAY, (0, True)) == [Phase.ACTIVE]


@pytest.mark.parametrize("phase", list(Phase))
@given(seen=st.sampled_from([True, False, None]), stood=st.integers(0, 100))
def test_nothing_in_force_ends_while_it_is_seen(
    phase: Phase, seen: bool | None, stood: int
) -> None:
    facts = PlaybookFacts(HALT, phase, seen, "", stood)
    after = next_phase(facts, PlaybookThresholds(10, 5))
    if phase in IN_FORCE and after is Phase.QUIET:
        assert seen is False
        assert stood >= 5
    if phase not in IN_FORCE and after in IN_FORCE:
        assert seen is True
        assert stood >= 10


@pytest.mark.parametrize("playbook", list(Playbook))
def test_its_cards_can_be_made_again(playbook: Playbook) -> None:
    facts = PlaybookFacts(playbook, Phase.ACTIVE, True, "seen", 60)
    thresholds = PlaybookThresholds.of(PLAYS[playbook])
    card = RULES[playbook].card(
        facts, thresholds, card_id="1", user_id=ADA, subject="position:p", at=START
    )
    assert replayed(card) == card.ruling
    refuses = PLAYS[playbook].refuses_openings
    assert card.ruling.verdict is (Verdict.PAUSE if refuses else Verdict.HOLD)
    assert card.ruling.failing == (playbook.value,)
    over = replace(facts, phase=Phase.SETTLING, is_seen=False)
    assert RULES[playbook].decide(over, thresholds).failing == ()


def test_the_stated_maximum_grows_with_what_stands_alone() -> None:
    hedged = replace(a_position(ADA), long=a_long(), short=a_short())
    alone = replace(hedged, short=None)
    for play in PLAYS.values():
        both, one = loss_max_usd(play, hedged), loss_max_usd(play, alone)
        assert both is not None
        assert one is not None
        assert 0 < both <= one
        assert f"{play.hours} h" in loss_formula(play)
    assert loss_max_usd(PLAYS[HALT], replace(hedged, long=None, short=None)) is None


def test_the_documented_maximum_is_the_coded_one() -> None:
    told = (Path(__file__).parents[4] / "docs/concepts/playbooks.md").read_text()
    for play in PLAYS.values():
        assert f"`{play.playbook}`" in told
        assert loss_formula(play) in told
        assert all(sentence in told for sentence in (*play.done, *play.forbidden))


def test_a_token_that_must_be_sold_costs_its_depeg() -> None:
    play = PLAYS[Playbook.LST_DEPEG]
    at_kamino = replace(a_position(ADA), asset=Asset.JITOSOL, long=a_long(), short=a_short())
    by_market = replace(at_kamino, protocol=LendingProtocol.MARGINFI)
    held, sold = loss_max_usd(play, at_kamino), loss_max_usd(play, by_market)
    assert held is not None
    assert sold is not None
    assert sold - held > D("0.05") * sold
