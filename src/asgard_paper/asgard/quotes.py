"""The arithmetic of every operation: what is swapped, borrowed, repaid, charged and paid out.

Amounts are in tokens, cut to the token's native unit in the venue's favour.
"""

from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_UP, Decimal

from asgard_paper.asgard.errors import AsgardError
from asgard_paper.asgard.lenders import DECIMALS, MINT_BY_SYMBOL, VenueTerms
from asgard_paper.asgard.prices import BPS
from asgard_paper.asgard.records import Fees, Order, Quote, Swap

USDC = "USDC"
COLLATERAL, STABLE = 0, 1


@dataclass(frozen=True, slots=True)
class Holding:
    """What a position holds and owes at a moment."""

    collateral: Decimal
    debt: Decimal


def to_native(symbol: str, amount: Decimal) -> int:
    """Tokens as whole native units, cut."""
    return int(amount.scaleb(DECIMALS[symbol]).to_integral_value(ROUND_DOWN))


def from_native(symbol: str, amount: int) -> Decimal:
    """Native units as tokens."""
    return Decimal(amount).scaleb(-DECIMALS[symbol])


def cut(symbol: str, amount: Decimal) -> Decimal:
    """Tokens cut down to the native unit."""
    return amount.quantize(Decimal(1).scaleb(-DECIMALS[symbol]), ROUND_DOWN)


def cut_up(symbol: str, amount: Decimal) -> Decimal:
    """Tokens rounded up to the native unit."""
    return amount.quantize(Decimal(1).scaleb(-DECIMALS[symbol]), ROUND_UP)


class Quoter:
    """Quotes for one collateral token at one price."""

    def __init__(self, terms: VenueTerms, symbol: str, price: Decimal) -> None:
        self._terms = terms
        self._symbol = symbol
        self.price = price

    def opening(self, order: Order) -> Quote:
        """Borrow up to the leverage, pay the fee on the notional, swap, deposit."""
        if order.funding == STABLE:
            deposit = from_native(USDC, order.amount_native)
            notional = deposit * order.leverage
        else:
            deposit = from_native(self._symbol, order.amount_native)
            notional = deposit * self.price * order.leverage
        debt = cut_up(USDC, notional * (order.leverage - 1) / order.leverage)
        fee = cut_up(USDC, notional * self._terms.open_fee)
        own = deposit if order.funding == STABLE else Decimal(0)
        swap = self._buy(own + debt - fee)
        kept = Decimal(0) if order.funding == STABLE else deposit
        return Quote(
            price=self.price,
            collateral=kept + swap.output_amount,
            debt=debt,
            swap=swap,
            fees=self._fees(order, fee, swap),
            deposit_mint=MINT_BY_SYMBOL[USDC if order.funding == STABLE else self._symbol],
            deposit_native=order.amount_native,
        )

    def closing(self, order: Order, held: Holding) -> Quote:
        """Sell, repay the whole debt, pay the rest out in the token asked for."""
        return self._withdrawal(order, held, Decimal(1))

    def partial_close(self, order: Order, held: Holding) -> Quote:
        """Close a share of the position; the rest keeps its leverage."""
        if order.percentage is None:
            raise ValueError("a partial close needs a percentage")
        return self._withdrawal(order, held, order.percentage / 100)

    def _withdrawal(self, order: Order, held: Holding, share: Decimal) -> Quote:
        sold = cut(self._symbol, held.collateral * share)
        repaid = cut_up(USDC, held.debt * share)
        left = Decimal(0) if share == 1 else held.collateral - sold
        debt = Decimal(0) if share == 1 else held.debt - repaid
        if order.funding == STABLE:
            swap = self._sell(sold)
            payout = swap.output_amount - repaid
            payout_symbol = USDC
        else:
            swap = self._sell_for(repaid)
            payout = sold - swap.input_amount
            payout_symbol = self._symbol
        if payout <= 0:
            raise AsgardError(
                "INSUFFICIENT_EQUITY", "the collateral does not cover the debt and the swap"
            )
        return Quote(
            price=self.price,
            collateral=left,
            debt=debt,
            swap=swap,
            fees=self._fees(order, Decimal(0), swap),
            payout_mint=MINT_BY_SYMBOL[payout_symbol],
            payout_native=to_native(payout_symbol, payout),
        )

    def deleverage(self, order: Order, held: Holding) -> Quote:
        """Sell collateral and repay with it, so that leverage falls and equity stays."""
        equity = held.collateral * self.price - held.debt
        repay = held.debt - equity * (order.leverage - 1)
        sold = cut_up(self._symbol, min(repay / self.price, held.collateral))
        swap = self._sell(sold)
        return Quote(
            price=self.price,
            collateral=held.collateral - sold,
            debt=max(Decimal(0), held.debt - swap.output_amount),
            swap=swap,
            fees=self._fees(order, Decimal(0), swap),
        )

    def increase(self, order: Order, held: Holding) -> Quote:
        """Borrow more and buy collateral with it, after the fee on what is added."""
        equity = held.collateral * self.price - held.debt
        borrowed = cut_up(USDC, equity * (order.leverage - 1) - held.debt)
        fee = cut_up(USDC, borrowed * self._terms.open_fee)
        swap = self._buy(borrowed - fee)
        return Quote(
            price=self.price,
            collateral=held.collateral + swap.output_amount,
            debt=held.debt + borrowed,
            swap=swap,
            fees=self._fees(order, fee, swap),
        )

    def add_collateral(self, order: Order, held: Holding) -> Quote:
        """Put more collateral in: as it is, or bought with USDC."""
        if order.funding == STABLE:
            swap: Swap | None = self._buy(from_native(USDC, order.amount_native))
            added = swap.output_amount if swap else Decimal(0)
            symbol = USDC
        else:
            swap, added = None, from_native(self._symbol, order.amount_native)
            symbol = self._symbol
        return Quote(
            price=self.price,
            collateral=held.collateral + added,
            debt=held.debt,
            swap=swap,
            fees=self._fees(order, Decimal(0), swap),
            deposit_mint=MINT_BY_SYMBOL[symbol],
            deposit_native=order.amount_native,
        )

    def repay(self, order: Order, held: Holding) -> Quote:
        """Repay debt from the wallet, without a swap."""
        amount = from_native(USDC, order.amount_native)
        if amount > held.debt:
            raise AsgardError(
                "REPAY_EXCEEDS_DEBT", f"repayment was {amount}, the debt is {held.debt}"
            )
        return Quote(
            price=self.price,
            collateral=held.collateral,
            debt=held.debt - amount,
            swap=None,
            fees=self._fees(order, Decimal(0), None),
            deposit_mint=MINT_BY_SYMBOL[USDC],
            deposit_native=order.amount_native,
        )

    def _buy(self, usdc: Decimal) -> Swap:
        if usdc <= 0:
            raise AsgardError("AMOUNT_TOO_SMALL", "nothing is left to swap after the fee")
        bought = cut(self._symbol, usdc / self.price * (1 - self._cost(usdc)))
        return Swap(MINT_BY_SYMBOL[USDC], MINT_BY_SYMBOL[self._symbol], usdc, bought)

    def _sell(self, amount: Decimal) -> Swap:
        value = amount * self.price
        got = cut(USDC, value * (1 - self._cost(value)))
        return Swap(MINT_BY_SYMBOL[self._symbol], MINT_BY_SYMBOL[USDC], amount, got)

    def _sell_for(self, usdc: Decimal) -> Swap:
        amount = cut_up(self._symbol, usdc / self.price / (1 - self._cost(usdc)))
        return Swap(MINT_BY_SYMBOL[self._symbol], MINT_BY_SYMBOL[USDC], amount, usdc)

    def _cost(self, size_usd: Decimal) -> Decimal:
        return self._terms.swap_depth[self._symbol].cost_bps(size_usd) / BPS

    def cost_bps(self, swap: Swap) -> Decimal:
        """What a swap gives away against the market price, in basis points."""
        return self._given_away(swap) / self._value(swap) * BPS if self._value(swap) else Decimal(0)

    def _value(self, swap: Swap) -> Decimal:
        buying = swap.input_mint == MINT_BY_SYMBOL[USDC]
        return swap.input_amount if buying else swap.input_amount * self.price

    def _given_away(self, swap: Swap) -> Decimal:
        buying = swap.input_mint == MINT_BY_SYMBOL[USDC]
        got = swap.output_amount * self.price if buying else swap.output_amount
        return self._value(swap) - got

    def _fees(self, order: Order, protocol: Decimal, swap: Swap | None) -> Fees:
        lost = self._given_away(swap) if swap else Decimal(0)
        return Fees(order.tip_lamports, protocol, cut(USDC, max(Decimal(0), lost)))
