"""What happens to open positions while time passes: interest, and liquidation."""

from dataclasses import dataclass, replace
from decimal import Decimal

from asgard_paper.asgard.health import health_percent, seize
from asgard_paper.asgard.interest import HourRates, accrue
from asgard_paper.asgard.ledger import Ledger
from asgard_paper.asgard.lenders import LENDERS
from asgard_paper.asgard.prices import market_price, rates_of, risk_price
from asgard_paper.asgard.quotes import Holding
from asgard_paper.asgard.records import LIQUIDATED, Liquidation, Position
from asgard_paper.kernel.market import HOUR_MS, Conditions, MarketPath, hour_of

STEPS_MAX = 200
"""Liquidators' steps in one moment: enough to restore any position, or to empty it."""
HOURS_KEPT = 96


@dataclass(frozen=True, slots=True)
class Standing:
    """A position valued at one moment."""

    held: Holding
    price: Decimal
    """USD per collateral token on the market."""
    risk_price: Decimal
    """USD per collateral token as the lender counts it."""
    health: Decimal
    """Percent the collateral may fall before liquidation."""


class Lending:
    """Interest and liquidation over the ledger's open positions.

    Within a tick liquidation is judged on amounts accrued to the last full hour; over a jump
    of time it is judged at every full hour and at the end.
    """

    def __init__(self, market: MarketPath, ledger: Ledger) -> None:
        self._market = market
        self._ledger = ledger
        self._hours: dict[int, Conditions] = {}

    def holding(self, position: Position, now_ms: int) -> Holding:
        """What the position holds and owes at a moment, interest included."""
        collateral, debt = accrue(
            position.collateral,
            position.debt,
            since_ms=position.accrued_to_ms,
            until_ms=now_ms,
            rates_at=lambda hour: self._rates(position, hour),
        )
        return Holding(collateral, debt)

    def standing(self, position: Position, now_ms: int) -> Standing:
        """The position's amounts, prices and health at a moment."""
        now = self._market.at(now_ms)
        terms = LENDERS[position.protocol]
        held = self.holding(position, now_ms)
        counted = risk_price(position.symbol, terms, now)
        value = held.collateral * counted
        health = health_percent(value, held.debt, terms.liquidation_threshold)
        return Standing(held, market_price(position.symbol, now), counted, health)

    def advance(self, now_ms: int) -> None:
        """Accrue every full hour up to now and liquidate whatever is due on the way."""
        active = self._ledger.active()
        if not active:
            return
        first = min(hour_of(position.accrued_to_ms) for position in active) + HOUR_MS
        for hour in range(first, hour_of(now_ms) + 1, HOUR_MS):
            for position in self._ledger.active():
                if position.accrued_to_ms < hour:
                    self._ledger.save(self.accrued(position, hour))
            self._liquidate_all(self._conditions(hour), hour)
        self._liquidate_all(self._market.at(now_ms), now_ms)

    def accrued(self, position: Position, until_ms: int) -> Position:
        """The position with interest booked up to a moment."""
        held = self.holding(position, until_ms)
        return replace(position, collateral=held.collateral, debt=held.debt, accrued_to_ms=until_ms)

    def _liquidate_all(self, now: Conditions, at_ms: int) -> None:
        for position in self._ledger.active():
            if self._is_due(position, now):
                self._liquidate(position, now, at_ms)

    def _is_due(self, position: Position, now: Conditions) -> bool:
        terms = LENDERS[position.protocol]
        counted = risk_price(position.symbol, terms, now)
        limit = position.collateral * counted * terms.liquidation_threshold
        return position.debt > 0 and position.debt >= limit

    def _liquidate(self, position: Position, now: Conditions, at_ms: int) -> None:
        terms = LENDERS[position.protocol]
        price = risk_price(position.symbol, terms, now)
        current = self.accrued(position, max(at_ms, position.accrued_to_ms))
        for _ in range(STEPS_MAX):
            if current.state == LIQUIDATED or not self._is_due(current, now):
                break
            step = seize(current.collateral, current.debt, price=price, terms=terms)
            current = replace(
                current,
                collateral=current.collateral - step.seized,
                debt=current.debt - step.repaid_usdc,
            )
            if current.collateral <= 0:
                current = replace(current, state=LIQUIDATED, closed_ms=at_ms)
            event = Liquidation(
                id=len(self._ledger.liquidations) + 1,
                pda=position.pda,
                owner=position.owner,
                protocol=position.protocol,
                symbol=position.symbol,
                at_ms=at_ms,
                price=price,
                repaid_usdc=step.repaid_usdc,
                seized=step.seized,
                collateral_left=current.collateral,
                debt_left=current.debt,
            )
            self._ledger.add_liquidation(event)
        self._ledger.save(current)

    def _rates(self, position: Position, hour_ms: int) -> HourRates:
        terms = LENDERS[position.protocol]
        return rates_of(position.symbol, terms, self._conditions(hour_ms))

    def _conditions(self, hour_ms: int) -> Conditions:
        known = self._hours.get(hour_ms)
        if known is None:
            known = self._hours[hour_ms] = self._market.at(hour_ms)
            while len(self._hours) > HOURS_KEPT:
                del self._hours[next(iter(self._hours))]
        return known
