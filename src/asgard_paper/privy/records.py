"""What the paper Privy remembers; each record is one entry of a store bucket."""

from dataclasses import dataclass, field

ETHEREUM = "ethereum"
SOLANA = "solana"
CHAIN_TYPES = (ETHEREUM, SOLANA)


@dataclass(frozen=True, slots=True)
class KeyQuorum:
    """Keys of which `threshold` must sign; members may be quorums themselves, one level deep."""

    id: str
    public_keys: list[str]
    """Base64 SPKI of P-256 keys."""
    user_ids: list[str]
    key_quorum_ids: list[str]
    threshold: int | None
    """None: every member must sign."""
    display_name: str | None
    created_at_ms: int

    @property
    def needed(self) -> int:
        """How many members must have signed."""
        return self.threshold or self.size

    @property
    def size(self) -> int:
        """How many members there are."""
        return len(self.public_keys) + len(self.user_ids) + len(self.key_quorum_ids)


@dataclass(frozen=True, slots=True)
class Condition:
    """One boolean statement about a request; value, abi and typed_data verbatim as sent."""

    field_source: str
    field: str
    operator: str
    value: str | list[str]
    abi: list[dict[str, object]] | None = None
    typed_data: dict[str, object] | None = None
    idl: dict[str, object] | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """ALLOW or DENY one method when all conditions hold."""

    id: str
    name: str
    method: str
    action: str
    conditions: list[Condition]


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules of one policy, in the order they were given."""

    id: str
    name: str
    chain_type: str
    owner_id: str | None
    created_at_ms: int
    rules: list[Rule]


@dataclass(frozen=True, slots=True)
class SignerGrant:
    """A quorum that may sign beside the owner, under its own policy if it has one."""

    signer_id: str
    override_policy_ids: list[str]


@dataclass(frozen=True, slots=True)
class Wallet:
    """A server wallet; its private key is derived from the world's seed and this id."""

    id: str
    chain_type: str
    address: str
    public_key: str
    owner_id: str | None
    policy_ids: list[str]
    additional_signers: list[SignerGrant]
    external_id: str | None
    display_name: str | None
    created_at_ms: int
    archived_at_ms: int | None = None
    exported_at_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Measure:
    """A field of a request that is summed or grouped by."""

    field: str
    field_source: str
    abi: list[dict[str, object]] | None = None


@dataclass(frozen=True, slots=True)
class Aggregation:
    """A rolling sum over signed requests that policies can refer to."""

    id: str
    name: str
    method: str
    metric: Measure
    window_seconds: int
    conditions: list[Condition]
    group_by: list[Measure]
    owner_id: str | None
    created_at_ms: int


@dataclass(frozen=True, slots=True)
class Spend:
    """One signed request as an aggregation saw it."""

    aggregation_id: str
    group: list[str]
    amount: int
    at_ms: int


@dataclass(frozen=True, slots=True)
class ConditionSet:
    """A named list of values that policies can refer to."""

    id: str
    name: str
    owner_id: str | None
    created_at_ms: int


@dataclass(frozen=True, slots=True)
class ConditionSetItem:
    """One value of a condition set; unique within it."""

    id: str
    condition_set_id: str
    value: str
    created_at_ms: int


@dataclass(frozen=True, slots=True)
class LinkedAccount:
    """A way to recognise a user: an e-mail address, a telephone number or an external id."""

    type: str
    address: str
    verified_at: int
    first_verified_at: int | None
    latest_verified_at: int | None
    """Unix seconds."""


@dataclass(frozen=True, slots=True)
class User:
    """A person known to the app."""

    id: str
    created_at: int
    """Unix seconds, unlike every other record."""
    accounts: list[LinkedAccount]
    custom_metadata: dict[str, object] = field(default_factory=dict)
    has_accepted_terms: bool = False


@dataclass(frozen=True, slots=True)
class LoginCode:
    """The one valid code of an e-mail address."""

    email: str
    code: str
    sent_at_ms: int
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class Mail:
    """A message the paper Privy would have sent."""

    email: str
    code: str
    sent_at_ms: int


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in browser. Refresh tokens are kept only as SHA-256."""

    id: str
    user_id: str
    refresh_hash: str
    expires_at_ms: int
    previous_hash: str | None = None
    rotated_at_ms: int = 0


@dataclass(frozen=True, slots=True)
class StoredReply:
    """An answer kept for replay under an idempotency key."""

    fingerprint: str
    status: int
    body: object
    at_ms: int
