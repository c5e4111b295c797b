"""A venue killed at any moment comes back as it was."""

import shutil
from pathlib import Path
from typing import Any

from asgard_paper.hyperliquid.clearing.books import Books
from asgard_paper.kernel.store import SqliteStore
from tests.unit.paper.hyperliquid.venue import SOL, Trader, Venue

HOUR_MS = 3_600_000
MEMORY = (
    "accounts",
    "orders",
    "nonces",
    "deposits",
    "withdrawals",
    "book_use",
    "fills",
    "payments",
    "ledger",
    "house",
    "progress",
    "master_of",
)


def remembered(books: Books) -> dict[str, Any]:
    found = {name: getattr(books, name) for name in MEMORY}
    found["open_orders"] = {key: rows for key, rows in books.open_orders.items() if rows}
    return found


def after_a_kill(path: Path) -> SqliteStore:
    """The store as the next process finds it: what was committed, and nothing else."""
    left = path.parent.with_name("left")
    shutil.copytree(path.parent, left)
    return SqliteStore(left / path.name)


def live(trader: Trader) -> None:
    trader.set_leverage(4, is_cross=False)
    trader.order("sell", "5", "190")
    trader.order("buy", "1", "150", tif="Gtc", cloid="0x" + "aa" * 16)
    trader.order("buy", "1", "151", tif="Alo")
    trader.do({"type": "cancelByCloid", "cancels": [{"asset": SOL, "cloid": "0x" + "aa" * 16}]})
    trader.class_transfer("25", to_perp=False)
    trader.withdraw("20")
    trader.approve_agent("0x" + "cd" * 20, "desk")
    trader.venue.pass_time(5 * HOUR_MS)
    trader.order("sell", "3", "190")


def test_reload_gives_the_same_books_and_the_same_future(tmp_path: Path) -> None:
    path = tmp_path / "world" / "paper.sqlite"
    first = Venue(store=SqliteStore(path))
    trader = Trader(first)
    live(trader)
    first.engine.commit()

    second = Venue(store=after_a_kill(path), clock=first.clock, market=first.market)
    assert remembered(second.engine.books) == remembered(first.engine.books)

    answers = []
    for venue in (first, second):
        trader.venue = venue
        answers.append(
            [
                venue.ask("clearinghouseState", user=trader.address),
                venue.ask("historicalOrders", user=trader.address),
                venue.ask("userFills", user=trader.address),
                venue.ask("l2Book", coin="SOL"),
                trader.do({"type": "noop"}, nonce=trader._nonce),
            ]
        )
    assert answers[0] == answers[1]

    # Both go on: the same order at the same moment has the same result.
    envelope = trader.envelope(
        {
            "type": "order",
            "orders": [
                {
                    "a": SOL,
                    "b": True,
                    "p": "210",
                    "s": "8",
                    "r": True,
                    "t": {"limit": {"tif": "Ioc"}},
                }
            ],
            "grouping": "na",
        }
    )
    assert first.send(envelope) == second.send(envelope)
    first.clock.now += 2 * HOUR_MS
    first.engine.advance()
    second.engine.advance()
    assert remembered(second.engine.books) == remembered(first.engine.books)


def test_what_was_not_committed_is_done_again_after_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "world" / "paper.sqlite"
    venue = Venue(store=SqliteStore(path))
    trader = Trader(venue)
    trader.order("sell", "5", "190")
    venue.engine.commit()
    venue.pass_time(3 * HOUR_MS)
    # The kill comes before the hours are durable; the next process settles them anew.
    reborn = Venue(store=after_a_kill(path), clock=venue.clock, market=venue.market)
    reborn.engine.advance()
    trader.venue = reborn
    assert len(reborn.ask("userFunding", user=trader.address, startTime=0)) == 3
    assert remembered(reborn.engine.books) == remembered(venue.engine.books)
