"""What a repairing journal has made of a position's legs, from outcomes only."""

from dataclasses import replace
from decimal import Decimal

from asgard_basis.domain.money import ZERO
from asgard_basis.domain.position.existence import LONG_SHRUNK_MIN
from asgard_basis.domain.position.position import LongRecord, Position
from asgard_basis.domain.saga.progress import closed_long
from asgard_basis.domain.saga.short_record import changed_short, cut_margin
from asgard_basis.domain.saga.step import Journal, LongObserved, StepName


def repaired(position: Position, journal: Journal) -> Position:
    """Both legs as the journal leaves them; a pair that was given up is closed leg by leg."""
    long, short = position.long, position.short
    if short is not None:
        short = cut_margin(short, changed_short(short, journal))
    if long is not None:
        _, leaving = journal.split(StepName.LEAVE)
        if leaving is None:
            long = _seized(long, journal)
        else:
            long = closed_long(long, journal, position.observation)
    return replace(position, long=long, short=short)


def _seized(long: LongRecord, journal: Journal) -> LongRecord:
    """The long after a liquidator took a part of it: what that cost is booked with the fees.

    What was taken is worth what it repaid and the liquidator's premium; the rest goes on with
    what it holds and owes now.
    """
    looks = [o for o in journal.outcomes(StepName.OBSERVE_LONG) if isinstance(o, LongObserved)]
    if not looks or looks[-1].state is None:
        return long
    seen, state = looks[-1], looks[-1].state
    taken = long.collateral_bought - state.collateral
    if taken <= long.collateral_bought * LONG_SHRUNK_MIN:
        return long
    oracle = seen.oracle_price or long.oracle_opened
    repaid = max(ZERO, long.debt_opened - state.debt_usdc)
    premium = max(Decimal(0), taken * seen.redemption_rate * oracle - repaid)
    return replace(
        long,
        collateral_bought=state.collateral,
        debt_opened=min(long.debt_opened, state.debt_usdc),
        cost_usd=long.cost_usd + premium,
    )
