"""web3 as it is, against the paper Arbitrum."""

import contextlib
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from eth_account import Account
from starlette.applications import Starlette
from web3 import HTTPProvider, Web3
from web3.exceptions import ContractLogicError, TransactionNotFound, Web3RPCError
from web3.logs import DISCARD

from asgard_paper.arbitrum.anvil import AnvilMissing, find_anvil
from asgard_paper.arbitrum.chain import BRIDGE, USDC, ArbitrumChain
from asgard_paper.arbitrum.contracts import load_contracts
from asgard_paper.arbitrum.rpc import create_app
from asgard_paper.kernel.store import MemoryStore
from tests.serving import serve

try:
    BINARY = find_anvil()
except AnvilMissing as missing:
    pytest.skip(str(missing), allow_module_level=True)

USER = Account.from_key("0x" + "31" * 32)
RELAYER = Account.from_key("0x" + "32" * 32)
CONTRACTS = load_contracts()
CHAIN = ArbitrumChain(store=MemoryStore(), block_ms=200, binary=BINARY)


@contextlib.asynccontextmanager
async def funded(_app: Starlette) -> AsyncIterator[None]:
    """A chain on the server's own event loop, with money on it."""
    await CHAIN.start()
    for account in (USER, RELAYER):
        await CHAIN.fund_eth(account.address, 10**17)
    await CHAIN.mint_usdc(USER.address, 1_000_000_000)
    yield
    await CHAIN.stop()


@pytest.fixture(scope="module")
def web3() -> Iterator[Web3]:
    app = create_app(CHAIN)
    app.router.lifespan_context = funded
    with serve(app) as url:
        yield Web3(HTTPProvider(url))


def usdc(web3: Web3) -> Any:
    return web3.eth.contract(
        address=Web3.to_checksum_address(USDC), abi=CONTRACTS["NativeUsdc"].abi
    )


def bridge(web3: Web3) -> Any:
    return web3.eth.contract(
        address=Web3.to_checksum_address(BRIDGE), abi=CONTRACTS["PaperBridge"].abi
    )


def send(web3: Web3, call: Any, signer: Any) -> Any:
    unsigned = call.build_transaction(
        {"from": signer.address, "nonce": web3.eth.get_transaction_count(signer.address)}
    )
    signed = signer.sign_transaction(unsigned)
    return web3.eth.send_raw_transaction(signed.raw_transaction)


def test_it_is_arbitrum(web3: Web3) -> None:
    assert web3.is_connected()
    assert web3.eth.chain_id == 42161
    assert web3.net.version == "42161"
    assert list(web3.eth.accounts) == []
    assert web3.eth.get_balance(USER.address) > 0


def test_usdc_describes_itself(web3: Web3) -> None:
    token = usdc(web3).functions
    assert (token.name().call(), token.version().call()) == ("USD Coin", "2")
    assert (token.symbol().call(), token.decimals().call()) == ("USDC", 6)
    assert token.balanceOf(USER.address).call() > 0


def test_fees_are_arbitrums_floor_without_tips(web3: Web3) -> None:
    assert web3.eth.max_priority_fee == 0
    assert web3.eth.gas_price == 10_000_000
    history = web3.eth.fee_history(4, "latest", [10, 50])
    assert len(history["baseFeePerGas"]) == len(history["gasUsedRatio"]) + 1
    assert set(history["baseFeePerGas"]) == {10_000_000}
    assert history["reward"] == [[0, 0]] * len(history["gasUsedRatio"])


def test_a_deposit_by_transfer(web3: Web3) -> None:
    nonce = web3.eth.get_transaction_count(USER.address)
    sent = send(web3, usdc(web3).functions.transfer(bridge(web3).address, 6_000_000), USER)
    with pytest.raises(TransactionNotFound):
        web3.eth.get_transaction_receipt(sent)
    assert web3.eth.get_transaction_count(USER.address, "pending") == nonce + 1
    receipt = web3.eth.wait_for_transaction_receipt(sent, timeout=10, poll_latency=0.05)
    assert receipt["status"] == 1
    assert receipt["effectiveGasPrice"] == 10_000_000
    (event,) = usdc(web3).events.Transfer().process_receipt(receipt)
    assert event["args"]["to"] == bridge(web3).address
    assert event["args"]["value"] == 6_000_000
    (logged,) = (
        usdc(web3)
        .events.Transfer()
        .get_logs(from_block=receipt["blockNumber"], argument_filters={"to": bridge(web3).address})
    )
    assert logged["transactionHash"] == sent
    assert abs(web3.eth.get_block("latest")["timestamp"] - time.time()) < 30
    assert web3.eth.get_transaction_count(USER.address) == nonce + 1


def test_a_deposit_by_permit_needs_no_gas_from_its_owner(web3: Web3) -> None:
    token, target = usdc(web3), bridge(web3)
    before = token.functions.balanceOf(USER.address).call()
    deadline = int(time.time()) + 3600
    signature = USER.sign_typed_data(
        {"name": "USD Coin", "version": "2", "chainId": 42161, "verifyingContract": USDC},
        {
            "Permit": [
                {"name": "owner", "type": "address"},
                {"name": "spender", "type": "address"},
                {"name": "value", "type": "uint256"},
                {"name": "nonce", "type": "uint256"},
                {"name": "deadline", "type": "uint256"},
            ]
        },
        {
            "owner": USER.address,
            "spender": target.address,
            "value": 8_000_000,
            "nonce": token.functions.nonces(USER.address).call(),
            "deadline": deadline,
        },
    )
    deposit = (USER.address, 8_000_000, deadline, (signature.r, signature.s, signature.v))
    sent = send(web3, target.functions.batchedDepositWithPermit([deposit]), RELAYER)
    receipt = web3.eth.wait_for_transaction_receipt(sent, timeout=10, poll_latency=0.05)
    (event,) = token.events.Transfer().process_receipt(receipt, errors=DISCARD)
    assert (event["args"]["from"], event["args"]["value"]) == (USER.address, 8_000_000)
    assert token.functions.balanceOf(USER.address).call() == before - 8_000_000
    # the same permit again is spent: it fails by itself, and the batch does not
    sent = send(web3, target.functions.batchedDepositWithPermit([deposit]), RELAYER)
    receipt = web3.eth.wait_for_transaction_receipt(sent, timeout=10, poll_latency=0.05)
    (failed,) = target.events.FailedPermitDeposit().process_receipt(receipt)
    assert (receipt["status"], failed["args"]["errorCode"]) == (1, 0)


def test_refusals_read_like_a_nodes(web3: Web3) -> None:
    with pytest.raises(ContractLogicError, match="exceeds balance"):
        usdc(web3).functions.transfer(RELAYER.address, 10**15).estimate_gas({"from": USER.address})
    with pytest.raises(Web3RPCError, match="nonce too low"):
        web3.eth.send_raw_transaction(
            USER.sign_transaction(
                {
                    "to": RELAYER.address, "value": 1, "nonce": 0, "gas": 21_000,
                    "maxFeePerGas": 10**8, "maxPriorityFeePerGas": 0, "chainId": 42161,
                }
            ).raw_transaction
        )  # fmt: skip


@pytest.mark.parametrize(
    "method", ["anvil_setBalance", "evm_mine", "eth_sendTransaction", "eth_sign", "debug_trace"]
)
def test_the_simulators_powers_are_out_of_reach(web3: Web3, method: str) -> None:
    answer = web3.provider.make_request(method, [])  # type: ignore[arg-type]
    assert answer["error"]["code"] == -32601
