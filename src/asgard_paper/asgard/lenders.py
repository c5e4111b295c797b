"""The four lenders as data: thresholds, penalties, capacities, and the markets they offer.

Starting values of public guidance where exact figures are not published; they are data so
that a scenario can replace them.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from solders.pubkey import Pubkey

from asgard_paper.solana.addresses import TOKEN_BY_SYMBOL

MARGINFI, KAMINO, SOLEND, DRIFT = 0, 1, 2, 3
COLLATERALS = ("SOL", "jitoSOL", "jupSOL", "INF")


@dataclass(frozen=True, slots=True)
class LenderTerms:
    """One lender's rules for one pair: collateral in SOL or an LST, debt in USDC."""

    protocol: int
    name: str
    active: bool
    loan_to_value_max: Decimal
    """What may be borrowed at most when opening, as a fraction of the collateral."""
    liquidation_threshold: Decimal
    """Debt over collateral at which liquidators may step in."""
    close_factor: Decimal
    """Share of the debt one liquidation repays."""
    liquidation_penalty: Decimal
    """What the liquidator takes on top of the debt repaid, as a fraction of it."""
    values_lst_by_redemption: bool
    """Whether an LST counts at its stake pool's rate rather than at its market price."""
    can_modify: bool
    """Whether open positions can be changed without closing."""
    market: str
    program: str
    borrow_capacity_usdc: Decimal
    deposit_capacity: Decimal
    offers: tuple[str, ...] = COLLATERALS

    @property
    def leverage_max(self) -> Decimal:
        """Leverage at the opening loan-to-value limit, cut to two decimals."""
        return (1 / (1 - self.loan_to_value_max)).quantize(Decimal("0.01"), rounding="ROUND_DOWN")


def _derived(name: str) -> str:
    return str(Pubkey(hashlib.sha256(f"asgard-paper:{name}".encode()).digest()))


LENDERS: Mapping[int, LenderTerms] = {
    KAMINO: LenderTerms(
        protocol=KAMINO,
        name="kamino",
        active=True,
        loan_to_value_max=Decimal("0.74"),
        liquidation_threshold=Decimal("0.80"),
        close_factor=Decimal("0.10"),
        liquidation_penalty=Decimal("0.001"),
        values_lst_by_redemption=True,
        can_modify=True,
        market="7u3HeHxYDLhnCoErrtycNokbQYbWGzLs6JSDqGAv5PfF",
        program="KLend2g3cP87fffoy8q1mQqGKjrxjC8boSyAYavgmjD",
        borrow_capacity_usdc=Decimal(25_000_000),
        deposit_capacity=Decimal(2_000_000),
    ),
    MARGINFI: LenderTerms(
        protocol=MARGINFI,
        name="marginfi",
        active=True,
        loan_to_value_max=Decimal("0.65"),
        liquidation_threshold=Decimal("0.80"),
        close_factor=Decimal("0.50"),
        liquidation_penalty=Decimal("0.05"),
        values_lst_by_redemption=False,
        can_modify=False,
        market="4qp6Fx6tnZkY5Wropq9wUYgtFxXKwE6viZxFHg3rdAG8",
        program="MFv2hWf31Z9kbCa1snEPYctwafyhdvnV7FZnsebVacA",
        borrow_capacity_usdc=Decimal(3_000_000),
        deposit_capacity=Decimal(400_000),
    ),
    SOLEND: LenderTerms(
        protocol=SOLEND,
        name="solend",
        active=True,
        loan_to_value_max=Decimal("0.75"),
        liquidation_threshold=Decimal("0.80"),
        close_factor=Decimal("0.20"),
        liquidation_penalty=Decimal("0.05"),
        values_lst_by_redemption=False,
        can_modify=False,
        market=_derived("solend:market"),
        program="So1endDq2YkqhipRh3WViPa8hdiSpxWy6z3Z6tMCpAo",
        borrow_capacity_usdc=Decimal(1_000_000),
        deposit_capacity=Decimal(150_000),
        offers=("SOL", "jitoSOL"),
    ),
    DRIFT: LenderTerms(
        protocol=DRIFT,
        name="drift",
        active=False,
        loan_to_value_max=Decimal("0.80"),
        liquidation_threshold=Decimal("0.90"),
        close_factor=Decimal("1"),
        liquidation_penalty=Decimal("0.025"),
        values_lst_by_redemption=False,
        can_modify=True,
        market=_derived("drift:market"),
        program="dRiftyHA39MWEi3m9aunc5MzRF1JYuBsbn6VPcn33UH",
        borrow_capacity_usdc=Decimal(0),
        deposit_capacity=Decimal(0),
        offers=("SOL", "jitoSOL", "INF"),
    ),
}

_KNOWN_BANKS = {
    (KAMINO, "SOL"): "d4A2prbA2whesmvHaL88BH6Ewn5N4bTSU2Ze8P6Bc4Q",
    (KAMINO, "USDC"): "D6q6wuQSrifJKZYpR1M8R4YawnLDtDsMmWM1NbBmgJ59",
    (MARGINFI, "SOL"): "CCKtUs6Cgwo4aaQUmBPmyoApH2gUDErxNZCAntD6LYGh",
    (MARGINFI, "USDC"): "2s37akK2eyBbp8DZgCm7RtsaEz8eJP3Nxd4urLHQv7yB",
}


def bank_of(protocol: int, symbol: str) -> str:
    """The address of a lender's pool for a token; made up unless publicly known."""
    known = _KNOWN_BANKS.get((protocol, symbol))
    return known or _derived(f"bank:{LENDERS[protocol].name}:{symbol}")


_COLLATERAL_BY_BANK = {
    (protocol, bank_of(protocol, symbol)): symbol
    for protocol, terms in LENDERS.items()
    for symbol in terms.offers
}


def collateral_of_bank(protocol: int, bank: str) -> str | None:
    """The collateral symbol behind a lender's bank, or None."""
    return _COLLATERAL_BY_BANK.get((protocol, bank))


@dataclass(frozen=True, slots=True)
class SwapDepth:
    """How much a swap of one pair costs."""

    base_bps: Decimal
    """Cost of the smallest swap."""
    usd_per_bps: Decimal
    """Size that costs one more basis point."""

    def cost_bps(self, size_usd: Decimal) -> Decimal:
        """Cost of a swap of a size, in basis points."""
        return self.base_bps + size_usd / self.usd_per_bps


@dataclass(frozen=True, slots=True)
class VenueTerms:
    """The venue's own prices, apart from the lenders'."""

    open_fee: Decimal = Decimal("0.0015")
    """Of the notional, when opening or adding to it."""
    close_fee: Decimal = Decimal(0)
    leverage_min: Decimal = Decimal("1.1")
    swap_depth: Mapping[str, SwapDepth] = field(
        default_factory=lambda: {
            "SOL": SwapDepth(Decimal(1), Decimal(200_000)),
            "jitoSOL": SwapDepth(Decimal(2), Decimal(100_000)),
            "jupSOL": SwapDepth(Decimal(2), Decimal(60_000)),
            "INF": SwapDepth(Decimal(3), Decimal(40_000)),
        }
    )


SYMBOL_BY_MINT = {str(token.mint): symbol for symbol, token in TOKEN_BY_SYMBOL.items()}
MINT_BY_SYMBOL = {symbol: str(token.mint) for symbol, token in TOKEN_BY_SYMBOL.items()}
DECIMALS = {symbol: token.decimals for symbol, token in TOKEN_BY_SYMBOL.items()}
