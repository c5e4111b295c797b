"""What a collateral token is worth: to a swap, and to a lender."""

from decimal import Decimal

from asgard_paper.asgard.errors import AsgardError
from asgard_paper.asgard.interest import HourRates
from asgard_paper.asgard.lenders import LenderTerms
from asgard_paper.kernel.market import Conditions

BPS = Decimal(10_000)


def market_price(symbol: str, now: Conditions) -> Decimal:
    """USD per token on the market: an LST trades at its discount to redemption."""
    if symbol == "USDC":
        return Decimal(1)
    if symbol == "SOL":
        return now.oracle_price
    lst = now.lsts[symbol]
    return now.oracle_price * lst.redemption_rate * (1 - lst.discount)


def risk_price(symbol: str, terms: LenderTerms, now: Conditions) -> Decimal:
    """USD per token as the lender counts it."""
    if symbol == "SOL" or not terms.values_lst_by_redemption:
        return market_price(symbol, now)
    return now.oracle_price * now.lsts[symbol].redemption_rate


def rates_of(symbol: str, terms: LenderTerms, now: Conditions) -> HourRates:
    """What a position with this collateral earns and pays; refused where it is not offered."""
    lender = now.lenders.get(terms.name)
    if lender is None or symbol not in lender.collateral_supply_apy:
        raise AsgardError("MARKET_NOT_FOUND", f"{terms.name} does not offer {symbol} now")
    return HourRates(lender.collateral_supply_apy[symbol], lender.usdc_borrow_apy)
