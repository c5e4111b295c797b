"""What keeps the books and what reads them, joined."""

from dataclasses import dataclass
from decimal import Decimal

from asgard_basis.application.accounting.accountant import Accountant
from asgard_basis.application.accounting.bookkeeper import Bookkeeper
from asgard_basis.application.accounting.books import Books
from asgard_basis.application.accounting.books_check import BooksCheck
from asgard_basis.application.accounting.metering import Metering
from asgard_basis.application.accounting.wallet_book import WalletBook
from asgard_basis.application.market.reader import MarketReader
from asgard_basis.application.trading.position_views import PositionViews
from asgard_basis.bootstrap.outside import Outside
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.unit_of_work import Transactions


@dataclass(frozen=True, slots=True)
class Accounting:
    """Who writes, who reads, who checks, who counts."""

    accountant: Accountant
    books: Books
    check: BooksCheck
    metering: Metering


def accounting(
    *,
    transactions: Transactions,
    outside: Outside,
    reader: MarketReader,
    views: PositionViews,
    clock: Clock,
    fee_fraction: Decimal,
) -> Accounting:
    """Join them."""
    return Accounting(
        accountant=Accountant(
            transactions=transactions,
            bookkeeper=Bookkeeper(transactions=transactions, reader=reader, clock=clock),
            wallets=WalletBook(
                transactions=transactions,
                solana=outside.solana,
                arbitrum=outside.arbitrum,
                perp=outside.perp,
                reader=reader,
                clock=clock,
            ),
            clock=clock,
            fee_fraction=fee_fraction,
        ),
        books=Books(transactions=transactions, views=views, clock=clock, fee_fraction=fee_fraction),
        check=BooksCheck(
            transactions=transactions,
            perp=outside.perp,
            margin=outside.margin,
            solana=outside.solana,
            arbitrum=outside.arbitrum,
            clock=clock,
        ),
        metering=Metering(transactions, clock),
    )
