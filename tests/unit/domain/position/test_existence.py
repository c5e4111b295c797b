"""Every exposure has exactly one verdict, both ways; acting on all of them ends the matter."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asgard_basis.domain.assets import Asset, LendingProtocol
from asgard_basis.domain.identifiers import PositionId
from asgard_basis.domain.position.existence import (
    BookedLong,
    BookedPair,
    Facts,
    InFlight,
    LateFill,
    LedgerOff,
    LegLost,
    ListedLong,
    Matched,
    Quarantine,
    SweepLong,
    SweepPerp,
    Unknown,
    Verdict,
    judge,
)
from asgard_basis.domain.position.lifecycle import PositionState

LOT, LEAST = Decimal("0.01"), Decimal("0.06")
SOL, KAMINO = Asset.SOL, LendingProtocol.KAMINO


def pair(key: str, short: str = "6.12", *, moving: bool = False, **changes: Any) -> BookedPair:
    size = Decimal(short)
    return replace(
        BookedPair(
            position_id=PositionId(key),
            state=PositionState.HEDGED,
            is_moving=moving,
            short=size,
            short_least=Decimal(0) if moving else size,
            short_most=size,
            long=BookedLong(f"long-{key}", SOL, KAMINO, Decimal("6.12")),
        ),
        **changes,
    )


def listed(key: str, *, is_open: bool = True, **changes: Any) -> ListedLong:
    return replace(ListedLong(key, SOL, KAMINO, is_open, f"sig-{key}"), **changes)


def facts(*pairs: BookedPair, size: str | None, longs: list[ListedLong] | None) -> Facts:
    return Facts(
        pairs=pairs,
        account_size=None if size is None else Decimal(size),
        longs=None if longs is None else tuple(longs),
        lot=LOT,
        least_order=LEAST,
    )


def test_a_hedged_pair_that_is_there_matches() -> None:
    (verdict,) = judge(facts(pair("a"), size="-6.12", longs=[listed("long-a")]))
    assert verdict == Matched(PositionId("a"), Decimal("6.12"), ("long-a",))


@pytest.mark.parametrize(
    ("size", "longs"), [(None, [listed("long-a")]), ("-6.12", None), (None, None)]
)
def test_what_cannot_be_asked_is_never_a_mismatch(
    size: str | None, longs: list[ListedLong] | None
) -> None:
    (verdict,) = judge(facts(pair("a"), size=size, longs=longs))
    assert isinstance(verdict, Unknown)


def test_a_short_that_is_gone_is_a_lost_leg_although_the_long_is_not_known() -> None:
    (verdict,) = judge(facts(pair("a"), size="0", longs=None))
    assert isinstance(verdict, LegLost)
    assert (verdict.short_lost, verdict.long_lost) == (Decimal("6.12"), Decimal(0))


def test_a_shrunken_short_is_lost_from_the_largest_position_first() -> None:
    pairs = pair("a", "2"), pair("b", "6"), pair("c", "3")
    verdicts = judge(facts(*pairs, size="-4", longs=[listed(f"long-{k}") for k in "abc"]))
    lost = {v.position_id: v.short_lost for v in verdicts if isinstance(v, LegLost)}
    assert lost == {"b": Decimal(6), "c": Decimal(1)}
    assert verdicts[0] == Matched(PositionId("a"), Decimal(2), ("long-a",))


def test_a_short_too_small_to_act_on_is_told_not_repaired() -> None:
    (verdict,) = judge(facts(pair("a"), size="-6.10", longs=[listed("long-a")]))
    assert isinstance(verdict, LedgerOff)
    assert (verdict.booked, verdict.stated) == (Decimal("6.12"), Decimal("6.10"))


def test_a_closed_long_is_a_lost_leg() -> None:
    (verdict,) = judge(facts(pair("a"), size="-6.12", longs=[listed("long-a", is_open=False)]))
    assert isinstance(verdict, LegLost)
    assert (verdict.long_lost, verdict.is_long_gone) == (Decimal("6.12"), True)


def test_a_partly_liquidated_long_is_a_lost_leg_and_interest_is_not() -> None:
    def seen(collateral: str) -> Verdict:
        long = listed("long-a", collateral=Decimal(collateral))
        (verdict,) = judge(facts(pair("a"), size="-6.12", longs=[long]))
        return verdict

    assert isinstance(seen("6.15"), Matched)
    assert isinstance(seen("6.10"), Matched)
    lost = seen("5.12")
    assert isinstance(lost, LegLost)
    assert (lost.long_lost, lost.is_long_gone) == (Decimal(1), False)


def test_both_legs_lost_are_one_verdict() -> None:
    (verdict,) = judge(facts(pair("a"), size="0", longs=[listed("long-a", is_open=False)]))
    assert isinstance(verdict, LegLost)
    assert (verdict.short_lost, verdict.long_lost) == (Decimal("6.12"), Decimal("6.12"))


def test_a_long_under_another_asset_is_quarantined_and_can_be_closed() -> None:
    other = listed("long-a", asset=Asset.JITOSOL)
    (verdict,) = judge(facts(pair("a"), size="-6.12", longs=[other]))
    assert isinstance(verdict, Quarantine)
    assert verdict.is_closable


def test_a_long_that_is_listed_nowhere_waits_for_a_person() -> None:
    (verdict,) = judge(facts(pair("a"), size="-6.12", longs=[]))
    assert isinstance(verdict, Quarantine)
    assert not verdict.is_closable


def test_a_short_turned_long_is_quarantined_and_the_long_perpetual_swept() -> None:
    verdicts = judge(facts(pair("a"), size="2", longs=[listed("long-a")]))
    assert isinstance(verdicts[0], Quarantine)
    assert verdicts[1] == SweepPerp(short=Decimal(-2))


def test_what_is_nobodys_is_swept() -> None:
    verdicts = judge(facts(pair("a"), size="-9.12", longs=[listed("long-a"), listed("stray")]))
    assert [type(v) for v in verdicts] == [Matched, SweepPerp, SweepLong]
    assert verdicts[1].short == 3
    assert verdicts[2].longs == ("stray",)


def test_an_excess_below_the_least_order_is_told_unless_it_is_all_there_is() -> None:
    (_, excess) = judge(facts(pair("a"), size="-6.14", longs=[listed("long-a")]))
    assert isinstance(excess, LedgerOff)
    assert judge(facts(size="-0.02", longs=[])) == (SweepPerp(short=Decimal("0.02")),)


def test_a_long_a_journal_names_is_that_positions() -> None:
    ended = pair("a", "0", long=None, named=frozenset({"sig-late"}))
    verdicts = judge(facts(ended, size="0", longs=[listed("late", opened_by="sig-late")]))
    assert verdicts[1] == SweepLong(PositionId("a"), longs=("late",))


def test_an_order_executed_late_is_that_positions() -> None:
    late = (LateFill(PositionId("a"), Decimal(2)),)
    given = replace(facts(pair("a"), size="-9.12", longs=[listed("long-a")]), late=late)
    assert judge(given)[1:] == (
        SweepPerp(PositionId("a"), Decimal(2)),
        SweepPerp(None, Decimal(1)),
    )


def test_a_job_under_way_explains_what_it_may_have_done() -> None:
    opening = pair("a", "0", moving=True, short_most=Decimal("6.12"), long=None,
                   named=frozenset({"sig-new"}))  # fmt: skip
    for size in ("0", "-3", "-6.12"):
        new = listed("new", opened_by="sig-new")
        (verdict,) = judge(facts(opening, size=size, longs=[new]))
        assert verdict == InFlight(PositionId("a"), -Decimal(size), ("new",))
    verdicts = judge(facts(opening, size="-7.12", longs=[]))
    assert verdicts[1] == SweepPerp(None, Decimal(1))


def test_a_job_under_way_does_not_hide_another_positions_loss() -> None:
    closing = pair("a", moving=True)
    verdicts = judge(facts(closing, pair("b"), size="0", longs=[listed("long-b")]))
    assert isinstance(verdicts[0], InFlight)
    assert isinstance(verdicts[1], LegLost)


sizes = st.integers(0, 600).map(lambda n: Decimal(n) * LOT)


@st.composite
def worlds(draw: st.DrawFn) -> Facts:
    pairs: list[BookedPair] = []
    longs: list[ListedLong] = []
    for number in range(draw(st.integers(0, 3))):
        key = "abc"[number]
        short, moving = draw(sizes), draw(st.booleans())
        has_long = draw(st.booleans())
        pairs.append(
            pair(
                key,
                str(short),
                moving=moving,
                long=BookedLong(f"long-{key}", SOL, KAMINO, Decimal(5)) if has_long else None,
                named=frozenset({f"sig-late-{key}"}) if draw(st.booleans()) else frozenset(),
            )
        )
        if has_long and draw(st.booleans()):
            longs.append(
                listed(
                    f"long-{key}",
                    is_open=draw(st.booleans()),
                    asset=draw(st.sampled_from([SOL, Asset.INF])),
                    collateral=draw(st.sampled_from([None, Decimal(5), Decimal(3)])),
                )
            )
        if draw(st.booleans()):
            longs.append(listed(f"late-{key}"))
    longs += [listed(f"stray-{n}") for n in range(draw(st.integers(0, 2)))]
    size = draw(st.one_of(sizes, sizes.map(lambda s: -s)))
    late = [LateFill(p.position_id, draw(sizes)) for p in pairs if draw(st.booleans())]
    return replace(facts(*pairs, size=str(size), longs=longs), late=tuple(late))


@given(worlds())
@settings(max_examples=400)
def test_every_exposure_has_exactly_one_verdict(given_: Facts) -> None:
    verdicts = judge(given_)
    assert given_.account_size is not None
    assert sum((v.short for v in verdicts), Decimal(0)) == -given_.account_size
    claimed = sorted(key for v in verdicts for key in v.longs)
    assert claimed == sorted(each.key for each in given_.longs or () if each.is_open)
    own = [v.position_id for v in verdicts if not isinstance(v, SweepLong | SweepPerp | LedgerOff)]
    assert len(own) == len(set(own))


def acted(given_: Facts, verdicts: tuple[Verdict, ...]) -> Facts:
    """What is there when every verdict has been acted on and every job has ended."""
    pairs = {p.position_id: p for p in given_.pairs}
    longs = {each.key: each for each in given_.longs or ()}
    size = given_.account_size or Decimal(0)
    for verdict in verdicts:
        own = pairs.get(verdict.position_id) if verdict.position_id else None
        match verdict:
            case SweepLong() | SweepPerp():
                size += verdict.short
                for key in verdict.longs:
                    longs[key] = replace(longs[key], is_open=False)
            case LegLost() | Quarantine() | InFlight() if own is not None:
                # A repair that cuts, a close, a job that finishes: nothing is held afterwards.
                size += verdict.short
                for key in verdict.longs:
                    longs[key] = replace(longs[key], is_open=False)
                del pairs[own.position_id]
            case LedgerOff() if own is not None:
                pairs[own.position_id] = replace(
                    own, short=verdict.short, short_least=verdict.short, short_most=verdict.short
                )
    return replace(
        given_,
        pairs=tuple(pairs.values()),
        longs=tuple(longs.values()),
        account_size=size,
        late=(),
    )


@given(worlds())
@settings(max_examples=400)
def test_acting_on_all_verdicts_leaves_nothing_to_act_on(given_: Facts) -> None:
    # Twice: what is too small to act on beside a position is swept once it is all there is.
    once = acted(given_, judge(given_))
    left = judge(acted(once, judge(once)))
    assert [v for v in left if not isinstance(v, Matched | LedgerOff)] == []
