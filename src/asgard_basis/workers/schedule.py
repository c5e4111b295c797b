"""What workers do without being asked: each duty, how often, and who may do it at a time."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, auto

from asgard_basis.bootstrap import App
from asgard_basis.ports.coordination import Priority, asking_as
from asgard_basis.workers.loop import every, fenced, leased
from asgard_basis.workers.relay import relay

Duty = Callable[[], Awaitable[None]]

_EXPOSURE_SECONDS = 5.0
_STRATEGY_SECONDS = 60.0
_STEPPED_SECONDS = 2.0
_SCAN_SECONDS = 60.0
_SETTLE_SECONDS = 2.0
"""How soon an intent is known to be executed, or waits again."""
_REVIEW_SECONDS = 5.0
_BOOKS_SECONDS = 5.0
_PLAYBOOK_SECONDS = 2.0
_GATE_SECONDS = 3600.0
_GATE_AGAIN_SECONDS = 30.0
"""When somebody could not be looked at."""
_PULSE_SECONDS = 1.0
_STOP_LOOK_SECONDS = 2.0
"""How often a worker looks at the kill file, and for positions that a stop still has to close."""


class _Turn(Enum):
    """Who does it."""

    ALL = auto()
    """Every worker."""
    ONE = auto()
    """One at a time, by a lease in Redis."""
    WATCHMAN = auto()
    """One at a time, by the database, so that it goes on while Redis is away."""


@dataclass(frozen=True, slots=True)
class _Entry:
    name: str
    turn: _Turn
    run: Duty
    asks_as: Priority = Priority.RECONCILE
    """In which class its requests to venues are."""


def duties_of(app: App) -> Mapping[str, Duty]:
    """All of them by name, each to be started again when it fails."""
    return {entry.name: _taken_in_turn(app, entry) for entry in _table(app)}


def _table(app: App) -> tuple[_Entry, ...]:
    def each(seconds: float, act: Callable[[], Awaitable[object]]) -> Duty:
        return lambda: every(seconds, act, app.clock)

    return (
        _Entry("market-watch", _Turn.ONE, app.market_watch.run),
        _Entry("outbox-relay", _Turn.ONE, lambda: relay(app)),
        _Entry("accountant", _Turn.ONE, each(_BOOKS_SECONDS, app.accounting.accountant.round)),
        _Entry("position-monitor", _Turn.WATCHMAN, app.monitor.run),
        _Entry("exposure-watch", _Turn.WATCHMAN, each(_EXPOSURE_SECONDS, app.monitor.alone)),
        _Entry("existence-gate", _Turn.WATCHMAN, lambda: rounds(app)),
        _Entry("risk-watch", _Turn.WATCHMAN, app.risk.watch.run, Priority.RISK),
        _Entry("account-review", _Turn.WATCHMAN, each(_REVIEW_SECONDS, app.risk.review.round)),
        _Entry("intent-scanner", _Turn.WATCHMAN, lambda: scans(app), Priority.SCREENS),
        _Entry("autonomous-strategy", _Turn.WATCHMAN, lambda: strategies(app), Priority.SCREENS),
        _Entry(
            "playbooks",
            _Turn.WATCHMAN,
            each(_PLAYBOOK_SECONDS, app.playbooks.watch.round),
            Priority.RISK,  # else a venue seems silent when only our own requests queue
        ),
        _Entry("pulse", _Turn.ALL, each(_PULSE_SECONDS, app.pulse)),
        _Entry("kill-switch", _Turn.ALL, each(_STOP_LOOK_SECONDS, app.kill_switch.keep)),
        _Entry("emergency-stop", _Turn.ALL, each(_STOP_LOOK_SECONDS, app.emergency_stop.keep)),
    )


def _taken_in_turn(app: App, entry: _Entry) -> Duty:
    async def run() -> None:
        with asking_as(entry.asks_as):
            await entry.run()

    if entry.turn is _Turn.ONE:
        return lambda: leased(entry.name, run, leases=app.leases, clock=app.clock)
    if entry.turn is _Turn.WATCHMAN:
        return lambda: fenced(entry.name, run, locks=app.locks, clock=app.clock)
    return run


async def scans(app: App) -> None:
    """Look at all intents once a minute of the host's, and at once when there is a new one."""
    while True:
        due = app.clock.host() + timedelta(seconds=_SCAN_SECONDS)
        await app.scanner.scan()
        while app.clock.host() < due:
            await app.clock.sleep(_SETTLE_SECONDS)
            await app.scanner.settle()
            if await app.scanner.is_asked():
                break


async def rounds(app: App) -> None:
    """Hold venues and books of everybody against each other, at once and then every hour."""
    while True:
        looks = await app.gate.everybody()
        is_whole = all(look is not None and look.is_complete for _, look in looks)
        await app.clock.sleep(_GATE_SECONDS if is_whole else _GATE_AGAIN_SECONDS)


async def strategies(app: App) -> None:
    """Let every strategy look once a minute of market time, a host second apart at least."""
    while True:
        await app.strategies.loop.cycle()
        # Stepped by hand, time may jump at any moment.
        seconds = _STRATEGY_SECONDS / app.clock.speed if app.clock.speed else _STEPPED_SECONDS
        await app.clock.sleep(min(_STRATEGY_SECONDS, max(1.0, seconds)))
