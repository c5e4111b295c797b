"""Accounts as the RPC encodes them, as the domain sees them."""

import base64
from typing import Any

from solders.pubkey import Pubkey

from asgard_basis.domain.assets import (
    ASSOCIATED_TOKEN_PROGRAM,
    SYSTEM_PROGRAM,
    TOKEN_2022_PROGRAM,
    TOKEN_PROGRAM,
)
from asgard_basis.domain.identifiers import SolanaAddress
from asgard_basis.domain.treasury.transaction import TokenAccount, WalletView

_TOKEN_PROGRAMS = {TOKEN_PROGRAM, TOKEN_2022_PROGRAM}
_TOKEN_BYTES = 165
_FROZEN = 2


def data_of(account: dict[str, Any]) -> bytes:
    """The bytes of an account that was asked for in base64."""
    return base64.b64decode(account["data"][0])


def associated_account(owner: str, mint: str) -> SolanaAddress:
    """The associated token account: derived from owner, Token program and mint."""
    seeds = [bytes(Pubkey.from_string(key)) for key in (owner, TOKEN_PROGRAM, mint)]
    address, _ = Pubkey.find_program_address(seeds, Pubkey.from_string(ASSOCIATED_TOKEN_PROGRAM))
    return SolanaAddress(str(address))


def token_account(address: str, account: dict[str, Any] | None) -> TokenAccount | None:
    """A token account, or None when there is none at the address.

    Layout: mint 32, owner 32, amount u64, delegate option 4+32, state u8, native option 4+8,
    delegated amount u64, close authority option 4+32.
    """
    if account is None or account["owner"] not in _TOKEN_PROGRAMS:
        return None
    data = data_of(account)
    if len(data) < _TOKEN_BYTES:
        return None
    return TokenAccount(
        address=SolanaAddress(address),
        mint=_key(data, 0),
        owner=_key(data, 32),
        amount=int.from_bytes(data[64:72], "little"),
        delegate=_optional_key(data, 72),
        close_authority=_optional_key(data, 129),
        is_frozen=data[108] == _FROZEN,
    )


def wallet_view(
    wallet: dict[str, Any] | None, tokens: dict[str, dict[str, Any] | None]
) -> WalletView:
    """A wallet with those of its token accounts that exist."""
    found = {address: token_account(address, account) for address, account in tokens.items()}
    return WalletView(
        lamports=int(wallet["lamports"]) if wallet else 0,
        program=SolanaAddress(wallet["owner"]) if wallet else SYSTEM_PROGRAM,
        has_data=bool(wallet and data_of(wallet)),
        tokens={SolanaAddress(a): each for a, each in found.items() if each is not None},
    )


def _key(data: bytes, at: int) -> SolanaAddress:
    return SolanaAddress(str(Pubkey.from_bytes(data[at : at + 32])))


def _optional_key(data: bytes, at: int) -> SolanaAddress | None:
    return _key(data, at + 4) if any(data[at : at + 4]) else None
