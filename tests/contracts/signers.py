"""A signer with keys of its own: real signatures without a wallet service."""

from eth_account import Account
from eth_account.messages import encode_typed_data

from asgard_basis.domain.identifiers import WalletId
from asgard_basis.ports.wallets import EvmTransaction, TypedData, Wallet, WalletRole


class LocalEvmSigner:
    """Implements `EvmSigner` for the wallets it has made."""

    def __init__(self) -> None:
        self._keys: dict[str, str] = {}
        self.transactions: list[EvmTransaction] = []
        """What was signed, in order."""

    def wallet(self, role: WalletRole, *, seed: int) -> Wallet:
        """The wallet of a key that is the same for the same seed."""
        key = f"0x{seed:064x}"
        address = Account.from_key(key).address.lower()
        self._keys[address] = key
        return Wallet(WalletId(f"local-{seed}"), role, address, policy_id="none")

    async def sign_transaction(self, wallet: Wallet, transaction: EvmTransaction) -> bytes:
        """The signed raw transaction."""
        self.transactions.append(transaction)
        fields = {
            "type": 2,
            "to": bytes.fromhex(transaction.to[2:]),
            "value": transaction.value,
            "data": transaction.data,
            "nonce": transaction.nonce,
            "gas": transaction.gas_limit,
            "maxFeePerGas": transaction.max_fee_per_gas,
            "maxPriorityFeePerGas": transaction.max_priority_fee_per_gas,
            "chainId": transaction.chain_id,
        }
        signed = Account.sign_transaction(fields, self._keys[wallet.address])
        return bytes(signed.raw_transaction)

    async def sign_typed_data(self, wallet: Wallet, data: TypedData) -> bytes:
        """The 65-byte signature (r, s, v)."""
        message = encode_typed_data(
            full_message={
                "domain": dict(data.domain),
                "types": dict(data.types),
                "primaryType": data.primary_type,
                "message": dict(data.message),
            }
        )
        signed = Account.from_key(self._keys[wallet.address]).sign_message(message)
        return bytes(signed.signature)


class LocalNonces:
    """Implements `NonceSource` for one process."""

    def __init__(self) -> None:
        self.last: dict[str, int] = {}

    async def next(self, signer: str, *, at_least: int) -> int:
        """max(at_least, last + 1)."""
        self.last[signer] = max(at_least, self.last.get(signer, 0) + 1)
        return self.last[signer]
