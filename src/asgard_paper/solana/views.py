"""Accounts and transactions as JSON-RPC shows them."""

import base64
import json
from decimal import Decimal
from typing import Any

from solders.account import Account
from solders.message import Message
from solders.pubkey import Pubkey
from solders.token.state import Mint, TokenAccountState
from solders.transaction import VersionedTransaction

from asgard_paper.solana.addresses import MEMO_PROGRAM, TOKEN_PROGRAM
from asgard_paper.solana.base58 import encode_base58
from asgard_paper.solana.chain import SolanaChain
from asgard_paper.solana.ledger import RENT_EXEMPT, LandedTransaction, TokenBalance
from asgard_paper.solana.runtime import token_account

MINT_BYTES = 82


def token_amount(amount: int, decimals: int) -> dict[str, Any]:
    """A token amount in its four forms."""
    shown = Decimal(amount).scaleb(-decimals)
    text = format(shown, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return {
        "amount": str(amount),
        "decimals": decimals,
        "uiAmount": Decimal(text),
        "uiAmountString": text,
    }


def account_view(
    chain: SolanaChain,
    account: Account | None,
    encoding: str,
    part: slice = slice(None),
) -> dict[str, Any] | None:
    """An account in an encoding; parsed where a parser exists, else base64 as the network does."""
    if account is None:
        return None
    data: Any = _parsed(chain, account) if encoding == "jsonParsed" else None
    if data is None:
        raw = account.data[part]
        if encoding in ("base58", "binary"):
            text = encode_base58(raw)
            data = text if encoding == "binary" else [text, "base58"]
        else:
            data = [base64.b64encode(raw).decode(), "base64"]
    return {
        "lamports": account.lamports,
        "data": data,
        "owner": str(account.owner),
        "executable": account.executable,
        "rentEpoch": RENT_EXEMPT,
        "space": len(account.data),
    }


def _parsed(chain: SolanaChain, account: Account) -> dict[str, Any] | None:
    if account.owner != TOKEN_PROGRAM:
        return None
    if len(account.data) == MINT_BYTES:
        kind, info = "mint", _mint_info(Mint.from_bytes(account.data))
    else:
        token = token_account(account)
        if token is None:
            return None
        kind = "account"
        decimals = chain.decimals(token.mint)
        info = {
            "isNative": token.is_native is not None,
            "mint": str(token.mint),
            "owner": str(token.owner),
            "state": "frozen" if token.state == TokenAccountState.Frozen else "initialized",
            "tokenAmount": token_amount(token.amount, decimals),
        }
        if token.is_native is not None:
            info["rentExemptReserve"] = token_amount(token.is_native, decimals)
        if token.delegate is not None:
            info["delegate"] = str(token.delegate)
            info["delegatedAmount"] = token_amount(token.delegated_amount, decimals)
        if token.close_authority is not None:
            info["closeAuthority"] = str(token.close_authority)
    parsed = {"info": info, "type": kind}
    return {"program": "spl-token", "parsed": parsed, "space": len(account.data)}


def _mint_info(mint: Mint) -> dict[str, Any]:
    return {
        "decimals": mint.decimals,
        "freezeAuthority": _key_or_none(mint.freeze_authority),
        "isInitialized": mint.is_initialized,
        "mintAuthority": _key_or_none(mint.mint_authority),
        "supply": str(mint.supply),
    }


def _key_or_none(key: Pubkey | None) -> str | None:
    return None if key is None else str(key)


def transaction_view(landed: LandedTransaction, encoding: str) -> dict[str, Any]:
    """A landed transaction with what it did."""
    transaction = VersionedTransaction.from_bytes(landed.raw)
    legacy = isinstance(transaction.message, Message)
    shown: Any
    if encoding in ("base64", "base58"):
        text = base64.b64encode(landed.raw).decode()
        shown = [encode_base58(landed.raw) if encoding == "base58" else text, encoding]
    else:
        shown = {
            "signatures": [str(signature) for signature in transaction.signatures],
            "message": _message_view(transaction, legacy=legacy),
        }
    return {
        "slot": landed.slot,
        "blockTime": landed.market_s,
        "transaction": shown,
        "meta": _meta(landed),
        "version": "legacy" if legacy else 0,
    }


def _message_view(transaction: VersionedTransaction, *, legacy: bool) -> dict[str, Any]:
    message = transaction.message
    header = message.header
    view: dict[str, Any] = {
        "header": {
            "numRequiredSignatures": header.num_required_signatures,
            "numReadonlySignedAccounts": header.num_readonly_signed_accounts,
            "numReadonlyUnsignedAccounts": header.num_readonly_unsigned_accounts,
        },
        "accountKeys": [str(key) for key in message.account_keys],
        "recentBlockhash": str(message.recent_blockhash),
        "instructions": [
            {
                "programIdIndex": instruction.program_id_index,
                "accounts": list(instruction.accounts),
                "data": encode_base58(bytes(instruction.data)),
                "stackHeight": None,
            }
            for instruction in message.instructions
        ],
    }
    if not legacy:
        view["addressTableLookups"] = [
            {
                "accountKey": str(lookup.account_key),
                "writableIndexes": list(lookup.writable_indexes),
                "readonlyIndexes": list(lookup.readonly_indexes),
            }
            for lookup in getattr(message, "address_table_lookups", [])
        ]
    return view


def _meta(landed: LandedTransaction) -> dict[str, Any]:
    err = None if landed.err is None else json.loads(landed.err)
    loaded = landed.loaded_writable + landed.loaded_readonly
    first = len(landed.account_keys) - loaded
    return {
        "err": err,
        "status": {"Ok": None} if err is None else {"Err": err},
        "fee": landed.fee,
        "preBalances": list(landed.pre_balances),
        "postBalances": list(landed.post_balances),
        "innerInstructions": json.loads(landed.inner),
        "logMessages": list(landed.logs),
        "preTokenBalances": [_token_balance(row) for row in landed.pre_tokens],
        "postTokenBalances": [_token_balance(row) for row in landed.post_tokens],
        "rewards": [],
        "loadedAddresses": {
            "writable": list(landed.account_keys[first : first + landed.loaded_writable]),
            "readonly": list(landed.account_keys[first + landed.loaded_writable :]),
        },
        "computeUnitsConsumed": landed.compute_units,
    }


def _token_balance(row: TokenBalance) -> dict[str, Any]:
    return {
        "accountIndex": row.index,
        "mint": row.mint,
        "owner": row.owner,
        "programId": str(TOKEN_PROGRAM),
        "uiTokenAmount": token_amount(row.amount, row.decimals),
    }


def memo_of(landed: LandedTransaction) -> str | None:
    """The memos of a transaction in the form signature lists carry, `[length] text`."""
    transaction = VersionedTransaction.from_bytes(landed.raw)
    texts = [
        bytes(instruction.data).decode(errors="replace")
        for instruction in transaction.message.instructions
        if landed.account_keys[instruction.program_id_index] == str(MEMO_PROGRAM)
    ]
    return "; ".join(f"[{len(text.encode())}] {text}" for text in texts) or None
