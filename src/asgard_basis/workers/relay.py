"""From the outbox to people's dashboards."""

import orjson

from asgard_basis.bootstrap import App
from asgard_basis.ports.repositories import Event

_BATCH = 200
EVERYBODY = "everybody"


async def relay_once(app: App) -> int:
    """Publish what is waiting, oldest first; forgotten only after it was published."""
    async with app.transactions.for_system() as work:
        waiting = await work.outbox.take(_BATCH)
        for _, event in waiting:
            await app.events.publish(_channel(event), _frame(event))
        if waiting:
            await work.outbox.sent([number for number, _ in waiting])
    return len(waiting)


async def relay(app: App) -> None:
    """Publish until cancelled, at most a quarter of a second late."""
    while True:
        if await relay_once(app) < _BATCH:
            await app.clock.sleep(0.2)


def _channel(event: Event) -> str:
    return EVERYBODY if event.user_id is None else f"user:{event.user_id}"


def _frame(event: Event) -> bytes:
    return event.kind.encode() + b"\n" + orjson.dumps(event.payload)
