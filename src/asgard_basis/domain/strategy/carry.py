"""What a hedged position earns, from the rates of the moment."""

from dataclasses import dataclass
from decimal import Decimal

from asgard_basis.domain.market.rates import AnnualRate, AnnualYield, HourlyRate

_DAYS_PER_YEAR = Decimal(365)


@dataclass(frozen=True, slots=True)
class Carry:
    """Yearly income on the whole capital, as fractions, by where it comes from."""

    funding: AnnualRate
    lending: AnnualRate
    staking: AnnualRate
    borrowing: AnnualRate
    """Positive figure that is paid."""

    @property
    def net(self) -> AnnualRate:
        """What remains a year on the capital, before the one-time costs."""
        return AnnualRate(
            self.funding.value + self.lending.value + self.staking.value - self.borrowing.value
        )

    def daily_usd(self, capital_usd: Decimal) -> Decimal:
        """USD a day on that capital."""
        return self.net.value * capital_usd / _DAYS_PER_YEAR


def carry_on_capital(
    *,
    leverage: Decimal,
    collateral_share: Decimal,
    income_to_short: HourlyRate,
    lending: AnnualYield,
    staking: AnnualYield,
    borrowing: AnnualYield,
) -> Carry:
    """Net carry: s x [L (lend + stake) - (L - 1) borrow + L funding].

    `collateral_share` (s) is the long's equity over the capital. Compounded rates enter as
    ln(1 + APY), because funding is not compounded.
    """
    exposure = leverage * collateral_share
    return Carry(
        funding=AnnualRate(exposure * income_to_short.annual().value),
        lending=AnnualRate(exposure * lending.continuous().value),
        staking=AnnualRate(exposure * staking.continuous().value),
        borrowing=AnnualRate((leverage - 1) * collateral_share * borrowing.continuous().value),
    )


def break_even_days(*, cost_usd: Decimal, daily_usd: Decimal) -> Decimal | None:
    """Days until the income has paid the cost, or None when it never does."""
    if daily_usd <= 0:
        return None
    return cost_usd / daily_usd
