"""JSON bodies of the service, one function per resource."""

from asgard_paper.privy.custody.rpc import LastDecision
from asgard_paper.privy.identity import SignIn
from asgard_paper.privy.records import (
    Aggregation,
    Condition,
    ConditionSet,
    ConditionSetItem,
    KeyQuorum,
    LinkedAccount,
    Mail,
    Measure,
    Policy,
    Rule,
    User,
    Wallet,
)
from asgard_paper.privy.users import ACCOUNT_FIELDS

Json = dict[str, object]


def key_quorum(record: KeyQuorum) -> Json:
    """A key quorum."""
    return {
        "id": record.id,
        "display_name": record.display_name,
        "authorization_threshold": record.threshold,
        "authorization_keys": [
            {"public_key": key, "display_name": None} for key in record.public_keys
        ],
        "user_ids": record.user_ids,
        "key_quorum_ids": record.key_quorum_ids,
    }


def wallet(record: Wallet, owner: KeyQuorum | None) -> Json:
    """A wallet; times in Unix milliseconds."""
    return {
        "id": record.id,
        "address": record.address,
        "public_key": record.public_key,
        "chain_type": record.chain_type,
        "policy_ids": record.policy_ids,
        "additional_signers": [
            {"signer_id": grant.signer_id, "override_policy_ids": grant.override_policy_ids}
            for grant in record.additional_signers
        ],
        "owner_id": record.owner_id,
        "authorization_threshold": None if owner is None else owner.needed,
        "external_id": record.external_id,
        "display_name": record.display_name,
        "created_at": record.created_at_ms,
        "exported_at": record.exported_at_ms,
        "imported_at": None,
        "archived_at": record.archived_at_ms,
        "entity": None,
        "custody": None,
    }


def condition(record: Condition) -> Json:
    """A condition, its value verbatim."""
    body: Json = {
        "field_source": record.field_source,
        "field": record.field,
        "operator": record.operator,
        "value": record.value,
    }
    if record.abi is not None:
        body["abi"] = record.abi
    if record.typed_data is not None:
        body["typed_data"] = record.typed_data
    if record.idl is not None:
        body["idl"] = record.idl
    return body


def rule(record: Rule) -> Json:
    """A rule with its id."""
    return {
        "id": record.id,
        "name": record.name,
        "method": record.method,
        "action": record.action,
        "conditions": [condition(item) for item in record.conditions],
    }


def policy(record: Policy) -> Json:
    """A policy with its rules."""
    return {
        "id": record.id,
        "version": "1.0",
        "name": record.name,
        "chain_type": record.chain_type,
        "owner_id": record.owner_id,
        "created_at": record.created_at_ms,
        "rules": [rule(item) for item in record.rules],
    }


def measure(record: Measure) -> Json:
    """A metric or group-by field."""
    body: Json = {"field": record.field, "field_source": record.field_source}
    return body if record.abi is None else body | {"abi": record.abi}


def aggregation(record: Aggregation) -> Json:
    """An aggregation; its present value is not part of it."""
    return {
        "id": record.id,
        "name": record.name,
        "method": record.method,
        "metric": measure(record.metric) | {"function": "sum"},
        "window": {"type": "rolling", "seconds": record.window_seconds},
        "conditions": [condition(item) for item in record.conditions],
        "group_by": [measure(item) for item in record.group_by],
        "owner_id": record.owner_id,
        "created_at": record.created_at_ms,
    }


def condition_set(record: ConditionSet) -> Json:
    """A condition set without its items."""
    return {
        "id": record.id,
        "name": record.name,
        "owner_id": record.owner_id,
        "created_at": record.created_at_ms,
    }


def condition_set_item(record: ConditionSetItem) -> Json:
    """One item of a condition set."""
    return {
        "id": record.id,
        "condition_set_id": record.condition_set_id,
        "value": record.value,
        "created_at": record.created_at_ms,
    }


def user(record: User) -> Json:
    """A user; times in Unix seconds."""
    body: Json = {
        "id": record.id,
        "created_at": record.created_at,
        "linked_accounts": [_account(account) for account in record.accounts],
        "mfa_methods": [],
        "has_accepted_terms": record.has_accepted_terms,
        "is_guest": False,
    }
    if record.custom_metadata:
        body["custom_metadata"] = record.custom_metadata
    return body


def signed_in(result: SignIn) -> Json:
    """What the browser gets after sign-in or refresh."""
    return {
        "user": user(result.user),
        "token": result.access_token,
        "privy_access_token": None,
        "refresh_token": result.refresh_token,
        "identity_token": result.identity_token,
        "session_update_action": result.action,
        "is_new_user": result.is_new_user,
    }


def mail(record: Mail) -> Json:
    """A mail in the simulator's outbox."""
    return {"email": record.email, "code": record.code, "sent_at_ms": record.sent_at_ms}


def decision(record: LastDecision | None) -> Json | None:
    """Why the last signing request under a policy was allowed or denied, rule by rule."""
    if record is None:
        return None
    return {
        "wallet_id": record.wallet_id,
        "method": record.method,
        "allowed": record.decision.allowed,
        "reason": record.decision.reason,
        "rules": [
            {
                "name": step.rule,
                "action": step.action,
                "instruction": step.instruction,
                "failed_condition": step.failed,
            }
            for step in record.decision.trace
        ],
    }


def _account(record: LinkedAccount) -> Json:
    return {
        "type": record.type,
        ACCOUNT_FIELDS[record.type]: record.address,
        "verified_at": record.verified_at,
        "first_verified_at": record.first_verified_at,
        "latest_verified_at": record.latest_verified_at,
    }
