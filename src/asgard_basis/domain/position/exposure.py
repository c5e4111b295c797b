"""How much of a position has no opposite leg, from its own records."""

from decimal import Decimal

from asgard_basis.domain.money import ZERO
from asgard_basis.domain.position.position import Position


def net_sol(position: Position) -> Decimal | None:
    """Long minus short in SOL-equivalents; None while neither leg has been recorded.

    The long at the redemption rate of its opening: close enough to say what is at risk.
    """
    long, short = position.long, position.short
    if long is None and short is None:
        return None
    held = ZERO
    if long is not None and long.redemption_closed is None:
        seen = position.observation
        held = (seen.collateral if seen else long.collateral_bought) * long.redemption_opened
    return held - (short.size if short else ZERO)


def known_price(position: Position) -> Decimal | None:
    """A SOL price its records know, of its opening; None when there is none."""
    if position.long is not None:
        return position.long.oracle_opened
    return position.short.entry_price if position.short else None
