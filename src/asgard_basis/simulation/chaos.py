"""A plan's troubles at work: every request, every crossing and every fork is asked here."""

import zlib
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from asgard_basis.domain.errors import ErrorCode, OutcomeUnknown, Unavailable
from asgard_basis.domain.identifiers import JobId, UserId
from asgard_basis.domain.saga.step import StepName
from asgard_basis.simulation.forks import Fate, Fork
from asgard_basis.simulation.membrane import Killed, Membrane
from asgard_basis.simulation.network import Loss, Passage, Request
from asgard_basis.simulation.plan import Plan, Trouble
from asgard_basis.simulation.steps import Spot, spot
from asgard_basis.simulation.troubles import CROSSINGS, FATES, NETWORK, SIGNING, Cell, Kind

_LOSSES: dict[Kind, Loss] = {
    Kind.TIMEOUT_BEFORE: Loss.LOST_BEFORE,
    Kind.TIMEOUT_AFTER: Loss.LOST_AFTER,
    Kind.DROP_BEFORE: Loss.CUT_BEFORE,
    Kind.DROP_AFTER: Loss.CUT_AFTER,
    Kind.SERVER_ERROR: Loss.STATUS_BEFORE,
    Kind.SERVER_ERROR_AFTER: Loss.STATUS_AFTER,
    Kind.TOO_MANY: Loss.STATUS_BEFORE,
    Kind.DUPLICATE: Loss.DUPLICATE,
    Kind.STALE: Loss.STALE,
}
_SIGNATURES = {"eth_signTransaction", "eth_signTypedData_v4", "signTransaction"}
_ACTIONS = {
    "order",
    "updateLeverage",
    "updateIsolatedMargin",
    "approveAgent",
    "noop",
    "cancelByCloid",
}
_DENIAL = b'{"error":"RPC request denied due to policy violation","code":"policy_violation"}'
_BUSY = b"null"


class World(Protocol):
    """What troubles can do to the world beside requests."""

    def later(self, seconds: float, act: Callable[[], None]) -> None:
        """Do it after so many virtual seconds, whoever lives then."""
        ...

    def now(self) -> datetime:
        """The true time."""
        ...

    def kill(self, process: str, seconds: float) -> None:
        """End a process as kill -9 does; another takes its place after so long."""
        ...

    def pause(self, process: str, seconds: float) -> None:
        """Stop a process for so long."""
        ...

    def redeliver(self, job_id: JobId, besides: str) -> None:
        """Hand a job to another worker as well."""
        ...

    def deleverage(self, user_id: UserId, trouble: Trouble) -> None:
        """Let the exchange close a part of a person's short."""
        ...

    def liquidate(self, trouble: Trouble) -> None:
        """Let the price move until everybody's shorts, or longs, are liquidated."""
        ...

    def swing(self, trouble: Trouble) -> None:
        """Let the price move until everybody's pairs are defended."""
        ...

    def thin(self, trouble: Trouble) -> None:
        """Leave only a share of the exchange's book."""
        ...

    def skew(self, process: str) -> float:
        """Seconds the process's clock is ahead."""
        ...


@dataclass(slots=True)
class _Armed:
    trouble: Trouble
    chances: int
    """That still pass before it strikes."""
    is_primed: bool = False


class Chaos:
    """Implements Weather and the membranes' watch; `tell` hears of everything that strikes."""

    def __init__(self, plan: Plan, world: World, tell: Callable[[str], None]) -> None:
        self._seed = plan.seed
        self._world = world
        self._tell = tell
        self._armed = [
            _Armed(trouble, trouble.nth) for trouble in plan.troubles if trouble.step is not None
        ]
        self._asked: Counter[tuple[str, str, str]] = Counter()
        self._away: dict[str, float] = {}
        """Venues that are away, with the fraction that says how."""
        self._snapshots_down = False
        self.is_over = False
        self.hits: set[Cell] = set()
        self.denied = 0
        """Signatures that were denied on purpose."""
        self.bridge_delays: list[float] = []
        self.on_arrival: Callable[[Request, int], None] = lambda request, status: None

    def end(self) -> None:
        """From now on nothing goes wrong any more."""
        self.is_over = True
        self._armed.clear()
        self._away.clear()
        self._snapshots_down = False

    # ---- requests -------------------------------------------------------------------------

    def passage(self, request: Request) -> Passage:
        """How a request travels; see Weather."""
        there, back = self._latency(request)
        plain = Passage(there, back)
        self._note_skew(request.process)
        if self.is_over:
            return plain
        if request.venue in self._away:
            self._hit(Kind.OUTAGE)
            return self._blocked(there, back, self._away[request.venue])
        trouble = self._struck(lambda kind: _meets(kind, request))
        if trouble is None:
            return self._priming(request, plain)
        self._tell(f"{trouble.kind} meets {request.venue} {request.operation}")
        if trouble.kind is Kind.DELAY:
            return Passage(there + trouble.seconds, back)
        if trouble.kind is Kind.OUTAGE:
            self.take_away(request.venue, trouble.seconds)
            return self._blocked(there, back, self._away[request.venue])
        if trouble.kind is Kind.POLICY_DENIAL:
            self.denied += 1
            return Passage(there, back, Loss.STATUS_BEFORE, 400, _DENIAL)
        if trouble.kind is Kind.SIGNING_OUTAGE:
            self.take_away("privy", trouble.seconds)
            return Passage(there, back, Loss.STATUS_BEFORE)
        if trouble.kind is Kind.TOO_MANY:
            return Passage(there, back, Loss.STATUS_BEFORE, 429, _BUSY)
        return Passage(there, back, _LOSSES[trouble.kind])

    def _priming(self, request: Request, plain: Passage) -> Passage:
        """Lose an answer where a stale one is due, so that the same is asked again."""
        at = spot()
        if at is None or request.is_repeated or not is_read(request):
            return plain
        for armed in self._armed:
            trouble = armed.trouble
            is_due = trouble.kind is Kind.STALE and trouble.step is at.step and not armed.chances
            if is_due and not armed.is_primed:
                armed.is_primed = True
                return replace(plain, loss=Loss.STATUS_AFTER)
        return plain

    def arrived(self, request: Request, status: int) -> None:
        """A venue has handled a request."""
        self.on_arrival(request, status)

    def take_away(self, venue: str, seconds: float) -> None:
        """Let a venue be away for a while."""
        self._away[venue] = self._fraction("away", venue, str(seconds))
        self._world.later(seconds, lambda: self._bring_back(venue))

    def take_snapshots(self, seconds: float) -> None:
        """Let the shared snapshot be away for a while."""
        self._snapshots_down = True
        self._world.later(seconds, self._bring_snapshots)

    # ---- crossings ------------------------------------------------------------------------

    async def watch(self, membrane: Membrane, place: str) -> None:
        """See Membrane."""
        self._note_skew(membrane.name)
        if self.is_over:
            return
        if self._snapshots_down and place == "snapshot read":
            raise Unavailable(ErrorCode.NOT_READY, "the snapshot store does not answer")
        trouble = self._struck(lambda kind: kind in CROSSINGS and place.startswith(CROSSINGS[kind]))
        if trouble is not None:
            self._tell(f"{trouble.kind} meets {membrane.name} at {place}")
            self._strike(trouble, membrane, spot())

    def _strike(self, trouble: Trouble, membrane: Membrane, at: Spot | None) -> None:
        match trouble.kind:
            case Kind.KILL:
                self._world.kill(membrane.name, trouble.seconds)
                raise Killed(membrane.name)
            case Kind.PAUSE:
                self._world.pause(membrane.name, trouble.seconds)
            case Kind.DATABASE_DOWN:
                raise Unavailable(ErrorCode.NOT_READY, "the database does not answer")
            case Kind.DATABASE_ABORT:
                raise Unavailable(ErrorCode.NOT_READY, "nothing was saved")
            case Kind.DATABASE_LOST:
                raise OutcomeUnknown(ErrorCode.NOT_READY, "the database was lost while it saved")
            case Kind.SNAPSHOT_DOWN:
                self.take_snapshots(trouble.seconds)
                raise Unavailable(ErrorCode.NOT_READY, "the snapshot store does not answer")
            case Kind.THIN_BOOK:
                self._world.thin(trouble)
            case Kind.REDELIVERY if at is not None:
                self._world.redeliver(at.job_id, membrane.name)
            case Kind.ADL if at is not None:
                self._world.deleverage(at.user_id, trouble)
            case Kind.LIQUIDATION:
                self._world.liquidate(trouble)
            case Kind.SWING:
                self._world.swing(trouble)
            case _:
                raise AssertionError(f"nobody knows how {trouble.kind} strikes")

    # ---- the chains -----------------------------------------------------------------------

    def fork(self, signature: str) -> Fork:
        """A Solana transaction's fate; see ForkingChain."""
        trouble = self._struck(lambda kind: kind in FATES)
        if trouble is None:
            return Fork(Fate.LANDS)
        self._tell(f"{trouble.kind} meets a transaction")
        if trouble.kind is Kind.EXPIRED:
            return Fork(Fate.EXPIRES)
        return Fork(Fate.LATE if trouble.kind is Kind.LATE else Fate.REORG, trouble.seconds)

    def bridge_seconds(self, waiting: Iterable[Spot]) -> float:
        """How long the bridge takes for a transfer that has just arrived."""
        for armed in list(self._armed):
            if armed.trouble.kind is Kind.BRIDGE_DELAY:
                self._armed.remove(armed)
                self.hits.add(Cell(StepName.AWAIT_CREDIT, Kind.BRIDGE_DELAY))
                self._tell(f"the bridge takes {armed.trouble.seconds * 20:.0f} s more")
                return 2.0 + armed.trouble.seconds * 20
        return 2.0

    # ---- inside ---------------------------------------------------------------------------

    def _struck(self, meets: Callable[[Kind], bool]) -> Trouble | None:
        """The first armed trouble for the present step that has no chances left to pass."""
        at = spot()
        if at is None:
            return None
        for armed in self._armed:
            if armed.trouble.step is not at.step or not meets(armed.trouble.kind):
                continue
            if armed.chances:
                armed.chances -= 1
                continue
            self._armed.remove(armed)
            self._hit(armed.trouble.kind)
            return armed.trouble
        return None

    def _hit(self, kind: Kind) -> None:
        at = spot()
        if at is not None:
            self.hits.add(Cell(at.step, kind))

    def _note_skew(self, process: str) -> None:
        if abs(self._world.skew(process)) >= 1:
            self._hit(Kind.SKEW)

    def _bring_back(self, venue: str) -> None:
        self._away.pop(venue, None)

    def _bring_snapshots(self) -> None:
        self._snapshots_down = False

    def _blocked(self, there: float, back: float, how: float) -> Passage:
        if how < 0.3:
            return Passage(there, back, Loss.UNREACHABLE)
        if how < 0.5:
            return Passage(there, back, Loss.LOST_BEFORE)
        return Passage(there, back, Loss.STATUS_BEFORE, 429 if how < 0.7 else 503)

    def _latency(self, request: Request) -> tuple[float, float]:
        key = (request.process, request.venue, request.operation)
        self._asked[key] += 1
        share = self._fraction(*key, str(self._asked[key]))
        return 0.005 + 0.09 * share * share, 0.005 + 0.06 * share

    def _fraction(self, *of: str) -> float:
        """0 to 1, decided by the seed and these words, however the run went so far."""
        return zlib.crc32(f"{self._seed}/{'/'.join(of)}".encode()) / 2**32


def is_read(request: Request) -> bool:
    """Whether it only asks."""
    if request.venue == "hyperliquid":
        return request.operation not in _ACTIONS
    if request.venue == "solana":
        return request.operation != "sendTransaction"
    if request.venue == "arbitrum":
        return request.operation != "eth_sendRawTransaction"
    return request.operation.startswith("GET") or request.operation.endswith("/refresh-positions")


def is_signing(request: Request) -> bool:
    """Whether it asks for a signature."""
    return request.venue == "privy" and request.operation in _SIGNATURES


def _meets(kind: Kind, request: Request) -> bool:
    if kind in SIGNING:
        return is_signing(request)
    if kind is Kind.STALE:
        return is_read(request) and request.is_repeated
    return kind in NETWORK
