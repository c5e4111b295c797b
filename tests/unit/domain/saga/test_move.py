"""Money between the chains: one way, forward only, and every cent is somewhere."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgard_basis.domain.errors import ErrorCode
from asgard_basis.domain.saga.move import (
    MovePlan,
    Place,
    is_under_way,
    next_step,
    whereabouts,
)
from asgard_basis.domain.saga.outcome import (
    Arrived,
    Attested,
    Burned,
    Credited,
    Minted,
    Plain,
    Transferred,
    Withdrawn,
)
from asgard_basis.domain.saga.step import (
    Finished,
    Journal,
    Leg,
    Outcome,
    Perform,
    Step,
    StepName,
    StepStatus,
)
from tests.unit.domain.saga.journals import NOW, done, refused, silent

FIFTY, LEFT, PAID = Decimal(50), Decimal(49), Decimal("48.99")
TO_LONG, TO_SHORT = MovePlan(Leg.LONG, FIFTY), MovePlan(Leg.SHORT, FIFTY)
LONG_WAY: tuple[tuple[StepName, Decimal, Outcome, Place], ...] = (
    (StepName.WITHDRAW, FIFTY, Withdrawn(FIFTY, Decimal(1)), Place.LEAVING),
    (StepName.AWAIT_ARRIVAL, Decimal(0), Arrived("0x1", LEFT), Place.ON_ARBITRUM),
    (StepName.ALLOW_BURN, LEFT, Plain(), Place.ON_ARBITRUM),
    (StepName.BURN, LEFT, Burned("0x2", LEFT, Decimal("0.01")), Place.BURNED),
    (StepName.AWAIT_ATTESTATION, Decimal(0), Attested("00", "11", PAID), Place.BURNED),
    (StepName.MINT, PAID, Minted("sig", PAID), Place.ON_SOLANA),
)
SHORT_WAY: tuple[tuple[StepName, Decimal, Outcome, Place], ...] = (
    (StepName.BURN, FIFTY, Burned("sig", FIFTY, Decimal(0)), Place.BURNED),
    (StepName.AWAIT_ATTESTATION, Decimal(0), Attested("00", "11", FIFTY), Place.BURNED),
    (StepName.MINT, FIFTY, Minted("0x3", FIFTY), Place.ON_ARBITRUM),
    (StepName.TRANSFER_TO_BRIDGE, FIFTY, Transferred("0x4", Decimal(0)), Place.SENT),
    (StepName.AWAIT_CREDIT, Decimal(0), Credited(FIFTY, NOW), Place.AT_HYPERLIQUID),
)
WAYS = [(TO_LONG, LONG_WAY), (TO_SHORT, SHORT_WAY)]


@pytest.mark.parametrize(("plan", "way"), WAYS)
def test_each_stage_follows_the_proof_of_the_one_before(
    plan: MovePlan, way: tuple[tuple[StepName, Decimal, Outcome, Place], ...]
) -> None:
    steps: tuple[Step, ...] = ()
    for name, size, outcome, place in way:
        assert next_step(plan, Journal(steps)) == Perform(name, size=size)
        steps += (done(name, outcome),)
        assert whereabouts(plan, Journal(steps)).place is place
        assert is_under_way(plan, Journal(steps)) == (name is not way[-1][0])
    assert next_step(plan, Journal(steps)) == Finished()


@given(st.sampled_from(WAYS), st.data())
def test_no_cent_is_made_or_lost_wherever_the_journal_ends(
    case: tuple[MovePlan, tuple[tuple[StepName, Decimal, Outcome, Place], ...]],
    data: st.DataObject,
) -> None:
    plan, way = case
    steps: list[Step] = []
    for name, _, outcome, _ in way[: data.draw(st.integers(0, len(way)))]:
        for attempt in range(data.draw(st.integers(0, 1))):
            steps.append(refused(name, ErrorCode.TRANSACTION_FAILED, attempt + 1))
        steps.append(done(name, outcome))
    found = whereabouts(plan, Journal(tuple(steps)))
    assert found.amount_usdc + found.fees_usdc == plan.amount_usdc
    assert Decimal(0) <= found.fees_usdc <= Decimal("1.01")
    again = next_step(plan, Journal(tuple(steps)))
    if isinstance(again, Perform):
        assert not Journal(tuple(steps)).is_done(again.name)


def test_what_was_refused_before_anything_left_is_no_loss() -> None:
    no = tuple(refused(StepName.WITHDRAW, ErrorCode.HYPERLIQUID_MARGIN, n) for n in (1, 2))
    end = next_step(TO_LONG, Journal(no))
    assert end == Finished(ErrorCode.HYPERLIQUID_MARGIN, "no; nothing was moved")


def test_a_move_that_ends_halfway_says_where_the_money_is() -> None:
    there = tuple(done(name, outcome) for name, _, outcome, _ in LONG_WAY[:3])
    no = tuple(refused(StepName.BURN, ErrorCode.INSUFFICIENT_ETH, n) for n in range(1, 7))
    end = next_step(TO_LONG, Journal(there + no))
    told = "no; 49 USDC are in your wallet on Arbitrum"
    assert end == Finished(ErrorCode.INSUFFICIENT_ETH, told)


def test_what_is_burned_is_minted_whatever_else_fails() -> None:
    gone = tuple(done(name, outcome) for name, _, outcome, _ in SHORT_WAY[:2])
    down = tuple(silent(StepName.MINT, n) for n in range(1, 41))
    assert next_step(TO_SHORT, Journal(gone + down)) == Perform(StepName.MINT, size=FIFTY)
    no = tuple(refused(StepName.MINT, ErrorCode.TRANSACTION_FAILED, n) for n in range(1, 31))
    end = next_step(TO_SHORT, Journal(gone + no))
    assert isinstance(end, Finished)
    assert end.is_stuck
    assert end.reason == "no; 50 USDC are owed to you by Circle and have to be minted"


def test_what_is_owed_is_asked_for_again_after_a_person_was_told() -> None:
    gone = tuple(done(name, outcome) for name, _, outcome, _ in SHORT_WAY[:2])
    no = tuple(refused(StepName.MINT, ErrorCode.TRANSACTION_FAILED, n) for n in range(1, 31))
    again = next_step(TO_SHORT, Journal(gone + no), tries_again=True)
    assert again == Perform(StepName.MINT, size=FIFTY)
    own = tuple(done(name, outcome) for name, _, outcome, _ in LONG_WAY[:3])
    no = tuple(refused(StepName.BURN, ErrorCode.INSUFFICIENT_ETH, n) for n in range(1, 7))
    assert isinstance(next_step(TO_LONG, Journal(own + no), tries_again=True), Finished)


@pytest.mark.parametrize(("plan", "way", "at"), [(TO_LONG, LONG_WAY, 3), (TO_SHORT, SHORT_WAY, 3)])
def test_a_node_that_has_not_seen_the_stage_before_strands_nothing(
    plan: MovePlan, way: tuple[tuple[StepName, Decimal, Outcome, Place], ...], at: int
) -> None:
    gone = tuple(done(name, outcome) for name, _, outcome, _ in way[:at])
    name, size, _, _ = way[at]
    no = tuple(refused(name, ErrorCode.TRANSACTION_FAILED, n) for n in (1, 2, 3))
    assert next_step(plan, Journal(gone + no)) == Perform(name, size=size)


@pytest.mark.parametrize(
    ("plan", "way", "at"),
    [(TO_LONG, LONG_WAY, n) for n in range(1, 6)] + [(TO_SHORT, SHORT_WAY, n) for n in range(1, 5)],
)
def test_a_silence_never_strands_what_has_left(
    plan: MovePlan, way: tuple[tuple[StepName, Decimal, Outcome, Place], ...], at: int
) -> None:
    gone = tuple(done(name, outcome) for name, _, outcome, _ in way[:at])
    name, size, _, _ = way[at]
    quiet = tuple(silent(name, n) for n in range(1, 41))
    assert next_step(plan, Journal(gone + quiet)) == Perform(name, size=size)


def test_nothing_is_certain_while_an_answer_is_missing() -> None:
    asked = replace(done(StepName.BURN, Plain()), status=StepStatus.INTENDED, outcome=None)
    found = whereabouts(TO_SHORT, Journal((asked,)))
    assert (found.place, found.is_certain) == (Place.AT_SOURCE, False)
    assert is_under_way(TO_SHORT, Journal((asked,)))
