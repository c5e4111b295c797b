"""Many people who open and close at the same moment, and what must be true of each afterwards."""

import time
import uuid
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVar

import httpx

from asgard_basis.cli.visitor import ApiError, opened_now, wait_for
from tests.crashes.gates import Gates
from tests.crashes.machine import Machine
from tests.crashes.points import Point
from tests.crashes.saver import ENTRY, Saver
from tests.journeys.stack import fund, wait_until_it_pays

_DEPOSIT = "1000"
_PATIENCE_SECONDS = 150.0
_APART_MAX = Decimal("0.005")
_MARGIN_APART_MAX = Decimal("0.02")
_CENTS = Decimal("0.05")
"""Network costs are booked at one price and compared at another."""
_HANDS = 20

T = TypeVar("T")


class Stage(StrEnum):
    """What somebody is at."""

    FLAT = "flat"
    OPENING = "opening"
    HEDGED = "hedged"
    CLOSING = "closing"
    BROKEN = "broken"
    """Something was wrong: the product is left alone with them from then on."""


@dataclass(eq=False)
class Life:
    """One person through an opening and a closing."""

    saver: Saver
    user_id: str
    stage: Stage = Stage.FLAT
    points: list[Point] = field(default_factory=list)
    """Where processes died since the opening."""
    job_id: str = ""
    position: dict[str, Any] = field(default_factory=dict)
    cash: tuple[Decimal, Decimal] = (Decimal(0), Decimal(0))
    """USDC everywhere and SOL, before the opening."""
    orders: int = 0
    """Filled at the venue before the opening."""
    troubles: list[str] = field(default_factory=list)

    def expect(self, holds: bool, otherwise: object) -> None:
        """Note what is wrong; the rest is looked at all the same."""
        if not holds:
            self.troubles.append(str(otherwise))


class Crowd:
    """A fixed number of people, each with enough money for several positions."""

    def __init__(self, machine: Machine, gates: Gates, count: int) -> None:
        self.machine = machine
        self.gates = gates
        self.lives = self._gathered(count)
        wait_until_it_pays(machine.stack, self.lives[0].saver.visitor, ENTRY)

    def begin_opening(self, lives: Sequence[Life]) -> None:
        """Everybody asks for a position; the answers come, the work goes on."""

        def begin(life: Life) -> None:
            life.stage, life.troubles = Stage.OPENING, []
            life.cash, life.orders = cash(life), len(life.saver.books.orders())
            life.job_id = patiently(
                lambda: life.saver.visitor.post(
                    "/positions/open", opened_now(ENTRY), key=str(uuid.uuid4())
                )
            )["job_id"]

        each(begin, lives)

    def begin_closing(self, lives: Sequence[Life]) -> None:
        """Everybody asks for the end of it."""

        def begin(life: Life) -> None:
            life.stage = Stage.CLOSING
            close = f"/positions/{life.position['id']}/close"
            life.job_id = patiently(lambda: life.saver.visitor.post(close, key=str(uuid.uuid4())))[
                "job_id"
            ]

        each(begin, lives)

    def check_hedged(self, lives: Sequence[Life]) -> None:
        """Both legs are there, once, of the same size; the journal is closed."""

        def check(life: Life) -> None:
            job = self._ended(life)
            if job is None or job["status"] != "completed":
                return life.expect(False, f"the opening did not end well: {job}")
            position = patiently(lambda: self._observed(job["position_id"], life))
            life.position, books = position, life.saver.books
            short = position["short"]
            life.expect(position["state"] == "hedged", f"state {position['state']}")
            life.expect(
                abs(Decimal(position["delta_fraction"])) <= _APART_MAX,
                f"the legs are {position['delta_fraction']} apart",
            )
            life.expect(
                Decimal(books.short()) == -Decimal(short["size_sol"]),
                f"{books.short()} SOL at the venue, {short['size_sol']} in the books",
            )
            sides = [side for _, side in books.orders()[life.orders :]]
            life.expect(sides == ["A"], f"orders filled: {sides}")
            life.expect(len(books.longs()) == 1, f"longs: {books.longs()}")
            margin, planned = books.margin(), Decimal(short["margin_usdc"])
            life.expect(
                abs(margin - planned) <= planned * _MARGIN_APART_MAX,
                f"{margin} USDC of margin at the venue, {planned} planned",
            )

        each(check, lives)
        self._come_to_rest(lives, Stage.HEDGED)

    def check_closed(self, lives: Sequence[Life]) -> None:
        """Nothing is held, everything was done once, and the money adds up to the cent."""

        def check(life: Life) -> None:
            job = self._ended(life)
            if job is None or job["status"] != "completed":
                return life.expect(False, f"the closing did not end well: {job}")
            books, visitor = life.saver.books, life.saver.visitor
            life.expect(books.short() == "0", f"{books.short()} SOL left")
            life.expect(books.longs() == [], f"longs left: {books.longs()}")
            sides = [side for _, side in books.orders()[life.orders :]]
            life.expect(sides == ["A", "B"], f"orders filled: {sides}")
            life.expect(visitor.get("/positions")["positions"] == [], "it is still listed")
            ended = visitor.get("/positions/history")["positions"]
            mine = next(p for p in ended if p["id"] == life.position["id"])
            life.expect(mine["state"] == "closed", f"ended as {mine['state']}: {mine['failure']}")
            usdc, sol = cash(life)
            total, burnt = Decimal(mine["result"]["total"]), life.cash[1] - sol
            price = Decimal(life.position["mark_price"])
            unexplained = usdc - life.cash[0] - total - burnt * price
            life.expect(
                abs(unexplained) <= _CENTS,
                f"{unexplained} USD are not explained: {life.cash} became {(usdc, sol)},"
                f" the books say {total}",
            )

        each(check, lives)
        self._come_to_rest(lives, Stage.FLAT)

    def steps(self, lives: Sequence[Life]) -> set[str]:
        """Names of the steps in their present jobs' journals."""
        rows = self.gates.ask(
            "SELECT DISTINCT name FROM saga_steps WHERE job_id = ANY(%s)",
            [life.job_id for life in lives],
        )
        return {row[0] for row in rows}

    def _come_to_rest(self, lives: Sequence[Life], stage: Stage) -> None:
        audit = self.machine.world.audit()
        open_steps = self.gates.ask(
            "SELECT user_id, name, attempt FROM saga_steps WHERE status = 'intended'"
        )
        for life in lives:
            life.expect(audit["balanced"], f"the world's books: {audit['checks']}")
            mine = [step for step in open_steps if step[0] == life.user_id]
            life.expect(not mine, f"open in the journal: {mine}")
            life.stage = Stage.BROKEN if life.troubles else stage

    def _ended(self, life: Life) -> dict[str, Any] | None:
        """The job once it has ended; None when that takes too long."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < deadline:
            job: dict[str, Any] = patiently(
                lambda: life.saver.visitor.get(f"/positions/jobs/{life.job_id}")
            )
            if job["status"] in {"completed", "failed"}:
                return job
            time.sleep(0.5)
        return None

    def _observed(self, position_id: str, life: Life) -> dict[str, Any]:
        def seen() -> dict[str, Any] | None:
            found: dict[str, Any] = life.saver.visitor.get(f"/positions/{position_id}")
            return found if found["delta_fraction"] is not None else None

        observed: dict[str, Any] = wait_for(seen, seconds=60, what="a look at both legs")
        return observed

    def _gathered(self, count: int) -> list[Life]:
        def arrive(number: int) -> Life:
            visitor = self.machine.visitor()
            email = f"one-of-many-{number}@example.com"
            visitor.sign_in(email, self.machine.world)
            saver = Saver(self.machine, visitor, visitor.wallets())
            fund(self.machine.stack, visitor, solana="1500", arbitrum="1100")
            job = visitor.job(saver.begin_deposit(_DEPOSIT))
            assert job["status"] == "completed", job
            return Life(saver, str(visitor.get("/auth/me")["user_id"]))

        return each(arrive, range(count))


def each(action: Callable[[Any], T], items: Iterable[Any]) -> list[T]:
    """Do it for all of them, a few at a time."""
    with ThreadPoolExecutor(_HANDS) as hands:
        return list(hands.map(action, items))


def patiently(ask: Callable[[], Any]) -> Any:
    """The answer, once everything that was killed is back."""
    deadline = time.monotonic() + 60
    while True:
        try:
            return ask()
        except (httpx.TransportError, ApiError) as error:
            is_away = not isinstance(error, ApiError) or error.status >= 500
            if not is_away or time.monotonic() > deadline:
                raise
            time.sleep(0.5)


def cash(life: Life) -> tuple[Decimal, Decimal]:
    """USDC everywhere, and SOL, once every venue can be asked."""

    def known() -> dict[str, Any] | None:
        found: dict[str, Any] = patiently(lambda: life.saver.visitor.get("/balances"))
        return None if found["failures"] else found

    balances = wait_for(known, seconds=60, what="the balances")
    usdc = (
        Decimal(balances["solana"]["usdc"])
        + Decimal(balances["arbitrum"]["usdc"])
        + Decimal(balances["hyperliquid"]["account_value_usd"])
    )
    return usdc, Decimal(balances["solana"]["sol"])
