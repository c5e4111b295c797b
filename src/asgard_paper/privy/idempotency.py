"""Idempotency keys: the same key within 24 h gets the same answer, or an error if it differs."""

import hashlib
from collections.abc import Callable

from asgard_paper.kernel.clock import Clock
from asgard_paper.kernel.store import Store
from asgard_paper.privy.calls import Call, Reply
from asgard_paper.privy.records import StoredReply
from asgard_paper.privy.refusals import Refusal, malformed
from asgard_paper.privy.shelf import Shelf
from asgard_paper.privy.wire import canonical_json

WINDOW_MS = 24 * 3_600_000
KEY_LENGTH_MAX = 256


class Idempotency:
    """Answers kept by key; host time, because a client's retry is a host event."""

    def __init__(self, clock: Clock, store: Store) -> None:
        self._clock = clock
        self._replies = Shelf(store, "idempotency", StoredReply)

    def replay(self, call: Call) -> Reply | None:
        """The kept answer; raises Refusal 400 if the key was used for another request."""
        if call.idempotency_key is None:
            return None
        if len(call.idempotency_key) > KEY_LENGTH_MAX:
            raise malformed("privy-idempotency-key", f"At most {KEY_LENGTH_MAX} characters")
        self._forget_old()
        kept = self._replies.get(call.idempotency_key)
        if kept is None:
            return None
        if kept.fingerprint != _fingerprint(call):
            raise Refusal(
                400, "Idempotency key was already used with a different request", "invalid_request"
            )
        return Reply(kept.status, kept.body)

    def keep(self, call: Call, reply: Reply) -> None:
        """Remember an answer, a server error included."""
        if call.idempotency_key is not None:
            self._replies.put(
                call.idempotency_key,
                StoredReply(_fingerprint(call), reply.status, reply.body, self._clock.host_ms()),
            )

    def once(self, call: Call, act: Callable[[], object]) -> Reply:
        """Do `act` and keep its result as a 200, or replay it; refusals are not kept."""
        kept = self.replay(call)
        if kept is not None:
            return kept
        reply = Reply(200, act())
        self.keep(call, reply)
        return reply

    def _forget_old(self) -> None:
        oldest = self._clock.host_ms() - WINDOW_MS
        for key in self._replies.keys_until(lambda kept: kept.at_ms > oldest):
            self._replies.remove(key)


def _fingerprint(call: Call) -> str:
    text = canonical_json([call.method, call.path, call.body])
    return hashlib.sha256(text).hexdigest()
