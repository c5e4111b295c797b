"""`basis openapi`: the API's contract, without starting anything."""

import json
from contextlib import AbstractAsyncContextManager

from asgard_basis.api.app import create_app
from asgard_basis.bootstrap import App, WebSettings
from asgard_basis.settings import VERSION


def openapi() -> str:
    """The OpenAPI document, in a stable order."""
    web = WebSettings(
        mode="paper",
        is_replay=False,
        version=VERSION,
        server_secret="not used: only the routes are read",
        is_secure=False,
        privy_app_id="",
        privy_auth_url="",
        paper_control_url=None,
        paper_mailbox_url=None,
        dashboard_folder=".",
    )
    return json.dumps(create_app(_never, web).openapi(), indent=1, sort_keys=True)


def _never() -> AbstractAsyncContextManager[App]:
    raise RuntimeError("the contract is read without starting the application")
