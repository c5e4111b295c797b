"""Who is this person."""

from dataclasses import dataclass
from typing import Protocol

from asgard_basis.domain.identifiers import UserId


@dataclass(frozen=True, slots=True)
class Identity:
    """A person the identity provider has verified."""

    user_id: UserId
    email: str | None
    session_id: str


class IdentityProvider(Protocol):
    """Verifying sign-ins."""

    async def verify(self, access_token: str) -> Identity:
        """The person behind a valid access token.

        Raises Refused AUT-0005 for a token that is not valid for this application now,
        Unavailable WAL-0006 when the provider cannot be asked.
        """
        ...
