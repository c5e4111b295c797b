"""Whose turn it is: what venues grant is shared out, nearest to danger first.

Pure but for what it remembers; times are of the host. Weight is Hyperliquid's, looks are requests
to Asgard. What is not used is saved up to a burst, so that a few people are looked at whenever it
is of use, and thousands as often as the venues allow.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from asgard_basis.domain.identifiers import PositionId, UserId
from asgard_basis.domain.risk.nearness import NEAR

READ_WEIGHT = 2
"""Of one account's position."""
FUNDING_WEIGHT = 21
"""Of one account's payments of a day at most."""
CLOSER_WEIGHT = 4
DANGER_EVERY = timedelta(seconds=30)
"""So long nobody in danger waits, while the weight is enough for all of them."""
_LONG_EVERY = timedelta(seconds=10)
_CLOSER_EVERY = timedelta(seconds=30)
_CLOSER_WHEN_OPEN = timedelta(seconds=10)
"""While something is counted down, or a job of the user is at work."""
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
_DANGER_AGAIN = timedelta(seconds=20)
_TO_DANGER = Decimal("0.25")
"""Of the weight, while that is enough to read everybody in danger so often."""


@dataclass(frozen=True, slots=True)
class Pace:
    """What the monitor may ask for, of what the venues grant to everybody together."""

    weight_a_second: Decimal = Decimal(12)
    """Of the 16 that are shared out: orders and what they need take the rest."""
    funding_a_second: Decimal = Decimal("7.2")
    """Of those, at most: payments of up to 1 230 people each hour; of more, less often.

    Danger takes a quarter and closer looks 0.8: a twelfth of the whole is left for all others.
    """
    weight_burst: int = 240
    longs_a_second: Decimal = Decimal("0.4")
    """Of Asgard's one request a second."""
    longs_burst: int = 20
    closers_a_second: Decimal = Decimal("0.2")
    """Each asks for a list and for what is on it."""
    closers_burst: int = 8


@dataclass(frozen=True, slots=True)
class Resident:
    """One user as the rota sees them."""

    user_id: UserId
    nearness: Decimal | None
    """Of the nearest position; None while one has never been observed."""
    longs: tuple[PositionId, ...]
    """Positions with a long to be looked at."""
    has_positions: bool = True
    is_moving: bool = False
    """A job may be changing a leg."""
    is_open: bool = False
    """Something is known to be wrong."""

    @property
    def is_near(self) -> bool:
        """In danger, or to be treated like it."""
        return self.is_open or (self.nearness is not None and self.nearness < NEAR)

    @property
    def urgency(self) -> Decimal:
        """Smaller goes first."""
        return Decimal(0) if self.is_open or self.nearness is None else self.nearness


@dataclass(frozen=True, slots=True)
class Turns:
    """What is looked at in one round."""

    accounts: tuple[UserId, ...]
    """Most urgent first."""
    longs: frozenset[PositionId]
    closer: tuple[UserId, ...]


@dataclass(slots=True)
class _Purse:
    """What has been granted and not spent."""

    a_second: Decimal
    burst: int
    left: Decimal = field(init=False)

    def __post_init__(self) -> None:
        self.left = Decimal(self.burst)

    def fill(self, elapsed: timedelta) -> None:
        seconds = Decimal(elapsed // timedelta(milliseconds=1)) / 1000
        self.left = min(Decimal(self.burst), self.left + self.a_second * max(Decimal(0), seconds))

    def spend(self, amount: Decimal | int) -> None:
        self.left -= amount

    def covers(self, price: int) -> bool:
        return self.left >= price


class Rota:
    """Remembers who was looked at when."""

    def __init__(self, pace: Pace | None = None) -> None:
        self.pace = pace or Pace()
        self._weight = _Purse(self.pace.weight_a_second, self.pace.weight_burst)
        self._funding = _Purse(
            self.pace.funding_a_second, max(FUNDING_WEIGHT, self.pace.weight_burst // 2)
        )
        self._longs = _Purse(self.pace.longs_a_second, self.pace.longs_burst)
        self._closers = _Purse(self.pace.closers_a_second, self.pace.closers_burst)
        self._account_read: dict[UserId, datetime] = {}
        self._long_read: dict[PositionId, datetime] = {}
        self._looked: dict[UserId, datetime] = {}
        self._near = 0
        self._at: datetime | None = None

    def begin(self, now: datetime) -> int:
        """A round begins; of how many people payments may be asked for in it."""
        elapsed = timedelta(0) if self._at is None else now - self._at
        self._at = now
        for purse in (self._weight, self._funding, self._longs, self._closers):
            purse.fill(elapsed)
        free = min(self._weight.left - self._kept_for_danger(), self._funding.left)
        return max(0, int(free // FUNDING_WEIGHT))

    def turns(self, residents: Sequence[Resident], *, asked_funding: int, now: datetime) -> Turns:
        """Whose turn it is now; what is given out counts as done."""
        self._weight.spend(asked_funding * FUNDING_WEIGHT)
        self._funding.spend(asked_funding * FUNDING_WEIGHT)
        self._forget(residents)
        with_positions = [r for r in residents if r.has_positions]
        near = sorted((r for r in with_positions if r.is_near), key=lambda r: r.urgency)
        calm = [r for r in with_positions if not r.is_near]
        self._near = len(near)
        accounts: list[Resident] = []
        gap = self._between(len(near))
        for resident in (*near, *sorted(calm, key=self._longest_unread)):
            kept = 0 if resident.is_near else self._kept_for_danger()
            if not self._weight.covers(READ_WEIGHT + kept):
                break
            if resident.is_near and self._waited(resident, now) < gap:
                continue
            self._weight.spend(READ_WEIGHT)
            self._account_read[resident.user_id] = now
            accounts.append(resident)
        longs = self._long_turns(accounts, now)
        return Turns(tuple(r.user_id for r in accounts), longs, self._closer_turns(residents, now))

    def looked_closer(self, user_id: UserId, now: datetime) -> None:
        """Somebody was looked at closely out of turn."""
        self._weight.spend(CLOSER_WEIGHT)
        self._closers.spend(1)
        self._looked[user_id] = now

    def _kept_for_danger(self) -> int:
        """Weight nobody else gets: half of what reading everybody in danger takes."""
        return min(self._near * READ_WEIGHT, self.pace.weight_burst) // 2

    def _between(self, near: int) -> timedelta:
        """Between two reads of one of so many, that all of them can keep up for ever."""
        needed = near * READ_WEIGHT / (self.pace.weight_a_second * _TO_DANGER)
        return min(_DANGER_AGAIN, timedelta(milliseconds=int(needed * 1000)))

    def _longest_unread(self, resident: Resident) -> tuple[datetime, Decimal]:
        # Of those never read, and of those read together, the nearest to danger first.
        return self._account_read.get(resident.user_id, _NEVER), resident.urgency

    def _waited(self, resident: Resident, now: datetime) -> timedelta:
        return now - self._account_read.get(resident.user_id, _NEVER)

    def _long_turns(self, accounts: Iterable[Resident], now: datetime) -> frozenset[PositionId]:
        due = [
            (position_id in self._long_read, not resident.is_near, read_at, position_id)
            for resident in accounts
            for position_id in resident.longs
            if now - (read_at := self._long_read.get(position_id, _NEVER)) >= _LONG_EVERY
        ]
        chosen = []
        for *_, position_id in sorted(due):
            if not self._longs.covers(1):
                break
            self._longs.spend(1)
            self._long_read[position_id] = now
            chosen.append(position_id)
        return frozenset(chosen)

    def _closer_turns(self, residents: Iterable[Resident], now: datetime) -> tuple[UserId, ...]:
        due = []
        for resident in residents:
            is_open = resident.is_open or (resident.is_moving and resident.has_positions)
            if not resident.has_positions and not is_open:
                continue
            looked = self._looked.get(resident.user_id, _NEVER)
            if now - looked >= (_CLOSER_WHEN_OPEN if is_open else _CLOSER_EVERY):
                due.append((not is_open, looked, resident.user_id))
        chosen = []
        for is_calm, _, user_id in sorted(due):
            if not self._closers.covers(1) or (is_calm and not self._weight.covers(CLOSER_WEIGHT)):
                break
            self.looked_closer(user_id, now)
            chosen.append(user_id)
        return tuple(chosen)

    def _forget(self, residents: Sequence[Resident]) -> None:
        users = {resident.user_id for resident in residents}
        longs = {position_id for resident in residents for position_id in resident.longs}
        self._account_read = _only(self._account_read, users)
        self._looked = _only(self._looked, users)
        self._long_read = {key: at for key, at in self._long_read.items() if key in longs}


def _only(moments: dict[UserId, datetime], users: Collection[UserId]) -> dict[UserId, datetime]:
    return {user_id: at for user_id, at in moments.items() if user_id in users}
