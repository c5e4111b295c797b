"""What clients trip over: refusals, expiry, repeats, limits, casing."""

import base64
from typing import Any

import pytest
from solders.keypair import Keypair
from solders.transaction import VersionedTransaction

from asgard_paper.asgard.limits import RequestLimit
from asgard_paper.solana.addresses import USDC_MINT, WSOL_MINT
from tests.unit.paper.asgard.venue import Venue, set_price


def code(answer: Any) -> str:
    assert answer.status_code == 422, answer.text
    error = answer.json()["error"]
    assert set(error) == {"name", "code", "message", "details"}
    return str(error["code"])


def test_submitting_twice_makes_one_position_and_answers_the_same() -> None:
    venue = Venue().funded()
    signed = venue.signed(venue.post("/create-position", venue.open_body()).json())
    first = venue.post("/submit-create-position-tx", signed).json()
    venue.slots(500)
    assert venue.post("/submit-create-position-tx", signed).json() == first
    assert venue.usdc() == 9_000_000_000
    closing = venue.post("/close-position", venue.close_body(first)).json()
    signed = venue.signed(closing)
    closed = venue.post("/submit-close-position-tx", signed).json()
    paid = venue.usdc()
    assert venue.post("/submit-close-position-tx", signed).json() == closed
    assert venue.usdc() == paid


def test_a_transaction_landed_by_rpc_makes_the_position_too() -> None:
    venue = Venue().funded()
    signed = venue.signed(venue.post("/create-position", venue.open_body()).json())
    signature = venue.chain.send(base64.b64decode(signed["signedTxs"][0]))
    record = venue.post("/submit-create-position-tx", signed).json()
    assert record["openTxHash"] == signature
    assert len(venue.engine.ledger.positions) == 1


def test_an_expired_blockhash_is_a_422_and_moves_nothing() -> None:
    venue = Venue().funded()
    signed = venue.signed(venue.post("/create-position", venue.open_body()).json())
    venue.slots(152)
    venue.engine.advance()
    assert code(venue.post("/submit-create-position-tx", signed)) == "BLOCKHASH_EXPIRED"
    assert venue.usdc() == 10_000_000_000
    assert not venue.engine.ledger.positions


def test_too_little_money_builds_fine_and_fails_on_chain() -> None:
    venue = Venue().funded(usdc=10)
    built = venue.post("/create-position", venue.open_body())
    assert built.status_code == 200
    answer = venue.post("/submit-create-position-tx", venue.signed(built.json()))
    assert code(answer) == "TRANSACTION_FAILED"
    details = answer.json()["error"]["details"]
    assert details["err"] == {"InstructionError": [3, {"Custom": 1}]}
    status = venue.chain.signature_status(details["txHash"])
    assert status is not None
    assert status.err == details["err"]
    assert not venue.engine.ledger.positions


def test_a_wallet_without_sol_lands_nothing() -> None:
    venue = Venue()
    venue.chain.mint_tokens(venue.wallet.pubkey(), USDC_MINT, 10**10)
    signed = venue.signed(venue.post("/create-position", venue.open_body()).json())
    assert code(venue.post("/submit-create-position-tx", signed)) == "TRANSACTION_NOT_CONFIRMED"


def test_a_halted_network_is_a_500_and_the_same_bytes_work_afterwards() -> None:
    venue = Venue().funded()
    signed = venue.signed(venue.post("/create-position", venue.open_body()).json())
    venue.chain.set_halted(True)
    assert venue.post("/submit-create-position-tx", signed).status_code == 500
    venue.chain.set_halted(False)
    assert venue.post("/submit-create-position-tx", signed).json()["state"] == 0


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"collateralType": 2}, "COLLATERAL_TYPE_NOT_SUPPORTED"),
        ({"collateralMint": str(WSOL_MINT)}, "COLLATERAL_MISMATCH"),
        ({"direction": 1}, "DIRECTION_NOT_SUPPORTED"),
        ({"leverage": 3.85}, "INVALID_LEVERAGE"),
        ({"leverage": 1}, "INVALID_LEVERAGE"),
        ({"collateralAmountNative": 0}, "INVALID_AMOUNT"),
        ({"collateralAmountNative": 1.5}, "VALIDATION_ERROR"),
        ({"protocol": 9}, "INVALID_PROTOCOL"),
        ({"tokenABank": "x"}, "MARKET_NOT_FOUND"),
        ({"walletPubkey": "x"}, "INVALID_ADDRESS"),
        ({"slippageBps": 1}, "SLIPPAGE_EXCEEDED"),
        ({"slippageBps": "NaN"}, "INVALID_SLIPPAGE"),
        ({"leverage": "Infinity"}, "INVALID_LEVERAGE"),
        ({"jitoTipLamport": -1}, "INVALID_TIP"),
        ({"collateralAmountNative": 10**14}, "CAPACITY_EXCEEDED"),
    ],
)
def test_bad_openings_are_refused(changes: dict[str, Any], expected: str) -> None:
    venue = Venue()
    assert code(venue.post("/create-position", venue.open_body() | changes)) == expected


def test_a_missing_field_is_named() -> None:
    venue = Venue()
    body = venue.open_body()
    del body["walletPubkey"]
    answer = venue.post("/create-position", body)
    assert code(answer) == "VALIDATION_ERROR"
    assert "walletPubkey" in answer.json()["error"]["message"]


def test_drift_is_listed_and_inactive() -> None:
    venue = Venue()
    assert venue.source(protocol=3)["isActive"] is False
    assert code(venue.post("/create-position", venue.open_body(protocol=3))) == "MARKET_INACTIVE"


def test_markets_have_string_capacities_and_fraction_rates() -> None:
    source = Venue().source()
    for token in ("A", "B"):
        for kind in ("Deposit", "Borrow"):
            assert isinstance(source[f"token{token}Max{kind}Capacity"], str)
    assert source["tokenBBorrowingApyRate"] == 0.085
    assert source["longMaxLeverage"] == 3.84


def test_borrowing_uses_up_the_capacity() -> None:
    venue = Venue().funded()
    before = float(venue.source()["tokenBMaxBorrowCapacity"])
    venue.open()
    assert float(venue.source()["tokenBMaxBorrowCapacity"]) == before - 1_000


def test_what_others_borrowed_cannot_be_borrowed_again() -> None:
    venue = Venue().funded(usdc=700_000)
    big = {"protocol": 2, "leverage": 2.5, "slippageBps": 500}
    venue.open(**big, collateralAmountNative=600_000 * 10**6)
    answer = venue.post(
        "/create-position", venue.open_body(**big, collateralAmountNative=100_000 * 10**6)
    )
    assert code(answer) == "CAPACITY_EXCEEDED"


def test_an_altered_or_unsigned_transaction_is_refused() -> None:
    venue = Venue().funded()
    built = venue.post("/create-position", venue.open_body()).json()
    assert code(venue.post("/submit-create-position-tx", built)) == "INVALID_SIGNATURE"
    other = Venue().funded()
    foreign = other.signed(other.post("/create-position", other.open_body()).json())
    assert code(venue.post("/submit-create-position-tx", foreign)) == "UNKNOWN_TRANSACTION"
    signed = venue.signed(built)
    assert code(venue.post("/submit-close-position-tx", signed)) == "UNKNOWN_TRANSACTION"
    wrong = signed | {"positionPDA": str(Keypair().pubkey())}
    assert code(venue.post("/submit-create-position-tx", wrong)) == "REQUEST_MISMATCH"
    garbage = signed | {"signedTxs": ["%%"]}
    assert code(venue.post("/submit-create-position-tx", garbage)) == "INVALID_TRANSACTION"
    assert code(venue.post("/submit-create-position-tx", signed | {"signedTxs": []})) == (
        "INVALID_TRANSACTIONS"
    )
    assert not venue.engine.ledger.positions


def test_only_the_owner_can_close() -> None:
    venue = Venue().funded()
    record = venue.open()
    stranger = {"walletPubkey": str(Keypair().pubkey())}
    answer = venue.post("/close-position", venue.close_body(record, **stranger))
    assert code(answer) == "POSITION_NOT_FOUND"


def test_of_two_closings_only_one_pays() -> None:
    venue = Venue().funded()
    record = venue.open()
    first = venue.signed(venue.post("/close-position", venue.close_body(record)).json())
    venue.slots(1)
    second = venue.signed(venue.post("/close-position", venue.close_body(record)).json())
    assert first["signedTxs"] != second["signedTxs"]
    assert venue.post("/submit-close-position-tx", first).status_code == 200
    paid = venue.usdc()
    # Straight to the network, past every check of the venue's own endpoint.
    signature = venue.chain.send(base64.b64decode(second["signedTxs"][0]), skip_preflight=True)
    status = venue.chain.signature_status(signature)
    assert status is not None
    assert status.err["InstructionError"][1] == {"Custom": 6000}
    assert venue.usdc() == paid


def test_a_price_that_ran_away_fails_on_chain() -> None:
    venue = Venue().funded()
    signed = venue.signed(venue.post("/create-position", venue.open_body()).json())
    set_price(venue, "101")
    answer = venue.post("/submit-create-position-tx", signed)
    assert code(answer) == "TRANSACTION_FAILED"
    error = answer.json()["error"]["details"]["err"]
    assert error["InstructionError"][1] == {"Custom": 6001}
    assert venue.usdc() == 10_000_000_000
    fee = 5_000 + 250_000 * 5_000 // 10**6
    assert venue.chain.balance(venue.wallet.pubkey()) == 10**9 - fee
    assert venue.restarted().chain.balance(venue.wallet.pubkey()) == 10**9 - fee


def test_unsigned_slot_and_vault_signature() -> None:
    venue = Venue().funded()
    built = venue.post("/create-position", venue.open_body()).json()
    transaction = VersionedTransaction.from_bytes(base64.b64decode(built["signedTxs"][0]))
    assert transaction.message.account_keys[0] == venue.wallet.pubkey()
    assert [bytes(row) for row in transaction.signatures] == [bytes(64)]
    record = venue.post("/submit-create-position-tx", venue.signed(built)).json()
    built = venue.post("/close-position", venue.close_body(record)).json()
    transaction = VersionedTransaction.from_bytes(base64.b64decode(built["signedTxs"][0]))
    assert transaction.message.account_keys[1] == venue.chain.vault.pubkey()
    assert transaction.verify_with_results() == [False, True]


def test_simulation_answers_estimates_and_expects_nothing() -> None:
    venue = Venue().funded()
    answer = venue.post("/create-position-simulate", venue.open_body()).json()
    assert answer["success"] is True
    assert answer["borrowAmountUI"] == 1_000
    assert "signedTxs" not in answer
    poor = Venue()
    answer = poor.post("/create-position-simulate", poor.open_body()).json()
    assert answer["success"] is False
    record = venue.open()
    answer = venue.post("/close-position-simulate", venue.close_body(record)).json()
    assert answer["success"] is True
    assert 996 < answer["payoutAmountUI"] < 997


def test_one_request_a_second_without_a_key() -> None:
    venue = Venue(limit=RequestLimit())
    first = venue.client.get("/margin-trading/markets")
    second = venue.client.get("/margin-trading/markets")
    assert (first.status_code, second.status_code) == (200, 429)
    assert second.json()["error"]["code"] == "RATE_LIMIT_EXCEEDED"
    keyed = {"X-API-Key": "issued"}
    for _ in range(3):
        assert venue.client.get("/margin-trading/markets", headers=keyed).status_code == 200
    venue.host.now += 999
    assert venue.client.get("/margin-trading/markets").status_code == 429
    venue.host.now += 1
    assert venue.client.get("/margin-trading/markets").status_code == 200


def test_keys_can_have_a_limit_too() -> None:
    venue = Venue(limit=RequestLimit(keyed_interval_ms=100))
    keyed = {"X-API-Key": "issued"}
    codes = [
        venue.client.get("/margin-trading/markets", headers=keyed).status_code for _ in range(2)
    ]
    assert codes == [200, 429]


def test_token_metadata() -> None:
    venue = Venue()
    tokens = venue.get("/token-metadata")["tokens"]
    assert {row["symbol"] for row in tokens} == {"USDC", "SOL", "jitoSOL", "jupSOL", "INF"}
    one = venue.get(f"/token-metadata/{WSOL_MINT}")
    assert (one["price"], one["decimals"]) == (100, 9)
    assert code(venue.client.get("/margin-trading/token-metadata/none")) == "TOKEN_NOT_FOUND"
    assert code(venue.post("/positions/by-pda?pda=none", None)) == "POSITION_NOT_FOUND"
