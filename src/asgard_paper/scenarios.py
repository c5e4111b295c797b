"""Named worlds: what can go wrong, as shocks on the market path and faults at the venues."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from decimal import Decimal

from asgard_paper.kernel.faults import FaultKind, FaultRule
from asgard_paper.kernel.market import HOUR_MS
from asgard_paper.kernel.overlay import Shock, ShockKind
from asgard_paper.world import World

_MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class Scenario:
    """One named disturbance."""

    name: str
    says: str
    """What a person will see, in one sentence."""
    hours: int
    """How long it lasts in market time unless told otherwise; 0 is until `calm`."""
    begin: Callable[[World, int], Awaitable[None]]
    """Start it, to last so many milliseconds of market time."""


async def start_scenario(world: World, name: str, *, hours: int | None = None) -> Scenario:
    """Let a scenario begin now; several may run at once. Raises KeyError for an unknown name."""
    scenario = SCENARIOS[name]
    lasting = (scenario.hours if hours is None else hours) * HOUR_MS
    await scenario.begin(world, lasting)
    world.journal.effect("world", "scenario", name=name, hours=lasting // HOUR_MS)
    world.store.commit()
    return scenario


async def _calm(world: World, _lasting_ms: int) -> None:
    world.market.end_all(world.clock.now_ms())
    world.save_shocks()
    world.thin_books(Decimal(1), world.clock.now_ms())
    world.faults.clear(scenario="*")
    world.solana.set_halted(False)
    world.privy.resume_signing()
    await world.bridge.set_stuck(False)
    world.circle.set_stuck(False)


async def _funding_flip(world: World, lasting_ms: int) -> None:
    _shock(world, ShockKind.PREMIUM, lasting_ms, Decimal("-0.0012"))
    _shock(world, ShockKind.DOLLARS, lasting_ms, Decimal("0.03"))


async def _lst_depeg(world: World, lasting_ms: int) -> None:
    _shock(world, ShockKind.DISCOUNT, lasting_ms, Decimal("0.06"))


async def _fast_crash(world: World, lasting_ms: int) -> None:
    _shock(world, ShockKind.PRICE, 10 * _MINUTE_MS, Decimal("-0.18"))
    _shock(world, ShockKind.PREMIUM, lasting_ms, Decimal("-0.004"))
    _shock(world, ShockKind.DISCOUNT, lasting_ms, Decimal("0.008"))


async def _rally(world: World, lasting_ms: int) -> None:
    _shock(world, ShockKind.PRICE, 10 * _MINUTE_MS, Decimal("0.18"))
    _shock(world, ShockKind.PREMIUM, lasting_ms, Decimal("0.0015"))


async def _dear_dollars(world: World, lasting_ms: int) -> None:
    _shock(world, ShockKind.DOLLARS, lasting_ms, Decimal("0.25"))


async def _bridge_stuck(world: World, _lasting_ms: int) -> None:
    await world.bridge.set_stuck(True)
    world.circle.set_stuck(True)


async def _privy_down(world: World, lasting_ms: int) -> None:
    _outage(world, "privy", "privy_down", lasting_ms, FaultKind.STATUS)


async def _hyperliquid_storm(world: World, lasting_ms: int) -> None:
    _outage(world, "hyperliquid", "hyperliquid_storm", lasting_ms, FaultKind.STATUS, status=429)


async def _asgard_down(world: World, lasting_ms: int) -> None:
    _outage(world, "asgard", "asgard_down", lasting_ms, FaultKind.STATUS, status=502)


async def _solana_halt(world: World, _lasting_ms: int) -> None:
    world.solana.set_halted(True)


async def _partial_fill(world: World, lasting_ms: int) -> None:
    world.thin_books(Decimal("0.0005"), _end(world, lasting_ms))


def _shock(world: World, kind: ShockKind, lasting_ms: int, size: Decimal) -> None:
    now_ms = world.clock.now_ms()
    world.market.add(Shock(kind, now_ms, now_ms + max(lasting_ms, _MINUTE_MS), size))
    world.save_shocks()


def _outage(
    world: World,
    venue: str,
    scenario: str,
    lasting_ms: int,
    kind: FaultKind,
    *,
    status: int = 503,
) -> None:
    world.faults.add(
        FaultRule(
            id=scenario,
            kind=kind,
            venue=venue,
            status=status,
            body="null" if status == 429 else '{"error":"Service unavailable"}',
            until_ms=_end(world, lasting_ms) if lasting_ms else None,
            scenario=scenario,
        )
    )


def _end(world: World, lasting_ms: int) -> int:
    return world.clock.now_ms() + lasting_ms


SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        Scenario("calm", "Everything that was disturbed works again.", 0, _calm),
        Scenario(
            "funding_flip",
            "Shorts pay: funding turns to about -77 % a year and dollars cost 3 % more.",
            72,
            _funding_flip,
        ),
        Scenario(
            "lst_depeg",
            "Staked SOL trades 6 % below its redemption value and recovers slowly.",
            24,
            _lst_depeg,
        ),
        Scenario(
            "fast_crash",
            "SOL falls 18 % within ten minutes, the perpetual further.",
            6,
            _fast_crash,
        ),
        Scenario(
            "fast_rally", "SOL rises 18 % within ten minutes, the perpetual further.", 6, _rally
        ),
        Scenario("dear_dollars", "Borrowing USDC costs 25 % a year more.", 48, _dear_dollars),
        Scenario(
            "bridge_stuck",
            "Nothing is credited, paid out or attested until calm returns.",
            0,
            _bridge_stuck,
        ),
        Scenario("privy_down", "Sign-in and signing answer 503.", 1, _privy_down),
        Scenario("hyperliquid_storm", "The exchange answers 429.", 1, _hyperliquid_storm),
        Scenario("asgard_down", "The margin venue answers 502.", 1, _asgard_down),
        Scenario("solana_halt", "No block and no transaction until calm returns.", 0, _solana_halt),
        Scenario(
            "partial_fill",
            "The order book is nearly empty: larger orders fill in part.",
            6,
            _partial_fill,
        ),
    )
}
