"""Opening and closing: real tokens move, and every micro-dollar is accounted for."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asgard_paper.kernel.market import HOUR_MS
from asgard_paper.solana.addresses import JITOSOL_MINT, USDC_MINT, WSOL_MINT
from tests.unit.paper.asgard.venue import Venue, set_price

MICRO = Decimal("0.000001")


def vault_usdc(venue: Venue) -> int:
    return venue.chain.token_balance(venue.chain.vault.pubkey(), USDC_MINT)


def test_a_round_trip_costs_the_fee_and_two_swaps_to_the_micro_dollar() -> None:
    venue = Venue().funded(usdc=1_000)
    record = venue.open(leverage=2)
    assert venue.usdc() == 0
    assert vault_usdc(venue) == 1_000_000_000
    # 2000 of notional: 0.15 % fee, then 1 bp + 1997/200000 bp on the swap, at 100 a SOL.
    bought = Decimal("1997") / 100 * (1 - (1 + Decimal(1997) / 200_000) / 10_000)
    bought = bought.quantize(Decimal("1e-9"), rounding="ROUND_DOWN")
    assert Decimal(record["tokenAAmountUIEntry"]) == bought
    assert Decimal(record["tokenBAmountUIEntry"]) == 1_000
    venue.close(record)
    value = bought * 100
    sold = value * (1 - (1 + value / 200_000) / 10_000)
    expected = (sold.quantize(MICRO, rounding="ROUND_DOWN") - 1_000) * 10**6
    assert venue.usdc() == expected
    assert vault_usdc(venue) == 1_000_000_000 - expected


def test_the_vault_always_holds_what_the_books_say() -> None:
    venue = Venue().funded(usdc=3_000, sol=30)
    first = venue.open(leverage=3)
    second = venue.open(
        collateralType=0, collateralMint=str(WSOL_MINT), collateralAmountNative=5 * 10**9
    )
    set_price(venue, "180")
    venue.close(first)
    venue.close(second, collateralType=0)
    for mint in (USDC_MINT, WSOL_MINT):
        held = venue.chain.token_balance(venue.chain.vault.pubkey(), mint)
        assert venue.engine.ledger.books[str(mint)].balance == held


def test_a_profit_beyond_the_deposit_is_paid_in_full() -> None:
    venue = Venue().funded(usdc=1_000)
    record = venue.open(leverage=2)
    set_price(venue, "200")
    venue.close(record)
    assert 2_980_000_000 < venue.usdc() < 2_995_000_000


def test_sol_is_paid_in_and_out_as_lamports() -> None:
    venue = Venue().funded(sol=20)
    mint = str(WSOL_MINT)
    changes = {"collateralType": 0, "collateralMint": mint, "collateralAmountNative": 10 * 10**9}
    before = venue.chain.balance(venue.wallet.pubkey())
    record = venue.open(**changes)
    paid = before - venue.chain.balance(venue.wallet.pubkey())
    network_fee = 5_000 + 250_000 * 5_000 // 10**6
    assert paid == 10 * 10**9 + 10_000 + network_fee
    assert venue.chain.token_balance(venue.wallet.pubkey(), WSOL_MINT) == 0
    # 10 SOL of one's own and 1000 USDC borrowed, less 0.15 % of 2000, swapped.
    assert Decimal("19.96") < Decimal(record["tokenAAmountUIEntry"]) < Decimal("19.97")
    venue.close(record, collateralType=0)
    left = before - venue.chain.balance(venue.wallet.pubkey())
    assert 0.03 * 10**9 < left < 0.04 * 10**9


def test_an_lst_costs_its_redemption_rate_less_its_discount() -> None:
    venue = Venue().funded()
    venue.market.discount = Decimal("0.01")
    record = venue.open(symbol="jitoSOL")
    assert record["tokenATokenMint"] == str(JITOSOL_MINT)
    # 100 USD a SOL, 1.2 SOL a token, 1 % below redemption.
    assert Decimal(record["tokenAEntryPriceUSD"]) == Decimal("118.8")
    spent = Decimal("1997") / Decimal("118.8")
    assert abs(Decimal(record["tokenAAmountUIEntry"]) / spent - 1) < Decimal("0.0003")


def test_the_executed_swap_appears_within_a_minute_of_market_time() -> None:
    venue = Venue().funded()
    record = venue.open()
    assert record["entryMarketMetadata"]["onChainExecutedMetadata"] is None
    venue.clock.advance(60_000)
    path = f"/positions/by-pda?pda={record['positionPda']}"
    meta = venue.post(path, None).json()["entryMarketMetadata"]["onChainExecutedMetadata"]
    assert meta["inputMint"] == str(USDC_MINT)
    assert meta["outputMint"] == str(WSOL_MINT)
    assert abs(meta["inputAmount"] / meta["outputAmount"] - 100) < 0.05
    closed = venue.close(record)
    assert closed["exitMarketMetadata"]["onChainExecutedMetadata"] is None
    venue.clock.advance(60_000)
    meta = venue.post(path, None).json()["exitMarketMetadata"]["onChainExecutedMetadata"]
    assert meta["inputMint"] == str(WSOL_MINT)


def test_lists_keep_history() -> None:
    venue = Venue().funded()
    first, second = venue.open(), venue.open()
    venue.close(first)
    body = {"walletPubkey": str(venue.wallet.pubkey())}
    everything = venue.post("/positions", body).json()
    assert [row["id"] for row in everything] == [1, 2]
    assert [row["state"] for row in everything] == [1, 0]
    assert everything[0]["liquidationEvents"] == []
    assert [row["id"] for row in venue.post("/positions/open", body).json()] == [second["id"]]
    assert [row["id"] for row in venue.post("/positions/closed", body).json()] == [first["id"]]
    assert venue.post("/positions", {"walletPubkey": "someone else"}).json() == []
    assert venue.refreshed(first) is None


def test_a_restart_between_build_and_submit_loses_nothing() -> None:
    venue = Venue().funded()
    built = venue.post("/create-position", venue.open_body()).json()
    later = venue.restarted()
    record = later.post("/submit-create-position-tx", later.signed(built)).json()
    assert record["state"] == 0
    latest = later.restarted()
    latest.clock.advance(30 * HOUR_MS)
    latest.engine.advance()
    again = latest.restarted()
    assert again.refreshed(record) == latest.refreshed(record)
    again.close(record)
    assert again.restarted().usdc() == again.usdc() > 9_990_000_000


def test_books_and_addresses_go_on_after_a_restart() -> None:
    venue = Venue().funded()
    first = venue.open()
    later = venue.restarted()
    assert later.engine.ledger.books == venue.engine.ledger.books
    second = later.open()
    assert second["positionPda"] != first["positionPda"]
    later.close(first)
    later.close(second)
    assert later.engine.ledger.books[str(USDC_MINT)].balance == vault_usdc(later)


@settings(max_examples=15, deadline=None)
@given(
    deposit=st.integers(min_value=100 * 10**6, max_value=9_000 * 10**6),
    leverage=st.decimals(min_value="1.1", max_value="3.5", places=2),
    price=st.decimals(min_value="90", max_value="160", places=3),
    hours=st.integers(min_value=0, max_value=100),
)
def test_what_is_paid_out_is_collateral_sold_less_debt(
    deposit: int, leverage: Decimal, price: Decimal, hours: int
) -> None:
    venue = Venue().funded()
    record = venue.open(collateralAmountNative=deposit, leverage=float(leverage))
    before = venue.usdc()
    venue.market.price = price
    venue.clock.advance(hours * HOUR_MS + 5)
    built = venue.post("/close-position", venue.close_body(record)).json()
    held = venue.engine.lending.holding(
        venue.engine.position(record["positionPda"]), venue.engine.now_ms()
    )
    venue.post("/submit-close-position-tx", venue.signed(built))
    value = held.collateral * price
    cost = value * (1 + value / 200_000) / 10_000
    exact = (value - cost - held.debt) * 10**6
    # At most one micro-dollar for each of the three roundings, and never for the client.
    assert 0 <= exact - (venue.usdc() - before) < 4
    venue.engine.settlement.check_conservation()


def test_a_position_under_water_cannot_be_closed() -> None:
    venue = Venue().funded()
    record = venue.open(leverage=3)
    venue.market.price = Decimal("60")
    built = venue.post("/close-position", venue.close_body(record))
    assert built.status_code == 422
    assert built.json()["error"]["code"] in {"INSUFFICIENT_EQUITY", "POSITION_NOT_OPEN"}


@pytest.mark.parametrize("symbol", ["SOL", "jitoSOL", "jupSOL", "INF"])
def test_every_collateral_opens_and_closes(symbol: str) -> None:
    venue = Venue().funded()
    record = venue.open(symbol=symbol)
    venue.close(record)
    assert venue.usdc() > 9_994_000_000
