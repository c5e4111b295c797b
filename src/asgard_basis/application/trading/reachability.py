"""Who answers: asked before a hedge is taken apart, because half a pair is worse than a whole."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from asgard_basis.application.context import UserTradingContext
from asgard_basis.domain.errors import DomainError
from asgard_basis.domain.position.position import Position
from asgard_basis.ports.chains import SolanaChain
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.venues import MarginVenue, PerpVenue

HYPERLIQUID, ASGARD, SOLANA = "Hyperliquid", "Asgard", "Solana"
_BLOCK_SECONDS = 0.4
_BLOCKS_WAITED = 8
"""Three seconds without a block: the chain stands still, whatever its nodes answer."""
_PULSE_YOUNG = timedelta(seconds=_BLOCK_SECONDS * _BLOCKS_WAITED)
_ANSWER_YOUNG = timedelta(seconds=1)
"""When many positions are left at once, one answer stands for all of them."""


class Reachability:
    """Looks at both venues for one position; nothing is sent."""

    def __init__(
        self, *, perp: PerpVenue, margin: MarginVenue, chain: SolanaChain, clock: Clock
    ) -> None:
        self._perp = perp
        self._margin = margin
        self._chain = chain
        self._clock = clock
        self._pulses: tuple[tuple[int, datetime], ...] = ()
        """Block heights of late, with the host time each was read at."""
        self._answered: dict[str, datetime] = {}
        self._asking: dict[str, asyncio.Future[bool]] = {}

    async def silent(
        self, context: UserTradingContext, position: Position, *, afresh: bool = False
    ) -> str | None:
        """The name of one that closing both legs needs and that does not answer, or None.

        `afresh` lets no answer of a moment ago count: one of them has failed since.
        """
        if afresh:
            self._answered.clear()
        long, short = position.long, position.short
        if long is None or long.redemption_closed is not None or short is None or short.size == 0:
            return None  # one leg alone waits for nobody but its own venue
        found = await asyncio.gather(
            self._answers(HYPERLIQUID, lambda: self._perp.account(context.evm_address)),
            self._answers(
                ASGARD,
                lambda: self._margin.state(
                    long.position_key, protocol=position.protocol, asset=position.asset
                ),
            ),
            self._solana_moves(),
        )
        names = (HYPERLIQUID, ASGARD, SOLANA)
        return next((name for name, answers in zip(names, found, strict=True) if not answers), None)

    async def pulse(self) -> None:
        """Note how far the chain is, so that nobody has to wait for a block in a hurry.

        To be called every second or two; a chain that does not answer is noted by its absence.
        """
        try:
            height = await self._chain.block_height()
        except DomainError:
            return
        host = self._clock.host()
        young = tuple(pulse for pulse in self._pulses if host - pulse[1] <= _PULSE_YOUNG)
        self._pulses = (*young, (height, host))

    async def _answers(self, name: str, ask: Callable[[], Awaitable[object]]) -> bool:
        """Whether it answered a moment ago, or does now; many who ask at once ask once."""
        answered_at = self._answered.get(name)
        if answered_at is not None and self._clock.host() - answered_at < _ANSWER_YOUNG:
            return True
        asking = self._asking.get(name)
        if asking is None or asking.done():
            asking = self._asking[name] = asyncio.ensure_future(self._asked(name, ask))
        return await asyncio.shield(asking)

    async def _asked(self, name: str, ask: Callable[[], Awaitable[object]]) -> bool:
        try:
            await ask()
        except DomainError:
            return False
        self._answered[name] = self._clock.host()
        return True

    async def _solana_moves(self) -> bool:
        """Whether blocks are made: a halted chain still answers, and nothing would land on it."""
        try:
            first = await self._chain.block_height()
            if self._has_moved_to(first):
                return True
            for _ in range(_BLOCKS_WAITED):
                await self._clock.sleep(_BLOCK_SECONDS)
                if await self._chain.block_height() > first:
                    return True
        except DomainError:
            return False
        return False

    def _has_moved_to(self, height: int) -> bool:
        host = self._clock.host()
        return any(height > seen and host - at <= _PULSE_YOUNG for seen, at in self._pulses)
