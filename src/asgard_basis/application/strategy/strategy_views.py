"""A strategy as its owner sees it: the wish, what it comes to, what it does now and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from asgard_basis.application.market.reader import MarketReader
from asgard_basis.application.strategy.autonomous_strategy import (
    AutonomousStrategy,
    Holder,
    subject_of,
)
from asgard_basis.application.trading.preflight import known
from asgard_basis.domain.decision.card import Ruling
from asgard_basis.domain.decision.check import Check
from asgard_basis.domain.identifiers import UserId
from asgard_basis.domain.risk.limits import RiskLimits
from asgard_basis.domain.strategy.autonomous import STRATEGY_ENTRY, needs_purse
from asgard_basis.domain.strategy.config import StrategyConfig, named
from asgard_basis.domain.strategy.effective import Effective, effective
from asgard_basis.domain.strategy.entry_choice import (
    StrategyEntryFacts,
    entry_thresholds,
)
from asgard_basis.domain.strategy.evaluation import StrategyFunding
from asgard_basis.ports.decisions import KeptCard
from asgard_basis.ports.oversight import Pause
from asgard_basis.ports.unit_of_work import Transactions


class StrategyState(StrEnum):
    """What a strategy does now."""

    OFF = "off"
    PAUSED = "paused"
    COOLING_DOWN = "cooling_down"
    WAITING_FOR_DEPOSIT = "waiting_for_deposit"
    WAITING = "waiting"
    ACTIVE = "active"
    """It holds, opens or closes something."""


@dataclass(frozen=True, slots=True)
class StrategyStatus:
    """In a word, in a sentence, and line by line."""

    state: StrategyState
    label: str
    """`Active`, `Paused (reason)`, `Waiting for deposit`, `Cooling down until ...`."""
    reason: str
    until: datetime | None
    """When a cooldown ends, market time."""
    criteria: tuple[Check, ...]
    """What must hold for the next entry; empty while it is off or the market is not known."""
    decided_at: datetime | None
    """When the last kept decision was made or confirmed, market time."""


@dataclass(frozen=True, slots=True)
class StrategyView:
    """Everything the page shows."""

    config: StrategyConfig
    version: int
    updated_at: datetime | None
    enabled_at: datetime | None
    preset: str | None
    """Name of the preset the thresholds are those of."""
    status: StrategyStatus
    effective: tuple[Effective, ...]
    funding: StrategyFunding | None
    left_apr: Decimal | None
    """What the best offer leaves a year after costs; None without one."""
    left_at: str | None
    """Which offer that is, in words."""
    positions_held: int
    trades_today: int
    trades_daily_max: int
    paused_at: datetime | None
    """Host time."""
    paused_reason: str | None
    last_close_time: datetime | None
    cooldown_at_close: int | None


class StrategyViews:
    """Tells one person of the strategy, by the rule that decides."""

    def __init__(
        self,
        *,
        transactions: Transactions,
        strategy: AutonomousStrategy,
        reader: MarketReader,
        limits: RiskLimits,
    ) -> None:
        self._transactions = transactions
        self._strategy = strategy
        self._reader = reader
        self._limits = limits

    async def of(self, user_id: UserId) -> StrategyView:
        """The strategy now; parts of the market that are not known are None."""
        holder = await self._strategy.holder(user_id)
        async with self._transactions.for_user(user_id) as work:
            kept = await work.decisions.of_subject(subject_of(user_id), limit=1)
            pauses = await work.pauses.in_force(user_id)
            own = await work.strategies.presets(user_id)
        record = holder.record
        last = kept[0] if kept else None
        snapshot = await known(self._reader.latest())
        facts = None
        if snapshot is not None:
            facts = self._strategy.facts(holder, self._strategy.look(snapshot))
        balance = _balance(last)
        offers = facts.market.offers if facts is not None else ()
        days = record.config.planned_hold_days
        best = max(offers, key=lambda offer: offer.after_costs(days), default=None)
        return StrategyView(
            config=record.config,
            version=record.version,
            updated_at=record.updated_at,
            enabled_at=record.enabled_at,
            preset=named(record.config, [(preset.name, preset.config) for preset in own]),
            status=self._status(holder, facts, last),
            effective=effective(record.config, self._limits, offers=offers, balance_usd=balance),
            funding=None if facts is None else facts.market.funding,
            left_apr=None if best is None else best.after_costs(days),
            left_at=None if best is None else best.place,
            positions_held=len(holder.held),
            trades_today=0 if facts is None else facts.trades_today,
            trades_daily_max=self._limits.trades_daily_max,
            paused_at=_since(pauses),
            paused_reason=holder.paused,
            last_close_time=None if record.last_close is None else record.last_close.at,
            cooldown_at_close=None
            if record.last_close is None
            else record.last_close.cooldown_minutes,
        )

    def _status(
        self, holder: Holder, facts: StrategyEntryFacts | None, last: KeptCard | None
    ) -> StrategyStatus:
        config = holder.record.config
        decided_at = None
        if last is not None:
            decided_at = last.confirmed_at or last.card.decided_at
        state, label, reason, until = StrategyState.WAITING, "Waiting for the market", "", None
        criteria: tuple[Check, ...] = ()
        if facts is None:
            reason = "There is no market data yet."
        else:
            ruling = _with_funds(
                STRATEGY_ENTRY.decide(facts, entry_thresholds(config, self._limits)), last
            )
            criteria, reason = ruling.criteria, ruling.reason
            state, label = _state(holder, ruling)
            if state is StrategyState.COOLING_DOWN and facts.last_close is not None:
                until = facts.last_close.over_at
                label = f"Cooling down until {until:%-d %b %H:%M} UTC"
        if not config.enabled:
            state, label, until = StrategyState.OFF, "Off", None
            reason = "It opens nothing by itself."
        elif holder.paused is not None:
            state, label = StrategyState.PAUSED, f"Paused ({holder.paused})"
            reason = f"{holder.paused}. Open positions stay defended, and you can close them."
        return StrategyStatus(state, label, reason, until, criteria, decided_at)


def _state(holder: Holder, ruling: Ruling) -> tuple[StrategyState, str]:
    failing = set(ruling.failing)
    if holder.is_busy:
        return StrategyState.ACTIVE, "Active: something is under way"
    if holder.held:
        count = len(holder.held)
        return StrategyState.ACTIVE, f"Active: holding {count} position{'s' * (count > 1)}"
    if "cooldown" in failing:
        return StrategyState.COOLING_DOWN, "Cooling down"
    if failing == {"funds"} and any(c.key == "funds" and c.remedy for c in ruling.criteria):
        return StrategyState.WAITING_FOR_DEPOSIT, "Waiting for deposit"
    if not failing or failing == {"funds"}:
        return StrategyState.ACTIVE, "Active: about to enter"
    return StrategyState.WAITING, "Waiting for the market"


def _with_funds(ruling: Ruling, last: KeptCard | None) -> Ruling:
    """Only money is in question: what the venues said when they were asked last stands."""
    if needs_purse(ruling) and last is not None and "funds" in last.card.ruling.failing:
        return last.card.ruling
    return ruling


def _balance(last: KeptCard | None) -> Decimal | None:
    """What was there in all when the venues were asked last; None before that."""
    if last is None or not isinstance(last.card.facts, StrategyEntryFacts):
        return None
    facts = last.card.facts
    if facts.purse is None:
        return None
    return facts.purse.solana_usdc + facts.purse.margin_usdc + facts.in_positions_usd


def _since(pauses: Sequence[Pause]) -> datetime | None:
    return min((pause.since for pause in pauses), default=None)
