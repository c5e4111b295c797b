"""The paper Arbitrum: money in, money out, and nothing acknowledged is ever lost."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from typing import Any

import pytest
from eth_abi.abi import encode
from eth_account import Account
from eth_utils.crypto import keccak

from asgard_paper.arbitrum.anvil import AnvilMissing, RpcFault, find_anvil
from asgard_paper.arbitrum.chain import (
    BRIDGE,
    BRIDGE_FLOAT,
    USDC,
    ArbitrumChain,
    PayoutRefused,
)
from asgard_paper.kernel.store import MemoryStore

try:
    BINARY = find_anvil()
except AnvilMissing as missing:
    pytest.skip(str(missing), allow_module_level=True)

USER = Account.from_key("0x" + "11" * 32)
STRANGER = Account.from_key("0x" + "22" * 32)


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
async def chain(store: MemoryStore) -> AsyncIterator[ArbitrumChain]:
    chain = ArbitrumChain(store=store, block_ms=10, binary=BINARY)
    await chain.start()
    await chain.fund_eth(USER.address, 10**17)
    await chain.mint_usdc(USER.address, 1_000_000_000)
    yield chain
    await chain.stop()


def usdc_transfer(to: str, amount: int, nonce: int, signer: Any = USER) -> str:
    data = keccak(b"transfer(address,uint256)")[:4] + encode(["address", "uint256"], [to, amount])
    signed = signer.sign_transaction(
        {
            "to": USDC, "data": data, "nonce": nonce, "chainId": 42161, "value": 0, "type": 2,
            "gas": 100_000, "maxFeePerGas": 20_000_000, "maxPriorityFeePerGas": 0,
        }
    )  # fmt: skip
    return f"0x{signed.raw_transaction.hex()}"


async def receipt(chain: ArbitrumChain, transaction_hash: str) -> dict[str, Any]:
    for _ in range(500):
        found = await chain.call("eth_getTransactionReceipt", transaction_hash)
        if isinstance(found, dict):
            return found
        await asyncio.sleep(0.01)
    raise AssertionError("never mined")


async def test_a_deposit_is_seen_once_with_its_sender(chain: ArbitrumChain) -> None:
    sent = await chain.send_raw(usdc_transfer(BRIDGE, 25_000_000, 0))
    mined = await receipt(chain, sent)
    (transfer,) = await chain.bridge_transfers(0)
    assert transfer.sender == USER.address.lower()
    assert (transfer.amount, transfer.transaction_hash) == (25_000_000, sent)
    assert transfer.block == int(mined["blockNumber"], 16)
    assert await chain.bridge_transfers(transfer.block + 1) == []
    assert await chain.usdc_balance(BRIDGE) == BRIDGE_FLOAT + 25_000_000
    assert await chain.usdc_supply() == BRIDGE_FLOAT + 1_000_000_000


async def test_a_transaction_is_pending_before_it_is_mined(store: MemoryStore) -> None:
    chain = ArbitrumChain(store=store, block_ms=60_000, binary=BINARY)
    await chain.start()
    try:
        await chain.fund_eth(USER.address, 10**17)
        await chain.mint_usdc(USER.address, 1_000_000)
        sent = await chain.send_raw(usdc_transfer(STRANGER.address, 1, 0))
        assert await chain.call("eth_getTransactionReceipt", sent) is None
        assert await chain.call("eth_getTransactionCount", USER.address, "pending") == "0x1"
        await chain.stop()
        # the world dies with the transaction acknowledged and not mined
        again = ArbitrumChain(store=store, block_ms=10, binary=BINARY)
        await again.start()
        assert (await receipt(again, sent))["status"] == "0x1"
        await again.stop()
    finally:
        await chain.stop()


async def test_a_killed_anvil_comes_back_with_receipts_and_balances(chain: ArbitrumChain) -> None:
    sent = await chain.send_raw(usdc_transfer(BRIDGE, 7_000_000, 0))
    before = await receipt(chain, sent)
    block = await chain.call("eth_getBlockByNumber", before["blockNumber"], False)
    assert chain.pid is not None
    os.kill(chain.pid, signal.SIGKILL)
    assert await receipt(chain, sent) == before
    assert await chain.call("eth_getBlockByNumber", before["blockNumber"], False) == block
    assert await chain.usdc_balance(USER.address) == 993_000_000
    assert await chain.call("eth_getTransactionCount", USER.address, "latest") == "0x1"
    after = await chain.send_raw(usdc_transfer(BRIDGE, 1_000_000, 1))
    assert (await receipt(chain, after))["status"] == "0x1"
    assert len(await chain.bridge_transfers(0)) == 2


async def test_a_withdrawal_is_paid_once(chain: ArbitrumChain) -> None:
    first = await chain.pay_out(STRANGER.address, 9_000_000, user=USER.address, nonce=17)
    again = await chain.pay_out(STRANGER.address, 9_000_000, user=USER.address, nonce=17)
    assert first == again
    assert await chain.usdc_balance(STRANGER.address) == 9_000_000
    other = await chain.pay_out(STRANGER.address, 9_000_000, user=USER.address, nonce=18)
    assert other != first
    assert await chain.usdc_balance(STRANGER.address) == 18_000_000


async def test_a_paused_bridge_pays_nobody(chain: ArbitrumChain) -> None:
    await chain.pause_bridge(True)
    with pytest.raises(PayoutRefused, match="paused"):
        await chain.pay_out(STRANGER.address, 1, user=USER.address, nonce=1)
    await chain.pause_bridge(False)
    await chain.pay_out(STRANGER.address, 1, user=USER.address, nonce=1)
    assert await chain.usdc_balance(STRANGER.address) == 1


async def test_more_than_the_balance_is_mined_as_failed(chain: ArbitrumChain) -> None:
    sent = await chain.send_raw(usdc_transfer(BRIDGE, 2_000_000_000, 0))
    assert (await receipt(chain, sent))["status"] == "0x0"
    assert await chain.bridge_transfers(0) == []


async def test_strangers_cannot_mint_or_pay_out(chain: ArbitrumChain) -> None:
    mint = keccak(b"mint(address,uint256)")[:4] + encode(
        ["address", "uint256"], [USER.address, 10**12]
    )
    with pytest.raises(RpcFault, match="not a minter"):
        await chain.call(
            "eth_call", {"from": USER.address, "to": USDC, "data": "0x" + mint.hex()}, "latest"
        )
