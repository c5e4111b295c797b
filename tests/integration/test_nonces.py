"""Numbers that are never given out twice, in however many processes."""

import asyncio
import os
import subprocess
import sys

import asyncpg

from asgard_basis.adapters.postgres.nonces import PostgresNonces

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


def test_four_processes_never_share_a_nonce(database: str) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", _PROCESS, database], stdout=subprocess.PIPE, env=environment
        )
        for _ in range(4)
    ]
    taken = [int(word) for process in processes for word in process.communicate()[0].split()]
    assert sorted(taken) == list(range(1000, 2000))


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
