"""Logs name what they are about and nobody's secrets."""

import json
import os
import subprocess
import sys

from asgard_basis.observability import redacted

_JWT = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl"


def test_secrets_and_people_are_hidden_at_any_depth() -> None:
    value = {
        "email": "ada.lovelace@example.org",
        "headers": {"Authorization": "Basic YWxhZGRpbjpvcGVu", "privy-app-secret": "shh"},
        "list": [f"cookie basis_session={_JWT}", "Bearer abc.def"],
        "url": "postgresql://basis:hunter2@127.0.0.1:5432/basis",
        "rpc": "https://rpc.example.com/?api-key=0123456789",
        "key": "wallet-auth:MIGHAgEAMBMGByqGSM49",
        "pem": "-----BEGIN PRIVATE KEY-----\nMIGH\n-----END PRIVATE KEY-----",
        "password": "x",
    }
    shown = json.dumps(redacted(value))
    for secret in ("lovelace", "YWxh", "shh", "eyJ", "abc.def", "hunter2", "01234", "MIGH", '"x"'):
        assert secret not in shown, secret


def test_what_an_operator_needs_stays() -> None:
    value = {
        "position_id": "p-1",
        "signature": "5VERv8NMvzbJMEkV8xnrLkEaWRtSz9CosKDYjCJjBRnb",
        "address": "0xaf88d065e77c8cc2239327c5edb3a432268e5831",
        "amount": 5,
        "none": None,
    }
    assert redacted(value) == value


_PROGRAM = """
import logging, structlog
from asgard_basis.observability import bind, configure
configure(service="test")
bind(request_id="r-1", position_id=None)
log = structlog.get_logger("room")
log.info("opened", email="ada@example.org", amount=5)
try:
    raise ValueError("refused for bob@example.org")
except ValueError:
    log.exception("failed")
logging.getLogger("library").warning("token %s", "Bearer abcdef")
"""


def test_lines_are_json_with_ids_also_from_libraries() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    opened, failed, library = map(json.loads, done.stderr.splitlines())
    assert opened["event"] == "opened"
    assert opened["request_id"] == failed["request_id"] == "r-1"
    assert opened["service"] == "test"
    assert opened["email"] == "a***"
    assert "bob@" not in failed["exception"]
    assert "refused for b***" in failed["exception"]
    assert "abcdef" not in library["event"]
