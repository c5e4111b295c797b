"""What a cut sets free of one leg is carried to the other, and ends in it, whatever is lost."""

from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import pytest

from asgard_basis.application.trading.wallet_rules import WalletRules
from asgard_basis.application.treasury.moves import Moves
from asgard_basis.domain.decision.card import Verdict
from asgard_basis.domain.errors import ErrorCode, OutcomeUnknown, Refused, Unavailable
from asgard_basis.domain.money import ZERO
from asgard_basis.domain.position.lifecycle import PositionState
from asgard_basis.domain.risk.defence import Act
from asgard_basis.domain.risk.defence_reading import facts_of
from asgard_basis.domain.rulebook import replayed
from asgard_basis.domain.saga.intent import EvmIntent, Intent, PlainIntent
from asgard_basis.domain.saga.outcome import Credited, Transferred
from asgard_basis.domain.saga.step import Journal, Outcome, Perform, Step, StepName
from asgard_basis.domain.treasury.cctp import Chain
from asgard_basis.ports.chains import Landing
from asgard_basis.ports.consents import MoveConsent
from asgard_basis.ports.oversight import AlarmKind
from asgard_basis.ports.rail import (
    Attestation,
    BurnOrder,
    MoneyRoute,
    Payout,
    RailAccount,
    SignedCall,
    SignedWithdrawal,
)
from asgard_basis.ports.repositories import Job, JobKind, JobStatus
from tests.unit.application.test_defend import AIM, NEAR_LONG, NEAR_SHORT, Threatened, defender
from tests.unit.application.world import ADA

D = Decimal


@dataclass
class Purses:
    """The rail in memory, over the pair's own purses; each first answer to a sending is lost."""

    pair: Threatened
    arbitrum: Decimal = ZERO
    owed: Decimal = ZERO
    is_stuck: bool = False
    is_away: bool = False
    is_brought: bool = False
    answers: bool = True
    refuses_burns: bool = False
    refuses_mints: bool = False
    sent: list[str] = field(default_factory=list)
    landed: set[str] = field(default_factory=set)
    _orders: dict[str, tuple[str, Chain, Decimal]] = field(default_factory=dict)

    async def is_open(self, account: Any) -> bool:
        return self.answers

    async def fee_max(self, source: Chain, amount_usdc: Decimal) -> Decimal:
        return D(0)

    async def prepare_allowance(self, account: RailAccount, amount_usdc: Decimal) -> SignedCall:
        return self._signed("allow", Chain.ARBITRUM, amount_usdc)

    async def prepare_burn(self, account: RailAccount, order: BurnOrder) -> SignedCall:
        if self.refuses_burns:
            raise Refused(ErrorCode.INSUFFICIENT_ETH, "no ETH")
        return self._signed("burn", order.source, order.amount_usdc)

    async def attestation(
        self, account: RailAccount, order: BurnOrder, burn_id: str
    ) -> Attestation | None:
        if self.is_away:
            raise Unavailable(ErrorCode.CIRCLE_API, "Circle does not answer")
        if self.is_stuck or burn_id not in self.landed:
            return None
        return Attestation(b"message", b"signed", order.amount_usdc)

    async def prepare_mint(
        self, account: RailAccount, source: Chain, attestation: Attestation
    ) -> SignedCall:
        if self.is_brought:
            raise Refused(ErrorCode.TRANSACTION_FAILED, "nonce already used")
        if self.refuses_mints:
            raise Refused(ErrorCode.INSUFFICIENT_ETH, "no ETH")
        return self._signed("mint", source.other, attestation.minted_usdc)

    async def is_minted(self, source: Chain, attestation: Attestation) -> bool:
        return self.is_brought

    async def send(self, call: SignedCall) -> None:
        if call.id in self.landed:
            return
        self.landed.add(call.id)
        self.sent.append(call.id)
        what, chain, amount = self._orders[call.id]
        if what == "burn":
            self._change(chain, -amount)
            self.owed += amount
        if what == "mint":
            self.owed -= amount
            self._change(chain, amount)
        raise OutcomeUnknown(ErrorCode.ARBITRUM_RPC, "the answer was lost")

    async def landing(self, account: RailAccount, call: SignedCall) -> Landing:
        return Landing.CONFIRMED if call.id in self.landed else Landing.PENDING

    async def network_fee(self, account: RailAccount, call: SignedCall) -> Decimal:
        return D("0.0001")

    async def prepare(self, wallet: Any, amount_usdc: Decimal) -> SignedWithdrawal:
        return SignedWithdrawal(amount_usdc, 77, "0x00")

    async def withdraw(self, wallet: Any, withdrawal: SignedWithdrawal) -> None:
        if "withdraw" not in self.landed:
            self.landed.add("withdraw")
            self.sent.append("withdraw")
            self.pair.free -= withdrawal.amount_usdc
            self.arbitrum += withdrawal.amount_usdc - 1
        raise OutcomeUnknown(ErrorCode.HYPERLIQUID_UNKNOWN, "the answer was lost")

    async def fee_paid(self, wallet: Any, withdrawal: SignedWithdrawal) -> Decimal | None:
        return D(1) if "withdraw" in self.landed else None

    async def block_number(self) -> int:
        return 5

    async def payout(self, wallet: Any, nonce: int, *, from_block: int) -> Payout | None:
        assert (nonce, from_block) == (77, 5)
        return Payout("0xpaid", self.arbitrum)

    async def ensure_wallet(self, context: Any, role: Any) -> None:
        assert context.evm_address
        assert context.solana_address

    async def hands(self, context: Any) -> Any:
        return lambda amount: Deposit(self, amount)

    def bring(self, to: Chain) -> None:
        """Somebody else brings the message."""
        self._change(to, self.owed)
        self.owed = ZERO
        self.is_brought = True

    def _signed(self, what: str, chain: Chain, amount: Decimal) -> SignedCall:
        number = f"{what}-{len(self._orders)}"
        self._orders[number] = (what, chain, amount)
        return SignedCall(chain, number, "0x", 9)

    def _change(self, chain: Chain, amount: Decimal) -> None:
        if chain is Chain.SOLANA:
            self.pair.wallet += amount
        else:
            self.arbitrum += amount


@dataclass
class Withdrawing:
    """The same purses as the port for withdrawals."""

    purses: Purses

    def __getattr__(self, name: str) -> Any:
        return getattr(self.purses, "withdraw" if name == "send" else name)


@dataclass
class Deposit:
    """From Arbitrum to Hyperliquid in memory."""

    purses: Purses
    amount: Decimal

    async def prepare(self, command: Perform, journal: Journal, attempt: int) -> Intent:
        if command.name is StepName.TRANSFER_TO_BRIDGE:
            return EvmIntent("0xdeposit", "0x", 3, self.amount)
        return PlainIntent()

    async def execute(self, step: Step) -> Outcome:
        if step.name is StepName.TRANSFER_TO_BRIDGE:
            self.purses.arbitrum -= self.amount
            return Transferred("0xdeposit", D(0))
        self.purses.pair.free += self.amount
        return Credited(self.amount, self.purses.pair.clock.now())

    async def resolve(self, step: Step) -> Outcome:
        return await self.execute(step)


class Railed(Threatened):
    """The pair where money can be carried between the chains."""

    def __init__(self) -> None:
        super().__init__()
        self.purses = Purses(self)
        self.free = D(0)
        defender(self)._crossing = self.purses.is_open
        route: Any = MoneyRoute(self.purses, Withdrawing(self.purses), self.purses)  # type: ignore[arg-type]
        self.moves = self.moving(route)

    def moving(self, route: MoneyRoute | None) -> Moves:
        world: Any = self.world
        purses: Any = self.purses
        return Moves(
            transactions=self.transactions,
            runner=self.reducing._runner,
            route=route,
            rules=WalletRules(purses),
            perp=world,
            solana=world,
            clock=self.clock,
            feeding=self.reducing,
            depositing=purses,
        )

    async def allow(
        self, per_move: str = "500", per_day: str = "500", *, may_cross: bool = True
    ) -> None:
        consent = MoveConsent(ADA, True, D(per_move), D(per_day), self.clock.host(), may_cross)
        async with self.transactions.for_user(ADA) as work:
            await work.move_consents.save(consent)

    async def of(self, kind: JobKind) -> list[Job]:
        return [job for job in await self.jobs() if job.kind is kind]

    async def ended(self, job: Job) -> None:
        """As the dispatch does."""
        await self.desk.finished(job, None)


@pytest.fixture
def pair() -> Railed:
    return Railed()


@pytest.mark.parametrize("price", [NEAR_LONG, NEAR_SHORT])
async def test_the_pair_is_resized_and_equalised(pair: Railed, price: Decimal) -> None:
    position = await pair.watched()
    await pair.allow()
    pair.moved(price)
    assert await defender(pair).defend(position.id) is Act.EQUALISE
    (cut,), (move,) = await pair.of(JobKind.REDUCE), await pair.of(JobKind.MOVE)
    assert cut.fraction < D("0.3"), "much less than the local cut"
    card = (await pair.cards(position))[0]
    assert card.ruling.verdict is Verdict.REDUCE
    assert replayed(card) == card.ruling
    with pytest.raises(Unavailable, match="the cut"):
        await pair.moves.run(move)
    assert await pair.reducing.run(cut) is None
    money = pair.free + pair.wallet
    assert await pair.moves.run(move) is None
    assert len(pair.purses.sent) == len(set(pair.purses.sent)), "nothing is sent twice"
    fees = 1 if price == NEAR_LONG else 0
    assert pair.free + pair.wallet == money - fees
    assert pair.purses.arbitrum == pair.purses.owed == 0
    await pair.moves.run((await pair.of(JobKind.MOVE))[0])
    (feed,) = [job for job in await pair.of(JobKind.REDUCE) if job.id != cut.id]
    assert await pair.reducing.run(feed) is None
    after, feed, _ = await pair.now(feed)
    assert (after.state, feed.status) == (PositionState.HEDGED, JobStatus.COMPLETED)
    facts = facts_of(await pair.seen(after), pair.snapshot)
    assert facts is not None
    assert min(facts.legs.long_distance, facts.legs.short_distance) > AIM - D("0.015")
    assert facts.long_sol == pytest.approx(facts.short_sol, rel=D("0.005"))


async def test_where_nothing_could_cross_the_cut_is_made_in_full(pair: Railed) -> None:
    position = await pair.watched()
    await pair.allow()
    pair.purses.answers = False
    pair.moved(NEAR_SHORT)
    assert await defender(pair).defend(position.id) is Act.CUT
    card = (await pair.cards(position))[0]
    assert "not available" in str(card.ruling)


async def test_after_a_move_has_failed_none_is_begun_for_a_day(pair: Railed) -> None:
    position = await pair.watched()
    await pair.allow()
    pair.moved(NEAR_SHORT)
    await defender(pair).defend(position.id)
    (cut,), (move,) = await pair.of(JobKind.REDUCE), await pair.of(JobKind.MOVE)
    await pair.reducing.run(cut)
    async with pair.transactions.for_user(ADA) as work:
        await work.jobs.save(replace(move, status=JobStatus.FAILED))
    pair.clock.pass_time(3600)
    pair.moved(pair.price * D("1.12"))
    await pair.seen((await pair.now(cut))[0])
    assert await defender(pair).defend(position.id) in {Act.CUT, Act.HALVE}
    assert len(await pair.of(JobKind.MOVE)) == 1


async def test_leave_that_does_not_name_the_bridge_is_none_for_it(pair: Railed) -> None:
    position = await pair.watched()
    await pair.allow(may_cross=False)
    pair.moved(NEAR_SHORT)
    assert await defender(pair).defend(position.id) is Act.CUT
    card = (await pair.cards(position))[0]
    assert "not allowed by its owner" in str(card.ruling)


async def test_without_leave_nothing_is_carried(pair: Railed) -> None:
    position = await pair.watched()
    pair.moved(NEAR_SHORT)
    assert await defender(pair).defend(position.id) is Act.CUT
    assert not await pair.of(JobKind.MOVE)


async def test_a_stuck_way_holds_nothing_up_but_itself(pair: Railed) -> None:
    position = await pair.watched()
    await pair.allow()
    pair.moved(NEAR_SHORT)
    await defender(pair).defend(position.id)
    (cut,), (move,) = await pair.of(JobKind.REDUCE), await pair.of(JobKind.MOVE)
    await pair.reducing.run(cut)
    position = await pair.seen((await pair.now(cut))[0])
    pair.purses.is_stuck = True
    with pytest.raises(OutcomeUnknown):
        await pair.moves.run(move)
    assert pair.purses.owed > 0
    pair.moved(pair.price * D("1.01"))
    position = await pair.seen(position)
    assert await defender(pair).defend(position.id) in {Act.WAIT, Act.NOTHING}
    pair.moved(pair.price * D("1.13"))
    pair.clock.pass_time(3600)
    await pair.seen(position)
    assert await defender(pair).defend(position.id) in {Act.CUT, Act.HALVE}
    pair.purses.is_stuck = False
    with pytest.raises(Unavailable, match="something else"):
        await pair.moves.run((await pair.of(JobKind.MOVE))[0])
    assert pair.purses.owed == 0


async def test_a_cut_that_failed_has_nothing_carried(pair: Railed) -> None:
    position = await pair.watched()
    await pair.allow()
    pair.moved(NEAR_LONG)
    await defender(pair).defend(position.id)
    (cut,), (move,) = await pair.of(JobKind.REDUCE), await pair.of(JobKind.MOVE)
    async with pair.transactions.for_user(ADA) as work:
        await work.jobs.save(replace(cut, status=JobStatus.FAILED))
    failure = await pair.moves.run(move)
    assert failure is not None
    assert failure.code is ErrorCode.CALLED_OFF
    assert not pair.purses.sent


async def test_money_that_does_not_arrive_is_an_alarm_that_says_where_it_is(
    pair: Railed,
) -> None:
    position = await pair.watched()
    await pair.allow()
    pair.moved(NEAR_LONG)
    await defender(pair).defend(position.id)
    (cut,), (move,) = await pair.of(JobKind.REDUCE), await pair.of(JobKind.MOVE)
    await pair.reducing.run(cut)
    pair.purses.refuses_burns = True
    failure = await pair.moves.run(move)
    assert failure is not None
    assert "are in your wallet on Arbitrum" in failure.message
    async with pair.transactions.for_user(ADA) as work:
        (alarm,) = await work.alarms.unresolved()
    assert alarm.kind is AlarmKind.MONEY_STRANDED
    assert "Arbitrum" in alarm.message
    (view,) = await pair.moves.list(ADA)
    assert (view.place, view.to, view.fees_usdc) == ("on_arbitrum", "long", 1)


async def test_switched_off_it_waits(pair: Railed) -> None:
    position = await pair.watched()
    await pair.allow()
    pair.moved(NEAR_LONG)
    await defender(pair).defend(position.id)
    (move,) = await pair.of(JobKind.MOVE)
    with pytest.raises(Unavailable, match="switched off"):
        await pair.moving(None).run(move)
