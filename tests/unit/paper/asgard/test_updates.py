"""Changing open positions: what each modification keeps, and who may."""

from typing import Any

import pytest

from asgard_paper.solana.addresses import USDC_MINT, WSOL_MINT
from tests.unit.paper.asgard.venue import Venue

SWAP = {"slippageBps": 50, "useDirectRoute": False, "swapPlatform": "jupiter"}


def build(venue: Venue, record: Any, change: str, **fields: Any) -> Any:
    body = {
        "protocol": record["protocol"],
        "walletPubkey": record["ownerAddress"],
        "positionPDA": record["positionPda"],
        "jitoTipLamport": 10_000,
        **fields,
    }
    return venue.post(f"/position/{change}", body)


def submit(venue: Venue, record: Any, built: Any) -> Any:
    body = venue.signed(built) | {
        "positionId": record["id"],
        "tokenATokenMint": record["tokenATokenMint"],
        "tokenBTokenMint": record["tokenBTokenMint"],
    }
    return venue.post("/submit-position-update-tx", body)


def update(venue: Venue, record: Any, change: str, **fields: Any) -> tuple[Any, Any]:
    built = build(venue, record, change, **fields)
    assert built.status_code == 200, built.text
    done = submit(venue, record, built.json())
    assert done.status_code == 200, done.text
    return built.json(), done.json()


def test_a_partial_close_keeps_leverage_and_pays_equity_out() -> None:
    venue = Venue().funded()
    record = venue.open(leverage=3)
    before = venue.usdc()
    built, done = update(venue, record, "partial-close", closePercentage=60, **SWAP)
    assert built["leverageAfter"] == pytest.approx(built["leverageBefore"], rel=1e-6)
    assert built["borrowAmountUIAfter"] == pytest.approx(800)
    assert venue.usdc() - before == round(built["equityWithdrawnUI"] * 10**6)
    assert built["equityWithdrawnMint"] == str(USDC_MINT)
    assert built["equityWithdrawnUI"] == pytest.approx(
        built["marginAmountUIBefore"] * 0.6, rel=1e-3
    )
    assert done["positionUpdate"] == {"id": 1, "updateType": 4, "status": 1}


def test_deleverage_keeps_equity_and_pays_nothing() -> None:
    venue = Venue().funded()
    record = venue.open(leverage=3)
    before = venue.usdc()
    health = venue.refreshed(record)["summary"]["healthFactor"]
    built, done = update(venue, record, "deleverage", targetLeverage=2, **SWAP)
    assert venue.usdc() == before
    assert built["leverageAfter"] == pytest.approx(2, abs=0.001)
    assert built["marginAmountUIAfter"] == pytest.approx(built["marginAmountUIBefore"], rel=1e-3)
    assert venue.refreshed(record)["summary"]["healthFactor"] > health + 15
    assert float(done["position"]["leverageCurrent"]) == pytest.approx(2, abs=0.001)
    assert done["position"]["updateCount"] == 1


def test_increase_leverage_borrows_more() -> None:
    venue = Venue().funded()
    record = venue.open(leverage=2)
    built, _ = update(venue, record, "increase-leverage", targetLeverage=3, **SWAP)
    assert built["leverageAfter"] == pytest.approx(3, abs=0.01)
    assert built["borrowAmountUIAfter"] == pytest.approx(
        2 * built["marginAmountUIBefore"], rel=1e-6
    )


def test_collateral_is_added_as_usdc_or_as_sol() -> None:
    venue = Venue().funded(sol=5)
    record = venue.open(leverage=3)
    usdc = venue.usdc()
    built, _ = update(
        venue,
        record,
        "add-collateral",
        collateralAmountNative=100_000_000,
        collateralType=1,
        collateralMint=str(USDC_MINT),
        **SWAP,
    )
    assert usdc - venue.usdc() == 100_000_000
    assert built["depositAmountUIAfter"] - built["depositAmountUIBefore"] == pytest.approx(
        1, rel=1e-3
    )
    built, done = update(
        venue,
        record,
        "add-collateral",
        collateralAmountNative=2 * 10**9,
        collateralType=0,
        collateralMint=str(WSOL_MINT),
        **SWAP,
    )
    assert built["depositAmountUIAfter"] == pytest.approx(built["depositAmountUIBefore"] + 2)
    assert built["leverageAfter"] < built["leverageBefore"]
    assert done["position"]["updateCount"] == 2


def test_repaying_lowers_the_debt_by_what_was_paid() -> None:
    venue = Venue().funded()
    record = venue.open(leverage=3)
    before = venue.usdc()
    built, _ = update(venue, record, "repay-debt", repayAmountNative=500_000_000)
    assert before - venue.usdc() == 500_000_000
    assert built["borrowAmountUIAfter"] == 1_500
    too_much = build(venue, record, "repay-debt", repayAmountNative=2_000_000_000)
    assert too_much.json()["error"]["code"] == "REPAY_EXCEEDS_DEBT"


def test_the_record_carries_current_figures_after_a_change_only() -> None:
    venue = Venue().funded()
    record = venue.open(leverage=3)
    assert record["tokenAAmountUICurrent"] is None
    update(venue, record, "deleverage", targetLeverage=2, **SWAP)
    path = f"/positions/by-pda?pda={record['positionPda']}"
    changed = venue.restarted().post(path, None).json()
    assert changed["lastUpdateId"] == 1
    assert changed["updateCount"] == 1
    assert float(changed["tokenBAmountUICurrent"]) < 1_100
    assert changed["leverage"] == "3"


@pytest.mark.parametrize("protocol", [0, 2])
def test_marginfi_and_solend_cannot_be_changed(protocol: int) -> None:
    venue = Venue().funded()
    record = venue.open(protocol=protocol, leverage=2)
    answer = build(venue, record, "deleverage", targetLeverage=1.5, **SWAP)
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "PROTOCOL_NOT_SUPPORTED"


@pytest.mark.parametrize(
    ("change", "fields", "expected"),
    [
        ("deleverage", {"targetLeverage": 2.5}, "INVALID_LEVERAGE"),
        ("deleverage", {"targetLeverage": 0.9}, "INVALID_LEVERAGE"),
        ("increase-leverage", {"targetLeverage": 1.5}, "INVALID_LEVERAGE"),
        ("increase-leverage", {"targetLeverage": 3.9}, "INVALID_LEVERAGE"),
        ("partial-close", {"closePercentage": 100}, "INVALID_PERCENTAGE"),
        ("partial-close", {"closePercentage": 0}, "INVALID_PERCENTAGE"),
    ],
)
def test_out_of_bounds_changes_are_refused(
    change: str, fields: dict[str, Any], expected: str
) -> None:
    venue = Venue().funded()
    answer = build(venue, venue.open(leverage=2), change, **fields, **SWAP)
    assert answer.json()["error"]["code"] == expected


def test_a_close_built_before_a_change_is_void() -> None:
    venue = Venue().funded()
    record = venue.open(leverage=3)
    stale = venue.post("/close-position", venue.close_body(record)).json()
    update(venue, record, "partial-close", closePercentage=50, **SWAP)
    before = venue.usdc()
    answer = venue.post("/submit-close-position-tx", venue.signed(stale))
    assert answer.json()["error"]["details"]["err"]["InstructionError"][1] == {"Custom": 6002}
    assert venue.usdc() == before
    venue.close(record)
    venue.engine.settlement.check_conservation()


def test_submitting_an_update_twice_changes_the_position_once() -> None:
    venue = Venue().funded()
    record = venue.open(leverage=3)
    built = build(venue, record, "repay-debt", repayAmountNative=500_000_000).json()
    first, second = submit(venue, record, built).json(), submit(venue, record, built).json()
    assert first == second
    assert venue.usdc() == 10_000_000_000 - 1_500_000_000
