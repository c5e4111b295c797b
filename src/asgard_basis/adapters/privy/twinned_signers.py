"""Signers that ask Privy for nothing our own policies would not allow (invariant I-8)."""

from collections.abc import Awaitable, Callable

from asgard_basis.adapters.privy.policies import Pins, PolicyCaps, Rule, rules_for
from asgard_basis.adapters.privy.policy_twin import (
    solana_allowed,
    transaction_allowed,
    typed_data_allowed,
)
from asgard_basis.domain.errors import ErrorCode, Refused
from asgard_basis.domain.identifiers import EvmAddress
from asgard_basis.ports.wallets import (
    EvmSigner,
    EvmTransaction,
    SolanaSigner,
    TypedData,
    Wallet,
    WalletRole,
)


class PolicyTwin:
    """Judges payloads by the rules their wallet has at Privy.

    `agent_of` finds the trading agent that belongs to a user's main wallet, `other_of` the same
    person's wallet on the other chain; None when it is not known: nothing that pins it is allowed
    then.
    """

    def __init__(
        self,
        caps: PolicyCaps,
        agent_of: Callable[[Wallet], Awaitable[EvmAddress | None]],
        other_of: Callable[[Wallet], Awaitable[str | None]] | None = None,
    ) -> None:
        self._caps = caps
        self._agent_of = agent_of
        self._other_of = other_of

    async def rules(self, wallet: Wallet) -> list[Rule]:
        """The rules of a wallet, written anew from our own code."""
        agent = await self._agent_of(wallet) if wallet.role is WalletRole.EVM else None
        other = None
        if self._other_of is not None and self._caps.move_usdc is not None:
            other = await self._other_of(wallet)
        return rules_for(wallet.role, Pins(wallet.address, agent, other), self._caps)


class TwinnedEvmSigner:
    """Implements EvmSigner over another one; asks it for nothing our policies do not allow.

    Raises Refused WAL-0005 with `by: local` in its details.
    """

    def __init__(self, signer: EvmSigner, twin: PolicyTwin) -> None:
        self._signer = signer
        self._twin = twin

    async def sign_transaction(self, wallet: Wallet, transaction: EvmTransaction) -> bytes:
        """See EvmSigner."""
        if not transaction_allowed(await self._twin.rules(wallet), transaction):
            raise _denied(wallet, "transaction")
        return await self._signer.sign_transaction(wallet, transaction)

    async def sign_typed_data(self, wallet: Wallet, data: TypedData) -> bytes:
        """See EvmSigner."""
        if not typed_data_allowed(await self._twin.rules(wallet), data):
            raise _denied(wallet, data.primary_type)
        return await self._signer.sign_typed_data(wallet, data)


class TwinnedSolanaSigner:
    """Implements SolanaSigner as `TwinnedEvmSigner` does the other."""

    def __init__(self, signer: SolanaSigner, twin: PolicyTwin) -> None:
        self._signer = signer
        self._twin = twin

    async def sign_transaction(self, wallet: Wallet, transaction: bytes) -> bytes:
        """See SolanaSigner."""
        if not solana_allowed(await self._twin.rules(wallet), transaction):
            raise _denied(wallet, "transaction")
        return await self._signer.sign_transaction(wallet, transaction)


def _denied(wallet: Wallet, what: str) -> Refused:
    return Refused(
        ErrorCode.POLICY_DENIED,
        f"our own policies forbid this {what}",
        {"by": "local", "wallet": wallet.role.value},
    )
