"""Every setting of the service, read and judged whole before anything starts.

Each field is read from the environment, or else from a file of that name in `$BASIS_HOME/secrets`.
Nothing inside the service reads either again; `basis up` passes on what it was given.
"""

import os
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, ValidationError, model_validator

from asgard_basis.domain.assets import LendingProtocol
from asgard_basis.domain.risk.limits import RiskLimits

VERSION = "0.1.0"

LIVE_URLS = {
    "HYPERLIQUID_URL": "https://api.hyperliquid.xyz",
    "HYPERLIQUID_WS_URL": "wss://api.hyperliquid.xyz/ws",
    "ASGARD_URL": "https://v2-ultra-edge.asgard.finance/margin-trading",
    "PRIVY_URL": "https://api.privy.io",
    "PRIVY_AUTH_URL": "https://auth.privy.io",
}
VENUES = (*LIVE_URLS, "SOLANA_RPC_URL", "ARBITRUM_RPC_URL")
_PAPER_ONLY = (
    "CLOCK_URL",
    "PAPER_CONTROL_URL",
    "PAPER_MAILBOX_URL",
    "BASIS_HISTORY",
    "BASIS_SPEED",
    "BASIS_SEED",
    "BASIS_START",
)
_LOOPBACK = {"localhost", "0.0.0.0", "::1", "::"}
_BASE58 = set("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz")
_SECRET_LENGTH_MIN = 32
_LENDERS = "|".join(name.lower() for name in LendingProtocol.__members__)
Mode = Literal["paper", "shadow", "live"]
"""With whose money: a simulated world; live data with simulated execution; real money."""


class SettingsRefused(Exception):
    """The service must not start; `problems` holds one clear sentence for each thing wrong."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


def _named(name: str, meaning: str, **options: Any) -> Any:
    return Field(validation_alias=AliasChoices(name), description=meaning, **options)


class Settings(BaseModel):
    """Immutable; a value of this type has passed every rule below."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    mode: Mode = _named("BASIS_MODE", "With whose money the service works.", default="paper")
    home: Path = _named("BASIS_HOME", "Folder of data, logs and secrets.", default=Path("var"))
    host: str = _named("HOST", "Address the API listens on.", default="127.0.0.1")
    port: int = _named(
        "PORT",
        "Port of API and dashboard; unset, `basis up` takes the next free one.",
        default=8080,
        ge=1,
        le=65535,
    )
    dashboard_folder: Path = _named(
        "DASHBOARD_FOLDER", "The built dashboard.", default=Path("frontend/dist")
    )
    log_level: Literal["debug", "info", "warning", "error"] = _named(
        "LOG_LEVEL", "The least that is logged.", default="info"
    )

    database_url: str = _named(
        "DATABASE_URL",
        "PostgreSQL; `basis up` starts its own when there is none.",
        pattern="^postgres(ql)?://",
        repr=False,
    )
    workers: int = _named("WORKERS", "Worker processes `basis up` starts.", default=1, ge=1, le=8)
    pool_size: int = _named(
        "POOL_SIZE", "Most database connections of a process.", default=10, ge=2, le=200
    )
    redis_url: str = _named(
        "REDIS_URL",
        "Valkey or Redis; `basis up` starts its own when there is none.",
        pattern="^(redis|rediss|unix)://",
        repr=False,
    )
    server_secret: str = _named(
        "SERVER_SECRET",
        "Binds session cookies to this service; at least 32 characters.",
        min_length=_SECRET_LENGTH_MIN,
        repr=False,
    )

    hyperliquid_url: str = _named(
        "HYPERLIQUID_URL", "Hyperliquid's HTTP address.", pattern="^https?://"
    )
    hyperliquid_ws_url: str = _named(
        "HYPERLIQUID_WS_URL", "Hyperliquid's websocket.", pattern="^wss?://"
    )
    hyperliquid_weight: int = _named(
        "HYPERLIQUID_WEIGHT",
        "Request weight a minute that Hyperliquid grants us: 1200 for each address we go out by.",
        default=1200,
        ge=1200,
    )
    asgard_url: str = _named("ASGARD_URL", "Asgard's margin trading address.", pattern="^https?://")
    asgard_api_key: str | None = _named(
        "ASGARD_API_KEY",
        "Asgard's key, for more than one request a second.",
        default=None,
        repr=False,
    )
    asgard_program_id: str | None = _named(
        "ASGARD_PROGRAM_ID",
        "Asgard's own program, which its transactions may call; required live.",
        default=None,
    )
    asgard_vaults: str = _named(
        "ASGARD_VAULTS",
        "Owners of the accounts Asgard keeps collateral in, separated by commas.",
        default="",
    )
    lenders: str = _named(
        "LENDERS",
        "Lenders to open pairs with, separated by commas. One besides kamino and drift sells no"
        " parts: a pair is closed, not made smaller. One that is taken off can still be left.",
        default="kamino",
        pattern=f"^({_LENDERS})(,({_LENDERS}))*$",
    )
    solana_rpc_url: str = _named(
        "SOLANA_RPC_URL", "A Solana node.", pattern="^https?://", repr=False
    )
    arbitrum_rpc_url: str = _named(
        "ARBITRUM_RPC_URL", "An Arbitrum node.", pattern="^https?://", repr=False
    )
    circle_url: str | None = _named(
        "CIRCLE_URL",
        "Circle's attestation service; without it money is not carried between the chains.",
        default=None,
        pattern="^https?://",
    )

    privy_url: str = _named("PRIVY_URL", "Privy's wallets and policies.", pattern="^https?://")
    privy_auth_url: str = _named(
        "PRIVY_AUTH_URL", "Privy's sign-in, as the browser reaches it.", pattern="^https?://"
    )
    privy_app_id: str = _named(
        "PRIVY_APP_ID", "The application at Privy.", min_length=25, max_length=25
    )
    privy_app_secret: str = _named("PRIVY_APP_SECRET", "Its secret.", min_length=1, repr=False)
    privy_authorization_key: str = _named(
        "PRIVY_AUTHORIZATION_KEY",
        "The key that owns the wallets; signs each request to use one.",
        min_length=1,
        repr=False,
    )
    privy_quorum_id: str | None = _named(
        "PRIVY_QUORUM_ID", "The quorum that owns wallets and policies; required live.", default=None
    )

    clock_url: str | None = _named(
        "CLOCK_URL",
        "Who tells market time; required in paper mode.",
        default=None,
        pattern="^https?://",
    )
    paper_control_url: str | None = _named(
        "PAPER_CONTROL_URL",
        "The paper world's control port, for the dashboard.",
        default=None,
        pattern="^https?://",
    )
    paper_mailbox_url: str | None = _named(
        "PAPER_MAILBOX_URL",
        "Where sign-in codes can be read in paper mode.",
        default=None,
        pattern="^https?://",
    )
    history: str | None = _named(
        "BASIS_HISTORY", "Folder of recorded markets the paper world replays.", default=None
    )
    speed: Decimal | None = _named(
        "BASIS_SPEED",
        "Market seconds per second in the paper world; 0 is stepped by hand.",
        default=None,
        ge=0,
    )
    seed: int | None = _named(
        "BASIS_SEED", "Which generated market the paper world has.", default=None
    )
    start: str | None = _named(
        "BASIS_START", "The paper world's first moment, ISO 8601 in UTC.", default=None
    )

    session_days: int = _named(
        "SESSION_DAYS", 'How long "stay signed in" lasts, in days.', default=7, ge=1, le=30
    )
    session_hours: int = _named(
        "SESSION_HOURS", "How long a sign-in lasts otherwise, in hours.", default=24, ge=1, le=168
    )

    size_min_usd: Decimal = _named(
        "RISK_MIN_POSITION_USD", "Least capital of a position.", default=Decimal(100), ge=100
    )
    size_max_usd: Decimal = _named(
        "RISK_MAX_POSITION_USD", "Most capital of a position.", default=Decimal(50_000), le=50_000
    )
    positions_max: int = _named(
        "RISK_MAX_POSITIONS", "Most open positions of a user.", default=3, ge=1, le=3
    )
    drawdown_max_pct: Decimal = _named(
        "RISK_MAX_DRAWDOWN_PCT", "Fall in % that pauses opening.", default=Decimal(20), ge=1, le=20
    )
    trades_daily_max: int = _named(
        "RISK_MAX_DAILY_TRADES", "Most trades of a user a day.", default=20, ge=1, le=20
    )
    failures_max: int = _named(
        "RISK_CIRCUIT_BREAKER_FAILURES", "Failures that pause opening.", default=3, ge=1, le=3
    )
    deposit_max_usdc: Decimal = _named(
        "DEPOSIT_MAX_USDC", "Most USDC of one deposit.", default=Decimal(25_000), le=25_000
    )
    unclaimed_seconds: int = _named(
        "UNCLAIMED_SECONDS",
        "How long a user is told of what belongs to no position before it is closed.",
        default=600,
        ge=10,
        le=600,
    )

    performance_fee: Decimal = _named(
        "PERFORMANCE_FEE",
        "The operator's part of new profit above the highest so far, as a fraction; accrued in"
        " the books, never taken by itself.",
        default=Decimal(0),
        ge=0,
        le=Decimal("0.5"),
    )

    operators: str = _named(
        "OPERATORS",
        "E-mail addresses, separated by commas, of those who may throw the kill switch from the"
        " dashboard's API; lifting it takes the command line.",
        default="",
    )

    @model_validator(mode="after")
    def _judged(self) -> "Settings":
        problems = {
            "paper": self._paper_problems,
            "shadow": self._shadow_problems,
            "live": self._live_problems,
        }[self.mode]()
        if self.size_min_usd > self.size_max_usd:
            problems.append("RISK_MIN_POSITION_USD is above RISK_MAX_POSITION_USD")
        if problems:
            raise ValueError("\n".join(problems))
        return self

    @property
    def limits(self) -> RiskLimits:
        """The system's bounds; settings can only tighten them."""
        return RiskLimits(
            size_min_usd=self.size_min_usd,
            size_max_usd=self.size_max_usd,
            positions_max=self.positions_max,
            drawdown_max=self.drawdown_max_pct / 100,
            trades_daily_max=self.trades_daily_max,
            failures_max=self.failures_max,
            deposit_usdc_max=self.deposit_max_usdc,
            unclaimed_seconds=self.unclaimed_seconds,
        )

    @property
    def protocols(self) -> frozenset[LendingProtocol]:
        """The lenders that pairs may be opened with."""
        return frozenset(LendingProtocol[name.upper()] for name in self.lenders.split(","))

    @property
    def long_session(self) -> timedelta:
        """How long "stay signed in" lasts."""
        return timedelta(days=self.session_days)

    @property
    def short_session(self) -> timedelta:
        """How long a sign-in lasts otherwise."""
        return timedelta(hours=self.session_hours)

    @property
    def is_secure(self) -> bool:
        """People reach the service by TLS, so cookies travel by nothing else."""
        return self.mode == "live"

    @property
    def is_replay(self) -> bool:
        """The paper world replays recorded history."""
        return self.history is not None

    def _value(self, name: str) -> object:
        for field, info in type(self).model_fields.items():
            alias = info.validation_alias
            if isinstance(alias, AliasChoices) and alias.choices == [name]:
                return getattr(self, field)
        raise KeyError(name)

    def _host(self, name: str) -> str:
        return urlsplit(str(self._value(name))).hostname or ""

    def _paper_problems(self) -> list[str]:
        if self.clock_url is None:
            return ["CLOCK_URL is missing: paper mode needs the paper world; start with `basis up`"]
        world = urlsplit(self.clock_url).hostname
        return [
            f"{name} leads to {self._host(name)}, outside the paper world at {world}:"
            " paper mode must not touch a real venue"
            for name in VENUES
            if self._host(name) != world
        ]

    def _shadow_problems(self) -> list[str]:
        return ["BASIS_MODE=shadow is not available in this version: use paper or live"]

    def _live_problems(self) -> list[str]:
        problems = [
            f"{name} is set: it belongs to paper mode, and live mode must not start with it"
            for name in _PAPER_ONLY
            if self._value(name) is not None
        ]
        for name in VENUES:
            host = self._host(name)
            scheme = urlsplit(str(self._value(name))).scheme
            if _is_local(host):
                problems.append(f"{name} leads to {host}: live mode must not use a local venue")
            elif scheme not in {"https", "wss"}:
                problems.append(f"{name} is not encrypted ({scheme}): live mode requires TLS")
        program = self.asgard_program_id
        if program is None:
            problems.append(
                "ASGARD_PROGRAM_ID is missing: without it no transaction Asgard builds can be"
                " checked"
            )
        elif not 32 <= len(program) <= 44 or not set(program) <= _BASE58:
            problems.append("ASGARD_PROGRAM_ID is not a Solana address")
        if self.privy_quorum_id is None:
            problems.append(
                "PRIVY_QUORUM_ID is missing: wallets without an owner could be stripped of their"
                " policies"
            )
        return problems


def _is_local(host: str) -> bool:
    is_private = host.startswith(("127.", "10.", "192.168.", "169.254."))
    return host in _LOOPBACK or is_private or host.endswith((".local", ".localhost", ".internal"))


def secret_files(folder: Path) -> dict[str, str]:
    """Settings kept as files, by file name in capitals; empty when there is no such folder."""
    if not folder.is_dir():
        return {}
    return {
        entry.name.upper(): entry.read_text().strip()
        for entry in sorted(folder.iterdir())
        if entry.is_file() and not entry.name.startswith(".")
    }


def load_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """The settings of this process; raises SettingsRefused with every problem at once.

    An empty variable counts as not set. The environment wins over files.
    """
    given = {name: text for name, text in (environment or os.environ).items() if text.strip()}
    home = Path(given.get("BASIS_HOME", "var"))
    values = {**secret_files(home / "secrets"), **given}
    if values.get("BASIS_MODE") == "live":
        values = {**LIVE_URLS, **values}
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        problems: list[str] = []
        for fault in error.errors(include_url=False, include_input=False):
            name = ".".join(str(part) for part in fault["loc"])
            if fault["type"] == "missing":
                problems.append(f"{name} is missing")
            elif not name:
                problems.extend(fault["msg"].removeprefix("Value error, ").splitlines())
            else:
                problems.append(f"{name}: {fault['msg']}")
        raise SettingsRefused(problems) from None
