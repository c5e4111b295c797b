"""The workers' side of the job queue."""

import procrastinate

from asgard_basis.adapters.postgres.pool import Role


def queue_connector(url: str, *, size_max: int = 4) -> procrastinate.PsycopgConnector:
    """A connector for Procrastinate on the same database, acting as the worker role."""
    return procrastinate.PsycopgConnector(
        conninfo=url,
        min_size=1,
        max_size=size_max,
        kwargs={
            "options": f"-c role={Role.WORKER.value} -c timezone=UTC",
            "application_name": "basis queue",
            "keepalives_idle": 5,
            "keepalives_interval": 2,
            "keepalives_count": 3,
        },
    )


async def is_served(queue: procrastinate.App, *, seconds: float = 8) -> bool:
    """Whether any worker has shown a sign of life lately; the queue must be open."""
    row = await queue.connector.execute_query_one_async(
        "SELECT count(*) AS alive FROM procrastinate_workers"
        " WHERE last_heartbeat > now() - make_interval(secs => %(seconds)s)",
        seconds=seconds,
    )
    return bool(row["alive"])
