"""Users, their sessions, their wallets."""

from collections.abc import Sequence

from asgard_basis.adapters.postgres.rows import Connection, Row
from asgard_basis.domain.identifiers import UserId, WalletId
from asgard_basis.ports.repositories import Session, User
from asgard_basis.ports.wallets import Wallet, WalletRole


class PostgresUsers:
    """Implements Users."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def get(self, user_id: UserId) -> User | None:
        """The person, or None."""
        row = await self._connection.fetchrow("SELECT * FROM users WHERE id = $1", user_id)
        if row is None:
            return None
        return User(UserId(row["id"]), row["email"], row["created_at"], row["last_sign_in_at"])

    async def save(self, user: User) -> None:
        """Insert or update by id."""
        await self._connection.execute(
            "INSERT INTO users (id, email, created_at, last_sign_in_at) VALUES ($1, $2, $3, $4)"
            " ON CONFLICT (id) DO UPDATE SET email = excluded.email,"
            " created_at = excluded.created_at, last_sign_in_at = excluded.last_sign_in_at",
            user.id,
            user.email,
            user.created_at,
            user.last_sign_in_at,
        )


class PostgresSessions:
    """Implements Sessions."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def get(self, session_id: str) -> Session | None:
        """The session, or None."""
        row = await self._connection.fetchrow("SELECT * FROM sessions WHERE id = $1", session_id)
        if row is None:
            return None
        return Session(
            id=row["id"],
            user_id=UserId(row["user_id"]),
            created_at=row["created_at"],
            expires_at=row["expires_at"],
            revoked_at=row["revoked_at"],
        )

    async def save(self, session: Session) -> None:
        """Insert or update by id."""
        await self._connection.execute(
            "INSERT INTO sessions (id, user_id, created_at, expires_at, revoked_at)"
            " VALUES ($1, $2, $3, $4, $5) ON CONFLICT (id) DO UPDATE SET"
            " expires_at = excluded.expires_at, revoked_at = excluded.revoked_at",
            session.id,
            session.user_id,
            session.created_at,
            session.expires_at,
            session.revoked_at,
        )


class PostgresWallets:
    """Implements Wallets."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def of_user(self, user_id: UserId) -> dict[WalletRole, Wallet]:
        """The user's wallets by role."""
        rows = await self._connection.fetch("SELECT * FROM wallets WHERE user_id = $1", user_id)
        return {wallet.role: wallet for wallet in map(_wallet, rows)}

    async def add(self, user_id: UserId, wallet: Wallet) -> Wallet:
        """Remember a wallet; returns the one already kept when the role is taken."""
        await self._connection.execute(
            "INSERT INTO wallets (user_id, role, wallet_id, address, policy_id)"
            " VALUES ($1, $2, $3, $4, $5) ON CONFLICT (user_id, role) DO NOTHING",
            user_id,
            wallet.role.value,
            wallet.wallet_id,
            wallet.address,
            wallet.policy_id,
        )
        return (await self.of_user(user_id))[wallet.role]

    async def owners(self) -> Sequence[UserId]:
        """Everybody with a wallet, in the order of their ids."""
        rows = await self._connection.fetch("SELECT DISTINCT user_id FROM wallets ORDER BY user_id")
        return [UserId(row["user_id"]) for row in rows]


def _wallet(row: Row) -> Wallet:
    return Wallet(
        wallet_id=WalletId(row["wallet_id"]),
        role=WalletRole(row["role"]),
        address=row["address"],
        policy_id=row["policy_id"],
    )
