"""Journals kept small without changing any decision, so that there are finitely many.

Sagas count failures up to a limit and look at the newest of a kind; what they have stopped
counting, and what a later line has overruled, is left out.
"""

from dataclasses import replace
from decimal import Decimal

from asgard_basis.domain.errors import ErrorCode
from asgard_basis.domain.money import ZERO
from asgard_basis.domain.saga.hedge import ALREADY_FLAT, CHECKS_MAX, losses, short_held, since_alone
from asgard_basis.domain.saga.step import (
    AccountMeasured,
    Journal,
    LongObserved,
    OrderDone,
    Step,
    StepName,
    StepStatus,
)
from asgard_basis.simulation.exploration.late import in_turn, inserted
from asgard_basis.simulation.exploration.world import NOON, PRICE

COUNTED_MAX = 2
"""Of one kind of failure; scenes have patience for no more."""
_CHECKS = frozenset({StepName.ADD_MARGIN, StepName.VALIDATE})
_PUT_BACK = frozenset({StepName.ADD_MARGIN, StepName.REPAY_LONG})
_TRIED = frozenset({StepName.CLOSE_LONG, StepName.CLOSE_SHORT})
_ORDERS = (StepName.CLOSE_SHORT, StepName.OPEN_SHORT)


class Lines:
    """Every line that was ever written, by number, so that journals compare quickly."""

    def __init__(self) -> None:
        self._ids: dict[Step, int] = {}
        self._lines: list[Step] = []
        self._journals: dict[tuple[int, ...], Journal] = {}

    def id_of(self, line: Step) -> int:
        """Its number."""
        if line not in self._ids:
            self._ids[line] = len(self._lines)
            self._lines.append(line)
        return self._ids[line]

    def ids_of(self, journal: Journal) -> tuple[int, ...]:
        """The numbers of all its lines."""
        return tuple(self.id_of(line) for line in journal.steps)

    def of(self, ids: tuple[int, ...]) -> Journal:
        """The journal again."""
        if ids not in self._journals:
            self._journals[ids] = Journal(tuple(self._lines[i] for i in ids))
        return self._journals[ids]


def shortened(
    journal: Journal, line: Step, *, start: Decimal, is_exit: bool, has_turns: bool = False
) -> Journal:
    """The journal with one more line, and without what does not matter any more.

    `start` is what was sold short when it began; `is_exit` when leaving is all it is about;
    `has_turns` when it may come to matter whose leg's turn it is.
    """
    return _kept([*journal.steps, line], start, is_exit=is_exit, has_turns=has_turns)


def with_late(
    journal: Journal, line: Step, *, start: Decimal, is_exit: bool, is_early: bool
) -> Journal:
    """The same, of a line that others were written beside.

    `is_early` when it was intended before leaving was decided.
    """
    before, leaving = journal.split(StepName.LEAVE)
    if is_exit:
        return _kept([*inserted(journal, line).steps], start, is_exit=True, has_turns=True)
    if leaving is None:
        return shortened(journal, line, start=start, is_exit=False, has_turns=True)
    left = journal.steps[len(before.steps)]
    if is_early:
        settled = _settled(Journal((*before.steps, line)), start)
        return Journal((*settled, left, *leaving.steps))
    steps = [*before.steps, left, *inserted(leaving, line).steps]
    return _kept(steps, start, is_exit=False, has_turns=True)


def _kept(steps: list[Step], start: Decimal, *, is_exit: bool, has_turns: bool) -> Journal:
    if is_exit:
        return Journal(tuple(_leaving(steps, start, has_turns=has_turns)))
    first = next((i for i, s in enumerate(steps) if s.name is StepName.LEAVE), None)
    if first is None:
        return Journal(tuple(_opening(steps, start)))
    if first == len(steps) - 1:
        return Journal((*_settled(Journal(tuple(steps[:-1])), start), _timeless(steps[-1])))
    held = short_held(Journal(tuple(steps[:first])), start)
    leaving = _leaving(steps[first + 1 :], held, has_turns=has_turns)
    return Journal((*steps[: first + 1], *leaving))


def _leaving(steps: list[Step], held: Decimal, *, has_turns: bool) -> list[Step]:
    """On the way out only refusals are counted, and only of the leg that is being closed."""
    steps = [_timeless(s) for s in steps]
    now_held = short_held(Journal(tuple(steps)), held)
    looks = _done(steps, StepName.OBSERVE_SHORT)[-1:]
    bought = _merged([s for s in _done(steps, StepName.CLOSE_SHORT) if not _is_unfilled(s)])
    no = [s for s in steps if s.name in _TRIED and s.status is StepStatus.REFUSED]
    shorts = [s for s in no if s.name is StepName.CLOSE_SHORT]
    if now_held == 0:
        shorts = []
    small = [s for s in shorts if s.error_code == ErrorCode.SIZE_TOO_SMALL.code]
    plain = [s for s in shorts if s not in small][:COUNTED_MAX]
    kept = [*looks, *plain, *bought, *small[:1]]
    seen = [s for s in steps if s.name in {StepName.OBSERVE_LONG, StepName.CLOSE_LONG}]
    sold = _done(seen, StepName.CLOSE_LONG)
    if not sold:
        tries = [s for s in no if s.name is StepName.CLOSE_LONG]
        newest = seen[-1:] if seen and seen[-1].name is StepName.CLOSE_LONG else []
        tries = tries[:-1] if newest and newest[0].status is StepStatus.REFUSED else tries
        # Whatever became of the newest try, the long is looked at before the next.
        counted = COUNTED_MAX - (1 if newest and newest[0].status is StepStatus.REFUSED else 0)
        kept += [*tries[:counted], *_done(seen, StepName.OBSERVE_LONG)[-1:], *newest]
    else:
        kept += [*_done(seen, StepName.OBSERVE_LONG)[-1:], *sold]
    if has_turns and now_held > 0:
        kept = in_turn(kept, steps)
    return [*kept, *_done(steps, StepName.SETTLE)]


def _opening(steps: list[Step], start: Decimal) -> list[Step]:
    """Until then: failures count since the legs last came apart, in any order."""
    paid = _first_payment(steps)
    if paid is not None:
        return [*steps[:paid], *_put_back(steps[paid:])]
    steps = [
        _timeless(s) if _is_read(s) else s for s in _overruled(_flattened(steps, start), start)
    ]
    begins = len(steps) - len(since_alone(Journal(tuple(steps)), start).steps)
    before, since = steps[:begins], steps[begins:]
    before = _netted([s for s in before if s.name not in _ORDERS or not _is_failure(s)], start)
    orders = [s for s in since if s.name in _ORDERS]
    others = [s for s in since if s.name not in _ORDERS]
    last = orders[-1:] if orders and _is_small(orders[-1]) else []
    turned = next((i for i, s in enumerate(since) if s.name is StepName.TURN_BACK), None)
    if turned is not None:
        return [*before, *_restored(since[:turned], since[turned], since[turned + 1 :])]
    tried = [s for s in orders if s not in last and not _is_small(s)]
    is_over = any(s.name is StepName.ADD_MARGIN for s in since) and not last
    held = short_held(Journal(tuple(before)), start)
    sorted_orders: list[Step] = []
    back = sum((_size(s) for s in tried if s.name is StepName.CLOSE_SHORT), ZERO)
    is_cut_first = start > 0 and back <= held
    for name in _ORDERS if is_cut_first else _ORDERS[::-1]:
        mine = [s for s in tried if s.name is name]
        if not is_over:
            sorted_orders += _capped(sorted((s for s in mine if _is_failure(s)), key=_order))
        sorted_orders += _merged([s for s in mine if not _is_failure(s)])
    sorted_orders = _unswung(sorted_orders, held if is_cut_first else ZERO)
    if sorted_orders:  # the first of them began when the first of all began
        begun = min(s.intended_at for s in tried)
        sorted_orders[0] = replace(sorted_orders[0], intended_at=begun)
    early = [s for s in others if s.name not in _CHECKS]
    checks = [s for s in others if s.name in _CHECKS and s.status is not StepStatus.UNAVAILABLE]
    is_late_cut = any(s.name is StepName.REDUCE_LONG for s in early)
    if is_late_cut:  # how the short came to be cut does not matter any more
        sorted_orders = [
            s for s in sorted_orders if s.name is StepName.OPEN_SHORT or not _is_failure(s)
        ]
    cut = [s for s in sorted_orders if s.name is StepName.CLOSE_SHORT] if is_late_cut else []
    rest = [s for s in sorted_orders if s not in cut]
    looks = [s for s in early if s.name is not StepName.REDUCE_LONG]
    reductions = [s for s in early if s.name is StepName.REDUCE_LONG]
    return [*before, *_capped(looks), *cut, *_capped(reductions), *rest, *last, *_capped(checks)]


def _first_payment(steps: list[Step]) -> int | None:
    """Where what a cut set free begins to go back; from there on nothing else is done."""
    cut = next((i for i, s in enumerate(steps) if _is_cut(s)), len(steps))
    return next((i for i, s in enumerate(steps) if i > cut and s.name in _PUT_BACK), None)


def _put_back(steps: list[Step]) -> list[Step]:
    """What a cut set free goes back: each payment's failures count until it is made."""
    kept: list[Step] = []
    for name in (StepName.ADD_MARGIN, StepName.REPAY_LONG):
        mine = [_timeless(s) for s in steps if s.name is name]
        kept += _done(mine, name) or sorted(mine, key=_order)
    return kept


def _restored(cut: list[Step], turned: Step, undoing: list[Step]) -> list[Step]:
    """A reduction that is being undone: how the short came to be cut does not matter."""
    looks = _done(cut, StepName.OBSERVE_LONG)
    bought = _merged([s for s in cut if s.name in _ORDERS and not _is_failure(s)])
    last = undoing[-1:] if undoing and _is_small(undoing[-1]) else []
    undone: list[Step] = []
    for name in _ORDERS[::-1]:
        mine = [s for s in undoing if s.name is name and not _is_small(s)]
        undone += _capped(sorted((s for s in mine if _is_failure(s)), key=_order))
        undone += _merged([s for s in mine if not _is_failure(s)])
    cut_lines = [_timeless(s) for s in (*looks, *bought, turned)]
    return [*cut_lines, *_unswung(undone, ZERO), *last]


def _flattened(steps: list[Step], start: Decimal) -> list[Step]:
    """Where the venue says that nothing is left, all that was held was bought back."""
    line = steps[-1]
    if not isinstance(line.outcome, OrderDone) or not _is_flat(line.outcome):
        return steps
    held = short_held(Journal(tuple(steps[:-1])), start)
    vain = _filled(line, ZERO)
    return [*steps[:-1], vain] if held == 0 else [*steps[:-1], vain, _filled(line, held)]


def _overruled(steps: list[Step], start: Decimal) -> list[Step]:
    """Without what the newest line has made irrelevant."""
    line = steps[-1]
    lost = losses(Journal(tuple(steps)), start)
    kept = []
    for index, step in enumerate(steps[:-1]):
        is_same = step.name is line.name and line.status is StepStatus.DONE
        is_kept = isinstance(step.outcome, AccountMeasured | LongObserved)
        if line.name not in _ORDERS and is_same and not is_kept:
            continue
        if line.name in _ORDERS and line.status is StepStatus.DONE and not _is_unfilled(line):
            is_stale = step.name is StepName.ADD_MARGIN and line.name is StepName.OPEN_SHORT
            if is_stale and step.status is StepStatus.DONE:
                continue
            if step.name is StepName.VALIDATE and _is_measured(step) and index not in lost:
                continue
        kept.append(step)
    return [*kept, line]


def _netted(steps: list[Step], start: Decimal) -> list[Step]:
    """All trades in a row as one; what the venue took keeps its place."""
    kept: list[Step] = []
    for step in steps:
        if kept and step.name in _ORDERS and kept[-1].name in _ORDERS:
            held = short_held(Journal(tuple(kept[:-1])), start)
            change = short_held(Journal((*kept, step)), start) - held
            kept.pop()
            if change != ZERO:
                name = StepName.OPEN_SHORT if change > 0 else StepName.CLOSE_SHORT
                kept.append(_filled(replace(step, name=name), abs(change)))
        else:
            kept.append(step)
    return kept


def _settled(journal: Journal, start: Decimal) -> list[Step]:
    """What was held when leaving was decided; how it came about does not matter."""
    kept = [
        _timeless(s)
        for s in journal.steps
        if s.status is StepStatus.DONE
        and s.name not in _ORDERS
        and not isinstance(s.outcome, AccountMeasured)
    ]
    change = short_held(journal, start) - start
    if change == ZERO:
        return kept
    orders = [s for s in journal.steps if isinstance(s.outcome, OrderDone)]
    if not orders:
        return list(journal.steps)
    name = StepName.OPEN_SHORT if change > 0 else StepName.CLOSE_SHORT
    return [*kept, _timeless(_filled(replace(orders[0], name=name), abs(change)))]


def _merged(fills: list[Step]) -> list[Step]:
    """Fills of one kind as one; the last word that nothing is left stands."""
    size = sum((_size(s) for s in fills), ZERO)
    flat = [s for s in fills if isinstance(s.outcome, OrderDone) and _is_flat(s.outcome)]
    bought = [s for s in fills if _size(s)]
    if not bought:
        return flat[-1:]
    first, last = bought[0], bought[-1]
    merged = replace(last, intended_at=first.intended_at, intent=first.intent)
    return [_filled(merged, size), *flat[-1:]]


def _unswung(orders: list[Step], held: Decimal) -> list[Step]:
    """What was bought back only to be sold again counts for neither."""
    back = sum((_size(s) for s in orders if s.name is StepName.CLOSE_SHORT), ZERO)
    sold = sum((_size(s) for s in orders if s.name is StepName.OPEN_SHORT), ZERO)
    swung = min(sold, back) if held == 0 else min(sold, max(ZERO, back - held))
    swung -= 1 if held == 0 else 0  # one lot stays, to tell that it was done
    if swung <= 0:
        return orders
    kept = []
    for step in orders:
        left = _size(step) - swung
        if not _size(step):
            kept.append(step)
        elif left > 0:
            kept.append(_filled(step, left))
    return kept


def _capped(steps: list[Step]) -> list[Step]:
    """Without the oldest of each kind of failure that is counted no further."""
    kept: list[Step] = []
    counts: dict[tuple[StepName, StepStatus, str | None, bool], int] = {}
    for step in reversed(steps):
        most = CHECKS_MAX if step.name in _CHECKS else COUNTED_MAX
        hour = ""
        if step.error_code == ErrorCode.SIGNING_UNAVAILABLE.code:
            most, hour = 1, str(step.intended_at)  # it is not counted, only timed
        if _is_failure(step):
            kind = (step.name, step.status, f"{step.error_code}{hour}", _is_unfilled(step))
            counts[kind] = counts.get(kind, 0) + 1
            if counts[kind] > most:
                continue
        kept.append(step)
    return kept[::-1]


def _is_cut(step: Step) -> bool:
    return step.name is StepName.REDUCE_LONG and step.status is StepStatus.DONE


def _is_measured(step: Step) -> bool:
    return isinstance(step.outcome, AccountMeasured)


def _done(steps: list[Step], name: StepName) -> list[Step]:
    return [s for s in steps if s.name is name and s.status is StepStatus.DONE]


def _timeless(step: Step) -> Step:
    return replace(step, intended_at=NOON, finished_at=NOON)


def _order(step: Step) -> tuple[str, bool, str, str]:
    is_final = step.error_code == ErrorCode.POLICY_DENIED.code
    return (str(step.intended_at), is_final, step.status.value, step.error_code or "")


def _is_read(step: Step) -> bool:
    """How long reading took does not matter once it is done."""
    return (
        step.name in {StepName.READ_LONG, StepName.OBSERVE_LONG} and step.status is StepStatus.DONE
    )


def _is_small(step: Step) -> bool:
    return step.error_code == ErrorCode.SIZE_TOO_SMALL.code


def _is_flat(outcome: OrderDone) -> bool:
    return outcome.result.status == ALREADY_FLAT


def _is_unfilled(step: Step) -> bool:
    outcome = step.outcome
    return isinstance(outcome, OrderDone) and _size(step) == 0 and not _is_flat(outcome)


def _is_failure(step: Step) -> bool:
    return step.status is not StepStatus.DONE or _is_unfilled(step)


def _size(step: Step) -> Decimal:
    return step.outcome.result.filled_size if isinstance(step.outcome, OrderDone) else ZERO


def _filled(step: Step, size: Decimal) -> Step:
    outcome = step.outcome
    assert isinstance(outcome, OrderDone)
    result = replace(outcome.result, filled_size=size, status="filled", average_price=PRICE)
    return replace(step, outcome=replace(outcome, result=result))
