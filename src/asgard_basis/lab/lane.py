"""One position on one path: what it holds, and what a decision makes of that."""

from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

from asgard_basis.domain.money import ONE, ZERO
from asgard_basis.domain.risk.defence import ACTING, Act, Defence, Leg, judge, next_actions
from asgard_basis.domain.risk.defence_facts import (
    DefenceFacts,
    DefenceThresholds,
    Rails,
    thresholds_for,
)
from asgard_basis.domain.risk.distances import PairLegs
from asgard_basis.domain.risk.limits import RiskLimits
from asgard_basis.domain.strategy.fees import FeeSchedule, cut_costs
from asgard_basis.domain.strategy.sizing import split_capital
from asgard_basis.lab.paths import STEPS_A_DAY

CAPITAL = Decimal(10_000)
THRESHOLD = Decimal("0.80")
MAINTENANCE = Decimal("0.025")
_VENUE_LEVERAGE_MAX = 20
_LOT = Decimal("0.01")
FIRST_PRICE = Decimal(150)
_STEP_MINUTES = 5
_PAUSE_STEPS = 2
_BRIDGE_STEPS = 72
"""Six hours: every transfer is as slow as a stalled one."""
_BRIDGE_FEE = Decimal("0.0005")
_BRIDGE_USD = Decimal(2)
_MOVE_LEAST = Decimal(50)
_FEES = FeeSchedule()
COSTS = cut_costs(_FEES)


class Policy(StrEnum):
    """What is allowed to be done."""

    NONE = "none"
    LOCAL = "local cut"
    EQUALISE = "equalise"
    """Cut and move together, when the money has arrived; nothing before that."""
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class Opening:
    """What every lane of one leverage begins with."""

    facts: DefenceFacts
    thresholds: DefenceThresholds


def opening(leverage: Decimal, limits: RiskLimits) -> Opening:
    """A pair of `CAPITAL`, divided as production divides it."""
    split = split_capital(
        size_usd=CAPITAL,
        leverage=leverage,
        liquidation_threshold=THRESHOLD,
        price=FIRST_PRICE,
        maintenance_fraction=MAINTENANCE,
        venue_leverage_max=_VENUE_LEVERAGE_MAX,
        size_step=_LOT,
        fees=_FEES,
    )
    notional = split.short_sol * FIRST_PRICE
    legs = PairLegs(
        value_usd=split.notional_usd,
        debt_usd=split.borrow_usdc,
        threshold=THRESHOLD,
        notional_usd=notional,
        margin_usd=split.margin_usdc - notional * _FEES.perp_taker,
        maintenance=MAINTENANCE,
    )
    sol = split.short_sol
    facts = DefenceFacts(
        price=FIRST_PRICE, legs=legs, long_sol=sol, short_sol=sol, sells_parts=True
    )
    return Opening(facts, thresholds_for(leverage, THRESHOLD, limits, COSTS))


def walls(facts: DefenceFacts) -> tuple[float, float]:
    """Prices at which the long and the short are liquidated."""
    long, short = facts.legs.long_distance, facts.legs.short_distance
    low = ZERO if long is None else facts.price * (ONE - long)
    high = Decimal("Infinity") if short is None else facts.price * (ONE + short)
    return float(low), float(high)


class Lane:
    """Mutable: lives through one path."""

    __slots__ = (
        "_arrives_at",
        "_busy",
        "_busy_until",
        "_defended",
        "_facts",
        "_looks_at",
        "_policy",
        "_sent",
        "_thresholds",
        "cost",
        "moves",
        "wakes",
    )

    def __init__(self, policy: Policy, begun: Opening) -> None:
        self._policy = policy
        self._facts = begun.facts
        self._thresholds = begun.thresholds
        self._busy: Defence | None = None
        self._busy_until = 0
        self._sent: Defence | None = None
        self._arrives_at = 0
        self._looks_at = 0
        self._defended: list[int] = []
        self.moves = 0
        self.cost = ZERO
        self.wakes = self._wakes(0)
        """Prices between which there is nothing to do."""

    @property
    def size_left(self) -> Decimal:
        """Of the long, in SOL."""
        return self._facts.legs.value_usd / self._facts.price

    @property
    def walls(self) -> tuple[float, float]:
        """Prices at which the long and the short are liquidated."""
        return walls(self._facts)

    def due(self, step: int) -> tuple[int, ...]:
        """Steps to come at which it must be looked at whatever the price."""
        planned = (
            self._busy_until if self._busy is not None else 0,
            self._arrives_at if self._sent is not None else 0,
            self._looks_at,
        )
        return tuple(each for each in planned if each > step)

    def wake(self, step: int, price: float) -> bool:
        """Do what is due and decide; False once the pair is closed."""
        self._facts = self._facts.at(Decimal(price))
        if self._sent is not None and step >= self._arrives_at:
            self._arrive(self._sent, step)
        if self._busy is not None and step >= self._busy_until:
            done, self._busy = self._busy, None
            if done.act is Act.CLOSE:
                self._cut(ONE)
                return False
            self._carry_out(done, step)
        if self._busy is None:
            self._decide(step)
        self.wakes = self._wakes(step)
        return True

    def _decide(self, step: int) -> None:
        is_late = self._policy is Policy.EQUALISE
        if is_late and self._sent is not None:
            return
        defence = judge(self._seen(step), self._thresholds)
        if defence.act not in ACTING or (is_late and defence.act is not Act.EQUALISE):
            return
        self.moves += 1
        if is_late:
            self._send(defence, step)
        else:
            self._busy, self._busy_until = defence, step + 1

    def _carry_out(self, defence: Defence, step: int) -> None:
        self._cut(defence.fraction)
        self._defended.append(step)
        if defence.move_usd > 0:
            self._send(defence, step)

    def _send(self, defence: Defence, step: int) -> None:
        self._sent, self._arrives_at = defence, step + _BRIDGE_STEPS
        self._feed(defence.poorer is Leg.SHORT, -defence.move_usd)

    def _arrive(self, sent: Defence, step: int) -> None:
        self._sent = None
        if self._policy is Policy.EQUALISE:
            self._cut(sent.fraction)
            self._defended.append(step)
        fee = sent.move_usd * _BRIDGE_FEE + _BRIDGE_USD
        self.cost += fee
        self._feed(sent.poorer is Leg.LONG, sent.move_usd - fee)

    def _feed(self, is_long: bool, usd: Decimal) -> None:
        legs = self._facts.legs
        fed = legs.fed(long_usd=usd) if is_long else legs.fed(short_usd=usd)
        self._facts = replace(self._facts, legs=fed)

    def _cut(self, fraction: Decimal) -> None:
        facts, left = self._facts, ONE - fraction
        self.cost += facts.legs.notional_usd * fraction * (COSTS.long + COSTS.short)
        self._facts = replace(
            facts,
            legs=facts.legs.cut(fraction, COSTS),
            long_sol=facts.long_sol * left,
            short_sol=facts.short_sol * left,
        )

    def _seen(self, step: int) -> DefenceFacts:
        self._defended = [each for each in self._defended if each > step - STEPS_A_DAY]
        last = self._defended[-1] if self._defended else None
        rails = None
        if self._policy in {Policy.EQUALISE, Policy.BOTH}:
            rails = Rails(ZERO, ZERO, True, CAPITAL, _MOVE_LEAST, _BRIDGE_USD, ZERO)
        return replace(
            self._facts,
            is_moving=self._sent is not None,
            minutes_since=None if last is None else Decimal((step - last) * _STEP_MINUTES),
            defended_today=len(self._defended),
            rails=rails,
        )

    def _wakes(self, step: int) -> tuple[float, float]:
        """Until the price is where the rule itself says that it will act next."""
        low, high = walls(self._facts)
        is_late = self._policy is Policy.EQUALISE and self._sent is not None
        if self._policy is Policy.NONE or self._busy is not None or is_late:
            return low, high
        facts = self._seen(step)
        if judge(facts, self._thresholds).act is Act.WAIT and self._sent is None:
            # It is near enough, but was defended a moment ago: until that is over.
            self._looks_at = step + _PAUSE_STEPS
        elif facts.defended_today < self._thresholds.daily_max:
            facts = replace(facts, minutes_since=None)
        else:
            self._looks_at = self._defended[0] + STEPS_A_DAY
        for action in next_actions(facts, self._thresholds):
            if action.defence.poorer is Leg.LONG:
                low = max(low, float(action.price))
            else:
                high = min(high, float(action.price))
        return low, high
