"""The numbers actions are sent under, in the venue's own time.

The venue takes a number (a nonce) once, within two days behind and one day ahead of its time,
and above the smallest of the signer's hundred largest. The counter behind it only goes up, so a
clock that jumps back does no harm by itself. A clock that is wrong for good does: numbers fall out
of the window, and actions are old before they are sent. When the venue complains, its time is
asked for and counts from then on.
"""

import structlog

from asgard_basis.adapters.hyperliquid import parse, wire
from asgard_basis.adapters.hyperliquid.client import HyperliquidClient
from asgard_basis.domain.errors import Refused, Unavailable
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.coordination import NonceSource
from asgard_basis.ports.venues import ActionNonce

ACTION_EXPIRY_SECONDS = 15
"""Shorter than the port's ORDER_LIFETIME, which adds room for clocks that differ."""
_DAY_MS = 86_400_000
_AHEAD_MS_MAX = 23 * 3_600_000
"""A little less than the day the venue allows."""
_NOISE_SECONDS = 2
"""A difference no larger than this is the question's own time on the way."""
_log = structlog.get_logger(__name__)


class ActionNonces:
    """Numbers and expiries for one venue."""

    def __init__(self, *, client: HyperliquidClient, nonces: NonceSource, clock: Clock) -> None:
        self._client = client
        self._nonces = nonces
        self._clock = clock
        self._venue_ahead_ms = 0
        self._is_doubted = False
        self._is_measured = False

    def doubt(self) -> None:
        """The venue has refused a number or an age: ask for its time before the next one."""
        self._is_doubted = True

    async def reserve(self, signer: str) -> ActionNonce:
        """The signer's next number, and when an action sent under it expires.

        Raises Unavailable when the counter cannot be reached.
        """
        if self._is_doubted:
            await self._measure()
        now_ms = self._now_ms()
        key = signer.lower()
        number = await self._nonces.next(key, at_least=now_ms)
        if self._is_measured and number > now_ms + _AHEAD_MS_MAX:
            # The counter once followed a clock that was days ahead. The venue has refused those
            # numbers, so what it takes now was not used; another counter gives it until then.
            number = await self._nonces.next(f"{key}/{now_ms // _DAY_MS}", at_least=now_ms)
        expires_in_ms = int(ACTION_EXPIRY_SECONDS * max(1.0, self._clock.speed) * 1000)
        return ActionNonce(number, now_ms + expires_in_ms)

    async def _measure(self) -> None:
        try:
            status = await self._client.info(wire.ExchangeStatus, "exchangeStatus")
        except (Unavailable, Refused):
            return  # the next action will ask again
        ahead_ms = status.time - parse.milliseconds(self._clock.now())
        is_noise = abs(ahead_ms) <= _NOISE_SECONDS * 1000 * max(1.0, self._clock.speed)
        self._venue_ahead_ms = 0 if is_noise else ahead_ms
        self._is_measured, self._is_doubted = True, False
        if not is_noise:
            _log.warning("hyperliquid_time_differs", venue_ahead_ms=ahead_ms)

    def _now_ms(self) -> int:
        return parse.milliseconds(self._clock.now()) + self._venue_ahead_ms
