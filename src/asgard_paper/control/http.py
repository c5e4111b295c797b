"""`/control`: the handle by which people, tests and the product's paper mode hold the world."""

from collections.abc import Awaitable, Callable, Mapping
from decimal import Decimal, InvalidOperation

import msgspec
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from asgard_paper.arbitrum.anvil import CHAIN_ID
from asgard_paper.arbitrum.chain import BRIDGE, USDC
from asgard_paper.control import mischief
from asgard_paper.control.audit import audit
from asgard_paper.control.faucet import FaucetRefusal, give
from asgard_paper.control.mischief import MischiefRefused
from asgard_paper.control.page import PAGE
from asgard_paper.kernel.faults import FaultRule
from asgard_paper.solana.addresses import TOKENS
from asgard_paper.world import World

MOST_HOURS = 24 * 400
MOST_SPEED = 100_000.0

BeginScenario = Callable[[World, str, int | None], Awaitable[None]]
Handler = Callable[[Request], Awaitable[object]]


class Refused(ValueError):
    """A control request that cannot be done; answered with 400."""


def create_app(
    world: World,
    *,
    scenarios: Mapping[str, str],
    begin: BeginScenario,
    urls: Mapping[str, str],
) -> Starlette:
    """The control application; `scenarios` are names with what each says."""
    control = Control(world, scenarios=scenarios, begin=begin, urls=urls)
    routes = [
        Route(f"/control/{path}", _endpoint(handler), methods=[method])
        for method, path, handler in control.routes()
    ]

    async def page(_request: Request) -> Response:
        return HTMLResponse(PAGE)

    anyone = Middleware(
        CORSMiddleware, allow_origins=["*"], allow_methods=["*"], allow_headers=["*"]
    )
    return Starlette(routes=[Route("/", page, methods=["GET"]), *routes], middleware=[anyone])


def _endpoint(handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        try:
            return _json(await handler(request))
        except (Refused, FaucetRefusal, MischiefRefused, msgspec.ValidationError) as error:
            return _json({"error": str(error)}, 400)

    return endpoint


class Control:
    """Every control request."""

    def __init__(
        self,
        world: World,
        *,
        scenarios: Mapping[str, str],
        begin: BeginScenario,
        urls: Mapping[str, str],
    ) -> None:
        self._world = world
        self._scenarios = scenarios
        self._begin = begin
        self._urls = urls
        self._last_fault = 0

    def routes(self) -> list[tuple[str, str, Handler]]:
        """Method, path under /control, handler."""
        return [
            ("GET", "status", self.status),
            ("GET", "clock", self.clock),
            ("POST", "clock", self.set_clock),
            ("POST", "advance", self.advance),
            ("POST", "faucet", self.faucet),
            ("GET", "mailbox", self.mailbox),
            ("GET", "faults", self.faults),
            ("POST", "faults", self.add_fault),
            ("DELETE", "faults", self.remove_faults),
            ("GET", "scenario", self.scenario),
            ("POST", "scenario", self.start_scenario),
            ("GET", "journal", self.journal),
            ("GET", "audit", self.audit),
            ("GET", "addresses", self.addresses),
            ("POST", "deleverage", self.deleverage),
            ("POST", "trade", self.trade),
            ("POST", "shock", self.shock),
        ]

    async def status(self, _request: Request) -> object:
        """Everything at a glance."""
        world = self._world
        now = world.market.at(world.clock.now_ms())
        return {
            "clock": await self.clock(_request),
            "seed": world.setup.seed,
            "urls": dict(self._urls),
            "oracle_price": str(now.oracle_price),
            "premium": str(now.premium),
            "bridge": {"stuck": world.bridge.stuck, "waiting": str(world.bridge.waiting_usdc)},
            "circle": {"stuck": world.circle.stuck, "owed": str(await world.circle.owed_usdc())},
            "arbitrum": {
                "block": await world.arbitrum.block_number(),
                "pid": world.arbitrum.pid,
            },
            "solana": {"slot": world.solana.slot(), "halted": world.solana.slots.halted},
            "faults": len(world.faults.rules()),
            "scenarios": self._running(),
        }

    async def clock(self, _request: Request) -> object:
        """The time, for the product."""
        clock = self._world.clock
        return {
            "now_ms": clock.now_ms(),
            "host_ms": clock.host_ms(),
            "speed": clock.speed,
            "mode": self._world.setup.mode,
        }

    async def set_clock(self, request: Request) -> object:
        """Change the speed: {"speed": 60}."""
        speed = (await _object(request)).get("speed")
        if isinstance(speed, bool) or not isinstance(speed, int | float):
            raise Refused("speed must be a number")
        if not 0 <= speed <= MOST_SPEED:
            raise Refused(f"speed must be 0 to {MOST_SPEED:.0f}")
        self._world.set_speed(float(speed))
        return await self.clock(request)

    async def advance(self, request: Request) -> object:
        """Move time forward: {"hours": 24} or {"seconds": 90}; answers when all is done."""
        wish = await _object(request)
        hours, seconds = _number(wish, "hours"), _number(wish, "seconds")
        milliseconds = int((hours * 3600 + seconds) * 1000)
        if not 0 < milliseconds <= MOST_HOURS * 3_600_000:
            raise Refused(f"advance by more than 0 and at most {MOST_HOURS} hours")
        await self._world.advance(milliseconds)
        return await self.clock(request)

    async def faucet(self, request: Request) -> object:
        """Give money: decimal strings by field, see `faucet.FIELDS`."""
        return {"given": await give(self._world, await _object(request))}

    async def mailbox(self, request: Request) -> object:
        """Sign-in codes, oldest first; `?email=` for one address."""
        return self._world.privy.mailbox(request.query_params.get("email"))

    async def faults(self, _request: Request) -> object:
        """Rules in force, and how many requests each of them holds."""
        faults = self._world.faults
        return [
            msgspec.to_builtins(rule) | {"held": faults.held(rule.id)} for rule in faults.rules()
        ]

    async def add_fault(self, request: Request) -> object:
        """Put a rule in force; without an id it gets one."""
        wish = await _object(request)
        self._last_fault += 1
        fallback = f"fault-{self._world.clock.host_ms()}-{self._last_fault}"
        rule = msgspec.convert({"id": fallback, **wish}, FaultRule)
        try:
            self._world.faults.add(rule)
        except ValueError as error:
            raise Refused(str(error)) from error
        self._world.store.commit()
        return rule

    async def remove_faults(self, request: Request) -> object:
        """Lift the rule `?id=`, or all."""
        wanted = request.query_params.get("id")
        if wanted is None:
            self._world.faults.clear()
        elif not self._world.faults.remove(wanted):
            raise Refused(f"no fault {wanted}")
        self._world.store.commit()
        return self._world.faults.rules()

    async def scenario(self, _request: Request) -> object:
        """Known scenarios, and what disturbs the world now."""
        known = [{"name": name, "says": says} for name, says in self._scenarios.items()]
        return {"scenarios": known, "running": self._running()}

    async def start_scenario(self, request: Request) -> object:
        """Let one begin: {"name": "fast_crash"}, optionally {"hours": 3}."""
        wish = await _object(request)
        name, hours = wish.get("name"), wish.get("hours")
        if not isinstance(name, str) or name not in self._scenarios:
            raise Refused(f"name must be one of: {', '.join(self._scenarios)}")
        if hours is not None and (not isinstance(hours, int) or not 0 < hours <= MOST_HOURS):
            raise Refused(f"hours must be a whole number, 1 to {MOST_HOURS}")
        await self._begin(self._world, name, hours)
        return await self.scenario(request)

    async def journal(self, request: Request) -> object:
        """Requests and effects: `?since=`, `?venue=`, `?operation=`, the last `?limit=` (500)."""
        wanted = request.query_params
        since, limit = _whole(wanted, "since", 0), _whole(wanted, "limit", 500)
        rows = list(
            self._world.journal.entries(
                since=since, venue=wanted.get("venue"), operation=wanted.get("operation")
            )
        )
        return rows[-limit:] if limit else []

    async def audit(self, _request: Request) -> object:
        """Where all the money is."""
        return await audit(self._world)

    async def addresses(self, _request: Request) -> object:
        """Contracts and mints of the two chains."""
        return {
            "arbitrum": {"chain_id": CHAIN_ID, "usdc": USDC, "hyperliquid_bridge": BRIDGE},
            "solana": {token.symbol: str(token.mint) for token in TOKENS},
        }

    async def deleverage(self, request: Request) -> object:
        """Let the exchange take from an account: see `mischief.deleverage`."""
        return mischief.deleverage(self._world, await _object(request))

    async def trade(self, request: Request) -> object:
        """Trade behind the product's back: see `mischief.trade`."""
        return mischief.trade(self._world, await _object(request))

    async def shock(self, request: Request) -> object:
        """Move the market by a size of one's own: see `mischief.shock`."""
        return mischief.shock(self._world, await _object(request))

    def _running(self) -> object:
        now_ms = self._world.clock.now_ms()
        shocks = [shock for shock in self._world.market.shocks if shock.end_ms > now_ms]
        faults = [rule.id for rule in self._world.faults.rules() if rule.scenario is not None]
        return {"shocks": shocks, "faults": faults, "bridge_stuck": self._world.bridge.stuck}


async def _object(request: Request) -> dict[str, object]:
    try:
        value = msgspec.json.decode(await request.body())
    except msgspec.DecodeError as error:
        raise Refused(f"not JSON: {error}") from error
    if not isinstance(value, dict):
        raise Refused("expected a JSON object")
    return value


def _number(wish: Mapping[str, object], field: str) -> Decimal:
    value = wish.get(field, 0)
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise Refused(f"{field} must be a number")
    try:
        number = Decimal(str(value))
    except InvalidOperation as error:
        raise Refused(f"{field} must be a number") from error
    if not number.is_finite() or number < 0:
        raise Refused(f"{field} must not be negative")
    return number


def _whole(wanted: Mapping[str, str], field: str, fallback: int) -> int:
    text = wanted.get(field)
    if text is None:
        return fallback
    if not text.isdigit():
        raise Refused(f"{field} must be a whole number")
    return int(text)


def _json(body: object, status: int = 200) -> Response:
    return Response(msgspec.json.encode(body), status, media_type="application/json")
