"""What requests must hold, checked before the engine sees an order."""

from decimal import Decimal
from typing import Protocol

import msgspec
from solders.pubkey import Pubkey

from asgard_paper.asgard.engine import AsgardEngine
from asgard_paper.asgard.errors import AsgardError
from asgard_paper.asgard.lenders import LENDERS, MINT_BY_SYMBOL, bank_of, collateral_of_bank
from asgard_paper.asgard.records import CLOSE, OPEN, Order

USDC = "USDC"
LONG, SHORT, ANY = 0, 1, 2


def check_protocol(protocol: int) -> None:
    """Raise AsgardError unless the lender exists."""
    if protocol not in LENDERS:
        raise AsgardError("INVALID_PROTOCOL", f"protocol was {protocol}, known are 0 to 3")


def check_funding(collateral_type: int) -> None:
    """Raise AsgardError unless the token paid in or out is one of the pair."""
    if collateral_type == ANY:
        raise AsgardError("COLLATERAL_TYPE_NOT_SUPPORTED", "CollateralType ANY is reserved")
    if collateral_type not in (LONG, SHORT):
        raise AsgardError("INVALID_COLLATERAL_TYPE", f"collateralType was {collateral_type}")


def check_amount(name: str, amount: int | Decimal) -> None:
    """Raise AsgardError unless it is positive and fits 64 bits."""
    if not is_within(amount, 0, 2**63) or amount == 0:
        raise AsgardError("INVALID_AMOUNT", f"{name} was {amount}")


def is_within(value: int | Decimal, low: int, high: int) -> bool:
    """Whether it is a number (JSON strings can carry NaN) and inside the bounds."""
    return Decimal(value).is_finite() and low <= value <= high


def check_slippage(bps: Decimal) -> Decimal:
    """The allowed slippage; raises AsgardError unless between nothing and all."""
    if not is_within(bps, 0, 10_000):
        raise AsgardError("INVALID_SLIPPAGE", f"slippageBps was {bps}")
    return bps


def check_leverage(name: str, leverage: Decimal) -> Decimal:
    """The leverage; raises AsgardError unless it is a number that could be one."""
    if not is_within(leverage, 0, 100):
        raise AsgardError("INVALID_LEVERAGE", f"{name} was {leverage}")
    return leverage


def check_tip(lamports: int) -> None:
    """Raise AsgardError unless the tip is at least nothing and below one SOL."""
    if not 0 <= lamports < 10**9:
        raise AsgardError("INVALID_TIP", f"jitoTipLamport was {lamports}")


def check_key(name: str, text: str) -> str:
    """The address; raises AsgardError when it is none."""
    try:
        return str(Pubkey.from_string(text))
    except ValueError as error:
        raise AsgardError("INVALID_ADDRESS", f"{name} was {text}") from error


class OpenRequest(msgspec.Struct, rename="camel"):
    """Body of `/create-position`."""

    protocol: int
    token_a_bank: str = msgspec.field(name="tokenABank")
    token_b_bank: str = msgspec.field(name="tokenBBank")
    direction: int
    collateral_type: int
    collateral_amount_native: int
    collateral_mint: str
    collateral_unit_price: Decimal
    leverage: Decimal
    jito_tip_lamport: int
    slippage_bps: Decimal
    wallet_pubkey: str
    use_direct_route: bool = False

    def order(self) -> Order:
        """The order; raises AsgardError where the fields contradict one another."""
        check_protocol(self.protocol)
        symbol = collateral_of_bank(self.protocol, self.token_a_bank)
        if symbol is None or self.token_b_bank != bank_of(self.protocol, USDC):
            raise AsgardError("MARKET_NOT_FOUND", "no market with these banks")
        if self.direction != 0:
            raise AsgardError("DIRECTION_NOT_SUPPORTED", "only LONG (0) is offered in paper")
        check_funding(self.collateral_type)
        implied = MINT_BY_SYMBOL[USDC if self.collateral_type == 1 else symbol]
        if self.collateral_mint != implied:
            raise AsgardError(
                "COLLATERAL_MISMATCH",
                f"collateralMint was {self.collateral_mint}, type {self.collateral_type} means"
                f" {implied}",
            )
        check_amount("collateralAmountNative", self.collateral_amount_native)
        check_amount("collateralUnitPrice", self.collateral_unit_price)
        check_tip(self.jito_tip_lamport)
        return Order(
            kind=OPEN,
            owner=check_key("walletPubkey", self.wallet_pubkey),
            protocol=self.protocol,
            symbol=symbol,
            pda="",
            tip_lamports=self.jito_tip_lamport,
            slippage_bps=check_slippage(self.slippage_bps),
            funding=self.collateral_type,
            amount_native=self.collateral_amount_native,
            leverage=check_leverage("leverage", self.leverage),
        )


class CloseRequest(msgspec.Struct, rename="camel"):
    """Body of `/close-position`."""

    protocol: int
    wallet_pubkey: str
    position_pda: str = msgspec.field(name="positionPDA")
    collateral_type: int
    jito_tip_lamport: int
    slippage_bps: Decimal
    use_direct_route: bool = False

    def order(self, engine: AsgardEngine) -> Order:
        """The order; raises AsgardError when the position is unknown."""
        check_protocol(self.protocol)
        check_funding(self.collateral_type)
        check_tip(self.jito_tip_lamport)
        return Order(
            kind=CLOSE,
            owner=check_key("walletPubkey", self.wallet_pubkey),
            protocol=self.protocol,
            symbol=engine.position(self.position_pda).symbol,
            pda=self.position_pda,
            tip_lamports=self.jito_tip_lamport,
            slippage_bps=check_slippage(self.slippage_bps),
            funding=self.collateral_type,
        )


class Submitted(Protocol):
    """What every submit echoes of the builder's answer."""

    @property
    def wallet_pubkey(self) -> str | None:
        """The owner the answer named; None when it was not echoed."""
        ...

    @property
    def position_pda(self) -> str | None:
        """The position the answer named; None when it was not echoed."""
        ...


class SubmitRequest(msgspec.Struct, rename="camel"):
    """Body of the two submits: the builder's answer with `signedTxs` signed."""

    signed_txs: list[str]
    wallet_pubkey: str | None = None
    position_pda: str | None = msgspec.field(name="positionPDA", default=None)


def check_submitted(request: Submitted, order: Order) -> None:
    """Raise AsgardError when the echoed fields are not those of what was built."""
    if request.position_pda not in (None, order.pda):
        raise AsgardError("REQUEST_MISMATCH", f"positionPDA was {request.position_pda}")
    if request.wallet_pubkey not in (None, order.owner):
        raise AsgardError("REQUEST_MISMATCH", f"walletPubkey was {request.wallet_pubkey}")


class WalletRequest(msgspec.Struct, rename="camel"):
    """Body of the position lists."""

    wallet_pubkey: str


class RefreshItem(msgspec.Struct, rename="camel"):
    """One position to refresh."""

    protocol: int
    position_pda: str = msgspec.field(name="positionPDA")


class RefreshRequest(msgspec.Struct, rename="camel"):
    """Body of `/refresh-positions`."""

    position_pdas: list[RefreshItem] = msgspec.field(name="positionPDAs")
