"""Asgard's payloads: odd ones are left out or refused, never guessed at."""

import copy
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from asgard_basis.adapters.asgard import parse
from asgard_basis.adapters.asgard.errors import refusal_of
from asgard_basis.adapters.asgard.mandates import least_payout
from asgard_basis.adapters.asgard.wire import Record, read
from asgard_basis.adapters.http import Reply
from asgard_basis.domain.assets import TOKENS, USDC_SOLANA, Asset, LendingProtocol
from asgard_basis.domain.errors import ErrorCode, Unavailable
from asgard_basis.domain.market.rates import HealthFactor
from asgard_basis.domain.market.snapshot import LenderMarket
from asgard_basis.domain.position.legs import LongState

NOW = datetime(2026, 11, 20, tzinfo=UTC)
SOL, USDC = TOKENS[Asset.SOL].mint, USDC_SOLANA.mint
SOURCE: dict[str, Any] = {
    "lendingProtocol": 1,
    "isActive": True,
    "marketKey": "m",
    "tokenABank": "a",
    "tokenBBank": "b",
    "longMaxLeverage": Decimal("3.84"),
    "tokenBMaxBorrowCapacity": "365619.18",
    "tokenALendingApyRate": Decimal("0.045"),
    "tokenBBorrowingApyRate": Decimal("0.05"),
    "tokenARewardAPY": [],
}
RECORD: dict[str, Any] = {
    "id": 1,
    "ownerAddress": "owner",
    "positionPda": "pda",
    "state": 0,
    "protocol": 1,
    "tokenATokenMint": SOL,
    "tokenBTokenMint": USDC,
    "positionSide": 0,
    "leverage": "2",
    "openTxHash": "sig",
    "closeTxHash": None,
    "tokenAEntryPriceUSD": "100",
    "entryMarketMetadata": {
        "onChainExecutedMetadata": {
            "inputMint": USDC,
            "outputMint": SOL,
            "inputAmount": 1_997_000_000,
            "outputAmount": 19_967_983_059,
        }
    },
    "openFeesMetadata": {"protocolFeeUSD": 3},
}


def listing(*sources: dict[str, Any], mint: str = SOL) -> dict[str, Any]:
    strategy = {"tokenAMint": mint, "tokenBMint": USDC, "liquiditySources": list(sources)}
    return {"strategies": {"whatever it is called": strategy}, "totalStrategies": 1}


def markets(*sources: dict[str, Any], mint: str = SOL) -> list[LenderMarket]:
    enabled = frozenset({LendingProtocol.KAMINO})
    return parse.markets(listing(*sources, mint=mint), enabled=enabled, observed_at=NOW)


def record(**changes: Any) -> Record:
    return read(copy.deepcopy(RECORD) | changes, Record, "record")


def test_a_source_is_read_exactly() -> None:
    (market,) = markets(SOURCE)
    assert market.asset is Asset.SOL
    assert market.borrow_capacity_usdc == Decimal("365619.18")
    assert market.collateral_supply.value == Decimal("0.045")
    assert market.is_active


@pytest.mark.parametrize(
    "change",
    [
        {"tokenALendingApyRate": Decimal("NaN")},
        {"tokenALendingApyRate": Decimal("Infinity")},
        {"tokenBBorrowingApyRate": Decimal(-1)},
        {"tokenBBorrowingApyRate": None},
        {"lendingProtocol": 9},
        {"tokenBMaxBorrowCapacity": "much"},
    ],
)
def test_a_source_that_makes_no_sense_is_left_out(change: dict[str, Any]) -> None:
    assert [m.collateral_bank for m in markets(SOURCE | change, SOURCE)] == ["a"]


def test_a_rate_that_is_hard_to_believe_is_kept_for_people_to_see() -> None:
    (market,) = markets(SOURCE | {"tokenBBorrowingApyRate": Decimal("4.5")})
    assert market.usdc_borrow.value == Decimal("4.5")


def test_other_tokens_are_not_ours_whatever_their_name() -> None:
    assert markets(SOURCE, mint="5oVNBeEEQvYi1cX3ir8Dx5n1P7pdxydbGF2X6TxNxsi") == []


@pytest.mark.parametrize("answer", [None, [], {}, {"strategies": []}, "down"])
def test_a_list_without_strategies_is_an_outage_not_an_empty_market(answer: object) -> None:
    with pytest.raises(Unavailable):
        parse.markets(answer, enabled=frozenset(), observed_at=NOW)


@pytest.mark.parametrize("value", [None, True, "", "NaN", Decimal("NaN"), -1, 101, [], "ok"])
def test_unknown_health_is_none(value: object) -> None:
    assert parse.health(value) is None


@pytest.mark.parametrize(
    ("value", "fraction"), [(Decimal("40.94"), "0.4094"), (0, "0"), ("7", "0.07")]
)
def test_health_is_a_percentage_on_the_wire(value: object, fraction: str) -> None:
    assert parse.health(value) == HealthFactor(Decimal(fraction))


def test_a_raw_fill_is_read_by_its_mints() -> None:
    fill = parse.open_fill(record())
    assert fill is not None
    assert (fill.collateral, fill.usdc) == (Decimal("19.967983059"), Decimal("1997.000000"))
    assert fill.fee_usdc == 3


def test_a_fill_that_is_not_published_is_none() -> None:
    assert parse.open_fill(record(entryMarketMetadata=None)) is None
    assert parse.open_fill(record(entryMarketMetadata={})) is None


def test_a_fill_of_other_tokens_is_refused() -> None:
    swap = RECORD["entryMarketMetadata"]["onChainExecutedMetadata"] | {"outputMint": "other"}
    with pytest.raises(Unavailable):
        parse.open_fill(record(entryMarketMetadata={"onChainExecutedMetadata": swap}))


def test_shorts_and_foreign_pairs_are_not_positions_of_ours() -> None:
    assert parse.position(record()) is not None
    assert parse.position(record(positionSide=1)) is None
    assert parse.position(record(tokenATokenMint="other")) is None
    assert parse.position(record(protocol=7)) is None


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"error": {"code": "CAPACITY_EXCEEDED", "message": "x"}}, ErrorCode.ASGARD_LIQUIDITY),
        ({"error": {"code": "POSITION_NOT_OPEN", "message": "x"}}, ErrorCode.POSITION_CLOSED),
        ({"error": "just words"}, ErrorCode.ASGARD_API),
        ("<html>", ErrorCode.ASGARD_API),
        (None, ErrorCode.ASGARD_API),
    ],
)
def test_error_bodies_are_read_leniently(body: object, code: ErrorCode) -> None:
    assert refusal_of(Reply(422, body), ErrorCode.ASGARD_API).code is code


def test_what_a_closing_must_bring_in() -> None:
    state = LongState(
        "pda", LendingProtocol.KAMINO, Asset.SOL, Decimal(20), Decimal(1000), None, NOW
    )
    assert least_payout(state, price=Decimal(100), slippage_bps=50) == Decimal("949")
    assert least_payout(state, price=None, slippage_bps=50) == 0
    assert least_payout(state, price=Decimal(40), slippage_bps=50) == 0
