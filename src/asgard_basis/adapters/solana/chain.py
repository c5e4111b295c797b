"""Solana as the product sees it. Balances and landings are judged at `confirmed`."""

import base64
from datetime import datetime
from typing import Any

from asgard_basis.adapters.http import HttpClient
from asgard_basis.adapters.solana.accounts import (
    associated_account,
    data_of,
    wallet_view,
)
from asgard_basis.adapters.solana.pools import PoolRate, inf_rate, stake_pool_rate
from asgard_basis.adapters.solana.rpc import SolanaRpc
from asgard_basis.adapters.solana.transactions import TableAccount, read_strictly, resolve
from asgard_basis.domain.assets import (
    INF_CONTROLLER_PROGRAM,
    INF_POOL_STATE,
    STAKE_POOL_PROGRAMS,
    STAKE_POOLS,
    TOKEN_2022_PROGRAM,
    TOKEN_PROGRAM,
    TOKENS,
    USDC_SOLANA,
    Asset,
)
from asgard_basis.domain.identifiers import SolanaAddress, TransactionSignature
from asgard_basis.domain.market.snapshot import LstMarket
from asgard_basis.domain.money import from_native
from asgard_basis.domain.treasury.transaction import DecodedTransaction, SimulatedEffect
from asgard_basis.ports.chains import Landing, SolanaBalances, WalletChange
from asgard_basis.ports.clock import Clock

_SOL_DECIMALS = 9
_CONFIRMED = {"commitment": "confirmed"}
_BASE64 = {"commitment": "confirmed", "encoding": "base64"}
_LANDED = {"confirmed", "finalized"}


class RpcSolanaChain:
    """Implements SolanaChain over one RPC address."""

    def __init__(self, *, http: HttpClient, clock: Clock) -> None:
        self._rpc = SolanaRpc(http)
        self._clock = clock

    async def balances(self, owner: SolanaAddress) -> SolanaBalances:
        """See SolanaChain; several accounts of one mint are added up."""
        lamports = await self._rpc.value("getBalance", owner, _CONFIRMED)
        accounts = wallet_view(None, await self._token_accounts(owner))
        tokens = {
            asset: from_native(accounts.total(token.mint, owner), token.decimals)
            for asset, token in TOKENS.items()
            if any(held.mint == token.mint for held in accounts.tokens.values())
        }
        usdc = accounts.total(USDC_SOLANA.mint, owner)
        return SolanaBalances(
            sol=from_native(int(lamports), _SOL_DECIMALS),
            usdc=from_native(usdc, USDC_SOLANA.decimals),
            tokens=tokens,
        )

    async def block_height(self) -> int:
        """See SolanaChain."""
        return int(await self._rpc.call("getBlockHeight", _CONFIRMED))

    async def landing(self, signature: TransactionSignature, *, expires_at_height: int) -> Landing:
        """See SolanaChain.

        The height is read first and finalised, and the node that is asked for the signature
        must have seen that slot: a node that lags cannot make a living transaction look dead.
        """
        epoch = await self._rpc.call("getEpochInfo", {"commitment": "finalized"})
        slot, statuses = await self._rpc.value_at(
            "getSignatureStatuses", [signature], {"searchTransactionHistory": True}
        )
        status = statuses[0]
        if status is not None:
            if status.get("confirmationStatus") not in _LANDED:
                return Landing.PENDING
            return Landing.FAILED if status.get("err") is not None else Landing.CONFIRMED
        is_past = int(epoch["blockHeight"]) > expires_at_height
        return Landing.DEAD if is_past and slot >= int(epoch["absoluteSlot"]) else Landing.PENDING

    async def wallet_change(
        self, signature: TransactionSignature, owner: SolanaAddress
    ) -> WalletChange | None:
        """See SolanaChain; for a transaction that failed, only the fee."""
        found = await self._rpc.call(
            "getTransaction",
            signature,
            {"commitment": "confirmed", "encoding": "json", "maxSupportedTransactionVersion": 0},
        )
        if found is None:
            return None
        meta, keys = found["meta"], _account_keys(found)
        index = keys.index(owner) if owner in keys else None
        lamports = (
            0 if index is None else int(meta["postBalances"][index] - meta["preBalances"][index])
        )
        usdc = _usdc_of(meta["postTokenBalances"], owner) - _usdc_of(
            meta["preTokenBalances"], owner
        )
        return WalletChange(
            sol=from_native(lamports, _SOL_DECIMALS),
            usdc=from_native(usdc, USDC_SOLANA.decimals),
            fee_sol=from_native(int(meta["fee"]) if index == 0 else 0, _SOL_DECIMALS),
        )

    async def lst_markets(self) -> dict[Asset, LstMarket]:
        """See SolanaChain; the chain knows redemption, not what a token trades at."""
        inf = TOKENS[Asset.INF].mint
        addresses = [*STAKE_POOLS.values(), INF_POOL_STATE, inf]
        _, accounts = await self._accounts(addresses)
        found: dict[Asset, PoolRate | None] = {
            asset: _pool_rate(accounts[address], asset) for asset, address in STAKE_POOLS.items()
        }
        found[Asset.INF] = _inf_pool_rate(accounts[INF_POOL_STATE], accounts[inf])
        observed_at: datetime = self._clock.host()
        return {
            asset: LstMarket(asset, rate.redemption_rate, rate.staking, None, observed_at)
            for asset, rate in found.items()
            if rate is not None
        }

    async def decode(self, transaction: bytes) -> DecodedTransaction:
        """See SolanaChain."""
        strict = read_strictly(transaction)
        valid = await self._rpc.value("isBlockhashValid", strict.blockhash, _CONFIRMED)
        tables: dict[SolanaAddress, TableAccount | None] = {}
        slot = 0
        if strict.tables:
            slot, accounts = await self._accounts(list(strict.tables))
            tables = {
                address: TableAccount(account["owner"], data_of(account)) if account else None
                for address, account in accounts.items()
            }
        return resolve(strict, tables=tables, slot=slot, is_blockhash_valid=bool(valid))

    async def simulate(self, transaction: bytes, owner: SolanaAddress) -> SimulatedEffect:
        """See SolanaChain; watches the wallet, its token accounts, and those it may get."""
        before = await self._token_accounts(owner)
        mints = [token.mint for token in TOKENS.values()] + [USDC_SOLANA.mint]
        watched = sorted({*before, *(associated_account(owner, mint) for mint in mints)})
        _, accounts = await self._accounts([owner, *map(SolanaAddress, watched)])
        result = await self._rpc.value(
            "simulateTransaction",
            base64.b64encode(transaction).decode(),
            {
                "commitment": "confirmed",
                "encoding": "base64",
                "sigVerify": False,
                "replaceRecentBlockhash": False,
                "accounts": {"encoding": "base64", "addresses": [owner, *watched]},
            },
        )
        now = wallet_view(accounts[owner], {a: accounts[SolanaAddress(a)] for a in watched})
        if result.get("err") is not None:
            return SimulatedEffect(error=_simulation_error(result), before=now, after=now)
        after = result["accounts"]
        view = wallet_view(after[0], dict(zip(watched, after[1:], strict=True)))
        return SimulatedEffect(error=None, before=now, after=view)

    def token_account(self, owner: SolanaAddress, mint: SolanaAddress) -> SolanaAddress:
        """See SolanaChain."""
        return associated_account(owner, mint)

    async def _token_accounts(self, owner: str) -> dict[str, dict[str, Any] | None]:
        found: dict[str, dict[str, Any] | None] = {}
        for program in (TOKEN_PROGRAM, TOKEN_2022_PROGRAM):
            listed = await self._rpc.value(
                "getTokenAccountsByOwner", owner, {"programId": program}, _BASE64
            )
            found |= {entry["pubkey"]: entry["account"] for entry in listed}
        return found

    async def _accounts(
        self, addresses: list[SolanaAddress]
    ) -> tuple[int, dict[SolanaAddress, dict[str, Any] | None]]:
        slot, accounts = await self._rpc.value_at("getMultipleAccounts", addresses, _BASE64)
        return slot, dict(zip(addresses, accounts, strict=True))


def _pool_rate(account: dict[str, Any] | None, asset: Asset) -> PoolRate | None:
    if account is None or account["owner"] not in STAKE_POOL_PROGRAMS:
        return None
    return stake_pool_rate(data_of(account), mint=TOKENS[asset].mint)


def _inf_pool_rate(state: dict[str, Any] | None, mint: dict[str, Any] | None) -> PoolRate | None:
    if state is None or mint is None or state["owner"] != INF_CONTROLLER_PROGRAM:
        return None
    return inf_rate(data_of(state), data_of(mint), mint=TOKENS[Asset.INF].mint)


def _account_keys(found: dict[str, Any]) -> list[str]:
    loaded = found["meta"].get("loadedAddresses") or {}
    static = found["transaction"]["message"]["accountKeys"]
    return [*static, *loaded.get("writable", []), *loaded.get("readonly", [])]


def _usdc_of(balances: list[dict[str, Any]] | None, owner: str) -> int:
    return sum(
        int(entry["uiTokenAmount"]["amount"])
        for entry in balances or []
        if entry.get("owner") == owner and entry["mint"] == USDC_SOLANA.mint
    )


def _simulation_error(result: dict[str, Any]) -> str:
    logs = result.get("logs") or []
    last = f" after {logs[-1]}" if logs else ""
    return f"{result['err']}{last}"[:300]
