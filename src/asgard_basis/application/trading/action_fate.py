"""Making sure that an action at Hyperliquid can never happen any more, or knowing that it may."""

from datetime import datetime, timedelta

import structlog

from asgard_basis.domain.errors import ErrorCode, OutcomeUnknown, Refused, Unavailable
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.venues import ORDER_LIFETIME, PerpTrader, PerpVenue

RECORDS_LATE_MAX = timedelta(seconds=5)
"""An action that happened shows in the venue's records by then: they lag by a block or two."""
_log = structlog.get_logger(__name__)


class ActionFates:
    """The fates of one trader's actions whose answers were lost."""

    def __init__(self, *, perp: PerpVenue, trader: PerpTrader, clock: Clock) -> None:
        self._perp = perp
        self._trader = trader
        self._clock = clock
        self._asked_at: dict[str, datetime] = {}
        self._sealed_at: dict[str, datetime] = {}
        self._certain: set[str] = set()

    async def seal(self, key: str, number: int | None) -> None:
        """Return once nothing more can happen under the number.

        The number is used up for nothing. Where that cannot be done, and for actions that were
        written down without one, the action's life is waited out instead. Raises OutcomeUnknown
        HLQ-0008 while the action may still happen.
        """
        if key in self._sealed_at:
            return
        if number is not None:
            try:
                is_void = await self._perp.void(self._trader, number)
            except (Refused, Unavailable, OutcomeUnknown) as error:
                _log.warning("action_not_voided", key=key, reason=error.message)
            else:
                self._sealed_at[key] = self._clock.host()
                if is_void:
                    self._certain.add(key)
                return
        self._wait_out(key)

    def expect_nothing(self, key: str) -> None:
        """Return when records that do not show a sealed action prove that it never happened.

        Raises OutcomeUnknown HLQ-0008 while they may only be late.
        """
        if key in self._certain:
            return
        if self._clock.host() - self._sealed_at[key] < RECORDS_LATE_MAX:
            raise OutcomeUnknown(ErrorCode.HYPERLIQUID_UNKNOWN, "the records may be late")

    def _wait_out(self, key: str) -> None:
        # Whoever sent it did so before this was first asked: our own call has returned, and an
        # earlier worker has lost its lock. From here on the action's life can be waited out.
        now = self._clock.host()
        if now - self._asked_at.setdefault(key, now) < ORDER_LIFETIME:
            raise OutcomeUnknown(ErrorCode.HYPERLIQUID_UNKNOWN)
        self._sealed_at[key] = now
        self._certain.add(key)
