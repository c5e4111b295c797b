"""Numbers that are never given out twice."""

import asyncpg

from asgard_basis.adapters.postgres.failures import database_errors


class PostgresNonces:
    """Implements NonceSource with one atomic statement."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]") -> None:
        self._pool = pool

    async def next(self, signer: str, *, at_least: int) -> int:
        """max(at_least, last + 1), committed before it is returned.

        Raises Unavailable GEN-0006 when the database does not answer; a number may be lost then.
        """
        with database_errors():
            return int(
                await self._pool.fetchval("SELECT basis_next_nonce($1, $2)", signer, at_least)
            )
