"""What a step came to."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from asgard_basis.domain.money import ZERO
from asgard_basis.domain.position.legs import LongState, OrderResult


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
    is_all_listed: bool = True
    """Whether the executions it lists are all that is missing; else the price is of a part."""

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
    percentage: int = 0
    """Of what it held and owed; zero when that was not written down."""
    collateral_sold: Decimal = Decimal(0)
    debt_repaid: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class LongRepaid:
    """A part of the long's debt was repaid from the wallet."""

    signature: str
    usdc_spent: Decimal
    sol_spent: Decimal


@dataclass(frozen=True, slots=True)
class LongOpened:
    """The long exists on chain."""

    position_key: str
    """Empty while nobody has named it: it is found by its signature later."""
    signature: str
    usdc_spent: Decimal
    sol_spent: Decimal


@dataclass(frozen=True, slots=True)
class LongRead:
    """What the long really holds and owes, right after it was opened."""

    state: LongState
    redemption_rate: Decimal
    oracle_price: Decimal
    is_estimate: bool = False
    """Reckoned from what left the wallet, because the venue does not list the long yet."""


@dataclass(frozen=True, slots=True)
class OrderDone:
    """What an order came to, with its fees."""

    result: OrderResult
    fee_usdc: Decimal
    filled_at: datetime | None = None
    """Of its last execution (market time); None when nothing was filled."""


@dataclass(frozen=True, slots=True)
class LongObserved:
    """The long right before it is closed; None when the venue does not list it any more."""

    state: LongState | None
    redemption_rate: Decimal
    oracle_price: Decimal | None = None
    is_estimate: bool = False
    """What it was last known to be, because the venue has not listed it for too long."""


@dataclass(frozen=True, slots=True)
class LongClosed:
    """The long is gone and paid out."""

    signature: str
    usdc_received: Decimal
    sol_spent: Decimal


@dataclass(frozen=True, slots=True)
class Transferred:
    """USDC left the wallet on Arbitrum."""

    hash: str
    fee_eth: Decimal


@dataclass(frozen=True, slots=True)
class Credited:
    """Hyperliquid's ledger shows the deposit."""

    amount_usdc: Decimal
    credited_at: datetime
    record: str = ""
    """The ledger's hash; empty where it was not written down."""


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """Hyperliquid has taken it from the account; its bridge pays the amount less the fee."""

    amount_usdc: Decimal
    fee_usdc: Decimal


@dataclass(frozen=True, slots=True)
class Arrived:
    """Hyperliquid's bridge has paid a withdrawal on Arbitrum."""

    hash: str
    amount_usdc: Decimal


@dataclass(frozen=True, slots=True)
class Burned:
    """USDC is gone on one chain, to be minted on the other."""

    id: str
    amount_usdc: Decimal
    fee_max_usdc: Decimal
    network_fee: Decimal = Decimal(0)
    """In the chain's own coin, rent included."""


@dataclass(frozen=True, slots=True)
class Attested:
    """Circle's word that it was burned; whoever brings it to the other chain, it pays its owner."""

    message: str
    """Hex, as the signatures."""
    signatures: str
    amount_usdc: Decimal
    """What will be minted: the burned amount less Circle's fee."""


@dataclass(frozen=True, slots=True)
class Minted:
    """USDC exists on the other chain."""

    id: str
    """Empty when somebody else brought the message."""
    amount_usdc: Decimal
    fee_usdc: Decimal = Decimal(0)
    """Kept by Circle of what was burned."""
    network_fee: Decimal = Decimal(0)
    """In the chain's own coin, rent included."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """Circle's contract may take USDC for burning."""

    id: str
    network_fee: Decimal


@dataclass(frozen=True, slots=True)
class Plain:
    """Done, with nothing more to know."""

    note: str = ""
