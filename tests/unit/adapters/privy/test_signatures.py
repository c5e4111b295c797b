"""What comes back from the signing service must be our signature over exactly what we sent."""

import base64
from dataclasses import replace

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data
from privy.lib.authorization import (
    WalletAPIRequestSignatureInput,
    format_request_for_authorization_signature,
    generate_p256_key_pair,
)
from solders.hash import Hash
from solders.keypair import Keypair
from solders.message import MessageV0
from solders.signature import Signature
from solders.system_program import TransferParams, transfer
from solders.transaction import VersionedTransaction

from asgard_basis.adapters.privy.client import AuthorizationKey, authorization_payload
from asgard_basis.adapters.privy.policies import PHANTOM_AGENT
from asgard_basis.adapters.privy.signatures import (
    check_evm_transaction,
    check_solana_transaction,
    check_typed_data,
)
from asgard_basis.domain.errors import DomainError, Refused
from asgard_basis.domain.identifiers import EvmAddress
from asgard_basis.ports.wallets import EvmTransaction, TypedData

KEY = "0x" + "11" * 32
OTHER_KEY = "0x" + "22" * 32
ADDRESS = Account.from_key(KEY).address
SENT = EvmTransaction(
    to=EvmAddress("0x" + "ab" * 20),
    value=0,
    data="0xa9059cbb00",
    nonce=7,
    gas_limit=100_000,
    max_fee_per_gas=10**8,
    max_priority_fee_per_gas=0,
    chain_id=42161,
)


def signed(transaction: EvmTransaction, key: str = KEY) -> bytes:
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
    return bytes(Account.sign_transaction(fields, key).raw_transaction)


def test_our_transaction_passes() -> None:
    check_evm_transaction(signed(SENT), SENT, ADDRESS.lower())


@pytest.mark.parametrize(
    "altered",
    [
        replace(SENT, to=EvmAddress("0x" + "ac" * 20)),
        replace(SENT, value=1),
        replace(SENT, data="0xa9059cbb01"),
        replace(SENT, nonce=8),
        replace(SENT, gas_limit=100_001),
        replace(SENT, max_fee_per_gas=10**9),
        replace(SENT, max_priority_fee_per_gas=1),
        replace(SENT, chain_id=1),
    ],
)
def test_an_altered_transaction_is_refused(altered: EvmTransaction) -> None:
    with pytest.raises(Refused, match="differs"):
        check_evm_transaction(signed(altered), SENT, ADDRESS)


def test_a_transaction_signed_by_another_wallet_is_refused() -> None:
    with pytest.raises(Refused, match="another wallet"):
        check_evm_transaction(signed(SENT, OTHER_KEY), SENT, ADDRESS)


@pytest.mark.parametrize("raw", [b"", b"\x02", b"\x02\xff\xff", b"\x01\x02"])
def test_bytes_that_are_no_transaction_are_refused(raw: bytes) -> None:
    with pytest.raises(Refused):
        check_evm_transaction(raw, SENT, ADDRESS)


TYPED = TypedData(
    domain={
        "name": "Exchange",
        "version": "1",
        "chainId": 1337,
        "verifyingContract": "0x" + "0" * 40,
    },
    types=PHANTOM_AGENT["types"],
    primary_type="Agent",
    message={"source": "a", "connectionId": bytes(range(32))},
)


def typed_signature(data: TypedData, key: str = KEY) -> bytes:
    message = encode_typed_data(
        full_message={
            "domain": data.domain,
            "types": data.types,
            "primaryType": data.primary_type,
            "message": data.message,
        }
    )
    return bytes(Account.sign_message(message, key).signature)


def test_typed_data_signature_is_returned_with_v_of_27_or_28() -> None:
    whole = typed_signature(TYPED)
    low = whole[:64] + bytes([whole[64] - 27])
    assert check_typed_data(whole, TYPED, ADDRESS) == whole
    assert check_typed_data(low, TYPED, ADDRESS) == whole


def test_typed_data_signature_over_other_data_is_refused() -> None:
    other = replace(TYPED, message={"source": "b", "connectionId": bytes(range(32))})
    with pytest.raises(Refused, match="another wallet"):
        check_typed_data(typed_signature(other), TYPED, ADDRESS)
    with pytest.raises(Refused, match="length"):
        check_typed_data(b"\x00" * 64, TYPED, ADDRESS)


OWNER = Keypair.from_seed(bytes([1]) * 32)
COSIGNER = Keypair.from_seed(bytes([2]) * 32)


def unsigned(lamports: int = 5) -> VersionedTransaction:
    pay = [
        transfer(
            TransferParams(from_pubkey=k.pubkey(), to_pubkey=OWNER.pubkey(), lamports=lamports)
        )
        for k in (OWNER, COSIGNER)
    ]
    message = MessageV0.try_compile(OWNER.pubkey(), pay, [], Hash.default())
    signature = COSIGNER.sign_message(b"\x80" + bytes(message))
    return VersionedTransaction.populate(message, [Signature.default(), signature])


def with_owner_signature(
    transaction: VersionedTransaction, signer: Keypair = OWNER
) -> VersionedTransaction:
    signature = signer.sign_message(b"\x80" + bytes(transaction.message))
    return VersionedTransaction.populate(
        transaction.message, [signature, *transaction.signatures[1:]]
    )


def test_solana_transaction_with_our_signature_passes() -> None:
    sent = unsigned()
    check_solana_transaction(bytes(with_owner_signature(sent)), bytes(sent), str(OWNER.pubkey()))


def test_solana_transaction_changed_on_the_way_is_refused() -> None:
    sent = unsigned()
    address = str(OWNER.pubkey())
    with pytest.raises(Refused, match="differs"):
        check_solana_transaction(bytes(with_owner_signature(unsigned(6))), bytes(sent), address)
    with pytest.raises(Refused, match="another wallet"):
        check_solana_transaction(bytes(with_owner_signature(sent, COSIGNER)), bytes(sent), address)
    with pytest.raises(Refused, match="another wallet"):
        check_solana_transaction(bytes(sent), bytes(sent), address)
    stripped = VersionedTransaction.populate(
        sent.message, [with_owner_signature(sent).signatures[0], Signature.default()]
    )
    with pytest.raises(Refused, match="of others"):
        check_solana_transaction(bytes(stripped), bytes(sent), address)


def test_authorization_payload_is_the_official_one() -> None:
    body = {"params": {"b": "ü€", "a": [1, {"z": "0x1", "y": None}]}, "method": "signTransaction"}
    headers = {"privy-app-id": "app", "privy-request-expiry": "1700000000000"}
    url = "https://api.privy.io/v1/wallets/w/rpc"
    official = format_request_for_authorization_signature(
        WalletAPIRequestSignatureInput(method="POST", url=url, body=body, headers=headers)
    )
    assert authorization_payload(method="POST", url=url, body=body, headers=headers) == official


def test_authorization_keys_are_read_in_all_their_forms() -> None:
    pair = generate_p256_key_pair()
    lines = "\n".join(pair.private_key[i : i + 64] for i in range(0, len(pair.private_key), 64))
    pem = f"-----BEGIN PRIVATE KEY-----\n{lines}\n-----END PRIVATE KEY-----\n"
    for text in (pair.private_key, f"wallet-auth:{pair.private_key}", pem):
        assert AuthorizationKey(text).public_key == pair.public_key
    for text in ("", "nonsense", base64.b64encode(b"x" * 64).decode()):
        with pytest.raises(DomainError, match="authorization key"):
            AuthorizationKey(text)
