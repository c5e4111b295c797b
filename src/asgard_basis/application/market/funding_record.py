"""The settled hours of funding, kept complete: every gap is asked for until it is explained."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from asgard_basis.domain.market.funding import FundingObservation, missing_hours
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.unit_of_work import Transactions
from asgard_basis.ports.venues import PerpVenue

KEPT = timedelta(days=90)
"""Kept complete at every moment; what lies before is fetched little by little."""
YEAR = timedelta(days=365)
_PAGE = timedelta(hours=480)
"""One page of the venue's, and a little room."""
SETTLING = timedelta(minutes=15)
"""A settlement may be listed this late (recorded: 888 s)."""
_ASK_SETTLING = timedelta(seconds=30)
"""Between two questions for an hour that is only late."""
_ASK_ABSENT = timedelta(hours=1)
"""Between two questions for an hour the venue has no record of."""


class FundingRecord:
    """What is stored of the last 90 days, with the gaps asked for at the venue."""

    def __init__(self, *, perp: PerpVenue, transactions: Transactions, clock: Clock) -> None:
        self._perp = perp
        self._transactions = transactions
        self._clock = clock
        self._ask_at: dict[datetime, datetime] = {}
        """By hour that was asked for in vain: host time to ask again."""
        self._never: set[datetime] = set()
        """Long past hours the venue has no record of."""

    async def complete(self) -> Sequence[FundingObservation]:
        """The settled hours, oldest first; raises DomainError when a gap cannot be asked for."""
        last = self._clock.now().replace(minute=0, second=0, microsecond=0)
        first = last - KEPT
        async with self._transactions.for_system() as work:
            have = await work.funding.between(first, last)
        host = self._clock.host()
        gaps = [
            hour
            for hour in missing_hours(have, first=first, last=last)
            if self._ask_at.get(hour, host) <= host
        ]
        if not gaps:
            return have
        found = await self._perp.funding_history(since=gaps[0], until=last + SETTLING)
        async with self._transactions.for_system() as work:
            await work.funding.save(found)
            have = await work.funding.between(first, last)
        self._remember(missing_hours(have, first=first, last=last))
        return have

    async def reach_back(self) -> bool:
        """Ask for one more page of the year before; True once nothing more can be had.

        Raises DomainError when the venue cannot be asked.
        """
        last = self._clock.now().replace(minute=0, second=0, microsecond=0) - KEPT
        first = last - (YEAR - KEPT)
        async with self._transactions.for_system() as work:
            have = await work.funding.between(first, last)
        absent = missing_hours(have, first=first, last=last)
        gaps = [hour for hour in absent if hour not in self._never]
        if not gaps:
            return True
        since = max(gaps[0], gaps[-1] - _PAGE)
        found = await self._perp.funding_history(since=since, until=gaps[-1] + SETTLING)
        async with self._transactions.for_system() as work:
            await work.funding.save(found)
        come = {observation.hour for observation in found}
        self._never |= {hour for hour in gaps if hour >= since and hour not in come}
        return False

    def _remember(self, still: Sequence[datetime]) -> None:
        settled, host = self._clock.now() - SETTLING, self._clock.host()
        self._ask_at = {
            hour: self._ask_at[hour]
            if self._ask_at.get(hour, host) > host
            else host + (_ASK_ABSENT if hour < settled else _ASK_SETTLING)
            for hour in still
        }
