"""Mainnet addresses the simulated chain carries, each at its real place."""

from dataclasses import dataclass

from solders.pubkey import Pubkey

TOKEN_PROGRAM = Pubkey.from_string("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA")
ATA_PROGRAM = Pubkey.from_string("ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL")
SYSTEM_PROGRAM = Pubkey.from_string("11111111111111111111111111111111")
MEMO_PROGRAM = Pubkey.from_string("MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr")
LOOKUP_TABLE_PROGRAM = Pubkey.from_string("AddressLookupTab1e1111111111111111111111111")

USDC_MINT = Pubkey.from_string("EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v")
WSOL_MINT = Pubkey.from_string("So11111111111111111111111111111111111111112")
JITOSOL_MINT = Pubkey.from_string("J1toso1uCk3RLmjorhTtrVwY9HJ7X8V9yYac6Y7kGCPn")
JUPSOL_MINT = Pubkey.from_string("jupSoLaHXQiZZTSfEWMTRRgpnyFm8f6sZdosWBjx93v")
INF_MINT = Pubkey.from_string("5oVNBeEEQvYi1cX3ir8Dx5n1P7pdxydbGF2X4TxVusJm")

JITO_TIP_ACCOUNTS = tuple(
    Pubkey.from_string(text)
    for text in (
        "3AVi9Tg9Uo68tJfuvoKvqKNWKkC5wPdSSdeBnizKZ6jT",
        "HFqU5x63VTqvQss8hp11i4wVV8bD44PvwucfZ2bU7gRe",
        "Cw8CFyM9FkoMi7K7Crf6HNQqf4uEMzpKw6QNghXLvLkY",
        "DfXygSm4jCyNCybVYYK6DwvWqjKee8pbDmJGcLWNDXjh",
        "96gYZGLnJYVFmbjzopPSU6QiEV5fGqZNyN9nmNhvrZU5",
        "DttWaMuVvTiduZRnguLF7jNxTgiMBZ1hyAumKUiL2KRL",
        "ADuUkR4vqLUMWXxW9gh6D6L8pMSawimctcNZ5pGwDcEt",
        "ADaUMid9yfUytqMBgopwjb2DTLSokTSzL1zt6iGPaS49",
    )
)

MAINNET_GENESIS_HASH = "5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d"


@dataclass(frozen=True, slots=True)
class Token:
    """One token the simulated chain knows from its first slot."""

    symbol: str
    name: str
    mint: Pubkey
    decimals: int


TOKENS = (
    Token("USDC", "USD Coin", USDC_MINT, 6),
    Token("SOL", "Wrapped SOL", WSOL_MINT, 9),
    Token("jitoSOL", "Jito Staked SOL", JITOSOL_MINT, 9),
    Token("jupSOL", "Jupiter Staked SOL", JUPSOL_MINT, 9),
    Token("INF", "Infinity", INF_MINT, 9),
)
TOKEN_BY_MINT = {token.mint: token for token in TOKENS}
TOKEN_BY_SYMBOL = {token.symbol: token for token in TOKENS}
