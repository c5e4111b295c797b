"""Every risk rule at its edge, the order of them, and what must last before it counts."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal as D
from typing import Any

import pytest

from asgard_basis.domain.assets import Asset, LendingProtocol
from asgard_basis.domain.decision.card import Verdict
from asgard_basis.domain.identifiers import UserId
from asgard_basis.domain.risk.engine import RISK, TRIM, decide, judge
from asgard_basis.domain.risk.facts import Belief, Near, NearKind, RiskFacts
from tests.unit.domain.risk.pairs import AT, LIMITS, PRICE, facts

LST: dict[str, Any] = {"asset": Asset.JITOSOL, "protocol": LendingProtocol.MARGINFI}


def priced(redemption: str = "1.2", market: str | None = "1.2", **changes: Any) -> Any:
    rate = None if market is None else D(market)
    return replace(PRICE, redemption_rate=D(redemption), market_rate=rate, **changes)


def near(kind: NearKind, seconds: int) -> tuple[Near, ...]:
    return (Near(kind, AT - timedelta(seconds=seconds)),)


def failing(found: RiskFacts) -> set[str]:
    return set(decide(found, LIMITS).failing)


def test_a_pair_with_room_is_held_and_every_criterion_is_told() -> None:
    ruling = decide(facts(), LIMITS)
    assert ruling.verdict is Verdict.HOLD
    assert ruling.failing == ()
    assert len(ruling.criteria) == 15
    assert judge(facts(), LIMITS).near == ()


@pytest.mark.parametrize(
    ("health", "verdict", "first"),
    [
        ("0.0999", Verdict.EXIT, "long_health"),
        ("0.10", Verdict.EXIT, "long_health"),
        ("0.1001", Verdict.REDUCE, "room"),
        ("0.15", Verdict.REDUCE, "room"),
        ("0.1501", Verdict.HOLD, None),
        ("-0.2", Verdict.EXIT, "long_health"),
    ],
)
def test_room_of_the_long(health: str, verdict: Verdict, first: str | None) -> None:
    ruling = decide(facts(health=D(health)), LIMITS)
    assert ruling.verdict is verdict
    assert next(iter(ruling.failing), None) == first


@pytest.mark.parametrize(
    ("margin", "verdict"),
    [("0.0999", Verdict.EXIT), ("0.10", Verdict.REDUCE), ("0.30", Verdict.HOLD)],
)
def test_margin_of_the_short(margin: str, verdict: Verdict) -> None:
    assert decide(facts(margin=D(margin)), LIMITS).verdict is verdict


def test_a_pair_of_high_leverage_is_defended_later() -> None:
    """Opened with 20.9 % of room, it is not made smaller until half of that is used up."""
    assert decide(facts(health=D("0.13"), leverage=D("2.72")), LIMITS).verdict is Verdict.HOLD
    assert decide(facts(health=D("0.13"), leverage=D(2)), LIMITS).verdict is Verdict.REDUCE


@pytest.mark.parametrize(
    ("seconds", "verdict"), [(0, Verdict.REDUCE), (19, Verdict.REDUCE), (20, Verdict.EXIT)]
)
@pytest.mark.parametrize("kind", [NearKind.LONG, NearKind.SHORT])
def test_near_an_exit_for_twenty_seconds_is_left(
    kind: NearKind, seconds: int, verdict: Verdict
) -> None:
    room: dict[str, Any] = (
        {"health": D("0.12")} if kind is NearKind.LONG else {"margin": D("0.1199")}
    )
    found = facts(near=near(kind, seconds), **room)
    judged = judge(found, LIMITS)
    assert judged.ruling.verdict is verdict
    assert judged.near == near(kind, seconds)


def test_a_mark_with_room_ends_the_count() -> None:
    judged = judge(facts(health=D("0.13"), near=near(NearKind.LONG, 19)), LIMITS)
    assert judged.near == ()


def test_near_begins_at_the_mark_that_shows_it() -> None:
    assert judge(facts(health=D("0.11")), LIMITS).near == (Near(NearKind.LONG, AT),)


@pytest.mark.parametrize("belief", [Belief.STALE, Belief.DISPUTED])
def test_nothing_is_decided_by_a_price_that_may_be_wrong(belief: Belief) -> None:
    price = replace(PRICE, belief=belief, doubt="31 s old")
    found = facts(price=price, health=D("0.05"), margin=D("0.01"), stated_health=D("0.3"))
    ruling = decide(found, LIMITS)
    assert ruling.verdict is Verdict.HOLD
    assert ruling.failing == ("price",)
    assert "31 s old" in ruling.reason


def test_what_stood_goes_on_standing_while_the_price_is_not_believed() -> None:
    price = replace(PRICE, belief=Belief.DISPUTED)
    kept = near(NearKind.SHORT, 19)
    assert judge(facts(price=price, near=kept), LIMITS).near == kept


def test_a_stale_price_does_not_silence_the_lenders_own_word() -> None:
    price = replace(PRICE, belief=Belief.STALE)
    low: dict[str, Any] = {"stated_health": D("0.08"), "near": near(NearKind.LONG, 20)}
    assert decide(facts(price=price, **low), LIMITS).verdict is Verdict.EXIT
    disputed = replace(PRICE, belief=Belief.DISPUTED)
    assert decide(facts(price=disputed, **low), LIMITS).verdict is Verdict.HOLD


def test_the_lenders_lower_figure_counts_when_it_lasts() -> None:
    low: dict[str, Any] = {"stated_health": D("0.05")}
    assert decide(facts(**low), LIMITS).verdict is Verdict.HOLD
    assert judge(facts(**low), LIMITS).near == (Near(NearKind.LONG, AT),)
    assert decide(facts(near=near(NearKind.LONG, 20), **low), LIMITS).verdict is Verdict.EXIT
    old = facts(near=near(NearKind.LONG, 20), seen_seconds=121, **low)
    assert decide(old, LIMITS).verdict is Verdict.HOLD


def test_an_unknown_health_is_told_and_is_no_reason_to_leave() -> None:
    ruling = decide(facts(stated_health=None), LIMITS)
    assert ruling.verdict is Verdict.HOLD
    assert ruling.failing == ("health_known",)


def test_nothing_known_of_a_leg_is_told_and_is_no_reason_to_leave() -> None:
    blind = facts(stated_health=None, liquidation_threshold=None, short_raw_usd=None)
    ruling = decide(blind, LIMITS)
    assert ruling.verdict is Verdict.HOLD
    assert set(ruling.failing) == {"long_known", "short_known", "health_known"}


def test_our_own_figure_counts_where_the_lender_says_nothing() -> None:
    assert decide(facts(health=D("0.1"), stated_health=None), LIMITS).verdict is Verdict.EXIT


def test_the_lenders_figure_counts_where_we_cannot_compute_one() -> None:
    found = facts(stated_health=D("0.1"), liquidation_threshold=None)
    assert decide(found, LIMITS).verdict is Verdict.EXIT


def test_figures_that_are_old_are_told() -> None:
    assert failing(facts(seen_seconds=900)) == set()
    assert failing(facts(seen_seconds=901)) == {"recently_seen"}


@pytest.mark.parametrize(
    ("drift", "is_trimmed"), [("0.005", False), ("0.0051", True), ("-0.0051", True)]
)
def test_legs_that_drift_apart_are_trimmed(drift: str, is_trimmed: bool) -> None:
    ruling = decide(facts(drift=D(drift)), LIMITS)
    assert ruling.verdict is Verdict.HOLD
    assert (ruling.measure == TRIM) is is_trimmed


@pytest.mark.parametrize(
    ("market", "told"),
    [
        ("1.1881", set()),
        ("1.188", {"lst_discount"}),
        ("1.2359", set()),
        ("1.236", {"lst_premium"}),
        ("1.27", {"lst_premium"}),
        (None, set()),
    ],
)
def test_premium_and_discount_of_a_staking_token(market: str | None, told: set[str]) -> None:
    found = facts(price=priced(market=market), asset=Asset.JITOSOL)
    assert failing(found) == told
    assert decide(found, LIMITS).verdict is Verdict.HOLD


@pytest.mark.parametrize(
    ("change", "is_told"), [("0.0199", False), ("0.02", True), ("-0.02", True), ("-0.0199", False)]
)
def test_a_fast_move_of_a_staking_token(change: str, is_told: bool) -> None:
    found = facts(price=priced(market_rate_change=D(change)), asset=Asset.JITOSOL)
    assert ("lst_velocity" in failing(found)) is is_told


@pytest.mark.parametrize(
    "price", [priced(market="1.176"), priced(market_rate_change=D("-0.05"))], ids=["far", "fast"]
)
def test_a_lasting_depeg_is_left_only_where_the_lender_goes_by_the_market(price: Any) -> None:
    kept = near(NearKind.DEPEG, 20)
    assert decide(facts(price=price, near=kept, **LST), LIMITS).verdict is Verdict.EXIT
    assert decide(facts(price=price, **LST), LIMITS).verdict is Verdict.HOLD
    kamino = facts(price=price, near=kept, asset=Asset.JITOSOL)
    assert decide(kamino, LIMITS).verdict is Verdict.HOLD
    assert judge(kamino, LIMITS).near == ()


def test_a_lender_that_goes_by_the_market_counts_the_discount_at_once() -> None:
    cheap = priced(market="0.84")
    assert facts(price=cheap, **LST).own_health == 1 - D("0.625") / D("0.7")
    assert facts(price=cheap, asset=Asset.JITOSOL).own_health == D("0.375")


def test_exits_come_before_everything_else() -> None:
    worst = facts(
        health=D("0.05"),
        margin=D("0.05"),
        drift=D("0.02"),
        price=priced(market="1.0"),
        stated_health=None,
        **LST,
    )
    assert decide(worst, LIMITS).failing[:2] == ("long_health", "short_margin")


def test_a_card_of_it_can_be_made_again() -> None:
    found = facts(health=D("0.11"), near=near(NearKind.LONG, 5))
    card = RISK.card(found, LIMITS, card_id="1", user_id=UserId("u"), subject="position:p", at=AT)
    assert RISK.again(card) == card.ruling
