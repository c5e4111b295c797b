"""What the venue stores: positions, what was offered for signature, liquidations, its vault."""

from dataclasses import dataclass
from decimal import Decimal

ACTIVE, CLOSED, LIQUIDATED = 0, 1, 2

OPEN, CLOSE, UPDATE = "open", "close", "update"

INCREASE_LEVERAGE, DELEVERAGE, ADD_COLLATERAL, PARTIAL_CLOSE, REPAY_DEBT = 0, 1, 2, 4, 5


@dataclass(frozen=True, slots=True)
class Swap:
    """A swap as it was executed, amounts in tokens."""

    input_mint: str
    output_mint: str
    input_amount: Decimal
    output_amount: Decimal


@dataclass(frozen=True, slots=True)
class Fees:
    """What one operation cost beside the network's own fee."""

    jito_tip_lamports: int
    protocol_usdc: Decimal
    swap_usdc: Decimal
    """What the swap gave away against the market price."""


@dataclass(frozen=True, slots=True)
class Position:
    """One isolated long: collateral in SOL or an LST, debt in USDC."""

    id: int
    pda: str
    owner: str
    protocol: int
    symbol: str
    state: int
    leverage: Decimal
    collateral: Decimal
    """Tokens held at `accrued_to_ms`."""
    debt: Decimal
    """USDC owed at `accrued_to_ms`."""
    accrued_to_ms: int
    collateral_entry: Decimal
    debt_entry: Decimal
    entry_price: Decimal
    entry_swap: Swap
    open_fees: Fees
    open_tx: str
    opened_ms: int
    entry_known_ms: int
    """Market time from which the executed entry swap is shown."""
    closed_ms: int | None = None
    close_tx: str | None = None
    exit_price: Decimal | None = None
    exit_swap: Swap | None = None
    exit_known_ms: int | None = None
    close_fees: Fees | None = None
    payout_mint: str | None = None
    payout_native: int | None = None
    collateral_current: Decimal | None = None
    debt_current: Decimal | None = None
    leverage_current: Decimal | None = None
    last_update_id: int | None = None
    update_count: int = 0


@dataclass(frozen=True, slots=True)
class Quote:
    """How a position would stand after an operation, and which tokens move for it."""

    price: Decimal
    """USD per collateral token on the market."""
    collateral: Decimal
    debt: Decimal
    swap: Swap | None
    fees: Fees
    deposit_mint: str | None = None
    deposit_native: int = 0
    payout_mint: str | None = None
    payout_native: int = 0

    def leverage(self) -> Decimal:
        """Collateral over equity, both in USD."""
        value = self.collateral * self.price
        equity = value - self.debt
        return value / equity if equity > 0 else Decimal(0)


@dataclass(frozen=True, slots=True)
class Order:
    """What a client asked for, in the venue's own terms."""

    kind: str
    owner: str
    protocol: int
    symbol: str
    pda: str
    tip_lamports: int
    slippage_bps: Decimal
    funding: int = 1
    """Which token is paid in or out: 0 the collateral, 1 USDC."""
    amount_native: int = 0
    leverage: Decimal = Decimal(0)
    update_type: int | None = None
    percentage: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Build:
    """A transaction handed out for signature."""

    key: str
    """Hash of its message, the same before and after signing."""
    order: Order
    quote: Quote
    before: Quote | None
    """How the position stood when the transaction was built; None for an opening."""
    version: int
    """How often the position had changed when it was built; a later change voids the build."""
    transaction: str
    """Base64, the client's signature slot empty."""
    blockhash: str
    built_host_ms: int
    signature: str | None = None
    """Set when it landed."""
    update_id: int | None = None


@dataclass(frozen=True, slots=True)
class PositionUpdate:
    """One modification in the audit trail."""

    id: int
    position_id: int
    pda: str
    update_type: int
    percentage: Decimal | None
    before: Quote
    after: Quote
    tx: str
    confirmed_ms: int


@dataclass(frozen=True, slots=True)
class Liquidation:
    """One liquidator's step on one position."""

    id: int
    pda: str
    owner: str
    protocol: int
    symbol: str
    at_ms: int
    price: Decimal
    repaid_usdc: Decimal
    seized: Decimal
    collateral_left: Decimal
    debt_left: Decimal


@dataclass(frozen=True, slots=True)
class Book:
    """What the vault should hold of one mint, in native units."""

    funded: int = 0
    received: int = 0
    paid: int = 0

    @property
    def balance(self) -> int:
        """What must be in the vault's token account."""
        return self.funded + self.received - self.paid
