"""Hyperliquid's answers as they stand on the wire; unknown fields are ignored.

Numbers are texts, ids and times are integers (Unix milliseconds).
"""

from decimal import Decimal
from typing import Any, TypeVar

import msgspec

from asgard_basis.domain.errors import ErrorCode, Unavailable

T = TypeVar("T")


class Coin(msgspec.Struct, rename="camel"):
    """One entry of `meta.universe`; its index is the asset id."""

    name: str
    sz_decimals: int
    max_leverage: int


class Meta(msgspec.Struct):
    """`meta`."""

    universe: list[Coin]


class AssetContext(msgspec.Struct, rename="camel"):
    """One asset's market data, from REST and from the websocket alike."""

    funding: Decimal
    open_interest: Decimal
    oracle_px: Decimal
    mark_px: Decimal
    mid_px: Decimal | None = None
    premium: Decimal | None = None


class FundingRow(msgspec.Struct, rename="camel"):
    """One row of `fundingHistory`."""

    coin: str
    funding_rate: Decimal
    premium: Decimal
    time: int


class MarginSummary(msgspec.Struct, rename="camel"):
    """Sums of an account."""

    account_value: Decimal
    total_ntl_pos: Decimal
    total_margin_used: Decimal


class Leverage(msgspec.Struct, rename="camel"):
    """How a position is margined; `raw_usd` stands only in isolated ones."""

    type: str
    value: int
    raw_usd: Decimal | None = None


class Position(msgspec.Struct, rename="camel"):
    """One open (or just closed, size zero) position."""

    coin: str
    szi: Decimal
    leverage: Leverage
    position_value: Decimal
    unrealized_pnl: Decimal
    margin_used: Decimal
    entry_px: Decimal | None = None
    liquidation_px: Decimal | None = None


class AssetPosition(msgspec.Struct):
    """The wrapper around a position."""

    position: Position


class ClearinghouseState(msgspec.Struct, rename="camel"):
    """`clearinghouseState`."""

    margin_summary: MarginSummary
    withdrawable: Decimal
    asset_positions: list[AssetPosition]


class SpotBalance(msgspec.Struct):
    """One spot balance; outcome tokens may come without much else."""

    coin: str
    total: Decimal
    hold: Decimal = Decimal(0)


class SpotState(msgspec.Struct):
    """`spotClearinghouseState`."""

    balances: list[SpotBalance]


class FundingDelta(msgspec.Struct, rename="camel"):
    """What a funding payment came to."""

    coin: str
    usdc: Decimal
    szi: Decimal
    funding_rate: Decimal


class UserFundingRow(msgspec.Struct):
    """One row of `userFunding`."""

    time: int
    delta: FundingDelta


class Fill(msgspec.Struct, rename="camel"):
    """One row of `userFills`; `fee` includes the builder's, `closed_pnl` is before fees."""

    coin: str
    px: Decimal
    sz: Decimal
    side: str
    time: int
    oid: int
    tid: int
    fee: Decimal
    closed_pnl: Decimal
    cloid: str | None = None


class UsdcRouting(msgspec.Struct, rename="camel"):
    """`usdcRouting`: over what USDC comes and goes, `bridge` or `cctp`."""

    deposit_route: str
    withdrawal_route: str


class LedgerDelta(msgspec.Struct):
    """What a ledger row was; the other fields depend on the type."""

    type: str
    usdc: Decimal | None = None
    nonce: int | None = None
    fee: Decimal | None = None


class LedgerRow(msgspec.Struct):
    """One row of `userNonFundingLedgerUpdates`."""

    time: int
    hash: str
    delta: LedgerDelta


class OrderDetails(msgspec.Struct, rename="camel"):
    """The order inside `orderStatus`; `sz` is what remained."""

    coin: str
    oid: int
    sz: Decimal
    orig_sz: Decimal
    timestamp: int


class OrderRecord(msgspec.Struct):
    """An order with its status."""

    order: OrderDetails
    status: str


class OrderStatus(msgspec.Struct):
    """`orderStatus`: `order` is absent when the status is `unknownOid`."""

    status: str
    order: OrderRecord | None = None


class Agent(msgspec.Struct, rename="camel"):
    """One row of `extraAgents`."""

    name: str
    address: str
    valid_until: int


class RoleData(msgspec.Struct):
    """Whose agent an address is."""

    user: str | None = None


class UserRole(msgspec.Struct):
    """`userRole`."""

    role: str
    data: RoleData | None = None


class UserFees(msgspec.Struct, rename="camel"):
    """`userFees`, as fractions of notional."""

    user_cross_rate: Decimal
    user_add_rate: Decimal


class BookLevel(msgspec.Struct):
    """All orders at one price, or in one step of prices."""

    px: Decimal
    sz: Decimal


class Book(msgspec.Struct):
    """`l2Book`: bids and asks, best first."""

    levels: tuple[list[BookLevel], list[BookLevel]]


class ActiveAssetData(msgspec.Struct):
    """`activeAssetData`: the leverage that the next order would use."""

    leverage: Leverage


class ExchangeStatus(msgspec.Struct):
    """`exchangeStatus`: the venue's time in milliseconds."""

    time: int


class Filled(msgspec.Struct, rename="camel"):
    """An order that executed, perhaps only in part."""

    total_sz: Decimal
    avg_px: Decimal
    oid: int


class OrderOutcome(msgspec.Struct):
    """What became of one order: at most one field is set."""

    filled: Filled | None = None
    error: str | None = None


class OrderOutcomes(msgspec.Struct):
    """One outcome per order sent; a bare text is a state we never ask for."""

    statuses: list[OrderOutcome | str]


class OrderResponse(msgspec.Struct):
    """The `response` of an order action."""

    data: OrderOutcomes


def shaped(value: Any, kind: type[T]) -> T:
    """`value` as `kind`; raises Unavailable HLQ-0001 for anything else."""
    try:
        return msgspec.convert(value, kind, strict=False)
    except msgspec.ValidationError as error:
        raise Unavailable(
            ErrorCode.HYPERLIQUID_API, f"Hyperliquid answered in another shape: {error}"
        ) from error
