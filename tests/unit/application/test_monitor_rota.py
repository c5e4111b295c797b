"""Turns: nobody is forgotten, danger never waits, and no more is asked than was granted."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from asgard_basis.application.oversight.monitor_rota import (
    CLOSER_WEIGHT,
    DANGER_EVERY,
    FUNDING_WEIGHT,
    READ_WEIGHT,
    Pace,
    Resident,
    Rota,
)
from asgard_basis.domain.identifiers import PositionId, UserId

BEGAN = datetime(2025, 6, 1, 12, tzinfo=UTC)
ROUND = timedelta(seconds=5)
ROUNDS = 72


def resident(number: int, nearness: Decimal | None, *, is_open: bool = False) -> Resident:
    name = f"user-{number:03}"
    return Resident(UserId(name), nearness, (PositionId(f"p-{name}"),), is_open=is_open)


@st.composite
def crowds(draw: st.DrawFn) -> list[Resident]:
    calm = draw(st.integers(0, 120))
    near = draw(st.integers(0, 60))
    far = draw(st.decimals("1.5", "9", places=3))
    close = draw(st.decimals("0.01", "1.49", places=3))
    people = [resident(n, far + n) for n in range(calm)]
    return people + [resident(1000 + n, close * (n + 1) / near) for n in range(near)]


@given(people=crowds(), misses_funding=st.booleans())
@settings(max_examples=40, deadline=None)
def test_everybody_is_read_within_a_bound_and_whoever_is_in_danger_within_half_a_minute(
    people: list[Resident],
    misses_funding: bool,
) -> None:
    pace = Pace()
    rota = Rota(pace)
    read_at: dict[UserId, datetime] = {}
    waited: dict[UserId, timedelta] = {}
    spent, asked_funding = 0, 0
    for number in range(ROUNDS):
        now = BEGAN + number * ROUND
        wanted = rota.begin(now) if misses_funding else min(0, rota.begin(now))
        turns = rota.turns(people, asked_funding=wanted, now=now)
        asked_funding += wanted
        spent += wanted * FUNDING_WEIGHT
        spent += len(turns.accounts) * READ_WEIGHT + len(turns.closer) * CLOSER_WEIGHT
        for user_id in turns.accounts:
            gap = now - read_at.get(user_id, BEGAN)
            waited[user_id] = max(gap, waited.get(user_id, gap))
            read_at[user_id] = now
    end = BEGAN + ROUNDS * ROUND
    for person in people:
        gap = end - read_at.get(person.user_id, BEGAN)
        waited[person.user_id] = max(gap, waited.get(person.user_id, gap))
    seconds = (end - BEGAN).total_seconds()
    assert spent <= pace.weight_burst + float(pace.weight_a_second) * seconds
    near = {person.user_id for person in people if person.is_near}
    assert all(waited[user_id] <= DANGER_EVERY + ROUND for user_id in near)
    # What payments and danger leave is a twelfth at least: it goes round among the others.
    bound = len(people) * READ_WEIGHT + 60
    assert all(gap.total_seconds() <= bound for gap in waited.values())
    if misses_funding:
        assert asked_funding >= seconds * 4 / FUNDING_WEIGHT


def test_the_nearest_go_first_when_not_all_can_be_read() -> None:
    rota = Rota(Pace(weight_burst=8))
    people = [resident(n, Decimal(n) / 100) for n in range(1, 60)]
    rota.begin(BEGAN)
    turns = rota.turns(people, asked_funding=0, now=BEGAN)
    assert turns.accounts == tuple(person.user_id for person in people[:4])


def test_who_is_in_trouble_is_looked_at_before_whoever_is_near() -> None:
    rota = Rota(Pace(weight_burst=2, closers_burst=1))
    people = [resident(1, Decimal("0.1")), resident(2, Decimal(9), is_open=True)]
    rota.begin(BEGAN)
    turns = rota.turns(people, asked_funding=0, now=BEGAN)
    assert (turns.accounts, turns.closer) == ((people[1].user_id,), (people[1].user_id,))


def test_danger_comes_before_payments() -> None:
    calm, near = Rota(), Rota()
    crowd = [resident(n, Decimal(1)) for n in range(100)]
    for rota, people in ((calm, []), (near, crowd)):
        rota.begin(BEGAN)
        rota.turns(people, asked_funding=0, now=BEGAN)
    later = BEGAN + ROUND
    assert calm.begin(later) > near.begin(later)


def test_a_few_are_looked_at_each_round() -> None:
    rota = Rota()
    people = [resident(n, Decimal(3)) for n in range(3)]
    for number in range(100):
        now = BEGAN + number * ROUND
        rota.begin(now)
        assert len(rota.turns(people, asked_funding=0, now=now).accounts) == 3
