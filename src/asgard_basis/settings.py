"""Every setting, read from the environment and from files, validated whole at start."""

from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

VERSION = "0.1.0"
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


class Settings(BaseSettings):
    """What the product is told from outside; names are the environment variables'.

    Raises pydantic.ValidationError naming every problem. Live mode refuses paper settings.
    """

    model_config = SettingsConfigDict(env_file=None, extra="ignore", frozen=True)

    mode: Literal["paper", "shadow", "live"] = Field("paper", validation_alias="BASIS_MODE")
    home: Path = Field(Path("var"), validation_alias="BASIS_HOME")
    host: str = "127.0.0.1"
    port: int = Field(8080, ge=1, le=65535)
    dashboard_folder: Path = Field(
        Path(__file__).resolve().parents[2] / "frontend" / "dist",
        validation_alias="DASHBOARD_FOLDER",
    )
    is_secure: bool = Field(False, validation_alias="COOKIES_SECURE")
    is_replay: bool = Field(False, validation_alias="BASIS_REPLAY")

    database_url: str
    redis_url: str
    pool_size: int = Field(20, ge=2, le=200, validation_alias="DATABASE_POOL_SIZE")
    server_secret: str = Field(min_length=32)

    hyperliquid_url: str
    hyperliquid_ws_url: str
    asgard_url: str
    asgard_api_key: str | None = None
    asgard_program_id: str | None = None
    solana_rpc_url: str
    arbitrum_rpc_url: str

    privy_url: str
    privy_auth_url: str
    privy_app_id: str = Field(min_length=25, max_length=25)
    privy_app_secret: str
    privy_authorization_key: str
    privy_quorum_id: str | None = None

    clock_url: str | None = None
    paper_control_url: str | None = None

    @model_validator(mode="after")
    def _live_is_never_paper(self) -> Self:
        if self.mode != "live":
            return self
        problems = [
            f"{name} is a paper setting"
            for name in ("clock_url", "paper_control_url")
            if getattr(self, name) is not None
        ]
        problems += [
            f"{name} points at this machine"
            for name in ("hyperliquid_url", "asgard_url", "privy_url")
            if urlsplit(getattr(self, name)).hostname in _LOOPBACK
        ]
        if self.is_replay:
            problems.append("BASIS_REPLAY is a paper setting")
        if self.asgard_program_id is None:
            problems.append("ASGARD_PROGRAM_ID is required")
        if not self.is_secure:
            problems.append("COOKIES_SECURE must be on")
        if problems:
            raise ValueError("live mode refuses to start: " + "; ".join(problems))
        return self
