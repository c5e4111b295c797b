"""From what the venues answer to what is kept of it, and whether it is what the books say."""

from collections.abc import Iterable

from asgard_basis.domain.money import ONE, ZERO
from asgard_basis.domain.position.existence import LONG_SHRUNK_MIN
from asgard_basis.domain.position.legs import LongState, PerpPosition
from asgard_basis.domain.position.lifecycle import ENDED
from asgard_basis.domain.position.position import LegObservation, Position


def observed(
    held: PerpPosition | None, state: LongState | None, before: LegObservation | None
) -> LegObservation | None:
    """What to keep; without a state the long's figures keep their age, or there is nothing."""
    long = state or before
    if long is None:
        return None
    return LegObservation(
        collateral=long.collateral,
        debt_usdc=long.debt_usdc,
        health=long.health,
        account_signed_size=held.signed_size if held else ZERO,
        isolated_raw_usd=held.isolated_raw_usd if held else None,
        liquidation_price_short=held.liquidation_price if held else None,
        margin_usdc=held.margin_usdc if held else ZERO,
        observed_at=long.observed_at,
    )


def is_another_size(held: PerpPosition | None, watched: Iterable[Position]) -> bool:
    """Whether the account holds another short than these positions have booked together."""
    booked = sum((p.short.size for p in watched if p.short is not None), ZERO)
    stated = -held.signed_size if held else ZERO
    return booked != stated


def is_another_long(position: Position, state: LongState | None) -> bool:
    """Whether the venue, asked for the long, does not list it or lists clearly less of it."""
    if position.long is None or position.state in ENDED:
        return False
    tokens = position.long.collateral_bought - position.long.collateral_sold
    return state is None or state.collateral < tokens * (ONE - LONG_SHRUNK_MIN)
