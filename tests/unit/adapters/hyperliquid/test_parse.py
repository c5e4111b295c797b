"""Recorded answers of the venue mean what we take them to mean."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hyperliquid.utils.signing import float_to_wire
from hypothesis import given
from hypothesis import strategies as st

from asgard_basis.adapters.hyperliquid import parse, wire
from asgard_basis.domain.errors import ErrorCode, Refused, Unavailable
from asgard_basis.domain.identifiers import JobId, client_order_id
from asgard_basis.ports.venues import PerpOrder

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
COINS = '{"universe":[{"name":"BTC","szDecimals":5,"maxLeverage":40},%s]}'
SOL = '{"name":"SOL","szDecimals":2,"maxLeverage":20,"marginTableId":20}'


class Recordings:
    def __init__(self, folder: Path) -> None:
        self._folder = folder / "api/hyperliquid_samples"

    def read(self, name: str, kind: Any) -> Any:
        answer = json.loads((self._folder / name).read_text())
        return wire.shaped(answer.get("response", answer), kind)


@pytest.fixture(scope="module")
def recordings(recorded: Path) -> Recordings:
    return Recordings(recorded)


def test_the_asset_is_found_by_name_and_not_by_a_number_we_know() -> None:
    meta = msgspec.json.decode(COINS % SOL, type=wire.Meta)
    index, coin = parse.asset_id(meta)
    assert (index, coin.sz_decimals, coin.max_leverage) == (1, 2, 20)


def test_a_recorded_market_keeps_its_hourly_rate_and_its_sign(recorded: Path) -> None:
    path = recorded / "api/hyperliquid_samples/nautilus/ws_asset_ctxs_first6.json"
    contexts = json.loads(path.read_text())["ctxs_main_first6"]
    coin = wire.Coin("SOL", 2, 20)
    market = parse.perp_market(coin, wire.shaped(contexts[5], wire.AssetContext), observed_at=NOW)
    assert market.oracle_price == Decimal("86.19")
    assert market.funding_now.income_to_short.value == Decimal("0.0000098512")
    assert market.premium == Decimal("-0.0005685114")
    assert market.size_step == Decimal("0.01")
    delisted = wire.shaped(contexts[3], wire.AssetContext)
    assert (delisted.mid_px, delisted.premium) == (None, None)


def test_the_short_received_when_the_rate_was_positive(recordings: Recordings) -> None:
    name = "sdk/test_user_funding_history_without_end_time.json"
    rows = recordings.read(name, list[wire.UserFundingRow])
    assert rows
    for row in rows:
        sides = -row.delta.szi * row.delta.funding_rate
        assert (sides > 0) == (row.delta.usdc > 0)


def test_late_settlements_belong_to_their_hour_and_count_once() -> None:
    hour = 1_763_640_000_000
    rows = [
        wire.FundingRow("SOL", Decimal("0.00002"), Decimal(0), hour + 3_600_000 + 900_000),
        wire.FundingRow("SOL", Decimal("0.00001"), Decimal(0), hour + 47),
        wire.FundingRow("SOL", Decimal("0.00001"), Decimal(0), hour + 48),
    ]
    observations = parse.funding_observations(rows)
    assert [o.hour for o in observations] == [
        parse.moment(hour),
        parse.moment(hour) + timedelta(hours=1),
    ]
    assert observations[0].rate.longs_pay_hourly == Decimal("0.00001")


def test_fills_of_other_coins_are_left_out_and_fees_are_as_booked(recordings: Recordings) -> None:
    rows = recordings.read("ccxt/userFills_2026.json", list[wire.Fill])
    assert parse.perp_fills(rows) == []
    (sell,) = parse.perp_fills([msgspec.structs.replace(rows[1], coin="SOL")])
    assert (sell.is_buy, sell.size, sell.fee_usdc) == (False, Decimal("5.2"), Decimal("0.047504"))
    assert sell.closed_result_usd == Decimal("-46.0356")
    assert sell.time == parse.moment(1768931202995)


def test_only_deposits_are_credits_and_their_noise_is_rounded_away(recordings: Recordings) -> None:
    name = "sdk/test_user_non_funding_ledger_updates_without_end_time.json"
    credits_ = parse.deposit_credits(recordings.read(name, list[wire.LedgerRow]))
    assert [c.amount_usdc for c in credits_] == [Decimal("2703997.45"), Decimal("1099994.98")]


def account(state: wire.ClearinghouseState, mode: str, usdc: str = "0", hold: str = "0") -> Any:
    spot = wire.SpotState([wire.SpotBalance("USDC", Decimal(usdc), Decimal(hold))])
    return parse.perp_account(state, spot, abstraction=mode, exists=True, observed_at=NOW)


def test_an_isolated_short_carries_its_margin_and_raw_usd(recordings: Recordings) -> None:
    state = recordings.read(
        "ccxt/clearinghouseState_isolated_short_2025-10.json", wire.ClearinghouseState
    )
    assert account(state, "default").position is None
    state.asset_positions[0].position.coin = "SOL"
    seen = account(state, "default")
    position = seen.position
    assert position.signed_size == Decimal("-4.0")
    assert position.is_isolated
    assert position.isolated_raw_usd == Decimal("211.144417")
    raw_and_mark = position.isolated_raw_usd - position.mark_value_usd
    assert position.margin_usdc == raw_and_mark == Decimal("18.564417")
    assert position.liquidation_price == Decimal("50.2724802381")
    assert seen.account_value_usd == Decimal("76.206517")
    assert seen.withdrawable_usdc == Decimal("76.206517") - Decimal("19.258")


def test_a_tenth_of_the_notional_stays_whatever_the_venue_calls_withdrawable(
    recordings: Recordings,
) -> None:
    state = recordings.read(
        "ccxt/clearinghouseState_cross_short_2024-10.json", wire.ClearinghouseState
    )
    summary = state.margin_summary
    free = account(state, "disabled").withdrawable_usdc
    assert free == summary.account_value - summary.total_ntl_pos / 10 < state.withdrawable


def test_a_unified_account_keeps_its_collateral_in_spot(recordings: Recordings) -> None:
    state = recordings.read(
        "ccxt/clearinghouseState_isolated_short_2025-10.json", wire.ClearinghouseState
    )
    seen = account(state, "unifiedAccount", usdc="100", hold="30")
    assert seen.account_value_usd == Decimal(100)
    assert seen.withdrawable_usdc == Decimal(70)
    assert account(state, "unifiedAccount", usdc="100").withdrawable_usdc == Decimal("80.742")


def test_a_closed_position_that_lingers_is_no_position(recordings: Recordings) -> None:
    state = recordings.read(
        "ccxt/clearinghouseState_isolated_short_2025-10.json", wire.ClearinghouseState
    )
    state.asset_positions[0].position.coin = "SOL"
    state.asset_positions[0].position.szi = Decimal("0.0")
    assert account(state, "default").position is None


def test_spot_balances_of_outcome_tokens_do_not_disturb(recordings: Recordings) -> None:
    spot = recordings.read("nautilus/http_spot_clearinghouse_state.json", wire.SpotState)
    assert spot.balances[0].total == Decimal("14.625485")


def test_an_answer_in_another_shape_is_no_answer() -> None:
    with pytest.raises(Unavailable) as caught:
        wire.shaped({"universe": "soon"}, wire.Meta)
    assert caught.value.code is ErrorCode.HYPERLIQUID_API


@pytest.mark.parametrize(
    ("price", "is_buy", "expected"),
    [
        ("138.9123", False, "138.91"),
        ("138.9123", True, "138.92"),
        ("99.99991", True, "100"),
        ("99.99991", False, "99.999"),
        ("1234.56", True, "1234.6"),
        ("9.876543", False, "9.8765"),
        ("0.123456", True, "0.1235"),
        ("123456.7", True, "123457"),
        ("150", False, "150"),
    ],
)
def test_prices_go_to_the_tick_on_the_eager_side(price: str, is_buy: bool, expected: str) -> None:
    rounded = parse.tradable_price(Decimal(price), is_buy=is_buy, size_decimals=2)
    assert parse.number_text(rounded) == expected


@given(st.decimals("0.001", "250000", places=7), st.booleans())
def test_every_price_is_on_a_tick_and_never_less_eager(price: Decimal, is_buy: bool) -> None:
    rounded = parse.tradable_price(price, is_buy=is_buy, size_decimals=2) if price > 0 else price
    assert rounded >= price if is_buy else rounded <= price
    digits = rounded.normalize()
    exponent = int(digits.as_tuple().exponent)
    assert exponent >= 0 or (len(digits.as_tuple().digits) <= 5 and exponent >= -4)


@given(st.decimals("-1000000", "1000000", places=6))
def test_numbers_are_written_as_in_the_official_sdk(value: Decimal) -> None:
    assert parse.number_text(value) == float_to_wire(float(value))


def test_a_price_that_rounds_to_nothing_is_refused() -> None:
    with pytest.raises(Refused):
        parse.tradable_price(Decimal("0.00001"), is_buy=False, size_decimals=2)


def test_an_order_has_its_keys_in_signing_order_and_whole_lots() -> None:
    key = client_order_id(saga=JobId("p"), step="open_short", attempt=1)
    order = PerpOrder(key, False, Decimal("3.3478"), Decimal("138.9123"), False)
    action = parse.order_action(order, asset=5, size_decimals=2)
    assert list(action) == ["type", "orders", "grouping"]
    (row,) = action["orders"]  # type: ignore[misc]
    assert list(row) == ["a", "b", "p", "s", "r", "t", "c"]
    assert (row["p"], row["s"], row["c"]) == ("138.91", "3.34", key)


def test_less_than_a_lot_is_refused() -> None:
    with pytest.raises(Refused) as caught:
        parse.tradable_size(Decimal("0.009"), size_decimals=2)
    assert caught.value.code is ErrorCode.SIZE_TOO_SMALL


@given(st.datetimes(timezones=st.just(UTC), min_value=datetime(2000, 1, 1)))  # noqa: DTZ001
def test_times_survive_the_wire_to_the_millisecond(at: datetime) -> None:
    assert timedelta(0) <= at - parse.moment(parse.milliseconds(at)) < timedelta(milliseconds=1)
