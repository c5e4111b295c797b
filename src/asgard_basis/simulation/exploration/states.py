"""What can happen next to one position, and whether it may."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from asgard_basis.domain.errors import DomainError, ErrorCode
from asgard_basis.domain.position.lifecycle import moved
from asgard_basis.domain.saga import emergency
from asgard_basis.domain.saga.hedge import short_held
from asgard_basis.domain.saga.step import (
    LOOKS,
    Decision,
    Finished,
    Journal,
    Leg,
    Perform,
    Step,
    StepName,
    StepStatus,
    leg_of,
)
from asgard_basis.simulation.exploration.journals import Lines, shortened, with_late
from asgard_basis.simulation.exploration.late import Late, inserted
from asgard_basis.simulation.exploration.situation import Scene, State, Wrong
from asgard_basis.simulation.exploration.world import (
    BROUGHT,
    FULL,
    LATE,
    LEAST_LOTS,
    NOON,
    ON_CHAIN,
    ORDERS,
    OURS,
    Effect,
    command_of,
    effects,
    intended,
    troubles,
)


class Stepper:
    """What can happen next, and whether it may."""

    def __init__(self, scene: Scene, *, is_short: bool = True) -> None:
        """`is_short` keeps journals so small that there are finitely many."""
        self._scene = scene
        self._is_short = is_short
        self.doing = ""
        """What is being tried, for stories of what went wrong."""
        self._lines = Lines()
        self._written: dict[
            tuple[tuple[int, ...], int, bool, bool], tuple[tuple[int, ...], Decimal]
        ] = {}
        self._decided: dict[tuple[bool, tuple[int, ...]], Decision] = {}
        self._beside: dict[tuple[tuple[int, ...], int], Perform | None] = {}

    def first(self) -> State:
        """The state in which the scene begins."""
        scene = self._scene
        is_unseen = scene.booked_short != scene.truth.short
        return State((), scene.truth, acts=scene.acts, is_unseen=is_unseen)

    def journal_of(self, state: State) -> Journal:
        """What is written down, the open line apart."""
        return self._lines.of(state.journal)

    def late_line(self, state: State) -> Step:
        """The other open line; there must be one."""
        assert state.late is not None
        return self._lines.of((state.late.line,)).steps[0]

    def is_end(self, state: State) -> bool:
        """Whether the saga has nothing more to do there."""
        is_idle = state.intended is None and state.late is None
        return is_idle and isinstance(self._decision(state), Finished)

    def after(self, state: State) -> Iterator[tuple[str, State]]:
        """Every next state with what led to it; none at the end.

        Raises Wrong when an invariant is broken on the way.
        """
        if state.intended is None and state.late is None:
            decision = self._decision(state)
            if isinstance(decision, Finished):
                self.doing = f"finished: {decision.failure.code if decision.failure else 'well'}"
                self._check_end(decision, state)
                return
            yield from self._begun(state, decision)
        elif state.intended is None:
            command = self._beside_late(state)
            if command is not None:
                yield from self._begun(state, command)
        elif not state.is_sent:
            yield from self._sent(state)
        else:
            yield from self._resolved(state)
            yield from self._gone_on(state)
        yield from self._about_late(state)
        if self._scene.urgent is not None and not state.is_urgent:
            yield "everything is stopped", state._replace(is_urgent=True)
        yield from self._by_themselves(state)

    def _gone_on(self, state: State) -> Iterator[tuple[str, State]]:
        """Nobody answers, and in an emergency the other leg does not wait for that."""
        line = self._line(state)
        if not state.is_urgent or state.late is not None or line.name not in ORDERS | ON_CHAIN:
            return
        assert state.intended is not None
        # A sale is only left behind when it cannot arrive any more.
        may_arrive = state.fate is None and line.name is not StepName.OPEN_SHORT
        is_early = not self._is_leaving(state)
        late = Late(state.intended, state.fate, may_arrive)
        alone = state._replace(
            intended=None, fate=None, is_sent=False, crashes=0, late=late, is_early=is_early
        )
        if self._beside_late(alone) is not None:
            yield f"nobody tells what became of {line.name.value}", alone

    def _about_late(self, state: State) -> Iterator[tuple[str, State]]:
        """It arrives after all; or somebody tells what became of it, while nothing is sent."""
        late = state.late
        if late is None:
            return
        line = self.late_line(state)
        if late.may_arrive:
            for effect in effects(self._scene.place, state.truth, command_of(line)):
                self.doing = said = f"{line.name.value} arrives at last: {effect.label}"
                after = state._replace(truth=effect.truth)
                if effect.truth.short < 0 and not state.is_unseen:
                    raise Wrong("another position's short is bought back")
                fate = self._lines.id_of(self._fate(line, effect)) if effect.outcome else None
                yield said, after._replace(late=Late(late.line, fate, may_arrive=False))
        if state.intended is not None and not state.is_sent:
            return
        step = _never(line, state) if late.fate is None else self._lines.of((late.fate,)).steps[0]
        self.doing = f"it is told at last what became of {line.name.value}: {step.status.value}"
        longer, held = self._longer(state, self._lines.id_of(step), is_late=True)
        told = state._replace(journal=longer, late=None, is_early=False)
        yield self.doing, told._replace(is_unseen=self._is_unseen(told, held))

    def _begun(self, state: State, command: Perform) -> Iterator[tuple[str, State]]:
        """Prepared: refused there, or written down."""
        is_timed = command.name in self._scene.timed and not self._is_leaving(state)
        times = [False, True] if is_timed and not state.is_late else [state.is_late]
        for is_late in times:
            at = LATE if is_late else NOON
            line = intended(command, at)
            told = f"{command.name.value}{f' {command.size}' if command.size else ''}"
            later = " (an hour later)" if is_late else ""
            for status, code in self._troubles(command.name):
                failed = replace(line, status=status, error_code=code.code, finished_at=at)
                self.doing = f"{told}{later}: {status.value} ({code.code}) before it was sent"
                yield self.doing, self._concluded(state, failed, is_late=is_late)
            open_line = self._lines.id_of(line)
            self.doing = f"{told} is written down{later}"
            self._check_move(state.journal, (*state.journal, open_line))
            yield (
                self.doing,
                state._replace(
                    intended=open_line, fate=None, is_sent=False, is_late=is_late, crashes=0
                ),
            )

    def _sent(self, state: State) -> Iterator[tuple[str, State]]:
        """Sent: refused, done and answered, done and the answer lost, or lost on the way."""
        line = self._line(state)
        command = command_of(line)
        for effect in effects(self._scene.place, state.truth, command):
            told = self.doing = f"{line.name.value} {effect.label}"
            self._check_effect(state, line, effect)
            fate = self._fate(line, effect)
            after = state._replace(truth=effect.truth)
            yield f"{told}, answered", self._concluded(after, fate)
            if line.name in OURS:
                continue
            lost = self._lines.id_of(fate) if effect.outcome is not None else None
            gone = after._replace(fate=lost, is_sent=True)
            yield f"{told}, the answer is lost", gone
            yield f"{told}, delivered twice under one key, the answer is lost", gone
        for status, code in self._troubles(line.name):
            failed = replace(line, status=status, error_code=code.code, finished_at=_at(state))
            yield f"{line.name.value}: {status.value} ({code.code})", self._concluded(state, failed)
        if line.name not in OURS:
            yield f"{line.name.value} is lost on the way", state._replace(is_sent=True)
        if state.crashes < self._scene.crashes_max:
            yield (
                "the process dies before sending",
                state._replace(is_sent=True, crashes=state.crashes + 1),
            )

    def _resolved(self, state: State) -> Iterator[tuple[str, State]]:
        """Looked up by its key; what only looks, or sets, is done again."""
        line = self._line(state)
        name = line.name.value
        if not self._scene.looks_up and line.name not in LOOKS:
            self.doing = f"{name} is taken for failed without a look"
            yield self.doing, self._concluded(state, _never(line, state))
        elif line.name in LOOKS or self._is_repeatable(line):
            self.doing = f"{name} is done again"
            for effect in effects(self._scene.place, state.truth, command_of(line)):
                yield self.doing, self._concluded(state, self._fate(line, effect))
            for status, code in self._troubles(line.name):
                failed = replace(line, status=status, error_code=code.code, finished_at=_at(state))
                yield f"{name} again: {status.value}", self._concluded(state, failed)
        elif state.fate is not None:
            done = self._lines.of((state.fate,)).steps[0]
            self.doing = f"{name} is looked up: it happened"
            yield self.doing, self._concluded(state, done)
        else:
            self.doing = f"{name} is looked up: it never happened"
            yield self.doing, self._concluded(state, _never(line, state))
        if state.crashes < self._scene.crashes_max:
            yield (
                "the process dies before it is looked up",
                state._replace(crashes=state.crashes + 1),
            )

    def _by_themselves(self, state: State) -> Iterator[tuple[str, State]]:
        """Deleveraging and liquidation: the venue takes from the short, the lender the long."""
        truth = state.truth
        if state.acts == 0:
            return
        acted = state._replace(acts=state.acts - 1)
        for left in sorted({0, truth.short // 2}):
            if truth.short > left:
                taken = acted._replace(truth=truth._replace(short=left), is_unseen=True)
                yield f"the venue leaves {left} lots of the short", taken
        if truth.long:
            lost = acted._replace(truth=truth._replace(long=0), is_long_unseen=True)
            yield "the long is liquidated", lost

    def _concluded(self, state: State, step: Step, *, is_late: bool | None = None) -> State:
        """The journal with the outcome, and the answer no longer awaited."""
        longer, held = self._longer(state, self._lines.id_of(step))
        told = state._replace(journal=longer, intended=None, fate=None, is_sent=False, crashes=0)
        reads = {StepName.READ_LONG, StepName.OBSERVE_LONG}
        is_read = step.name in reads and step.status is StepStatus.DONE
        is_left = self._scene.is_exit or step.name is StepName.LEAVE or is_read
        is_looked = step.status is StepStatus.DONE and step.name is StepName.OBSERVE_LONG
        return told._replace(
            is_unseen=self._is_unseen(told, held),
            is_long_unseen=state.is_long_unseen and not is_looked,
            is_late=(state.is_late if is_late is None else is_late) and not is_left,
        )

    def _is_unseen(self, state: State, held: Decimal) -> bool:
        """Whether the venue has another short than the books know, or will when all is told.

        Raises Wrong when it has, and did nothing by itself.
        """
        if state.fate is not None and self._line(state).name in ORDERS:
            longer, held = self._longer(state, state.fate)
            state = state._replace(journal=longer)
        if state.late is not None and state.late.fate is not None:
            held = self._longer(state, state.late.fate, is_late=True)[1]
        is_known = held == state.truth.short
        if not is_known and not state.is_unseen:
            raise Wrong(f"the books say {held} lots short, the venue has {state.truth.short}")
        return not is_known

    def _longer(
        self, state: State, line: int, *, is_late: bool = False
    ) -> tuple[tuple[int, ...], Decimal]:
        """The journal with one more line, and what it says is sold short."""
        journal, is_early = state.journal, is_late and state.is_early
        known = self._written.get((journal, line, is_late, is_early))
        if known is None:
            scene, step = self._scene, self._lines.of((line,)).steps[0]
            start = Decimal(scene.booked_short)
            before = self._lines.of(journal)
            longer = Journal((*before.steps, step))
            if is_late and self._is_short:
                longer = with_late(
                    before, step, start=start, is_exit=scene.is_exit, is_early=is_early
                )
            elif is_late:
                longer = inserted(before, step)
            elif self._is_short:
                has_turns = scene.urgent is not None
                longer = shortened(
                    before, step, start=start, is_exit=scene.is_exit, has_turns=has_turns
                )
            ids = self._lines.ids_of(longer)
            self._check_move(journal, ids)
            known = (ids, short_held(longer, start))
            self._written[journal, line, is_late, is_early] = known
        return known

    def _troubles(self, name: StepName) -> list[tuple[StepStatus, ErrorCode]]:
        """Signing is away only where time passes: it is waited for by the clock alone."""
        away = ErrorCode.SIGNING_UNAVAILABLE
        return [t for t in troubles(name) if self._scene.timed or t[1] is not away]

    def _is_leaving(self, state: State) -> bool:
        journal = self._lines.of(state.journal)
        return self._scene.is_exit or journal.attempts(StepName.LEAVE) > 0

    def _fate(self, line: Step, effect: Effect) -> Step:
        at = line.intended_at
        if effect.outcome is None:
            code = effect.code.code
            return replace(line, status=StepStatus.REFUSED, error_code=code, finished_at=at)
        return replace(line, status=StepStatus.DONE, outcome=effect.outcome, finished_at=at)

    def _line(self, state: State) -> Step:
        assert state.intended is not None
        return self._lines.of((state.intended,)).steps[0]

    def _decision(self, state: State) -> Decision:
        key = (state.is_urgent, state.journal)
        if key not in self._decided:
            decide = self._scene.urgent if state.is_urgent else self._scene.decide
            assert decide is not None
            self._decided[key] = decide(self._lines.of(state.journal))
        return self._decided[key]

    def _beside_late(self, state: State) -> Perform | None:
        assert state.late is not None
        key = (state.journal, state.late.line)
        if key not in self._beside:
            assert self._scene.beside is not None
            lines = self._lines.of(state.journal).steps
            line = self.late_line(state)
            command = self._scene.beside(Journal((*lines, line)))
            if command is not None and leg_of(command.name) is leg_of(line.name):
                raise Wrong(f"{command.name.value} is begun while {line.name.value} is open")
            if command is not None and command.name is StepName.SETTLE:
                raise Wrong(f"{command.name.value} is begun before all is answered")
            self._beside[key] = command
        return self._beside[key]

    def _is_repeatable(self, line: Step) -> bool:
        """It sets something, so that doing it once more changes nothing."""
        is_payment = line.name is StepName.ADD_MARGIN and self._scene.place.puts_back
        return line.name not in ORDERS | ON_CHAIN and not is_payment

    def _check_move(self, before: tuple[int, ...], after: tuple[int, ...]) -> None:
        state_of = self._scene.state_of
        present = state_of(self._lines.of(before)) if before else self._scene.begins_as
        try:
            moved(present, state_of(self._lines.of(after)))
        except DomainError as error:
            raise Wrong(error.message) from error

    def _check_effect(self, state: State, line: Step, effect: Effect) -> None:
        before, after = state.truth, effect.truth
        if line.name is StepName.OPEN_LONG and before.long:
            raise Wrong("I-5: the long is bought twice")
        if after.repaid > (BROUGHT if before.long < FULL else 0) and not state.is_long_unseen:
            raise Wrong(f"I-5: {after.repaid} USDC are repaid, more than a sale brought")
        if after.short < 0 and not state.is_unseen:
            raise Wrong("another position's short is bought back")
        if line.name is StepName.OPEN_SHORT and not state.is_unseen:
            is_bare = before.long == 0 and not state.is_long_unseen
            if is_bare and after.short > before.short:
                raise Wrong("a short is sold without a long")
            if after.short > max(before.long, FULL) and not state.is_long_unseen:
                raise Wrong(f"I-5: {after.short} lots are sold short, more than was asked")
        is_sale = line.name is StepName.CLOSE_LONG and after.long < before.long
        is_alone = before.short >= LEAST_LOTS and not self._is_short_silent(state)
        if is_sale and is_alone and not state.is_unseen:
            raise Wrong("the long is sold while the short stands")

    def _is_short_silent(self, state: State) -> bool:
        """Whether an emergency was right not to wait for the short."""
        if not state.is_urgent:
            return False
        steps = self._lines.of(state.journal).steps
        if state.late is not None:
            return leg_of(self.late_line(state).name) is Leg.SHORT
        newest = next((s for s in reversed(steps) if s.name in emergency.SHORT_STEPS), None)
        return emergency.is_silent(newest)

    def _check_end(self, finished: Finished, state: State) -> None:
        journal = self._lines.of(state.journal)
        if state.is_unseen or state.is_long_unseen:
            return  # what the venues did since anybody looked is repaired next
        wrong = self._scene.check_end(finished, journal, state.truth)
        if wrong is not None:
            raise Wrong(wrong)


def _never(line: Step, state: State) -> Step:
    code = ErrorCode.HYPERLIQUID_ORDER.code
    return replace(line, status=StepStatus.REFUSED, error_code=code, finished_at=_at(state))


def _at(state: State) -> datetime:
    return LATE if state.is_late else NOON
