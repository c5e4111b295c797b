"""USDC crosses between Hyperliquid and Solana over the real protocols, policies and all.

After every step its answer is thrown away and a performer that knows only the journal looks it up,
as a worker does that takes over.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from privy.lib.authorization import generate_p256_key_pair

from asgard_basis.adapters.arbitrum.cctp import CctpOnArbitrum
from asgard_basis.adapters.arbitrum.chain import RpcArbitrumChain
from asgard_basis.adapters.circle.iris import Iris
from asgard_basis.adapters.circle.rail import CctpRail
from asgard_basis.adapters.http import HttpClient
from asgard_basis.adapters.hyperliquid.venue import HyperliquidPerpVenue
from asgard_basis.adapters.hyperliquid.withdrawals import HyperliquidWithdrawals
from asgard_basis.adapters.privy.policies import PolicyCaps
from asgard_basis.adapters.privy.twinned_signers import (
    PolicyTwin,
    TwinnedEvmSigner,
    TwinnedSolanaSigner,
)
from asgard_basis.adapters.privy.wallets import PrivyWallets
from asgard_basis.adapters.solana.cctp import CctpOnSolana
from asgard_basis.adapters.solana.chain import RpcSolanaChain
from asgard_basis.application.context import UserTradingContext
from asgard_basis.application.treasury.deposits import DepositSteps
from asgard_basis.application.treasury.move_steps import MoveSteps
from asgard_basis.domain.assets import HYPERLIQUID_BRIDGE
from asgard_basis.domain.errors import ErrorCode, OutcomeUnknown, Refused
from asgard_basis.domain.identifiers import EvmAddress, SolanaAddress, UserId
from asgard_basis.domain.saga.move import MovePlan, Place, next_step, whereabouts
from asgard_basis.domain.saga.outcome import Minted
from asgard_basis.domain.saga.step import (
    Finished,
    Journal,
    Leg,
    Outcome,
    Step,
    StepName,
    StepStatus,
)
from asgard_basis.domain.treasury.cctp import Chain
from asgard_basis.ports.rail import BurnOrder, RailAccount
from asgard_basis.ports.venues import PerpTrader
from asgard_basis.ports.wallets import PolicyContext, Wallet, WalletRole
from asgard_paper.arbitrum.anvil import AnvilMissing, find_anvil
from tests.contracts.signers import LocalNonces
from tests.contracts.test_arbitrum_chain import HostTime
from tests.unit.paper.world.running import Running, running

try:
    find_anvil()
except AnvilMissing as missing:
    pytest.skip(str(missing), allow_module_level=True)

USER = UserId("did:privy:mover")
KEY = generate_p256_key_pair().private_key


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("world"), "--seed", "5") as process:
        yield process


class WorldTime(HostTime):
    """Market time as the world has it."""

    def __init__(self, world: Running) -> None:
        self._world = world

    def now(self) -> datetime:
        milliseconds = self._world.control("GET", "clock")["now_ms"]
        return datetime.fromtimestamp(milliseconds / 1000, UTC)


@dataclass
class Mover:
    """A person with wallets, and everything a move needs."""

    world: Running
    account: RailAccount
    rail: CctpRail
    arbitrum: RpcArbitrumChain
    solana: RpcSolanaChain
    perp: HyperliquidPerpVenue
    withdrawals: HyperliquidWithdrawals
    performer: Callable[[MovePlan], MoveSteps]

    async def usdc(self) -> tuple[Decimal, Decimal, Decimal]:
        """On Solana, on Arbitrum, free at Hyperliquid."""
        evm = EvmAddress(self.account.arbitrum.address)
        there = await self.perp.account(evm)
        return (
            (await self.solana.balances(SolanaAddress(self.account.solana.address))).usdc,
            (await self.arbitrum.balances(evm)).usdc,
            there.withdrawable_usdc,
        )

    async def move(self, plan: MovePlan) -> Journal:
        """Carry it out; every answer is lost once and looked up by somebody else."""
        journal = Journal()
        while not isinstance(decision := next_step(plan, journal), Finished):
            intent = await self.performer(plan).prepare(decision, journal, 1)
            at = WorldTime(self.world).now()
            step = Step(decision.name, 1, StepStatus.INTENDED, intent, at)
            first = self.performer(plan)
            first.know(journal)
            with contextlib.suppress(OutcomeUnknown):
                await first.execute(step)
            outcome = await self._looked_up(plan, journal, step)
            done = replace(step, status=StepStatus.DONE, outcome=outcome)
            journal = Journal((*journal.steps, done))
        assert decision == Finished()
        return journal

    async def _looked_up(self, plan: MovePlan, journal: Journal, step: Step) -> Outcome:
        for _ in range(400):
            other = self.performer(plan)
            other.know(journal)
            try:
                return await other.resolve(step)
            except OutcomeUnknown:
                await asyncio.sleep(0.05)
        raise AssertionError(f"{step.name} never became known")


@pytest.fixture
async def mover(world: Running) -> AsyncIterator[Mover]:
    clock = WorldTime(world)
    caps = PolicyCaps(move_usdc=Decimal(25_000))
    async with contextlib.AsyncExitStack() as stack:
        lines = {
            name: await stack.enter_async_context(HttpClient(url, timeout_seconds=20, name=name))
            for name, url in world.urls.items()
        }
        privy = world.ready["privy"]
        custody = PrivyWallets(
            http=lines["privy"], app_id=privy["app_id"], app_secret=privy["app_secret"],
            authorization_key=KEY, quorum_id=None, clock=clock, caps=caps,
        )  # fmt: skip
        wallets = await provisioned(custody)
        twin = PolicyTwin(caps, agent_of(wallets), other_of(wallets))
        evm = TwinnedEvmSigner(custody.evm, twin)
        arbitrum = RpcArbitrumChain(http=lines["arbitrum"], signer=evm, clock=clock)
        sol = TwinnedSolanaSigner(custody.solana, twin)
        end = CctpOnArbitrum(arbitrum)
        rail = CctpRail(
            arbitrum=end,
            solana=CctpOnSolana(http=lines["solana"], clock=clock, signer=sol),
            iris=Iris(lines["circle"]),
        )
        perp = HyperliquidPerpVenue(
            http=lines["hyperliquid"], websocket_url="", signer=evm, nonces=LocalNonces(),
            clock=clock,
        )  # fmt: skip
        account = RailAccount(wallets[WalletRole.EVM], wallets[WalletRole.SOLANA])
        withdrawals = HyperliquidWithdrawals(
            http=lines["hyperliquid"], signer=evm, nonces=LocalNonces(), clock=clock
        )
        trader = PerpTrader(wallets[WalletRole.EVM], wallets[WalletRole.AGENT])
        context = UserTradingContext(USER, wallets[WalletRole.SOLANA], trader)

        def performer(plan: MovePlan) -> MoveSteps:
            def deposit(minted: Minted) -> DepositSteps:
                return DepositSteps(context, minted.amount_usdc, arbitrum, perp)

            return MoveSteps(
                plan, account, rail=rail, withdrawals=withdrawals, payouts=end, clock=clock,
                deposit=deposit,
            )  # fmt: skip

        solana = RpcSolanaChain(http=lines["solana"], clock=clock)
        yield Mover(world, account, rail, arbitrum, solana, perp, withdrawals, performer)


async def provisioned(custody: PrivyWallets) -> dict[WalletRole, Wallet]:
    """All three; the policies of both that move pin each other."""
    wallets: dict[WalletRole, Wallet] = {}
    for role in (WalletRole.SOLANA, WalletRole.AGENT, WalletRole.EVM, WalletRole.SOLANA):
        known = {each: EvmAddress(wallet.address) for each, wallet in wallets.items()}
        solana = wallets.get(WalletRole.SOLANA)
        context = PolicyContext(
            USER,
            SolanaAddress(solana.address) if solana else None,
            known.get(WalletRole.EVM),
            known.get(WalletRole.AGENT),
        )
        wallets[role] = await custody.ensure_wallet(context, role)
    return wallets


def agent_of(wallets: dict[WalletRole, Wallet]) -> "Callable":  # type: ignore[type-arg]
    async def found(_wallet: Wallet) -> EvmAddress | None:
        return EvmAddress(wallets[WalletRole.AGENT].address)

    return found


def other_of(wallets: dict[WalletRole, Wallet]) -> "Callable":  # type: ignore[type-arg]
    async def found(wallet: Wallet) -> str | None:
        is_evm = wallet.role is WalletRole.EVM
        return wallets[WalletRole.SOLANA if is_evm else WalletRole.EVM].address

    return found


def fund(mover: Mover, **wish: str) -> None:
    addresses = {
        "evm_address": mover.account.arbitrum.address,
        "solana_address": mover.account.solana.address,
    }
    mover.world.control("POST", "faucet", addresses | wish)


async def settled(mover: Mover, wanted: tuple[Decimal, Decimal, Decimal]) -> None:
    for _ in range(400):
        if await mover.usdc() == wanted:
            return
        await asyncio.sleep(0.05)
    assert await mover.usdc() == wanted


async def test_there_and_back(mover: Mover) -> None:
    assert await mover.withdrawals.is_open()
    assert not await mover.rail.is_open(mover.account), "nothing there could be received"
    fund(mover, eth="0.05", sol="0.5", usdc_solana="100", usdc_arbitrum="200")
    account = mover.account
    assert await mover.rail.is_open(account)
    sent = await mover.arbitrum.prepare_usdc_transfer(
        account.arbitrum, to=HYPERLIQUID_BRIDGE, amount_usdc=Decimal(200)
    )
    await mover.arbitrum.send(sent)
    await settled(mover, (Decimal(100), Decimal(0), Decimal(200)))

    to_long = MovePlan(Leg.LONG, Decimal(60))
    journal = await mover.move(to_long)
    found = whereabouts(to_long, journal)
    assert (found.place, found.amount_usdc, found.fees_usdc) == (Place.ON_SOLANA, 59, 1)
    assert await mover.usdc() == (159, 0, 140)

    to_short = MovePlan(Leg.SHORT, Decimal(40))
    journal = await mover.move(to_short)
    assert whereabouts(to_short, journal).place is Place.AT_HYPERLIQUID
    assert await mover.usdc() == (119, 0, 180)
    audit = mover.world.control("GET", "audit")
    assert audit["balanced"], audit
    assert mover.world.control("GET", "status")["circle"]["owed"] == "0.000000"


async def test_what_cannot_be_burned_is_refused_before_anything_is_signed(mover: Mover) -> None:
    usdc = (await mover.usdc())[0]
    order = BurnOrder(Chain.SOLANA, usdc + 1, Decimal(0))
    with pytest.raises(Refused) as refused:
        await mover.rail.prepare_burn(mover.account, order)
    assert refused.value.code is ErrorCode.INSUFFICIENT_USDC
    much = await mover.rail.fee_max(Chain.ARBITRUM, Decimal(1000))
    assert much == 0


async def test_a_stuck_service_attests_nothing_until_it_goes_on(mover: Mover) -> None:
    plan = MovePlan(Leg.SHORT, Decimal(20))
    mover.world.control("POST", "scenario", {"name": "bridge_stuck"})
    moving = asyncio.create_task(mover.move(plan))
    await asyncio.sleep(3)
    assert not moving.done()
    assert Decimal(mover.world.control("GET", "status")["circle"]["owed"]) == 20
    mover.world.control("POST", "scenario", {"name": "calm"})
    journal = await moving
    assert [step.name for step in journal.steps].count(StepName.BURN) == 1
    assert mover.world.control("GET", "audit")["balanced"]
