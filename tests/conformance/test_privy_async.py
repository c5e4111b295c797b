"""The official asynchronous client with `prepare_request`: the way a service would call Privy."""

import json
from collections.abc import AsyncIterator, Awaitable
from typing import Any

import httpx
import pytest
from eth_account import Account
from privy import (
    AsyncPrivyAPI,
    AuthenticationError,
    AuthorizationContext,
    BadRequestError,
    InternalServerError,
    NotFoundError,
    prepare_request,
)
from starlette.types import ASGIApp, Receive, Scope, Send

from asgard_paper.kernel.clock import WorldClock
from asgard_paper.privy import PrivyEngine
from asgard_paper.privy.http import create_app
from tests.serving import free_port, serve
from tests.unit.paper.privy import policy_set as ps
from tests.unit.paper.privy.setting import APP_ID, APP_SECRET, Person, paper_engine

ADA, BOB, CAT, EVE = (Person(number) for number in range(4))


class Counting:
    """Counts requests on their way to an application."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.seen = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.seen += scope["type"] == "http"
        await self.app(scope, receive, send)


class Office:
    """A back end that talks to Privy."""

    def __init__(self, engine: PrivyEngine, url: str, door: Counting) -> None:
        self.engine = engine
        self.url = url
        self.door = door
        self.client = AsyncPrivyAPI(app_id=APP_ID, app_secret=APP_SECRET, base_url=url)

    async def send(
        self,
        method: str,
        path: str,
        body: Any,
        *people: Person,
        url: str | None = None,
        expiry: int | None = None,
        key: str | None = None,
        sent: Any = None,
        client: AsyncPrivyAPI | None = None,
    ) -> Any:
        """Sign the request as asked (of `url` if that differs) and send it (or `sent`)."""
        prepared = prepare_request(
            app_id=APP_ID,
            method=method,  # type: ignore[arg-type]
            url=(url or self.url) + path,
            body=body,
            idempotency_key=key,
            authorization_context=AuthorizationContext(
                authorization_private_keys=[person.private_key for person in people]
            ),
            request_expiry=expiry,
        )
        act: Any = getattr(client or self.client, method.lower())
        content = body if sent is None else sent
        return await act(
            path,
            body=content,
            options={"headers": dict(prepared.headers)},
            cast_to=object,
        )

    async def quorum(self, *people: Person, threshold: int = 1) -> str:
        keys = [person.public_key for person in people]
        made = await self.client.key_quorums.create(
            public_keys=keys, authorization_threshold=threshold
        )
        return str(made.id)

    async def wallet(self, owner_id: str, **more: Any) -> Any:
        return await self.client.wallets.create(chain_type="ethereum", owner_id=owner_id, **more)


@pytest.fixture
async def office() -> AsyncIterator[Office]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    engine = paper_engine(WorldClock())
    door = Counting(create_app(engine, public_url=lambda: url))
    with serve(door, port=port):
        made = Office(engine, url, door)
        yield made
        await made.client.close()


HELLO = {"method": "personal_sign", "params": {"message": "hé", "encoding": "utf-8"}}


async def code_of(sending: Awaitable[Any], kind: type[Any] = AuthenticationError) -> str | None:
    with pytest.raises(kind) as caught:
        await sending
    found: str | None = caught.value.body.get("code")
    return found


async def test_signed_calls(office: Office) -> None:
    wallet = await office.wallet(await office.quorum(ADA))
    path = f"/v1/wallets/{wallet.id}/rpc"
    body = {
        "method": "eth_signTransaction",
        "chain_type": "ethereum",
        "params": {"transaction": ps.transaction()},
    }
    expiry = office.engine.clock.host_ms() + 60_000
    reply = await office.send("POST", path, body, ADA, expiry=expiry, key="k")
    assert Account.recover_transaction(reply["data"]["signed_transaction"]) == wallet.address
    renamed = await office.send("PATCH", f"/v1/wallets/{wallet.id}", {"display_name": "né"}, ADA)
    assert renamed["display_name"] == "né"


async def test_signatures_that_do_not_count(office: Office) -> None:
    wallet = await office.wallet(await office.quorum(ADA))
    path = f"/v1/wallets/{wallet.id}/rpc"
    none = "missing_or_empty_authorization_header"
    zero = "zero_correct_authorization_signatures"
    assert await code_of(office.send("POST", path, HELLO)) == none
    assert await code_of(office.send("POST", path, HELLO, EVE)) == zero
    elsewhere = office.send("POST", path, HELLO, ADA, url="https://api.privy.io")
    assert await code_of(elsewhere) == zero
    altered = HELLO | {"params": {"message": "bye", "encoding": "utf-8"}}
    assert await code_of(office.send("POST", path, HELLO, ADA, sent=altered)) == zero
    past = office.engine.clock.host_ms() - 1
    late = office.send("POST", path, HELLO, ADA, expiry=past)
    assert await code_of(late, BadRequestError) == "request_expired"


async def test_two_of_three_over_the_wire(office: Office) -> None:
    wallet = await office.wallet(await office.quorum(ADA, BOB, CAT, threshold=2))
    path = f"/v1/wallets/{wallet.id}/rpc"
    few = "insufficient_correct_authorization_signatures"
    assert await office.send("POST", path, HELLO, CAT, ADA)
    assert await code_of(office.send("POST", path, HELLO, ADA)) == few
    assert await code_of(office.send("POST", path, HELLO, ADA, ADA)) == few


@pytest.mark.parametrize("form", [{}, ""], ids=["object", "text"])
async def test_deletion_signed_over_either_empty_body(office: Office, form: object) -> None:
    owner_id = await office.quorum(ADA)
    prepared = prepare_request(
        app_id=APP_ID,
        method="DELETE",
        url=f"{office.url}/v1/key_quorums/{owner_id}",
        body=form,
        authorization_context=AuthorizationContext(authorization_private_keys=[ADA.private_key]),
        preserve_empty_body=True,
    )
    headers = {"privy-app-id": APP_ID, **prepared.headers}
    async with httpx.AsyncClient(auth=(APP_ID, APP_SECRET), base_url=office.url) as client:
        path = f"/v1/key_quorums/{owner_id}"
        unsigned = await client.delete(path, headers={"privy-app-id": APP_ID})
        assert unsigned.status_code == 401
        assert (await client.delete(path, headers=headers)).json() == {"success": True}
        assert (await client.get(path, headers=headers)).status_code == 404


async def test_app_secret_and_app_id_are_required(office: Office) -> None:
    good: dict[str, Any] = {"auth": (APP_ID, APP_SECRET), "headers": {"privy-app-id": APP_ID}}
    async with httpx.AsyncClient(base_url=office.url) as client:
        assert (await client.get("/v1/wallets", **good)).status_code == 200
        changes: list[dict[str, Any]] = [
            {"auth": (APP_ID, "wrong")},
            {"auth": ("other", APP_SECRET)},
            {"auth": None},
            {"headers": {}},
            {"headers": {"privy-app-id": "other"}},
        ]
        for change in changes:
            reply = await client.get("/v1/wallets", **(good | change))
            assert reply.status_code == 401
            assert reply.json()["code"]
        broken = await client.post("/v1/wallets", content=b"{", **good)
        assert broken.status_code == 400


async def test_forwarded_host_counts_as_ours(office: Office) -> None:
    wallet = await office.wallet(await office.quorum(ADA))
    path = f"/v1/wallets/{wallet.id}/rpc"
    outside = "https://privy.example.org"
    prepared = prepare_request(
        app_id=APP_ID,
        method="POST",
        url=outside + path,
        body=HELLO,
        authorization_context=AuthorizationContext(authorization_private_keys=[ADA.private_key]),
    )
    headers = {
        "privy-app-id": APP_ID,
        "x-forwarded-host": "privy.example.org",
        "x-forwarded-proto": "https",
        **prepared.headers,
    }
    async with httpx.AsyncClient(auth=(APP_ID, APP_SECRET), base_url=office.url) as client:
        assert (await client.post(path, headers=headers, json=HELLO)).status_code == 200


async def test_aggregations_and_condition_sets(office: Office) -> None:
    owner_id = await office.quorum(ADA)
    aggregation = await office.send(
        "POST",
        "/v1/aggregations",
        {
            "name": "daily",
            "method": "eth_signTransaction",
            "metric": {
                "field": "transfer.amount",
                "field_source": "ethereum_calldata",
                "function": "sum",
                "abi": ps.TRANSFER_ABI,
            },
            "window": {"type": "rolling", "seconds": 86_400},
            "conditions": [ps.to(ps.USDC), ps.CHAIN],
            "owner_id": owner_id,
        },
    )
    friends = await office.send(
        "POST", "/v1/condition_sets", {"name": "friends", "owner_id": owner_id}
    )
    items = f"/v1/condition_sets/{friends['id']}/condition_set_items"
    added = [{"value": ps.USER}, {"value": ps.BRIDGE}]
    assert await code_of(office.send("POST", items, added)) is not None
    made = await office.send("POST", items, added, ADA)
    assert [item["value"] for item in made] == [ps.USER, ps.BRIDGE]
    page: Any = await office.client.get(f"{items}?limit=1", cast_to=object)
    assert page["next_cursor"] == page["items"][0]["id"]
    limit = ps.on("reference", f"aggregation.{aggregation['id']}", "lte", "100")
    listed = ps.calldata("transfer.to", "in_condition_set", friends["id"])
    rules: Any = [ps.rule("r", "eth_signTransaction", ps.to(ps.USDC), listed, limit)]
    policy = await office.client.policies.create(
        version="1.0",
        name="p",
        chain_type="ethereum",
        rules=rules,
    )
    wallet = await office.wallet(owner_id, policy_ids=[policy.id])

    def pay(recipient: str, amount: int) -> Awaitable[Any]:
        transaction = ps.transaction(data=ps.transfer(recipient, amount))
        body = {"method": "eth_signTransaction", "params": {"transaction": transaction}}
        return office.send("POST", f"/v1/wallets/{wallet.id}/rpc", body, ADA)

    assert await pay(ps.USER, 60)
    assert await code_of(pay(ps.BRIDGE, 41), BadRequestError) == "policy_violation"
    assert await pay(ps.BRIDGE, 40)
    assert await code_of(pay(ps.ATTACKER, 0), BadRequestError) == "policy_violation"
    await office.send("DELETE", f"{items}/{made[0]['id']}", {}, ADA)
    assert await code_of(pay(ps.USER, 0), BadRequestError) == "policy_violation"
    gone = f"/v1/aggregations/{aggregation['id']}"
    assert await office.send("DELETE", gone, {}, ADA) == {"success": True}
    with pytest.raises(NotFoundError):
        await office.client.get(gone, cast_to=object)


@pytest.mark.parametrize(
    ("body", "people", "kind", "attempts"),
    [
        ({"method": "nonsense"}, [ADA], BadRequestError, 1),
        (HELLO, [], AuthenticationError, 1),
        (HELLO, [ADA], InternalServerError, 3),
    ],
)
async def test_how_often_the_sdk_tries(
    office: Office, body: Any, people: list[Person], kind: type[Any], attempts: int
) -> None:
    wallet = await office.wallet(await office.quorum(ADA))
    office.engine.halt_signing()
    before = office.door.seen
    with pytest.raises(kind):
        await office.send("POST", f"/v1/wallets/{wallet.id}/rpc", body, *people)
    assert office.door.seen - before == attempts


async def test_server_error_is_replayed_under_its_key(office: Office) -> None:
    wallet = await office.wallet(await office.quorum(ADA))
    path = f"/v1/wallets/{wallet.id}/rpc"
    once = office.client.with_options(max_retries=0)
    office.engine.halt_signing()
    with pytest.raises(InternalServerError):
        await office.send("POST", path, HELLO, ADA, key="k", client=once)
    office.engine.resume_signing()
    with pytest.raises(InternalServerError):
        await office.send("POST", path, HELLO, ADA, key="k", client=once)
    reply = await office.send("POST", path, HELLO, ADA, key="new", client=once)
    assert json.dumps(reply)
