"""Looking for what has failed: every condition of the playbooks, asked and read in one round."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from asgard_basis.application.market.reader import MarketReader
from asgard_basis.application.operations.health import Probe
from asgard_basis.domain.assets import Asset
from asgard_basis.domain.errors import DomainError, ErrorCode, Refused
from asgard_basis.domain.identifiers import UserId
from asgard_basis.domain.market.quality import PRICE, SPOT, QualityState, staking_part
from asgard_basis.domain.market.snapshot import MarketSnapshot
from asgard_basis.domain.money import ZERO
from asgard_basis.domain.position.position import Position
from asgard_basis.domain.risk.limits import RiskLimits
from asgard_basis.domain.risk.playbooks import Playbook
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.repositories import Job, JobKind
from asgard_basis.ports.unit_of_work import Transactions

_PATIENCE_SECONDS = 3.0
"""Who takes longer to answer does not answer."""
_ANSWER_YOUNG = timedelta(seconds=5)
"""Who answered so lately is not asked again: venues count requests."""
_BRIDGE_LATE = timedelta(minutes=15)
_MOVE_LATE = timedelta(minutes=45)
"""Out of Hyperliquid four minutes, on Arbitrum twenty until it is final, and as much again."""
"""Market time; a credit takes one or two minutes."""
_REFUSED_LATELY = timedelta(seconds=60)
_POST_ONLY = "post-only"
"""In the exchange's refusals after an upgrade of its network."""
_RECENT_JOBS = 20
_SENT = (JobKind.DEPOSIT, JobKind.MOVE)
_TRADING = (JobKind.OPEN, JobKind.CLOSE, JobKind.REDUCE, JobKind.REPAIR)

Ask = Callable[[], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Sign:
    """What one look has told about one condition."""

    is_seen: bool | None
    """None when it could not be told."""
    figure: str = ""
    users: frozenset[UserId] | None = None
    """Whom it concerns; None is everybody."""
    assets: frozenset[Asset] | None = None
    """Which tokens it concerns; None is all."""

    def concerns(self, position: Position) -> bool:
        """Whether the condition matters to a position."""
        is_theirs = self.users is None or position.user_id in self.users
        return is_theirs and (self.assets is None or position.asset in self.assets)


@dataclass(frozen=True, slots=True)
class Lines:
    """Whom to ask; each raises DomainError, or answers False, when it does not work."""

    solana_height: Callable[[], Awaitable[int]]
    hyperliquid: Ask
    signing: Ask
    database: Probe
    redis: Probe


@dataclass(slots=True)
class _Pulse:
    """How far the chain was, and when it last got on."""

    height: int | None = None
    moved_at: datetime | None = field(default=None)


class Signs:
    """Looks at all conditions; it sends nothing and changes nothing."""

    def __init__(
        self,
        *,
        lines: Lines,
        transactions: Transactions,
        reader: MarketReader,
        clock: Clock,
        limits: RiskLimits,
    ) -> None:
        self._lines = lines
        self._transactions = transactions
        self._reader = reader
        self._clock = clock
        self._limits = limits
        self._pulse = _Pulse()
        self._answered: dict[str, datetime] = {}
        """When each last answered, host time."""

    async def look(self) -> dict[Playbook, Sign]:
        """One round; what cannot be told is told as such, and never raised."""
        solana, hyperliquid, signing, stores, jobs, market = await asyncio.gather(
            self._solana(),
            self._answers("Hyperliquid", self._lines.hyperliquid),
            self._answers("Privy", self._lines.signing),
            self._stores(),
            self._from_jobs(),
            self._market(),
        )
        bridge, post_only = jobs
        price, peg = market
        return {
            Playbook.SOLANA_HALTED: solana,
            Playbook.HYPERLIQUID_REFUSING: post_only if post_only.is_seen else hyperliquid,
            Playbook.SIGNING_DOWN: signing,
            Playbook.BRIDGE_STUCK: bridge,
            Playbook.PRICE_UNTRUSTED: price,
            Playbook.LST_DEPEG: peg,
            Playbook.STORES_AWAY: stores,
        }

    async def _solana(self) -> Sign:
        pulse = self._pulse
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                height = await self._lines.solana_height()
        except (DomainError, TimeoutError):
            return Sign(True, "The node does not answer.")
        now = self._clock.host()
        if pulse.height is None or pulse.moved_at is None or height > pulse.height:
            pulse.height, pulse.moved_at = height, now
            return Sign(False, f"block {height}")
        seconds = int((now - pulse.moved_at).total_seconds())
        return Sign(True, f"No block after {height} for {seconds} s.")

    async def _answers(self, name: str, ask: Ask) -> Sign:
        """Whether it answers; a refusal is an answer, and our own request limit tells nothing."""
        answered_at = self._answered.get(name)
        if answered_at is not None and self._clock.host() - answered_at < _ANSWER_YOUNG:
            return Sign(False, f"{name} answers.")
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await ask()
        except Refused:
            pass
        except DomainError as error:
            if error.code is ErrorCode.REQUEST_BUDGET:
                return Sign(None, "Our own share of requests is used up.")
            return Sign(True, error.message)
        except TimeoutError:
            return Sign(True, f"{name} does not answer.")
        self._answered[name] = self._clock.host()
        return Sign(False, f"{name} answers.")

    async def _stores(self) -> Sign:
        names = []
        for name, probe in (
            ("The database", self._lines.database),
            ("Redis", self._lines.redis),
        ):
            if not await _is_there(probe):
                names.append(name)
        if not names:
            return Sign(False, "Both answer.")
        return Sign(True, f"{' and '.join(names)} {'do' if len(names) > 1 else 'does'} not answer.")

    # ---- what jobs have met ---------------------------------------------------------------

    async def _from_jobs(self) -> tuple[Sign, Sign]:
        try:
            async with self._transactions.for_system() as work:
                running = await work.jobs.unfinished()
                lately = await work.jobs.recent(limit=_RECENT_JOBS)
                begun = {
                    job.id: (await work.journals.of_job(job.id)).steps
                    for job in running
                    if job.kind in _SENT or job.kind in _TRADING
                }
        except DomainError:
            unknown = Sign(None, "The database does not answer.")
            return unknown, unknown
        now = self._clock.now()
        sent = [(job, begun[job.id]) for job in running if job.kind in _SENT]
        ages = [(job, now - steps[0].intended_at) for job, steps in sent if steps]
        late = [(job, age) for job, age in ages if age >= _late_after(job)]
        told = [step.error for steps in begun.values() for step in steps[-3:]]
        told += [job.error for job in lately if self._is_young(job)]
        refusal = next((text for text in told if text and _POST_ONLY in text.lower()), None)
        return _bridge(late), Sign(refusal is not None, refusal or "")

    def _is_young(self, job: Job) -> bool:
        ended = job.finished_at
        return ended is not None and self._clock.host() - ended < _REFUSED_LATELY

    # ---- what the market says -------------------------------------------------------------

    async def _market(self) -> tuple[Sign, Sign]:
        try:
            snapshot = await self._reader.latest()
        except DomainError as error:
            unknown = Sign(None, error.message)
            return unknown, unknown
        return self._price(snapshot), self._peg(snapshot)

    def _price(self, snapshot: MarketSnapshot) -> Sign:
        quality = snapshot.quality(self._clock.host())
        price, second = quality.of(PRICE), quality.of(SPOT)
        if not price.is_fresh:
            return Sign(True, f"The price is {price.state.value}: {price.reason}")
        if second.state is QualityState.DISPUTED:
            return Sign(True, f"The second opinion is disputed: {second.reason}")
        return Sign(False, "Fresh and undisputed.")

    def _peg(self, snapshot: MarketSnapshot) -> Sign:
        quality = snapshot.quality(self._clock.host())
        limit = self._limits.lst_discount_critical
        found: dict[Asset, Decimal] = {}
        unknown: list[str] = []
        for asset, market in snapshot.lsts.items():
            discount = market.discount
            if discount is None or not quality.of(staking_part(asset)).is_fresh:
                unknown.append(asset.value)
            elif abs(discount) >= limit:
                found[asset] = discount
        if unknown and not found:
            return Sign(None, f"Not known of {', '.join(unknown)}.")
        told = ", ".join(f"{asset.value} {-discount:+.1%}" for asset, discount in found.items())
        return Sign(bool(found), told or "At par.", assets=frozenset(found))


def _late_after(job: Job) -> timedelta:
    return _MOVE_LATE if job.kind is JobKind.MOVE else _BRIDGE_LATE


def _bridge(late: Sequence[tuple[Job, timedelta]]) -> Sign:
    if not late:
        return Sign(False, "No transfer is late.")
    minutes = int(max(age for _, age in late).total_seconds() // 60)
    amount = sum((job.amount_usdc or ZERO for job, _ in late), ZERO)
    told = f"{amount:,.2f} USDC in {len(late)} transfers, the oldest sent {minutes} minutes ago."
    return Sign(True, told, users=frozenset(job.user_id for job, _ in late))


async def _is_there(probe: Probe) -> bool:
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            return await probe()
    except (DomainError, OSError, TimeoutError):
        return False
