"""Processes that come and go, and the queue between them: jobs are delivered at least once."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from contextvars import Context, ContextVar
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from asgard_basis.application.operations.dispatch import Unwilling
from asgard_basis.domain.errors import DomainError
from asgard_basis.domain.identifiers import JobId
from asgard_basis.ports.coordination import WATCHING, Priority, asking_as
from asgard_basis.ports.repositories import Job
from asgard_basis.simulation.chaos import Chaos
from asgard_basis.simulation.machine import Machine, Shared
from asgard_basis.simulation.membrane import Membrane

_RETRY_SECONDS = 2.0
_STALLED_SECONDS = 8.0
_HELD_SECONDS = 1.0
"""A worker not heard of for so long has its jobs given to others."""
_FETCH_SECONDS = 0.05
_BUSY_SECONDS = 10.0
_MARK_SECONDS = 2.0
"""Where a product judges every mark, one a second, and looks at positions every five."""
_STIRRED_SECONDS = 300.0
_GATE_SECONDS = 3600.0
_KEEP_SECONDS = 5.0

MACHINE: ContextVar[Machine | None] = ContextVar("machine", default=None)


def adopted(loop: asyncio.AbstractEventLoop, work: Any, **more: Any) -> "asyncio.Task[Any]":
    """A task factory: what a process starts dies with it."""
    task: asyncio.Task[Any] = asyncio.Task(work, loop=loop, **more)
    machine = MACHINE.get()
    if machine is not None:
        machine.adopt(task)
    return task


@dataclass(slots=True)
class _Delivery:
    job_id: JobId
    holders: dict[str, float] = field(default_factory=dict)
    """Which workers are at it."""
    is_done: bool = False


class Deployment:
    """An API process and workers over shared stores; what fails unexpectedly goes to `defect`."""

    def __init__(
        self,
        shared: Shared,
        chaos: Chaos,
        *,
        skews: Sequence[float],
        monitor_seconds: float,
        has_controls: bool,
        tell: Callable[[str], None],
        defect: Callable[[str, BaseException], None],
    ) -> None:
        self._shared = shared
        self._chaos = chaos
        self._monitor_seconds = monitor_seconds
        self._has_controls = has_controls
        self._tell = tell
        self._defect = defect
        self._loop = asyncio.get_running_loop()
        names = ["api", *(f"worker{number}" for number in range(len(skews) - 1))]
        self._skews = dict(zip(names, skews, strict=True))
        self._machines: dict[str, Machine | None] = {}
        self._closing: list[Coroutine[Any, Any, None]] = []
        self._deliveries: dict[JobId, _Delivery] = {}
        self._turn = 0
        self._busy_until = 0.0
        self._looked_at = 0.0
        self._judged_at = 0.0
        self._may_die = True
        for name in names:
            self._start(name)

    # ---- processes ------------------------------------------------------------------------

    def machine(self, name: str) -> Machine | None:
        """The process of that name, or None while it is down."""
        return self._machines.get(name)

    def skew(self, name: str) -> float:
        """Seconds its clock is ahead."""
        return self._skews.get(name, 0.0)

    def worker_names(self) -> list[str]:
        """All workers, up or down."""
        return [name for name in self._machines if name != "api"]

    def kill(self, name: str, seconds: float) -> None:
        """End a process; another takes its place after so long."""
        machine = self._machines.get(name)
        if machine is None or not self._may_die:
            return
        self._tell(f"{name} is killed, back in {seconds:.1f} s")
        self._machines[name] = None
        machine.membrane.kill()
        # Its tasks are ended from outside of them: the one that struck is among them.
        self._outside(machine.kill(), f"the end of {name}")
        for delivery in self._deliveries.values():
            if delivery.holders.pop(name, None) is not None:
                self._loop.call_later(_STALLED_SECONDS, self._offer, delivery)
        self._loop.call_later(seconds, self._start, name)

    def pause(self, name: str, seconds: float) -> None:
        """Stop a process; when that lasts, others are given its jobs."""
        machine = self._machines.get(name)
        if machine is None or machine.membrane.is_paused:
            return
        self._tell(f"{name} is stopped for {seconds:.1f} s")
        machine.membrane.pause()
        self._loop.call_later(seconds, machine.membrane.resume)
        for delivery in self._deliveries.values():
            if name in delivery.holders and seconds > _STALLED_SECONDS:
                self._loop.call_later(_STALLED_SECONDS, self._offer, delivery)

    def heal(self) -> None:
        """From now on nobody dies, and who is stopped goes on."""
        self._may_die = False
        for name, machine in self._machines.items():
            if machine is None:
                self._start(name)
            else:
                machine.membrane.resume()

    async def close(self) -> None:
        """End every process."""
        for machine in self._machines.values():
            if machine is not None:
                await machine.kill()
                await machine.close()

    def _start(self, name: str) -> None:
        if self._machines.get(name) is not None:
            return
        membrane = Membrane(name, self._chaos.watch)
        machine = Machine(self._shared, membrane, skew=timedelta(seconds=self._skews[name]))
        self._machines[name] = machine
        if name != "api":
            self.run_in(machine, _reconciling(self._monitor(machine)), "monitor")
            self.run_in(machine, _reconciling(self._gate(machine)), "gate")
            self.run_in(machine, self._risk(machine), "risk")
            if self._has_controls:
                self.run_in(machine, self._keep(machine), "stop")

    def run_in(
        self, machine: Machine, work: Coroutine[Any, Any, Any], name: str
    ) -> "asyncio.Task[Any]":
        """Let a process do something; every task begun by it belongs to the process."""
        # In a context of its own: a process knows nothing of what made it start.
        context = Context()
        context.run(MACHINE.set, machine)
        return self._loop.create_task(work, name=f"{machine.name} {name}", context=context)

    def _outside(self, work: Coroutine[Any, Any, Any], name: str) -> None:
        task = self._loop.create_task(work, name=name, context=Context())
        task.add_done_callback(lambda done: self._judge(name, done), context=Context())

    async def _gate(self, machine: Machine) -> None:
        """Venues and books against each other, at once and then every hour."""
        while True:
            async with machine.app.leases.hold("existence-gate", seconds=10) as is_held:
                if is_held:
                    (outcome,) = await asyncio.gather(
                        machine.app.gate.everybody(), return_exceptions=True
                    )
                    if isinstance(outcome, BaseException):
                        self._told_defect("the existence gate", outcome)
            await machine.clock.sleep(_GATE_SECONDS)

    async def _keep(self, machine: Machine) -> None:
        """Carry out what a kill switch and an emergency stop still have to do."""
        while True:
            await machine.clock.sleep(_KEEP_SECONDS)
            outcomes = await asyncio.gather(
                machine.app.kill_switch.keep(),
                machine.app.emergency_stop.keep(),
                return_exceptions=True,
            )
            for outcome in outcomes:
                if isinstance(outcome, BaseException):
                    self._told_defect("a stop", outcome)

    def stir(self) -> None:
        """Something has happened to somebody's legs: look often for a while."""
        self._busy_until = self._loop.time() + _STIRRED_SECONDS

    async def _monitor(self, machine: Machine) -> None:
        while True:
            # A product looks every five seconds; where nothing moves, seldom is as good.
            await machine.clock.sleep(_BUSY_SECONDS)
            if self._is_calm and self._loop.time() - self._looked_at < self._monitor_seconds:
                continue
            async with machine.app.leases.hold("position-monitor", seconds=10) as is_held:
                if is_held:
                    self._looked_at = self._loop.time()
                    (outcome,) = await asyncio.gather(
                        machine.app.monitor.cycle(), return_exceptions=True
                    )
                    if isinstance(outcome, BaseException):
                        self._told_defect("the monitor", outcome)

    async def _risk(self, machine: Machine) -> None:
        """Judge the marks while nobody else does, as workers take it in turns."""
        while True:
            (outcome,) = await asyncio.gather(self._judging(machine), return_exceptions=True)
            if isinstance(outcome, BaseException):
                self._told_defect("the risk watch", outcome)
            await machine.clock.sleep(_BUSY_SECONDS)

    async def _judging(self, machine: Machine) -> None:
        async with machine.app.locks.hold(f"{WATCHING}risk-watch") as tenure:
            if tenure is None:
                return
            with asking_as(Priority.RISK):
                await machine.app.risk.watch.begin()
                while True:
                    await machine.clock.sleep(_MARK_SECONDS)
                    since = self._loop.time() - self._judged_at
                    if not self._is_calm or since >= self._monitor_seconds:
                        self._judged_at = self._loop.time()
                        await machine.app.risk.watch.look()

    @property
    def _is_calm(self) -> bool:
        return self.is_idle and self._loop.time() > self._busy_until

    # ---- the queue ------------------------------------------------------------------------

    def deliver(self, job: Job) -> None:
        """Take a new job on; called when it is committed."""
        delivery = self._deliveries[job.id] = _Delivery(job.id)
        self._loop.call_later(_FETCH_SECONDS, self._offer, delivery)

    def redeliver(self, job_id: JobId, besides: str) -> None:
        """Hand a job out once more while a worker is at it."""
        delivery = self._deliveries.get(job_id)
        if delivery is not None:
            self._loop.call_soon(self._offer, delivery, besides)

    @property
    def is_idle(self) -> bool:
        """Whether no job is waiting or being carried out."""
        return all(delivery.is_done for delivery in self._deliveries.values())

    def _offer(self, delivery: _Delivery, besides: str | None = None) -> None:
        if delivery.is_done:
            return
        able = [
            machine
            for name, machine in self._machines.items()
            if machine is not None
            and name not in {"api", besides}
            and not machine.membrane.is_paused
        ]
        if not able:
            if besides is None:
                self._loop.call_later(_RETRY_SECONDS, self._offer, delivery)
            return
        self._turn += 1
        machine = able[self._turn % len(able)]
        delivery.holders[machine.name] = self._loop.time()
        task = self.run_in(machine, machine.app.dispatch.run(delivery.job_id), "job")
        task.add_done_callback(lambda done: self._ended(delivery, machine.name, done))

    def _ended(self, delivery: _Delivery, name: str, task: "asyncio.Task[Any]") -> None:
        if delivery.holders.pop(name, None) is None and task.cancelled():
            return  # Killed: whoever notices the silence offers it again.
        if task.cancelled():
            self._loop.call_later(_STALLED_SECONDS, self._offer, delivery)
            return
        error = task.exception()
        if error is None and task.result():
            delivery.is_done = True
            return
        if error is not None and not isinstance(error, DomainError | Unwilling):
            self._told_defect(f"job {delivery.job_id}", error)
        if not delivery.holders:
            seconds = _HELD_SECONDS if error is None else _RETRY_SECONDS
            self._loop.call_later(seconds, self._offer, delivery)

    def _judge(self, name: str, task: "asyncio.Task[Any]") -> None:
        if not task.cancelled() and task.exception() is not None:
            self._told_defect(name, task.exception())

    def _told_defect(self, what: str, error: BaseException | None) -> None:
        if error is not None and not isinstance(error, asyncio.CancelledError | DomainError):
            self._defect(what, error)


async def _reconciling(duty: Coroutine[Any, Any, None]) -> None:
    """In the class of who holds books and venues against each other."""
    with asking_as(Priority.RECONCILE):
        await duty
