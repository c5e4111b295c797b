"""What dashboards are told of intents."""

from asgard_basis.domain.strategy.intent import Intent
from asgard_basis.ports.repositories import Event


def intent_event(intent: Intent) -> Event:
    """The announcement that an intent is another, or judged in another way."""
    return Event(
        "intent_update", {"intent_id": intent.id, "status": intent.status.value}, intent.user_id
    )
