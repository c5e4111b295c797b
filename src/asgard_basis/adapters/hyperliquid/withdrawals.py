"""USDC out of Hyperliquid over its bridge, to the wallet on Arbitrum that owns the account.

`withdraw3` is signed field by field by that wallet, and its `time` is the nonce: the venue takes it
once, so the same signed bytes may be sent again for as long as nobody knows what became of them.
The venue keeps 1 USDC; its ledger row `withdraw` carries nonce and fee.
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from asgard_basis.adapters.http import HttpClient
from asgard_basis.adapters.hyperliquid import wire
from asgard_basis.adapters.hyperliquid.accounts import address_of
from asgard_basis.adapters.hyperliquid.client import HyperliquidClient
from asgard_basis.adapters.hyperliquid.errors import is_about_the_number
from asgard_basis.adapters.hyperliquid.nonces import ActionNonces
from asgard_basis.adapters.hyperliquid.signing import (
    SIGNATURE_CHAIN_ID,
    WITHDRAW,
    chain_name,
    user_signed_action,
)
from asgard_basis.adapters.metering import Meter
from asgard_basis.domain.errors import DomainError, ErrorCode, OutcomeUnknown, Refused, Unavailable
from asgard_basis.domain.money import plain
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.coordination import NonceSource
from asgard_basis.ports.rail import SignedWithdrawal
from asgard_basis.ports.wallets import EvmSigner, Wallet

_BRIDGE = "bridge"
_CLOCKS_DIFFER = timedelta(hours=1)
"""The ledger is looked through from so long before the number, which is a time of the venue."""


class HyperliquidWithdrawals:
    """Implements `Withdrawals`."""

    def __init__(
        self,
        *,
        http: HttpClient,
        signer: EvmSigner,
        nonces: NonceSource,
        clock: Clock,
        is_mainnet: bool = True,
        meter: Meter | None = None,
    ) -> None:
        self._client = HyperliquidClient(http, meter)
        self._signer = signer
        self._nonces = ActionNonces(client=self._client, nonces=nonces, clock=clock)
        self._is_mainnet = is_mainnet

    async def is_open(self) -> bool:
        """See Withdrawals."""
        try:
            routes = await self._client.info(wire.UsdcRouting, "usdcRouting")
        except (Refused, Unavailable):
            return False
        return (routes.deposit_route, routes.withdrawal_route) == (_BRIDGE, _BRIDGE)

    async def prepare(self, wallet: Wallet, amount_usdc: Decimal) -> SignedWithdrawal:
        """See Withdrawals."""
        nonce = (await self._nonces.reserve(wallet.address)).number
        action = self._action(wallet, amount_usdc, nonce)
        signature = await self._signer.sign_typed_data(
            wallet, user_signed_action(action, primary_type=WITHDRAW)
        )
        return SignedWithdrawal(amount_usdc, nonce, "0x" + signature.hex())

    async def send(self, wallet: Wallet, withdrawal: SignedWithdrawal) -> None:
        """See Withdrawals."""
        try:
            await self._client.exchange(
                self._action(wallet, withdrawal.amount_usdc, withdrawal.nonce),
                nonce=withdrawal.nonce,
                signature=bytes.fromhex(withdrawal.signature.removeprefix("0x")),
                otherwise=ErrorCode.HYPERLIQUID_API,
            )
        except (Refused, Unavailable) as error:
            # Refused for its number: it may have been taken before. Anything else is about now.
            if is_about_the_number(error):
                raise _unknown(error) from error
            raise

    async def fee_paid(self, wallet: Wallet, withdrawal: SignedWithdrawal) -> Decimal | None:
        """See Withdrawals; one page is enough for an hour of one account."""
        since = datetime.fromtimestamp(withdrawal.nonce / 1000, UTC) - _CLOCKS_DIFFER
        rows = await self._client.info(
            list[wire.LedgerRow],
            "userNonFundingLedgerUpdates",
            user=address_of(wallet.address),
            startTime=int(since.timestamp() * 1000),
        )
        for row in rows:
            if row.delta.type == "withdraw" and row.delta.nonce == withdrawal.nonce:
                return row.delta.fee or Decimal(0)
        return None

    def _action(self, wallet: Wallet, amount_usdc: Decimal, nonce: int) -> dict[str, object]:
        return {
            "type": "withdraw3",
            "signatureChainId": SIGNATURE_CHAIN_ID,
            "hyperliquidChain": chain_name(is_mainnet=self._is_mainnet),
            "destination": address_of(wallet.address),
            "amount": plain(amount_usdc),
            "time": nonce,
        }


def _unknown(error: DomainError) -> OutcomeUnknown:
    return OutcomeUnknown(ErrorCode.HYPERLIQUID_UNKNOWN, error.message, error.details)
