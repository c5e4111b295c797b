"""Asking the venue that answers how its leg stands, while the other venue does not."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from asgard_basis.application.context import UserTradingContext
from asgard_basis.application.operations.waiting import WAITING_SINCE
from asgard_basis.application.trading.pair_factory import PairFactory
from asgard_basis.application.trading.preflight import known
from asgard_basis.application.trading.reachability import HYPERLIQUID
from asgard_basis.domain.market.snapshot import MarketSnapshot
from asgard_basis.domain.money import ONE, ZERO
from asgard_basis.domain.position.legs import PerpAccount
from asgard_basis.domain.position.observing import observed
from asgard_basis.domain.position.position import Position
from asgard_basis.domain.risk.defence import Leg
from asgard_basis.domain.risk.defence_reading import SELLS_PARTS
from asgard_basis.domain.risk.distances import PairLegs
from asgard_basis.domain.risk.lone_leg import LoneFacts
from asgard_basis.domain.saga.step import Leg as StepLeg
from asgard_basis.ports.chains import SolanaChain
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.repositories import Job
from asgard_basis.ports.venues import MarginVenue, PerpVenue


class LoneLooks:
    """Looks; changes nothing."""

    def __init__(
        self,
        *,
        perp: PerpVenue,
        margin: MarginVenue,
        solana: SolanaChain,
        pairs: PairFactory,
        clock: Clock,
    ) -> None:
        self._perp = perp
        self._margin = margin
        self._solana = solana
        self._pairs = pairs
        self._clock = clock

    async def facts(
        self,
        context: UserTradingContext,
        job: Job,
        left: Position,
        silent: str,
        snapshot: MarketSnapshot,
    ) -> LoneFacts | None:
        """The leg as its venue states it now; None when that cannot be asked either."""
        since = job.details.get(WAITING_SINCE)
        waited = self._clock.now() - datetime.fromisoformat(since) if since else timedelta()
        seconds = int(waited.total_seconds() / max(1.0, self._clock.speed))
        if silent == HYPERLIQUID:
            return await self._long_facts(context, left, snapshot, seconds)
        return await self._short_facts(context, left, snapshot, silent, seconds)

    async def _short_facts(
        self,
        context: UserTradingContext,
        left: Position,
        snapshot: MarketSnapshot,
        silent: str,
        seconds: int,
    ) -> LoneFacts | None:
        account = await known(self._perp.account(context.evm_address))
        terms = await known(self._pairs.leaving.short_terms())
        if account is None or account.position is None or terms is None or left.short is None:
            return None
        held = max(ZERO, -account.position.signed_size)
        size = min(left.short.size, held)
        if size <= 0:
            return None
        price = terms.mark_price
        return LoneFacts(
            leg=Leg.SHORT,
            away=silent,
            away_seconds=seconds,
            price=price,
            size_sol=size,
            legs=PairLegs(
                value_usd=ZERO,
                debt_usd=ZERO,
                threshold=ONE,
                notional_usd=size * price,
                margin_usd=_equity(account, price) * size / held,
                maintenance=snapshot.perp.maintenance_fraction,
            ),
            stated_health=None,
            free_usd=account.withdrawable_usdc,
        )

    async def _long_facts(
        self, context: UserTradingContext, left: Position, snapshot: MarketSnapshot, seconds: int
    ) -> LoneFacts | None:
        if left.long is None:
            return None
        asking = self._margin.state(
            left.long.position_key, protocol=left.protocol, asset=left.asset
        )
        state = await known(asking)
        prices = await known(self._pairs.leaving.prices(left.asset))
        if state is None or prices is None:
            return None
        wallet = await known(self._solana.balances(context.solana_address))
        sol = state.collateral * prices.redemption_rate
        value = sol * prices.oracle_price
        lender = snapshot.lender(left.protocol, left.asset)
        threshold = (lender.liquidation_threshold if lender else None) or ONE
        health = None if state.health is None else state.health.value
        if health is not None and value > 0 and health < 1:
            threshold = min(threshold, state.debt_usdc / value / (ONE - health))
        return LoneFacts(
            leg=Leg.LONG,
            away=HYPERLIQUID,
            away_seconds=seconds,
            price=prices.oracle_price,
            size_sol=sol,
            legs=PairLegs(value, state.debt_usdc, threshold or ONE, ZERO, ZERO, ZERO),
            stated_health=health,
            free_usd=wallet.usdc if wallet else ZERO,
            sells_parts=left.protocol in SELLS_PARTS,
        )

    async def seen(
        self, context: UserTradingContext, position: Position, leg: StepLeg
    ) -> Callable[[Position], Position] | None:
        """What notes the leg as it is now, beside its fellow as known; None: nobody says."""
        if leg is StepLeg.SHORT:
            account = await known(self._perp.account(context.evm_address))
            if account is None:
                return None
            return lambda p: replace(p, observation=observed(account.position, None, p.observation))
        if position.long is None:
            return None
        key = position.long.position_key
        asking = self._margin.state(key, protocol=position.protocol, asset=position.asset)
        state = await known(asking)
        if state is None:
            return None
        return lambda p: replace(
            p,
            observation=p.observation
            and replace(
                p.observation,
                collateral=state.collateral,
                debt_usdc=state.debt_usdc,
                health=state.health,
                observed_at=state.observed_at,
            ),
        )


def _equity(account: PerpAccount, price: Decimal) -> Decimal:
    """Behind the account's short at that price."""
    held = account.position
    if held is None:
        return ZERO
    if held.isolated_raw_usd is None:
        return held.margin_usdc
    return held.isolated_raw_usd - abs(held.signed_size) * price
