"""The JSON-RPC methods. Account reads show the newest state at every commitment level."""

import hashlib
import json
from collections.abc import Callable
from typing import Any

from solders.hash import Hash
from solders.message import from_bytes_versioned
from solders.pubkey import Pubkey
from solders.token.state import Mint
from solders.transaction import VersionedTransaction

from asgard_paper.solana.addresses import MAINNET_GENESIS_HASH, TOKEN_PROGRAM
from asgard_paper.solana.chain import (
    COMMITMENT_DEPTH,
    FaucetError,
    PreflightError,
    SignatureFailureError,
    SolanaChain,
)
from asgard_paper.solana.fees import fee_lamports
from asgard_paper.solana.ledger import LandedTransaction
from asgard_paper.solana.outcome import Outcome, describe
from asgard_paper.solana.params import (
    RpcError,
    config,
    data_slice,
    invalid,
    payload,
    pubkey,
    required,
    whole,
)
from asgard_paper.solana.runtime import token_account
from asgard_paper.solana.slots import BLOCKHASH_BLOCKS, SLOTS_PER_EPOCH
from asgard_paper.solana.transactions import InvalidTransactionError
from asgard_paper.solana.views import account_view, memo_of, token_amount, transaction_view

__all__ = ["Methods", "RpcError"]

PREFLIGHT_FAILURE = -32002
SIGNATURE_FAILURE = -32003
INTERNAL_ERROR = -32603
NODE_UNHEALTHY = -32005
UNSUPPORTED_VERSION = -32015
MIN_CONTEXT_SLOT = -32016
SIGNATURES_MAX = 256
ACCOUNTS_MAX = 100
HISTORY_MAX = 1000
LEVELS = ("processed", "confirmed", "finalized")
VERSION = {"solana-core": "2.3.13", "feature-set": 2890131402}


class Methods:
    """Every method by name; each takes the positional parameters and returns the result."""

    def __init__(self, chain: SolanaChain) -> None:
        self._chain = chain
        self.table: dict[str, Callable[[list[Any]], Any]] = {
            "getHealth": self._health,
            "getVersion": lambda _: VERSION,
            "getGenesisHash": lambda _: MAINNET_GENESIS_HASH,
            "getSlot": lambda params: self._slot(config(params, 0)),
            "getBlockHeight": lambda params: chain.block_height(_level(config(params, 0))),
            "getBlockTime": lambda _: chain.market_s(),
            "getEpochInfo": self._epoch_info,
            "getTransactionCount": lambda _: len(chain.history),
            "getBalance": self._balance,
            "getAccountInfo": self._account_info,
            "getMultipleAccounts": self._multiple_accounts,
            "getMinimumBalanceForRentExemption": self._minimum_balance,
            "getLatestBlockhash": self._latest_blockhash,
            "isBlockhashValid": self._is_blockhash_valid,
            "getTokenAccountBalance": self._token_account_balance,
            "getTokenAccountsByOwner": self._token_accounts_by_owner,
            "getTokenSupply": self._token_supply,
            "getRecentPrioritizationFees": self._prioritization_fees,
            "getFeeForMessage": self._fee_for_message,
            "requestAirdrop": self._request_airdrop,
            "simulateTransaction": self._simulate,
            "sendTransaction": self._send,
            "getSignatureStatuses": self._signature_statuses,
            "getTransaction": self._transaction,
            "getSignaturesForAddress": self._signatures_for_address,
        }

    def _slot(self, options: dict[str, Any]) -> int:
        level = _level(options)
        slot = self._chain.slot(level)
        wanted = options.get("minContextSlot")
        if isinstance(wanted, int) and wanted > slot:
            message = "Minimum context slot has not been reached"
            raise RpcError(MIN_CONTEXT_SLOT, message, {"contextSlot": slot})
        return slot

    def _in_context(self, options: dict[str, Any], value: Any) -> dict[str, Any]:
        context = {"apiVersion": VERSION["solana-core"], "slot": self._slot(options)}
        return {"context": context, "value": value}

    def _health(self, _: list[Any]) -> str:
        if self._chain.slots.halted:
            raise RpcError(NODE_UNHEALTHY, "Node is unhealthy", {"numSlotsBehind": None})
        return "ok"

    def _epoch_info(self, params: list[Any]) -> dict[str, Any]:
        level = _level(config(params, 0))
        slot = self._chain.slot(level)
        return {
            "absoluteSlot": slot,
            "blockHeight": self._chain.block_height(level),
            "epoch": slot // SLOTS_PER_EPOCH,
            "slotIndex": slot % SLOTS_PER_EPOCH,
            "slotsInEpoch": SLOTS_PER_EPOCH,
            "transactionCount": len(self._chain.history),
        }

    def _balance(self, params: list[Any]) -> dict[str, Any]:
        key = pubkey(required(params, 0, str))
        return self._in_context(config(params, 1), self._chain.balance(key))

    def _account_info(self, params: list[Any]) -> dict[str, Any]:
        key = pubkey(required(params, 0, str))
        options = config(params, 1)
        return self._in_context(options, self._view(key, options, "binary"))

    def _multiple_accounts(self, params: list[Any]) -> dict[str, Any]:
        keys = required(params, 0, list)
        if len(keys) > ACCOUNTS_MAX:
            raise invalid(f"Too many inputs provided; max {ACCOUNTS_MAX}")
        options = config(params, 1)
        views = [self._view(pubkey(key), options, "base64") for key in keys]
        return self._in_context(options, views)

    def _view(self, key: Pubkey, options: dict[str, Any], default: str) -> Any:
        account = self._chain.account(key)
        encoding = options.get("encoding") or default
        return account_view(self._chain, account, encoding, data_slice(options))

    def _minimum_balance(self, params: list[Any]) -> int:
        return self._chain.minimum_balance(required(params, 0, int))

    def _latest_blockhash(self, params: list[Any]) -> dict[str, Any]:
        options = config(params, 0)
        blockhash, last = self._chain.latest_blockhash(_level(options))
        value = {"blockhash": str(blockhash), "lastValidBlockHeight": last}
        return self._in_context(options, value)

    def _is_blockhash_valid(self, params: list[Any]) -> dict[str, Any]:
        try:
            blockhash = Hash.from_string(required(params, 0, str))
        except ValueError as error:
            raise invalid(f"Invalid param: {error}") from error
        return self._in_context(config(params, 1), self._chain.is_blockhash_valid(blockhash))

    def _token_account_balance(self, params: list[Any]) -> dict[str, Any]:
        token = token_account(self._chain.account(pubkey(required(params, 0, str))))
        if token is None:
            raise invalid("Invalid param: could not find account")
        amount = token_amount(token.amount, self._chain.decimals(token.mint))
        return self._in_context(config(params, 1), amount)

    def _token_accounts_by_owner(self, params: list[Any]) -> dict[str, Any]:
        owner = pubkey(required(params, 0, str))
        wanted = required(params, 1, dict)
        options = config(params, 2)
        mint = pubkey(wanted["mint"]) if "mint" in wanted else None
        if mint is None and "programId" not in wanted:
            raise invalid("Invalid params: missing mint or programId")
        if mint is not None and self._chain.decimals(mint) == 0 and not self._exists(mint):
            raise invalid("Invalid param: could not find mint")
        rows = self._chain.token_accounts(owner)
        if mint is None and pubkey(wanted["programId"]) != TOKEN_PROGRAM:
            rows = []
        value = [
            {"pubkey": str(key), "account": self._view(key, options, "base64")}
            for key, token in rows
            if mint is None or token.mint == mint
        ]
        return self._in_context(options, value)

    def _exists(self, key: Pubkey) -> bool:
        return self._chain.account(key) is not None

    def _token_supply(self, params: list[Any]) -> dict[str, Any]:
        account = self._chain.account(pubkey(required(params, 0, str)))
        if account is None or account.owner != TOKEN_PROGRAM:
            raise invalid("Invalid param: could not find mint")
        mint = Mint.from_bytes(account.data)
        return self._in_context(config(params, 1), token_amount(mint.supply, mint.decimals))

    def _prioritization_fees(self, _: list[Any]) -> list[dict[str, int]]:
        newest = self._chain.slot()
        return [
            {"slot": slot, "prioritizationFee": _typical_priority(slot)}
            for slot in range(newest - BLOCKHASH_BLOCKS + 1, newest + 1)
        ]

    def _fee_for_message(self, params: list[Any]) -> dict[str, Any]:
        raw = payload(required(params, 0, str), "base64")
        try:
            message = from_bytes_versioned(raw)
        except ValueError as error:
            raise invalid(f"failed to deserialize message: {error}") from error
        fee: int | None = None
        if self._chain.is_blockhash_valid(message.recent_blockhash):
            signatures = message.header.num_required_signatures
            fee = fee_lamports(signatures, message.account_keys, message.instructions)
        return self._in_context(config(params, 1), fee)

    def _request_airdrop(self, params: list[Any]) -> str:
        target, lamports = pubkey(required(params, 0, str)), required(params, 1, int)
        try:
            signature = self._chain.airdrop(target, lamports)
        except FaucetError as error:
            raise RpcError(INTERNAL_ERROR, str(error)) from error
        self._chain.commit()
        return signature

    def _simulate(self, params: list[Any]) -> dict[str, Any]:
        options = config(params, 1)
        raw = payload(required(params, 0, str), options.get("encoding") or "base58")
        verify = bool(options.get("sigVerify"))
        replace = bool(options.get("replaceRecentBlockhash"))
        if verify and replace:
            raise invalid("sigVerify may not be used with replaceRecentBlockhash")
        try:
            outcome = self._chain.simulate(raw, verify=verify, replace_blockhash=replace)
        except InvalidTransactionError as error:
            raise invalid(str(error)) from error
        if verify and outcome.err == "SignatureFailure":
            raise RpcError(SIGNATURE_FAILURE, "Transaction signature verification failure")
        value = _outcome_view(outcome)
        value["innerInstructions"] = (
            list(outcome.inner) if options.get("innerInstructions") else None
        )
        value["accounts"] = self._accounts_after(outcome, options.get("accounts"))
        if replace:
            blockhash, last = self._chain.latest_blockhash(_level(options))
            replacement = {"blockhash": str(blockhash), "lastValidBlockHeight": last}
            value["replacementBlockhash"] = replacement
        return self._in_context(options, value)

    def _accounts_after(self, outcome: Outcome, wanted: Any) -> list[Any] | None:
        if not isinstance(wanted, dict):
            return None
        keys = [pubkey(text) for text in wanted.get("addresses", [])]
        if outcome.err is not None:
            return [None] * len(keys)
        encoding = wanted.get("encoding") or "base64"
        states = [outcome.accounts.get(key) or self._chain.account(key) for key in keys]
        return [
            account_view(self._chain, state if state and state.lamports else None, encoding)
            for state in states
        ]

    def _send(self, params: list[Any]) -> str:
        options = config(params, 1)
        raw = payload(required(params, 0, str), options.get("encoding") or "base58")
        self._slot(options)
        try:
            signature = self._chain.send(raw, skip_preflight=bool(options.get("skipPreflight")))
        except InvalidTransactionError as error:
            raise invalid(str(error)) from error
        except SignatureFailureError as error:
            raise RpcError(SIGNATURE_FAILURE, str(error)) from error
        except PreflightError as error:
            message = f"Transaction simulation failed: {describe(error.outcome.err)}"
            raise RpcError(PREFLIGHT_FAILURE, message, _outcome_view(error.outcome)) from error
        self._chain.commit()
        return signature

    def _signature_statuses(self, params: list[Any]) -> dict[str, Any]:
        signatures = required(params, 0, list)
        if len(signatures) > SIGNATURES_MAX:
            raise invalid(f"Too many inputs provided; max {SIGNATURES_MAX}")
        options = config(params, 1)
        search = bool(options.get("searchTransactionHistory"))
        value = [self._status(signature, search) for signature in signatures]
        return self._in_context({"commitment": "processed"}, value)

    def _status(self, signature: str, search: bool) -> dict[str, Any] | None:
        status = self._chain.signature_status(signature)
        if status is None:
            return None
        # Without a search the network only looks into its recent status cache.
        if not search and self._chain.slot() - status.slot > BLOCKHASH_BLOCKS:
            return None
        return {
            "slot": status.slot,
            "confirmations": status.confirmations,
            "err": status.err,
            "status": {"Ok": None} if status.err is None else {"Err": status.err},
            "confirmationStatus": status.level,
        }

    def _transaction(self, params: list[Any]) -> dict[str, Any] | None:
        signature = required(params, 0, str)
        options = config(params, 1)
        if isinstance(params[1] if len(params) > 1 else None, str):
            options = {"encoding": params[1]}
        landed = self._chain.history.get(signature)
        if landed is None or not self._visible(landed, _confirmed_level(options)):
            return None
        transaction = VersionedTransaction.from_bytes(landed.raw)
        if transaction.version() == 0 and options.get("maxSupportedTransactionVersion") is None:
            raise RpcError(
                UNSUPPORTED_VERSION,
                "Transaction version (0) is not supported by the requesting client. Please try "
                "the request again with the following configuration parameter: "
                '"maxSupportedTransactionVersion": 0',
            )
        return transaction_view(landed, options.get("encoding") or "json")

    def _visible(self, landed: LandedTransaction, level: str) -> bool:
        return self._chain.slot() - landed.slot >= COMMITMENT_DEPTH[level]

    def _signatures_for_address(self, params: list[Any]) -> list[dict[str, Any]]:
        address = str(pubkey(required(params, 0, str)))
        options = config(params, 1)
        level = _confirmed_level(options)
        limit = min(whole(options, "limit", HISTORY_MAX), HISTORY_MAX)
        before, until = options.get("before"), options.get("until")
        rows: list[dict[str, Any]] = []
        skipping = before is not None
        for landed in self._chain.history.newest_first(address):
            if landed.signature == until or len(rows) == limit:
                break
            if not skipping and self._visible(landed, level):
                status = self._chain.signature_status(landed.signature)
                rows.append(
                    {
                        "signature": landed.signature,
                        "slot": landed.slot,
                        "err": None if landed.err is None else json.loads(landed.err),
                        "memo": memo_of(landed),
                        "blockTime": landed.market_s,
                        "confirmationStatus": status.level if status else None,
                    }
                )
            skipping = skipping and landed.signature != before
        return rows


def _level(options: dict[str, Any]) -> str:
    level = options.get("commitment") or "finalized"
    if level not in LEVELS:
        raise invalid(f"Invalid params: unknown variant `{level}`")
    return str(level)


def _confirmed_level(options: dict[str, Any]) -> str:
    level = _level(options)
    if level == "processed":
        raise invalid("Method does not support commitment below `confirmed`")
    return level


def _outcome_view(outcome: Outcome) -> dict[str, Any]:
    return {
        "err": outcome.err,
        "logs": list(outcome.logs),
        "accounts": None,
        "unitsConsumed": outcome.compute_units,
        "innerInstructions": None,
        "returnData": None,
        "replacementBlockhash": None,
    }


def _typical_priority(slot: int) -> int:
    """Micro-lamports a unit: mostly zero, now and then a few thousand, as on a calm day."""
    digest = hashlib.sha256(f"priority:{slot}".encode()).digest()
    return 0 if digest[0] < 150 else digest[1] * 40
