"""The official Python SDK, synchronous, against the paper Privy end to end."""

import base64
from collections.abc import Iterator
from typing import Any

import httpx
import jwt
import pytest
from eth_account import Account
from hyperliquid.utils.signing import (
    action_hash,
    construct_phantom_agent,
    l1_payload,
    recover_agent_or_user_from_l1_action,
)
from privy import (
    APIStatusError,
    AuthenticationError,
    AuthorizationContext,
    BadRequestError,
    NotFoundError,
    PrivyClient,
    generate_p256_key_pair,
    prepare_request,
)
from privy.lib._hpke import HPKERecipient
from privy.lib.request_options import PrivyRequestOptions
from solders.hash import Hash
from solders.instruction import Instruction
from solders.keypair import Keypair
from solders.message import MessageV0
from solders.pubkey import Pubkey
from solders.signature import Signature
from solders.system_program import TransferParams, transfer
from solders.transaction import VersionedTransaction

from asgard_paper.privy import PrivyEngine
from tests.unit.paper.privy import policy_set as ps
from tests.unit.paper.privy.setting import APP_ID, APP_SECRET, paper_privy

KEYS = generate_p256_key_pair()
SIGNED = PrivyRequestOptions(
    authorization_context=AuthorizationContext(authorization_private_keys=[KEYS.private_key])
)


@pytest.fixture
def privy() -> Iterator[tuple[PrivyClient, PrivyEngine]]:
    with (
        paper_privy() as (engine, url),
        PrivyClient(app_id=APP_ID, app_secret=APP_SECRET, base_url=url) as client,
    ):
        yield client, engine


# The SDK types its arguments more narrowly than JSON documents kept as data can follow.
Both = tuple[Any, PrivyEngine]


def quorum(client: PrivyClient) -> str:
    made = client.key_quorums.create(public_keys=[KEYS.public_key], authorization_threshold=1)
    return str(made.id)


def code_of(error: APIStatusError) -> str | None:
    assert isinstance(error.body, dict)
    return error.body.get("code")


def test_ethereum_wallet_end_to_end(privy: Both) -> None:
    client, _ = privy
    owner_id = quorum(client)
    policy = client.policies.create(
        version="1.0",
        name="Éthereum",
        chain_type="ethereum",
        owner_id=owner_id,
        rules=list(ps.EVM_RULES),
    )
    wallet = client.wallets.create(
        chain_type="ethereum",
        owner_id=owner_id,
        policy_ids=[policy.id],
        external_id="user-1_evm",
    )
    assert wallet.owner_id == owner_id
    signed = client.wallets.ethereum.sign_transaction(
        wallet.id, params={"transaction": ps.transaction()}, request_options=SIGNED
    )
    assert Account.recover_transaction(signed.signed_transaction) == wallet.address
    with pytest.raises(BadRequestError) as denied:
        client.wallets.ethereum.sign_transaction(
            wallet.id,
            params={"transaction": ps.transaction(data=ps.transfer(ps.ATTACKER, 1))},
            request_options=SIGNED,
        )
    assert denied.value.body == {
        "error": "RPC request denied due to policy violation",
        "code": "policy_violation",
    }
    with pytest.raises(AuthenticationError) as unsigned:
        client.wallets.ethereum.sign_transaction(
            wallet.id, params={"transaction": ps.transaction()}
        )
    assert code_of(unsigned.value) == "missing_or_empty_authorization_header"
    renamed = client.wallets.update(
        wallet.id,
        wallet_update_params={"display_name": "Ada Łovelace 💶"},
        request_options=SIGNED,
    )
    assert renamed.display_name == "Ada Łovelace 💶"
    with pytest.raises(AuthenticationError):
        client.wallets.update(wallet.id, wallet_update_params={"policy_ids": []})


def test_hyperliquid_action_is_recovered_by_its_own_sdk(privy: Both) -> None:
    client, _ = privy
    wallet = client.wallets.create(chain_type="ethereum", owner_id=quorum(client))
    action = {"type": "order", "orders": [], "grouping": "na"}
    nonce = 1_790_000_000_000
    agent = construct_phantom_agent(action_hash(action, None, nonce, None), True)
    payload = l1_payload(agent)
    payload["message"] |= {"connectionId": "0x" + payload["message"]["connectionId"].hex()}
    typed: dict[str, Any] = {
        "domain": payload["domain"],
        "types": payload["types"],
        "primary_type": payload["primaryType"],
        "message": payload["message"],
    }
    data = client.wallets.ethereum.sign_typed_data(
        wallet.id, params={"typed_data": typed}, request_options=SIGNED
    )
    raw = bytes.fromhex(data.signature[2:])
    split = {"r": "0x" + raw[:32].hex(), "s": "0x" + raw[32:64].hex(), "v": raw[64]}
    found = recover_agent_or_user_from_l1_action(action, split, None, nonce, None, True)
    assert found == wallet.address


def solana_bytes(wallet: Pubkey, *instructions: Instruction) -> bytes:
    message = MessageV0.try_compile(wallet, list(instructions), [], Hash.default())
    return bytes(VersionedTransaction.populate(message, [Signature.default()]))


def test_solana_wallet_end_to_end(privy: Both) -> None:
    client, _ = privy
    home, thief = Keypair().pubkey(), Keypair().pubkey()
    condition = ps.on("solana_system_program_instruction", "Transfer.to", "eq", str(home))
    policy = client.policies.create(
        version="1.0",
        name="home",
        chain_type="solana",
        rules=[ps.rule("home", "signTransaction", condition)],
    )
    wallet = client.wallets.create(
        chain_type="solana", owner_id=quorum(client), policy_ids=[policy.id]
    )
    key = Pubkey.from_string(wallet.address)

    def pay(to: Pubkey) -> Instruction:
        return transfer(TransferParams(from_pubkey=key, to_pubkey=to, lamports=5))

    unsigned = solana_bytes(key, pay(home), pay(home))
    data = client.wallets.solana.sign_transaction(wallet.id, unsigned, request_options=SIGNED)
    signed = VersionedTransaction.from_bytes(base64.b64decode(data.signed_transaction))
    assert signed.verify_with_results() == [True]
    assert signed.message == VersionedTransaction.from_bytes(unsigned).message
    with pytest.raises(BadRequestError) as denied:
        client.wallets.solana.sign_transaction(
            wallet.id, solana_bytes(key, pay(home), pay(thief)), request_options=SIGNED
        )
    assert code_of(denied.value) == "policy_violation"


def test_idempotent_creation_and_recovery_by_external_id(privy: Both) -> None:
    client, _ = privy
    owner_id = quorum(client)

    def create(name: str) -> Any:
        return client.wallets.create(
            chain_type="solana",
            owner_id=owner_id,
            external_id=name,
            idempotency_key="wallet:1:solana:0",
        )

    assert create("u1") == create("u1")
    with pytest.raises(BadRequestError):
        create("u2")
    with pytest.raises(BadRequestError) as taken:
        client.wallets.create(chain_type="solana", owner_id=owner_id, external_id="u1")
    assert code_of(taken.value) == "resource_already_exists"
    found = list(client.wallets.list(external_id="u1"))
    assert [wallet.id for wallet in found] == [create("u1").id]


def test_rpc_with_idempotency_key_is_replayed(privy: Both) -> None:
    client, engine = privy
    wallet = client.wallets.create(chain_type="ethereum", owner_id=quorum(client))
    options = PrivyRequestOptions(
        authorization_context=SIGNED.authorization_context,
        request_expiry=engine.clock.host_ms() + 60_000,
    )

    def ask(text: str) -> str:
        data = client.wallets.ethereum.sign_message(
            wallet.id, text, idempotency_key="one", request_options=options
        )
        return str(data.signature)

    assert ask("hello") == ask("hello")
    with pytest.raises(BadRequestError):
        ask("other")


def test_lists_are_paged(privy: Both) -> None:
    client, _ = privy
    made = [client.wallets.create(chain_type="ethereum").id for _ in range(5)]
    client.wallets.create(chain_type="solana")
    client.wallets.archive(made[2])
    page = client.wallets.list(chain_type="ethereum", limit=3)
    assert page.next_cursor
    assert [wallet.id for wallet in page] == [*made[:2], *made[3:]]
    everything = client.wallets.list(chain_type="ethereum", limit=2, include_archived=True)
    assert [wallet.id for wallet in everything] == made
    with pytest.raises(NotFoundError):
        client.wallets.get(made[2])
    assert client.wallets.get(made[2], include_archived=True).archived_at
    address = client.wallets.get(made[0]).address
    assert client.wallets.get_wallet_by_address(address=address.lower()).id == made[0]


def test_batch_creation_reports_each_result(privy: Both) -> None:
    client, _ = privy
    reply = client.wallets.create_batch(
        wallets=[{"chain_type": "ethereum"}, {"chain_type": "solana", "policy_ids": ["x" * 24]}]
    )
    assert [result.success for result in reply.results] == [True, False]


def test_rules_one_by_one(privy: Both) -> None:
    client, _ = privy
    owner_id = quorum(client)
    policy = client.policies.create(
        version="1.0", name="p", chain_type="ethereum", owner_id=owner_id, rules=[]
    )
    first: Any = ps.EVM_RULES[0]
    rule = client.policies.create_rule(
        policy.id, policy_create_rule_params=first, request_options=SIGNED
    )
    changed: Any = {"policy_id": policy.id} | first | {"name": "renamed"}
    client.policies.update_rule(rule.id, policy_update_rule_params=changed, request_options=SIGNED)
    assert client.policies.get_rule(rule.id, policy_id=policy.id).name == "renamed"
    with pytest.raises(AuthenticationError):
        client.policies.delete_rule(rule.id, policy_id=policy.id)
    client.policies.delete_rule(rule.id, policy_id=policy.id, request_options=SIGNED)
    assert client.policies.get(policy.id).rules == []
    replaced = client.policies.update(
        policy.id,
        policy_update_params={"rules": list(ps.EVM_RULES)},
        request_options=SIGNED,
    )
    assert len(replaced.rules) == len(ps.EVM_RULES)
    assert client.policies.delete(policy.id, request_options=SIGNED).success
    with pytest.raises(NotFoundError):
        client.policies.get(policy.id)


def test_key_rotation(privy: Both) -> None:
    client, _ = privy
    owner_id = quorum(client)
    wallet = client.wallets.create(chain_type="ethereum", owner_id=owner_id)
    new = generate_p256_key_pair()
    fresh = PrivyRequestOptions(
        authorization_context=AuthorizationContext(authorization_private_keys=[new.private_key])
    )
    for keys in ([KEYS.public_key, new.public_key], [new.public_key]):
        client.key_quorums.update(
            owner_id,
            key_quorum_update_params={"public_keys": keys, "authorization_threshold": 1},
            request_options=SIGNED,
        )
    assert client.wallets.ethereum.sign_message(wallet.id, "x", request_options=fresh)
    with pytest.raises(AuthenticationError):
        client.wallets.ethereum.sign_message(wallet.id, "x", request_options=SIGNED)
    with pytest.raises(BadRequestError) as used:
        client.key_quorums.delete(owner_id, request_options=fresh)
    assert code_of(used.value) == "authorization_key_has_associated_wallets"


def test_users(privy: Both) -> None:
    client, engine = privy
    user = client.users.create(linked_accounts=[{"type": "email", "address": "Ada@example.org"}])
    assert client.users.get_by_email_address(address="ada@EXAMPLE.org").id == user.id
    assert client.users.get(user.id).linked_accounts[0].type == "email"
    assert [found.id for found in client.users.list()] == [user.id]
    assert abs(user.created_at - engine.clock.host_ms() / 1000) < 60
    with pytest.raises(NotFoundError):
        client.users.get_by_email_address(address="bob@example.org")
    client.users.delete(user.id)
    assert list(client.users.list()) == []


def test_app_settings_verify_tokens(privy: Both) -> None:
    client, engine = privy
    settings = client.apps.get_settings()
    token = engine.tokens.access("did:privy:x", "s", engine.clock.host_ms() // 1000, 60)
    claims = jwt.decode(
        token, settings.verification_key, algorithms=["ES256"], audience=APP_ID, issuer="privy.io"
    )
    assert claims["sub"] == "did:privy:x"


def export_reply(client: PrivyClient, wallet_id: str, recipient: HPKERecipient) -> Any:
    url = f"{str(client._client.base_url).rstrip('/')}/v1/wallets/{wallet_id}/export"
    body = {
        "encryption_type": "HPKE",
        "recipient_public_key": base64.b64encode(recipient.public_key_spki).decode(),
    }
    prepared = prepare_request(
        app_id=APP_ID,
        method="POST",
        url=url,
        body=body,
        authorization_context=SIGNED.authorization_context,
    )
    return httpx.post(
        url,
        json=body,
        auth=(APP_ID, APP_SECRET),
        headers={"privy-app-id": APP_ID, **prepared.headers},
    )


def test_export_is_the_owners_right_unless_policy_is_silent(privy: Both) -> None:
    client, _ = privy
    owner_id = quorum(client)
    recipient = HPKERecipient()
    wallet = client.wallets.create(chain_type="ethereum", owner_id=owner_id)
    reply = export_reply(client, wallet.id, recipient).json()
    key = recipient.decrypt(
        base64.b64decode(reply["encapsulated_key"]), base64.b64decode(reply["ciphertext"])
    )
    assert Account.from_key("0x" + key.decode()).address == wallet.address
    policy = client.policies.create(
        version="1.0", name="p", chain_type="ethereum", rules=list(ps.EVM_RULES)
    )
    held = client.wallets.create(chain_type="ethereum", owner_id=owner_id, policy_ids=[policy.id])
    refused = export_reply(client, held.id, recipient)
    assert (refused.status_code, refused.json()["code"]) == (400, "policy_violation")
    nobody = client.wallets.create(chain_type="ethereum")
    assert export_reply(client, nobody.id, recipient).status_code == 400
