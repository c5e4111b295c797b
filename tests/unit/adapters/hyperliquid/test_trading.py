"""What a venue says of an order is what we report, and what is unclear stays unclear."""

from decimal import Decimal
from typing import Any

import pytest
from starlette.responses import PlainTextResponse, Response

from asgard_basis.domain.errors import DomainError, ErrorCode, OutcomeUnknown, Refused, Unavailable
from asgard_basis.domain.identifiers import EvmAddress, JobId, client_order_id
from asgard_basis.ports.venues import ORDER_LIFETIME, PerpOrder
from tests.unit.adapters.hyperliquid.scripted import ScriptedVenue, SteadyClock, Turns

KEY = client_order_id(saga=JobId("p"), step="open_short", attempt=1)
SELL = PerpOrder(KEY, False, Decimal("3.34"), Decimal("138.91"), False)
ACCEPTED = {"status": "ok", "response": {"type": "default"}}


def order_answer(outcome: Any) -> dict[str, Any]:
    statuses = {"statuses": [outcome]}
    return {"status": "ok", "response": {"type": "order", "data": statuses}}


@pytest.fixture
def script() -> ScriptedVenue:
    return ScriptedVenue()


async def test_a_partly_filled_order_is_what_was_filled(script: ScriptedVenue) -> None:
    filled = {"totalSz": "1.2", "avgPx": "138.95", "oid": 77, "cloid": KEY}
    script.exchange["order"] = order_answer({"filled": filled})
    async with script.running() as venue:
        result = await venue.place(script.trader, SELL)
    assert (result.filled_size, result.average_price) == (Decimal("1.2"), Decimal("138.95"))
    (sent,) = script.asked["order"]
    assert sent["action"]["orders"][0]["a"] == 1
    assert sent["nonce"] == script.nonces.last[script.trader.agent.address]


@pytest.mark.parametrize(
    ("text", "status"),
    [
        (
            "Order could not immediately match against any resting orders. asset=5",
            "iocCancelRejected",
        ),
        ("Reduce only order would increase position. asset=5", "reduceOnlyRejected"),
    ],
)
async def test_an_order_with_nothing_to_do_is_a_result_and_not_an_error(
    script: ScriptedVenue, text: str, status: str
) -> None:
    script.exchange["order"] = order_answer({"error": text})
    async with script.running() as venue:
        result = await venue.place(script.trader, SELL)
    assert (result.filled_size, result.average_price) == (0, None)
    assert (result.status, result.reason) == (status, text)


@pytest.mark.parametrize(
    ("text", "kind", "code"),
    [
        ("Insufficient margin to place order. asset=5", Refused, ErrorCode.HYPERLIQUID_MARGIN),
        ("Price must be divisible by tick size. asset=5", Refused, ErrorCode.HYPERLIQUID_ORDER),
        ("Order must have minimum value of $10. asset=5", Refused, ErrorCode.SIZE_TOO_SMALL),
        ("A text nobody has seen", Refused, ErrorCode.HYPERLIQUID_ORDER),
    ],
)
async def test_an_error_inside_an_accepted_answer_is_a_refusal(
    script: ScriptedVenue, text: str, kind: type[DomainError], code: ErrorCode
) -> None:
    script.exchange["order"] = order_answer({"error": text})
    async with script.running() as venue:
        with pytest.raises(kind) as caught:
            await venue.place(script.trader, SELL)
    assert caught.value.code is code
    assert caught.value.details["venue_message"] == text


@pytest.mark.parametrize(
    ("text", "kind", "code"),
    [
        (
            "User or API Wallet 0xabc does not exist.",
            Refused,
            ErrorCode.HYPERLIQUID_ACCOUNT,
        ),
        (
            "L1 error: User or API Wallet 0xabc does not exist.",
            Refused,
            ErrorCode.HYPERLIQUID_ACCOUNT,
        ),
        # Of the number, not of the order: an earlier copy of the request may have used it.
        (
            "Invalid nonce: duplicate nonce 1741107452532",
            OutcomeUnknown,
            ErrorCode.HYPERLIQUID_UNKNOWN,
        ),
        ("Action already expired", OutcomeUnknown, ErrorCode.HYPERLIQUID_UNKNOWN),
        (
            "Too many cumulative requests sent (37986 > 10436) for cumulative volume traded $4.",
            Unavailable,
            ErrorCode.RATE_LIMITED,
        ),
    ],
)
async def test_a_refused_action_says_whether_to_come_back(
    script: ScriptedVenue, text: str, kind: type[DomainError], code: ErrorCode
) -> None:
    script.exchange["order"] = {"status": "err", "response": text}
    async with script.running() as venue:
        with pytest.raises(kind) as caught:
            await venue.place(script.trader, SELL)
    assert type(caught.value) is kind
    assert caught.value.code is code


@pytest.mark.parametrize(
    "answer",
    [
        Response(status_code=502),
        PlainTextResponse("<html>"),
        {"status": "ok", "response": {"type": "default"}},
        order_answer({"resting": {"oid": 1}}),
        order_answer("waitingForFill"),
        order_answer({"error": "Duplicate cloid. asset=5"}),
    ],
    ids=["bad gateway", "no json", "no statuses", "resting", "waiting", "key in use"],
)
async def test_an_unclear_answer_to_an_order_is_unknown_and_asked_once(
    script: ScriptedVenue, answer: Any
) -> None:
    script.exchange["order"] = answer
    async with script.running() as venue:
        with pytest.raises(OutcomeUnknown) as caught:
            await venue.place(script.trader, SELL)
    assert caught.value.code is ErrorCode.HYPERLIQUID_UNKNOWN
    assert len(script.asked["order"]) == 1


async def test_a_body_that_was_not_understood_did_nothing(script: ScriptedVenue) -> None:
    text = "Failed to deserialize the JSON body into the target type"
    script.exchange["order"] = PlainTextResponse(text, status_code=422)
    async with script.running() as venue:
        with pytest.raises(Refused):
            await venue.place(script.trader, SELL)


@pytest.mark.parametrize("speed", [0.0, 1.0, 600.0])
async def test_an_order_expires_within_its_lifetime_however_fast_the_market_runs(
    script: ScriptedVenue, speed: float
) -> None:
    script.clock = SteadyClock(speed=speed)
    script.exchange["order"] = order_answer({"filled": {"totalSz": "1", "avgPx": "1", "oid": 1}})
    async with script.running() as venue:
        await venue.place(script.trader, SELL)
    (sent,) = script.asked["order"]
    market_seconds = (sent["expiresAfter"] - sent["nonce"]) / 1000
    assert market_seconds == 15 * max(1, speed) < ORDER_LIFETIME.total_seconds() * max(1, speed)


async def test_two_actions_in_the_same_moment_have_different_nonces(script: ScriptedVenue) -> None:
    script.exchange["updateLeverage"] = ACCEPTED
    async with script.running() as venue:
        await venue.set_isolated_leverage(script.trader, 3)
        await venue.set_isolated_leverage(script.trader, 2)
    first, second = (sent["nonce"] for sent in script.asked["updateLeverage"])
    assert second > first
    assert script.asked["updateLeverage"][0]["action"]["isCross"] is False
    assert script.asked["updateLeverage"][0]["expiresAfter"] == first + 15_000


@pytest.mark.parametrize(
    "answer",
    [Response(status_code=504), {"status": "err", "response": "Leverage is what it was"}],
)
async def test_a_leverage_that_is_already_so_is_success(script: ScriptedVenue, answer: Any) -> None:
    script.exchange["updateLeverage"] = answer
    script.info["activeAssetData"] = {"leverage": {"type": "isolated", "value": 3}}
    async with script.running() as venue:
        await venue.set_isolated_leverage(script.trader, 3)
        with pytest.raises(DomainError):
            await venue.set_isolated_leverage(script.trader, 2)


async def test_margin_moves_in_millionths_and_out_with_a_minus(script: ScriptedVenue) -> None:
    script.exchange["updateIsolatedMargin"] = ACCEPTED
    async with script.running() as venue:
        await venue.add_margin(script.trader, Decimal("12.3456789"))
        await venue.add_margin(script.trader, Decimal("-1.5"))
        with pytest.raises(Refused):
            await venue.add_margin(script.trader, Decimal("0.0000001"))
    amounts = [sent["action"]["ntli"] for sent in script.asked["updateIsolatedMargin"]]
    assert amounts == [12345678, -1500000]


def agent_listed(script: ScriptedVenue, *, days: int) -> list[dict[str, Any]]:
    until = int(script.clock.time.timestamp() * 1000) + days * 86_400_000
    address = script.trader.agent.address.upper().replace("0X", "0x")
    return [{"name": "asgard", "address": address, "validUntil": until}]


async def test_an_agent_that_may_sign_already_is_not_approved_again(
    script: ScriptedVenue,
) -> None:
    script.info["extraAgents"] = agent_listed(script, days=30)
    async with script.running() as venue:
        await venue.approve_agent(script.trader)
    assert "approveAgent" not in script.asked


async def test_an_expired_agent_is_none_and_is_approved_by_the_account_itself(
    script: ScriptedVenue,
) -> None:
    script.info["extraAgents"] = agent_listed(script, days=-1)
    script.exchange["approveAgent"] = ACCEPTED
    async with script.running() as venue:
        assert not await venue.has_agent(script.trader)
        await venue.approve_agent(script.trader)
    (sent,) = script.asked["approveAgent"]
    assert sent["action"]["signatureChainId"] == "0xa4b1"
    assert sent["action"]["agentAddress"] == script.trader.agent.address
    assert script.trader.account.address in script.nonces.last


async def test_an_unnamed_agent_is_known_by_its_role(script: ScriptedVenue) -> None:
    script.info["extraAgents"] = []
    owner = script.trader.account.address
    script.info["userRole"] = Turns(
        {"role": "agent", "data": {"user": owner}},
        {"role": "agent", "data": {"user": "0x" + "11" * 20}},
        {"role": "missing"},
    )
    async with script.running() as venue:
        assert [await venue.has_agent(script.trader) for _ in range(3)] == [True, False, False]


async def test_an_approval_whose_answer_was_lost_counts_when_the_agent_may_sign(
    script: ScriptedVenue,
) -> None:
    script.info["extraAgents"] = Turns([], agent_listed(script, days=30))
    script.info["userRole"] = {"role": "missing"}
    script.exchange["approveAgent"] = Response(status_code=502)
    async with script.running() as venue:
        await venue.approve_agent(script.trader)


def order_record(status: str, *, left: str) -> dict[str, Any]:
    order = {"coin": "SOL", "oid": 77, "sz": left, "origSz": "3.34", "timestamp": 1000}
    return {"status": "order", "order": {"order": order, "status": status}}


def fill(size: str, price: str, *, oid: int = 77, tid: int = 1) -> dict[str, Any]:
    return {
        "coin": "SOL",
        "px": price,
        "sz": size,
        "side": "A",
        "time": 1001,
        "oid": oid,
        "tid": tid,
        "fee": "0.1",
        "closedPnl": "0.0",
    }


async def test_an_order_is_found_although_records_and_fills_come_late(
    script: ScriptedVenue,
) -> None:
    script.info["orderStatus"] = Turns({"status": "unknownOid"}, order_record("filled", left="0.0"))
    fills = [fill("3", "140"), fill("0.34", "139", tid=2), fill("9", "1", oid=5, tid=3)]
    script.info["userFillsByTime"] = Turns([], fills)
    async with script.running() as venue:
        found = await venue.find_order(EvmAddress(script.trader.account.address), KEY)
    assert found is not None
    assert found.filled_size == Decimal("3.34")
    assert found.average_price == (3 * Decimal(140) + Decimal("0.34") * 139) / Decimal("3.34")


async def test_a_partly_filled_order_that_is_called_filled_is_what_was_executed(
    script: ScriptedVenue,
) -> None:
    script.info["orderStatus"] = order_record("filled", left="0.0")
    script.info["userFillsByTime"] = [fill("1", "140")]
    async with script.running() as venue:
        found = await venue.find_order(EvmAddress(script.trader.account.address), KEY)
    assert found is not None
    assert found.filled_size == 1


async def test_a_key_the_venue_never_saw_is_none(script: ScriptedVenue) -> None:
    script.info["orderStatus"] = {"status": "unknownOid"}
    async with script.running() as venue:
        assert await venue.find_order(EvmAddress(script.trader.account.address), KEY) is None
    assert len(script.asked["orderStatus"]) > 1


async def test_a_rejected_order_filled_nothing(script: ScriptedVenue) -> None:
    script.info["orderStatus"] = order_record("iocCancelRejected", left="3.34")
    async with script.running() as venue:
        found = await venue.find_order(EvmAddress(script.trader.account.address), KEY)
    assert found is not None
    assert (found.filled_size, found.status) == (0, "iocCancelRejected")


async def test_an_execution_that_is_not_published_is_not_reported_as_nothing(
    script: ScriptedVenue,
) -> None:
    script.info["orderStatus"] = order_record("filled", left="0.0")
    script.info["userFillsByTime"] = []
    async with script.running() as venue:
        with pytest.raises(Unavailable):
            await venue.find_order(EvmAddress(script.trader.account.address), KEY)
