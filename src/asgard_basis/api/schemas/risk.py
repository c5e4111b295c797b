"""How safe positions are."""

from datetime import datetime
from typing import Literal

from asgard_basis.api.schemas.shapes import DecimalText, Shape
from asgard_basis.api.schemas.trading import AlarmEntry, CheckResult


class RiskTimer(Shape):
    """A danger that stands; the position is left when it still does at `until`."""

    kind: Literal["long", "short", "depeg"]
    since: datetime
    """Market time, as the next."""
    until: datetime


class RiskStep(Shape):
    """What is done when the price gets to a point."""

    rule: str
    action: Literal["reduce", "exit"]
    price: DecimalText
    distance: DecimalText
    """From the mark of now, as a fraction; negative is below."""


class PositionRisk(Shape):
    """One position. Distances are fractions of the price; null is not known."""

    position_id: str
    state: str
    is_judged: bool
    """False while it is being opened or left: its job sees to it then."""
    verdict: Literal["hold", "reduce", "exit"] | None
    reason: str | None
    mark_price: DecimalText | None
    oracle_price: DecimalText | None
    health: DecimalText | None
    """By our own figures at this price."""
    stated_health: DecimalText | None
    """As the lender stated it last."""
    long_distance: DecimalText | None
    long_liquidation_price: DecimalText | None
    short_distance: DecimalText | None
    short_liquidation_price: DecimalText | None
    margin_fraction: DecimalText | None
    delta_sol: DecimalText | None
    drift: DecimalText | None
    lst_discount: DecimalText | None
    """Of a staking token below what it redeems for; negative is a premium."""
    nearest: Literal["long", "short"] | None
    next_below: RiskStep | None
    next_above: RiskStep | None
    timers: list[RiskTimer]
    criteria: list[CheckResult]
    alarms: list[AlarmEntry]
    seen_seconds: int | None
    """Since the venues were read."""


class AccountRisk(Shape):
    """The whole account against its high, adjusted for what was paid in and out."""

    peak_usd: DecimalText
    balance_usd: DecimalText
    drawdown: DecimalText
    drawdown_max: DecimalText
    measured_at: datetime
    """Market time."""


class RiskResponse(Shape):
    """Positions nearest to liquidation first."""

    positions: list[PositionRisk]
    account: AccountRisk | None
    """Null before it was measured for the first time."""
    price_state: Literal["fresh", "stale", "disputed"] | None
    price_doubt: str | None
