"""Access tokens are believed only when the identity provider's own key says so, in time."""

import base64
import json
from collections.abc import Iterator
from datetime import timedelta

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from asgard_basis.domain.errors import ErrorCode, Refused, Unavailable
from tests.contracts.paper_privy import APP_ID, PaperPrivy, PatientClock, paper_privy

EMAIL = "alice@example.org"


@pytest.fixture(scope="module")
def running() -> Iterator[PaperPrivy]:
    with paper_privy() as paper:
        yield paper


@pytest.fixture
def paper(running: PaperPrivy) -> PaperPrivy:
    running.faults.statuses.clear()
    running.faults.seen.clear()
    return running


def sign_in(paper: PaperPrivy) -> str:
    with httpx.Client(base_url=paper.url, headers={"privy-app-id": APP_ID}) as browser:
        browser.post("/api/v1/passwordless/init", json={"email": EMAIL}).raise_for_status()
        code = paper.engine.mailbox(EMAIL)[-1].code
        body = {"email": EMAIL, "code": code}
        reply = browser.post("/api/v1/passwordless/authenticate", json=body).raise_for_status()
    return str(reply.json()["token"])


@pytest.fixture(scope="module")
def token(running: PaperPrivy) -> str:
    return sign_in(running)


def claims_of(token: str) -> dict[str, object]:
    claims: dict[str, object] = jwt.decode(token, options={"verify_signature": False})
    return claims


async def test_a_valid_token_names_person_email_and_session(paper: PaperPrivy, token: str) -> None:
    async with paper.identity() as identity:
        who = await identity.verify(token)
    assert who.user_id.startswith("did:privy:")
    assert who.email == EMAIL
    assert who.session_id == claims_of(token)["sid"]


async def test_keys_are_fetched_once(paper: PaperPrivy, token: str) -> None:
    async with paper.identity() as identity:
        await identity.verify(token)
        await identity.verify(token)
    assert sum("jwks" in line for line in paper.faults.seen) == 1


def forged(token: str, **changes: object) -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    headers = {"kid": str(jwt.get_unverified_header(token).get("kid"))}
    return jwt.encode(claims_of(token) | changes, key, algorithm="ES256", headers=headers)


def unsigned(token: str) -> str:
    def part(value: dict[str, object]) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    kid = str(jwt.get_unverified_header(token).get("kid"))
    return f"{part({'alg': 'none', 'kid': kid})}.{part(claims_of(token))}."


def tampered(token: str) -> str:
    head, body, mark = token.split(".")
    flipped = "A" if body[20] != "A" else "B"
    return f"{head}.{body[:20]}{flipped}{body[21:]}.{mark}"


@pytest.mark.parametrize("change", [forged, unsigned, tampered, lambda _: "nonsense", lambda _: ""])
async def test_tokens_that_were_not_issued_are_refused(
    paper: PaperPrivy, token: str, change: "object"
) -> None:
    assert callable(change)
    async with paper.identity() as identity:
        with pytest.raises(Refused) as refusal:
            await identity.verify(change(token))
    assert refusal.value.code is ErrorCode.BAD_ACCESS_TOKEN


@pytest.mark.parametrize("ahead", [timedelta(hours=2), timedelta(hours=-1)])
async def test_time_is_judged_by_our_clock(paper: PaperPrivy, token: str, ahead: timedelta) -> None:
    async with paper.identity(PatientClock(ahead=ahead)) as identity:
        with pytest.raises(Refused) as refusal:
            await identity.verify(token)
    assert refusal.value.code is ErrorCode.BAD_ACCESS_TOKEN


async def test_invented_key_ids_do_not_make_us_ask_each_time(paper: PaperPrivy, token: str) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    async with paper.identity() as identity:
        await identity.verify(token)
        for number in range(5):
            bad = jwt.encode(claims_of(token), key, "ES256", headers={"kid": f"k{number}"})
            with pytest.raises(Refused):
                await identity.verify(bad)
        assert (await identity.verify(token)).email == EMAIL
    assert sum("jwks" in line for line in paper.faults.seen) == 1


async def test_keys_are_asked_for_again_after_an_hour(paper: PaperPrivy, token: str) -> None:
    clock = PatientClock()
    async with paper.identity(clock) as identity:
        await identity.verify(token)
        clock.ahead = timedelta(seconds=3601)
        with pytest.raises(Refused):
            await identity.verify(forged(token))
    assert sum("jwks" in line for line in paper.faults.seen) == 2


async def test_an_outage_is_not_a_bad_token(paper: PaperPrivy, token: str) -> None:
    async with paper.identity() as identity:
        paper.faults.statuses += [503] * 3
        with pytest.raises(Unavailable) as outage:
            await identity.verify(token)
        assert outage.value.code is ErrorCode.SIGNING_UNAVAILABLE
        assert (await identity.verify(token)).email == EMAIL
