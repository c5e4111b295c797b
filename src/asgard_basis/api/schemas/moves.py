"""Leave to move free money to a leg near liquidation."""

from datetime import datetime
from decimal import Decimal

from asgard_basis.api.schemas.shapes import DecimalText, Request, Shape


class MoveConsentRequest(Request):
    """Caps in USD: of one move, and of all moves within a day."""

    is_given: bool
    per_move_usd: Decimal
    per_day_usd: Decimal
    may_cross: bool = False
    """Whether what one leg can spare may also be carried to the other's chain."""


class MoveConsentResponse(Shape):
    """What is allowed now."""

    is_given: bool
    per_move_usd: DecimalText
    per_day_usd: DecimalText
    most_usd: DecimalText
    """No cap may be higher."""
    changed_at: datetime | None
    """Null while nothing was ever chosen."""
    may_cross: bool
    """Whether what one leg can spare may be carried to the other's chain."""
    can_cross: bool
    """Whether this deployment has a way between the chains."""
