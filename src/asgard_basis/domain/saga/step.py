"""The journal of a saga: every outside effect, written before and after it happens."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from asgard_basis.domain.errors import ErrorCode
from asgard_basis.domain.saga.intent import (
    EvmIntent as EvmIntent,
)
from asgard_basis.domain.saga.intent import (
    Intent as Intent,
)
from asgard_basis.domain.saga.intent import (
    LeverageIntent as LeverageIntent,
)
from asgard_basis.domain.saga.intent import (
    LookIntent as LookIntent,
)
from asgard_basis.domain.saga.intent import (
    MarginIntent as MarginIntent,
)
from asgard_basis.domain.saga.intent import (
    OrderIntent as OrderIntent,
)
from asgard_basis.domain.saga.intent import (
    PlainIntent as PlainIntent,
)
from asgard_basis.domain.saga.intent import (
    Reduction as Reduction,
)
from asgard_basis.domain.saga.intent import (
    SolanaIntent as SolanaIntent,
)
from asgard_basis.domain.saga.outcome import (
    AccountMeasured as AccountMeasured,
)
from asgard_basis.domain.saga.outcome import Allowed, Arrived, Attested, Burned, Minted, Withdrawn
from asgard_basis.domain.saga.outcome import (
    Credited as Credited,
)
from asgard_basis.domain.saga.outcome import (
    LongClosed as LongClosed,
)
from asgard_basis.domain.saga.outcome import (
    LongObserved as LongObserved,
)
from asgard_basis.domain.saga.outcome import (
    LongOpened as LongOpened,
)
from asgard_basis.domain.saga.outcome import (
    LongRead as LongRead,
)
from asgard_basis.domain.saga.outcome import (
    LongReduced as LongReduced,
)
from asgard_basis.domain.saga.outcome import (
    LongRepaid as LongRepaid,
)
from asgard_basis.domain.saga.outcome import (
    OrderDone as OrderDone,
)
from asgard_basis.domain.saga.outcome import (
    Plain as Plain,
)
from asgard_basis.domain.saga.outcome import (
    Transferred as Transferred,
)


class StepName(StrEnum):
    """Every kind of outside effect."""

    APPROVE_AGENT = "approve_agent"
    OPEN_LONG = "open_long"
    READ_LONG = "read_long"
    SET_LEVERAGE = "set_leverage"
    OPEN_SHORT = "open_short"
    ADD_MARGIN = "add_margin"
    VALIDATE = "validate"
    CLOSE_SHORT = "close_short"
    OBSERVE_LONG = "observe_long"
    CLOSE_LONG = "close_long"
    OBSERVE_SHORT = "observe_short"
    REDUCE_LONG = "reduce_long"
    REPAY_LONG = "repay_long"
    TURN_BACK = "turn_back"
    """Nothing outside: the decision to restore what was held, written down so that it stands."""
    LEAVE = "leave"
    """Nothing outside: the decision to close what is held, written down so that it stands."""
    SETTLE = "settle"
    TRANSFER_TO_BRIDGE = "transfer_to_bridge"
    AWAIT_CREDIT = "await_credit"
    WITHDRAW = "withdraw"
    AWAIT_ARRIVAL = "await_arrival"
    ALLOW_BURN = "allow_burn"
    BURN = "burn"
    AWAIT_ATTESTATION = "await_attestation"
    MINT = "mint"


LOOKS = frozenset(
    {StepName.READ_LONG, StepName.OBSERVE_LONG, StepName.OBSERVE_SHORT, StepName.VALIDATE}
)
"""Steps that change nothing outside: an answer that was lost is not waited for."""
SETTINGS = frozenset({StepName.APPROVE_AGENT, StepName.SET_LEVERAGE})
"""Steps that move no money: what became of one need not be known for a saga to be given up."""


class Leg(StrEnum):
    """Whose venue a step needs."""

    LONG = "long"
    SHORT = "short"
    NEITHER = "neither"
    """Nobody's outside, or no leg's."""


_LEGS = {
    StepName.OPEN_LONG: Leg.LONG,
    StepName.READ_LONG: Leg.LONG,
    StepName.OBSERVE_LONG: Leg.LONG,
    StepName.REDUCE_LONG: Leg.LONG,
    StepName.REPAY_LONG: Leg.LONG,
    StepName.CLOSE_LONG: Leg.LONG,
    StepName.APPROVE_AGENT: Leg.SHORT,
    StepName.SET_LEVERAGE: Leg.SHORT,
    StepName.OPEN_SHORT: Leg.SHORT,
    StepName.ADD_MARGIN: Leg.SHORT,
    StepName.VALIDATE: Leg.SHORT,
    StepName.OBSERVE_SHORT: Leg.SHORT,
    StepName.CLOSE_SHORT: Leg.SHORT,
}


def leg_of(name: StepName) -> Leg:
    """The leg a step is about; the journal's store knows the same (migration 0020)."""
    return _LEGS.get(name, Leg.NEITHER)


class StepStatus(StrEnum):
    """How far an effect is."""

    INTENDED = "intended"
    """Written down and perhaps sent: its outcome must be looked up before anything else."""
    DONE = "done"
    REFUSED = "refused"
    """The other side said no, or it is proven that it never happened."""
    UNAVAILABLE = "unavailable"
    """The other side could not be asked: nothing happened, and nobody said no.

    Under HLQ-0008 a setting of a saga that was given up: nobody could say whether it was made.
    """


_NOT_DONE = frozenset({StepStatus.REFUSED, StepStatus.UNAVAILABLE})


Outcome = (
    LongOpened
    | LongRead
    | OrderDone
    | LongObserved
    | LongClosed
    | LongReduced
    | LongRepaid
    | AccountMeasured
    | Transferred
    | Credited
    | Withdrawn
    | Arrived
    | Allowed
    | Burned
    | Attested
    | Minted
    | Plain
)


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the journal."""

    name: StepName
    attempt: int
    status: StepStatus
    intent: Intent
    intended_at: datetime
    """Market time, as `finished_at`."""
    outcome: Outcome | None = None
    finished_at: datetime | None = None
    error_code: str | None = None
    error: str | None = None
    is_beside: bool = False
    """Begun while the outcome of a step of another leg was not known."""


@dataclass(frozen=True, slots=True)
class Journal:
    """What has happened, oldest first."""

    steps: tuple[Step, ...] = ()

    def open_steps(self) -> tuple[Step, ...]:
        """The steps whose outcome is not known: never two of one leg."""
        return tuple(s for s in self.steps if s.status is StepStatus.INTENDED)

    def open_step(self) -> Step | None:
        """The first of them, if any."""
        return next(iter(self.open_steps()), None)

    def open_legs(self) -> frozenset[Leg]:
        """The legs that have such a step."""
        return frozenset(leg_of(step.name) for step in self.open_steps())

    def outcomes(self, name: StepName) -> tuple[Outcome, ...]:
        """What every done attempt of a step came to."""
        return tuple(
            s.outcome
            for s in self.steps
            if s.name is name and s.status is StepStatus.DONE and s.outcome is not None
        )

    def is_done(self, name: StepName) -> bool:
        """Whether any attempt of the step was done."""
        return any(s.name is name and s.status is StepStatus.DONE for s in self.steps)

    def attempts(self, name: StepName) -> int:
        """How often the step was begun."""
        return sum(1 for s in self.steps if s.name is name)

    def fruitless(self, name: StepName) -> int:
        """How many of the newest attempts came to nothing, an order without a fill included."""
        count = 0
        for step in reversed([s for s in self.steps if s.name is name]):
            if not _is_fruitless(step):
                break
            count += 1
        return count

    def last_refusal(self, name: StepName) -> Step | None:
        """The newest attempt of the step that was refused or could not be asked for."""
        failed = [s for s in self.steps if s.name is name and s.status in _NOT_DONE]
        return failed[-1] if failed else None

    def refusals(self, name: StepName) -> int:
        """How often the other side said no; a silence is none."""
        return sum(1 for s in self.steps if s.name is name and s.status is StepStatus.REFUSED)

    def is_newer(self, name: StepName, than: StepName) -> bool:
        """Whether the step was begun after the newest attempt of another."""
        order = [s.name for s in self.steps if s.name in {name, than}]
        return bool(order) and order[-1] is name

    def since(self, name: StepName) -> "Journal":
        """From the first attempt of the step on; empty before it."""
        first = next((i for i, s in enumerate(self.steps) if s.name is name), len(self.steps))
        return Journal(self.steps[first:])

    def split(self, name: StepName) -> "tuple[Journal, Journal | None]":
        """What was before the step was first begun, and what came after it; None before it."""
        for index, step in enumerate(self.steps):
            if step.name is name:
                return Journal(self.steps[:index]), Journal(self.steps[index + 1 :])
        return self, None


def _is_fruitless(step: Step) -> bool:
    if isinstance(step.outcome, OrderDone):
        return step.outcome.result.filled_size == 0
    return step.status in _NOT_DONE


@dataclass(frozen=True, slots=True)
class Perform:
    """Do this step next."""

    name: StepName
    size: Decimal = Decimal(0)
    """SOL for orders, USDC for margin; zero where the step needs none."""


@dataclass(frozen=True, slots=True)
class Finished:
    """Nothing more to do; `failure` is None when all went as asked."""

    failure: ErrorCode | None = None
    reason: str | None = None
    is_stuck: bool = False
    """Something is still held and a person is needed."""


Decision = Perform | Finished
