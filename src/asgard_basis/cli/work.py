"""`basis work`: one worker process."""

import asyncio
import signal

import uvloop

from asgard_basis import observability
from asgard_basis.bootstrap import open_app
from asgard_basis.settings import Settings, load_settings
from asgard_basis.workers.main import work as run_worker


def work() -> None:
    """Work until SIGTERM or SIGINT; what is in hand is finished or handed back."""
    settings = load_settings()
    observability.configure(level=settings.log_level, service="work")
    uvloop.run(_work(settings))


async def _work(settings: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with open_app(settings) as app:
        await run_worker(app, stop)
