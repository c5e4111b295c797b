"""The accountant's rounds, and what statements of earlier times say."""

from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from asgard_basis.application.accounting.accountant import Accountant
from asgard_basis.application.accounting.bookkeeper import Bookkeeper
from asgard_basis.domain.errors import ErrorCode, Unavailable
from asgard_basis.domain.identifiers import UserId
from asgard_basis.domain.position.legs import PerpFill
from asgard_basis.domain.position.position import Position
from asgard_basis.domain.saga.venue_records import NO_FILL
from asgard_basis.ports.unit_of_work import Transactions, UnitOfWork
from tests.unit.application.test_accounting import Kept
from tests.unit.application.world import ADA

DAY = timedelta(days=1)


@pytest.fixture
def pair() -> Kept:
    return Kept()


async def closed(pair: Kept) -> Position:
    """Opened, closed, and both written down."""
    position = await pair.opened()
    closing = await pair.closing.request(ADA, position.id, None)
    assert await pair.closing.run(closing) is None
    return await pair.done(closing)


class Interrupted:
    """Transactions that cannot be begun for a while."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions
        self.is_away = True

    def for_user(self, user_id: UserId) -> AbstractAsyncContextManager[UnitOfWork]:
        if self.is_away:
            raise Unavailable(ErrorCode.NOT_READY, "away")
        return self._transactions.for_user(user_id)


async def test_a_position_that_could_not_be_booked_is_booked_by_the_next_round(pair: Kept) -> None:
    position = await closed(pair)
    pair.clock.pass_time(4 * 3600)
    shaky: Any = Interrupted(pair.transactions)
    reader: Any = pair.world
    accountant = Accountant(
        transactions=pair.transactions,
        bookkeeper=Bookkeeper(transactions=shaky, reader=reader, clock=pair.clock),
        wallets=pair.wallets,
        clock=pair.clock,
    )
    assert await accountant.round() == 0
    shaky.is_away = False
    assert await accountant.round() > 0
    assert (await pair.books.attribution(ADA, position.id)).is_complete
    assert await accountant.round() == 0


async def test_the_last_payment_is_booked_however_many_positions_have_ended_since(
    pair: Kept,
) -> None:
    position = await pair.opened()
    accountant = Accountant(
        transactions=pair.transactions,
        bookkeeper=pair.bookkeeper,
        wallets=pair.wallets,
        clock=pair.clock,
        ended_max=0,  # as if so many others had ended that this one is not among the newest
    )
    await pair.observed(hours=1)
    await accountant.round()
    closing = await pair.closing.request(ADA, position.id, None)
    assert await pair.closing.run(closing) is None
    await pair.done(closing)
    await accountant.round()
    before = (await pair.result(position)).total
    await pair.settled("5", position)
    await accountant.round()
    assert (await pair.result(position)).total - before == 5


async def test_a_statement_tells_what_was_used_in_its_own_time(pair: Kept) -> None:
    async def use(amount: int) -> None:
        async with pair.transactions.for_user(ADA) as work:
            await work.ledger.use(ADA, pair.clock.host().date(), "requests", Decimal(amount))

    begun = pair.clock.now()
    await use(7)
    pair.clock.pass_time(40 * 86400)
    await use(5)
    early = await pair.books.statement(ADA, begun, begun + 10 * DAY)
    late = await pair.books.statement(ADA, begun + 30 * DAY, None)
    whole = await pair.books.statement(ADA, begun, None)
    assert [s.usage.requests for s in (early, late, whole)] == [7, 5, 12]


async def _profit(pair: Kept, amount: str) -> None:
    """An hour's funding, and the day after it."""
    await pair.observed(hours=1)
    await pair.settled(amount)
    pair.clock.pass_time(24 * 3600)


async def _owed(pair: Kept) -> Decimal:
    return (await pair.books.statement(ADA, None, None)).statement.fee_owed_usd


async def test_profit_made_before_there_was_a_fee_is_not_new(pair: Kept) -> None:
    position = await pair.opened()
    await _profit(pair, "100")
    await pair.accountant.round()
    before = (await pair.result(position)).total
    pair.restart(fee="0.1")
    await pair.accountant.round()
    assert await _owed(pair) == 0
    await _profit(pair, "50")
    await pair.accountant.round()
    gained = (await pair.result(position)).total - before
    assert before > 0
    assert abs(await _owed(pair) - gained / 10) < Decimal("0.00001")


async def test_no_fee_is_owed_while_a_result_is_not_known(pair: Kept) -> None:
    pair.restart(fee="0.1")
    position = await pair.opened()
    await _profit(pair, "100")
    await pair.bookkeeper.book(position)
    async with pair.transactions.for_user(ADA) as work:
        book = await work.ledger.book(position.id)
        assert book is not None
        await work.ledger.write(replace(book, missing=("a price",)), [])
    await pair.accountant.round()
    assert await _owed(pair) == 0
    async with pair.transactions.for_user(ADA) as work:
        book = await work.ledger.book(position.id)
        assert book is not None
        await work.ledger.write(replace(book, missing=()), [])
    pair.clock.pass_time(24 * 3600)
    await pair.accountant.round()
    assert await _owed(pair) > 0


async def _taken_and_closed(pair: Kept, *, listed: str) -> Position:
    """The venue took the short by itself and lists such a part of it; then the pair is closed."""
    position = await pair.opened()
    if Decimal(listed) > 0:
        taken = PerpFill(
            trade_id=77,
            order_id=77,
            client_order_id=None,
            price=Decimal(200),
            size=pair.sold_short * Decimal(listed),
            is_buy=True,
            fee_usdc=Decimal("0.4"),
            closed_result_usd=Decimal(-180),
            time=pair.clock.now(),
        )
        pair.fills.append(taken)
    pair.sold_short = Decimal(0)
    closing = await pair.closing.request(ADA, position.id, None)
    assert await pair.closing.run(closing) is None
    closed = await pair.done(closing)
    await pair.bookkeeper.book(closed)
    return closed


@pytest.mark.parametrize("listed", ["0", "0.5"])
async def test_a_result_at_a_price_nobody_listed_is_not_told_as_known(
    pair: Kept, listed: str
) -> None:
    position = await _taken_and_closed(pair, listed=listed)
    told = await pair.books.attribution(ADA, position.id)
    assert (told.is_complete, told.total, told.unsettled) == (False, None, None)
    assert NO_FILL in told.missing
    assert (await pair.books.statement(ADA, None, None)).money_weighted_yearly is None
    history = await pair.views.history(ADA)
    assert [ended.result for ended in history.positions] == [None]
    assert history.totals is None
    estimate = (await pair.views.one(ADA, position.id)).estimate
    assert estimate is not None  # what guards against losses does not wait for the venue's list
    assert estimate.total < 0


async def test_what_the_venue_took_and_lists_is_known(pair: Kept) -> None:
    position = await _taken_and_closed(pair, listed="1")
    told = await pair.books.attribution(ADA, position.id)
    assert (told.is_complete, told.missing) == (True, ())
    history = await pair.views.history(ADA)
    assert [ended.result for ended in history.positions] == [history.totals]


async def test_the_time_between_the_last_interest_and_the_closing_is_counted(pair: Kept) -> None:
    position = await pair.opened()
    for _ in range(2):
        await pair.observed(hours=1)
        await pair.bookkeeper.book(position)
    hedged = pair.sold_short * 171

    async def used() -> Decimal:
        return (await pair.books.statement(ADA, None, None)).usage.hedged_usd_hours

    before = await used()
    pair.clock.pass_time(1800)
    closing = await pair.closing.request(ADA, position.id, None)
    assert await pair.closing.run(closing) is None
    await pair.bookkeeper.book(await pair.done(closing))
    assert before > 0
    assert abs(await used() - before - hedged / 2) < hedged / 100
    assert await pair.bookkeeper.book(position) == 0
