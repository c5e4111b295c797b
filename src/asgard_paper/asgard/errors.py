"""The venue's errors as its clients see them."""

from typing import Any


class AsgardError(Exception):
    """A refusal with the wire's four fields and its HTTP status (422, 429 or 500)."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        name: str = "ValidationError",
        status: int = 422,
        details: Any = None,
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.name = name
        self.status = status
        self.details = details

    def body(self) -> dict[str, Any]:
        """The JSON body."""
        return {
            "error": {
                "name": self.name,
                "code": self.code,
                "message": self.message,
                "details": self.details,
            }
        }
