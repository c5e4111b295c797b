"""Whatever is asked in whatever order, the venue's own limit is kept and so are the reserves."""

from hypothesis import given
from hypothesis import strategies as st

from asgard_basis.adapters.asgard.client import ALLOWANCE as ASGARD
from asgard_basis.adapters.bucket import Bucket
from asgard_basis.adapters.hyperliquid.weights import ALLOWANCE as HYPERLIQUID
from asgard_basis.ports.coordination import Allowance, Priority

MINUTE = 60_000_000
Asked = list[tuple[int, Priority, int]]
asked = st.lists(
    st.tuples(st.integers(1, 60), st.sampled_from(Priority), st.integers(0, 3_000_000)),
    max_size=200,
)


def granted(allowance: Allowance, asked: Asked) -> list[tuple[int, int, Priority]]:
    bucket, now, found = Bucket(), 10**15, []
    for weight, priority, passes in asked:
        now += passes
        if bucket.take(allowance, weight, priority, now) == 0:
            found.append((now, weight, priority))
    return found


@given(asked=asked)
def test_no_minute_ever_holds_more_than_the_venue_allows(asked: Asked) -> None:
    for allowance in (HYPERLIQUID, ASGARD):
        found = granted(allowance, [(1 if allowance is ASGARD else w, p, t) for w, p, t in asked])
        for start, _, _ in found:
            within = sum(w for at, w, _ in found if start <= at < start + MINUTE)
            assert within <= allowance.venue_minute


@given(asked=asked, priority=st.sampled_from(Priority))
def test_lower_classes_alone_never_touch_the_reserve_of_higher_ones(
    asked: Asked, priority: Priority
) -> None:
    bucket, now = Bucket(), 10**15
    for weight, wish, passes in asked:
        now += passes
        bucket.take(HYPERLIQUID, weight, min(wish, priority), now)
        left = HYPERLIQUID.burst - max(0, bucket.full_at - now) / HYPERLIQUID.unit_microseconds
        assert left >= HYPERLIQUID.floor(priority)


@given(asked=asked)
def test_whoever_waits_as_long_as_told_is_served_when_nobody_else_asks(asked: Asked) -> None:
    bucket, now = Bucket(), 10**15
    for weight, priority, passes in asked:
        now += passes
        waited = 0
        while wait := bucket.take(HYPERLIQUID, weight, priority, now):
            now += wait
            waited += wait
            assert waited <= 20_000_000


@given(asked=asked)
def test_the_highest_class_never_waits_for_what_lower_ones_took(asked: Asked) -> None:
    bucket, now = Bucket(), 10**15
    for weight, priority, passes in asked:
        now += passes
        bucket.take(HYPERLIQUID, weight, min(priority, Priority.UNWIND), now)
        bucket.refused(HYPERLIQUID, Priority.UNWIND, now)
        probe = Bucket(bucket.full_at, dict(bucket.wanted))
        assert probe.take(HYPERLIQUID, HYPERLIQUID.reserve, Priority.RISK, now) == 0


def test_a_share_adds_up_to_no_more_than_the_whole() -> None:
    share = HYPERLIQUID.share(3)
    assert 3 * share.burst <= HYPERLIQUID.burst
    assert 3 * 60_000_000 / share.unit_microseconds <= 60_000_000 / HYPERLIQUID.unit_microseconds
    assert ASGARD.share(3).burst == 1
