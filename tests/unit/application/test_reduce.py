"""A part of both legs goes: what is recorded adds up, whatever the lender says."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from asgard_basis.application.trading.position_views import valued
from asgard_basis.domain.assets import LendingProtocol
from asgard_basis.domain.errors import DomainError, ErrorCode, Refused, Unavailable
from asgard_basis.domain.ledger.attribution import LongValuation, attribute
from asgard_basis.domain.position.lifecycle import PositionState
from asgard_basis.domain.position.position import Position
from asgard_basis.domain.saga.step import StepName
from asgard_basis.ports.chains import WalletChange
from asgard_basis.ports.repositories import JobKind, JobStatus
from tests.unit.application.pair import STATE, Pair
from tests.unit.application.world import ADA

QUARTER = Decimal("0.25")
NO = Refused(ErrorCode.ASGARD_BUILD, "no")


class LessLong(Pair):
    """Ada's pair; a part of the long can be sold."""

    def __init__(self) -> None:
        super().__init__()
        self.state = STATE
        self.world.answers |= {
            "state": lambda *_, **__: self.state,
            "prepare_reduce": lambda *_, **__: self._submission(),
            "submit_reduce": lambda *_: self._cut(),
            "submit_close": lambda *_: self._closed(),
            "positions": lambda *_: [self.listed(is_open=self.state is not None)],
        }

    def _cut(self) -> None:
        part = 1 - QUARTER
        self.state = replace(
            STATE, collateral=STATE.collateral * part, debt_usdc=STATE.debt_usdc * part
        )
        self.world.answers["wallet_change"] = WalletChange(
            Decimal("-0.00001"), Decimal("124"), Decimal("0.00001")
        )

    def _closed(self) -> None:
        self.world.answers["wallet_change"] = WalletChange(
            Decimal("-0.00001"), Decimal("372"), Decimal("0.00001")
        )


@pytest.fixture
def pair() -> LessLong:
    return LessLong()


def result_of(position: Position, mark: str, state: Any = None) -> Any:
    assert position.long is not None
    assert position.short is not None
    valuation = valued(position, None)
    if state is not None:
        valuation = LongValuation(state.collateral, state.debt_usdc, Decimal(1), Decimal(mark))
    assert valuation is not None
    return attribute(
        long=position.long,
        short=position.short,
        funding_usdc=Decimal(0),
        valuation=valuation,
        mark_price=Decimal(mark),
    )


async def test_a_smaller_pair_never_shows_the_larger_long(pair: LessLong) -> None:
    position = await pair.hedged()
    asked = await pair.reducing.request(ADA, position.id, QUARTER, "k")
    await pair.reducing.run(asked)
    position, _, _ = await pair.now(asked)
    assert position.observation is not None
    assert position.observation.collateral == STATE.collateral * (1 - QUARTER)


async def test_both_legs_lose_the_same_part(pair: LessLong) -> None:
    position = await pair.hedged()
    asked = await pair.reducing.request(ADA, position.id, QUARTER, "k")
    assert (await pair.reducing.request(ADA, position.id, QUARTER, "k")).id == asked.id
    assert await pair.reducing.run(asked) is None
    position, job, journal = await pair.now(asked)
    assert (position.state, job.status) == (PositionState.HEDGED, JobStatus.COMPLETED)
    assert pair.sold_short == Decimal("4.59")
    assert position.short is not None
    assert position.short.size == Decimal("4.59")
    assert position.size_usd == 750
    done = [s.name for s in journal.steps]
    assert done.index(StepName.CLOSE_SHORT) < done.index(StepName.REDUCE_LONG)


async def test_the_result_does_not_jump_when_a_part_is_sold(pair: LessLong) -> None:
    before = await pair.hedged()
    then = result_of(before, "170", STATE)
    job = await pair.job(JobKind.REDUCE, before, fraction=QUARTER)
    await pair.reducing.run(job)
    after, _, _ = await pair.now(job)
    now = result_of(after, "170", pair.state)
    sold = STATE.collateral * QUARTER * 170 - STATE.debt_usdc * QUARTER
    cost = sold - 124 + Decimal("0.4") + Decimal("0.00001") * 170
    assert now.total == then.total - cost
    for part in ("lending", "staking", "borrowing"):
        assert abs(getattr(now, part) - getattr(then, part)) < Decimal("1e-18")
    assert abs(now.fees - (then.fees - cost)) < Decimal("1e-18")


async def test_what_was_paid_out_by_a_part_counts_at_the_closing(pair: LessLong) -> None:
    position = await pair.hedged()
    job = await pair.job(JobKind.REDUCE, position, fraction=QUARTER)
    await pair.reducing.run(job)
    closing = await pair.closing.request(ADA, position.id, None)
    assert await pair.closing.run(closing) is None
    closed, _, _ = await pair.now(closing)
    assert closed.state is PositionState.CLOSED
    assert closed.long is not None
    assert closed.long.usdc_returned == 124 + 372
    assert closed.short is not None
    assert closed.short.size == 0
    assert pair.sold_short == 0
    result = result_of(closed, "0")
    network = closed.long.network_fee_usd
    short = closed.short.realised_usd - closed.short.fee_usdc
    assert result.total == 124 + 372 - closed.long.usdc_spent - network + short


async def test_a_long_that_cannot_be_cut_gets_its_short_back(pair: LessLong) -> None:
    position = await pair.hedged()
    pair.world.answers["prepare_reduce"] = NO
    job = await pair.job(JobKind.REDUCE, position, fraction=QUARTER)
    failure = await pair.reducing.run(job)
    assert failure is not None
    assert failure.code is ErrorCode.REDUCE_FAILED
    after, job, _ = await pair.now(job)
    assert (after.state, job.status) == (PositionState.HEDGED, JobStatus.FAILED)
    assert pair.sold_short == Decimal("6.12")
    assert after.short is not None
    assert after.short.size == Decimal("6.12")
    assert after.long == position.long
    assert after.size_usd == position.size_usd


async def test_a_pair_that_can_be_neither_cut_nor_restored_is_closed(pair: LessLong) -> None:
    position = await pair.hedged()
    place = pair.world.answers["place"]

    def no_more_selling(trader: Any, order: Any, nonce: Any) -> Any:
        if not order.reduce_only:
            raise Refused(ErrorCode.HYPERLIQUID_MARGIN, "no margin")
        return place(trader, order, nonce)

    pair.world.answers |= {"prepare_reduce": NO, "place": no_more_selling}
    job = await pair.job(JobKind.REDUCE, position, fraction=QUARTER)
    failure = await pair.reducing.run(job)
    assert failure is not None
    after, job, _ = await pair.now(job)
    assert (after.state, job.status) == (PositionState.CLOSED, JobStatus.FAILED)
    assert after.failure_code == ErrorCode.REDUCE_FAILED.code
    assert pair.sold_short == 0
    assert after.long is not None
    assert after.long.usdc_returned == 372


@pytest.mark.parametrize(
    ("fraction", "code"),
    [
        ("0", ErrorCode.INVALID_SIZE),
        ("1", ErrorCode.INVALID_SIZE),
        ("0.005", ErrorCode.INVALID_SIZE),
        ("0.255", ErrorCode.INVALID_SIZE),
    ],
)
async def test_only_whole_percent_of_it_can_go(
    pair: LessLong, fraction: str, code: ErrorCode
) -> None:
    position = await pair.hedged()
    with pytest.raises(DomainError) as refused:
        await pair.reducing.request(ADA, position.id, Decimal(fraction), None)
    assert refused.value.code is code


async def refusal(pair: LessLong, position: Position, fraction: str = "0.25") -> ErrorCode:
    with pytest.raises(DomainError) as refused:
        await pair.reducing.request(ADA, position.id, Decimal(fraction), None)
    return refused.value.code


async def test_what_is_too_little_for_an_order_is_refused_before(pair: LessLong) -> None:
    small = replace(await pair.hedged())
    assert small.short is not None
    async with pair.transactions.for_user(ADA) as work:
        short = replace(small.short, size=Decimal("0.50"))
        await work.positions.save(replace(small, short=short))
    assert await refusal(pair, small, "0.1") is ErrorCode.SIZE_TOO_SMALL
    assert await refusal(pair, small, "0.9") is ErrorCode.SIZE_TOO_SMALL


async def test_a_lender_that_sells_no_parts_is_named_before(pair: LessLong) -> None:
    position = await pair.hedged()
    async with pair.transactions.for_user(ADA) as work:
        await work.positions.save(replace(position, protocol=LendingProtocol.MARGINFI))
    assert await refusal(pair, position) is ErrorCode.REDUCE_UNSUPPORTED


async def test_nothing_else_may_be_done_with_it_meanwhile(pair: LessLong) -> None:
    position = await pair.hedged()
    await pair.closing.request(ADA, position.id, None)
    assert await refusal(pair, position) is ErrorCode.POSITION_BUSY


@pytest.mark.parametrize(
    ("call", "answer", "whom"),
    [
        ("account", Unavailable(ErrorCode.HYPERLIQUID_API, "away"), "Hyperliquid"),
        ("state", Unavailable(ErrorCode.ASGARD_API, "away"), "Asgard"),
        ("block_height", 7, "Solana"),
    ],
)
async def test_the_short_is_not_cut_while_a_part_of_the_long_could_not_be_sold(
    pair: LessLong, call: str, answer: object, whom: str
) -> None:
    position = await pair.hedged()
    held, well = pair.sold_short, pair.world.answers[call]
    pair.world.answers[call] = answer
    job = await pair.reducing.request(ADA, position.id, QUARTER, None)
    with pytest.raises(Unavailable, match="both legs stay"):
        await pair.reducing.run(job)
    position, job, journal = await pair.now(job)
    assert (position.state, journal.steps) == (PositionState.HEDGED, ())
    assert pair.sold_short == held
    assert (await pair.desk.view(ADA, job.id)).waiting_for == whom
    pair.world.answers[call] = well
    assert await pair.reducing.run(job) is None
    assert pair.sold_short == Decimal("4.59")
