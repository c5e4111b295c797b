"""Seven cycles in forty minutes: what cannot be hedged is not bought again and again."""

from datetime import timedelta
from decimal import Decimal

import pytest

from asgard_basis.application.trading.preflight import EntryOrder
from asgard_basis.domain.assets import Asset
from asgard_basis.domain.errors import DomainError, ErrorCode
from asgard_basis.domain.money import Leverage
from asgard_basis.domain.position.legs import OrderResult
from asgard_basis.domain.position.lifecycle import PositionState
from asgard_basis.ports.chains import WalletChange
from asgard_basis.ports.repositories import JobKind, JobStatus
from asgard_basis.ports.wallets import WalletRole
from tests.builders_platform import a_user, a_wallet
from tests.unit.application.pair import Pair, report
from tests.unit.application.world import ADA

ORDER = EntryOrder(Asset.SOL, Decimal(1000), Leverage(Decimal(2)), None)
NOBODY = OrderResult(None, Decimal(0), None, "iocCancelRejected", "nobody sells")


@pytest.fixture
async def pair() -> Pair:
    pair = Pair()
    async with pair.transactions.for_user(ADA) as work:
        await work.users.save(a_user(ADA))
        for role in WalletRole:
            await work.wallets.add(ADA, a_wallet("ada", role))
    pair.world.answers |= {"check": report(), "wallet_change": bought_or_sold}
    return pair


def bought_or_sold(signature: str, *_: object) -> WalletChange:
    """Transactions come in turn: 540 USDC in, 538 out."""
    is_purchase = int(signature.removeprefix("sig-")) % 2 == 1
    usdc = Decimal(-540) if is_purchase else Decimal(538)
    return WalletChange(Decimal("-0.001"), usdc, Decimal("0.00001"))


async def opened(pair: Pair, key: str) -> ErrorCode | None:
    """An eager person's try: asked for, and carried out at once."""
    try:
        job = await pair.opening.request(ADA, ORDER, key)
    except DomainError as error:
        return error.code
    failure = await pair.opening.run(job)
    return failure.code if failure else None


async def test_forty_minutes_of_an_empty_book_cost_one_unwinding(pair: Pair) -> None:
    pair.world.answers["place"] = NOBODY
    began, answers = pair.clock.now(), []
    while pair.clock.now() - began < timedelta(minutes=40):
        answers.append(await opened(pair, f"key-{len(answers)}"))
        pair.clock.pass_time(20)
    assert len(answers) >= 7
    assert answers[0] is ErrorCode.HYPERLIQUID_RETRIES
    assert set(answers[1:]) == {ErrorCode.HELD_BACK}
    async with pair.transactions.for_user(ADA) as work:
        ended = await work.positions.ended(limit=100)
        jobs = await work.jobs.recent(kind=JobKind.OPEN)
    assert [p.state for p in ended] == [PositionState.UNWOUND]
    assert len(jobs) == 1
    assert pair.signed == 2  # bought once, sold once


async def test_a_person_learns_until_when_and_why(pair: Pair) -> None:
    pair.world.answers["place"] = NOBODY
    assert await opened(pair, "first") is ErrorCode.HYPERLIQUID_RETRIES
    with pytest.raises(DomainError) as refusal:
        await pair.opening.request(ADA, ORDER, "second")
    assert "because the short could not be filled" in refusal.value.message
    assert refusal.value.details["limit"] == "at most 1 per hour"
    async with pair.transactions.for_user(ADA) as work:
        (unwound,) = await work.positions.ended(limit=1)
    assert unwound.closed_at is not None
    until = unwound.closed_at + timedelta(hours=1)
    assert refusal.value.details["until"] == until.isoformat()


async def test_what_was_asked_for_before_it_failed_is_held_back_too(pair: Pair) -> None:
    """Two requests at once: the second has passed all checks when the first is unwound."""
    place = pair.world.answers["place"]
    first = await pair.opening.request(ADA, ORDER, "first")
    second = await pair.opening.request(ADA, ORDER, "second")
    pair.world.answers["place"] = NOBODY
    assert await pair.opening.run(first) is not None
    pair.world.answers["place"] = place
    failure = await pair.opening.run(second)
    assert failure is not None
    assert failure.code is ErrorCode.HELD_BACK
    position, job, journal = await pair.now(second)
    assert (position.state, job.status) == (PositionState.FAILED, JobStatus.FAILED)
    assert journal.steps == ()


async def test_an_hour_later_it_may_be_tried_again(pair: Pair) -> None:
    place = pair.world.answers["place"]
    pair.world.answers["place"] = NOBODY
    await opened(pair, "first")
    pair.world.answers["place"] = place
    pair.clock.pass_time(3601)
    assert await opened(pair, "second") is None
