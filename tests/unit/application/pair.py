"""One pair on venues where everything goes well, but what a test says."""

import itertools
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from asgard_basis.adapters.memory.kill_flag import MemoryKillFlag
from asgard_basis.adapters.memory.unit_of_work import MemoryTransactions
from asgard_basis.application.operations.jobs import JobDesk
from asgard_basis.application.operations.kill_switch import KillSwitch
from asgard_basis.application.operations.oversight import OverseenTransactions
from asgard_basis.application.operations.pause import PauseControl
from asgard_basis.application.trading.close_all import CloseAll
from asgard_basis.application.trading.close_position import ClosePosition
from asgard_basis.application.trading.emergency_stop import EmergencyStop
from asgard_basis.application.trading.lone_legs import LoneLegs
from asgard_basis.application.trading.open_position import OpenPosition
from asgard_basis.application.trading.opening_gate import OpeningGate
from asgard_basis.application.trading.pair_factory import PairFactory
from asgard_basis.application.trading.position_book import PositionBook
from asgard_basis.application.trading.reduce_position import ReducePosition
from asgard_basis.application.trading.saga_runner import SagaRunner
from asgard_basis.application.trading.wallet_rules import WalletRules
from asgard_basis.domain.assets import Asset, LendingProtocol
from asgard_basis.domain.errors import DomainError
from asgard_basis.domain.market.funding import FundingRate
from asgard_basis.domain.market.rates import AnnualYield, HealthFactor
from asgard_basis.domain.market.snapshot import LenderMarket, MarketSnapshot, PerpMarket
from asgard_basis.domain.position.legs import (
    LongState,
    OrderResult,
    PerpAccount,
    PerpFill,
    PerpPosition,
)
from asgard_basis.domain.position.lifecycle import PositionState
from asgard_basis.domain.position.position import Position
from asgard_basis.domain.risk.limits import RiskLimits
from asgard_basis.domain.saga.entry import EntryPlan
from asgard_basis.domain.saga.step import Journal
from asgard_basis.domain.strategy.fees import FeeSchedule
from asgard_basis.ports.chains import Landing, SolanaBalances, WalletChange
from asgard_basis.ports.repositories import Job, JobKind
from asgard_basis.ports.venues import ActionNonce, LongPosition, PerpOrder, SignedSubmission
from asgard_basis.ports.wallets import WalletRole
from tests.builders_platform import MOMENT, a_job, a_long, a_position, a_short, a_user, a_wallet
from tests.unit.application.world import ADA, START, Outside, StillClock
from tests.unit.domain.strategy.test_checks import FACTS

PRICE = Decimal(170)
PLAN = EntryPlan(
    collateral_usdc=Decimal("540.25"),
    long_leverage=Decimal(2),
    short_margin_usdc=Decimal("459.75"),
    short_leverage=3,
    size_step=Decimal("0.01"),
    min_order_usd=Decimal(10),
    reference_price=PRICE,
)
PERP = PerpMarket(
    mark_price=PRICE,
    oracle_price=PRICE,
    mid_price=PRICE,
    premium=Decimal(0),
    funding_now=FundingRate(Decimal("0.00001")),
    open_interest_sol=Decimal(1000),
    max_leverage=20,
    size_decimals=2,
    observed_at=START,
)
LENDER = LenderMarket(
    protocol=LendingProtocol.KAMINO,
    asset=Asset.SOL,
    collateral_supply=AnnualYield(Decimal("0.01")),
    usdc_borrow=AnnualYield(Decimal("0.05")),
    max_leverage=Decimal(4),
    borrow_capacity_usdc=Decimal(10**6),
    is_active=True,
    collateral_bank="bank-a",
    debt_bank="bank-b",
    liquidation_threshold=Decimal("0.8"),
    observed_at=START,
)
SNAPSHOT = MarketSnapshot(taken_at=START, perp=PERP, lenders=(LENDER,))
STATE = LongState(
    "key",
    LendingProtocol.KAMINO,
    Asset.SOL,
    Decimal("6.12"),
    Decimal(540),
    HealthFactor(Decimal("0.37")),
    MOMENT,
)


def report(failure: DomainError | None = None, *, taker: str = "0.00045") -> Any:
    """What a preflight says; passed, it leads to PLAN for an account with that fee."""
    fees = FeeSchedule(perp_taker=Decimal(taker))
    fee = Decimal("6.12") * PRICE * FeeSchedule().perp_taker
    split = SimpleNamespace(
        collateral_usdc=PLAN.collateral_usdc,
        margin_usdc=PLAN.short_margin_usdc + fee,
        short_sol=Decimal("6.12"),
        venue_leverage=PLAN.short_leverage,
    )
    return SimpleNamespace(
        passed=failure is None,
        is_known=True,
        checks=(),
        first_failure=lambda: failure,
        lender=LENDER,
        priced=SimpleNamespace(split=split),
        snapshot=SNAPSHOT,
        fees=fees,
        facts=FACTS,
    )


class Pair:
    """Ada's account on both venues, with the use cases that trade there."""

    def __init__(self) -> None:
        self.clock = StillClock()
        self.transactions = OverseenTransactions(MemoryTransactions(), self.clock)
        self.sold_short = Decimal(0)
        self.free = Decimal(1000)
        self.margin_usdc = Decimal(0)
        self.fills: list[PerpFill] = []
        self.signed = 0
        self.numbers = 0
        self._blocks = itertools.count(1)
        self.world = Outside(
            latest=SNAPSHOT,
            check=report(),
            market=PERP,
            lst_markets={},
            approve_agent=None,
            set_isolated_leverage=None,
            prepare_open=lambda *_: self._submission(),
            prepare_close=lambda *_, **__: self._submission(),
            submit_open=None,
            submit_close=None,
            landing=Landing.CONFIRMED,
            wallet_change=WalletChange(Decimal("-0.01"), Decimal(-540), Decimal("0.00001")),
            positions=lambda *_: [self.listed()],
            state=STATE,
            block_height=lambda: next(self._blocks),
            spot_prices={Asset.SOL: PRICE},
            balances=lambda *_: SolanaBalances(Decimal(1), Decimal(0), {}),
            open_fill=None,
            reserve_nonce=lambda *_: self._nonce(),
            void=True,
            place=self._place,
            find_order=None,
            fills=lambda _address, *, since: [f for f in self.fills if f.time >= since],
            account=lambda *_: self.account(),
            add_margin=self._add_margin,
            funding_payments=[],
        )
        desk = JobDesk(self.transactions, self.clock)
        world: Any = self.world
        common: dict[str, Any] = {
            "transactions": self.transactions,
            "desk": desk,
            "runner": SagaRunner(transactions=self.transactions, clock=self.clock),
            "pairs": PairFactory(
                perp=world,
                margin=world,
                chain=world,
                reader=world,
                clock=self.clock,
                limits=RiskLimits(),
            ),
            "book": PositionBook(
                transactions=self.transactions, perp=world, margin=world, clock=self.clock
            ),
            "clock": self.clock,
        }
        self.desk = desk
        self.flag = MemoryKillFlag()
        self.kill_switch = KillSwitch(
            transactions=self.transactions, flag=self.flag, clock=self.clock
        )
        self.opening_gate = OpeningGate(
            transactions=self.transactions,
            kill_switch=self.kill_switch,
            clock=self.clock,
            limits=RiskLimits(),
        )
        self.opening = OpenPosition(
            **common,
            preflight=world,
            gate=self.opening_gate,
            rules=WalletRules(world),
            limits=RiskLimits(),
        )
        alone = LoneLegs(
            transactions=self.transactions,
            runner=common["runner"],
            pairs=common["pairs"],
            perp=world,
            margin=world,
            solana=world,
            reader=world,
            clock=self.clock,
            limits=RiskLimits(),
            fees=FeeSchedule(),
            ids=desk.fresh_id,
        )
        self.closing = ClosePosition(**common, alone=alone)
        self.reducing = ReducePosition(**common, alone=alone, limits=RiskLimits())
        self.pauses = PauseControl(self.transactions, self.clock)
        self.close_all = CloseAll(transactions=self.transactions, closing=self.closing)
        self.stop = EmergencyStop(
            transactions=self.transactions, pauses=self.pauses, close_all=self.close_all
        )

    def listed(self, *, is_open: bool = True) -> LongPosition:
        return LongPosition(
            "key",
            LendingProtocol.KAMINO,
            Asset.SOL,
            is_open,
            f"sig-{self.signed}",  # type: ignore[arg-type]
            None,
        )

    def account(self) -> PerpAccount:
        held = None
        if self.sold_short:
            held = PerpPosition(
                signed_size=-self.sold_short,
                entry_price=PRICE,
                mark_value_usd=self.sold_short * PRICE,
                margin_usdc=self.margin_usdc,
                isolated_raw_usd=self.margin_usdc + self.sold_short * PRICE,
                unrealised_usd=Decimal(0),
                liquidation_price=Decimal(220),
                leverage=3,
                is_isolated=True,
            )
        return PerpAccount(
            self.free + self.margin_usdc, self.free, held, Decimal(0), "default", MOMENT, True
        )

    async def hedged(self) -> Position:
        """A pair that was opened a while ago, without the journal of its opening."""
        self.sold_short = a_short().size
        self.margin_usdc = Decimal("459.75")
        return await self.added(
            replace(
                a_position(ADA),
                state=PositionState.HEDGED,
                long=replace(a_long(), position_key="key", redemption_opened=Decimal(1)),
                short=a_short(),
            )
        )

    async def open_job(self) -> Job:
        """An opening whose plan is made."""
        position = await self.added(a_position(ADA))
        return await self.job(JobKind.OPEN, position, plan=PLAN)

    async def job(self, kind: JobKind, position: Position, *, key: str = "j", **more: Any) -> Job:
        job = replace(a_job(ADA, key=key, kind=kind, position_id=position.id), **more)
        async with self.transactions.for_user(ADA) as work:
            await work.jobs.add(job)
        return job

    async def now(self, job: Job) -> tuple[Position, Job, Journal]:
        async with self.transactions.for_user(ADA) as work:
            assert job.position_id is not None
            position = await work.positions.get(job.position_id)
            found = await work.jobs.get(job.id)
            journal = await work.journals.of_job(job.id)
        assert position is not None
        assert found is not None
        return position, found, journal

    def flat_by_venue(self, price: str, *, fee: str = "1") -> None:
        """The venue buys the whole short back by itself, without an order of ours."""
        at = self.clock.now()
        self.fills.append(
            PerpFill(
                99, 99, None, Decimal(price), self.sold_short, True, Decimal(fee), Decimal(0), at
            )
        )
        self.sold_short = self.margin_usdc = Decimal(0)

    async def added(self, position: Position) -> Position:
        async with self.transactions.for_user(ADA) as work:
            await work.users.save(a_user(ADA))
            for role in WalletRole:
                await work.wallets.add(ADA, a_wallet("ada", role))
            await work.positions.add(position)
        return position

    def _submission(self) -> SignedSubmission:
        self.signed += 1
        return SignedSubmission(f"sig-{self.signed}", ("tx",), "{}", 100, None)  # type: ignore[arg-type]

    def _nonce(self) -> ActionNonce:
        self.numbers += 1
        return ActionNonce(self.numbers, 0)

    def _place(self, _trader: Any, order: PerpOrder, _nonce: Any) -> OrderResult:
        size = order.size
        if order.reduce_only:
            if self.sold_short == 0:
                return OrderResult(None, Decimal(0), None, "reduceOnlyRejected", "nothing")
            size = min(size, self.sold_short)
        self.sold_short += -size if order.is_buy else size
        number = len(self.fills) + 1
        at = self.clock.now() + timedelta(milliseconds=1)
        self.fills.append(
            PerpFill(
                number,
                number,
                order.client_order_id,
                PRICE,
                size,
                order.is_buy,
                Decimal("0.4"),
                Decimal(0),
                at,
            )
        )
        self.margin_usdc = self.sold_short * PRICE / 3
        return OrderResult(number, size, PRICE, "filled")

    def _add_margin(self, _trader: Any, amount: Decimal, _nonce: Any) -> None:
        self.margin_usdc += amount
        self.free -= amount
