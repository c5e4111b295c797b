"""Many people with one pair each, and venues that know nothing but them."""

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from asgard_basis.domain.assets import Asset, LendingProtocol
from asgard_basis.domain.identifiers import EvmAddress, JobId, PositionId, UserId, WalletId
from asgard_basis.domain.market.funding import FundingPayment, FundingRate
from asgard_basis.domain.market.rates import AnnualYield, HealthFactor
from asgard_basis.domain.market.snapshot import LenderMarket, MarketSnapshot, PerpMarket
from asgard_basis.domain.position.legs import LongState, OrderResult, PerpPosition
from asgard_basis.domain.position.lifecycle import PositionState
from asgard_basis.domain.position.position import (
    LegObservation,
    LongRecord,
    Position,
    ShortRecord,
)
from asgard_basis.domain.saga.outcome import OrderDone
from asgard_basis.domain.saga.step import PlainIntent, Step, StepName, StepStatus
from asgard_basis.ports.repositories import Job, JobKind, JobStatus, User
from asgard_basis.ports.unit_of_work import Transactions
from asgard_basis.ports.wallets import Wallet, WalletRole

BEGAN = datetime(2025, 6, 1, 12, 5, tzinfo=UTC)
PRICE, SIZE, MARGIN = Decimal(170), Decimal(6), Decimal(480)
SAFE_DEBT = SIZE * PRICE / 2
NEAR_DEBT = SIZE * PRICE * Decimal("0.66")
"""Not to be defended yet, but soon, where the lender's threshold is four fifths."""


def market(price: Decimal, at: datetime) -> MarketSnapshot:
    """Everything the same but the price."""
    perp = PerpMarket(
        mark_price=price,
        oracle_price=price,
        mid_price=price,
        premium=Decimal(0),
        funding_now=FundingRate(Decimal("0.0000125")),
        open_interest_sol=Decimal(10**6),
        max_leverage=20,
        size_decimals=2,
        observed_at=at,
    )
    lender = LenderMarket(
        protocol=LendingProtocol.KAMINO,
        asset=Asset.SOL,
        collateral_supply=AnnualYield(Decimal("0.01")),
        usdc_borrow=AnnualYield(Decimal("0.05")),
        max_leverage=Decimal(4),
        borrow_capacity_usdc=Decimal(10**7),
        is_active=True,
        collateral_bank="bank-a",
        debt_bank="bank-b",
        liquidation_threshold=Decimal("0.8"),
        observed_at=at,
    )
    return MarketSnapshot(taken_at=at, perp=perp, lenders=(lender,))


def address(user_id: UserId) -> EvmAddress:
    """Of the user's account."""
    return EvmAddress(f"0x{user_id}")


def pair_of(user_id: UserId, *, debt: Decimal = SAFE_DEBT) -> Position:
    """A hedged pair, opened three hours before `BEGAN` and observed once."""
    opened = BEGAN - timedelta(hours=3)
    return Position(
        id=PositionId(f"p-{user_id}"),
        user_id=user_id,
        asset=Asset.SOL,
        protocol=LendingProtocol.KAMINO,
        state=PositionState.HEDGED,
        size_usd=Decimal(1000),
        leverage=Decimal(2),
        requested_at=opened,
        hedged_at=opened,
        long=LongRecord(
            position_key=f"key-{user_id}",
            collateral_bought=SIZE,
            usdc_spent=SIZE * PRICE - debt,
            debt_opened=debt,
            redemption_opened=Decimal(1),
            oracle_opened=PRICE,
            cost_usd=Decimal(1),
            network_fee_usd=Decimal(1),
            fee_usdc=Decimal(1),
        ),
        short=ShortRecord(SIZE, PRICE, MARGIN, Decimal("0.4"), Decimal(0)),
        observation=LegObservation(
            collateral=SIZE,
            debt_usdc=debt,
            health=None,
            account_signed_size=-SIZE,
            isolated_raw_usd=MARGIN + SIZE * PRICE,
            liquidation_price_short=Decimal(240),
            margin_usdc=MARGIN,
            observed_at=BEGAN,
        ),
    )


async def settle_in(transactions: Transactions, pairs: Sequence[Position]) -> None:
    """Everybody with wallets, a pair, and the journal that opened its short."""
    for pair in pairs:
        user_id, at = pair.user_id, pair.requested_at
        filled = OrderDone(OrderResult(1, SIZE, PRICE, "filled"), Decimal("0.4"), filled_at=at)
        step = Step(StepName.OPEN_SHORT, 1, StepStatus.DONE, PlainIntent(), at, filled, at)
        job = Job(
            JobId(f"j-{user_id}"), user_id, JobKind.OPEN, JobStatus.COMPLETED, at,
            position_id=pair.id,
        )  # fmt: skip
        async with transactions.for_user(user_id) as work:
            await work.users.save(User(user_id, None, at, at))
            for role in WalletRole:
                own = address(user_id) if role is WalletRole.EVM else f"{role}-{user_id}"
                wallet = Wallet(WalletId(f"{role}-{user_id}"), role, own, "policy")
                await work.wallets.add(user_id, wallet)
            await work.positions.add(pair)
            await work.jobs.add(job)
            await work.journals.intend(
                job.id, user_id, replace(step, status=StepStatus.INTENDED, outcome=None)
            )
            await work.journals.conclude(job.id, step)


async def _at_once(_name: str) -> None:
    return None


class Venues:
    """Both venues and the market's store, for people of `pair_of`; each answer is a new one.

    `before` is awaited before each answer, with the name of what was asked.
    """

    def __init__(
        self,
        now: Callable[[], datetime],
        *,
        host: Callable[[], datetime] | None = None,
        before: Callable[[str], Awaitable[None]] = _at_once,
        debts: dict[str, Decimal] | None = None,
    ) -> None:
        self.now = now
        self.host = host or now
        self.before = before
        self.debts = debts or {}
        self.calls: Counter[str] = Counter()
        self.read_at: dict[EvmAddress, list[datetime]] = {}
        self.price = PRICE

    async def _asked(self, name: str) -> None:
        self.calls[name] += 1
        await self.before(name)

    async def position(self, of: EvmAddress) -> PerpPosition:
        """The short, whose margin is never twice the same."""
        await self._asked("position")
        self.read_at.setdefault(of, []).append(self.host())
        margin = MARGIN + SIZE * (PRICE - self.price) + Decimal(self.calls["position"]) / 10**6
        return PerpPosition(
            signed_size=-SIZE,
            entry_price=PRICE,
            mark_value_usd=SIZE * self.price,
            margin_usdc=margin,
            isolated_raw_usd=MARGIN + SIZE * PRICE,
            unrealised_usd=SIZE * (PRICE - self.price),
            liquidation_price=Decimal(240),
            leverage=3,
            is_isolated=True,
        )

    async def funding_payments(
        self, _of: EvmAddress, *, since: datetime
    ) -> Sequence[FundingPayment]:
        """One for each full hour."""
        await self._asked("funding_payments")
        hour = since.replace(minute=0, second=0, microsecond=0)
        if hour < since:
            hour += timedelta(hours=1)
        rate, found = FundingRate(Decimal("0.0000125")), []
        while hour <= self.now():
            found.append(FundingPayment(hour, Decimal("0.0127"), -SIZE, rate))
            hour += timedelta(hours=1)
        return found

    async def state(self, position_key: str, **_named: Any) -> LongState:
        """The long, observed now."""
        await self._asked("state")
        return LongState(
            position_key=position_key,
            protocol=LendingProtocol.KAMINO,
            asset=Asset.SOL,
            collateral=SIZE,
            debt_usdc=self.debts.get(position_key, SAFE_DEBT),
            health=HealthFactor(Decimal("0.375")),
            observed_at=self.host(),
        )

    async def latest(self) -> MarketSnapshot:
        """The market at the present price."""
        return market(self.price, self.host())

    async def settle(self, _user_id: UserId) -> None:
        """What a closer look asks of Hyperliquid: an account, both sides of it."""
        for _ in range(2):
            await self._asked("closer")
