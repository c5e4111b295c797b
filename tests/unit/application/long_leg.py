"""The hands of one long, on an outside that answers as a test lays out."""

from typing import Any

from asgard_basis.application.trading.long_looks import LongLooks, last_known
from asgard_basis.application.trading.long_steps import LongSteps
from asgard_basis.domain.position.position import Position
from asgard_basis.domain.risk.limits import RiskLimits
from asgard_basis.domain.saga.entry import EntryPlan
from tests.builders_platform import a_position
from tests.unit.application.world import ADA, CONTEXT, StillClock


def long_steps(
    outside: Any,
    *,
    plan: EntryPlan | None = None,
    position: Position | None = None,
    clock: StillClock | None = None,
) -> LongSteps:
    """Steps whose venue, chain and market are all `outside`."""
    held = position or a_position(ADA)
    looks = LongLooks(
        context=CONTEXT,
        asset=held.asset,
        protocol=held.protocol,
        position_key=held.long.position_key if held.long else None,
        recorded=last_known(held),
        plan=plan,
        margin=outside,
        leaving=outside,
        clock=clock or StillClock(),
    )
    return LongSteps(
        context=CONTEXT,
        plan=plan,
        margin=outside,
        chain=outside,
        reader=outside,
        leaving=outside,
        looks=looks,
        limits=RiskLimits(),
    )
