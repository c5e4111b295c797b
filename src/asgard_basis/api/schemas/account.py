"""Configuration, people, wallets, health."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from asgard_basis.api.schemas.shapes import DecimalText, Request, Shape


class PrivyConfig(Shape):
    """How the browser signs in."""

    app_id: str
    auth_url: str


class PaperConfig(Shape):
    """Where the simulated world can be reached; absent outside paper mode."""

    control_url: str
    mailbox_url: str


class LimitsConfig(Shape):
    """Bounds a form needs to know."""

    size_min_usd: DecimalText
    size_max_usd: DecimalText
    leverage_min: DecimalText
    leverage_max: DecimalText
    leverage_default: DecimalText
    deposit_min_usdc: DecimalText
    deposit_max_usdc: DecimalText


class ConfigResponse(Shape):
    """What the dashboard must know before anybody signs in."""

    mode: Literal["paper", "shadow", "live"]
    is_replay: bool
    version: str
    privy: PrivyConfig
    paper: PaperConfig | None
    limits: LimitsConfig
    market_time: datetime


class SyncRequest(Request):
    """Start a session from a verified sign-in."""

    access_token: str = Field(min_length=1, max_length=8192)
    stay_signed_in: bool = True


class MeResponse(Shape):
    """The signed-in person."""

    user_id: str
    email: str | None
    created_at: datetime
    is_new_user: bool
    wallets_ready: bool
    solana_address: str | None
    evm_address: str | None
    session_expires_at: datetime


class WalletsResponse(Shape):
    """The server wallets; not ready while they are being created."""

    ready: bool
    solana_address: str | None
    evm_address: str | None
    agent_address: str | None


class EventsStatusResponse(Shape):
    """Whether what happens is being told to dashboards."""

    connected: bool


class LiveResponse(Shape):
    """The process is there."""

    status: Literal["ok"] = "ok"


class ReadyResponse(Shape):
    """What the service needs, each true when it answers."""

    status: Literal["ready", "not_ready"]
    database: bool
    redis: bool
    worker: bool
    market: bool
