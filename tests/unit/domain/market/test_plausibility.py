"""Wrong figures are disputed with their reason; wild but true ones are believed."""

import csv
import gzip
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from asgard_basis.domain.assets import Asset, LendingProtocol
from asgard_basis.domain.market.funding import FundingObservation, FundingRate
from asgard_basis.domain.market.plausibility import (
    BORROW_APY_MAX,
    SUPPLY_APY_MAX,
    Memory,
    Moment,
    judge,
)
from asgard_basis.domain.market.quality import (
    FUNDING,
    FUNDING_HISTORY,
    PRICE,
    Dispute,
    Part,
    lender_part,
    staking_part,
)
from asgard_basis.domain.market.rates import AnnualYield
from asgard_basis.domain.market.snapshot import LstMarket, MarketSnapshot
from tests.unit.application.pair import LENDER, PERP, SNAPSHOT, START

JITO = staking_part(Asset.JITOSOL)


class Watching:
    """One snapshot after another, as a watch judges them."""

    def __init__(self) -> None:
        self.host = self.market = START
        self.memory = Memory()
        self.spot: Decimal | None = None
        self.spot_at: datetime | None = None
        self.spot_host: datetime | None = None

    def second_opinion(self, price: str) -> None:
        self.spot, self.spot_at, self.spot_host = Decimal(price), self.market, self.host

    def passes(self, seconds: float, *, speed: float = 1) -> None:
        self.host += timedelta(seconds=seconds)
        self.market += timedelta(seconds=seconds * speed)

    def sees(self, mark: str, *, oracle: str | None = None, **parts: object) -> list[Dispute]:
        perp = replace(
            PERP,
            mark_price=Decimal(mark),
            oracle_price=Decimal(oracle or mark),
            observed_at=self.host,
        )
        snapshot = replace(
            SNAPSHOT,
            perp=perp,
            taken_at=self.market,
            spot_prices={} if self.spot is None else {Asset.SOL: self.spot},
            spot_observed_at=self.spot_host,
            **parts,  # type: ignore[arg-type]
        )
        return self.judges(snapshot)

    def judges(self, snapshot: MarketSnapshot) -> list[Dispute]:
        moment = Moment(self.host, self.market, self.spot_at)
        disputes, self.memory = judge(snapshot, self.memory, moment)
        return list(disputes)


def parts(disputes: list[Dispute]) -> list[Part]:
    return [dispute.part for dispute in disputes]


def test_venues_that_contradict_each_other_leave_no_price_to_decide_on() -> None:
    watching = Watching()
    watching.second_opinion("150")
    (dispute,) = watching.sees("170")
    assert dispute.part == PRICE
    assert dispute.reason == "Hyperliquid says $170.00, Asgard $150.00: 11.8% apart, at most 3.0%."


def test_an_old_second_opinion_contradicts_only_what_cannot_have_happened_since() -> None:
    watching = Watching()
    watching.second_opinion("170")
    watching.passes(1, speed=3600)
    assert watching.sees("160") == []
    assert parts(watching.sees("130")) == [PRICE, PRICE]


def test_a_mark_far_from_its_oracle_is_disputed() -> None:
    assert parts(Watching().sees("170", oracle="150")) == [PRICE]


@pytest.mark.parametrize("mark", ["0", "-1"])
def test_what_is_no_price_is_disputed(mark: str) -> None:
    assert parts(Watching().sees(mark)) == [PRICE]


def test_a_sudden_jump_is_believed_once_the_other_venue_has_seen_it() -> None:
    watching = Watching()
    watching.second_opinion("170")
    assert watching.sees("170") == []
    watching.passes(1)
    assert PRICE in parts(watching.sees("155"))
    assert watching.memory.wants_second_opinion
    watching.passes(1)
    watching.second_opinion("156")
    assert watching.sees("155") == []
    assert not watching.memory.wants_second_opinion
    watching.passes(1)
    assert watching.sees("154") == []


def test_a_jump_nobody_confirms_is_believed_when_it_stands_for_half_a_minute() -> None:
    """The short is liquidated by that price, whatever another venue says."""
    watching = Watching()
    assert watching.sees("170") == []
    for _ in range(29):
        watching.passes(1)
        assert parts(watching.sees("155")) == [PRICE]
    watching.passes(2)
    assert watching.sees("155") == []


def test_a_glitch_that_goes_away_leaves_nothing_behind() -> None:
    watching = Watching()
    assert watching.sees("170") == []
    watching.passes(1)
    assert parts(watching.sees("17")) == [PRICE]
    watching.passes(1)
    assert watching.sees("170.1") == []


def test_a_slide_in_small_steps_needs_confirming_too() -> None:
    watching = Watching()
    price = Decimal(170)
    found: list[Dispute] = []
    for _ in range(5):
        found += watching.sees(str(price))
        watching.passes(5)
        price *= Decimal("0.97")
    assert parts(found) == [PRICE] * 3


def test_the_fastest_crash_of_the_paper_world_is_believed_as_it_happens() -> None:
    watching = Watching()
    for second in range(600):
        assert watching.sees(str(Decimal(170) * (1 - Decimal(second) * Decimal("0.0003")))) == []
        watching.passes(1)


def test_a_crash_of_a_percent_a_second_is_never_disputed_while_the_other_venue_answers() -> None:
    """Nothing is defended by a disputed price, and a crash is when it must be."""
    watching = Watching()
    price, asked_at = Decimal(170), START
    watching.second_opinion("170")
    for _ in range(120):
        assert watching.sees(str(price)) == []
        wanted = watching.memory.wants_second_opinion
        if wanted and watching.host - asked_at >= timedelta(seconds=2):
            watching.second_opinion(str(price))
            asked_at = watching.host
        watching.passes(0.5)
        price *= Decimal("0.995")


def test_a_jump_is_confirmed_in_accelerated_time_by_what_is_asked_after_it() -> None:
    watching = Watching()
    watching.second_opinion("170")
    assert watching.sees("170") == []
    watching.passes(1, speed=60)
    assert PRICE in parts(watching.sees("150"))
    watching.passes(1, speed=60)
    watching.second_opinion("151")
    watching.passes(2, speed=60)
    assert watching.sees("150") == []


def test_a_market_that_stands_still_asks_for_no_second_opinion() -> None:
    watching = Watching()
    watching.second_opinion("167")  # what Asgard sells at is never quite the same
    for _ in range(30):
        assert watching.sees("170") == []
        assert not watching.memory.wants_second_opinion
        watching.passes(1)


def test_an_old_opinion_confirms_no_jump() -> None:
    watching = Watching()
    watching.second_opinion("163")
    watching.passes(61)
    assert watching.sees("168") == []
    watching.passes(1)
    assert parts(watching.sees("159")) == [PRICE]


@pytest.mark.parametrize(("funding", "is_disputed"), [("0.04", False), ("-0.0401", True)])
def test_funding_beyond_the_venues_own_cap_is_disputed(funding: str, is_disputed: bool) -> None:
    perp = replace(PERP, funding_now=FundingRate(Decimal(funding)))
    disputes = Watching().judges(replace(SNAPSHOT, perp=perp))
    assert (FUNDING in parts(disputes)) is is_disputed


def test_a_premium_nobody_has_ever_seen_is_disputed() -> None:
    perp = replace(PERP, premium=Decimal("-0.3"))
    assert parts(Watching().judges(replace(SNAPSHOT, perp=perp))) == [FUNDING]


@pytest.mark.parametrize(
    ("supply", "borrow", "is_disputed"),
    [
        ("1.06", "0.23", False),
        ("0", "0", False),
        (str(SUPPLY_APY_MAX), str(BORROW_APY_MAX), False),
        ("1.51", "0.05", True),
        ("0.05", "4.5", True),
        ("-0.01", "0.05", True),
    ],
)
def test_lenders_rates_are_believed_up_to_the_spikes_that_were_recorded(
    supply: str, borrow: str, is_disputed: bool
) -> None:
    lender = replace(
        LENDER,
        collateral_supply=AnnualYield(Decimal(supply)),
        usdc_borrow=AnnualYield(Decimal(borrow)),
    )
    other = replace(LENDER, protocol=LendingProtocol.MARGINFI)
    disputes = Watching().judges(replace(SNAPSHOT, lenders=(lender, other)))
    expected = [lender_part(LendingProtocol.KAMINO, Asset.SOL)] if is_disputed else []
    assert parts(disputes) == expected


def jito(rate: str, market_rate: str | None = None) -> dict[str, object]:
    traded = None if market_rate is None else Decimal(market_rate)
    return {"lsts": {Asset.JITOSOL: LstMarket(Asset.JITOSOL, Decimal(rate), None, traded, START)}}


def test_redemption_rises_by_an_epoch_and_by_the_time_that_passed() -> None:
    watching = Watching()
    assert watching.sees("170", **jito("1.2246")) == []
    watching.passes(1)
    assert watching.sees("170", **jito("1.2250")) == []
    watching.passes(1, speed=90 * 86_400)
    assert watching.sees("170", **jito("1.2460")) == []


@pytest.mark.parametrize("rate", ["1.2200", "1.2290"])
def test_redemption_that_falls_or_leaps_is_disputed_until_it_has_stood(rate: str) -> None:
    watching = Watching()
    assert watching.sees("170", **jito("1.2246")) == []
    watching.passes(30)
    (dispute,) = watching.sees("170", **jito(rate))
    assert dispute.part == JITO
    assert "only ever rises slowly" in dispute.reason
    watching.passes(3599)
    assert parts(watching.sees("170", **jito(rate))) == [JITO]
    watching.passes(1)
    assert watching.sees("170", **jito(rate)) == []


def test_a_depeg_that_has_been_seen_before_is_believed_and_a_mad_one_is_not() -> None:
    assert Watching().sees("170", **jito("1.2246", "1.01")) == []
    assert parts(Watching().sees("170", **jito("1.2246", "0.6"))) == [JITO]


def settled(hours: range, *, rate: str = "0.0000125") -> tuple[FundingObservation, ...]:
    hour = START.replace(minute=0)
    return tuple(
        FundingObservation(hour - timedelta(hours=h), FundingRate(Decimal(rate)), Decimal(0))
        for h in reversed(hours)
    )


def test_history_is_disputed_when_too_much_of_the_last_day_is_missing() -> None:
    whole = settled(range(48))
    assert Watching().sees("170", recent_funding=whole[:-1]) == []  # still settling
    two_gone = tuple(o for i, o in enumerate(whole) if i not in {30, 31})
    assert Watching().sees("170", recent_funding=two_gone) == []
    (dispute,) = Watching().sees("170", recent_funding=whole[:-4])
    assert (dispute.part, dispute.reason) == (
        FUNDING_HISTORY,
        "3 of the last 24 settled hours are missing.",
    )


def test_settled_hours_that_do_not_follow_from_their_premium_are_disputed() -> None:
    odd = settled(range(48), rate="0.0000126")
    assert parts(Watching().sees("170", recent_funding=odd)) == [FUNDING_HISTORY]


def test_nothing_that_was_recorded_in_a_year_is_disputed(recorded: Path) -> None:
    file = recorded / "funding" / "hl_funding_SOL_1h__to_2025-10.csv.gz"
    with gzip.open(file, "rt") as rows:
        seen = [
            FundingObservation(
                datetime.fromtimestamp(int(row["time_ms"]) // 3_600_000 * 3600, UTC),
                FundingRate(Decimal(row["fundingRate"])),
                Decimal(row["premium"]),
            )
            for row in csv.DictReader(rows)
        ]
    for end in range(168, len(seen), 168):
        watching = Watching()
        watching.market = seen[end - 1].hour + timedelta(minutes=1)
        perp = replace(PERP, premium=seen[end - 1].premium, funding_now=seen[end - 1].rate)
        snapshot = replace(
            SNAPSHOT,
            perp=perp,
            taken_at=watching.market,
            recent_funding=tuple(seen[end - 168 : end]),
        )
        assert watching.judges(snapshot) == []
