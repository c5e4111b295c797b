"""What a person allows the bot to do with money that no position uses."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from asgard_basis.domain.errors import DomainError, ErrorCode
from asgard_basis.domain.identifiers import UserId
from asgard_basis.domain.money import ZERO
from asgard_basis.domain.risk.limits import RiskLimits
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.consents import MoveConsent
from asgard_basis.ports.unit_of_work import Transactions


@dataclass(frozen=True, slots=True)
class MoveConsentView:
    """What is allowed now, and the most that could be."""

    is_given: bool
    per_move_usd: Decimal
    per_day_usd: Decimal
    most_usd: Decimal
    """No cap may be higher."""
    changed_at: datetime | None
    """Null while nothing was ever chosen."""
    may_cross: bool
    """Whether what one leg can spare may be carried to the other's chain."""
    can_cross: bool
    """Whether this deployment has a way between the chains."""


class MoveConsentDesk:
    """Reads and changes one person's leave; without any, nothing is moved."""

    def __init__(
        self,
        transactions: Transactions,
        clock: Clock,
        limits: RiskLimits,
        *,
        has_rail: bool = False,
    ) -> None:
        self._has_rail = has_rail
        self._transactions = transactions
        self._clock = clock
        self._limits = limits

    async def of(self, user_id: UserId) -> MoveConsentView:
        """What the person allows."""
        async with self._transactions.for_user(user_id) as work:
            consent = await work.move_consents.get(user_id)
        return self._view(consent)

    async def change(
        self,
        user_id: UserId,
        *,
        is_given: bool,
        per_move_usd: Decimal,
        per_day_usd: Decimal,
        may_cross: bool = False,
    ) -> MoveConsentView:
        """Allow it up to these caps, or forbid it.

        Raises DomainError VAL-0006 for caps that are not above zero or above the system's, or
        for a day's cap below that of one move.
        """
        most = self._limits.move_usd_max
        if not ZERO < per_move_usd <= per_day_usd <= most:
            raise DomainError(
                ErrorCode.SIZE_TOO_LARGE,
                f"a move's cap must be above zero, a day's no lower and at most ${most:,}",
            )
        consent = MoveConsent(
            user_id, is_given, per_move_usd, per_day_usd, self._clock.host(), may_cross
        )
        async with self._transactions.for_user(user_id) as work:
            await work.move_consents.save(consent)
        return self._view(consent)

    def _view(self, consent: MoveConsent | None) -> MoveConsentView:
        most = self._limits.move_usd_max
        return MoveConsentView(
            is_given=consent is not None and consent.is_given,
            per_move_usd=consent.per_move_usd if consent else self._limits.move_usd_default,
            per_day_usd=consent.per_day_usd if consent else self._limits.moves_daily_usd_default,
            most_usd=most,
            changed_at=consent.changed_at if consent else None,
            may_cross=consent is not None and consent.may_cross,
            can_cross=self._has_rail,
        )
