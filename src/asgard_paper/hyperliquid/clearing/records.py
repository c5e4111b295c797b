"""What the venue remembers; every record is one entry of the store."""

from decimal import Decimal

import msgspec

from asgard_paper.hyperliquid.numbers import ZERO


class Leverage(msgspec.Struct, kw_only=True):
    """What an account has chosen for one coin."""

    is_cross: bool = True
    value: int


class CumulativeFunding(msgspec.Struct, kw_only=True):
    """Funding in USD, positive where the user has paid."""

    since_open: Decimal = ZERO
    since_change: Decimal = ZERO


class Position(msgspec.Struct, kw_only=True):
    """One coin held: `size` is signed, short below zero."""

    coin: str
    size: Decimal
    entry_notional: Decimal
    """What the size was bought or sold for, USD, always positive."""
    is_cross: bool
    leverage: int
    raw_usd: Decimal = ZERO
    """An isolated position's own cash; a cross position's cash is the account's."""
    funding: CumulativeFunding = msgspec.field(default_factory=CumulativeFunding)

    @property
    def entry_price(self) -> Decimal:
        """Size-weighted average price."""
        return self.entry_notional / abs(self.size)

    def notional(self, mark: Decimal) -> Decimal:
        """Value in USD at the mark, always positive."""
        return abs(self.size) * mark

    def unrealized(self, mark: Decimal) -> Decimal:
        """Profit in USD if closed at the mark."""
        entry = self.entry_notional if self.size > 0 else -self.entry_notional
        return self.size * mark - entry

    def equity(self, mark: Decimal) -> Decimal:
        """An isolated position's margin, profit included."""
        return self.raw_usd + self.size * mark


class Agent(msgspec.Struct, kw_only=True):
    """A key that signs trading actions for its master."""

    address: str
    name: str | None
    valid_until_ms: int


class Account(msgspec.Struct, kw_only=True):
    """One master address with its perpetual and spot balances."""

    address: str
    created_ms: int
    cash: Decimal = ZERO
    """Cross balance in USD, proceeds of cross shorts included."""
    spot_usdc: Decimal = ZERO
    positions: dict[str, Position] = {}
    leverages: dict[str, Leverage] = {}
    funding_all_time: dict[str, Decimal] = {}
    agents: list[Agent] = []
    abstraction: str = "default"
    volume: Decimal = ZERO
    requests: int = 0
    last_action_ms: int = 0
    cancel_at_ms: int | None = None
    partly_liquidated_ms: dict[str, int] = {}


class Order(msgspec.Struct, kw_only=True):
    """An order and what became of it."""

    oid: int
    address: str
    coin: str
    is_buy: bool
    limit: Decimal
    size: Decimal
    """What is still to be filled."""
    original_size: Decimal
    tif: str
    reduce_only: bool
    cloid: str | None
    placed_ms: int
    status: str
    status_ms: int

    @property
    def signed_size(self) -> Decimal:
        """What is still to be filled, negative for a sell."""
        return self.size if self.is_buy else -self.size


class Liquidation(msgspec.Struct, kw_only=True):
    """What made a fill a liquidation."""

    user: str
    mark: Decimal
    method: str


class Fill(msgspec.Struct, kw_only=True):
    """One trade of one account."""

    number: int
    address: str
    coin: str
    price: Decimal
    size: Decimal
    is_buy: bool
    time_ms: int
    start_position: Decimal
    direction: str
    closed_pnl: Decimal
    """Gross of fees."""
    hash: str
    oid: int
    crossed: bool
    fee: Decimal
    tid: int
    cloid: str | None
    liquidation: Liquidation | None = None


class FundingPayment(msgspec.Struct, kw_only=True):
    """One coin's hour for one account; `usdc` is positive where the user received."""

    number: int
    address: str
    coin: str
    time_ms: int
    usdc: Decimal
    size: Decimal
    rate: Decimal


class LedgerEntry(msgspec.Struct, kw_only=True):
    """Money that moved for another reason than funding or trading."""

    number: int
    address: str
    time_ms: int
    hash: str
    delta: dict[str, object]


class Withdrawal(msgspec.Struct, kw_only=True):
    """A withdrawal the bridge has to pay out."""

    user: str
    destination: str
    amount: Decimal
    """USDC that arrives: what was debited less the fee."""
    nonce: int
    requested_ms: int
    due_ms: int
    transaction_hash: str | None = None


class Deposit(msgspec.Struct, kw_only=True):
    """A bridge transfer that was seen; too small a one is kept here and credited nowhere."""

    address: str
    amount: Decimal
    credited: bool


class House(msgspec.Struct, kw_only=True):
    """Where money is that no account holds; all in USD, summed since the beginning."""

    deposited: Decimal = ZERO
    lost_deposits: Decimal = ZERO
    withdrawn: Decimal = ZERO
    """Debited for withdrawals, fees included."""
    fees: Decimal = ZERO
    trade_cash: Decimal = ZERO
    """Cash the outside market received from our accounts' trades."""
    funding: Decimal = ZERO
    """Funding the outside market paid to our accounts."""
    liquidator: Decimal = ZERO
    """Equity the liquidator took over, debts included."""


class Progress(msgspec.Struct, kw_only=True):
    """How far the engine has come."""

    settled_hour_ms: int
    marked_ms: int
    last_oid: int = 300_000_000_000
    last_number: int = 0


class BookUse(msgspec.Struct, kw_only=True):
    """Liquidity our accounts took from one book since its last refresh."""

    epoch: int
    bought: Decimal = ZERO
    sold: Decimal = ZERO


class Nonces(msgspec.Struct, kw_only=True):
    """The highest nonces one signer has used, rising."""

    used: list[int] = []
