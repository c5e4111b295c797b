"""Every token and contract the product may touch: the only place where addresses stand.

Sources and evidence: the venues' own SDK packages; see docs/decisions for the four addresses
that circulate with wrong endings. A test pins each by equality.
"""

from dataclasses import dataclass
from enum import IntEnum, StrEnum

from asgard_basis.domain.errors import DomainError, ErrorCode
from asgard_basis.domain.identifiers import EvmAddress, SolanaAddress


class Asset(StrEnum):
    """What the long leg may hold."""

    SOL = "SOL"
    JITOSOL = "jitoSOL"
    JUPSOL = "jupSOL"
    INF = "INF"


class LendingProtocol(IntEnum):
    """The lenders behind Asgard, by Asgard's own numbers."""

    MARGINFI = 0
    KAMINO = 1
    SOLEND = 2
    DRIFT = 3


@dataclass(frozen=True, slots=True)
class Token:
    """One SPL token."""

    symbol: str
    mint: SolanaAddress
    decimals: int
    is_lst: bool = False


TOKENS: dict[Asset, Token] = {
    Asset.SOL: Token("SOL", SolanaAddress("So11111111111111111111111111111111111111112"), 9),
    Asset.JITOSOL: Token(
        "jitoSOL", SolanaAddress("J1toso1uCk3RLmjorhTtrVwY9HJ7X8V9yYac6Y7kGCPn"), 9, is_lst=True
    ),
    Asset.JUPSOL: Token(
        "jupSOL", SolanaAddress("jupSoLaHXQiZZTSfEWMTRRgpnyFm8f6sZdosWBjx93v"), 9, is_lst=True
    ),
    Asset.INF: Token(
        "INF", SolanaAddress("5oVNBeEEQvYi1cX3ir8Dx5n1P7pdxydbGF2X4TxVusJm"), 9, is_lst=True
    ),
}
USDC_SOLANA = Token("USDC", SolanaAddress("EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v"), 6)

STAKE_POOLS: dict[Asset, SolanaAddress] = {
    Asset.JITOSOL: SolanaAddress("Jito4APyf642JPZPx3hGc6WWJ8zPKtRbRs4P815Awbb"),
    Asset.JUPSOL: SolanaAddress("8VpRhuxa7sUUepdY3kQiTmX9rS5vx4WgaXiAnXq4KCtr"),
}
STAKE_POOL_PROGRAMS: frozenset[SolanaAddress] = frozenset(
    {
        SolanaAddress("SPoo1Ku8WFXoNDMHPsrGSTSG1Y47rzgn41SLUNakuHy"),
        SolanaAddress("SPMBzsVUuoHA4Jm6KunbsotaahvVikZs1JyTW6iJvbn"),
    }
)
"""The reference program (jitoSOL) and Sanctum's deployment of the same code (jupSOL)."""
INF_POOL_STATE = SolanaAddress("AYhux5gJzCoeoc1PoJ1VxwPDe22RwcvpHviLDD1oCGvW")
INF_CONTROLLER_PROGRAM = SolanaAddress("5ocnV1qiCgaQR8Jb8xWnVbApfaygJ8tNoZfgPwsgx9kx")

SYSTEM_PROGRAM = SolanaAddress("11111111111111111111111111111111")
TOKEN_PROGRAM = SolanaAddress("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA")
TOKEN_2022_PROGRAM = SolanaAddress("TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb")
ASSOCIATED_TOKEN_PROGRAM = SolanaAddress("ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL")
COMPUTE_BUDGET_PROGRAM = SolanaAddress("ComputeBudget111111111111111111111111111111")
MEMO_PROGRAM = SolanaAddress("MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr")
ADDRESS_LOOKUP_TABLE_PROGRAM = SolanaAddress("AddressLookupTab1e1111111111111111111111111")

LENDING_PROGRAMS: dict[LendingProtocol, SolanaAddress] = {
    LendingProtocol.MARGINFI: SolanaAddress("MFv2hWf31Z9kbCa1snEPYctwafyhdvnV7FZnsebVacA"),
    LendingProtocol.KAMINO: SolanaAddress("KLend2g3cP87fffoy8q1mQqGKjrxjC8boSyAYavgmjD"),
    LendingProtocol.SOLEND: SolanaAddress("So1endDq2YkqhipRh3WViPa8hdiSpxWy6z3Z6tMCpAo"),
    LendingProtocol.DRIFT: SolanaAddress("dRiftyHA39MWEi3m9aunc5MzRF1JYuBsbn6VPcn33UH"),
}
KAMINO_FARMS_PROGRAM = SolanaAddress("FarmsPZpWu9i7Kky8tPN37rs2TpmMrAZrC7S7vJa91Hr")
SWAP_PROGRAMS: frozenset[SolanaAddress] = frozenset(
    {
        SolanaAddress("JUP6LkbZbjS1jKKwapdHNy74zcZ3tLUZoi5QNyVTaV4"),
        SolanaAddress("DF1ow4tspfHX9JwWJsAb9epbkA8hmpSEAtxXy1V27QBH"),
    }
)
"""Jupiter and DFlow: the two that Asgard routes swaps through."""
JITO_TIP_ACCOUNTS: frozenset[SolanaAddress] = frozenset(
    SolanaAddress(address)
    for address in (
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

ARBITRUM_CHAIN_ID = 42161
USDC_ARBITRUM = EvmAddress("0xaf88d065e77c8cc2239327c5edb3a432268e5831")
USDC_ARBITRUM_DECIMALS = 6
CCTP_TOKEN_MESSENGER = EvmAddress("0x28b5a0e9c621a5badaa536219b3a228c8168cf5d")
CCTP_MESSAGE_TRANSMITTER = EvmAddress("0x81d40f21f12a8f0e3252bccb954d722d4c464b64")
CCTP_TOKEN_MESSENGER_SOLANA = SolanaAddress("CCTPV2vPZJS2u2BBsUoscuikbYjnpFmbFsvVuJdgUMQe")
CCTP_TRANSMITTER_SOLANA = SolanaAddress("CCTPV2Sm4AdWt5296sk4P66VBZ7bEhcARwFaaS9YPbeC")
"""Circle's transfer protocol, version 2 (developers.circle.com, contract addresses)."""
HYPERLIQUID_BRIDGE = EvmAddress("0x2df1c51e09aecf9cacb7bc98cb1742757f163df7")

PROTOCOLS_ON_BY_DEFAULT: frozenset[LendingProtocol] = frozenset({LendingProtocol.KAMINO})
"""Drift was drained on 2026-04-01; Marginfi and Solend cannot be deleveraged through Asgard."""


def asset_named(name: str) -> Asset:
    """The asset with that name; raises DomainError VAL-0007 for any other."""
    try:
        return Asset(name)
    except ValueError as error:
        known = ", ".join(Asset)
        raise DomainError(
            ErrorCode.INVALID_ASSET, f"asset must be one of {known}, was {name!r}"
        ) from error


def asset_of_mint(mint: str) -> Asset | None:
    """The asset a mint stands for, or None for a mint the product does not hold."""
    return next((asset for asset, token in TOKENS.items() if token.mint == mint), None)
