"""Books of real use cases: what the sagas did, what the venues paid, what the owner brought."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from asgard_basis.application.accounting.accountant import Accountant
from asgard_basis.application.accounting.bookkeeper import NO_OPENING, Bookkeeper
from asgard_basis.application.accounting.books import NOT_BOOKED, Books
from asgard_basis.application.accounting.wallet_book import WalletBook
from asgard_basis.application.trading.position_views import PositionViews, valued
from asgard_basis.domain.errors import ErrorCode, Unavailable
from asgard_basis.domain.ledger import accounts
from asgard_basis.domain.ledger.agreement import apart_from_position
from asgard_basis.domain.ledger.attribution import Attribution, attribute
from asgard_basis.domain.ledger.postings import Posting, split
from asgard_basis.domain.ledger.stand import Stand
from asgard_basis.domain.market.funding import FundingPayment, FundingRate
from asgard_basis.domain.position.position import Position
from asgard_basis.domain.risk.limits import RiskLimits
from asgard_basis.domain.strategy.fees import FeeSchedule
from asgard_basis.ports.chains import ArbitrumBalances, SolanaBalances
from asgard_basis.ports.repositories import Job, JobStatus
from tests.unit.application.pair import SNAPSHOT, STATE
from tests.unit.application.test_reduce import QUARTER, LessLong
from tests.unit.application.world import ADA

DUST = Decimal("0.000001")
HOUR = timedelta(hours=1)


class Kept(LessLong):
    """Ada's pair with somebody who keeps its books."""

    def __init__(self) -> None:
        super().__init__()
        self.snapshot = SNAPSHOT
        self.world.answers |= {
            "latest": lambda: self.snapshot,
            "balances": lambda address: self.balances(address),
            "deposits": [],
        }
        self.on_solana = SolanaBalances(Decimal(0), Decimal(0), {})
        self.on_arbitrum = ArbitrumBalances(Decimal(0), Decimal(0))
        self.restart()

    def restart(self, fee: str = "0") -> None:
        """Another process with nothing in its memory."""
        world: Any = self.world
        self.bookkeeper = Bookkeeper(transactions=self.transactions, reader=world, clock=self.clock)
        self.wallets = WalletBook(
            transactions=self.transactions,
            solana=world,
            arbitrum=world,
            perp=world,
            reader=world,
            clock=self.clock,
        )
        self.accountant = Accountant(
            transactions=self.transactions,
            bookkeeper=self.bookkeeper,
            wallets=self.wallets,
            clock=self.clock,
            fee_fraction=Decimal(fee),
        )
        board: Any = type("Board", (), {"price": lambda *_: None})()
        self.views = PositionViews(
            transactions=self.transactions,
            reader=world,
            board=board,
            clock=self.clock,
            limits=RiskLimits(),
            fees=FeeSchedule(),
        )
        self.books = Books(
            transactions=self.transactions,
            views=self.views,
            clock=self.clock,
            fee_fraction=Decimal(fee),
        )

    def balances(self, address: str) -> Any:
        return self.on_solana if "solana" in address else self.on_arbitrum

    async def opened(self) -> Position:
        job = await self.open_job()
        assert await self.opening.run(job) is None
        return await self.done(job)

    async def done(self, job: Job) -> Position:
        position, _, _ = await self.now(job)
        async with self.transactions.for_user(ADA) as work:
            await work.jobs.save(
                replace(job, status=JobStatus.COMPLETED, finished_at=self.clock.host())
            )
        return position

    async def observed(self, *, hours: int, growth: str = "1.0001", price: str = "171") -> None:
        """Time goes on, interest grows, the venues are looked at."""
        self.clock.pass_time(hours * 3600)
        assert self.state is not None
        self.state = replace(
            self.state,
            collateral=self.state.collateral * Decimal(growth),
            debt_usdc=self.state.debt_usdc * Decimal(growth),
            observed_at=self.clock.host(),
        )
        perp = replace(
            self.snapshot.perp,
            oracle_price=Decimal(price),
            mark_price=Decimal(price),
            observed_at=self.clock.host(),
        )
        self.snapshot = replace(self.snapshot, perp=perp)
        async with self.transactions.for_user(ADA) as work:
            held = await work.positions.held()
        for position in held:
            context = await _context(self)
            await self.closing._book.observe(context, position)

    async def settled(self, amount: str, ended: Position | None = None) -> None:
        """Hyperliquid pays at the full hour: what is held, or what was until just before."""
        hour = self.clock.now().replace(minute=0)
        size = ended.short.size if ended and ended.short else self.sold_short
        self.world.answers["funding_payments"] = [
            FundingPayment(hour, Decimal(amount), -size, FundingRate(Decimal("0.00001")))
        ]
        async with self.transactions.for_user(ADA) as work:
            held = await work.positions.held()
        context = await _context(self)
        await self.closing._book.book_funding(context, ended or held[0], is_last=True)

    async def result(self, position: Position) -> Attribution:
        async with self.transactions.for_user(ADA) as work:
            sums = await work.ledger.position_sums(position.id)
        return split(Posting(s.account, s.commodity, s.quantity, s.usd) for s in sums)


async def _context(pair: Kept) -> Any:
    from asgard_basis.application.context import trading_context

    return await trading_context(pair.transactions, ADA)


@pytest.fixture
def pair() -> Kept:
    return Kept()


async def agrees(pair: Kept, position: Position) -> Attribution:
    """The books and the position's own record tell the same; returns what they tell."""
    async with pair.transactions.for_user(ADA) as work:
        present = await work.positions.get(position.id)
        book = await work.ledger.book(position.id)
        sums = await work.ledger.position_sums(position.id)
    assert present is not None
    assert book is not None
    assert isinstance(book.stand, Stand)
    assert apart_from_position(present, book.stand, sums) == []
    assert book.missing == ()
    result = await pair.result(position)
    assert abs(result.total - book.stand.result.total) < DUST
    return result


async def test_a_life_from_opening_to_closing_is_booked_as_its_record_says(pair: Kept) -> None:
    position = await pair.opened()
    assert await pair.bookkeeper.book(position) == 2
    await agrees(pair, position)
    await pair.observed(hours=2)
    await pair.settled("0.75")
    assert await pair.bookkeeper.book(position) == 2
    held = await agrees(pair, position)
    assert held.funding == Decimal("0.75")
    assert abs(held.lending - STATE.collateral * Decimal("0.0001") * 171) < DUST
    assert abs(held.borrowing + STATE.debt_usdc * Decimal("0.0001")) < DUST
    reducing = await pair.reducing.request(ADA, position.id, QUARTER, None)
    assert await pair.reducing.run(reducing) is None
    await pair.done(reducing)
    assert await pair.bookkeeper.book(position) > 1
    smaller = await agrees(pair, position)
    assert smaller.fees < held.fees
    await pair.observed(hours=3, price="150")
    await pair.bookkeeper.book(position)
    closing = await pair.closing.request(ADA, position.id, None)
    assert await pair.closing.run(closing) is None
    closed = await pair.done(closing)
    await pair.bookkeeper.book(position)
    result = await agrees(pair, position)
    valuation = valued(closed, None)
    assert valuation is not None
    assert closed.long is not None
    assert closed.short is not None
    own = attribute(
        long=closed.long,
        short=closed.short,
        funding_usdc=closed.funding_usdc,
        valuation=valuation,
        mark_price=Decimal(0),
    )
    for part in ("funding", "lending", "borrowing", "staking", "fees", "price_residual"):
        assert abs(getattr(result, part) - getattr(own, part)) < DUST, part


async def test_reading_everything_again_books_nothing(pair: Kept) -> None:
    position = await pair.opened()
    await pair.observed(hours=2)
    await pair.settled("0.75")
    assert await pair.bookkeeper.book(position) > 0
    assert await pair.bookkeeper.book(position) == 0
    pair.restart()
    assert await pair.bookkeeper.book(position) == 0
    await agrees(pair, position)


async def test_interest_is_booked_once_an_hour(pair: Kept) -> None:
    position = await pair.opened()
    await pair.observed(hours=1)
    await pair.bookkeeper.book(position)
    pair.clock.pass_time(600)
    await pair.observed(hours=0)
    assert await pair.bookkeeper.book(position) == 0
    await pair.observed(hours=1)
    assert await pair.bookkeeper.book(position) == 1


async def test_what_no_interest_explains_is_not_booked_as_interest(pair: Kept) -> None:
    position = await pair.opened()
    await pair.bookkeeper.book(position)
    await pair.observed(hours=1, growth="0.9")
    assert await pair.bookkeeper.book(position) == 0
    view = await pair.books.attribution(ADA, position.id)
    assert not view.is_complete
    assert "collateral booked" in view.missing[0]
    assert view.settled.lending == 0


async def test_a_position_without_its_opening_says_so_instead_of_zero(pair: Kept) -> None:
    position = await pair.hedged()
    assert await pair.bookkeeper.book(position) == 0
    view = await pair.books.attribution(ADA, position.id)
    assert not view.is_complete
    assert NO_OPENING in view.missing
    statement = await pair.books.statement(ADA, None, None)
    assert any(NO_OPENING in what for what in statement.missing)
    assert statement.money_weighted_yearly is None


async def test_before_the_first_booking_the_attribution_is_incomplete(pair: Kept) -> None:
    position = await pair.opened()
    await pair.observed(hours=1)
    view = await pair.books.attribution(ADA, position.id)
    assert (view.is_complete, view.missing) == (False, (NOT_BOOKED,))
    await pair.bookkeeper.book(position)
    await pair.observed(hours=1, growth="1.0003")
    view = await pair.books.attribution(ADA, position.id)
    assert view.is_complete
    assert view.unsettled is not None
    assert view.total is not None
    assert view.unsettled.lending > 0
    assert view.settled.total + view.unsettled.total == view.total.total


async def test_what_the_owner_brings_is_booked_when_it_lasts(pair: Kept) -> None:
    position = await pair.opened()
    await pair.done(await _last_job(pair))
    await pair.bookkeeper.book(position)
    async with pair.transactions.for_user(ADA) as work:
        held = {(h.account, h.commodity): h.quantity for h in await work.ledger.held()}
    spent = held[accounts.SOLANA_WALLET, accounts.USDC]
    fees = held[accounts.SOLANA_WALLET, accounts.SOL]
    pair.on_solana = SolanaBalances(1 + fees, 2000 + spent, {})
    pair.on_arbitrum = ArbitrumBalances(Decimal("0.01"), Decimal(50))
    await pair.observed(hours=0, growth="1", price="170")
    assert await pair.wallets.look(ADA) == 0
    pair.clock.pass_time(15)
    assert await pair.wallets.look(ADA) == 4
    assert await pair.wallets.look(ADA) == 0
    statement = await pair.books.statement(ADA, None, None)
    whole = statement.statement.whole
    assert abs(whole.deposits_usd - (2050 + 170)) < Decimal("0.01")
    unvalued = {(u.account, u.commodity): u.quantity for u in statement.statement.unvalued}
    assert unvalued[accounts.ARBITRUM_WALLET, "ETH"] == Decimal("0.01")
    assert whole.closing_usd == whole.opening_usd + whole.deposits_usd + whole.result.total
    pair.on_arbitrum = ArbitrumBalances(Decimal("0.01"), Decimal(20))
    await pair.wallets.look(ADA)
    pair.clock.pass_time(15)
    assert await pair.wallets.look(ADA) == 1
    statement = await pair.books.statement(ADA, None, None)
    assert statement.statement.whole.withdrawals_usd == 30


async def test_nothing_is_concluded_while_a_job_is_at_work(pair: Kept) -> None:
    position = await pair.hedged()
    pair.on_solana = SolanaBalances(Decimal(1), Decimal(2000), {})
    await pair.closing.request(ADA, position.id, None)
    for _ in range(3):
        assert await pair.wallets.look(ADA) == 0
        pair.clock.pass_time(15)


async def test_a_passing_difference_is_no_deposit(pair: Kept) -> None:
    await pair.hedged()
    pair.on_solana = SolanaBalances(Decimal(0), Decimal(2000), {})
    assert await pair.wallets.look(ADA) == 0
    pair.on_solana = SolanaBalances(Decimal(0), Decimal(0), {})
    pair.clock.pass_time(15)
    assert await pair.wallets.look(ADA) == 0
    pair.clock.pass_time(15)
    assert await pair.wallets.look(ADA) == 0


async def test_a_round_goes_on_when_a_chain_is_away(pair: Kept) -> None:
    position = await pair.opened()
    pair.world.answers["balances"] = Unavailable(ErrorCode.SOLANA_RPC, "away")
    assert await pair.accountant.round() > 0
    await agrees(pair, position)


async def test_the_fee_is_owed_on_new_profit_only(pair: Kept) -> None:
    pair.restart(fee="0.1")
    position = await pair.opened()
    await pair.bookkeeper.book(position)
    before = (await pair.result(position)).total
    await pair.observed(hours=1)
    await pair.settled("100")
    pair.clock.pass_time(24 * 3600)
    await pair.accountant.round()
    profit = (await pair.result(position)).total
    assert profit > 0 > before
    owed = (await pair.books.statement(ADA, None, None)).statement.fee_owed_usd
    assert abs(owed - profit / 10) < Decimal("0.00001")
    pair.clock.pass_time(24 * 3600)
    await pair.accountant.round()
    statement = (await pair.books.statement(ADA, None, None)).statement
    assert statement.fee_owed_usd == owed
    whole = statement.whole
    assert whole.performance_fee_usd == owed
    expected = whole.deposits_usd - whole.withdrawals_usd + whole.result.total - owed
    assert whole.closing_usd == expected


async def _last_job(pair: Kept) -> Job:
    async with pair.transactions.for_user(ADA) as work:
        return (await work.jobs.recent(limit=1))[0]
