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
