"""What every Arbitrum behind the port must do: over a real EVM, and in memory."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Union

import pytest
import uvicorn
from eth_utils.crypto import keccak

from asgard_basis.adapters.arbitrum.chain import RpcArbitrumChain
from asgard_basis.adapters.http import HttpClient
from asgard_basis.adapters.memory.arbitrum import ArbitrumLedger, MemoryArbitrumChain
from asgard_basis.domain.assets import HYPERLIQUID_BRIDGE, USDC_ARBITRUM
from asgard_basis.domain.errors import DomainError, ErrorCode, Refused
from asgard_basis.domain.identifiers import EvmAddress, TransactionHash
from asgard_basis.ports.chains import Landing, SignedTransfer
from asgard_basis.ports.wallets import Wallet, WalletRole
from asgard_paper.arbitrum.anvil import AnvilMissing, find_anvil
from asgard_paper.arbitrum.chain import ArbitrumChain, BridgeTransfer
from asgard_paper.arbitrum.rpc import LOGGED_BLOCKS_MAX, create_app
from asgard_paper.kernel.store import MemoryStore
from tests.contracts.signers import LocalEvmSigner

FRIEND = EvmAddress("0x" + "f1" * 20)
ETH = 10**18
Chain = RpcArbitrumChain | MemoryArbitrumChain
Paper = Union["ArbitrumChain", "MemoryPaper"]


class HostTime:
    """A clock for a chain that has none but the host's."""

    speed = 1.0

    def now(self) -> datetime:
        return datetime.now(UTC)

    def host(self) -> datetime:
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class MemoryPaper:
    """The ledger in memory, as a test speaks to the paper chain; a block every 20 ms."""

    def __init__(self) -> None:
        self.ledger = ArbitrumLedger()

    async def fund_eth(self, address: str, wei: int) -> None:
        self.ledger.fund_eth(address, wei)

    async def mint_usdc(self, address: str, native: int) -> None:
        self.ledger.mint_usdc(address, native)

    async def block_number(self) -> int:
        return len(self.ledger.mined)

    async def bridge_transfers(self, first: int) -> list[BridgeTransfer]:
        return [
            BridgeTransfer(mined.sender, mined.amount, mined.hash, 0, number)
            for number, mined in enumerate(self.ledger.mined.values(), start=1)
            if number >= first and mined.succeeded and mined.recipient == HYPERLIQUID_BRIDGE
        ]

    async def mine_for_ever(self) -> None:
        while True:
            self.ledger.mine()
            await asyncio.sleep(0.02)


@pytest.fixture
def signer() -> LocalEvmSigner:
    return LocalEvmSigner()


@pytest.fixture(params=["evm", "memory"])
async def both(
    request: pytest.FixtureRequest, signer: LocalEvmSigner
) -> AsyncIterator[tuple[Chain, Paper]]:
    """A fresh chain and the adapter over it; the EVM is skipped, saying so, where it is missing."""
    if request.param == "memory":
        paper = MemoryPaper()
        mining = asyncio.create_task(paper.mine_for_ever())
        yield MemoryArbitrumChain(paper.ledger, signer=signer), paper
        mining.cancel()
        return
    try:
        find_anvil()
    except AnvilMissing as missing:
        pytest.skip(str(missing))
    world = ArbitrumChain(store=MemoryStore(), block_ms=20)
    await world.start()
    async with served(world) as url, HttpClient(url, timeout_seconds=10, name="arbitrum") as http:
        yield RpcArbitrumChain(http=http, signer=signer, clock=HostTime()), world
    await world.stop()


@asynccontextmanager
async def served(
    world: ArbitrumChain, *, logged_blocks_max: int = LOGGED_BLOCKS_MAX
) -> AsyncIterator[str]:
    """The chain's endpoint, served from this very loop, in which it lives."""
    server = uvicorn.Server(
        uvicorn.Config(create_app(world, logged_blocks_max=logged_blocks_max), log_level="warning")
    )
    with socket.create_server(("127.0.0.1", 0)) as listening:
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/rpc/key"
        server.should_exit = True
        await serving


@pytest.fixture
def chain(both: tuple[Chain, Paper]) -> Chain:
    return both[0]


@pytest.fixture
def paper(both: tuple[Chain, Paper]) -> Paper:
    return both[1]


@pytest.fixture
async def wallet(paper: Paper, signer: LocalEvmSigner) -> Wallet:
    """A wallet with 1000 USDC and a hundredth of an ether."""
    wallet = signer.wallet(WalletRole.EVM, seed=41)
    await paper.fund_eth(wallet.address, ETH // 100)
    await paper.mint_usdc(wallet.address, 1000 * 10**6)
    return wallet


async def landed(chain: Chain, transfer: SignedTransfer, wallet: Wallet) -> Landing:
    """What became of it once the chain has decided."""
    while True:
        landing = await chain.landing(transfer, sender=EvmAddress(wallet.address))
        if landing is not Landing.PENDING:
            return landing
        await asyncio.sleep(0.02)


async def test_balances_are_what_is_there(chain: Chain, wallet: Wallet) -> None:
    held = await chain.balances(EvmAddress(wallet.address))
    assert (held.usdc, held.eth) == (Decimal(1000), Decimal("0.01"))
    nothing = await chain.balances(FRIEND)
    assert (nothing.usdc, nothing.eth) == (0, 0)


async def test_a_transfer_arrives_once_and_costs_what_it_says(chain: Chain, wallet: Wallet) -> None:
    ceiling = await chain.transfer_fee_eth()
    prepared = await chain.prepare_usdc_transfer(
        wallet, to=FRIEND, amount_usdc=Decimal("250.123456")
    )
    assert await chain.landing(prepared, sender=EvmAddress(wallet.address)) is Landing.PENDING
    assert await chain.fee_paid_eth(prepared.hash) is None
    await chain.send(prepared)
    await chain.send(prepared)
    assert await landed(chain, prepared, wallet) is Landing.CONFIRMED
    await chain.send(prepared)

    assert (await chain.balances(FRIEND)).usdc == Decimal("250.123456")
    left = await chain.balances(EvmAddress(wallet.address))
    assert left.usdc == Decimal(1000) - Decimal("250.123456")
    fee = await chain.fee_paid_eth(prepared.hash)
    assert fee is not None
    assert left.eth == Decimal("0.01") - fee
    assert 0 < fee < ceiling


async def test_a_deposit_reaches_the_bridge_from_the_wallet_itself(
    chain: Chain, paper: Paper, wallet: Wallet
) -> None:
    before = await paper.block_number()
    deposit = await chain.prepare_usdc_transfer(
        wallet, to=HYPERLIQUID_BRIDGE, amount_usdc=Decimal(5)
    )
    await chain.send(deposit)
    assert await landed(chain, deposit, wallet) is Landing.CONFIRMED
    (seen,) = await paper.bridge_transfers(before + 1)
    assert (seen.sender.lower(), seen.amount) == (wallet.address, 5_000_000)
    assert seen.transaction_hash == deposit.hash


async def test_a_deposit_that_would_be_lost_is_refused(chain: Chain, wallet: Wallet) -> None:
    with pytest.raises(Refused) as caught:
        await chain.prepare_usdc_transfer(
            wallet, to=HYPERLIQUID_BRIDGE, amount_usdc=Decimal("4.99")
        )
    assert caught.value.code is ErrorCode.DEPOSIT_TOO_SMALL


async def test_without_enough_usdc_or_ether_nothing_is_signed(
    chain: Chain, paper: Paper, signer: LocalEvmSigner, wallet: Wallet
) -> None:
    with pytest.raises(Refused) as caught:
        await chain.prepare_usdc_transfer(wallet, to=FRIEND, amount_usdc=Decimal("1000.01"))
    assert caught.value.code is ErrorCode.INSUFFICIENT_USDC
    penniless = signer.wallet(WalletRole.EVM, seed=42)
    await paper.mint_usdc(penniless.address, 10**8)
    with pytest.raises(Refused) as caught:
        await chain.prepare_usdc_transfer(penniless, to=FRIEND, amount_usdc=Decimal(50))
    assert caught.value.code is ErrorCode.INSUFFICIENT_ETH


async def test_of_two_transfers_with_one_nonce_the_second_is_dead(
    chain: Chain, wallet: Wallet
) -> None:
    first = await chain.prepare_usdc_transfer(wallet, to=FRIEND, amount_usdc=Decimal(1))
    second = await chain.prepare_usdc_transfer(wallet, to=FRIEND, amount_usdc=Decimal(2))
    assert first.nonce == second.nonce
    await chain.send(first)
    assert await landed(chain, first, wallet) is Landing.CONFIRMED
    with pytest.raises(Refused):
        await chain.send(second)
    assert await landed(chain, second, wallet) is Landing.DEAD
    assert (await chain.balances(FRIEND)).usdc == 1


async def test_a_transfer_that_fails_on_chain_is_failed_and_still_costs(
    chain: Chain, signer: LocalEvmSigner, wallet: Wallet
) -> None:
    everything = await chain.prepare_usdc_transfer(wallet, to=FRIEND, amount_usdc=Decimal(1000))
    (same,) = signer.transactions
    raw = await signer.sign_transaction(wallet, replace(same, nonce=everything.nonce + 1))
    digest = TransactionHash("0x" + keccak(raw).hex())
    again = SignedTransfer(digest, "0x" + raw.hex(), everything.nonce + 1)
    await chain.send(everything)
    await chain.send(again)
    assert await landed(chain, everything, wallet) is Landing.CONFIRMED
    assert await landed(chain, again, wallet) is Landing.FAILED
    fee = await chain.fee_paid_eth(again.hash)
    assert fee is not None
    assert fee > 0


async def test_a_transaction_nobody_knows_has_no_fee(chain: Chain) -> None:
    assert await chain.fee_paid_eth(TransactionHash("0x" + "ab" * 32)) is None


async def test_logs_of_a_long_absence_are_read_although_nodes_answer_for_few_blocks(
    both: tuple[Chain, Paper], signer: LocalEvmSigner, wallet: Wallet
) -> None:
    chain, paper = both
    if isinstance(paper, MemoryPaper):
        pytest.skip("in memory nothing is logged")
    transfer = await chain.prepare_usdc_transfer(
        wallet, to=HYPERLIQUID_BRIDGE, amount_usdc=Decimal(6)
    )
    await chain.send(transfer)
    assert await landed(chain, transfer, wallet) is Landing.CONFIRMED
    await paper.call("anvil_mine", hex(30))
    topics: list[str | None] = [None, "0x" + "0" * 24 + wallet.address.removeprefix("0x")]
    few = served(paper, logged_blocks_max=10)
    async with few as url, HttpClient(url, timeout_seconds=10, name="arbitrum") as http:
        asked = {"http": http, "signer": signer, "clock": HostTime()}
        with pytest.raises(DomainError, match="max block range 10"):
            await RpcArbitrumChain(**asked).logs(USDC_ARBITRUM, topics, from_block=0)
        paging = RpcArbitrumChain(**asked, blocks_at_once=10)
        (log,) = await paging.logs(USDC_ARBITRUM, topics, from_block=0)
    assert log["transactionHash"] == transfer.hash
