"""A position's result, split into where it came from; the parts add up to the whole.

Every figure comes from venue records: executed swaps, fills, funding payments, wallet changes.
What no source explains is the price residual, so nothing is lost and nothing is invented.
"""

from dataclasses import dataclass
from decimal import Decimal

from asgard_basis.domain.money import ZERO
from asgard_basis.domain.position.position import LongRecord, ShortRecord


@dataclass(frozen=True, slots=True)
class LongValuation:
    """The long leg at a moment, or at its closing."""

    collateral: Decimal
    """Tokens held, interest included."""
    debt_usdc: Decimal
    redemption_rate: Decimal
    oracle_price: Decimal


NO_SHORT = ShortRecord(
    size=ZERO, entry_price=ZERO, margin_usdc=ZERO, fee_usdc=ZERO, slippage_usd=ZERO
)
"""Of a position whose short was never filled."""


@dataclass(frozen=True, slots=True)
class Attribution:
    """USD; income positive, cost negative."""

    funding: Decimal
    lending: Decimal
    borrowing: Decimal
    staking: Decimal
    fees: Decimal
    """Fees, slippage and network costs."""
    price_residual: Decimal

    @property
    def total(self) -> Decimal:
        """The whole change in equity."""
        return (
            self.funding
            + self.lending
            + self.borrowing
            + self.staking
            + self.fees
            + self.price_residual
        )


NOTHING = Attribution(ZERO, ZERO, ZERO, ZERO, ZERO, ZERO)
"""Nothing earned and nothing lost; not a stand-in for what is not known."""


def closing_valuation(long: LongRecord) -> LongValuation | None:
    """What was sold and repaid by the closing, at its prices; None before it."""
    if long.redemption_closed is None or long.oracle_closed is None:
        return None
    return LongValuation(
        long.collateral_sold, long.debt_repaid or ZERO, long.redemption_closed, long.oracle_closed
    )


def attribute(
    *,
    long: LongRecord,
    short: ShortRecord,
    funding_usdc: Decimal,
    valuation: LongValuation,
    mark_price: Decimal,
) -> Attribution:
    """The result so far, or of a closed position when nothing is left of its legs.

    The long's result is what it is worth (or returned) less what was put in; the short's is
    realised and unrealised price result; then funding and fees.
    """
    price = valuation.oracle_price
    is_closed = long.redemption_closed is not None
    worth = (
        long.usdc_returned
        if is_closed
        else long.usdc_returned
        + valuation.collateral * valuation.redemption_rate * price
        - valuation.debt_usdc
    )
    long_result = worth - long.usdc_spent - long.network_fee_usd
    short_result = short.realised_usd + short.size * (short.entry_price - mark_price)
    total = long_result + short_result + funding_usdc - short.fee_usdc

    rate = valuation.redemption_rate
    lending = long.lending_usd + (valuation.collateral - long.collateral_bought) * rate * price
    staking = long.staking_usd + long.collateral_bought * (rate - long.redemption_opened) * price
    borrowing = long.borrowing_usd - (valuation.debt_usdc - long.debt_opened)
    fees = -(long.cost_usd + long.network_fee_usd + short.fee_usdc + short.slippage_usd)
    explained = funding_usdc + lending + staking + borrowing + fees
    return Attribution(
        funding=funding_usdc,
        lending=lending,
        borrowing=borrowing,
        staking=staking,
        fees=fees,
        price_residual=total - explained,
    )


def added(results: list[Attribution]) -> Attribution:
    """Several results as one."""
    return Attribution(
        funding=sum((r.funding for r in results), ZERO),
        lending=sum((r.lending for r in results), ZERO),
        borrowing=sum((r.borrowing for r in results), ZERO),
        staking=sum((r.staking for r in results), ZERO),
        fees=sum((r.fees for r in results), ZERO),
        price_residual=sum((r.price_residual for r in results), ZERO),
    )


def less(result: Attribution, earlier: Attribution) -> Attribution:
    """What came on top of an earlier result."""
    return Attribution(
        funding=result.funding - earlier.funding,
        lending=result.lending - earlier.lending,
        borrowing=result.borrowing - earlier.borrowing,
        staking=result.staking - earlier.staking,
        fees=result.fees - earlier.fees,
        price_residual=result.price_residual - earlier.price_residual,
    )
