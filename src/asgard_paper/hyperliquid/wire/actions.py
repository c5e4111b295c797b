"""The bodies `/exchange` accepts, decoded strictly; anything else is a 422.

Field order is the order the venue hashes in: a decoded action turned back into plain values is the
canonical action, whatever order and spelling it was sent in. That is why, as at the venue, a
misordered key, a trailing zero or a checksummed address in a signed action yields the address of a
stranger.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Struct, UnsetType, field

from asgard_paper.hyperliquid.numbers import bare, parsed

Address = Annotated[str, msgspec.Meta(pattern="^0x[0-9a-fA-F]{40}$")]
Cloid = Annotated[str, msgspec.Meta(pattern="^0x[0-9a-fA-F]{32}$")]
Hex = Annotated[str, msgspec.Meta(pattern="^0x[0-9a-fA-F]{1,64}$")]
HexNumber = Annotated[str, msgspec.Meta(pattern="^0x[0-9a-fA-F]{1,16}$")]
Amount = Annotated[str, msgspec.Meta(pattern=r"^-?[0-9]+(\.[0-9]+)?$")]
Unsigned = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
Network = Literal["Mainnet", "Testnet"]


class Limit(Struct, forbid_unknown_fields=True):
    """How long a limit order lives."""

    tif: Literal["Ioc", "Gtc", "Alo", "FrontendMarket"]


class Trigger(Struct, forbid_unknown_fields=True):
    """When a stop or take-profit order wakes."""

    is_market: bool = field(name="isMarket")
    trigger_px: Amount = field(name="triggerPx")
    tpsl: Literal["tp", "sl"]


class OrderKind(Struct, forbid_unknown_fields=True):
    """Exactly one of the two."""

    limit: Limit | UnsetType = UNSET
    trigger: Trigger | UnsetType = UNSET


class OrderWire(Struct):
    """One order."""

    asset: Unsigned = field(name="a")
    is_buy: bool = field(name="b")
    price: Amount = field(name="p")
    size: Amount = field(name="s")
    reduce_only: bool = field(name="r")
    kind: OrderKind = field(name="t")
    cloid: Cloid | UnsetType | None = field(default=UNSET, name="c")


class Builder(Struct):
    """Who else earns a fee."""

    address: Address = field(name="b")
    fee: Unsigned = field(name="f")


class Priority(Struct):
    """A grouping that bids for priority."""

    bid: int = field(name="p")


class PlaceOrders(Struct, tag_field="type", tag="order"):
    """Place a batch of orders."""

    orders: list[OrderWire]
    grouping: Literal["na", "normalTpsl", "positionTpsl"] | Priority
    builder: Builder | UnsetType = UNSET


class CancelWire(Struct):
    """One order to cancel, by its id."""

    asset: Unsigned = field(name="a")
    oid: Unsigned = field(name="o")


class Cancel(Struct, tag_field="type", tag="cancel"):
    """Cancel orders by id."""

    cancels: list[CancelWire]


class CloidWire(Struct):
    """One order to cancel, by its client id."""

    asset: Unsigned
    cloid: Cloid


class CancelByCloid(Struct, tag_field="type", tag="cancelByCloid"):
    """Cancel orders by client id."""

    cancels: list[CloidWire]


class ModifyWire(Struct):
    """One order and what replaces it."""

    oid: Unsigned | Cloid
    order: OrderWire


class BatchModify(Struct, tag_field="type", tag="batchModify"):
    """Replace several orders."""

    modifies: list[ModifyWire]


class Modify(Struct, tag_field="type", tag="modify"):
    """Replace one order."""

    oid: Unsigned | Cloid
    order: OrderWire


class ScheduleCancel(Struct, tag_field="type", tag="scheduleCancel"):
    """Cancel everything at a time, or forget about it."""

    time: Unsigned | UnsetType | None = UNSET


class UpdateLeverage(Struct, tag_field="type", tag="updateLeverage"):
    """Choose margin mode and leverage of one coin."""

    asset: Unsigned
    is_cross: bool = field(name="isCross")
    leverage: Unsigned


class UpdateIsolatedMargin(Struct, tag_field="type", tag="updateIsolatedMargin"):
    """Move millionths of a dollar into (or out of) an isolated position."""

    asset: Unsigned
    is_buy: bool = field(name="isBuy")
    ntli: int


class Noop(Struct, tag_field="type", tag="noop"):
    """Use up a nonce."""


class AgentSetAbstraction(Struct, tag_field="type", tag="agentSetAbstraction"):
    """Choose the account mode, signed by an agent."""

    abstraction: Literal["i", "u", "p"]


class VaultTransfer(Struct, tag_field="type", tag="vaultTransfer"):
    """Move money into a vault; there are none here."""

    vault_address: Address = field(name="vaultAddress")
    is_deposit: bool = field(name="isDeposit")
    usd: Unsigned


class SubAccountTransfer(Struct, tag_field="type", tag="subAccountTransfer"):
    """Move money into a sub-account; there are none here."""

    sub_account_user: Address = field(name="subAccountUser")
    is_deposit: bool = field(name="isDeposit")
    usd: Unsigned


class Withdraw(Struct, tag_field="type", tag="withdraw3"):
    """Leave over the bridge."""

    chain_id: HexNumber = field(name="signatureChainId")
    network: Network = field(name="hyperliquidChain")
    destination: Address
    amount: Amount
    time: Unsigned


class UsdSend(Struct, tag_field="type", tag="usdSend"):
    """Give perpetual USDC to another account."""

    chain_id: HexNumber = field(name="signatureChainId")
    network: Network = field(name="hyperliquidChain")
    destination: Address
    amount: Amount
    time: Unsigned


class UsdClassTransfer(Struct, tag_field="type", tag="usdClassTransfer"):
    """Move USDC between spot and perpetual balance."""

    chain_id: HexNumber = field(name="signatureChainId")
    network: Network = field(name="hyperliquidChain")
    amount: str
    to_perp: bool = field(name="toPerp")
    nonce: Unsigned


class ApproveAgent(Struct, tag_field="type", tag="approveAgent"):
    """Let another key trade."""

    chain_id: HexNumber = field(name="signatureChainId")
    network: Network = field(name="hyperliquidChain")
    agent_address: Address = field(name="agentAddress")
    nonce: Unsigned
    agent_name: str | None = field(default=None, name="agentName")


class UserSetAbstraction(Struct, tag_field="type", tag="userSetAbstraction"):
    """Choose the account mode, signed by the master."""

    chain_id: HexNumber = field(name="signatureChainId")
    network: Network = field(name="hyperliquidChain")
    user: Address
    abstraction: Literal["disabled", "unifiedAccount", "portfolioMargin"]
    nonce: Unsigned


UserSigned = Withdraw | UsdSend | UsdClassTransfer | ApproveAgent | UserSetAbstraction
Trading = (
    PlaceOrders
    | Cancel
    | CancelByCloid
    | BatchModify
    | Modify
    | ScheduleCancel
    | UpdateLeverage
    | UpdateIsolatedMargin
    | Noop
    | AgentSetAbstraction
    | VaultTransfer
    | SubAccountTransfer
)
Action = UserSigned | Trading


class Signature(Struct):
    """An ECDSA signature; r and s may lack leading zeros."""

    r: Hex
    s: Hex
    v: int


class Envelope(Struct):
    """What is posted to `/exchange`."""

    action: Action
    nonce: Unsigned
    signature: Signature
    vault_address: Address | None = field(default=None, name="vaultAddress")
    expires_after: Unsigned | None = field(default=None, name="expiresAfter")


def decode_envelope(body: object) -> Envelope:
    """The envelope in a decoded JSON body; raises ValueError for any other shape."""
    envelope = msgspec.convert(body, Envelope)
    for wire_order in _orders_of(envelope.action):
        kinds = (wire_order.kind.limit, wire_order.kind.trigger)
        if sum(kind is not UNSET for kind in kinds) != 1:
            raise ValueError("an order has one kind")
    return envelope


def canonical(action: Trading) -> dict[str, object]:
    """The action as the venue hashes it."""
    for order in _orders_of(action):
        order.price, order.size = bare(parsed(order.price)), bare(parsed(order.size))
        if order.cloid is None:
            order.cloid = UNSET
        elif order.cloid is not UNSET:
            order.cloid = order.cloid.lower()
        if order.kind.trigger is not UNSET:
            order.kind.trigger.trigger_px = bare(parsed(order.kind.trigger.trigger_px))
    if isinstance(action, CancelByCloid):
        for cancel in action.cancels:
            cancel.cloid = cancel.cloid.lower()
    if isinstance(action, PlaceOrders) and action.builder is not UNSET:
        action.builder.address = action.builder.address.lower()
    if isinstance(action, ScheduleCancel) and action.time is None:
        action.time = UNSET
    plain: dict[str, object] = msgspec.to_builtins(action)
    return plain


def batch_size(action: Action) -> int:
    """How many things the action does at once."""
    match action:
        case PlaceOrders():
            return len(action.orders)
        case Cancel() | CancelByCloid():
            return len(action.cancels)
        case BatchModify():
            return len(action.modifies)
    return 1


def _orders_of(action: Action) -> list[OrderWire]:
    match action:
        case PlaceOrders():
            return action.orders
        case BatchModify():
            return [modify.order for modify in action.modifies]
        case Modify():
            return [action.order]
    return []
