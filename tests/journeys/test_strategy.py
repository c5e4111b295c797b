"""What a person sets is kept with its version, and then the product trades by itself."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from asgard_basis.cli.visitor import ApiError, Visitor, wait_for
from tests.journeys.stack import Stack, fund

EAGER = {
    "min_carry_apy": "0",
    "min_exit_carry_apy": "-100",
    "min_funding_rate_8hr": "0",
    "max_funding_volatility": "1",
    "max_position_pct": "0.5",
    "max_leverage": "1.5",
    "planned_hold_days": 365,
    "stop_loss_pct": "90",
}


@pytest.fixture(scope="module")
def visitor(stack: Stack) -> Iterator[Visitor]:
    with stack.visitor() as visitor:
        visitor.sign_in("strategist@example.com", stack.world())
        visitor.wallets()
        yield visitor


def refused(call: Any, *given: Any) -> tuple[int, str, dict[str, str]]:
    with pytest.raises(ApiError) as caught:
        call(*given)
    return caught.value.status, caught.value.code, caught.value.details


def test_a_wish_is_kept_and_a_stale_one_refused(visitor: Visitor) -> None:
    first = visitor.get("/strategy")
    assert (first["version"], first["config"]["enabled"]) == (0, False)
    assert first["status"]["state"] == "off"
    wish = {"version": 0, "take_profit_pct": "30", "max_leverage": "4", "assets": ["SOL", "INF"]}
    saved = visitor.put("/strategy", wish)
    assert (saved["version"], saved["config"]["take_profit_pct"]) == (1, "30")
    assert saved["config"]["stop_loss_pct"] == "10"
    (leverage,) = [e for e in saved["effective"] if e["field"] == "max_leverage"]
    assert leverage["is_capped"]
    assert Decimal(leverage["effective"]) < 4
    stale = refused(visitor.put, "/strategy", {"version": 0, "max_leverage": "2"})
    assert stale == (409, "VAL-0021", {"version": "1"})
    cleared = visitor.put("/strategy", {"version": 1, "take_profit_pct": None})
    assert (cleared["version"], cleared["config"]["take_profit_pct"]) == (2, None)
    assert cleared["config"]["max_leverage"] == "4"


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"max_leverage": "4.1"}, "VAL-0020", "max_leverage"),
        ({"stop_loss_pct": "0"}, "VAL-0020", "stop_loss_pct"),
        ({"min_exit_carry_apy": "14"}, "VAL-0020", "min_exit_carry_apy"),
        ({"cooldown_minutes": None}, "VAL-0020", "cooldown_minutes"),
        ({"funding_exit": "never"}, "VAL-0001", "funding_exit"),
        ({"leverage": "2"}, "VAL-0001", "leverage"),
    ],
)
def test_what_is_out_of_bounds_is_refused_with_its_field(
    visitor: Visitor, change: dict[str, Any], code: str, field: str
) -> None:
    version = visitor.get("/strategy")["version"]
    status, told, details = refused(visitor.put, "/strategy", {"version": version, **change})
    assert (status, told, details["field"]) == (422, code, field)
    assert visitor.get("/strategy")["version"] == version


def test_own_presets_have_three_slots(visitor: Visitor) -> None:
    names = [preset["name"] for preset in visitor.get("/strategy/presets")["presets"]]
    assert names == ["conservative", "balanced", "aggressive"]
    kept = visitor.put("/strategy/presets/2", {"name": "Calm", "max_leverage": "1.3"})
    assert (kept["slot"], kept["config"]["max_leverage"]) == (2, "1.3")
    assert not kept["config"]["enabled"]
    assert visitor.get("/strategy/presets")["presets"][3] == kept
    visitor.delete("/strategy/presets/2")
    visitor.delete("/strategy/presets/2")
    assert len(visitor.get("/strategy/presets")["presets"]) == 3
    assert refused(visitor.put, "/strategy/presets/4", {"name": "x"})[0] == 404
    assert refused(visitor.put, "/strategy/presets/1", {"name": " "})[0] == 422


def test_settings_are_saved_whole_or_not_at_all(visitor: Visitor) -> None:
    version = visitor.get("/strategy")["version"]
    saved = visitor.post(
        "/settings",
        {
            "theme": "dark",
            "default_size_usd": "500",
            "strategy": {"version": version, "cooldown_minutes": 45},
        },
    )
    assert (saved["theme"], saved["default_size_usd"]) == ("dark", "500")
    assert saved["strategy"]["cooldown_minutes"] == 45
    stale = {"theme": "light", "strategy": {"version": version, "cooldown_minutes": 50}}
    assert refused(visitor.post, "/settings", stale)[1] == "VAL-0021"
    assert visitor.get("/settings") == saved
    assert refused(visitor.post, "/settings", {"default_leverage": "5"})[1] == "VAL-0003"
    back = visitor.post("/settings/reset")
    assert (back["theme"], back["strategy"]["cooldown_minutes"]) == ("system", 30)
    assert not back["strategy"]["enabled"]


def test_switched_on_it_enters_by_itself_and_a_pause_shows(stack: Stack, visitor: Visitor) -> None:
    fund(stack, visitor, solana="3000", arbitrum="3000")
    visitor.deposit("2500")
    version = visitor.get("/strategy")["version"]
    visitor.put("/strategy", {"version": version, **EAGER})
    visitor.post("/control/pause", {"reason": "holiday"})
    assert visitor.post("/strategy/enable")["status"]["label"] == (
        "Paused (You have paused opening: holiday)"
    )
    visitor.post("/control/resume")
    world = stack.world()

    def has_entered() -> dict[str, Any] | None:
        view = visitor.get("/strategy")
        failing = {check["key"] for check in view["status"]["criteria"] if not check["passed"]}
        if failing & {"short_earns_now", "short_earns_next", "short_earns_day", "pays"}:
            world.advance(hours=1)
        held = visitor.get("/positions")["positions"]
        return held[0] if held and held[0]["state"] == "hedged" else None

    position = wait_for(has_entered, seconds=150, what="the strategy's first position")
    assert position["leverage"] == "1.5"
    timeline = visitor.get(f"/positions/{position['id']}/timeline")["entries"]
    (asked,) = [e for e in timeline if e["name"] == "open" and e["kind"] == "command"]
    assert "by the strategy" in asked["detail"]
    assert "is left after costs" in asked["detail"]
    view = visitor.get("/strategy")
    assert (view["status"]["state"], view["trades_today"]) == ("active", 1)
    visitor.post("/strategy/disable")
    assert visitor.close(position["id"])["status"] == "completed"
    after = visitor.get("/strategy")
    assert (after["status"]["state"], after["cooldown_at_close"]) == ("off", 30)
