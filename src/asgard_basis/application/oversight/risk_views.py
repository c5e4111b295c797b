"""How safe each position is, what stands, and what comes next at which price."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from asgard_basis.application.operations.alarms import AlarmView, alarm_view
from asgard_basis.application.trading.preflight import known
from asgard_basis.domain.decision.card import Ruling
from asgard_basis.domain.decision.check import Check
from asgard_basis.domain.identifiers import PositionId, UserId
from asgard_basis.domain.market.snapshot import MarketSnapshot
from asgard_basis.domain.money import ZERO
from asgard_basis.domain.position.position import Position
from asgard_basis.domain.risk.drawdown import HighWater
from asgard_basis.domain.risk.engine import decide
from asgard_basis.domain.risk.facts import Near, RiskFacts, RiskThresholds
from asgard_basis.domain.risk.limits import RiskLimits
from asgard_basis.domain.risk.outlook import Step, outlook
from asgard_basis.domain.risk.reading import JUDGED, risk_facts
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.coordination import SnapshotStore
from asgard_basis.ports.oversight import Alarm
from asgard_basis.ports.risk import AccountMemory
from asgard_basis.ports.unit_of_work import Transactions


@dataclass(frozen=True, slots=True)
class TimerView:
    """A danger that stands, and when it will have stood too long."""

    kind: str
    since: datetime
    """Market time, as the next."""
    until: datetime


@dataclass(frozen=True, slots=True)
class StepView:
    """What is done when the price gets to a point."""

    rule: str
    """Key of the criterion that fails there."""
    action: str
    """`reduce` or `exit`."""
    price: Decimal
    distance: Decimal
    """From the price of now, as a fraction; negative is below."""


@dataclass(frozen=True, slots=True)
class RiskView:
    """One position."""

    position_id: str
    state: str
    is_judged: bool
    """False while it is being opened or left: its saga sees to it then."""
    verdict: str | None
    reason: str | None
    mark_price: Decimal | None
    oracle_price: Decimal | None
    health: Decimal | None
    stated_health: Decimal | None
    long_distance: Decimal | None
    long_liquidation_price: Decimal | None
    short_distance: Decimal | None
    short_liquidation_price: Decimal | None
    margin_fraction: Decimal | None
    delta_sol: Decimal | None
    drift: Decimal | None
    lst_discount: Decimal | None
    nearest: str | None
    """`long` or `short`: which leg is nearer to liquidation."""
    next_below: StepView | None
    next_above: StepView | None
    timers: list[TimerView]
    criteria: list[Check]
    alarms: list[AlarmView]
    seen_seconds: int | None


@dataclass(frozen=True, slots=True)
class AccountView:
    """The whole account."""

    peak_usd: Decimal
    balance_usd: Decimal
    drawdown: Decimal
    drawdown_max: Decimal
    measured_at: datetime | None


@dataclass(frozen=True, slots=True)
class UserRiskView:
    """One user's positions, nearest to liquidation first, and account."""

    positions: list[RiskView]
    account: AccountView | None
    """None before it was measured for the first time."""
    price_state: str | None
    """fresh, stale or disputed; None while there is no market data."""
    price_doubt: str | None


class RiskViews:
    """Judges positions of one user as the watch does, for showing only."""

    def __init__(
        self,
        *,
        transactions: Transactions,
        snapshots: SnapshotStore,
        clock: Clock,
        limits: RiskLimits,
    ) -> None:
        self._transactions = transactions
        self._snapshots = snapshots
        self._clock = clock
        self._limits = limits
        self._thresholds = RiskThresholds.of(limits)

    async def of_user(self, user_id: UserId) -> UserRiskView:
        """All that are not ended."""
        async with self._transactions.for_user(user_id) as work:
            positions = await work.positions.held()
            near = {m.position_id: m.near for m in await work.risk.near()}
            alarms = await work.alarms.unresolved()
            account = await work.risk.account(user_id)
        snapshot = await known(self._snapshots.latest())
        views = [self._view(p, snapshot, near.get(p.id, ()), alarms) for p in positions]
        price = snapshot.quality(self._clock.host()).price if snapshot else None
        return UserRiskView(
            positions=sorted(views, key=_room),
            account=self._account(account),
            price_state=price.state.value if price else None,
            price_doubt=price.reason if price else None,
        )

    def _view(
        self,
        position: Position,
        snapshot: MarketSnapshot | None,
        near: tuple[Near, ...],
        alarms: Sequence[Alarm],
    ) -> RiskView:
        facts: RiskFacts | None = None
        ruling: Ruling | None = None
        is_judged = position.state in JUDGED
        if snapshot is not None and position.long is not None:
            facts = risk_facts(position, snapshot, host_now=self._clock.host(), pegs={}, near=near)
            ruling = decide(facts, self._thresholds) if is_judged else None
        below, above = outlook(facts, self._thresholds) if facts and is_judged else (None, None)
        return RiskView(
            position_id=position.id,
            state=position.state.value,
            is_judged=is_judged,
            verdict=ruling.verdict.value if ruling else None,
            reason=ruling.reason if ruling else None,
            mark_price=facts.price.mark_price if facts else None,
            oracle_price=facts.price.oracle_price if facts else None,
            health=facts.health if facts else None,
            stated_health=facts.legs.stated_health if facts else None,
            long_distance=facts.long_distance if facts else None,
            long_liquidation_price=facts.long_wall if facts else None,
            short_distance=facts.short_distance if facts else None,
            short_liquidation_price=facts.short_wall if facts else None,
            margin_fraction=facts.margin_fraction if facts else None,
            delta_sol=facts.delta_sol if facts else None,
            drift=facts.drift if facts else None,
            lst_discount=facts.discount if facts else None,
            nearest=_nearest(facts),
            next_below=_step(below, facts),
            next_above=_step(above, facts),
            timers=[TimerView(n.kind.value, n.since, n.since + self._patience) for n in near],
            criteria=list(ruling.criteria) if ruling else [],
            alarms=[
                alarm_view(alarm, self._clock.host())
                for alarm in alarms
                if alarm.position_id == PositionId(position.id)
            ],
            seen_seconds=facts.legs.seen_seconds if facts else None,
        )

    @property
    def _patience(self) -> timedelta:
        return self._thresholds.patience

    def _account(self, account: AccountMemory | None) -> AccountView | None:
        if account is None or account.measured_at is None:
            return None
        mark = HighWater(account.peak_usd, account.balance_usd)
        return AccountView(
            peak_usd=mark.peak_usd,
            balance_usd=mark.balance_usd,
            drawdown=mark.drawdown,
            drawdown_max=self._limits.drawdown_max,
            measured_at=account.measured_at,
        )


def _nearest(facts: RiskFacts | None) -> str | None:
    if facts is None:
        return None
    known = {"long": facts.long_distance, "short": facts.short_distance}
    there = {leg: room for leg, room in known.items() if room is not None}
    return min(there, key=lambda leg: there[leg], default=None)


def _room(view: RiskView) -> tuple[bool, Decimal]:
    known = [d for d in (view.long_distance, view.short_distance) if d is not None]
    return (not known, min(known, default=ZERO))


def _step(step: Step | None, facts: RiskFacts | None) -> StepView | None:
    if step is None or facts is None:
        return None
    now = facts.price.mark_price
    return StepView(step.rule, step.action.value, step.price, step.price / now - 1)
