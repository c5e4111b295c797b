"""What the venues said about a leg in the middle of its life."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from asgard_basis.domain.money import ZERO


@dataclass(frozen=True, slots=True)
class AccountMeasured:
    """The size the whole account at Hyperliquid really has, and what of it is other positions'."""

    account_short: Decimal
    """SOL sold short; negative when the account is long."""
    others_short: Decimal
    """By the book, of the account's other positions."""
    price: Decimal | None = None
    """At which the venue bought back what is missing (liquidation, ADL); None: nothing is."""
    fee_usdc: Decimal = Decimal(0)
    """What that cost."""
    at: datetime | None = None
    """When it happened (market time); None when the venue lists no execution for it."""

    @property
    def short(self) -> Decimal:
        """SOL sold short that can be this position's."""
        return max(ZERO, self.account_short - self.others_short)


@dataclass(frozen=True, slots=True)
class LongReduced:
    """A part of the long was sold, its part of the debt repaid, and the rest paid out."""

    signature: str
    usdc_received: Decimal
    sol_spent: Decimal
