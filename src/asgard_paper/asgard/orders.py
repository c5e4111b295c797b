"""What the venue refuses before it builds anything."""

from decimal import Decimal

from asgard_paper.asgard.errors import AsgardError
from asgard_paper.asgard.lenders import LENDERS, VenueTerms
from asgard_paper.asgard.records import (
    DELEVERAGE,
    INCREASE_LEVERAGE,
    Order,
    Quote,
)


def check_open(order: Order, quote: Quote, terms: VenueTerms, *, borrowed: Decimal) -> None:
    """Raise AsgardError unless the lender is active and the leverage and size are allowed."""
    lender = LENDERS[order.protocol]
    if not lender.active:
        raise AsgardError("MARKET_INACTIVE", f"{lender.name} is not active")
    if not terms.leverage_min <= order.leverage <= lender.leverage_max:
        raise AsgardError(
            "INVALID_LEVERAGE",
            f"leverage was {order.leverage}, allowed {terms.leverage_min} to {lender.leverage_max}",
        )
    if borrowed + quote.debt > lender.borrow_capacity_usdc:
        left = lender.borrow_capacity_usdc - borrowed
        raise AsgardError("CAPACITY_EXCEEDED", f"borrowing was {quote.debt} USDC, {left} is left")


def check_update(order: Order, before: Quote) -> None:
    """Raise AsgardError unless the lender allows changes and this one is in its bounds."""
    lender = LENDERS[order.protocol]
    if not lender.can_modify:
        raise AsgardError("PROTOCOL_NOT_SUPPORTED", f"{lender.name} positions cannot be modified")
    current = before.leverage()
    if order.update_type == DELEVERAGE and not 1 <= order.leverage < current:
        raise AsgardError(
            "INVALID_LEVERAGE",
            f"targetLeverage was {order.leverage}, allowed 1 to below {current:.4f}",
        )
    if order.update_type == INCREASE_LEVERAGE and not (
        current < order.leverage <= lender.leverage_max
    ):
        raise AsgardError(
            "INVALID_LEVERAGE",
            f"targetLeverage was {order.leverage}, allowed above {current:.4f}"
            f" to {lender.leverage_max}",
        )
