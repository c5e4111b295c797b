"""How Privy says no: one exception that carries the HTTP status, the text and the code."""

UNSIGNED = "missing_or_empty_authorization_header"
NO_VALID_SIGNATURE = "zero_correct_authorization_signatures"
TOO_FEW_SIGNATURES = "insufficient_correct_authorization_signatures"
NO_USER_SESSION = "no_valid_user_session_keys"
POLICY_VIOLATION = "policy_violation"
REQUEST_EXPIRED = "request_expired"
INVALID_DATA = "invalid_data"
INVALID_POLICY = "invalid_policy_format"
INVALID_AGGREGATION = "invalid_aggregation_format"
INVALID_CREDENTIALS = "invalid_credentials"
INVALID_TOKEN = "missing_or_invalid_token"
INVALID_APP_ID = "missing_or_invalid_privy_app_id"
TOO_MANY_REQUESTS = "too_many_requests"
UNKNOWN_USER = "user_does_not_exist"
ALREADY_EXISTS = "resource_already_exists"
IN_USE = "resource_conflict"


class Refusal(Exception):
    """A request Privy answers with an error: HTTP status, text for people, code for programs."""

    def __init__(self, status: int, text: str, code: str | None = None) -> None:
        super().__init__(text)
        self.status = status
        self.text = text
        self.code = code

    def body(self) -> dict[str, str]:
        """The error body; `code` is absent where Privy is known to leave it out."""
        return (
            {"error": self.text} if self.code is None else {"error": self.text, "code": self.code}
        )


def malformed(path: str, problem: str, code: str = INVALID_DATA) -> Refusal:
    """A body that does not have the documented shape (400)."""
    return Refusal(400, f"[Input error] `{path}`: {problem}", code)


def not_found(what: str) -> Refusal:
    """Something asked for by id that does not exist (404, no code)."""
    return Refusal(404, f"{what} not found")


def violates_policy() -> Refusal:
    """The text and status of a policy denial as captured from the live service (400)."""
    return Refusal(400, "RPC request denied due to policy violation", POLICY_VIOLATION)
