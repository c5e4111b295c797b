"""What a risk ruling leads to: the closing, or whoever defends the pair."""

from typing import Protocol

from asgard_basis.domain.decision.card import Ruling, Verdict
from asgard_basis.domain.identifiers import PositionId, UserId
from asgard_basis.domain.market.snapshot import MarketSnapshot
from asgard_basis.domain.risk.engine import TRIM
from asgard_basis.ports.repositories import Job


class Closings(Protocol):
    """Who closes positions."""

    async def request(
        self,
        user_id: UserId,
        position_id: PositionId,
        key: str | None,
        *,
        is_emergency: bool = False,
    ) -> Job:
        """Take the closing on; asked again while it runs, it gives the same job."""
        ...


class Defender(Protocol):
    """Who makes pairs smaller, brings their legs together, and moves money between them."""

    async def defend(self, position_id: PositionId, market: MarketSnapshot | None = None) -> object:
        """Look at the position anew by that market and have done what is needed, once.

        Raises DomainError when it could not be taken on.
        """
        ...


def wants_defence(ruling: Ruling) -> bool:
    """Whether a defender is to look at it."""
    return ruling.verdict is Verdict.REDUCE or ruling.measure == TRIM
