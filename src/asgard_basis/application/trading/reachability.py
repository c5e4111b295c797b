"""Who answers: asked before a hedge is taken apart, because half a pair is worse than a whole."""

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


class Reachability:
    """Looks at both venues for one position; nothing is sent."""

    def __init__(
        self, *, perp: PerpVenue, margin: MarginVenue, chain: SolanaChain, clock: Clock
    ) -> None:
        self._perp = perp
        self._margin = margin
        self._chain = chain
        self._clock = clock

    async def silent(self, context: UserTradingContext, position: Position) -> str | None:
        """The name of one that closing both legs needs and that does not answer, or None."""
        long, short = position.long, position.short
        if long is None or long.redemption_closed is not None or short is None or short.size == 0:
            return None  # one leg alone waits for nobody but its own venue
        try:
            await self._perp.account(context.evm_address)
        except DomainError:
            return HYPERLIQUID
        try:
            await self._margin.state(
                long.position_key, protocol=position.protocol, asset=position.asset
            )
        except DomainError:
            return ASGARD
        return None if await self._solana_moves() else SOLANA

    async def _solana_moves(self) -> bool:
        """Whether blocks are made: a halted chain still answers, and nothing would land on it."""
        try:
            first = await self._chain.block_height()
            for _ in range(_BLOCKS_WAITED):
                await self._clock.sleep(_BLOCK_SECONDS)
                if await self._chain.block_height() > first:
                    return True
        except DomainError:
            return False
        return False
