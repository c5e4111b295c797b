"""`basis serve`: the API and the dashboard."""

import uvicorn

from asgard_basis import observability
from asgard_basis.api.app import create_app
from asgard_basis.bootstrap import WebSettings, open_app
from asgard_basis.settings import VERSION, Settings, load_settings


def web_settings(settings: Settings) -> WebSettings:
    """What the HTTP server needs of the settings."""
    control = settings.paper_control_url
    return WebSettings(
        mode=settings.mode,
        is_replay=settings.is_replay,
        version=VERSION,
        server_secret=settings.server_secret,
        is_secure=settings.is_secure,
        privy_app_id=settings.privy_app_id,
        privy_auth_url=settings.privy_auth_url,
        paper_control_url=control,
        paper_mailbox_url=f"{control}/" if control else None,
        dashboard_folder=str(settings.dashboard_folder),
        operators=frozenset(
            name.strip().lower() for name in settings.operators.split(",") if name.strip()
        ),
    )


def serve() -> None:
    """Serve until told to stop; open requests are finished first."""
    settings = load_settings()
    observability.configure(level=settings.log_level, service="serve")
    uvicorn.run(
        create_app(lambda: open_app(settings), web_settings(settings)),
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        loop="uvloop",
        http="httptools",
        timeout_graceful_shutdown=3,
        server_header=False,
    )
