"""Everything that is signed: orders, leverage, margin, agents."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec

from asgard_basis.adapters.hyperliquid import parse, wire
from asgard_basis.adapters.hyperliquid.accounts import Accounts, address_of
from asgard_basis.adapters.hyperliquid.client import HyperliquidClient
from asgard_basis.adapters.hyperliquid.errors import (
    KEY_IN_USE,
    empty_status,
    is_about_the_number,
    is_number_taken,
    is_number_used,
    refusal,
)
from asgard_basis.adapters.hyperliquid.nonces import ActionNonces
from asgard_basis.adapters.hyperliquid.signing import (
    APPROVE_AGENT,
    SIGNATURE_CHAIN_ID,
    chain_name,
    trading_action,
    user_signed_action,
)
from asgard_basis.domain.errors import (
    DomainError,
    ErrorCode,
    OutcomeUnknown,
    Refused,
    Unavailable,
)
from asgard_basis.domain.identifiers import EvmAddress
from asgard_basis.domain.money import to_native
from asgard_basis.domain.position.legs import OrderResult
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.coordination import NonceSource
from asgard_basis.ports.venues import ActionNonce, PerpOrder, PerpTrader
from asgard_basis.ports.wallets import EvmSigner

AGENT_NAME = "asgard"
"""Named, because a later unnamed approval would replace an unnamed agent."""
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
        self._nonces = ActionNonces(client=client, nonces=nonces, clock=clock)
        self._is_mainnet = is_mainnet

    async def reserve(self, trader: PerpTrader) -> ActionNonce:
        """A number of its own for the agent's next action."""
        return await self._nonces.reserve(trader.agent.address)

    async def approve_agent(self, trader: PerpTrader) -> None:
        """Approve by the account's own wallet; what is already so is success."""
        if await self._accounts.agent_is_valid(trader):
            return
        nonce = (await self._nonces.reserve(trader.account.address)).number
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

    async def isolated_leverage(self, user: EvmAddress) -> int | None:
        """The setting for SOL-PERP; None while it is cross."""
        now = await self._client.info(
            wire.ActiveAssetData, "activeAssetData", user=address_of(user), coin=parse.COIN
        )
        return now.leverage.value if now.leverage.type == "isolated" else None

    async def set_isolated_leverage(
        self, trader: PerpTrader, leverage: int, nonce: ActionNonce | None
    ) -> None:
        """Isolated at that leverage; what is already so is success."""
        listing = await self._client.listing()
        action = {
            "type": "updateLeverage",
            "asset": listing.asset,
            "isCross": False,
            "leverage": leverage,
        }
        try:
            await self._send(trader, action, nonce, otherwise=ErrorCode.HYPERLIQUID_LEVERAGE)
        except (Refused, OutcomeUnknown) as error:
            if error.code.category != "HYPERLIQUID":
                raise
            if await self.isolated_leverage(EvmAddress(trader.account.address)) != leverage:
                raise

    async def add_margin(
        self, trader: PerpTrader, amount_usdc: Decimal, nonce: ActionNonce | None
    ) -> None:
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
        await self._send(trader, action, nonce, otherwise=ErrorCode.HYPERLIQUID_MARGIN)

    async def place(
        self, trader: PerpTrader, order: PerpOrder, nonce: ActionNonce | None
    ) -> OrderResult:
        """Send one order, void when it is delayed for more than its expiry."""
        # From here on, not from when it is signed: callers count its lifetime from their call.
        nonce = nonce or await self.reserve(trader)
        listing = await self._client.listing()
        action = parse.order_action(
            order, asset=listing.asset, size_decimals=listing.coin.sz_decimals
        )
        response = await self._send(trader, action, nonce, otherwise=ErrorCode.HYPERLIQUID_ORDER)
        return _order_result(response)

    async def void(self, trader: PerpTrader, number: int) -> bool:
        """Send nothing under a number; False when the venue says that it was used before."""
        # Without an expiry: whenever it arrives it can only do what it is for.
        try:
            await self._exchange(
                trader,
                {"type": "noop"},
                number=number,
                expires_after=None,
                otherwise=ErrorCode.HYPERLIQUID_API,
            )
        except DomainError as error:
            if is_number_used(error):
                return False
            raise
        return True

    async def _send(
        self,
        trader: PerpTrader,
        action: Mapping[str, object],
        nonce: ActionNonce | None,
        *,
        otherwise: ErrorCode,
    ) -> Any:
        """Send an action under its number, until it expires.

        A refusal of the number says nothing of the action: an earlier copy may have used it.
        """
        nonce = nonce or await self.reserve(trader)
        try:
            return await self._exchange(
                trader,
                action,
                number=nonce.number,
                expires_after=nonce.expires_at_ms,
                otherwise=otherwise,
            )
        except Unavailable as error:
            if not is_about_the_number(error):
                raise
            if not is_number_taken(error):
                self._nonces.doubt()
            raise OutcomeUnknown(
                ErrorCode.HYPERLIQUID_UNKNOWN, error.message, error.details
            ) from error

    async def _exchange(
        self,
        trader: PerpTrader,
        action: Mapping[str, object],
        *,
        number: int,
        expires_after: int | None,
        otherwise: ErrorCode,
    ) -> Any:
        data = trading_action(
            action, nonce=number, is_mainnet=self._is_mainnet, expires_after=expires_after
        )
        signature = await self._signer.sign_typed_data(trader.agent, data)
        return await self._client.exchange(
            action,
            nonce=number,
            signature=signature,
            expires_after=expires_after,
            otherwise=otherwise,
        )


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
