"""Asgard's payloads as they are on the wire: its names, its units, numbers or text alike."""

from decimal import Decimal
from typing import Any, TypeVar

import msgspec

from asgard_basis.domain.errors import ErrorCode, Unavailable

T = TypeVar("T")


class LiquiditySource(msgspec.Struct, rename="camel"):
    """One lender's offer within a strategy of `/markets`."""

    lending_protocol: int
    is_active: bool
    token_a_bank: str
    token_b_bank: str
    long_max_leverage: Decimal
    token_a_lending_apy_rate: Decimal
    token_b_borrowing_apy_rate: Decimal
    token_b_max_borrow_capacity: Decimal


class Strategy(msgspec.Struct, rename="camel"):
    """One pair of `/markets`; sources are read one by one."""

    token_a_mint: str
    token_b_mint: str
    liquidity_sources: list[Any]


class TokenPrice(msgspec.Struct):
    """One token of `/token-metadata`."""

    mint: str
    price: Decimal | None = None


class Executed(msgspec.Struct, rename="camel"):
    """`onChainExecutedMetadata`: a swap as it happened."""

    input_mint: str
    output_mint: str
    input_amount: Decimal
    output_amount: Decimal


class MarketMetadata(msgspec.Struct, rename="camel"):
    """`entryMarketMetadata` and `exitMarketMetadata`; filled up to 60 s late."""

    on_chain_executed_metadata: Executed | None = None


class Record(msgspec.Struct):
    """A position record."""

    position_pda: str = msgspec.field(name="positionPda")
    owner: str = msgspec.field(name="ownerAddress")
    state: int
    protocol: int
    token_a_mint: str = msgspec.field(name="tokenATokenMint")
    token_b_mint: str = msgspec.field(name="tokenBTokenMint")
    side: int = msgspec.field(name="positionSide")
    id: int | str | None = None
    open_hash: str | None = msgspec.field(name="openTxHash", default=None)
    close_hash: str | None = msgspec.field(name="closeTxHash", default=None)
    entry_price: Decimal | None = msgspec.field(name="tokenAEntryPriceUSD", default=None)
    exit_price: Decimal | None = msgspec.field(name="tokenAExitPriceUSD", default=None)
    entry_collateral: Decimal | None = msgspec.field(name="tokenAAmountUIEntry", default=None)
    entry_debt: Decimal | None = msgspec.field(name="tokenBAmountUIEntry", default=None)
    current_collateral: Decimal | None = msgspec.field(name="tokenAAmountUICurrent", default=None)
    current_debt: Decimal | None = msgspec.field(name="tokenBAmountUICurrent", default=None)
    entry_market: MarketMetadata | None = msgspec.field(name="entryMarketMetadata", default=None)
    exit_market: MarketMetadata | None = msgspec.field(name="exitMarketMetadata", default=None)
    open_fees: dict[str, Any] | None = msgspec.field(name="openFeesMetadata", default=None)
    close_fees: dict[str, Any] | None = msgspec.field(name="closeFeesMetadata", default=None)


class Balance(msgspec.Struct, rename="camel"):
    """One bank's balance of a position."""

    mint: str
    assets_qt: Decimal = Decimal(0)
    liabs_qt: Decimal = Decimal(0)


class Books(msgspec.Struct):
    """`booksAndBalances`: single-key objects, keyed by bank or market index."""

    balances: list[dict[str, Balance]]


class Summary(msgspec.Struct, rename="camel"):
    """What is declared stable of a refreshed position; health is read apart."""

    books_and_balances: Books
    health_factor: Any = None


class Refreshed(msgspec.Struct, rename="camel"):
    """One entry of `/refresh-positions`."""

    summary: Summary


class RefreshAnswer(msgspec.Struct):
    """`/refresh-positions`: a map by position."""

    positions: dict[str, Refreshed]


def read(value: Any, kind: type[T], what: str) -> T:
    """`value` as `kind`; raises Unavailable ASG-0001 when the shape is another."""
    try:
        return msgspec.convert(value, kind, strict=False)
    except msgspec.ValidationError as error:
        raise Unavailable(
            ErrorCode.ASGARD_API, f"Asgard's {what} is not as documented: {error}"
        ) from error
