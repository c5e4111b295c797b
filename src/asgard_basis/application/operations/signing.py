"""Signatures leave a line in the audit log before they are asked for; without it none is made."""

from dataclasses import asdict

from asgard_basis.application.operations.audit import (
    payload_hash,
    signature_entry,
    with_market_time,
)
from asgard_basis.application.operations.duty import present_duty
from asgard_basis.domain.errors import OutcomeUnknown, Unavailable
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.unit_of_work import Transactions
from asgard_basis.ports.wallets import (
    EvmSigner,
    EvmTransaction,
    SolanaSigner,
    TypedData,
    Wallet,
)


class SignatureLog:
    """Writes what is about to be signed, for whom and for what."""

    def __init__(self, transactions: Transactions, clock: Clock) -> None:
        self._transactions = transactions
        self._clock = clock

    async def write(self, wallet: Wallet, what: str, digest: str) -> None:
        """One line, committed; raises what a unit of work raises, and nothing is signed then."""
        body = {
            "what": what,
            "sha256": digest,
            "wallet": wallet.role.value,
            "address": wallet.address,
        }
        duty = present_duty()
        begin = (
            self._transactions.for_system()
            if duty is None
            else self._transactions.for_user(duty.user_id)
        )
        try:
            async with begin as work:
                entry = signature_entry(self._clock.host(), body)
                await work.audit.append(with_market_time(entry, self._clock.now()))
        except OutcomeUnknown as error:
            # A line too many does no harm; that nothing was signed is certain.
            raise Unavailable(error.code, f"nothing was signed: {error.message}") from error


class LoggedEvmSigner:
    """Implements EvmSigner over another one."""

    def __init__(self, signer: EvmSigner, log: SignatureLog) -> None:
        self._signer = signer
        self._log = log

    async def sign_transaction(self, wallet: Wallet, transaction: EvmTransaction) -> bytes:
        """See EvmSigner."""
        await self._log.write(wallet, "transaction on Arbitrum", payload_hash(asdict(transaction)))
        return await self._signer.sign_transaction(wallet, transaction)

    async def sign_typed_data(self, wallet: Wallet, data: TypedData) -> bytes:
        """See EvmSigner."""
        payload = {
            "domain": dict(data.domain),
            "types": dict(data.types),
            "primary_type": data.primary_type,
            "message": dict(data.message),
        }
        await self._log.write(wallet, f"typed data {data.primary_type}", payload_hash(payload))
        return await self._signer.sign_typed_data(wallet, data)


class LoggedSolanaSigner:
    """Implements SolanaSigner over another one."""

    def __init__(self, signer: SolanaSigner, log: SignatureLog) -> None:
        self._signer = signer
        self._log = log

    async def sign_transaction(self, wallet: Wallet, transaction: bytes) -> bytes:
        """See SolanaSigner."""
        await self._log.write(wallet, "transaction on Solana", payload_hash(transaction))
        return await self._signer.sign_transaction(wallet, transaction)
