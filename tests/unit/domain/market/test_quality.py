"""What is old looks old, what is disputed says why, and neither is ever taken for the other."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from asgard_basis.domain.assets import Asset, LendingProtocol
from asgard_basis.domain.market.quality import (
    FUNDING_HISTORY,
    PRICE,
    Dispute,
    QualityState,
    lender_part,
    staking_part,
)
from asgard_basis.domain.market.snapshot import LstMarket
from tests.unit.application.pair import SNAPSHOT, START

KAMINO = lender_part(LendingProtocol.KAMINO, Asset.SOL)


def test_parts_grow_old_one_by_one() -> None:
    at_first = SNAPSHOT.quality(START + timedelta(seconds=30))
    assert at_first.price.is_fresh
    assert at_first.price.age_seconds == 30
    later = SNAPSHOT.quality(START + timedelta(seconds=31))
    assert (later.price.state, later.price.reason) == (
        QualityState.STALE,
        "31 s old, at most 30 s",
    )
    assert later.of(KAMINO).is_fresh


def test_what_was_never_seen_is_stale_and_not_of_age_zero() -> None:
    quality = SNAPSHOT.quality(START)
    for part in (FUNDING_HISTORY, staking_part(Asset.INF)):
        assert quality.of(part).state is QualityState.STALE
        assert quality.of(part).age_seconds is None


def test_a_dispute_wins_over_age_and_keeps_its_reason_and_its_figure() -> None:
    dispute = Dispute(PRICE, "Asgard says 150.00, Hyperliquid 170.00.")
    snapshot = replace(SNAPSHOT, disputes=(dispute,))
    quality = snapshot.quality(START + timedelta(hours=1))
    assert quality.price.state is QualityState.DISPUTED
    assert quality.price.reason == dispute.reason
    assert [q.part for q in quality.disputed] == [PRICE]
    assert snapshot.perp == SNAPSHOT.perp


def test_a_dispute_concerns_its_own_part_only() -> None:
    lst = LstMarket(Asset.INF, Decimal("1.4"), None, None, START)
    other = lender_part(LendingProtocol.MARGINFI, Asset.SOL)
    snapshot = replace(
        SNAPSHOT, lsts={Asset.INF: lst}, disputes=(Dispute(other, "Borrowing at 900% a year."),)
    )
    quality = snapshot.quality(START)
    assert quality.of(KAMINO).is_fresh
    assert quality.of(staking_part(Asset.INF)).is_fresh
    assert quality.among([KAMINO, other]) == (quality.of(other),)
