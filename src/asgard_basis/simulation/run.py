"""One plan lived through: from a settled world, through its troubles, to rest and flat accounts."""

import asyncio
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial

from asgard_basis.adapters.memory.locks import LeaseBook
from asgard_basis.adapters.memory.unit_of_work import MemoryTransactions
from asgard_basis.domain.identifiers import JobId, UserId
from asgard_basis.domain.position.lifecycle import ENDED
from asgard_basis.domain.risk.limits import RiskLimits
from asgard_basis.ports.repositories import Job
from asgard_basis.simulation.build import Build
from asgard_basis.simulation.calm import CountedIds, never
from asgard_basis.simulation.chaos import Chaos
from asgard_basis.simulation.deployment import Deployment, adopted
from asgard_basis.simulation.machine import Machine, Shared
from asgard_basis.simulation.membrane import Membrane
from asgard_basis.simulation.network import Network, Request
from asgard_basis.simulation.newcomer import Newcomer
from asgard_basis.simulation.people import Browser
from asgard_basis.simulation.plan import CONTROLS, Plan, Trouble, WishKind, move_of
from asgard_basis.simulation.prehistory import authorization_key, prehistory
from asgard_basis.simulation.snapshots import LazySnapshots
from asgard_basis.simulation.story import Story, Verdict
from asgard_basis.simulation.time import Blocked, LoopClock, VirtualLoop, run_virtually
from asgard_basis.simulation.troubles import Kind
from asgard_basis.simulation.truth import COIN, Truth
from asgard_basis.simulation.witness import Broken, Witness
from asgard_paper.kernel.overlay import Shock, ShockKind

_BLOCK_SECONDS = 0.25
_PATIENCE_SECONDS = 3 * 3600.0
"""After the last trouble everything has come to rest within this, or never will."""
_LOOK_SECONDS = 5.0
_JUDGED_SECONDS = 30.0
"""By then every position was judged at the present mark."""
_NOTICED_SECONDS = 90.0
"""By then somebody has looked at both legs of everybody."""


def simulate(plan: Plan, *, build: Build | None = None) -> Verdict:
    """Live through a plan. The same plan always gives the same verdict."""
    prehistory()
    return run_virtually(lambda loop: _lived(loop, plan, build or Build()))


async def _lived(loop: VirtualLoop, plan: Plan, build: Build) -> Verdict:
    story = Story(loop)
    life = _Life(loop, plan, story, build)
    broken = await life.live()
    return Verdict(
        seed=plan.seed,
        broken=broken,
        hits=frozenset(life.chaos.hits),
        story=tuple(story.lines),
        trace_hash=story.digest.hexdigest(),
        virtual_seconds=loop.time(),
        requests=story.requests,
    )


class _Life:
    """Implements World for the chaos."""

    def __init__(self, loop: VirtualLoop, plan: Plan, story: Story, build: Build) -> None:
        self._loop = loop
        self._plan = plan
        self._story = story
        past = prehistory()
        self._people = past.people[: plan.people]
        self._venues = past.venues(loop)
        self._skews = dict(zip(self._names(), plan.skews, strict=True))
        self._failed: asyncio.Future[None] = loop.create_future()
        self.chaos = Chaos(plan, self, story.tell)
        self.chaos.on_arrival = self._arrived
        self._venues.solana.fork = self.chaos.fork
        self._venues.solana.later = self.later
        self._clock = LoopClock(loop, began=past.at)
        self._deployment: Deployment | None = None
        self._due_at = 0.0
        """When the last trouble that waits for a hedged position has struck and been seen."""
        tables, leases = past.tables.clone(), LeaseBook(self._clock)
        self._shared = Shared(
            clock=self._clock,
            venues=self._venues,
            network=Network(self._venues.applications(), self.chaos),
            tables=tables,
            leases=leases,
            transactions=MemoryTransactions(
                self._deliver, tables=tables, leases=build.leases(leases)
            ),
            authorization_key=authorization_key(),
            limits=RiskLimits(),
            build=build,
            ids=CountedIds(str(plan.seed)),
            random=random.Random(f"machines {plan.seed}"),
            on_commit=self._committed,
        )
        self._shared.nonces.last.update(past.nonces)
        self._truth = Truth(self._venues)
        self.witness = Witness(
            tables=tables,
            truth=self._truth,
            people=self._people,
            leases=leases,
            now=loop.time,
            tell=story.tell,
        )

    def _names(self) -> list[str]:
        return ["api", *(f"worker{number}" for number in range(self._plan.workers))]

    async def live(self) -> str | None:
        """What was broken, or None."""
        self._loop.set_task_factory(adopted)
        watcher = Machine(self._shared, Membrane("watch", never), skew=timedelta(0))
        self._shared.snapshots = LazySnapshots(
            watcher.app.market_watch.look, self._shared.snapshots, self._clock
        )
        self._deployment = Deployment(
            self._shared,
            self.chaos,
            skews=self._plan.skews,
            monitor_seconds=self._plan.monitor_seconds,
            has_controls=any(wish.kind in CONTROLS for wish in self._plan.wishes),
            tell=self._story.tell,
            defect=self._defect,
        )
        mining = self._loop.create_task(self._mine())
        watching = self._loop.create_task(self._watch())
        living = self._loop.create_task(self._play())
        await asyncio.wait({living, self._failed}, return_when=asyncio.FIRST_COMPLETED)
        beside = (living, mining, watching)
        for task in beside:
            task.cancel()
        outcome, *_ = await asyncio.gather(*beside, return_exceptions=True)
        if self._failed.done():
            outcome = self._failed.exception()
        self._failed.cancel()
        self.chaos.end()
        await self._deployment.close()
        await watcher.close()
        if outcome is None:
            return None
        if isinstance(outcome, Broken | Blocked):
            return str(outcome)
        assert isinstance(outcome, BaseException)
        raise outcome

    async def _play(self) -> None:
        """The whole story."""
        for trouble in self._plan.troubles:
            if trouble.at is not None:
                self.later(trouble.at, partial(self._at_moment, trouble))
        self.witness.on_hedged = self._hedged
        browsers = {n: self._browser(n) for n in range(self._plan.people)}
        asking: list[asyncio.Task[Job | None]] = []
        last_opened: dict[int, asyncio.Task[Job | None]] = {}
        for wish in self._plan.wishes:
            task = self._loop.create_task(
                browsers[wish.person].wish(wish, last_opened.get(wish.person))
            )
            asking.append(task)
            if wish.kind is WishKind.OPEN:
                last_opened[wish.person] = task
        newcomer = self._newcomer()
        await asyncio.gather(*asking, newcomer.arrive(self._plan.newcomer_at))
        await asyncio.sleep(max(0.0, self._due_at - self._loop.time()))
        await self._rest(heal_after=240.0)
        self._venues.advance()
        self.witness.check_rest()
        newcomer.check()
        self._story.tell("everything is at rest")
        for browser in browsers.values():
            for position in browser.positions():
                if position.state not in ENDED:
                    await browser.close(position.id)
        await self._rest(heal_after=0.0)
        self.witness.check_rest()
        await self._flat()
        self._check_flat(list(browsers.values()))
        self._story.tell("everything is closed")

    async def _rest(self, *, heal_after: float) -> None:
        """Wait until nobody works any more; troubles end after a while."""
        assert self._deployment is not None
        began = self._loop.time()
        idle_since: float | None = None
        while self._loop.time() - began < _PATIENCE_SECONDS:
            if self._loop.time() - began >= heal_after:
                self.chaos.end()
                self._deployment.heal()
            if not self._deployment.is_idle:
                idle_since = None
            elif idle_since is None:
                idle_since = self._loop.time()
            elif self._is_quiet(self._loop.time() - idle_since):
                self.chaos.end()
                self._deployment.heal()
                return
            await asyncio.sleep(_LOOK_SECONDS if idle_since is None else 1.0)
        raise Broken("rest", "troubles are long over, and work goes on for ever")

    def _is_quiet(self, seconds: float) -> bool:
        """Whether nobody has begun anything for so long that nobody will."""
        if self._loop.time() < self._due_at:
            return False
        self._venues.advance()
        if self.witness.is_settled():
            return seconds >= 1
        return seconds > _NOTICED_SECONDS

    async def _flat(self) -> None:
        """Give what is nobody's the time it is left alone before it is swept."""
        began = self._loop.time()
        while self._loop.time() - began < _PATIENCE_SECONDS:
            if not any(
                self._truth.short_size(p) or self._truth.active_longs(p) for p in self._people
            ):
                return
            await asyncio.sleep(_LOOK_SECONDS * 12)

    def _check_flat(self, browsers: list[Browser]) -> None:
        for browser in browsers:
            for position in browser.positions():
                if position.state not in ENDED:
                    raise Broken("close", f"a position is {position.state} and cannot be closed")
        for person in self._people:
            if self._truth.short_size(person) or self._truth.active_longs(person):
                raise Broken("I-1", f"{person.name} still holds something after closing")

    def _newcomer(self) -> Newcomer:
        assert self._deployment is not None
        return Newcomer("dora", self._deployment, self._shared, self._story.tell)

    def _browser(self, number: int) -> Browser:
        assert self._deployment is not None
        return Browser(self._people[number], self._deployment, self._shared, self._story.tell)

    # ---- what happens beside ---------------------------------------------------------------

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_SECONDS * 2)
            self._watched(self.witness.check_exposures)

    async def _mine(self) -> None:
        while True:
            await asyncio.sleep(_BLOCK_SECONDS if self._venues.ledger.waiting else 2.0)
            for arrival in self._venues.mine():
                self.later(self.chaos.bridge_seconds([]), partial(self._credit, *arrival))

    def _credit(self, sender: str, amount: Decimal, digest: str) -> None:
        if self._venues.credit(sender, amount, digest):
            self._story.tell(f"the bridge credits {amount} USDC")

    def _arrived(self, request: Request, status: int) -> None:
        self._story.note(f"{request.process} {request.venue} {request.operation} {status}")
        self._watched(lambda: self.witness.arrived(request, status))

    def _committed(self) -> None:
        self._watched(self.witness.committed)

    def _watched(self, look: Callable[[], None]) -> None:
        if self._failed.done():
            return
        try:
            look()
        except Broken as broken:
            self._failed.set_exception(broken)

    def _defect(self, what: str, error: BaseException) -> None:
        if not self._failed.done():
            self._failed.set_exception(Broken("defect", f"{what} fails with {error!r}"))

    def _deliver(self, job: Job) -> None:
        if self._deployment is not None:
            self._deployment.deliver(job)

    def _hedged(self, user_id: UserId) -> None:
        """The first position is hedged: what waited for that begins to count."""
        self.witness.on_hedged = lambda _user_id: None
        for trouble in self._plan.troubles:
            if trouble.after_hedged is not None:
                self._due_at = self._loop.time() + trouble.after_hedged + 1
                self.later(trouble.after_hedged, partial(self._strike_hedged, trouble, user_id))

    def _strike_hedged(self, trouble: Trouble, user_id: UserId) -> None:
        if self.chaos.is_over:
            return
        self._story.tell(trouble.says())
        match trouble.kind:
            case Kind.ADL:
                self.deleverage(user_id, trouble)
            case Kind.SWING:
                self.swing(trouble)
            case _:
                self.liquidate(trouble)

    def _at_moment(self, trouble: Trouble) -> None:
        deployment = self._deployment
        if deployment is None or self.chaos.is_over:
            return
        self._story.tell(trouble.says())
        worker = f"worker{trouble.machine}"
        match trouble.kind:
            case Kind.KILL:
                deployment.kill(worker, trouble.seconds)
            case Kind.PAUSE:
                deployment.pause(worker, trouble.seconds)
            case Kind.OUTAGE:
                self.chaos.take_away(trouble.venue or "hyperliquid", trouble.seconds)
            case Kind.SNAPSHOT_DOWN:
                self.chaos.take_snapshots(trouble.seconds)
            case Kind.THIN_BOOK:
                self.thin(trouble)
            case Kind.ADL:
                self.deleverage(self._people[0].user_id, trouble)
            case _:
                raise AssertionError(f"{trouble.kind} has no moment of its own")

    # ---- World -----------------------------------------------------------------------------

    def later(self, seconds: float, act: Callable[[], None]) -> None:
        """See World."""
        self._loop.call_later(seconds, act)

    def now(self) -> datetime:
        """See World."""
        return self._clock.host()

    def kill(self, process: str, seconds: float) -> None:
        """See World."""
        assert self._deployment is not None
        self._deployment.kill(process, seconds)

    def pause(self, process: str, seconds: float) -> None:
        """See World."""
        assert self._deployment is not None
        self._deployment.pause(process, seconds)

    def redeliver(self, job_id: JobId, besides: str) -> None:
        """See World."""
        assert self._deployment is not None
        self._deployment.redeliver(job_id, besides)

    def skew(self, process: str) -> float:
        """See World."""
        return self._skews.get(process, 0.0)

    def thin(self, trouble: Trouble) -> None:
        """See World."""
        until = self._venues.time.now_ms() + int(max(5.0, trouble.seconds) * 1000)
        share = Decimal("0.0002") if trouble.share < 1 else Decimal(0)
        self._venues.hyperliquid.liquidity.thin(share, until_ms=until)

    def deleverage(self, user_id: UserId, trouble: Trouble) -> None:
        """See World."""
        person = next(p for p in self._people if p.user_id == user_id)
        held = self._truth.short_size(person)
        size = (held * trouble.share).quantize(Decimal("0.01"))
        if size > 0:
            self._venues.hyperliquid.advance()
            self._venues.hyperliquid.deleverage(person.evm, COIN, size)
            self._stir()
            self._watched(self.witness.look)

    def liquidate(self, trouble: Trouble) -> None:
        """See World."""
        self._move(trouble)

    def swing(self, trouble: Trouble) -> None:
        """See World."""
        self._move(trouble)
        self._due_at = max(self._due_at, self._loop.time() + _JUDGED_SECONDS)

    def _move(self, trouble: Trouble) -> None:
        now_ms = self._venues.time.now_ms()
        shock = Shock(ShockKind.PRICE, now_ms, now_ms + 1000, move_of(trouble))
        self._venues.market.add(shock)
        self._stir()
        for seconds in (2, 61):
            self.later(seconds, self._advanced)

    def _stir(self) -> None:
        if self._deployment is not None:
            self._deployment.stir()

    def _advanced(self) -> None:
        self._venues.advance()
        self._stir()
        self._watched(self.witness.look)
