"""Every reachable state of the sagas is well, and sagas that are broken on purpose are caught."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from functools import partial

import pytest

from asgard_basis.domain.saga.hedge import SECOND_LEG
from asgard_basis.domain.saga.step import (
    Decision,
    Finished,
    Journal,
    OrderDone,
    Perform,
    Step,
    StepName,
    StepStatus,
)
from asgard_basis.simulation.exploration.scenes import (
    PATIENCE,
    closing,
    equalising,
    hurried_closing,
    hurried_reducing,
    opening,
    reducing,
    repairing,
    scenes,
)
from asgard_basis.simulation.exploration.search import explore
from asgard_basis.simulation.exploration.situation import Scene
from asgard_basis.simulation.exploration.world import BROUGHT, FULL, Truth
from asgard_basis.simulation.explore import explore_all, explore_named

ALL = list(scenes())
PAIR = Truth(FULL, FULL)
Saga = Callable[[Journal], Decision]


@pytest.mark.parametrize("scene", ALL, ids=lambda scene: scene.name)
def test_every_state_is_well(scene: Scene) -> None:
    found = explore(scene)
    assert found.wrong is None, "\n".join(found.story)
    assert found.ends > 0


def test_the_small_worlds_are_not_empty() -> None:
    counts = [explore(scene).states for scene in (opening("refusals"), closing(PAIR, booked=FULL))]
    assert counts[0] > 5_000
    assert counts[1] > 500


def found_out(scene: Scene) -> str:
    found = explore(scene)
    assert found.wrong is not None
    assert found.story[-1] == f"=> {found.wrong}"
    return found.wrong


def altered(scene: Scene, change: Callable[[Saga, Journal], Decision]) -> Scene:
    decide = scene.decide
    return replace(scene, decide=lambda journal: change(decide, journal))


class TestBrokenOnPurpose:
    """Each of these has cost somebody money somewhere."""

    @pytest.mark.parametrize(
        "scene",
        [
            opening("refusals"),
            closing(PAIR, booked=FULL),
            reducing("refusals"),
            equalising("refusals"),
        ],
        ids=lambda scene: scene.name,
    )
    def test_a_retry_without_a_look(self, scene: Scene) -> None:
        wrong = found_out(replace(scene, looks_up=False))
        assert "the books say" in wrong or "ended as failed" in wrong

    def test_a_long_bought_twice_because_nobody_looked(self) -> None:
        def forgetful(decide: Saga, journal: Journal) -> Decision:
            if journal.attempts(StepName.OPEN_LONG) == 1 and not _tried(journal):
                return Perform(StepName.OPEN_LONG)
            return decide(journal)

        assert "I-5" in found_out(altered(opening("refusals"), forgetful))

    def test_a_partial_fill_taken_for_the_whole(self) -> None:
        def generous(decide: Saga, journal: Journal) -> Decision:
            return decide(Journal(tuple(_whole(step) for step in journal.steps)))

        for scene in (closing(PAIR, booked=FULL), opening("refusals")):
            wrong = found_out(altered(scene, generous))
            assert wrong == "the long is sold while the short stands"

    def test_a_partial_fill_forgotten(self) -> None:
        def forgetful(decide: Saga, journal: Journal) -> Decision:
            return decide(Journal(tuple(_nothing(step) for step in journal.steps)))

        assert "I-5" in found_out(altered(opening("empty books"), forgetful))

    def test_the_long_sold_before_the_short_is_bought_back(self) -> None:
        def hasty(decide: Saga, journal: Journal) -> Decision:
            decision = decide(journal)
            is_first = isinstance(decision, Perform) and decision.name is StepName.CLOSE_SHORT
            if is_first and not journal.is_done(StepName.CLOSE_LONG):
                return Perform(StepName.CLOSE_LONG)
            return decision

        wrong = found_out(altered(closing(PAIR, booked=FULL), hasty))
        assert wrong == "the long is sold while the short stands"

    def test_an_opening_that_gives_up_without_selling_the_long(self) -> None:
        def careless(decide: Saga, journal: Journal) -> Decision:
            decision = decide(journal)
            has_given_up = isinstance(decision, Perform) and decision.name is StepName.LEAVE
            return Finished() if has_given_up else decision

        assert "ended as hedged with" in found_out(altered(opening("refusals"), careless))

    def test_a_reading_that_is_waited_for_for_ever(self) -> None:
        def stubborn(decide: Saga, journal: Journal) -> Decision:
            decision = decide(journal)
            is_look = isinstance(decision, Perform) and decision.name is StepName.OBSERVE_LONG
            return Perform(StepName.READ_LONG) if is_look else decision

        scene = altered(repairing(Truth(0, FULL), borne="empty books"), stubborn)
        assert "no end can be reached" in found_out(scene)

    def test_an_emergency_that_sells_the_long_though_the_exchange_answers(self) -> None:
        def hasty(decide: Saga, journal: Journal) -> Decision:
            decision = decide(journal)
            is_first = isinstance(decision, Perform) and decision.name is StepName.CLOSE_SHORT
            return Perform(StepName.CLOSE_LONG) if is_first else decision

        scene = hurried_closing(PAIR)
        assert scene.urgent is not None
        wrong = found_out(replace(scene, urgent=partial(hasty, scene.urgent)))
        assert wrong == "the long is sold while the short stands"

    @pytest.mark.parametrize("scene", [hurried_closing(PAIR), hurried_reducing()])
    def test_an_emergency_that_orders_again_beside_an_order(self, scene: Scene) -> None:
        def rash(journal: Journal) -> Perform | None:
            has_order = any(s.name is StepName.CLOSE_SHORT for s in journal.open_steps())
            assert scene.beside is not None
            again = Perform(StepName.CLOSE_SHORT, size=Decimal(FULL))
            return again if has_order else scene.beside(journal)

        wrong = found_out(replace(scene, beside=rash))
        assert wrong == "close_short is begun while close_short is open"

    def test_an_emergency_that_settles_before_all_answers_are_in(self) -> None:
        def done(journal: Journal) -> Perform | None:
            if journal.is_done(StepName.CLOSE_LONG) and not journal.is_done(StepName.SETTLE):
                return Perform(StepName.SETTLE)
            assert scene.beside is not None
            return scene.beside(journal)

        scene = hurried_closing(PAIR)
        assert found_out(replace(scene, beside=done)) == "settle is begun before all is answered"

    def test_a_debt_repaid_again_because_the_first_time_was_forgotten(self) -> None:
        def forgetful(decide: Saga, journal: Journal) -> Decision:
            return decide(Journal(tuple(s for s in journal.steps if not _is_repayment(s))))

        wrong = found_out(altered(equalising("refusals"), forgetful))
        assert wrong == "I-5: 30 USDC are repaid, more than a sale brought"

    def test_a_debt_repaid_for_a_cut_that_was_undone(self) -> None:
        def hasty(decide: Saga, journal: Journal) -> Decision:
            decision = decide(journal)
            is_undone = journal.attempts(StepName.TURN_BACK) and isinstance(decision, Finished)
            if is_undone and not journal.attempts(StepName.REPAY_LONG):
                return Perform(StepName.REPAY_LONG, size=BROUGHT)
            return decision

        wrong = found_out(altered(equalising("refusals"), hasty))
        assert wrong == "I-5: 15 USDC are repaid, more than a sale brought"

    @pytest.mark.parametrize("name", [StepName.ADD_MARGIN, StepName.REPAY_LONG])
    def test_a_defence_that_keeps_what_it_set_free(self, name: StepName) -> None:
        """Both legs would be as near to liquidation as before it."""

        def careless(decide: Saga, journal: Journal) -> Decision:
            decision = decide(journal)
            is_payment = isinstance(decision, Perform) and decision.name is name
            return Finished() if is_payment else decision

        assert "ended well, margin back" in found_out(altered(equalising("refusals"), careless))

    def test_a_stuck_exit_that_was_refused_by_nobody(self) -> None:
        def despairing(decide: Saga, journal: Journal) -> Decision:
            if journal.attempts(StepName.CLOSE_SHORT) >= 1 and not journal.is_done(
                StepName.CLOSE_SHORT
            ):
                return Finished(is_stuck=True)
            return decide(journal)

        assert "stuck without a refusal" in found_out(
            altered(closing(PAIR, booked=FULL), despairing)
        )


def test_the_command_tells_what_it_found() -> None:
    told: list[str] = []
    assert explore_named(told.append, "exit of 4/0", is_long=True)
    assert told[0].startswith("ok    exit of 4/0")
    assert "longest path" in told[-1]
    assert not explore_named(told.append, "no such scene")
    broken = replace(closing(PAIR, booked=FULL), looks_up=False)
    told.clear()
    assert not explore_all(told.append, only=[broken])
    assert any("taken for failed without a look" in line for line in told)


def _tried(journal: Journal) -> bool:
    return any(s.name is StepName.READ_LONG for s in journal.steps)


def _is_repayment(step: Step) -> bool:
    return step.name is StepName.REPAY_LONG and step.status is StepStatus.DONE


def _whole(step: Step) -> Step:
    """As if everything that was ordered had been filled."""
    if not isinstance(step.outcome, OrderDone) or step.outcome.result.filled_size == 0:
        return step
    size = getattr(step.intent, "size", Decimal(0))
    result = replace(step.outcome.result, filled_size=size)
    return replace(step, outcome=replace(step.outcome, result=result))


def _nothing(step: Step) -> Step:
    """As if an order that was not filled whole had not been filled at all."""
    if not isinstance(step.outcome, OrderDone):
        return step
    size = getattr(step.intent, "size", Decimal(0))
    if step.outcome.result.filled_size == size:
        return step
    result = replace(step.outcome.result, filled_size=Decimal(0))
    return replace(step, outcome=replace(step.outcome, result=result))


def test_patience_is_for_what_the_product_counts() -> None:
    assert PATIENCE["refusals"].leaving_refusals_max < SECOND_LEG.leaving_refusals_max
