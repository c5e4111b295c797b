"""A person at the public interfaces: e-mail code, cookie, API. Used by the demo and the tests."""

import time
import uuid
from collections.abc import Callable, Mapping
from decimal import Decimal
from types import TracebackType
from typing import Any, Self

import httpx

_CSRF_COOKIE = "basis_csrf"
_ENDED = {"completed", "failed"}


class ApiError(Exception):
    """An error answer of the API, with its code."""

    def __init__(self, status: int, body: Mapping[str, Any]) -> None:
        error = body.get("error", {})
        self.status = status
        self.code: str = error.get("code", "")
        self.message: str = error.get("message", str(body))
        self.details: dict[str, str] = error.get("details", {})
        self.request_id: str = body.get("request_id", "")
        super().__init__(f"{status} {self.code}: {self.message}")


class PaperWorld:
    """The simulated world's control port: time, faucet, mailbox, faults."""

    def __init__(self, control_url: str) -> None:
        self._http = httpx.Client(base_url=control_url, timeout=120, trust_env=False)

    def close(self) -> None:
        """Release the connection."""
        self._http.close()

    def clock(self) -> dict[str, Any]:
        """Market time, host time, speed and mode."""
        clock: dict[str, Any] = self._get("/control/clock")
        return clock

    def set_speed(self, speed: float) -> None:
        """Market seconds per host second."""
        self._post("/control/clock", {"speed": speed})

    def advance(self, *, hours: float) -> None:
        """Move market time forward, hour by hour."""
        self._post("/control/advance", {"hours": hours})

    def faucet(self, **amounts: str) -> None:
        """Hand out test money; see the control port for the names."""
        self._post("/control/faucet", amounts)

    def newest_code(self, email: str, *, since_ms: int = 0) -> str:
        """The newest sign-in code sent to an address; waits up to 10 s for one."""
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            mails = self._get("/control/mailbox", {"email": email})
            fresh = [m for m in mails if int(m["sent_at_ms"]) >= since_ms]
            if fresh:
                return str(max(fresh, key=lambda m: int(m["sent_at_ms"]))["code"])
            time.sleep(0.1)
        raise TimeoutError(f"no code was sent to {email}")

    def add_fault(self, **rule: Any) -> str:
        """Make a venue misbehave; returns the rule's id."""
        return str(self._post("/control/faults", rule)["id"])

    def mischief(self, what: str, **wish: str) -> dict[str, Any]:
        """`deleverage`, `trade` or `shock`: what happens without an account owner's doing."""
        return self._post(f"/control/{what}", wish)

    def lift_fault(self, rule_id: str) -> None:
        """One rule ends, and lets go what it holds."""
        self._http.delete("/control/faults", params={"id": rule_id}).raise_for_status()

    def clear_faults(self) -> None:
        """Everything answers again."""
        self._http.delete("/control/faults").raise_for_status()

    def start_scenario(self, name: str) -> None:
        """Let something go wrong, or with `calm` be right again."""
        self._post("/control/scenario", {"name": name})

    def audit(self) -> dict[str, Any]:
        """All money of the world added up."""
        audit: dict[str, Any] = self._get("/control/audit")
        return audit

    def _get(self, path: str, params: Mapping[str, str] | None = None) -> Any:
        response = self._http.get(path, params=params)
        response.raise_for_status()
        return response.json()

    def _post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        response = self._http.post(path, json=body)
        response.raise_for_status()
        answer: dict[str, Any] = response.json()
        return answer


class Visitor:
    """One browser's worth of state: cookies and the CSRF header."""

    def __init__(self, api_url: str) -> None:
        self.http = httpx.Client(base_url=api_url + "/api/v1", timeout=60, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.http.close()

    def get(self, path: str, **params: Any) -> Any:
        """GET; raises ApiError for an error answer."""
        return _answer(self.http.get(path, params=params))

    def post(self, path: str, body: Any = None, *, key: str | None = None) -> Any:
        """POST with the CSRF header; raises ApiError for an error answer."""
        headers = self._csrf()
        if key:
            headers["Idempotency-Key"] = key
        return _answer(self.http.post(path, json=body, headers=headers))

    def put(self, path: str, body: Any) -> Any:
        """PUT with the CSRF header; raises ApiError for an error answer."""
        return _answer(self.http.put(path, json=body, headers=self._csrf()))

    def delete(self, path: str) -> Any:
        """DELETE with the CSRF header; raises ApiError for an error answer."""
        return _answer(self.http.delete(path, headers=self._csrf()))

    def sign_in(self, email: str, world: PaperWorld) -> dict[str, Any]:
        """E-mail, code from the mailbox, session cookie."""
        config = self.get("/config")
        asked_ms = int(time.time() * 1000) - 1000
        auth = f"{config['privy']['auth_url']}/api/v1/passwordless"
        headers = {"privy-app-id": config["privy"]["app_id"], "Origin": str(self.http.base_url)}
        with httpx.Client(headers=headers, timeout=30, trust_env=False) as privy:
            privy.post(f"{auth}/init", json={"email": email}).raise_for_status()
            code = world.newest_code(email, since_ms=asked_ms)
            answer = privy.post(f"{auth}/authenticate", json={"email": email, "code": code})
            answer.raise_for_status()
        me: dict[str, Any] = self.post("/auth/sync", {"access_token": answer.json()["token"]})
        return me

    def wallets(self, *, seconds: float = 30) -> dict[str, Any]:
        """The server wallets, once they are there."""

        def ready() -> dict[str, Any] | None:
            wallets: dict[str, Any] = self.get("/wallets/server")
            return wallets if wallets["ready"] else None

        found: dict[str, Any] = wait_for(ready, seconds=seconds, what="the wallets")
        return found

    def deposit(self, amount_usdc: str) -> dict[str, Any]:
        """Move USDC to Hyperliquid and wait for the job's end."""
        accepted = self.post("/deposits", {"amount_usdc": amount_usdc}, key=str(uuid.uuid4()))
        return self.job(accepted["job_id"])

    def open(self, **entry: Any) -> dict[str, Any]:
        """Open a position now and wait for the job's end."""
        accepted = self.post("/positions/open", opened_now(entry), key=str(uuid.uuid4()))
        return self.job(accepted["job_id"])

    def close(self, position_id: str) -> dict[str, Any]:
        """Close a position and wait for the job's end."""
        accepted = self.post(f"/positions/{position_id}/close", key=str(uuid.uuid4()))
        return self.job(accepted["job_id"])

    def job(
        self,
        job_id: str,
        *,
        seconds: float = 120,
        on_step: Callable[[dict[str, Any]], None] | None = None,
    ) -> dict[str, Any]:
        """Wait for a job's end, telling each step as it is done."""
        told: set[tuple[str, int]] = set()

        def ended() -> dict[str, Any] | None:
            job: dict[str, Any] = self.get(f"/positions/jobs/{job_id}")
            for step in job["steps"]:
                mark = (step["name"], step["attempt"])
                if step["status"] in {"done", "failed"} and mark not in told:
                    told.add(mark)
                    if on_step:
                        on_step(step)
            return job if job["status"] in _ENDED else None

        found: dict[str, Any] = wait_for(ended, seconds=seconds, what=f"job {job_id}")
        return found

    def equity_usd(self) -> Decimal:
        """Everything this person owns, in USD; raises ValueError while a part is unknown."""
        balances = self.get("/balances")
        if balances["total_usd"] is None:
            raise ValueError(f"a balance is not known: {balances['failures']}")
        return Decimal(balances["total_usd"])

    def _csrf(self) -> dict[str, str]:
        return {"X-CSRF-Token": self.http.cookies.get(_CSRF_COOKIE) or ""}


def opened_now(entry: Mapping[str, Any]) -> dict[str, Any]:
    """The entry as a request that does not wait for conditions."""
    return {**entry, "execute_immediately": True}


def wait_for(check: Callable[[], Any], *, seconds: float, what: str) -> Any:
    """Ask until the answer is not None; raises TimeoutError."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        answer = check()
        if answer is not None:
            return answer
        time.sleep(0.2)
    raise TimeoutError(f"{what} took longer than {seconds} s")


def _answer(response: httpx.Response) -> Any:
    if response.status_code >= 400:
        try:
            body = response.json()
        except ValueError:
            body = {"error": {"message": response.text}}
        raise ApiError(response.status_code, body)
    if not response.content:
        return None
    is_json = response.headers.get("content-type", "").startswith("application/json")
    return response.json() if is_json else response.text
