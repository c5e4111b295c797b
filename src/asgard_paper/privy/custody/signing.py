"""Keys and signatures: every private key is derived from the world's seed and the wallet's id."""

import base64
from collections.abc import Mapping

from eth_abi.exceptions import EncodingError
from eth_account import Account
from eth_account.messages import encode_defunct, encode_typed_data
from eth_keys.datatypes import PrivateKey
from eth_utils.address import to_checksum_address
from eth_utils.exceptions import ValidationError
from solders.keypair import Keypair
from solders.message import to_bytes_versioned
from solders.transaction import VersionedTransaction

from asgard_paper.privy.facts.ethereum import EthereumTransaction
from asgard_paper.privy.facts.solana import SolanaTransaction
from asgard_paper.privy.facts.typed_data import TypedData
from asgard_paper.privy.ids import Secrets
from asgard_paper.privy.refusals import INVALID_DATA, Refusal

SECP256K1_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
GAS_NAMES = {
    "nonce": "nonce",
    "gas_limit": "gas",
    "gas_price": "gasPrice",
    "max_fee_per_gas": "maxFeePerGas",
    "max_priority_fee_per_gas": "maxPriorityFeePerGas",
}
GAS_OF_KIND = {
    0: ("nonce", "gas_limit", "gas_price"),
    1: ("nonce", "gas_limit", "gas_price"),
    2: ("nonce", "gas_limit", "max_fee_per_gas", "max_priority_fee_per_gas"),
}
UNENCODABLE = (
    EncodingError,
    ValidationError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    RecursionError,
)


class EthereumKey:
    """A secp256k1 key."""

    def __init__(self, secrets: Secrets, wallet_id: str) -> None:
        number = int.from_bytes(secrets.derive(f"wallet:{wallet_id}"), "big")
        self._key = (number % (SECP256K1_ORDER - 1) + 1).to_bytes(32, "big")

    @property
    def address(self) -> str:
        """EIP-55 address."""
        return str(Account.from_key(self._key).address)

    @property
    def public_key(self) -> str:
        """Compressed public key, hex."""
        return str(PrivateKey(self._key).public_key.to_compressed_bytes().hex())

    def exported(self) -> str:
        """The private key as the service hands it out: hex."""
        return self._key.hex()

    def sign_transaction(self, transaction: EthereumTransaction) -> str:
        """The signed RLP, 0x hex; raises Refusal 400 if gas or nonce fields are missing."""
        fields: dict[str, object] = {
            "value": transaction.value,
            "data": transaction.data,
            "chainId": transaction.chain_id,
        }
        if transaction.kind:
            fields["type"] = transaction.kind
        if transaction.to is not None:
            fields["to"] = to_checksum_address(transaction.to)
        for name in GAS_OF_KIND[transaction.kind]:
            if name not in transaction.quantities:
                raise Refusal(400, f"Transaction field {name} is required", INVALID_DATA)
            fields[GAS_NAMES[name]] = transaction.quantities[name]
        signed = Account.sign_transaction(fields, self._key)
        return "0x" + bytes(signed.raw_transaction).hex()

    def sign_typed_data(self, data: TypedData) -> str:
        """The 65-byte EIP-712 signature, 0x hex; raises Refusal 400 if it cannot be encoded."""
        # Types the message does not use are no part of the hash, and the encoder stumbles on them.
        used = {"EIP712Domain", *data.reachable()}
        types = {
            struct: [{"name": name, "type": kind} for name, kind in members]
            for struct, members in data.types.items()
            if struct in used
        }
        if "EIP712Domain" not in types:
            types["EIP712Domain"] = _domain_types(data.domain)
        whole = {
            "domain": dict(data.domain),
            "types": types,
            "primaryType": data.primary_type,
            "message": dict(data.message),
        }
        try:
            message = encode_typed_data(full_message=whole)
        except UNENCODABLE as error:
            raise Refusal(400, f"Invalid typed data: {error}", INVALID_DATA) from error
        return _hex(Account.sign_message(message, self._key).signature)

    def sign_message(self, message: bytes) -> str:
        """The 65-byte EIP-191 signature, 0x hex."""
        return _hex(Account.sign_message(encode_defunct(message), self._key).signature)

    def sign_hash(self, digest: bytes) -> str:
        """The 65-byte signature over 32 bytes, 0x hex."""
        return _hex(Account.unsafe_sign_hash(digest, self._key).signature)


class SolanaKey:
    """An ed25519 key."""

    def __init__(self, secrets: Secrets, wallet_id: str) -> None:
        self._keypair = Keypair.from_seed(secrets.derive(f"wallet:{wallet_id}"))

    @property
    def address(self) -> str:
        """Base58 public key."""
        return str(self._keypair.pubkey())

    def exported(self) -> str:
        """The private key as the service hands it out: base58 of 64 bytes."""
        return str(self._keypair)

    def sign_transaction(self, transaction: SolanaTransaction) -> str:
        """The transaction with our slot filled and the others untouched, base64.

        Raises Refusal 400 if this wallet is not among the required signers.
        """
        if self.address not in transaction.signers:
            raise Refusal(400, "Wallet is not a required signer", INVALID_DATA)
        message = transaction.parsed.message
        signatures = list(transaction.parsed.signatures)
        slot = transaction.signers.index(self.address)
        signatures[slot] = self._keypair.sign_message(to_bytes_versioned(message))
        return base64.b64encode(bytes(VersionedTransaction.populate(message, signatures))).decode()

    def sign_message(self, message: bytes) -> str:
        """The signature over the raw bytes, base64."""
        return base64.b64encode(bytes(self._keypair.sign_message(message))).decode()


def _domain_types(domain: Mapping[str, object]) -> list[dict[str, str]]:
    kinds = (
        ("name", "string"),
        ("version", "string"),
        ("chainId", "uint256"),
        ("verifyingContract", "address"),
        ("salt", "bytes32"),
    )
    return [{"name": name, "type": kind} for name, kind in kinds if name in domain]


def _hex(signature: bytes) -> str:
    return "0x" + bytes(signature).hex()
