"""Signing at Privy: every answer is checked to be our wallet's, over exactly what was sent."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from asgard_basis.adapters.privy.client import PrivyClient, text_in, unexpected
from asgard_basis.adapters.privy.signatures import (
    check_evm_transaction,
    check_solana_transaction,
    check_typed_data,
)
from asgard_basis.ports.wallets import EvmTransaction, TypedData, Wallet

_EVM_TYPE_2 = 2


class PrivyEvmSigner:
    """Implements EvmSigner; calls that pass money through sign-only methods."""

    def __init__(self, client: PrivyClient) -> None:
        self._client = client

    async def sign_transaction(self, wallet: Wallet, transaction: EvmTransaction) -> bytes:
        """See EvmSigner."""
        # Quantities travel as hex text: a JavaScript verifier would round large integers.
        body = {
            "method": "eth_signTransaction",
            "chain_type": "ethereum",
            "params": {
                "transaction": {
                    "type": _EVM_TYPE_2,
                    "to": transaction.to,
                    "value": hex(transaction.value),
                    "data": transaction.data,
                    "nonce": hex(transaction.nonce),
                    "chain_id": hex(transaction.chain_id),
                    "gas_limit": hex(transaction.gas_limit),
                    "max_fee_per_gas": hex(transaction.max_fee_per_gas),
                    "max_priority_fee_per_gas": hex(transaction.max_priority_fee_per_gas),
                }
            },
        }
        data = await _sign(self._client, wallet, body)
        raw = _from_hex(text_in(data, "signed_transaction"))
        check_evm_transaction(raw, transaction, wallet.address)
        return raw

    async def sign_typed_data(self, wallet: Wallet, data: TypedData) -> bytes:
        """See EvmSigner."""
        body = {
            "method": "eth_signTypedData_v4",
            "chain_type": "ethereum",
            "params": {
                "typed_data": {
                    "domain": _jsonable(data.domain),
                    "types": {name: list(fields) for name, fields in data.types.items()},
                    "primary_type": data.primary_type,
                    "message": _jsonable(data.message),
                }
            },
        }
        answer = await _sign(self._client, wallet, body)
        signature = _from_hex(text_in(answer, "signature"))
        return check_typed_data(signature, data, wallet.address)


class PrivySolanaSigner:
    """Implements SolanaSigner by transaction signing, never by message signing."""

    def __init__(self, client: PrivyClient) -> None:
        self._client = client

    async def sign_transaction(self, wallet: Wallet, transaction: bytes) -> bytes:
        """See SolanaSigner."""
        body = {
            "method": "signTransaction",
            "chain_type": "solana",
            "params": {
                "transaction": base64.b64encode(transaction).decode(),
                "encoding": "base64",
            },
        }
        data = await _sign(self._client, wallet, body)
        try:
            signed = base64.b64decode(text_in(data, "signed_transaction"), validate=True)
        except binascii.Error as error:
            raise unexpected("signed_transaction") from error
        check_solana_transaction(signed, transaction, wallet.address)
        return signed


async def _sign(client: PrivyClient, wallet: Wallet, body: Mapping[str, Any]) -> Mapping[str, Any]:
    answer = await client.change("POST", f"/v1/wallets/{wallet.wallet_id}/rpc", body)
    data = answer.get("data")
    if answer.get("method") != body["method"] or not isinstance(data, dict):
        raise unexpected("method")
    return data


def _jsonable(values: Mapping[str, object]) -> dict[str, object]:
    return {
        key: "0x" + value.hex() if isinstance(value, bytes) else value
        for key, value in values.items()
    }


def _from_hex(text: str) -> bytes:
    try:
        return bytes.fromhex(text.removeprefix("0x"))
    except ValueError as error:
        raise unexpected("signature") from error
