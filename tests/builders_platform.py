"""Records as they would be stored: valid by default, one thing changed per test."""

import hashlib
from datetime import UTC, datetime
from decimal import Decimal

from asgard_basis.domain.assets import Asset, LendingProtocol
from asgard_basis.domain.identifiers import JobId, PositionId, UserId, WalletId
from asgard_basis.domain.market.rates import HealthFactor
from asgard_basis.domain.position.lifecycle import PositionState
from asgard_basis.domain.position.position import (
    LegObservation,
    LongRecord,
    Position,
    ShortRecord,
)
from asgard_basis.ports.repositories import Job, JobKind, JobStatus, Session, User
from asgard_basis.ports.wallets import Wallet, WalletRole

MOMENT = datetime(2025, 6, 1, 12, 0, 0, 123456, tzinfo=UTC)


def a_user(name: str) -> User:
    """A person who signed in."""
    return User(UserId(name), f"{name}@example.org", MOMENT, MOMENT)


def a_session(user_id: UserId) -> Session:
    """A signed-in browser."""
    secret = hashlib.sha256(user_id.encode()).hexdigest()
    return Session(secret, user_id, MOMENT, MOMENT.replace(month=7))


def a_wallet(owner: str, role: WalletRole = WalletRole.EVM) -> Wallet:
    """A server wallet."""
    return Wallet(WalletId(f"w-{owner}-{role}"), role, f"0x{owner}{role}", "policy-1")


def a_position(user_id: UserId, *, key: str = "p") -> Position:
    """A position that was just asked for."""
    return Position(
        id=PositionId(f"{key}-{user_id}"),
        user_id=user_id,
        asset=Asset.SOL,
        protocol=LendingProtocol.KAMINO,
        state=PositionState.REQUESTED,
        size_usd=Decimal("1000"),
        leverage=Decimal("2"),
        requested_at=MOMENT,
    )


def a_long() -> LongRecord:
    """An open long leg."""
    return LongRecord(
        position_key="8vQkkQ8Y",
        collateral_bought=Decimal("6.123456789"),
        usdc_spent=Decimal("540.25"),
        debt_opened=Decimal("540.250001"),
        redemption_opened=Decimal("1.2345678901234567890123"),
        oracle_opened=Decimal("176.54"),
        cost_usd=Decimal("1.60"),
        fee_usdc=Decimal("1.62"),
        network_fee_usd=Decimal("0.0004"),
    )


def a_short() -> ShortRecord:
    """An open short leg."""
    return ShortRecord(
        size=Decimal("6.12"),
        entry_price=Decimal("176.50"),
        margin_usdc=Decimal("459.75"),
        fee_usdc=Decimal("0.486081"),
        slippage_usd=Decimal("0.24"),
    )


def an_observation() -> LegObservation:
    """What the venues said last."""
    return LegObservation(
        collateral=Decimal("6.1236"),
        debt_usdc=Decimal("540.3"),
        health=HealthFactor(Decimal("0.375")),
        account_signed_size=Decimal("-6.12"),
        isolated_raw_usd=Decimal("1539.4"),
        liquidation_price_short=None,
        margin_usdc=Decimal("459.7"),
        observed_at=MOMENT,
    )


def a_job(
    user_id: UserId,
    *,
    key: str = "j",
    kind: JobKind = JobKind.OPEN,
    position_id: PositionId | None = None,
) -> Job:
    """A job that waits."""
    return Job(
        id=JobId(f"{key}-{user_id}"),
        user_id=user_id,
        kind=kind,
        status=JobStatus.PENDING,
        created_at=MOMENT,
        position_id=position_id,
        idempotency_key=f"key-{key}",
        request_hash="ff",
    )
