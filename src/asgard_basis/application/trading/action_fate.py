"""Making sure that an action at Hyperliquid can never happen any more, or knowing that it may."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from asgard_basis.domain.errors import ErrorCode, OutcomeUnknown, Refused, Unavailable
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.venues import ORDER_LIFETIME, PerpTrader, PerpVenue

RECORDS_LATE_MAX = timedelta(seconds=5)
"""An action that happened shows in the venue's records by then: they lag by a block or two."""
_log = structlog.get_logger(__name__)


_KEPT_MAX = 10_000


@dataclass(slots=True)
class FateBook:
    """Since when this process has known what, of all traders' actions (host times).

    It outlives a delivery: a job that makes room for others waits on from where it was.
    """

    asked_at: dict[str, datetime] = field(default_factory=dict)
    sealed_at: dict[str, datetime] = field(default_factory=dict)
    certain: dict[str, bool] = field(default_factory=dict)

    def trim(self) -> None:
        """Forget the oldest of very many: it is found out again, a little later."""
        for kept in (self.asked_at, self.sealed_at, self.certain):
            while len(kept) > _KEPT_MAX:
                del kept[next(iter(kept))]


class ActionFates:
    """The fates of one trader's actions whose answers were lost."""

    def __init__(
        self, *, perp: PerpVenue, trader: PerpTrader, clock: Clock, book: FateBook | None = None
    ) -> None:
        self._perp = perp
        self._trader = trader
        self._clock = clock
        self._book = book or FateBook()

    async def seal(self, key: str, number: int | None) -> None:
        """Return once nothing more can happen under the number.

        The number is used up for nothing. Where that cannot be done, and for actions that were
        written down without one, the action's life is waited out instead. Raises OutcomeUnknown
        HLQ-0008 while the action may still happen.
        """
        if self._named(key) in self._book.sealed_at:
            return
        if number is not None:
            try:
                is_void = await self._perp.void(self._trader, number)
            except (Refused, Unavailable, OutcomeUnknown) as error:
                _log.warning("action_not_voided", key=key, reason=error.message)
            else:
                self._note_sealed(key, is_certain=is_void)
                return
        self._wait_out(key)

    def expect_nothing(self, key: str) -> None:
        """Return when records that do not show a sealed action prove that it never happened.

        Raises OutcomeUnknown HLQ-0008 while they may only be late.
        """
        name = self._named(key)
        if name in self._book.certain:
            return
        if self._clock.host() - self._book.sealed_at[name] < RECORDS_LATE_MAX:
            raise OutcomeUnknown(ErrorCode.HYPERLIQUID_UNKNOWN, "the records may be late")

    def _wait_out(self, key: str) -> None:
        # Whoever sent it did so before this was first asked: our own call has returned, and an
        # earlier worker has lost its lock. From here on the action's life can be waited out.
        now = self._clock.host()
        if now - self._book.asked_at.setdefault(self._named(key), now) < ORDER_LIFETIME:
            raise OutcomeUnknown(ErrorCode.HYPERLIQUID_UNKNOWN)
        self._note_sealed(key, is_certain=True)

    def _note_sealed(self, key: str, *, is_certain: bool) -> None:
        name = self._named(key)
        self._book.sealed_at[name] = self._clock.host()
        if is_certain:
            self._book.certain[name] = True
        self._book.trim()

    def _named(self, key: str) -> str:
        """Numbers are the trader's own: another may have the same one."""
        return f"{self._trader.agent.address} {key}"
