"""One request to the server API as everything behind the HTTP layer sees it."""

from dataclasses import dataclass

from asgard_paper.privy.refusals import REQUEST_EXPIRED, Refusal, malformed


@dataclass(frozen=True, slots=True)
class Call:
    """Method, path, parsed body and the headers that signatures cover."""

    method: str
    path: str
    urls: tuple[str, ...]
    """The absolute URLs the client may have signed, most likely first."""
    body: object
    app_id: str
    signatures: tuple[str, ...] = ()
    idempotency_key: str | None = None
    request_expiry: str | None = None

    def check_expiry(self, now_ms: int) -> None:
        """Refuse (400 request_expired) once the client's deadline, Unix ms, has passed."""
        if self.request_expiry is None:
            return
        if not self.request_expiry.isascii() or not self.request_expiry.isdigit():
            raise malformed("privy-request-expiry", "Expected a Unix timestamp in milliseconds")
        if int(self.request_expiry) <= now_ms:
            raise Refusal(400, "Request has expired", REQUEST_EXPIRED)


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP status and a JSON body."""

    status: int
    body: object
