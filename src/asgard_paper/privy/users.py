"""The people of the app and how they are recognised."""

import re
from dataclasses import replace

from asgard_paper.kernel.clock import Clock
from asgard_paper.kernel.store import Store
from asgard_paper.privy.ids import Secrets
from asgard_paper.privy.records import LinkedAccount, User
from asgard_paper.privy.refusals import Refusal, malformed, not_found
from asgard_paper.privy.shelf import Shelf
from asgard_paper.privy.wire import Fields

EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+")
EMAIL_MAX = 254
ACCOUNT_FIELDS = {"email": "address", "phone": "number", "custom_auth": "custom_user_id"}
ACCOUNTS_MAX = 20


class Users:
    """All users, in order of arrival."""

    def __init__(self, clock: Clock, store: Store, secrets: Secrets) -> None:
        self._clock = clock
        self._secrets = secrets
        self._shelf = Shelf(store, "users", User)

    def create(self, fields: Fields) -> User:
        """Import a user; raises Refusal 400 if an account is already somebody's."""
        if fields.raw("wallets") is not None:
            raise malformed("wallets", "Wallets are created with POST /v1/wallets")
        accounts = [
            self._account(item) for item in fields.objects("linked_accounts", most=ACCOUNTS_MAX)
        ]
        if not accounts:
            raise malformed("linked_accounts", "Array must contain at least 1 element")
        for account in accounts:
            if self._find(account.type, account.address) is not None:
                raise Refusal(
                    400, "An account is already linked to another user", "linked_to_another_user"
                )
        return self._add(accounts, _metadata(fields))

    def join(self, address: str) -> User:
        """A new user who has just proved to own an e-mail address."""
        now = self._now()
        return self._add([LinkedAccount("email", address, now, now, now)], {})

    def verified(self, user: User) -> User:
        """Remember that the user has just proved to own the e-mail address."""
        now = self._now()
        accounts = [
            replace(
                account,
                latest_verified_at=now,
                first_verified_at=account.first_verified_at or now,
            )
            if account.type == "email"
            else account
            for account in user.accounts
        ]
        return self._put(replace(user, accounts=accounts))

    def accept_terms(self, user: User) -> User:
        """Remember that the user accepted the terms."""
        return self._put(replace(user, has_accepted_terms=True))

    def set_metadata(self, user_id: str, fields: Fields) -> User:
        """Replace the custom metadata."""
        return self._put(replace(self.require(user_id), custom_metadata=_metadata(fields)))

    def remove(self, user_id: str) -> None:
        """Forget a user; raises Refusal 404."""
        self._shelf.remove(self.require(user_id).id)

    def find(self, user_id: str) -> User | None:
        """The user, or None."""
        return self._shelf.get(user_id)

    def require(self, user_id: str) -> User:
        """The user; raises Refusal 404."""
        user = self._shelf.get(user_id)
        if user is None:
            raise not_found("User")
        return user

    def by_email(self, address: str) -> User | None:
        """The user with this e-mail address in any case, or None."""
        return self._find("email", address.strip().lower())

    def matching(self, term: str) -> list[User]:
        """Users whose id or an account contains the text."""
        wanted = term.lower()
        return [
            user
            for user in self._shelf
            if wanted in user.id or any(wanted in a.address.lower() for a in user.accounts)
        ]

    def all(self) -> list[User]:
        """Everybody, in order of arrival."""
        return list(self._shelf)

    def _add(self, accounts: list[LinkedAccount], metadata: dict[str, object]) -> User:
        user_id = f"did:privy:{self._secrets.new_id('user', 25)}"
        return self._put(User(user_id, self._now(), accounts, metadata))

    def _put(self, user: User) -> User:
        self._shelf.put(user.id, user)
        return user

    def _find(self, kind: str, address: str) -> User | None:
        for user in self._shelf:
            if any(item.type == kind and item.address == address for item in user.accounts):
                return user
        return None

    def _account(self, fields: Fields) -> LinkedAccount:
        kind = fields.choice("type", tuple(ACCOUNT_FIELDS))
        address = fields.text(ACCOUNT_FIELDS[kind])
        if kind == "email":
            address = normal_email(address)
        return LinkedAccount(kind, address, self._now(), None, None)

    def _now(self) -> int:
        return self._clock.host_ms() // 1000


def normal_email(text: str) -> str:
    """The address in lower case; raises Refusal 400 if it is not one."""
    address = text.strip().lower()
    if len(address) > EMAIL_MAX or EMAIL.fullmatch(address) is None:
        raise malformed("email", "Invalid email address")
    return address


def _metadata(fields: Fields) -> dict[str, object]:
    raw = fields.raw("custom_metadata")
    if raw is None:
        return {}
    if not isinstance(raw, dict):
        raise malformed("custom_metadata", "Expected object")
    if not all(isinstance(value, str | int | float | bool) for value in raw.values()):
        raise malformed("custom_metadata", "Values must be strings, numbers or booleans")
    return dict(raw)
