"""Holding back what has just failed: tables, and two properties."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgard_basis.domain.assets import Asset
from asgard_basis.domain.errors import ErrorCode
from asgard_basis.domain.identifiers import UserId
from asgard_basis.domain.position.lifecycle import PositionState
from asgard_basis.domain.position.position import Position
from asgard_basis.domain.risk.churn import (
    EXCHANGE,
    Attempt,
    Hold,
    Result,
    attempt_of,
    held_back,
    hold_told,
)
from asgard_basis.domain.risk.limits import RiskLimits
from tests.builders_platform import a_long, a_position, a_short

NOW = datetime(2025, 7, 1, 12, 0, tzinfo=UTC)
LIMITS = RiskLimits()
ADA, BOB = UserId("ada"), UserId("bob")


def tried(
    minutes_ago: float,
    result: Result = Result.UNWOUND,
    *,
    user: UserId = ADA,
    asset: Asset = Asset.SOL,
    venue: str = EXCHANGE,
    loss: str = "2",
) -> Attempt:
    at = NOW - timedelta(minutes=minutes_ago)
    lost = Decimal(loss) if result is Result.UNWOUND else Decimal(0)
    return Attempt(user, asset, at, result, venue, "the short could not be filled", lost)


def hold(*own: Attempt, asset: Asset = Asset.SOL, shared: tuple[Attempt, ...] = ()) -> Hold | None:
    return held_back(
        own, asset=asset, lender="Kamino", now=NOW, limits=LIMITS, shared=(*shared, *own)
    )


def minutes_left(found: Hold | None) -> float | None:
    return None if found is None else (found.until - NOW).total_seconds() / 60


FAILED, HEDGED = Result.FAILED, Result.HEDGED
KAMINO = "Kamino"
CASES: dict[str, tuple[list[Attempt], float | None]] = {
    "nothing has happened": ([], None),
    "a success is no reason to wait": ([tried(1, HEDGED)], None),
    "once failed: five minutes": ([tried(1, FAILED, venue=KAMINO)], 4),
    "twice in a row: ten": (
        [tried(20, FAILED, venue=KAMINO), tried(1, FAILED, venue=KAMINO)],
        9,
    ),
    "six in a row: 160": ([tried(n, FAILED, venue=KAMINO) for n in range(6)], 160),
    "twenty in a row: a day and no more": (
        [tried(n, FAILED, venue=KAMINO) for n in range(20)],
        24 * 60,
    ),
    "a success ends it": (
        [tried(3, FAILED, venue=KAMINO), tried(2, FAILED, venue=KAMINO), tried(1, HEDGED)],
        None,
    ),
    "and it begins anew": (
        [
            tried(3, FAILED, venue=KAMINO),
            tried(2, HEDGED),
            tried(1, FAILED, venue=KAMINO),
        ],
        4,
    ),
    "over": ([tried(6, FAILED, venue=KAMINO)], None),
    "an unwinding costs an hour": ([tried(10)], 50),
    "whatever succeeded since": ([tried(10), tried(5, HEDGED)], 50),
    "an hour later it is over": ([tried(61)], None),
    "three in a day cost a day": ([tried(600), tried(400), tried(200)], 24 * 60 - 600),
    "the oldest of three counts": (
        [tried(1300), tried(600), tried(400), tried(200)],
        24 * 60 - 600,
    ),
    "dear losses cost a day": ([tried(300, loss="499.99"), tried(120, loss="0.01")], 24 * 60 - 300),
    "as much as is needed": (
        [tried(300, loss="10"), tried(120, loss="495")],
        24 * 60 - 300,
    ),
    "not quite so dear": ([tried(120, loss="499.99")], None),
}


@pytest.mark.parametrize("case", CASES)
def test_how_long_an_opening_is_held_back(case: str) -> None:
    attempts, minutes = CASES[case]
    assert minutes_left(hold(*attempts)) == minutes


def test_an_asset_is_held_back_while_another_succeeds() -> None:
    inf = tried(1, FAILED, asset=Asset.INF, venue="Solend")
    since = tried(0.5, HEDGED, asset=Asset.SOL)
    assert hold(inf, since, asset=Asset.SOL) is None
    assert minutes_left(hold(inf, since, asset=Asset.INF)) == 4


def test_a_lender_is_held_back_for_everybody_when_three_people_fail_there() -> None:
    others = tuple(
        tried(n, FAILED, user=UserId(name), venue=KAMINO) for n, name in enumerate("xyz")
    )
    found = hold(shared=others)
    assert minutes_left(found) == 5
    assert found is not None
    assert found.why == "Kamino fails for everybody"
    assert hold(shared=others[:2]) is None
    assert (
        held_back((), asset=Asset.SOL, lender="Solend", now=NOW, limits=LIMITS, shared=others)
        is None
    )


def test_the_exchange_is_held_back_for_everybody_until_somebody_succeeds() -> None:
    others = tuple(tried(n, user=UserId(name)) for n, name in enumerate("wxyz", start=1))
    assert minutes_left(hold(shared=others)) == 9  # four users: twice five minutes
    assert hold(shared=(*others, tried(0.5, HEDGED, user=BOB))) is None
    same = tuple(tried(n, user=BOB) for n in range(1, 5))
    assert hold(shared=same) is None
    slow = tuple(tried(n * 20, user=UserId(name)) for n, name in enumerate("wxyz"))
    assert hold(shared=slow) is None


def unwound(**changes: object) -> Position:
    long = replace(
        a_long(), usdc_spent=Decimal(540), usdc_returned=Decimal("537.5"),
        redemption_closed=Decimal(1), network_fee_usd=Decimal("0.1"),
    )  # fmt: skip
    position = replace(a_position(ADA), state=PositionState.UNWOUND, long=long, closed_at=NOW)
    return replace(position, **changes)  # type: ignore[arg-type]


def test_what_a_position_says_of_its_opening() -> None:
    later = NOW + timedelta(minutes=1)
    attempt = attempt_of(unwound(), later)
    assert attempt is not None
    assert (attempt.result, attempt.at, attempt.loss_usd) == (Result.UNWOUND, NOW, Decimal("2.6"))
    short = replace(a_short(), size=Decimal(0), fee_usdc=Decimal(1), realised_usd=Decimal("-3"))
    attempt = attempt_of(unwound(short=short), later)
    assert attempt is not None
    assert attempt.loss_usd == Decimal("6.6")
    for state in (PositionState.UNWINDING, PositionState.STUCK_UNWIND):
        attempt = attempt_of(unwound(state=state, closed_at=None), later)
        assert attempt is not None
        assert (attempt.result, attempt.at) == (Result.UNWOUND, later)
    hedged = attempt_of(unwound(state=PositionState.CLOSED, hedged_at=NOW), later)
    assert hedged is not None
    assert hedged.result is Result.HEDGED


@pytest.mark.parametrize(
    ("code", "counts"),
    [
        (ErrorCode.TRANSACTION_FAILED, True),
        (ErrorCode.ASGARD_SUBMIT, True),
        (ErrorCode.PAUSED, False),
        (ErrorCode.HYPERLIQUID_API, False),
        (ErrorCode.INSUFFICIENT_USDC, False),
    ],
)
def test_only_what_was_sent_has_failed(code: ErrorCode, counts: bool) -> None:
    failed = unwound(state=PositionState.FAILED, long=None, failure_code=code.code)
    assert (attempt_of(failed, NOW) is not None) is counts


def test_an_opening_under_way_has_not_failed() -> None:
    assert attempt_of(unwound(state=PositionState.OPENING_SHORT, closed_at=None), NOW) is None


def test_a_person_is_told_until_when_and_why() -> None:
    found = hold(tried(10))
    assert found is not None
    assert hold_told(found) == (
        "Opening is held back until 1 July 12:50 UTC because the short could not be filled."
    )
    assert (found.figure, found.limit) == ("1 unwound in the last hour", "at most 1 per hour")


ATTEMPTS = st.builds(
    tried,
    st.integers(0, 3000),
    st.sampled_from(Result),
    asset=st.sampled_from(Asset),
    venue=st.sampled_from([EXCHANGE, KAMINO]),
    loss=st.integers(0, 300).map(str),
)


@given(st.lists(ATTEMPTS, max_size=12), st.sampled_from(Asset))
def test_more_failures_never_shorten_a_hold(attempts: list[Attempt], asset: Asset) -> None:
    before = hold(*attempts, asset=asset)
    after = hold(*attempts, tried(0, asset=asset), asset=asset)
    assert after is not None
    assert before is None or after.until >= before.until


@given(st.lists(st.integers(1, 48 * 60), min_size=1, max_size=60))
def test_an_eager_person_unwinds_at_most_once_an_hour_and_three_times_a_day(
    waits: list[int],
) -> None:
    """Opening is tried at every moment; each one that is allowed is unwound."""
    moment, unwinds = NOW, list[Attempt]()
    for wait in waits:
        moment += timedelta(minutes=wait)
        if held_back(unwinds, asset=Asset.SOL, lender=KAMINO, now=moment, limits=LIMITS) is None:
            unwinds.append(replace(tried(0), at=moment))
    for attempt in unwinds:
        for window, most in ((timedelta(hours=1), 1), (timedelta(days=1), 3)):
            near = [a for a in unwinds if attempt.at <= a.at < attempt.at + window]
            assert len(near) <= most
