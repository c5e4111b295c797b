"""Who looks at the venues themselves after every event, and says which promise was broken.

The promises are the design's invariants: I-1 every exposure has an owner, I-2 deltas are hedged or
being worked on, I-3 books match venues, I-4 tenants stay apart, I-5 nothing happens twice, I-8 only
what policies allow is offered for signing, I-9 money is conserved.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from itertools import islice

from asgard_basis.adapters.memory.locks import LeaseBook
from asgard_basis.adapters.memory.tables import Row, Tables
from asgard_basis.domain.identifiers import JobId, PositionId, UserId
from asgard_basis.domain.position.lifecycle import ENDED, PositionState
from asgard_basis.domain.position.position import Position
from asgard_basis.domain.saga.step import (
    Credited,
    EvmIntent,
    OrderIntent,
    SolanaIntent,
    Step,
    StepName,
    StepStatus,
)
from asgard_basis.ports.coordination import tenures
from asgard_basis.ports.oversight import EVERYBODY, Pause
from asgard_basis.ports.repositories import Job, JobKind, JobStatus
from asgard_basis.simulation.chaos import is_read, is_signing
from asgard_basis.simulation.network import Request
from asgard_basis.simulation.prehistory import Person
from asgard_basis.simulation.steps import spot
from asgard_basis.simulation.truth import Truth
from asgard_paper.asgard.records import ACTIVE, CLOSED

LOT = Decimal("0.01")
_OVER = Decimal("1.006")
_DENIED = 400
_CENT = Decimal("0.01")
_NAKED = Decimal("0.02")
_APART = timedelta(seconds=10)
"""Two processes' clocks are never further apart."""
_TOLD_SECONDS = 120.0 + 150.0
"""After two minutes somebody is to be told; the rest is for who was to tell being dead or slow."""
_WAITING = frozenset({PositionState.STUCK_UNWIND, PositionState.QUARANTINED})


class Broken(Exception):
    """A promise that does not hold; `promise` is its name."""

    def __init__(self, promise: str, what: str) -> None:
        self.promise = promise
        super().__init__(f"{promise}: {what}")


@dataclass(frozen=True, slots=True)
class _Written:
    """A step in the journal that can be recognised at a venue."""

    job: Job
    step: Step


class Witness:
    """Checks what is cheap after every event, and everything when nothing moves."""

    def __init__(
        self,
        *,
        tables: Tables,
        truth: Truth,
        people: Sequence[Person],
        leases: LeaseBook,
        now: Callable[[], float],
        tell: Callable[[str], None],
    ) -> None:
        self._tables = tables
        self._truth = truth
        self._people = people
        self._leases = leases
        self._now = now
        self._tell = tell
        self._naked_since: dict[str, float] = {}
        self._written: dict[str, _Written] = {}
        self._steps_read = len(tables.rows["steps"])
        self._fills_read: Counter[str] = Counter()
        self._filled: defaultdict[str, Decimal] = defaultdict(Decimal)
        self._net: defaultdict[PositionId, Decimal] = defaultdict(Decimal)
        self._longs: dict[str, PositionId] = {}
        self._owners: dict[PositionId, UserId] = {}
        self._transfers_read = len(truth.venues.ledger.mined)
        self._transferred: set[JobId] = set()
        self._updates_read = 0
        self._updated: set[tuple[JobId, int]] = set()
        """Jobs, and what kind of change of a long each has made."""
        self._credits_before = {
            person.evm: len(truth.venues.hyperliquid.books.ledger.get(person.evm, []))
            for person in people
        }
        self._untouched = len(tables.rows["jobs"])
        self.disturbed: set[str] = set()
        """Accounts whose shorts the exchange itself has made smaller."""
        self._told: dict[PositionId, PositionState] = {}
        self.on_hedged: Callable[[UserId], None] = lambda user_id: None

    # ---- after every event ----------------------------------------------------------------

    def arrived(self, request: Request, status: int) -> None:
        """A venue has handled a request. Raises Broken."""
        if is_signing(request):
            self._check_signing(request, status)
        if not is_read(request):
            self.look()

    def _check_signing(self, request: Request, status: int) -> None:
        if status == _DENIED:
            raise Broken("I-8", f"offered for signing what the policy forbids: {request.operation}")
        at = spot()
        if at is None or at.step is not StepName.OPEN_LONG:
            return
        for row in self._tables.rows["pauses"].values():
            pause: Pause = row.value
            if pause.scope in {EVERYBODY, at.user_id} and pause.since < at.since - _APART:
                raise Broken("I-6", f"a long is signed while opening is paused by {pause.by}")

    def committed(self) -> None:
        """Somebody has saved something. Raises Broken."""
        for tenure in tenures():
            if not self._leases.stands(tenure):
                raise Broken("fence", f"{tenure.holder} writes after another has taken over")
        self.look()

    def check_exposures(self) -> None:
        """No leg stands alone for long without somebody being told. Raises Broken."""
        for person in self._people:
            net = self._naked(person)
            if not net or self._is_told(person):
                self._naked_since.pop(person.evm, None)
                continue
            since = self._naked_since.setdefault(person.evm, self._now())
            if self._now() - since > _TOLD_SECONDS:
                seconds = self._now() - since
                raise Broken("I-7", f"{net:.2f} SOL stand alone for {seconds:.0f} s, untold")

    def is_settled(self) -> bool:
        """Whether everybody is hedged and the books know it, or they are told that it is not so."""
        return all(
            self._is_told(person)
            or (
                not self._naked(person)
                and self._booked(person) == self._truth.short_size(person)
                and self._known_longs(person) == self._open_longs(person)
            )
            for person in self._people
        )

    def _known_longs(self, person: Person) -> set[str]:
        return {p.long.position_key for p in self._held(person) if p.long}

    def _open_longs(self, person: Person) -> set[str]:
        return {long.pda for long in self._truth.active_longs(person)}

    def _held(self, person: Person) -> list[Position]:
        rows = self._tables.rows["positions"].values()
        found = [row.value for row in rows if row.owner == person.user_id]
        return [position for position in found if position.state not in ENDED]

    def _booked(self, person: Person) -> Decimal:
        return sum((p.short.size for p in self._held(person) if p.short), Decimal(0))

    def _naked(self, person: Person) -> Decimal:
        """SOL that stand without another leg; zero inside the band."""
        longs = self._truth.active_longs(person)
        held = sum((self._truth.sol_of(long) for long in longs), Decimal(0))
        short = self._truth.short_size(person)
        band = max(held, short) * _NAKED + 3 * LOT
        return held - short if abs(held - short) > band else Decimal(0)

    def _is_told(self, person: Person) -> bool:
        """Whether an alarm is open for the person, or for everybody."""
        return any(
            row.value.resolved_at is None and row.value.user_id in {person.user_id, None}
            for row in self._tables.rows["alarms"].values()
        )

    def look(self) -> None:
        """Everything that is cheap to see. Raises Broken."""
        self._read_journal()
        self._read_transfers()
        for person in self._people:
            self._read_fills(person)
            self._read_longs(person)
        self._read_updates()
        self._read_positions()

    def _read_journal(self) -> None:
        rows = self._tables.rows["steps"]
        if len(rows) == self._steps_read:
            return
        for row in islice(rows.values(), self._steps_read, None):
            job_id, step = row.value
            job: Job = self._tables.rows["jobs"][job_id].value
            if row.owner != job.user_id:
                raise Broken("I-4", f"{step.name} of {job.user_id} was written for {row.owner}")
            for key in _keys(step):
                self._written[key] = _Written(job, step)
        self._steps_read = len(rows)

    def _read_fills(self, person: Person) -> None:
        fills = self._truth.fills(person)
        for fill in islice(fills, self._fills_read[person.evm], None):
            if fill.cloid is None:
                self.disturbed.add(person.evm)
                self._tell(f"the exchange closes {fill.size} SOL of {person.name}'s short")
                continue
            written = self._written.get(fill.cloid)
            if written is None or not isinstance(written.step.intent, OrderIntent):
                raise Broken("I-1", f"{fill.size} SOL were traded by an order nobody wrote down")
            if written.job.user_id != person.user_id:
                raise Broken("I-4", "an order was placed in another one's account")
            self._filled[fill.cloid] += fill.size
            if self._filled[fill.cloid] > written.step.intent.size:
                raise Broken("I-5", f"{written.step.name} filled more than it asked for")
            self._count(person, written, -fill.size if fill.is_buy else fill.size)
        self._fills_read[person.evm] = len(fills)

    def _count(self, person: Person, written: _Written, sold: Decimal) -> None:
        position_id = written.job.position_id
        if position_id is None:
            raise Broken("I-1", f"{written.step.name} trades for no position")
        self._net[position_id] += sold
        net = self._net[position_id]
        if sold < 0:
            if net < 0 and person.evm not in self.disturbed:
                raise Broken("I-5", f"{-net} SOL more were bought back than had been sold")
            return
        is_disturbed = person.evm in self.disturbed
        if is_disturbed:  # What the exchange took from a position may be sold again.
            net = self._truth.short_size(person)
        keys = [
            key
            for key, owner in self._longs.items()
            if owner == position_id or (is_disturbed and self._owners[owner] == person.user_id)
        ]
        ledger = self._truth.venues.asgard.ledger.positions
        held = [ledger[key] for key in keys if ledger[key].state != CLOSED]
        most = sum((self._truth.sol_at_most(long) for long in held), Decimal(0)) * _OVER + LOT
        if net > most:
            raise Broken("I-5", f"{net} SOL were sold against a long of {most:.2f} SOL at most")

    def _read_longs(self, person: Person) -> None:
        for long in self._truth.longs(person):
            if long.pda in self._longs:
                continue
            written = self._written.get(long.open_tx)
            if written is None or written.job.position_id is None:
                raise Broken("I-1", "a long was opened by a transaction nobody wrote down")
            if written.job.user_id != person.user_id:
                raise Broken("I-4", "a long was opened in another one's wallet")
            if written.job.position_id in self._longs.values():
                raise Broken("I-5", "a position's long was opened twice")
            self._longs[long.pda] = written.job.position_id
            self._owners[written.job.position_id] = written.job.user_id

    def _read_updates(self) -> None:
        updates = self._truth.venues.asgard.ledger.updates
        for update in islice(updates, self._updates_read, None):
            written = self._written.get(update.tx)
            if written is None or written.job.position_id != self._longs.get(update.pda):
                raise Broken("I-1", "a long was changed by a transaction nobody wrote down for it")
            change = written.job.id, update.update_type
            if change in self._updated:
                raise Broken("I-5", "a long was cut, or its debt repaid, twice by one job")
            self._updated.add(change)
        self._updates_read = len(updates)

    def _read_transfers(self) -> None:
        mined = self._truth.venues.ledger.mined
        for transfer in islice(mined.values(), self._transfers_read, None):
            written = self._written.get(transfer.hash)
            if written is None:
                raise Broken("I-1", f"{transfer.amount} left Arbitrum and nobody wrote it down")
            if transfer.succeeded and written.job.id in self._transferred:
                raise Broken("I-5", "a deposit was sent twice")
            if transfer.succeeded:
                self._transferred.add(written.job.id)
        self._transfers_read = len(mined)

    def _read_positions(self) -> None:
        for row in self._tables.rows["positions"].values():
            position: Position = row.value
            if self._told.get(position.id) is position.state:
                continue
            self._told[position.id] = position.state
            self._tell(f"position {position.id[:8]} is {position.state}")
            if position.state is PositionState.HEDGED:
                self.on_hedged(position.user_id)
            if position.state in ENDED:
                self._check_ended(position)

    def _check_ended(self, position: Position) -> None:
        person = next(p for p in self._people if p.user_id == position.user_id)
        ledger = self._truth.venues.asgard.ledger.positions
        for key, owner in self._longs.items():
            if owner == position.id and ledger[key].state == ACTIVE:
                raise Broken("I-1", f"a position is {position.state}, and its long is still there")
        if self._net[position.id] and person.evm not in self.disturbed:
            left = self._net[position.id]
            raise Broken("I-1", f"a position is {position.state} with {left} SOL short")

    # ---- when nothing moves ---------------------------------------------------------------

    def check_rest(self) -> None:
        """Nobody works on anything: books and venues must agree. Raises Broken."""
        self.look()
        for row in self._new("jobs"):
            if row.value.status not in {JobStatus.COMPLETED, JobStatus.FAILED}:
                raise Broken("rest", f"a job to {row.value.kind} is {row.value.status} for ever")
        for row in self._tables.rows["steps"].values():
            if row.value[1].status is StepStatus.INTENDED:
                raise Broken("rest", f"{row.value[1].name} was never resolved")
        for person in self._people:
            self._check_person(person)
            self._check_credits(person)
        self._check_money()

    def _check_person(self, person: Person) -> None:
        positions = self._held(person)
        for position in positions:
            if position.state not in {PositionState.HEDGED, *_WAITING}:
                raise Broken("rest", f"a position is {position.state}, and nobody works on it")
        booked, held = self._booked(person), self._truth.short_size(person)
        if booked != held and not self._is_told(person):
            raise Broken("I-3", f"the books say {booked} SOL short, the exchange {held}")
        known, present = self._known_longs(person), self._open_longs(person)
        if known != present and not self._is_told(person):
            raise Broken("I-1", f"longs {sorted(present)} are open, books know {sorted(known)}")
        self._check_delta(person, positions)

    def _check_delta(self, person: Person, positions: Sequence[Position]) -> None:
        if self._is_told(person):
            return
        net = self._truth.net_sol(person)
        longs = self._truth.active_longs(person)
        most = sum((self._truth.sol_of(long) for long in longs), Decimal(0)) * Decimal("0.01")
        if abs(net) > most + LOT * max(1, len(positions)):
            raise Broken("I-2", f"{person.name} is {net:.3f} SOL from neutral, unnoticed")

    def _check_credits(self, person: Person) -> None:
        """Every deposit that is said to be credited has a credit of its own."""
        claimed = []
        for row in self._new("jobs"):
            job: Job = row.value
            done = job.kind is JobKind.DEPOSIT and job.status is JobStatus.COMPLETED
            if done and job.user_id == person.user_id:
                claimed += [
                    step.outcome.credited_at
                    for owner, step in (r.value for r in self._tables.rows["steps"].values())
                    if owner == job.id and isinstance(step.outcome, Credited)
                ]
        entries = self._truth.venues.hyperliquid.books.ledger.get(person.evm, [])
        credits = len(entries) - self._credits_before[person.evm]
        if len(set(claimed)) != len(claimed) or len(claimed) > credits:
            raise Broken("I-5", f"{len(claimed)} deposits claim {credits} credits")

    def _check_money(self) -> None:
        if self._truth.exchange_difference():
            raise Broken("I-9", f"the exchange is {self._truth.exchange_difference()} USD off")
        self._truth.venues.asgard.settlement.check_conservation()

    def _new(self, table: str) -> list[Row]:
        return list(islice(self._tables.rows[table].values(), self._untouched, None))


def _keys(step: Step) -> list[str]:
    """What the step's effect can be recognised by."""
    match step.intent:
        case OrderIntent():
            return [step.intent.client_order_id]
        case SolanaIntent():
            return [step.intent.signature]
        case EvmIntent():
            return [step.intent.hash]
        case _:
            return []
