"""What is written down before an effect: all that is needed to do it and to find it again."""

from dataclasses import dataclass
from decimal import Decimal

from asgard_basis.domain.position.legs import LongState
from asgard_basis.domain.treasury.cctp import Chain


@dataclass(frozen=True, slots=True)
class OrderIntent:
    """An order under its key."""

    client_order_id: str
    is_buy: bool
    size: Decimal
    limit_price: Decimal
    reduce_only: bool
    mid_price: Decimal
    """When it was decided, to measure slippage against."""
    nonce: int | None = None
    """It is sent under this number only, so that the number can be used up to stop it."""
    expires_at_ms: int | None = None
    """Market time after which the venue refuses it."""


@dataclass(frozen=True, slots=True)
class SolanaIntent:
    """A signed Solana submission under its signature."""

    signature: str
    transactions: tuple[str, ...]
    echo: str
    expires_at_height: int
    position_key: str | None
    oracle_price: Decimal
    signatures: tuple[str, ...] = ()
    """Of all transactions, in order: it has happened when all of them have landed."""
    reduction: "Reduction | None" = None
    """Of a partial closing: what it takes away."""

    @property
    def all_signatures(self) -> tuple[str, ...]:
        """One for each transaction."""
        return self.signatures or (self.signature,)


@dataclass(frozen=True, slots=True)
class Reduction:
    """A share of a long, in whole percent, as it was right before."""

    percentage: int
    collateral_sold: Decimal
    debt_repaid: Decimal


@dataclass(frozen=True, slots=True)
class EvmIntent:
    """A signed Arbitrum transaction under its hash."""

    hash: str
    raw: str
    nonce: int
    amount_usdc: Decimal


@dataclass(frozen=True, slots=True)
class MarginIntent:
    """A margin top-up, recognised afterwards by the margin it leads to."""

    amount_usdc: Decimal
    margin_before_usdc: Decimal
    raw_before_usd: Decimal | None = None
    """Raw USD of the isolated position, which prices do not change; None when cross."""
    nonce: int | None = None
    expires_at_ms: int | None = None


@dataclass(frozen=True, slots=True)
class LeverageIntent:
    """A leverage setting, recognised afterwards by what is set."""

    leverage: int
    nonce: int
    expires_at_ms: int


@dataclass(frozen=True, slots=True)
class PlainIntent:
    """An effect that may be repeated without harm: it sets a state rather than changing one."""

    value: str = ""


@dataclass(frozen=True, slots=True)
class LookIntent:
    """A look at a long that the venue has not listed for so long that it is not waited for."""

    position_key: str
    last_seen: LongState
    """What it was last known to be, or must be by what was paid for it."""


@dataclass(frozen=True, slots=True)
class WithdrawIntent:
    """A signed withdrawal: its number lets the same bytes be sent again without harm."""

    amount_usdc: Decimal
    """Taken from the account, the venue's fee included."""
    nonce: int
    signature: str
    """0x-hex."""
    from_block: int
    """Of Arbitrum: its payout cannot be in an earlier one."""


@dataclass(frozen=True, slots=True)
class CallIntent:
    """A signed transaction on the rail between the chains, under its hash or signature."""

    chain: Chain
    id: str
    raw: str
    valid_until: int
    """The nonce on Arbitrum, the last block height on Solana."""
    amount_usdc: Decimal
    fee_max_usdc: Decimal = Decimal(0)


Intent = (
    OrderIntent
    | SolanaIntent
    | EvmIntent
    | MarginIntent
    | LeverageIntent
    | LookIntent
    | WithdrawIntent
    | CallIntent
    | PlainIntent
)
