"""A venue on a hand-moved market, with traders who sign."""

from decimal import Decimal
from typing import Any

from eth_account import Account as Key
from hyperliquid.utils.signing import (
    sign_agent,
    sign_l1_action,
    sign_usd_class_transfer_action,
    sign_withdraw_from_bridge_action,
)

from asgard_paper.hyperliquid.engine import HyperliquidEngine
from asgard_paper.hyperliquid.info import Info
from asgard_paper.hyperliquid.wire.actions import decode_envelope
from asgard_paper.kernel.store import MemoryStore, Store
from tests.unit.paper.hyperliquid.market import HandClock, HandMarket

SOL = 5


class Venue:
    """The engine and everything a test turns."""

    def __init__(self, *, store: Store | None = None, **options: Any) -> None:
        self.clock = options.pop("clock", None) or HandClock()
        self.market = options.pop("market", None) or HandMarket()
        self.store = store or MemoryStore()
        self.engine = HyperliquidEngine(
            clock=self.clock, market=self.market, store=self.store, seed=7, **options
        )
        self.info = Info(self.engine)
        self._deposits = 0

    def pass_time(self, milliseconds: int) -> None:
        self.clock.now += milliseconds
        self.engine.advance()

    def deposit(self, address: str, amount: str) -> bool:
        self._deposits += 1
        return self.engine.credit_deposit(
            address=address,
            amount_usdc=Decimal(amount),
            transaction_hash=f"0x{self._deposits:064x}",
            log_index=0,
        )

    def ask(self, kind: str, **request: Any) -> Any:
        self.engine.advance()
        return self.info.answer({"type": kind, **request})

    def send(self, envelope: dict[str, Any]) -> Any:
        return self.engine.execute(decode_envelope(envelope))


class Trader:
    """A key with its own nonces, signing with the official SDK's functions."""

    def __init__(self, venue: Venue, number: int = 1, *, funded: str | None = "1000") -> None:
        self.venue = venue
        self.key = Key.from_key(f"0x{number:064x}")
        self.address = self.key.address.lower()
        self._nonce = venue.clock.now
        if funded is not None:
            venue.deposit(self.address, funded)

    def nonce(self) -> int:
        self._nonce = max(self._nonce + 1, self.venue.clock.now)
        return self._nonce

    def envelope(
        self,
        action: dict[str, Any],
        *,
        nonce: int | None = None,
        vault: str | None = None,
        expires_after: int | None = None,
    ) -> dict[str, Any]:
        nonce = nonce or self.nonce()
        signature = sign_l1_action(self.key, action, vault, nonce, expires_after, True)
        return {
            "action": action,
            "nonce": nonce,
            "signature": signature,
            "vaultAddress": vault,
            "expiresAfter": expires_after,
        }

    def do(self, action: dict[str, Any], **options: Any) -> Any:
        return self.venue.send(self.envelope(action, **options))

    def order(self, side: str, size: str, price: str, **options: Any) -> Any:
        """One order; the answer is its status, or the whole answer if that was refused."""
        tif = options.pop("tif", "Ioc")
        order = {
            "a": options.pop("asset", SOL),
            "b": side == "buy",
            "p": price,
            "s": size,
            "r": options.pop("reduce_only", False),
            "t": {"limit": {"tif": tif}},
        }
        cloid = options.pop("cloid", None)
        if cloid is not None:
            order["c"] = cloid
        answer = self.do({"type": "order", "orders": [order], "grouping": "na"}, **options)
        if answer["status"] == "err":
            return answer
        return answer["response"]["data"]["statuses"][0]

    def set_leverage(self, value: int, *, is_cross: bool = True) -> Any:
        return self.do(
            {"type": "updateLeverage", "asset": SOL, "isCross": is_cross, "leverage": value}
        )

    def withdraw(self, amount: str, destination: str | None = None) -> Any:
        nonce = self.nonce()
        action = {
            "type": "withdraw3",
            "destination": destination or self.address,
            "amount": amount,
            "time": nonce,
        }
        signature = sign_withdraw_from_bridge_action(self.key, action, True)
        return self.venue.send({"action": action, "nonce": nonce, "signature": signature})

    def class_transfer(self, amount: str, *, to_perp: bool) -> Any:
        nonce = self.nonce()
        action = {
            "type": "usdClassTransfer",
            "amount": amount,
            "toPerp": to_perp,
            "nonce": nonce,
        }
        signature = sign_usd_class_transfer_action(self.key, action, True)
        return self.venue.send({"action": action, "nonce": nonce, "signature": signature})

    def approve_agent(self, address: str, name: str | None = None) -> Any:
        nonce = self.nonce()
        action = {
            "type": "approveAgent",
            "agentAddress": address,
            "agentName": name or "",
            "nonce": nonce,
        }
        signature = sign_agent(self.key, action, True)
        if name is None:
            del action["agentName"]
        return self.venue.send({"action": action, "nonce": nonce, "signature": signature})

    def state(self) -> Any:
        return self.venue.ask("clearinghouseState", user=self.address)

    def position(self) -> Any:
        positions = self.state()["assetPositions"]
        return positions[0]["position"] if positions else None
