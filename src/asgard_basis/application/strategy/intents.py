"""Standing orders as people write, read and call them off."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from asgard_basis.application.context import trading_context
from asgard_basis.application.market.reader import MarketReader
from asgard_basis.application.operations.jobs import JobDesk, request_hash
from asgard_basis.application.strategy.intent_judge import IntentJudge
from asgard_basis.application.strategy.intent_news import intent_event
from asgard_basis.application.strategy.intent_views import IntentView, intent_view
from asgard_basis.application.trading.opening_gate import OpeningGate
from asgard_basis.application.trading.preflight import EntryOrder, Preflight
from asgard_basis.domain.assets import LendingProtocol
from asgard_basis.domain.decision.card import Ruling
from asgard_basis.domain.decision.check import Check
from asgard_basis.domain.errors import DomainError, ErrorCode
from asgard_basis.domain.identifiers import IntentId, UserId
from asgard_basis.domain.strategy.criteria import EntryCriteria
from asgard_basis.domain.strategy.intent import (
    EXPIRES_AFTER,
    EXPIRES_AFTER_MAX,
    OPEN,
    OPEN_MAX,
    Intent,
    IntentStatus,
    cancelled,
)
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.unit_of_work import Transactions, UnitOfWork

_MONEY_CHECKS = frozenset({"solana_usdc", "free_margin", "network_fees"})
_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class IntentWish:
    """What a person wants to have opened, and when."""

    order: EntryOrder
    criteria: EntryCriteria
    expires_at: datetime | None = None
    """Market time; None is in a week."""


@dataclass(frozen=True, slots=True)
class CreatedIntent:
    """An intent that was just written, and what is missing for it besides the market."""

    intent: IntentView
    warnings: tuple[Check, ...]


class IntentDesk:
    """Takes intents on, shows them judged against the present market, calls them off."""

    def __init__(
        self,
        *,
        transactions: Transactions,
        reader: MarketReader,
        judge: IntentJudge,
        gate: OpeningGate,
        preflight: Preflight,
        desk: JobDesk,
        clock: Clock,
        enabled: frozenset[LendingProtocol],
    ) -> None:
        self._transactions = transactions
        self._reader = reader
        self._judge = judge
        self._gate = gate
        self._preflight = preflight
        self._desk = desk
        self._clock = clock
        self._enabled = enabled

    async def create(self, user_id: UserId, wish: IntentWish, key: str | None) -> CreatedIntent:
        """Write it down; the same key gives the same intent again.

        Money that is not there yet is a warning: it may arrive before the market does. Raises
        DomainError VAL-0001 for an end that is past or too far, VAL-0008 for a lender that is
        switched off, VAL-0010 for a key of another wish, POS-0015 for too many at once.
        """
        digest = _digest(wish)
        async with self._transactions.for_user(user_id) as work:
            intent = await _earlier(work, user_id, key, digest)
        if intent is None:
            intent = self._new(user_id, wish, key, digest)
            self._ensure_enabled(wish.order)
            async with self._transactions.for_user(user_id) as work:
                if len(await work.intents.listed(statuses=OPEN, limit=OPEN_MAX)) >= OPEN_MAX:
                    raise DomainError(
                        ErrorCode.TOO_MANY_INTENTS,
                        f"{OPEN_MAX} intents are waiting already; cancel one first.",
                    )
                await work.intents.add(intent)
                await work.outbox.append(intent_event(intent))
        return CreatedIntent(
            intent=(await self._views(user_id, [intent]))[0],
            warnings=await self._warnings(user_id, wish.order),
        )

    async def get(self, user_id: UserId, intent_id: IntentId) -> IntentView:
        """One of the user's; raises DomainError POS-0012 when there is none."""
        async with self._transactions.for_user(user_id) as work:
            intent = await work.intents.get(intent_id)
        if intent is None:
            raise DomainError(ErrorCode.INTENT_NOT_FOUND)
        return (await self._views(user_id, [intent]))[0]

    async def listed(
        self, user_id: UserId, *, statuses: Collection[IntentStatus] | None, limit: int
    ) -> list[IntentView]:
        """The user's, newest first; those of the given statuses, or all."""
        async with self._transactions.for_user(user_id) as work:
            intents = await work.intents.listed(statuses=statuses, limit=limit)
        return await self._views(user_id, intents)

    async def cancel(self, user_id: UserId, intent_id: IntentId) -> IntentView:
        """Call it off; cancelled already is as good.

        Until its opening is taken on it can be called off even while it is being checked; after
        that it raises DomainError POS-0014. POS-0012 when there is none, POS-0013 when it ended.
        """
        for attempt in range(_ATTEMPTS):
            try:
                intent = await self._cancelled(user_id, intent_id)
            except DomainError as error:
                # The scanner changed it between reading and writing: look again.
                if error.code is not ErrorCode.POSITION_BUSY or attempt == _ATTEMPTS - 1:
                    raise
            else:
                return (await self._views(user_id, [intent]))[0]
        raise DomainError(ErrorCode.POSITION_BUSY)

    async def _cancelled(self, user_id: UserId, intent_id: IntentId) -> Intent:
        async with self._transactions.for_user(user_id) as work:
            intent = await work.intents.get(intent_id)
            if intent is None:
                raise DomainError(ErrorCode.INTENT_NOT_FOUND)
            if intent.status is IntentStatus.CANCELLED:
                return intent
            ended = await work.intents.save(cancelled(intent, at=self._clock.now()))
            await work.outbox.append(intent_event(ended))
        return ended

    def _ensure_enabled(self, order: EntryOrder) -> None:
        if order.protocol is not None and order.protocol not in self._enabled:
            raise DomainError(
                ErrorCode.INVALID_PROTOCOL,
                f"{order.protocol.name.title()} is switched off by the operator",
            )

    def _new(self, user_id: UserId, wish: IntentWish, key: str | None, digest: str) -> Intent:
        now = self._clock.now()
        expires_at = wish.expires_at or now + EXPIRES_AFTER
        if not now < expires_at <= now + EXPIRES_AFTER_MAX + timedelta(hours=1):
            raise DomainError(
                ErrorCode.INVALID_INPUT,
                f"expires_at must be within {EXPIRES_AFTER_MAX.days} days from now"
                f" ({now:%Y-%m-%dT%H:%M:%SZ}), was {expires_at:%Y-%m-%dT%H:%M:%SZ}",
            )
        order = wish.order
        return Intent(
            id=IntentId(self._desk.fresh_id()),
            user_id=user_id,
            asset=order.asset,
            protocol=order.protocol,
            size_usd=order.size_usd,
            leverage=order.leverage.value,
            criteria=wish.criteria,
            status=IntentStatus.PENDING,
            created_at=now,
            expires_at=expires_at,
            idempotency_key=key,
            request_hash=digest,
        )

    async def _warnings(self, user_id: UserId, order: EntryOrder) -> tuple[Check, ...]:
        """What of the money is missing; a venue that cannot be asked says so."""
        try:
            context = await trading_context(self._transactions, user_id)
            report = await self._preflight.check(context, order)
        except DomainError as error:
            label = "Whether the money is there is not known"
            return (Check("money", label, False, error.message, "known", code=error.code.code),)
        return tuple(c for c in report.checks if c.key in _MONEY_CHECKS and not c.passed)

    async def _views(self, user_id: UserId, intents: Sequence[Intent]) -> list[IntentView]:
        rulings: dict[str, Ruling] = {}
        judged_at = None
        if any(intent.status in OPEN for intent in intents):
            told = await self._gate.paused(user_id)
            async with self._transactions.for_user(user_id) as work:
                waiting = [w for w in await work.intents.waiting() if not w.intent.is_under_way]
            try:
                market = await self._reader.latest()
            except DomainError:
                pass  # without a market there is nothing to hold them against: no verdict
            else:
                judged_at = self._clock.now()
                paused = {} if told is None else {user_id: told}
                judged = self._judge.judge(market, waiting, paused=paused)
                rulings = {one.intent.id: one.ruling for one in judged}
        return [intent_view(intent, rulings.get(intent.id), judged_at) for intent in intents]


async def _earlier(
    work: UnitOfWork, user_id: UserId, key: str | None, digest: str
) -> Intent | None:
    if key is None:
        return None
    intent = await work.intents.by_key(user_id, key)
    if intent is not None and intent.request_hash != digest:
        raise DomainError(ErrorCode.IDEMPOTENCY_MISMATCH)
    return intent


def _digest(wish: IntentWish) -> str:
    order = wish.order
    return request_hash(
        {
            "asset": order.asset,
            "size_usd": str(order.size_usd),
            "leverage": str(order.leverage.value),
            "protocol": str(order.protocol),
            "expires_at": "" if wish.expires_at is None else wish.expires_at.isoformat(),
            **{name: str(value) for name, value in asdict(wish.criteria).items()},
        }
    )
