"""Settings: what may not start does not start, and says why."""

import tomllib
from decimal import Decimal
from pathlib import Path

import pytest

from asgard_basis.domain.assets import LendingProtocol
from asgard_basis.settings import VERSION, SettingsRefused, load_settings

PAPER = {
    "DATABASE_URL": "postgresql://basis:pw@127.0.0.1:5432/basis",
    "REDIS_URL": "redis://:pw@127.0.0.1:6379/0",
    "SERVER_SECRET": "s" * 43,
    "HYPERLIQUID_URL": "http://127.0.0.1:9001",
    "HYPERLIQUID_WS_URL": "ws://127.0.0.1:9001/ws",
    "ASGARD_URL": "http://127.0.0.1:9002/margin-trading",
    "PRIVY_URL": "http://127.0.0.1:9003",
    "PRIVY_AUTH_URL": "http://127.0.0.1:9003",
    "PRIVY_APP_ID": "c" * 25,
    "PRIVY_APP_SECRET": "app-secret-value",
    "PRIVY_AUTHORIZATION_KEY": "wallet-auth:secret-key",
    "SOLANA_RPC_URL": "http://127.0.0.1:9004",
    "ARBITRUM_RPC_URL": "http://127.0.0.1:9005",
    "CLOCK_URL": "http://127.0.0.1:9000",
}
LIVE = {
    **{name: PAPER[name] for name in ("SERVER_SECRET", "PRIVY_APP_ID", "PRIVY_APP_SECRET")},
    "DATABASE_URL": PAPER["DATABASE_URL"],
    "REDIS_URL": PAPER["REDIS_URL"],
    "PRIVY_AUTHORIZATION_KEY": PAPER["PRIVY_AUTHORIZATION_KEY"],
    "BASIS_MODE": "live",
    "PRIVY_QUORUM_ID": "quorum",
    "ASGARD_PROGRAM_ID": "KLend2g3cP87fffoy8q1mQqGKjrxjC8boSyAYavgmjD",
    "SOLANA_RPC_URL": "https://rpc.example.com",
    "ARBITRUM_RPC_URL": "https://arbitrum.example.com",
}


def _problems(**changes: str) -> list[str]:
    base = LIVE if changes.pop("base", "live") == "live" else PAPER
    with pytest.raises(SettingsRefused) as refused:
        load_settings({**base, "BASIS_HOME": "/nonexistent", **changes})
    return refused.value.problems


def test_paper_is_the_default_and_live_has_the_venues_addresses() -> None:
    paper = load_settings(PAPER)
    assert paper.mode == "paper"
    assert paper.host == "127.0.0.1"
    live = load_settings(LIVE)
    assert live.hyperliquid_url == "https://api.hyperliquid.xyz"
    assert live.privy_auth_url == "https://auth.privy.io"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CLOCK_URL", "https://clock.example.com"),
        ("PAPER_CONTROL_URL", "https://control.example.com"),
        ("PAPER_MAILBOX_URL", "https://control.example.com/mailbox"),
        ("BASIS_HISTORY", "data"),
        ("BASIS_SPEED", "60"),
        ("BASIS_SEED", "7"),
        ("HYPERLIQUID_URL", "https://127.0.0.1:9001"),
        ("HYPERLIQUID_WS_URL", "wss://localhost:9001/ws"),
        ("ASGARD_URL", "https://10.0.0.3"),
        ("SOLANA_RPC_URL", "https://[::1]:9000"),
        ("PRIVY_URL", "http://api.privy.io"),
        ("ASGARD_PROGRAM_ID", "not-an-address"),
        ("ASGARD_PROGRAM_ID", ""),
        ("PRIVY_QUORUM_ID", ""),
    ],
)
def test_live_refuses_anything_of_paper_and_anything_unsafe(name: str, value: str) -> None:
    problems = _problems(**{name: value})
    assert len(problems) == 1
    assert problems[0].startswith(name)


def test_every_problem_is_named_at_once() -> None:
    changes = {"CLOCK_URL": "http://a.example", "ASGARD_PROGRAM_ID": "", "ASGARD_URL": "http://x.y"}
    assert [p.split()[0] for p in _problems(**changes)] == [
        "CLOCK_URL",
        "ASGARD_URL",
        "ASGARD_PROGRAM_ID",
    ]


def test_paper_refuses_a_real_venue() -> None:
    (problem,) = _problems(base="paper", HYPERLIQUID_URL="https://api.hyperliquid.xyz")
    assert "must not touch a real venue" in problem
    (problem,) = _problems(base="paper", CLOCK_URL="")
    assert "`basis up`" in problem


def test_shadow_says_that_it_is_not_there() -> None:
    (problem,) = _problems(base="paper", BASIS_MODE="shadow")
    assert "not available" in problem


def test_a_problem_never_shows_a_secret() -> None:
    shown = "\n".join(
        _problems(
            base="paper",
            SERVER_SECRET="hunter2",
            PRIVY_APP_ID="short",
            DATABASE_URL="mysql://u:hunter3@h",
        )
    )
    assert "SERVER_SECRET" in shown
    assert "PRIVY_APP_ID" in shown
    assert "DATABASE_URL" in shown
    assert "hunter" not in shown
    settings = load_settings(PAPER)
    assert not any(
        secret in repr(settings) for secret in ("app-secret-value", "secret-key", "pw@", "s" * 43)
    )


def test_caps_can_only_be_tightened() -> None:
    assert load_settings({**PAPER, "RISK_MAX_POSITION_USD": "1000"}).limits.size_max_usd == 1000
    (problem,) = _problems(base="paper", RISK_MAX_POSITION_USD="50001")
    assert problem.startswith("RISK_MAX_POSITION_USD")
    limits = load_settings(
        {
            **PAPER,
            "RISK_MAX_DRAWDOWN_PCT": "12.5",
            "RISK_MAX_DAILY_TRADES": "6",
            "RISK_CIRCUIT_BREAKER_FAILURES": "2",
        }
    ).limits
    assert limits.drawdown_max == Decimal("0.125")
    assert (limits.trades_daily_max, limits.failures_max) == (6, 2)
    for name, value in (
        ("RISK_MAX_DRAWDOWN_PCT", "21"),
        ("RISK_MAX_DRAWDOWN_PCT", "0.2"),
        ("RISK_MAX_DAILY_TRADES", "21"),
        ("RISK_CIRCUIT_BREAKER_FAILURES", "4"),
    ):
        (problem,) = _problems(base="paper", **{name: value})
        assert problem.startswith(name)
    (problem,) = _problems(base="paper", RISK_MAX_POSITIONS="4")
    assert problem.startswith("RISK_MAX_POSITIONS")


def test_secrets_may_be_files_and_the_environment_wins(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    folder.mkdir()
    (folder / "server_secret").write_text("f" * 43 + "\n")
    (folder / "privy_app_secret").write_text("from-file")
    given = {**PAPER, "BASIS_HOME": str(tmp_path), "SERVER_SECRET": ""}
    settings = load_settings(given)
    assert settings.server_secret == "f" * 43
    assert settings.privy_app_secret == "app-secret-value"


def test_the_version_is_the_packages() -> None:
    project = Path(__file__).resolve().parents[2] / "pyproject.toml"
    assert tomllib.loads(project.read_text())["project"]["version"] == VERSION


def test_lenders_are_named_and_no_other_name_is_taken() -> None:
    assert load_settings(PAPER).protocols == {LendingProtocol.KAMINO}
    both = load_settings({**PAPER, "LENDERS": "kamino,solend"})
    assert both.protocols == {LendingProtocol.KAMINO, LendingProtocol.SOLEND}
    for wrong in ("aave", "kamino,", "kamino;solend"):
        (problem,) = _problems(base="paper", LENDERS=wrong)
        assert problem.startswith("LENDERS: ")
        assert "kamino|solend" in problem
