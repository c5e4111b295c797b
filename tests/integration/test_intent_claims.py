"""Of many processes that want to carry out one intent, exactly one may."""

import asyncio
import os
import sys
from datetime import timedelta

import asyncpg

from asgard_basis.adapters.postgres.unit_of_work import PostgresTransactions
from asgard_basis.domain.identifiers import UserId
from asgard_basis.domain.strategy.intent import Intent
from tests.builders_platform import MOMENT, a_user
from tests.contracts.test_intents import an_intent

Pool = asyncpg.Pool
ADA = UserId("ada")
COUNT = 40
UNTIL = MOMENT + timedelta(minutes=2)

_PROCESS = """
import asyncio, sys
from datetime import timedelta
from asgard_basis.adapters.postgres.pool import open_pool
from asgard_basis.adapters.postgres.unit_of_work import PostgresTransactions
from tests.builders_platform import MOMENT
from tests.contracts.test_intents import ADA, an_intent

async def main(url, name, count):
    pool = await open_pool(url)
    transactions = PostgresTransactions(pool)
    sys.stdin.readline()
    async def claim(n):
        async with transactions.for_user(ADA) as work:
            won = await work.intents.claim(
                an_intent(key=str(n)).id, by=name, host=MOMENT, now=MOMENT,
                until=MOMENT + timedelta(minutes=2),
            )
        return n if won else None
    won = await asyncio.gather(*(claim(n) for n in range(count)))
    await pool.close()
    print(*(n for n in won if n is not None))

asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
"""


async def _written(pool: "Pool[asyncpg.Record]", count: int) -> None:
    async with PostgresTransactions(pool).for_user(ADA) as work:
        await work.users.save(a_user(ADA))
        for number in range(count):
            await work.intents.add(an_intent(key=str(number)))


async def test_two_processes_share_the_intents_between_them(
    pool: "Pool[asyncpg.Record]", database: str
) -> None:
    await _written(pool, COUNT)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    processes = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", _PROCESS, database, name, str(COUNT)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env=environment,
        )
        for name in ("first", "second")
    ]
    outputs = await asyncio.gather(*(process.communicate(b"go\n") for process in processes))
    assert [process.returncode for process in processes] == [0, 0]
    won = [int(number) for output, _ in outputs for number in output.split()]
    assert sorted(won) == list(range(COUNT))


async def test_of_two_transactions_at_the_same_moment_one_wins(
    pool: "Pool[asyncpg.Record]",
) -> None:
    await _written(pool, 1)
    transactions = PostgresTransactions(pool)
    both_inside = asyncio.Barrier(2)

    async def claim(name: str) -> Intent | None:
        async with transactions.for_user(ADA) as work:
            await work.intents.listed()
            await both_inside.wait()
            return await work.intents.claim(
                an_intent(key="0").id, by=name, until=UNTIL, host=MOMENT, now=MOMENT
            )

    won = await asyncio.gather(claim("a"), claim("b"))
    assert sorted(intent is None for intent in won) == [False, True]


async def test_cancelling_and_claiming_at_once_leaves_one_truth(
    pool: "Pool[asyncpg.Record]",
) -> None:
    """Whoever reads first may write second: then it is told so, and changes nothing."""
    await _written(pool, 1)
    transactions = PostgresTransactions(pool)
    async with transactions.for_user(ADA) as cancelling:
        read = await cancelling.intents.get(an_intent(key="0").id)
        assert read is not None
        async with transactions.for_user(ADA) as work:
            won = await work.intents.claim(read.id, by="a", until=UNTIL, host=MOMENT, now=MOMENT)
        assert won is not None
        outcome = await asyncio.gather(cancelling.intents.save(read), return_exceptions=True)
    assert "POS-0006" in str(outcome[0])
