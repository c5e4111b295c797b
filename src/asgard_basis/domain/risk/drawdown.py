"""How far an account has fallen from its high-water mark, adjusted for money paid in and out.

Paid in X: peak + X. Paid out X: peak x balance after / balance before, so that the fall in
percent stays what it was. What positions earn or lose moves the balance alone, and a new high
moves the peak.
"""

from dataclasses import dataclass, replace
from decimal import Decimal

from asgard_basis.domain.money import ONE, ZERO


@dataclass(frozen=True, slots=True)
class HighWater:
    """An account's balance and the highest it has been, in USD."""

    peak_usd: Decimal
    balance_usd: Decimal

    @staticmethod
    def starting(balance_usd: Decimal) -> "HighWater":
        """An account that is seen for the first time: it has not fallen yet."""
        return HighWater(balance_usd, balance_usd)

    @property
    def drawdown(self) -> Decimal:
        """The fall from the peak as a fraction of it; zero for an account that holds nothing."""
        if self.peak_usd <= 0:
            return ZERO
        return max(ZERO, ONE - self.balance_usd / self.peak_usd)

    def paid_in(self, amount_usd: Decimal) -> "HighWater":
        """After so much came in; raises ValueError for a negative amount."""
        if amount_usd < 0:
            raise ValueError("what is paid in is not negative")
        return HighWater(self.peak_usd + amount_usd, self.balance_usd + amount_usd)

    def paid_out(self, amount_usd: Decimal) -> "HighWater":
        """After so much went out, never more than there was; raises ValueError if negative."""
        if amount_usd < 0:
            raise ValueError("what is paid out is not negative")
        if self.balance_usd <= 0:
            return self
        after = max(ZERO, self.balance_usd - amount_usd)
        return HighWater(self.peak_usd * (after / self.balance_usd), after)

    def earned(self, result_usd: Decimal) -> "HighWater":
        """After positions earned (or lost) so much."""
        balance = max(ZERO, self.balance_usd + result_usd)
        return replace(self, balance_usd=balance, peak_usd=max(self.peak_usd, balance))


def measured(
    before: HighWater, *, balance_usd: Decimal, result_usd: Decimal, noise_usd: Decimal
) -> HighWater:
    """After both were measured anew: `result_usd` was earned since, the rest was paid in or out.

    The books know what positions earned; whatever else changed the balance was its owner's
    doing. A rest smaller than `noise_usd` (fees for gas, rounding, a price between two readings)
    is no payment: it counts as earned.
    """
    rest = balance_usd - before.balance_usd - result_usd
    if abs(rest) < noise_usd:
        return before.earned(result_usd + rest)
    after = before.earned(result_usd)
    moved = balance_usd - after.balance_usd
    return after.paid_in(moved) if moved >= 0 else after.paid_out(-moved)
