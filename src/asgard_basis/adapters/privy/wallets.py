"""Server wallets at Privy: created once, owned by our key quorum, signing within policies."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from asgard_basis.adapters.http import HttpClient
from asgard_basis.adapters.privy.client import AuthorizationKey, PrivyClient, text_in
from asgard_basis.adapters.privy.policies import (
    Pins,
    PolicyCaps,
    Rule,
    chain_type,
    rules_for,
)
from asgard_basis.adapters.privy.policy_lint import lint
from asgard_basis.adapters.privy.signers import PrivyEvmSigner, PrivySolanaSigner
from asgard_basis.domain.errors import ErrorCode, Refused
from asgard_basis.domain.identifiers import WalletId
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.wallets import PolicyContext, Wallet, WalletRole


class PrivyWallets:
    """Implements WalletCustody; signing is offered as `evm` and `solana`.

    Without a configured key quorum, `ensure_quorum` must be called once before wallets are made.
    """

    def __init__(
        self,
        *,
        http: HttpClient,
        app_id: str,
        app_secret: str,
        authorization_key: str,
        quorum_id: str | None,
        clock: Clock,
        caps: PolicyCaps | None = None,
    ) -> None:
        self._key = AuthorizationKey(authorization_key)
        self._client = PrivyClient(
            http=http,
            app_id=app_id,
            app_secret=app_secret,
            clock=clock,
            authorization_key=self._key,
        )
        self._app_id = app_id
        self._quorum_id = quorum_id
        self._caps = caps or PolicyCaps()
        self.evm = PrivyEvmSigner(self._client)
        self.solana = PrivySolanaSigner(self._client)

    async def ensure_quorum(self) -> str:
        """The id of the key quorum that owns wallets and policies, made of our key if unset."""
        if self._quorum_id is None:
            fingerprint = hashlib.sha256(self._key.public_key.encode()).hexdigest()[:32]
            answer = await self._client.create(
                "/v1/key_quorums",
                {
                    "public_keys": [self._key.public_key],
                    "authorization_threshold": 1,
                    "display_name": "asgard-basis",
                },
                idempotency_key=f"quorum:{fingerprint}",
            )
            self._quorum_id = text_in(answer, "id")
        return self._quorum_id

    async def answers(self) -> None:
        """See WalletCustody: the published keys are asked for, which costs the service nothing."""
        await self._client.get(f"/v1/apps/{self._app_id}/jwks.json")

    async def ensure_wallet(self, context: PolicyContext, role: WalletRole) -> Wallet:
        """See WalletCustody; also brings an older policy up to the present rules."""
        if role is WalletRole.EVM and context.agent_address is None:
            raise Refused(
                ErrorCode.CUSTODY_API, "the trading agent must exist before the EVM wallet"
            )
        external_id = _external_id(context, role)
        found = await self._find(external_id)
        if found is None:
            found = await self._create(context, role, external_id)
        wallet = _wallet(found, role)
        await self._ensure_rules(wallet, context)
        return wallet

    async def _find(self, external_id: str) -> Mapping[str, Any] | None:
        answer = await self._client.get("/v1/wallets", query={"external_id": external_id})
        listed = answer.get("data") or []
        exact = [entry for entry in listed if entry.get("external_id") == external_id]
        if len(exact) > 1:
            raise Refused(
                ErrorCode.CUSTODY_API, f"several wallets carry the external id {external_id}"
            )
        return exact[0] if exact else None

    async def _create(
        self, context: PolicyContext, role: WalletRole, external_id: str
    ) -> Mapping[str, Any]:
        owner = await self.ensure_quorum()
        # The wallet's own address is not known yet: its rules follow when the wallet exists.
        document = self._document(
            owner, external_id, role, Pins(agent_address=context.agent_address)
        )
        policy = await self._client.create(
            "/v1/policies", document, idempotency_key=f"policy:{external_id}:{_digest(document)}"
        )
        body = {
            "chain_type": chain_type(role),
            "owner_id": owner,
            "policy_ids": [text_in(policy, "id")],
            "external_id": external_id,
        }
        created: Mapping[str, Any] = await self._client.create(
            "/v1/wallets", body, idempotency_key=f"wallet:{external_id}:{_digest(body)}"
        )
        return created

    async def _ensure_rules(self, wallet: Wallet, context: PolicyContext) -> None:
        path = f"/v1/policies/{wallet.policy_id}"
        present = await self._client.get(path)
        owner = present.get("owner_id")
        pins = Pins(
            own_address=wallet.address,
            agent_address=context.agent_address,
            other_address=(
                context.evm_address if wallet.role is WalletRole.SOLANA else context.solana_address
            ),
        )
        document = self._document(owner, str(present.get("name") or ""), wallet.role, pins)
        wanted = document["rules"]
        if _comparable(present.get("rules") or []) != _comparable(wanted):
            await self._client.change("PATCH", path, {"rules": wanted})

    def _document(
        self, owner: str | None, name: str, role: WalletRole, pins: Pins
    ) -> dict[str, Any]:
        document = {
            "version": "1.0",
            "name": name[:50],
            "chain_type": chain_type(role),
            "rules": rules_for(role, pins, self._caps),
            "owner_id": owner,
        }
        problems = lint(document)
        if problems:
            raise Refused(
                ErrorCode.CUSTODY_API,
                f"the policy for {name} has a hole: {problems[0]}",
                {str(i): problem for i, problem in enumerate(problems)},
            )
        return document


def _external_id(context: PolicyContext, role: WalletRole) -> str:
    # 64 characters of [A-Za-z0-9_-]: a person's id is hashed because it may hold others.
    digest = hashlib.sha256(context.user_id.encode()).hexdigest()[:40]
    return f"{role.value}-{digest}"


def _wallet(entry: Mapping[str, Any], role: WalletRole) -> Wallet:
    policies = entry.get("policy_ids") or []
    if not entry.get("owner_id"):
        raise Refused(ErrorCode.CUSTODY_API, "the wallet has no owner")
    if len(policies) != 1:
        raise Refused(ErrorCode.CUSTODY_API, "the wallet does not have exactly one policy")
    if entry.get("chain_type") != chain_type(role):
        raise Refused(ErrorCode.CUSTODY_API, "the wallet is on another chain")
    address = text_in(entry, "address")
    return Wallet(
        wallet_id=WalletId(text_in(entry, "id")),
        role=role,
        address=address if role is WalletRole.SOLANA else address.lower(),
        policy_id=str(policies[0]),
    )


def _comparable(rules: Sequence[Rule]) -> str:
    bare = [{key: value for key, value in rule.items() if key != "id"} for rule in rules]
    return json.dumps(sorted(bare, key=lambda rule: str(rule.get("name"))), sort_keys=True)


def _digest(document: Mapping[str, Any]) -> str:
    # The same key with another body would be refused for a day.
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()[:16]
