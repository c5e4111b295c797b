"""The official browser SDK signs in, refreshes and signs out against the paper Privy."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from asgard_paper.privy.refusals import Refusal
from tests.unit.paper.privy.setting import APP_ID, paper_privy

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "tests" / "conformance" / "privy_node" / "sign_in.mjs"

pytestmark = pytest.mark.skipif(
    not (ROOT / "node_modules" / "@privy-io" / "js-sdk-core").is_dir()
    or shutil.which("node") is None,
    reason="node_modules is not installed",
)


def run(url: str, email: str) -> dict[str, Any]:
    finished = subprocess.run(
        ["node", str(SCRIPT), url, APP_ID, email],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr[-1500:]
    seen: dict[str, Any] = json.loads(finished.stdout)
    return seen


def test_whole_session_of_a_new_person() -> None:
    # Tokens of 20 s are below the SDK's refresh margin of 30 s, so each use refreshes.
    with paper_privy(access_token_seconds=20) as (engine, url):
        seen = run(url, "Ada@Example.org")
        key = engine.tokens.verification_key
        with pytest.raises(Refusal, match="Invalid auth token"):
            engine.identity.refresh(seen["lastToken"], seen["refreshToken"])
    assert seen["sent"] == {"success": True}
    assert seen["wrong"] == {
        "api": True,
        "code": "invalid_credentials",
        "text": "Invalid email and code combination",
    }
    assert seen["stranger"]["code"] == "user_does_not_exist"
    assert seen["isNewUser"] is True
    assert seen["user"]["linked_accounts"][0]["address"] == "ada@example.org"
    assert seen["refreshToken"] not in (None, seen["firstRefreshToken"])
    claims = jwt.decode(
        seen["token"],
        key,
        algorithms=["ES256"],
        issuer="privy.io",
        audience=APP_ID,
        options={"require": ["exp", "iat", "sub", "sid"], "verify_exp": False},
    )
    assert claims["sub"] == seen["user"]["id"] == seen["me"]
    assert seen["identityToken"]
    assert seen["afterLogout"] is None
    assert seen["users"][-1] is None


def test_a_living_token_is_kept() -> None:
    with paper_privy() as (engine, url):
        engine.users.join("old@example.org")
        seen = run(url, "old@example.org")
    assert seen["isNewUser"] is False
    assert seen["token"] == seen["firstToken"]
    assert seen["identityToken"]


def test_key_set_verifies_tokens() -> None:
    with paper_privy() as (engine, url):
        token = engine.tokens.access("did:privy:x", "s", engine.clock.host_ms() // 1000, 60)
        for path in (f"/v1/apps/{APP_ID}/jwks.json", f"/api/v1/apps/{APP_ID}/jwks.json"):
            found = jwt.PyJWKClient(url + path).get_signing_key_from_jwt(token).key
            assert isinstance(found, ec.EllipticCurvePublicKey)
            decoded = jwt.decode(token, found, algorithms=["ES256"], audience=APP_ID)
            assert decoded["iss"] == "privy.io"
