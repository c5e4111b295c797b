"""Breakers of whole accounts: failures in a row and a deep fall pause opening.

Nothing is ever closed by it, and a user cannot lift it: an operator looks first.
"""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import structlog

from asgard_basis.application.operations.pause import PauseControl
from asgard_basis.domain.decision.card import Verdict
from asgard_basis.domain.errors import DomainError
from asgard_basis.domain.identifiers import UserId
from asgard_basis.domain.market.quality import staking_part
from asgard_basis.domain.market.snapshot import MarketSnapshot
from asgard_basis.domain.money import ZERO, plain
from asgard_basis.domain.risk.breakers import (
    ACCOUNT,
    AccountFacts,
    AccountThresholds,
    failures_in_a_row,
    last_denial,
)
from asgard_basis.domain.risk.churn import Result, attempt_of
from asgard_basis.domain.risk.drawdown import HighWater, measured
from asgard_basis.domain.risk.limits import RiskLimits
from asgard_basis.domain.risk.permissions import PauseSetter
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.risk import AccountMemory
from asgard_basis.ports.unit_of_work import Transactions, UnitOfWork

log = structlog.get_logger(__name__)

_MEASURED_EVERY = timedelta(seconds=60)
"""Host time between two measurements of one account, at least."""
_MEASURED_A_ROUND = 2
"""The venues' request budgets belong to orders first."""
_ENDED_LATELY = 200
_OWN_REMEMBERED = 100
_NOISE_USD, _NOISE_SHARE = Decimal(5), Decimal("0.005")
"""What gas, rounding and a price between two readings may change without being a payment."""


class AccountReview:
    """Looks at everybody's failures, and at a few accounts' balances in each round."""

    def __init__(
        self,
        *,
        transactions: Transactions,
        pauses: PauseControl,
        result_usd: Callable[[UserId], Awaitable[Decimal | None]],
        balance_usd: Callable[[UserId], Awaitable[Decimal | None]],
        market: Callable[[], Awaitable[MarketSnapshot | None]],
        clock: Clock,
        limits: RiskLimits,
        ids: Callable[[], str],
    ) -> None:
        self._transactions = transactions
        self._pauses = pauses
        self._result_usd = result_usd
        self._balance_usd = balance_usd
        self._market = market
        self._clock = clock
        self._ids = ids
        self._thresholds = AccountThresholds.of(limits)
        self._measured_at: dict[UserId, datetime] = {}

    async def round(self) -> int:
        """Review whoever has failed lately, measure who waits longest; how many were looked at."""
        now = self._clock.now()
        async with self._transactions.for_system() as work:
            held = await work.positions.held()
            ended = await work.positions.ended(limit=_ENDED_LATELY)
            accounts = await work.risk.accounts()
        attempts = [a for p in (*held, *ended) if (a := attempt_of(p, now)) is not None]
        failed = {a.user_id for a in attempts if a.result is not Result.HEDGED}
        failed |= {p.user_id for p in ended if last_denial([p], None) is not None}
        trading = {p.user_id for p in held} | {a.user_id for a in accounts if a.peak_usd > 0}
        due = self._due(trading)
        looked = 0
        for user_id in sorted(failed | set(due)):
            try:
                await self.review(user_id, measures=user_id in due)
                looked += 1
            except DomainError as error:
                log.warning("account_not_reviewed", code=error.code.code, why=error.message)
        return looked

    async def review(self, user_id: UserId, *, measures: bool = True) -> None:
        """Measure one account, and pause its openings where a breaker has tripped.

        Raises DomainError when it cannot be read or the pause cannot be written.
        """
        async with self._transactions.for_user(user_id) as work:
            account = await work.risk.account(user_id) or _unknown(user_id)
            is_paused = await _is_paused(work, user_id)
            positions = [
                *await work.positions.held(),
                *await work.positions.ended(limit=_OWN_REMEMBERED),
            ]
        now = self._clock.now()
        attempts = [a for p in positions if (a := attempt_of(p, now)) is not None]
        if account.drawdown_at is not None and not is_paused:
            # Somebody has looked and resumed: what was lost until then is the new beginning.
            account = replace(account, peak_usd=account.balance_usd, drawdown_at=None)
            await self._keep(account)
        if measures:
            account = await self._measure(account)
        failures = failures_in_a_row(attempts, account.failures_until)
        denial = last_denial(positions, account.failures_until)
        facts = AccountFacts(
            failures=tuple(attempt.why for attempt in failures),
            drawdown=_mark(account).drawdown if account.measured_at else None,
            denied=None if denial is None else denial.why,
        )
        counted = [a.at for a in failures] if denial is None else [denial.at]
        if not is_paused:
            await self._judge(account, facts, max(counted, default=None))

    async def _judge(
        self, account: AccountMemory, facts: AccountFacts, counted: datetime | None
    ) -> None:
        """Pause where a breaker has tripped; `counted` is when what it counts happened last."""
        user_id, now = account.user_id, self._clock.now()
        card = ACCOUNT.card(
            facts,
            self._thresholds,
            card_id=self._ids(),
            user_id=user_id,
            subject=f"account:{user_id}",
            at=now,
        )
        if card.ruling.verdict is not Verdict.PAUSE:
            async with self._transactions.for_user(user_id) as work:
                await work.decisions.note([card])
            return
        tripped = card.ruling.failing[0]
        figure = next(c.figure for c in card.ruling.criteria if c.key == tripped)
        if tripped == "drawdown":
            account = replace(account, drawdown_at=now)
        else:
            account = replace(account, failures_until=counted)
        async with self._transactions.for_system() as work:
            await work.decisions.note([card])
            await self._pauses.put(
                work,
                user_id,
                by=PauseSetter.SYSTEM,
                reason=card.ruling.reason,
                details={"breaker": tripped, "figure": figure},
            )
            await work.risk.keep_account(account)
        log.warning("breaker_tripped", user=user_id, breaker=tripped, figure=figure)

    async def _measure(self, account: AccountMemory) -> AccountMemory:
        """With the balance of now; as it was while a job moves money or a part is not known.

        Nor by a market that is old or disputed: positions are worth what it says.
        """
        self._measured_at[account.user_id] = self._clock.host()
        if not await self._is_market_believed(account.user_id):
            return account
        result = await self._settled_result(account.user_id)
        balance = None if result is None else await self._balance_usd(account.user_id)
        again = None if balance is None else await self._settled_result(account.user_id)
        if result is None or balance is None or again is None:
            return account
        if account.measured_at is None:
            mark = HighWater.starting(max(ZERO, balance))
        else:
            noise = max(_NOISE_USD, balance * _NOISE_SHARE)
            earned = again - account.result_usd
            mark = measured(
                _mark(account), balance_usd=max(ZERO, balance), result_usd=earned, noise_usd=noise
            )
        account = replace(
            account,
            peak_usd=mark.peak_usd,
            balance_usd=mark.balance_usd,
            result_usd=again,
            measured_at=self._clock.now(),
        )
        await self._keep(account)
        log.info("account_measured", user=account.user_id, balance_usd=plain(mark.balance_usd))
        return account

    async def _is_market_believed(self, user_id: UserId) -> bool:
        snapshot = await self._market()
        if snapshot is None:
            return False
        async with self._transactions.for_user(user_id) as work:
            tokens = {position.asset for position in await work.positions.held()}
        quality = snapshot.quality(self._clock.host())
        return quality.price.is_fresh and not quality.is_disputed(map(staking_part, tokens))

    async def _settled_result(self, user_id: UserId) -> Decimal | None:
        """What all positions have earned; None while one is being changed or is not known."""
        async with self._transactions.for_user(user_id) as work:
            if await work.jobs.unfinished():
                return None
        return await self._result_usd(user_id)

    async def _keep(self, account: AccountMemory) -> None:
        async with self._transactions.for_user(account.user_id) as work:
            await work.risk.keep_account(account)

    def _due(self, users: Iterable[UserId]) -> list[UserId]:
        """Who was measured longest ago, a few of them."""
        host = self._clock.host()
        wanted = sorted(users)
        self._measured_at = {u: at for u, at in self._measured_at.items() if u in set(wanted)}
        never = datetime.min.replace(tzinfo=host.tzinfo)
        waiting = sorted(wanted, key=lambda user: self._measured_at.get(user, never))
        due = [
            user for user in waiting if host - self._measured_at.get(user, never) >= _MEASURED_EVERY
        ]
        return due[:_MEASURED_A_ROUND]


def _unknown(user_id: UserId) -> AccountMemory:
    return AccountMemory(user_id, ZERO, ZERO, ZERO, None)


def _mark(account: AccountMemory) -> HighWater:
    return HighWater(account.peak_usd, account.balance_usd)


async def _is_paused(work: UnitOfWork, user_id: UserId) -> bool:
    """By a breaker, or by whatever else the system has paused this user for."""
    in_force = await work.pauses.in_force(user_id)
    return any(p.by == PauseSetter.SYSTEM and p.scope == user_id for p in in_force)
