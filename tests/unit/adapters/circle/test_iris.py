"""Circle's answers are believed in the one shape that is documented."""

import json
from decimal import Decimal
from typing import Any

import httpx
import pytest

from asgard_basis.adapters.circle.iris import Iris
from asgard_basis.adapters.http import HttpClient
from asgard_basis.domain.errors import ErrorCode, Unavailable
from asgard_basis.domain.treasury.cctp import Domain

DONE = {"status": "complete", "message": "0x0102", "attestation": "0x" + "ab" * 130}
PENDING = {"status": "pending_confirmations", "message": None, "attestation": "PENDING"}


def iris(body: Any, status: int = 200) -> Iris:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(status, content=json.dumps(body))

    transport = httpx.MockTransport(answer)
    return Iris(HttpClient("http://circle", timeout_seconds=1, name="circle", transport=transport))


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"code": 404, "message": "Message not found"}, 404),
        ({"messages": []}, 200),
        ({"messages": [PENDING]}, 200),
    ],
)
async def test_what_is_not_attested_yet_is_nothing(body: Any, status: int) -> None:
    assert await iris(body, status).attested(Domain.SOLANA, "sig") is None


async def test_what_is_attested_is_message_and_signatures() -> None:
    found = await iris({"messages": [DONE]}).attested(Domain.ARBITRUM, "0xab")
    assert found == (b"\x01\x02", bytes([0xAB]) * 130)


@pytest.mark.parametrize(
    "body",
    [
        {"messages": [DONE, DONE]},
        {"messages": [{**DONE, "attestation": "0xabcd"}]},
        {"messages": [{**DONE, "message": "no hex"}]},
        {"messages": "many"},
        [],
    ],
)
async def test_any_other_shape_is_no_answer(body: Any) -> None:
    with pytest.raises(Unavailable) as caught:
        await iris(body).attested(Domain.SOLANA, "sig")
    assert caught.value.code is ErrorCode.CIRCLE_API


async def test_the_fee_is_that_of_final_transfers() -> None:
    listed = [
        {"finalityThreshold": 1000, "minimumFee": 1.3},
        {"finalityThreshold": 2000, "minimumFee": 0},
    ]
    assert await iris(listed).fee_bps(Domain.SOLANA, Domain.ARBITRUM) == Decimal(0)
    with pytest.raises(Unavailable):
        await iris(listed[:1]).fee_bps(Domain.SOLANA, Domain.ARBITRUM)
