"""The two venues. Ports speak of legs and rates, not of endpoints.

Every call raises `Refused` (understood and declined, nothing done), `Unavailable` (nothing
done, may be asked again) or, for calls that move money, `OutcomeUnknown` (look it up by key).
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Protocol

from asgard_basis.domain.assets import Asset, LendingProtocol
from asgard_basis.domain.identifiers import (
    ClientOrderId,
    EvmAddress,
    SolanaAddress,
    TransactionSignature,
)
from asgard_basis.domain.market.funding import FundingObservation, FundingPayment
from asgard_basis.domain.market.snapshot import LenderMarket, PerpMarket
from asgard_basis.domain.position.legs import (
    LongFill,
    LongState,
    OrderResult,
    PerpAccount,
    PerpFill,
    PerpPosition,
)
from asgard_basis.ports.wallets import Wallet

ORDER_LIFETIME = timedelta(seconds=20)
"""An order that has not reached the book by then never will: it carries an earlier expiry, which
the venue checks; the rest is room for clocks that differ."""


@dataclass(frozen=True, slots=True)
class PerpTrader:
    """Who trades: the account that holds the money, and the agent that signs for it."""

    account: Wallet
    agent: Wallet


@dataclass(frozen=True, slots=True)
class ActionNonce:
    """The number one trading action is sent under: written down before it is sent.

    The venue takes each number once. So the action it stands for can be made impossible by using
    the number for nothing (`PerpVenue.void`).
    """

    number: int
    expires_at_ms: int
    """Market time after which the venue refuses the action, in milliseconds of the epoch."""


@dataclass(frozen=True, slots=True)
class PerpOrder:
    """An immediate-or-cancel limit order on SOL-PERP."""

    client_order_id: ClientOrderId
    is_buy: bool
    size: Decimal
    limit_price: Decimal
    reduce_only: bool


@dataclass(frozen=True, slots=True)
class DepositCredit:
    """A deposit as Hyperliquid's ledger shows it."""

    time: datetime
    amount_usdc: Decimal
    transaction_hash: str


@dataclass(frozen=True, slots=True)
class PerpFees:
    """Fees of one account, as fractions of notional."""

    taker: Decimal
    maker: Decimal


class PerpVenue(Protocol):
    """The perpetual at Hyperliquid."""

    async def market(self) -> PerpMarket:
        """The market now."""
        ...

    async def depth(self, *, is_buy: bool, limit_price: Decimal) -> Decimal:
        """SOL that the book shows now at this price or better; it may hold more than it shows."""
        ...

    def watch(self) -> AsyncIterator[PerpMarket]:
        """Every change of the market, by one websocket that reconnects by itself."""
        ...

    async def funding_history(
        self, *, since: datetime, until: datetime | None = None
    ) -> Sequence[FundingObservation]:
        """Settled hours, oldest first, all pages; hours are floored, duplicates removed."""
        ...

    async def fees(self, address: EvmAddress) -> PerpFees:
        """What this account pays."""
        ...

    async def account(self, address: EvmAddress) -> PerpAccount:
        """The account's money and position."""
        ...

    async def position(self, address: EvmAddress) -> PerpPosition | None:
        """The account's position only: half of what `account` costs, or less."""
        ...

    async def funding_payments(
        self, address: EvmAddress, *, since: datetime
    ) -> Sequence[FundingPayment]:
        """Payments settled from `since` on, oldest first, all pages."""
        ...

    async def fills(self, address: EvmAddress, *, since: datetime) -> Sequence[PerpFill]:
        """Executions from `since` on, oldest first."""
        ...

    async def deposits(self, address: EvmAddress, *, since: datetime) -> Sequence[DepositCredit]:
        """Credited deposits from `since` on, oldest first."""
        ...

    async def has_agent(self, trader: PerpTrader) -> bool:
        """Whether the agent may sign for the account now."""
        ...

    async def approve_agent(self, trader: PerpTrader) -> None:
        """Let the agent trade for the account; harmless when it may already."""
        ...

    async def reserve_nonce(self, trader: PerpTrader) -> ActionNonce:
        """A number nobody else has for the next action of the trader; nothing is sent.

        Actions that are given none take one of their own, and cannot be made void.
        """
        ...

    async def void(self, trader: PerpTrader, number: int) -> bool:
        """Use a number for nothing, so that its action can never happen any more.

        True: it was free, the action has not happened and never will. False: it was used before,
        by the action or by an earlier `void`: nothing more can happen under it, and what did is
        to be looked up (records may show a few blocks late). After an error it is not known.
        """
        ...

    async def isolated_leverage(self, address: EvmAddress) -> int | None:
        """The account's leverage setting for SOL-PERP; None while it is not isolated."""
        ...

    async def set_isolated_leverage(
        self, trader: PerpTrader, leverage: int, nonce: ActionNonce | None = None
    ) -> None:
        """Isolated margin at that leverage for SOL-PERP."""
        ...

    async def add_margin(
        self, trader: PerpTrader, amount_usdc: Decimal, nonce: ActionNonce | None = None
    ) -> None:
        """Move free USDC into the isolated position; negative takes some out."""
        ...

    async def place(
        self, trader: PerpTrader, order: PerpOrder, nonce: ActionNonce | None = None
    ) -> OrderResult:
        """Send an order and say what it came to; the size filled may be less than asked.

        Price and size are brought to the venue's steps (the price to the eager side, the size
        down). Nobody to trade with is a result with size zero, not an error; so is a reduce-only
        order without a position to reduce, with the status `reduceOnlyRejected`. After
        OutcomeUnknown the order may be executed until its number is void, or until
        `ORDER_LIFETIME` of host time has passed since this was called.
        """
        ...

    async def find_order(
        self, address: EvmAddress, client_order_id: ClientOrderId
    ) -> OrderResult | None:
        """What became of an order, or None when the venue does not know the key.

        None is final only when `void` was answered for its number, or when `ORDER_LIFETIME` of
        host time has passed since `place` was called.
        """
        ...


@dataclass(frozen=True, slots=True)
class OpenLong:
    """What to open on Solana."""

    protocol: LendingProtocol
    asset: Asset
    collateral_bank: str
    debt_bank: str
    collateral_usdc: Decimal
    leverage: Decimal
    slippage_bps: int


@dataclass(frozen=True, slots=True)
class SignedSubmission:
    """Signed transactions ready to submit, with everything needed to find them again.

    It is stored before it is sent, and never signed anew while it may still land.
    """

    signature: TransactionSignature
    """Of the first transaction."""
    transactions: tuple[str, ...]
    """Signed, base64."""
    echo: str
    """The builder's answer (JSON) that the submit call must return to it."""
    expires_at_height: int
    """Block height after which it can no longer land."""
    position_key: str | None
    """Of a position to be opened: as the builder states it, if it does."""
    signatures: tuple[TransactionSignature, ...] = ()
    """Of all transactions, in order; it has landed when all of them have."""

    @property
    def all_signatures(self) -> tuple[TransactionSignature, ...]:
        """One for each transaction."""
        return self.signatures or (self.signature,)


@dataclass(frozen=True, slots=True)
class LongPosition:
    """A long position in Asgard's records."""

    position_key: str
    protocol: LendingProtocol
    asset: Asset
    is_open: bool
    opened_by: TransactionSignature | None
    closed_by: TransactionSignature | None


Admit = Callable[[], Awaitable[None]]
"""Asked right before anything that increases risk is built, and signed; raises Refused."""


class MarginVenue(Protocol):
    """Leveraged spot positions on Solana through Asgard."""

    async def markets(self) -> Sequence[LenderMarket]:
        """Every lender's pair of an asset we hold against USDC."""
        ...

    async def spot_prices(self) -> dict[Asset, Decimal]:
        """USD per token as Asgard states it."""
        ...

    async def prepare_open(
        self, owner: Wallet, request: OpenLong, admit: Admit | None = None
    ) -> SignedSubmission:
        """Build, check against the allow-list and by simulation, and sign; nothing is sent.

        `admit` is asked once more when all that is left is to sign: building takes a while.
        Raises Refused ASG-0010 when the transaction does anything but what was asked.
        """
        ...

    async def submit_open(self, owner: Wallet, signed: SignedSubmission) -> LongPosition:
        """Send it and wait until it is confirmed on chain; the same bytes may be sent again.

        Refused only when the chain says that it failed or can no longer land; with ASG-0011 when
        that is so of a part of its transactions, while others have landed. A refusal by the venue
        while a transaction may still land is OutcomeUnknown ASG-0007.
        """
        ...

    async def prepare_close(
        self,
        owner: Wallet,
        position: LongState,
        *,
        slippage_bps: int,
        reference_price: Decimal | None = None,
    ) -> SignedSubmission:
        """Build, check and sign the closing of a whole position into USDC.

        At the reference price (USD per token, from someone else than this venue) less slippage
        the closing must bring in what is left after the debt; the venue's own price is used
        when none is given. Raises Refused ASG-0010 as `prepare_open`, POS-0002 when the
        position is closed already.
        """
        ...

    async def submit_close(self, owner: Wallet, signed: SignedSubmission) -> None:
        """Send it and wait until it is confirmed on chain; errors as `submit_open`."""
        ...

    async def prepare_reduce(
        self,
        owner: Wallet,
        position: LongState,
        *,
        percentage: int,
        slippage_bps: int,
        reference_price: Decimal | None = None,
    ) -> SignedSubmission:
        """Build, check and sign the closing of 1 to 99 % of a position into USDC.

        What is left keeps its leverage. What must arrive is that share of what `prepare_close`
        asks for; errors as there. Raises Refused POS-0009 for lenders whose positions are
        closed whole or not at all.
        """
        ...

    async def submit_reduce(self, owner: Wallet, signed: SignedSubmission) -> None:
        """Send it and wait until it is confirmed on chain; errors as `submit_open`."""
        ...

    async def prepare_repay(
        self, owner: Wallet, position: LongState, *, amount_usdc: Decimal
    ) -> SignedSubmission:
        """Build, check and sign the repaying of a part of the debt from the wallet.

        Exactly so much USDC may leave, to that position; errors as `prepare_reduce`. It is sent
        by `submit_reduce`.
        """
        ...

    async def positions(self, owner: SolanaAddress) -> Sequence[LongPosition]:
        """All positions of an owner, open and closed."""
        ...

    async def state(
        self, position_key: str, *, protocol: LendingProtocol, asset: Asset
    ) -> LongState | None:
        """The live state, or None when the venue does not list it."""
        ...

    async def open_fill(self, position_key: str) -> LongFill | None:
        """What opening executed; None while the venue has not published it (up to 60 s)."""
        ...
