"""Everything that is signed: orders, leverage, margin, agents."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec

from asgard_basis.adapters.hyperliquid import parse, wire
from asgard_basis.adapters.hyperliquid.accounts import Accounts, address_of
from asgard_basis.adapters.hyperliquid.client import HyperliquidClient
from asgard_basis.adapters.hyperliquid.errors import KEY_IN_USE, empty_status, refusal
from asgard_basis.adapters.hyperliquid.signing import (
    APPROVE_AGENT,
    SIGNATURE_CHAIN_ID,
    chain_name,
    trading_action,
    user_signed_action,
)
from asgard_basis.domain.errors import ErrorCode, OutcomeUnknown, Refused
from asgard_basis.domain.money import to_native
from asgard_basis.domain.position.legs import OrderResult
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.coordination import NonceSource
from asgard_basis.ports.venues import PerpOrder, PerpTrader
from asgard_basis.ports.wallets import EvmSigner

AGENT_NAME = "asgard"
"""Named, because a later unnamed approval would replace an unnamed agent."""
ORDER_EXPIRY_SECONDS = 15
"""Shorter than the port's ORDER_LIFETIME, which adds room for clocks that differ."""

_USDC_DECIMALS = 6


class Trading:
    """Signed actions, each sent once under its own nonce."""

    def __init__(
        self,
        *,
        client: HyperliquidClient,
        accounts: Accounts,
        signer: EvmSigner,
        nonces: NonceSource,
        clock: Clock,
        is_mainnet: bool,
    ) -> None:
        self._client = client
        self._accounts = accounts
        self._signer = signer
        self._nonces = nonces
        self._clock = clock
        self._is_mainnet = is_mainnet

    async def approve_agent(self, trader: PerpTrader) -> None:
        """Approve by the account's own wallet; what is already so is success."""
        if await self._accounts.agent_is_valid(trader):
            return
        nonce = await self._nonce(trader.account.address)
        action = {
            "type": "approveAgent",
            "signatureChainId": SIGNATURE_CHAIN_ID,
            "hyperliquidChain": chain_name(is_mainnet=self._is_mainnet),
            "agentAddress": address_of(trader.agent.address),
            "agentName": AGENT_NAME,
            "nonce": nonce,
        }
        signature = await self._signer.sign_typed_data(
            trader.account, user_signed_action(action, primary_type=APPROVE_AGENT)
        )
        try:
            await self._client.exchange(
                action, nonce=nonce, signature=signature, otherwise=ErrorCode.HYPERLIQUID_API
            )
        except (Refused, OutcomeUnknown):
            if not await self._accounts.agent_is_valid(trader):
                raise

    async def set_isolated_leverage(self, trader: PerpTrader, leverage: int) -> None:
        """Isolated at that leverage; what is already so is success."""
        listing = await self._client.listing()
        action = {
            "type": "updateLeverage",
            "asset": listing.asset,
            "isCross": False,
            "leverage": leverage,
        }
        try:
            await self._send(trader, action, otherwise=ErrorCode.HYPERLIQUID_LEVERAGE)
        except (Refused, OutcomeUnknown) as error:
            if error.code.category != "HYPERLIQUID":
                raise
            user = address_of(trader.account.address)
            now = await self._client.info(
                wire.ActiveAssetData, "activeAssetData", user=user, coin=parse.COIN
            )
            if (now.leverage.type, now.leverage.value) != ("isolated", leverage):
                raise

    async def add_margin(self, trader: PerpTrader, amount_usdc: Decimal) -> None:
        """Into (or, negative, out of) the isolated position; fractions of 1e-6 are dropped."""
        size = to_native(abs(amount_usdc), _USDC_DECIMALS)
        if size == 0:
            raise Refused(ErrorCode.SIZE_TOO_SMALL, "margin changes are at least 0.000001 USDC")
        listing = await self._client.listing()
        action = {
            "type": "updateIsolatedMargin",
            "asset": listing.asset,
            "isBuy": True,
            "ntli": size if amount_usdc > 0 else -size,
        }
        await self._send(trader, action, otherwise=ErrorCode.HYPERLIQUID_MARGIN)

    async def place(self, trader: PerpTrader, order: PerpOrder) -> OrderResult:
        """Send one order, void when it is delayed for more than its expiry."""
        # From here on, not from when it is signed: callers count its lifetime from their call.
        expires_after = self._expiry()
        listing = await self._client.listing()
        action = parse.order_action(
            order, asset=listing.asset, size_decimals=listing.coin.sz_decimals
        )
        response = await self._send(
            trader, action, otherwise=ErrorCode.HYPERLIQUID_ORDER, expires_after=expires_after
        )
        return _order_result(response)

    async def _send(
        self,
        trader: PerpTrader,
        action: Mapping[str, object],
        *,
        otherwise: ErrorCode,
        expires_after: int | None = None,
    ) -> Any:
        nonce = await self._nonce(trader.agent.address)
        data = trading_action(
            action, nonce=nonce, is_mainnet=self._is_mainnet, expires_after=expires_after
        )
        signature = await self._signer.sign_typed_data(trader.agent, data)
        return await self._client.exchange(
            action,
            nonce=nonce,
            signature=signature,
            expires_after=expires_after,
            otherwise=otherwise,
        )

    async def _nonce(self, signer: str) -> int:
        return await self._nonces.next(
            address_of(signer), at_least=parse.milliseconds(self._clock.now())
        )

    def _expiry(self) -> int:
        """Market time after so many host seconds, for the venue judges it in market time."""
        market_seconds = ORDER_EXPIRY_SECONDS * max(1.0, self._clock.speed)
        return parse.milliseconds(self._clock.now()) + int(market_seconds * 1000)


def _order_result(response: Any) -> OrderResult:
    """What a single order came to; anything unclear is an unknown outcome."""
    try:
        (outcome,) = msgspec.convert(response, wire.OrderResponse, strict=False).data.statuses
    except (ValueError, msgspec.ValidationError) as error:
        raise _unclear() from error
    if isinstance(outcome, str):
        raise _unclear()
    if outcome.filled is not None:
        filled = outcome.filled
        return OrderResult(filled.oid, filled.total_sz, filled.avg_px, "filled")
    if outcome.error is None:
        raise _unclear()
    if outcome.error.startswith(KEY_IN_USE):
        raise _unclear()  # Something was done under this key: it can be looked up.
    status = empty_status(outcome.error)
    if status is None:
        raise refusal(outcome.error, otherwise=ErrorCode.HYPERLIQUID_ORDER)
    return OrderResult(None, Decimal(0), None, status, outcome.error)


def _unclear() -> OutcomeUnknown:
    return OutcomeUnknown(
        ErrorCode.HYPERLIQUID_UNKNOWN, "Hyperliquid did not say what the order came to"
    )
