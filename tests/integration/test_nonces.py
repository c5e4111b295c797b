"""Numbers that are never given out twice, in however many processes."""

import asyncio
import contextlib
import os
import subprocess
import sys

import asyncpg

from asgard_basis.adapters.postgres.nonces import PostgresNonces
from asgard_paper.hyperliquid.http import create_app
from asgard_paper.hyperliquid.trading.agents import approve_agent
from tests.contracts.paper_hyperliquid import PaperHyperliquid
from tests.serving import serve

_PROCESS = """
import asyncio, sys
from asgard_basis.adapters.postgres.nonces import PostgresNonces
from asgard_basis.adapters.postgres.pool import open_pool

async def main():
    pool = await open_pool(sys.argv[1], size_max=4)
    nonces = PostgresNonces(pool)
    taken = await asyncio.gather(*(nonces.next("0xa", at_least=1000) for _ in range(250)))
    print(*taken)
    await pool.close()

asyncio.run(main())
"""


_STORM = """
import asyncio, sys
from asgard_basis.adapters.http import HttpClient
from asgard_basis.adapters.hyperliquid.venue import HyperliquidPerpVenue
from asgard_basis.adapters.postgres.nonces import PostgresNonces
from asgard_basis.adapters.postgres.pool import open_pool
from tests.contracts.paper_hyperliquid import PaperHyperliquid, WorldTime

async def main(database, url):
    paper = PaperHyperliquid()  # for its wallets and its clock, which stands still
    trader = paper.trader()
    pool = await open_pool(database, size_max=4)
    sent = []

    async def act(venue):
        nonce = await venue.reserve_nonce(trader)
        assert await venue.void(trader, nonce.number), "the venue has not taken the number"
        sent.append(nonce.number)

    async with HttpClient(url, timeout_seconds=60, name="hyperliquid") as http:
        venue = HyperliquidPerpVenue(
            http=http,
            websocket_url="",
            signer=paper.signer,
            nonces=PostgresNonces(pool),
            clock=WorldTime(paper.clock),
        )
        for _ in range(10):
            await asyncio.gather(*(act(venue) for _ in range(25)))
            print("round", flush=True)
            sys.stdin.readline()
    print(*sent)
    await pool.close()

asyncio.run(main(*sys.argv[1:]))
"""


def test_a_storm_of_actions_in_one_millisecond_is_accepted_whole(database: str) -> None:
    paper = PaperHyperliquid()
    trader = paper.trader()
    paper.deposit(trader, "1000")
    approve_agent(
        paper.engine.books,
        paper.engine.books.accounts[trader.account.address],
        address=trader.agent.address,
        name="asgard",
        now_ms=paper.clock.now_ms(),
    )
    with serve(create_app(paper.engine, weight_per_minute=None)) as url:
        sent = _from_four_processes(_STORM, database, url, rounds=10)
    # A number the venue had refused would have ended its process without an answer.
    now_ms = paper.clock.now_ms()
    assert sorted(sent) == list(range(now_ms, now_ms + 1000)), "no duplicate and no gap"
    assert paper.engine.books.nonces[trader.agent.address].used == sorted(sent)[-100:]
    assert paper.engine.books.accounts[trader.account.address].requests == 1000


def test_four_processes_never_share_a_nonce(database: str) -> None:
    assert sorted(_from_four_processes(_PROCESS, database)) == list(range(1000, 2000))


def _from_four_processes(program: str, *arguments: str, rounds: int = 0) -> list[int]:
    """What four of them print at the end; they begin each round together.

    The venue keeps a signer's hundred largest numbers, so no more may be on their way at once.
    """
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with contextlib.ExitStack() as stack:
        processes = [
            stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", program, *arguments],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    env=environment,
                    text=True,
                )
            )
            for _ in range(4)
        ]
        for _ in range(rounds):
            for process in processes:
                assert process.stdout is not None
                while process.stdout.readline().strip() not in {"round", ""}:
                    pass  # the log goes to the same place
            for process in processes:
                assert process.stdin is not None
                process.stdin.write("on\n")
                process.stdin.flush()
        answers = [process.communicate()[0].splitlines() for process in processes]
    return [int(word) for lines in answers for word in lines[-1].split()]


async def test_a_nonce_follows_time_and_never_falls_back(
    pool: "asyncpg.Pool[asyncpg.Record]",
) -> None:
    nonces = PostgresNonces(pool)
    assert await nonces.next("0xa", at_least=1_750_000_000_000) == 1_750_000_000_000
    assert await nonces.next("0xa", at_least=1_750_000_000_000) == 1_750_000_000_001
    assert await nonces.next("0xa", at_least=1_700_000_000_000) == 1_750_000_000_002
    assert await nonces.next("0xa", at_least=1_800_000_000_000) == 1_800_000_000_000
    assert await nonces.next("0xb", at_least=5) == 5
    both = await asyncio.gather(*(nonces.next("0xb", at_least=1) for _ in range(8)))
    assert sorted(both) == list(range(6, 14))
