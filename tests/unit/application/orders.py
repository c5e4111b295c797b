"""Ada's standing orders on venues where everything goes well, but what a test says."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from asgard_basis.application.market.rates import RateBoard
from asgard_basis.application.strategy.intent_scanner import IntentScanner
from asgard_basis.application.strategy.intents import IntentWish
from asgard_basis.application.trading.preflight import EntryOrder
from asgard_basis.bootstrap.standing import Standing, standing
from asgard_basis.domain.assets import Asset, LendingProtocol
from asgard_basis.domain.identifiers import IntentId, UserId
from asgard_basis.domain.market.funding import FundingObservation, FundingRate
from asgard_basis.domain.market.snapshot import MarketSnapshot
from asgard_basis.domain.money import Leverage
from asgard_basis.domain.risk.limits import RiskLimits
from asgard_basis.domain.strategy.criteria import EntryCriteria
from asgard_basis.domain.strategy.fees import FeeSchedule
from asgard_basis.domain.strategy.intent import Intent
from asgard_basis.ports.repositories import Event, Job, JobKind
from asgard_basis.ports.wallets import WalletRole
from tests.builders_platform import a_user, a_wallet
from tests.unit.application.pair import PRICE, SNAPSHOT, Pair
from tests.unit.application.world import ADA, START

EARNING, PAYING = Decimal("0.00003"), Decimal("-0.00003")
ORDER = EntryOrder(Asset.SOL, Decimal(1000), Leverage(Decimal(2)), None)
WISH = IntentWish(ORDER, EntryCriteria(min_funding_apr=Decimal("0.05")))


def market(hourly: Decimal = EARNING) -> MarketSnapshot:
    """A calm week at that rate, which goes on in the next hour."""
    end = START.replace(minute=0)
    rate = FundingRate(hourly)
    return replace(
        SNAPSHOT,
        perp=replace(
            SNAPSHOT.perp,
            funding_now=rate,
            premium=hourly * 8 + Decimal("0.0005").copy_sign(hourly),
        ),
        spot_prices={Asset.SOL: PRICE},
        recent_funding=tuple(
            FundingObservation(end - timedelta(hours=n), rate, Decimal(0))
            for n in range(167, -1, -1)
        ),
    )


class Orders(Pair):
    """What writes intents, and what carries them out."""

    def __init__(self) -> None:
        super().__init__()
        self.world.answers["latest"] = lambda: self.fresh(market())
        world: Any = self.world
        board = RateBoard(
            reader=world,
            transactions=self.transactions,
            clock=self.clock,
            limits=RiskLimits(),
            fees=FeeSchedule(),
            enabled=frozenset({LendingProtocol.KAMINO}),
        )
        self._board = board
        self.intents, self.scanner = self._join().intents, self._join().scanner

    def _join(self) -> Standing:
        world: Any = self.world
        return standing(
            transactions=self.transactions,
            reader=world,
            board=self._board,
            fees=FeeSchedule(),
            limits=RiskLimits(),
            gate=self.opening_gate,
            kill_switch=self.kill_switch,
            preflight=world,
            opening=self.opening,
            desk=self.desk,
            clock=self.clock,
        )

    def another_scanner(self) -> IntentScanner:
        """As another process has one."""
        return self._join().scanner

    def fresh(self, snapshot: MarketSnapshot) -> MarketSnapshot:
        """Seen just now."""
        now = self.clock.host()
        return replace(
            snapshot,
            perp=replace(snapshot.perp, observed_at=now),
            lenders=tuple(replace(lender, observed_at=now) for lender in snapshot.lenders),
            spot_observed_at=now,
            funding_observed_at=now,
        )

    def show(self, hourly: Decimal) -> None:
        """From now on the market is like that."""
        self.world.answers["latest"] = lambda: self.fresh(market(hourly))

    async def person(self, user_id: UserId = ADA) -> UserId:
        """Somebody who can trade."""
        async with self.transactions.for_user(user_id) as work:
            await work.users.save(a_user(user_id))
            for role in WalletRole:
                await work.wallets.add(user_id, a_wallet(user_id, role))
        return user_id

    async def written(self, user_id: UserId = ADA, wish: IntentWish = WISH) -> IntentId:
        """An intent of somebody's."""
        await self.person(user_id)
        return IntentId((await self.intents.create(user_id, wish, None)).intent.id)

    async def kept(self, intent_id: IntentId) -> Intent:
        """As it is stored."""
        async with self.transactions.for_system() as work:
            intent = await work.intents.get(intent_id)
        assert intent is not None
        return intent

    async def openings(self) -> list[Job]:
        """Everything that was ever begun."""
        async with self.transactions.for_system() as work:
            return list(await work.jobs.recent(kind=JobKind.OPEN))

    async def worked(self) -> None:
        """What a worker does with the newest opening, to its end."""
        job = (await self.openings())[0]
        await self.desk.finished(job, await self.opening.run(await self.desk.started(job)))

    async def events(self) -> list[Event]:
        """What dashboards are told of intents."""
        async with self.transactions.for_system() as work:
            waiting = await work.outbox.take(1000)
        return [event for _, event in waiting if event.kind == "intent_update"]
