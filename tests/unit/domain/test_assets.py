"""Addresses, each pinned by equality: a wrong tail on a right prefix is another key."""

import pytest

from asgard_basis.domain import assets
from asgard_basis.domain.assets import Asset, LendingProtocol
from asgard_basis.domain.errors import DomainError, ErrorCode

MINTS = {
    Asset.SOL: "So11111111111111111111111111111111111111112",
    Asset.JITOSOL: "J1toso1uCk3RLmjorhTtrVwY9HJ7X8V9yYac6Y7kGCPn",
    Asset.JUPSOL: "jupSoLaHXQiZZTSfEWMTRRgpnyFm8f6sZdosWBjx93v",
    Asset.INF: "5oVNBeEEQvYi1cX3ir8Dx5n1P7pdxydbGF2X4TxVusJm",
}
LENDERS = {
    LendingProtocol.MARGINFI: "MFv2hWf31Z9kbCa1snEPYctwafyhdvnV7FZnsebVacA",
    LendingProtocol.KAMINO: "KLend2g3cP87fffoy8q1mQqGKjrxjC8boSyAYavgmjD",
    LendingProtocol.SOLEND: "So1endDq2YkqhipRh3WViPa8hdiSpxWy6z3Z6tMCpAo",
    LendingProtocol.DRIFT: "dRiftyHA39MWEi3m9aunc5MzRF1JYuBsbn6VPcn33UH",
}
SINGLE = {
    "SYSTEM_PROGRAM": "11111111111111111111111111111111",
    "TOKEN_PROGRAM": "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA",
    "TOKEN_2022_PROGRAM": "TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb",
    "ASSOCIATED_TOKEN_PROGRAM": "ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL",
    "COMPUTE_BUDGET_PROGRAM": "ComputeBudget111111111111111111111111111111",
    "MEMO_PROGRAM": "MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr",
    "ADDRESS_LOOKUP_TABLE_PROGRAM": "AddressLookupTab1e1111111111111111111111111",
    "KAMINO_FARMS_PROGRAM": "FarmsPZpWu9i7Kky8tPN37rs2TpmMrAZrC7S7vJa91Hr",
    "INF_POOL_STATE": "AYhux5gJzCoeoc1PoJ1VxwPDe22RwcvpHviLDD1oCGvW",
    "INF_CONTROLLER_PROGRAM": "5ocnV1qiCgaQR8Jb8xWnVbApfaygJ8tNoZfgPwsgx9kx",
    "USDC_ARBITRUM": "0xaf88d065e77c8cc2239327c5edb3a432268e5831",
    "HYPERLIQUID_BRIDGE": "0x2df1c51e09aecf9cacb7bc98cb1742757f163df7",
    "CCTP_TOKEN_MESSENGER": "0x28b5a0e9c621a5badaa536219b3a228c8168cf5d",
    "CCTP_MESSAGE_TRANSMITTER": "0x81d40f21f12a8f0e3252bccb954d722d4c464b64",
    "CCTP_TOKEN_MESSENGER_SOLANA": "CCTPV2vPZJS2u2BBsUoscuikbYjnpFmbFsvVuJdgUMQe",
    "CCTP_TRANSMITTER_SOLANA": "CCTPV2Sm4AdWt5296sk4P66VBZ7bEhcARwFaaS9YPbeC",
}
GROUPS = {
    "STAKE_POOL_PROGRAMS": {
        "SPoo1Ku8WFXoNDMHPsrGSTSG1Y47rzgn41SLUNakuHy",
        "SPMBzsVUuoHA4Jm6KunbsotaahvVikZs1JyTW6iJvbn",
    },
    "SWAP_PROGRAMS": {
        "JUP6LkbZbjS1jKKwapdHNy74zcZ3tLUZoi5QNyVTaV4",
        "DF1ow4tspfHX9JwWJsAb9epbkA8hmpSEAtxXy1V27QBH",
    },
    "JITO_TIP_ACCOUNTS": {
        "3AVi9Tg9Uo68tJfuvoKvqKNWKkC5wPdSSdeBnizKZ6jT",
        "HFqU5x63VTqvQss8hp11i4wVV8bD44PvwucfZ2bU7gRe",
        "Cw8CFyM9FkoMi7K7Crf6HNQqf4uEMzpKw6QNghXLvLkY",
        "DfXygSm4jCyNCybVYYK6DwvWqjKee8pbDmJGcLWNDXjh",
        "96gYZGLnJYVFmbjzopPSU6QiEV5fGqZNyN9nmNhvrZU5",
        "DttWaMuVvTiduZRnguLF7jNxTgiMBZ1hyAumKUiL2KRL",
        "ADuUkR4vqLUMWXxW9gh6D6L8pMSawimctcNZ5pGwDcEt",
        "ADaUMid9yfUytqMBgopwjb2DTLSokTSzL1zt6iGPaS49",
    },
}


def test_each_asset_is_its_mint() -> None:
    assert {asset: token.mint for asset, token in assets.TOKENS.items()} == MINTS
    assert assets.USDC_SOLANA.mint == "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v"


def test_each_lender_is_its_program() -> None:
    assert assets.LENDING_PROGRAMS == LENDERS


def test_each_stake_pool_is_its_account() -> None:
    assert assets.STAKE_POOLS == {
        Asset.JITOSOL: "Jito4APyf642JPZPx3hGc6WWJ8zPKtRbRs4P815Awbb",
        Asset.JUPSOL: "8VpRhuxa7sUUepdY3kQiTmX9rS5vx4WgaXiAnXq4KCtr",
    }


@pytest.mark.parametrize("name", SINGLE)
def test_a_program_or_contract_is_the_right_one(name: str) -> None:
    assert getattr(assets, name) == SINGLE[name]


@pytest.mark.parametrize("name", GROUPS)
def test_a_group_holds_the_right_ones_and_no_other(name: str) -> None:
    assert getattr(assets, name) == GROUPS[name]


@pytest.mark.parametrize("mint", MINTS.values())
def test_a_mint_with_another_tail_is_no_asset(mint: str) -> None:
    assert assets.asset_of_mint(mint) is not None
    assert assets.asset_of_mint(mint[:-1] + "z") is None


def test_an_unknown_asset_is_refused_with_the_known_ones() -> None:
    with pytest.raises(DomainError, match="SOL, jitoSOL, jupSOL, INF") as caught:
        assets.asset_named("mSOL")
    assert caught.value.code is ErrorCode.INVALID_ASSET
