"""`/exchange`: checks who speaks, then does what is asked; the answers are the wire's."""

import hashlib
from collections.abc import Sequence
from decimal import Decimal
from typing import assert_never

from msgspec import UNSET

from asgard_paper.hyperliquid.clearing.books import Books
from asgard_paper.hyperliquid.clearing.margin import MarkOf
from asgard_paper.hyperliquid.clearing.records import Account, Order
from asgard_paper.hyperliquid.clearing.treasury import Treasury
from asgard_paper.hyperliquid.market.quotes import Quotes
from asgard_paper.hyperliquid.market.universe import UNIVERSE, Asset
from asgard_paper.hyperliquid.numbers import parsed
from asgard_paper.hyperliquid.refusal import Refused
from asgard_paper.hyperliquid.trading import leverage
from asgard_paper.hyperliquid.trading.agents import account_of, approve_agent
from asgard_paper.hyperliquid.trading.nonces import check_window, use_nonce
from asgard_paper.hyperliquid.trading.orders import NOT_OPEN, OrderDesk, OrderRequest, Status
from asgard_paper.hyperliquid.wire.actions import (
    Action,
    AgentSetAbstraction,
    ApproveAgent,
    BatchModify,
    Cancel,
    CancelByCloid,
    Envelope,
    Modify,
    Network,
    Noop,
    OrderWire,
    PlaceOrders,
    ScheduleCancel,
    SubAccountTransfer,
    UpdateIsolatedMargin,
    UpdateLeverage,
    UsdClassTransfer,
    UsdSend,
    UserSetAbstraction,
    UserSigned,
    VaultTransfer,
    Withdraw,
    batch_size,
    canonical,
)
from asgard_paper.hyperliquid.wire.signatures import action_hash, l1_signer, user_signer

Reply = dict[str, object]
REQUESTS_FREE = 10_000
STARVED_INTERVAL_MS = 10_000
SCHEDULE_AHEAD_MS = 5_000
SCHEDULE_VOLUME = Decimal(1_000_000)


class Exchange:
    """Turns signed envelopes into changes of the books."""

    def __init__(
        self,
        books: Books,
        quotes: Quotes,
        desk: OrderDesk,
        treasury: Treasury,
        *,
        networks: Sequence[Network],
    ) -> None:
        self._books = books
        self._quotes = quotes
        self._desk = desk
        self._treasury = treasury
        self._networks = tuple(networks)

    def execute(self, envelope: Envelope, now_ms: int) -> Reply:
        """Do one signed action at a moment; refusals come back as the venue words them."""
        try:
            return self._execute(envelope, now_ms)
        except Refused as refusal:
            return {"status": "err", "response": str(refusal)}

    def _execute(self, envelope: Envelope, now_ms: int) -> Reply:
        check_window(envelope.nonce, now_ms)
        action = envelope.action
        if isinstance(action, UserSigned):
            account = self._user_account(action, envelope)
            self._spend_request(account, action, now_ms)
            return self._do_user_signed(account, action, now_ms)
        account, digest = self._trading_account(envelope, now_ms)
        self._spend_request(account, action, now_ms)
        return self._do_trading(account, action, now_ms, digest)

    def _user_account(self, action: UserSigned, envelope: Envelope) -> Account:
        signed = action.time if isinstance(action, Withdraw | UsdSend) else action.nonce
        if signed != envelope.nonce:
            raise Refused("Nonce mismatch.")
        signer = user_signer(action, envelope.signature)
        account = self._books.accounts.get(signer)
        if account is None or action.network not in self._networks:
            raise Refused(f"Must deposit before performing actions. User: {signer}")
        if envelope.vault_address is not None:
            raise Refused("Vault may not perform this action.")
        use_nonce(self._books, signer, envelope.nonce)
        return account

    def _trading_account(self, envelope: Envelope, now_ms: int) -> tuple[Account, str]:
        action = envelope.action
        assert not isinstance(action, UserSigned)
        vault = envelope.vault_address.lower() if envelope.vault_address else None
        digest = action_hash(
            canonical(action),
            nonce=envelope.nonce,
            vault=vault,
            expires_after=envelope.expires_after,
        )
        account, signer = self._speaker(digest, envelope, now_ms)
        use_nonce(self._books, signer, envelope.nonce)
        if vault is not None:
            raise Refused(f"Vault not registered: {vault}")
        if envelope.expires_after is not None and envelope.expires_after < now_ms:
            raise Refused("Action already expired")
        tag = hashlib.sha256(digest + signer.encode()).hexdigest()
        return account, f"0x{tag}"

    def _speaker(self, digest: bytes, envelope: Envelope, now_ms: int) -> tuple[Account, str]:
        first = None
        for network in self._networks:
            signer = l1_signer(digest, envelope.signature, network)
            account = account_of(self._books, signer, now_ms)
            if account is not None:
                return account, signer
            first = first or signer
        raise Refused(f"User or API Wallet {first} does not exist.")

    def _spend_request(self, account: Account, action: Action, now_ms: int) -> None:
        cap = REQUESTS_FREE + int(account.volume)
        waited = now_ms - account.last_action_ms
        if account.requests >= cap and waited < STARVED_INTERVAL_MS:
            raise Refused(
                f"Too many cumulative requests sent ({account.requests} > {cap}) for cumulative "
                f"volume traded ${account.volume:.2f}. "
                "Place taker orders to free up 1 request per USDC traded."
            )
        account.requests += batch_size(action)
        account.last_action_ms = now_ms
        self._books.save_account(account)

    def _do_user_signed(self, account: Account, action: UserSigned, now_ms: int) -> Reply:
        mark = self._mark_at(now_ms)
        match action:
            case Withdraw():
                self._treasury.withdraw(
                    account,
                    destination=action.destination,
                    amount=parsed(action.amount),
                    nonce=action.time,
                    mark=mark,
                    at_ms=now_ms,
                )
            case UsdSend():
                self._treasury.send(
                    account,
                    destination=action.destination,
                    amount=parsed(action.amount),
                    mark=mark,
                    at_ms=now_ms,
                )
            case UsdClassTransfer():
                self._class_transfer(account, action, mark, now_ms)
            case ApproveAgent():
                approve_agent(
                    self._books,
                    account,
                    address=action.agent_address,
                    name=action.agent_name,
                    now_ms=now_ms,
                )
            case UserSetAbstraction():
                if action.user.lower() != account.address:
                    raise Refused("Invalid user for abstraction change.")
                self._set_abstraction(account, action.abstraction)
            case _:
                assert_never(action)
        return _done()

    def _class_transfer(
        self, account: Account, action: UsdClassTransfer, mark: MarkOf, now_ms: int
    ) -> None:
        if "subaccount:" in action.amount:
            raise Refused("Vault may not perform this action.")
        try:
            amount = parsed(action.amount)
        except ValueError:
            raise Refused("Invalid amount.") from None
        self._treasury.class_transfer(
            account, amount=amount, to_perp=action.to_perp, mark=mark, at_ms=now_ms
        )

    def _set_abstraction(self, account: Account, mode: str) -> None:
        if mode != "disabled":
            raise Refused("Abstraction mode is not offered here: only separate balances are.")
        account.abstraction = mode
        self._books.save_account(account)

    def _do_trading(self, account: Account, action: Action, now_ms: int, digest: str) -> Reply:
        match action:
            case PlaceOrders():
                statuses = [self._place(account, o, now_ms, digest) for o in action.orders]
                return _done("order", statuses)
            case Cancel():
                found = [self._books.orders.get(c.oid) for c in action.cancels]
                assets = [c.asset for c in action.cancels]
                return _done("cancel", self._cancel(account, found, assets, now_ms))
            case CancelByCloid():
                address = account.address
                found = [
                    self._books.order_by_cloid(address, c.cloid.lower()) for c in action.cancels
                ]
                assets = [c.asset for c in action.cancels]
                return _done("cancel", self._cancel(account, found, assets, now_ms))
            case BatchModify():
                return _done(
                    "order",
                    [
                        self._modify(account, modify.oid, modify.order, now_ms, digest)
                        for modify in action.modifies
                    ],
                )
            case Modify():
                status = self._modify(account, action.oid, action.order, now_ms, digest)
                if "error" in status:
                    raise Refused(str(status["error"]))
            case ScheduleCancel():
                self._schedule_cancel(account, action, now_ms)
            case UpdateLeverage():
                leverage.update_leverage(
                    self._books,
                    account,
                    _asset(action.asset),
                    is_cross=action.is_cross,
                    value=action.leverage,
                    mark=self._mark_at(now_ms),
                )
            case UpdateIsolatedMargin():
                leverage.update_isolated_margin(
                    self._books,
                    account,
                    _asset(action.asset),
                    amount=Decimal(action.ntli).scaleb(-6),
                    mark=self._mark_at(now_ms),
                )
            case AgentSetAbstraction():
                modes = {"i": "disabled", "u": "unifiedAccount", "p": "portfolioMargin"}
                self._set_abstraction(account, modes[action.abstraction])
            case VaultTransfer():
                raise Refused(f"Vault not registered: {action.vault_address.lower()}")
            case SubAccountTransfer():
                target = action.sub_account_user.lower()
                raise Refused(f"Invalid sub-account transfer from {account.address} to {target}")
            case Noop():
                pass
        return _done()

    def _place(self, account: Account, order: OrderWire, now_ms: int, digest: str) -> Status:
        limit = order.kind.limit
        if limit is UNSET:
            return {"error": f"Trigger orders are not offered here. asset={order.asset}"}
        request = OrderRequest(
            asset_index=order.asset,
            is_buy=order.is_buy,
            limit=parsed(order.price),
            size=parsed(order.size),
            reduce_only=order.reduce_only,
            tif=limit.tif,
            cloid=order.cloid or None,
        )
        return self._desk.place(account, request, at_ms=now_ms, action_hash=digest)

    def _cancel(
        self, account: Account, found: list[Order | None], assets: list[int], now_ms: int
    ) -> list[object]:
        statuses: list[object] = []
        for order, asset in zip(found, assets, strict=True):
            coin = UNIVERSE[asset].name if asset < len(UNIVERSE) else None
            is_mine = order is not None and order.address == account.address and order.coin == coin
            if is_mine and self._desk.cancel(order, at_ms=now_ms):
                statuses.append("success")
            else:
                statuses.append({"error": f"{NOT_OPEN} asset={asset}"})
        return statuses

    def _modify(
        self, account: Account, which: int | str, order: OrderWire, now_ms: int, digest: str
    ) -> Status:
        if isinstance(which, str):
            old = self._books.order_by_cloid(account.address, which.lower())
        else:
            old = self._books.orders.get(which)
        if (
            old is None
            or old.address != account.address
            or not self._desk.cancel(old, at_ms=now_ms)
        ):
            return {"error": "Cannot modify canceled or filled order"}
        return self._place(account, order, now_ms, digest)

    def _schedule_cancel(self, account: Account, action: ScheduleCancel, now_ms: int) -> None:
        if account.volume < SCHEDULE_VOLUME:
            raise Refused(
                "Cannot set scheduled cancel time until enough volume traded. "
                f"Required: ${SCHEDULE_VOLUME}. Traded: ${account.volume:.2f}."
            )
        if isinstance(action.time, int) and action.time < now_ms + SCHEDULE_AHEAD_MS:
            raise Refused("Scheduled cancel time must be at least 5 seconds in the future.")
        account.cancel_at_ms = action.time if isinstance(action.time, int) else None
        self._books.save_account(account)

    def _mark_at(self, now_ms: int) -> MarkOf:
        return lambda coin: self._quotes.mark(coin, now_ms)


def _asset(index: int) -> Asset:
    if index >= len(UNIVERSE):
        raise Refused(f"Invalid asset: {index}")
    return UNIVERSE[index]


def _done(kind: str = "default", statuses: Sequence[object] | None = None) -> Reply:
    response: dict[str, object] = {"type": kind}
    if statuses is not None:
        response["data"] = {"statuses": list(statuses)}
    return {"status": "ok", "response": response}
