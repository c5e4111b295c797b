"""Key quorums: who owns things, and whether enough of its members have signed a request."""

from dataclasses import replace

from asgard_paper.kernel.clock import Clock
from asgard_paper.kernel.store import Store
from asgard_paper.privy.authorization import normal_key, signed_by
from asgard_paper.privy.calls import Call
from asgard_paper.privy.ids import Secrets
from asgard_paper.privy.records import KeyQuorum
from asgard_paper.privy.refusals import (
    NO_USER_SESSION,
    NO_VALID_SIGNATURE,
    TOO_FEW_SIGNATURES,
    UNSIGNED,
    Refusal,
    malformed,
    not_found,
)
from asgard_paper.privy.shelf import Shelf
from asgard_paper.privy.wire import Fields

NESTED_MAX = 5
MEMBERS_MAX = 100
DISPLAY_NAME_MAX = 50


class Quorums:
    """The key quorums of the app."""

    def __init__(self, clock: Clock, store: Store, secrets: Secrets) -> None:
        self._clock = clock
        self._secrets = secrets
        self._shelf = Shelf(store, "key_quorums", KeyQuorum)

    def create(self, fields: Fields) -> KeyQuorum:
        """A new quorum; raises Refusal 400 for bad keys or an unreachable threshold."""
        quorum = KeyQuorum(
            id=self._secrets.new_id("key_quorum"),
            public_keys=_keys(fields),
            user_ids=fields.texts("user_ids", most=MEMBERS_MAX),
            key_quorum_ids=self._nested(fields),
            threshold=fields.optional_integer("authorization_threshold", least=1, most=MEMBERS_MAX),
            display_name=fields.optional_text("display_name", most=DISPLAY_NAME_MAX),
            created_at_ms=self._clock.host_ms(),
        )
        return self._keep(quorum)

    def update(self, quorum_id: str, fields: Fields) -> KeyQuorum:
        """Replace the given fields; members are replaced as whole lists."""
        quorum = self.require(quorum_id)
        if fields.has("public_keys"):
            quorum = replace(quorum, public_keys=_keys(fields))
        if fields.has("user_ids"):
            quorum = replace(quorum, user_ids=fields.texts("user_ids", most=MEMBERS_MAX))
        if fields.has("key_quorum_ids"):
            inner_ids = self._nested(fields)
            if inner_ids and self._is_nested(quorum_id, inner_ids):
                raise malformed(fields.path("key_quorum_ids"), "Quorums nest one level only")
            quorum = replace(quorum, key_quorum_ids=inner_ids)
        if fields.has("authorization_threshold"):
            least = fields.optional_integer("authorization_threshold", least=1, most=MEMBERS_MAX)
            quorum = replace(quorum, threshold=least)
        if fields.has("display_name"):
            name = fields.optional_text("display_name", most=DISPLAY_NAME_MAX)
            quorum = replace(quorum, display_name=name)
        return self._keep(quorum)

    def remove(self, quorum_id: str) -> None:
        """Forget a quorum."""
        self._shelf.remove(quorum_id)

    def require(self, quorum_id: str) -> KeyQuorum:
        """The quorum; raises Refusal 404."""
        quorum = self._shelf.get(quorum_id)
        if quorum is None:
            raise not_found("Key quorum")
        return quorum

    def find(self, quorum_id: str | None) -> KeyQuorum | None:
        """The quorum, or None."""
        return None if quorum_id is None else self._shelf.get(quorum_id)

    def owner_from(self, fields: Fields) -> str | None:
        """The owner named by `owner` or `owner_id`; a bare key or user gets its own quorum."""
        owner_id = fields.optional_text("owner_id")
        if fields.raw("owner") is None:
            if owner_id is not None and self._shelf.get(owner_id) is None:
                raise malformed(fields.path("owner_id"), "Key quorum does not exist")
            return owner_id
        if owner_id is not None:
            raise malformed(fields.path("owner"), "Specify either owner or owner_id, not both")
        owner = fields.object("owner")
        user_id = owner.optional_text("user_id")
        single: dict[str, object] = {"authorization_threshold": 1}
        if user_id is not None:
            return self.create(Fields(single | {"user_ids": [user_id]})).id
        return self.create(Fields(single | {"public_keys": [owner.text("public_key")]})).id

    def authorize(self, call: Call, quorum_ids: list[str], what: str) -> str:
        """The first of `quorum_ids` whose threshold the request's signatures reach.

        Raises Refusal 401: nothing signed, no signature valid, or too few valid ones.
        """
        if not call.signatures:
            raise Refusal(401, "Missing or empty authorization signature header", UNSIGNED)
        partly = False
        for quorum_id in quorum_ids:
            keys = self._keys_of(quorum_id)
            signed = signed_by(call, keys)
            if self._reached(quorum_id, signed):
                return quorum_id
            partly = partly or bool(signed)
        if partly:
            raise Refusal(
                401, f"Too few valid authorization signatures for this {what}", TOO_FEW_SIGNATURES
            )
        if not any(self._keys_of(quorum_id) for quorum_id in quorum_ids):
            raise Refusal(401, "No valid user session keys", NO_USER_SESSION)
        raise Refusal(
            401,
            f"No valid authorization signatures were provided for this {what}",
            NO_VALID_SIGNATURE,
        )

    def holds_key(self, quorum_id: str | None, key: str) -> bool:
        """Is this public key a member, directly or through a nested quorum?"""
        return quorum_id is not None and normal_key(key) in self._keys_of(quorum_id)

    def _keys_of(self, quorum_id: str) -> list[str]:
        quorum = self._shelf.get(quorum_id)
        if quorum is None:
            return []
        nested = [key for inner in quorum.key_quorum_ids for key in self._keys_of(inner)]
        return quorum.public_keys + nested

    def _reached(self, quorum_id: str, signed: frozenset[str]) -> bool:
        quorum = self._shelf.get(quorum_id)
        if quorum is None:
            return False
        members = sum(key in signed for key in quorum.public_keys)
        members += sum(self._reached(inner, signed) for inner in quorum.key_quorum_ids)
        return members >= quorum.needed

    def _nested(self, fields: Fields) -> list[str]:
        inner_ids = fields.texts("key_quorum_ids", most=NESTED_MAX)
        for inner_id in inner_ids:
            inner = self._shelf.get(inner_id)
            if inner is None:
                raise malformed(fields.path("key_quorum_ids"), "Key quorum does not exist")
            if inner.key_quorum_ids:
                raise malformed(fields.path("key_quorum_ids"), "Quorums nest one level only")
        return inner_ids

    def _is_nested(self, quorum_id: str, inner_ids: list[str]) -> bool:
        return quorum_id in inner_ids or any(
            quorum_id in other.key_quorum_ids for other in self._shelf
        )

    def _keep(self, quorum: KeyQuorum) -> KeyQuorum:
        if quorum.size == 0:
            raise malformed("public_keys", "A key quorum needs at least one member")
        if quorum.needed > quorum.size:
            raise malformed(
                "authorization_threshold", f"was {quorum.needed} with {quorum.size} member(s)"
            )
        self._shelf.put(quorum.id, quorum)
        return quorum


def _keys(fields: Fields) -> list[str]:
    keys: list[str] = []
    for given in fields.texts("public_keys", most=MEMBERS_MAX):
        key = normal_key(given)
        if key is None:
            raise malformed(fields.path("public_keys"), "Expected base64 SPKI of a P-256 key")
        if key in keys:
            raise malformed(fields.path("public_keys"), "Keys must be distinct")
        keys.append(key)
    return keys
