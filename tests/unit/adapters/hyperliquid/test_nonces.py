"""Numbers stay inside the venue's window, whatever our own clock says."""

from datetime import timedelta
from typing import Any

import pytest

from asgard_basis.adapters.hyperliquid.venue import HyperliquidPerpVenue
from asgard_basis.domain.errors import OutcomeUnknown
from tests.unit.adapters.hyperliquid.scripted import NOW, ScriptedVenue

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
VENUE_MS = int(NOW.timestamp() * 1000)


def judged(body: dict[str, Any]) -> dict[str, Any]:
    """As the venue judges a number: within two days behind and one day ahead."""
    nonce = body["nonce"]
    if nonce <= VENUE_MS - 2 * DAY_MS:
        text = f"Invalid nonce: nonce too low {nonce} < {VENUE_MS - 2 * DAY_MS}"
    elif nonce >= VENUE_MS + DAY_MS:
        text = f"Invalid nonce: nonce too high {nonce} > {VENUE_MS + DAY_MS}"
    elif body["expiresAfter"] < VENUE_MS:
        text = "Action already expired"
    else:
        return {"status": "ok", "response": {"type": "default"}}
    return {"status": "err", "response": text}


@pytest.fixture
def script() -> ScriptedVenue:
    script = ScriptedVenue()
    script.exchange["updateLeverage"] = judged
    script.info["exchangeStatus"] = {"time": VENUE_MS, "specialStatuses": None}
    script.info["activeAssetData"] = {"leverage": {"type": "cross", "value": 20}}
    return script


async def refused_once(script: ScriptedVenue, venue: HyperliquidPerpVenue) -> None:
    with pytest.raises(OutcomeUnknown):
        await venue.set_isolated_leverage(script.trader, 3)


@pytest.mark.parametrize("behind", [timedelta(days=3), timedelta(minutes=2)])
async def test_a_clock_that_is_behind_is_noticed_at_the_first_refusal(
    script: ScriptedVenue, behind: timedelta
) -> None:
    script.clock.time = NOW - behind
    async with script.running() as venue:
        await refused_once(script, venue)
        await venue.set_isolated_leverage(script.trader, 3)
        nonce = await venue.reserve_nonce(script.trader)
    assert nonce.number >= VENUE_MS
    assert nonce.expires_at_ms - nonce.number <= 15_000
    assert len(script.asked["exchangeStatus"]) == 1


async def test_a_counter_that_followed_a_clock_ahead_does_not_lock_the_account(
    script: ScriptedVenue,
) -> None:
    script.clock.time = NOW + timedelta(days=3)
    async with script.running() as venue:
        await refused_once(script, venue)
        await venue.set_isolated_leverage(script.trader, 3)
        script.clock.time = NOW  # somebody has set it right; the counter is still days ahead
        script.exchange["updateLeverage"] = {
            "status": "err",
            "response": "Action already expired",
        }
        await refused_once(script, venue)
        script.exchange["updateLeverage"] = judged
        await venue.set_isolated_leverage(script.trader, 3)
        numbers = [(await venue.reserve_nonce(script.trader)).number for _ in range(5)]
    assert len(set(numbers)) == 5
    assert all(abs(number - VENUE_MS) < HOUR_MS for number in numbers)


async def test_a_clock_that_jumps_back_repeats_no_number(script: ScriptedVenue) -> None:
    async with script.running() as venue:
        first = await venue.reserve_nonce(script.trader)
        script.clock.time = NOW - timedelta(hours=30)
        second = await venue.reserve_nonce(script.trader)
    assert second.number == first.number + 1


async def test_a_number_that_was_used_says_nothing_of_time(script: ScriptedVenue) -> None:
    script.exchange["updateLeverage"] = {
        "status": "err",
        "response": "Invalid nonce: duplicate nonce 1741107452532",
    }
    async with script.running() as venue:
        await refused_once(script, venue)
        await venue.reserve_nonce(script.trader)
    assert script.asked["exchangeStatus"] == []
