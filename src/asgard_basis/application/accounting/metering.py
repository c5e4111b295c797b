"""Counting what each user uses: requests, many at a time so that counting costs nothing."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

import structlog

from asgard_basis.domain.errors import DomainError
from asgard_basis.domain.identifiers import UserId
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.unit_of_work import Transactions

log = structlog.get_logger(__name__)

_EVERY = timedelta(seconds=60)
_MOST = 200


@dataclass(slots=True)
class _Tally:
    written_at: datetime
    count: int = 0


class Metering:
    """Requests one process has answered; what was not written yet is lost with the process."""

    def __init__(self, transactions: Transactions, clock: Clock) -> None:
        self._transactions = transactions
        self._clock = clock
        self._tallies: dict[UserId, _Tally] = {}

    async def request(self, user_id: UserId) -> None:
        """Count one, and write them down once a minute; never fails a request."""
        now = self._clock.host()
        tally = self._tallies.setdefault(user_id, _Tally(now))
        tally.count += 1
        if tally.count < _MOST and now - tally.written_at < _EVERY:
            return
        count, tally.count, tally.written_at = tally.count, 0, now
        try:
            async with self._transactions.for_user(user_id) as work:
                await work.ledger.use(user_id, now.date(), "requests", Decimal(count))
        except DomainError as error:
            tally.count += count
            log.warning("requests_not_counted", code=error.code.code)
