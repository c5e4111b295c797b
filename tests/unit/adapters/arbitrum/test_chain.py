"""USDC leaves only as asked, and a transaction is dead only when it can no longer land."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from eth_account import Account
from eth_utils.crypto import keccak
from hexbytes import HexBytes
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from asgard_basis.adapters.arbitrum.chain import RpcArbitrumChain
from asgard_basis.adapters.http import HttpClient
from asgard_basis.domain.assets import HYPERLIQUID_BRIDGE, USDC_ARBITRUM
from asgard_basis.domain.errors import DomainError, ErrorCode, OutcomeUnknown, Refused, Unavailable
from asgard_basis.domain.identifiers import EvmAddress, TransactionHash
from asgard_basis.ports.chains import Landing, SignedTransfer
from asgard_basis.ports.wallets import WalletRole
from tests.contracts.signers import LocalEvmSigner
from tests.serving import serve

HASH = TransactionHash("0x" + "ab" * 32)
TRANSFER = SignedTransfer(HASH, "0x02", nonce=7)
SENDER = EvmAddress("0x" + "11" * 20)
SHOUTED_BRIDGE = EvmAddress(HYPERLIQUID_BRIDGE.upper().replace("0X", "0x"))
LANDED = {"status": "0x1", "gasUsed": "0xc350", "effectiveGasPrice": "0x5f5e100"}
REVERTED = {**LANDED, "status": "0x0"}


class Declined:
    """An error object, as a node sends it."""

    def __init__(self, message: str, code: int = -32000) -> None:
        self.body = {"code": code, "message": message}


class Node:
    """Answers by method; a list answers in turn, its last stays."""

    def __init__(self) -> None:
        self.answers: dict[str, list[Any]] = {
            "eth_chainId": ["0xa4b1"],
            "eth_getBalance": [hex(10**16)],
            "eth_call": [hex(500_000_000)],
            "eth_getTransactionCount": ["0x7"],
            "eth_estimateGas": [hex(60_000)],
            "eth_getBlockByNumber": [{"baseFeePerGas": hex(10_000_000)}],
            "eth_maxPriorityFeePerGas": ["0x0"],
            "eth_getTransactionReceipt": [None],
            "eth_getTransactionByHash": [None],
        }
        self.asked: list[str] = []
        self.signer = LocalEvmSigner()
        self.wallet = self.signer.wallet(WalletRole.EVM, seed=9)

    @asynccontextmanager
    async def chain(self) -> AsyncIterator[RpcArbitrumChain]:
        app = Starlette(routes=[Route("/rpc", self._answer, methods=["POST"])])
        with serve(app) as url:
            async with HttpClient(f"{url}/rpc", timeout_seconds=5, name="arbitrum") as http:
                yield RpcArbitrumChain(http=http, signer=self.signer, clock=Instant())

    async def _answer(self, request: Request) -> Response:
        body = await request.json()
        self.asked.append(body["method"])
        turns = self.answers[body["method"]]
        answer = turns.pop(0) if len(turns) > 1 else turns[0]
        if isinstance(answer, Response):
            return answer
        if isinstance(answer, Declined):
            return JSONResponse({"jsonrpc": "2.0", "id": 1, "error": answer.body})
        return JSONResponse({"jsonrpc": "2.0", "id": 1, "result": answer})


class Instant:
    """A clock whose waits are over at once."""

    speed = 1.0

    def now(self) -> datetime:
        return datetime(2026, 11, 20, tzinfo=UTC)

    def host(self) -> datetime:
        return datetime(2026, 11, 20, tzinfo=UTC)

    async def sleep(self, seconds: float) -> None:
        return None


@pytest.fixture
def node() -> Node:
    return Node()


async def test_a_deposit_is_one_plain_transfer_and_its_hash_is_known_before_it_is_sent(
    node: Node,
) -> None:
    async with node.chain() as chain:
        prepared = await chain.prepare_usdc_transfer(
            node.wallet, to=HYPERLIQUID_BRIDGE, amount_usdc=Decimal("250.1234567")
        )
    (transaction,) = node.signer.transactions
    assert transaction.to == USDC_ARBITRUM
    assert transaction.value == 0
    bridge = HYPERLIQUID_BRIDGE[2:].rjust(64, "0")
    assert transaction.data == f"0xa9059cbb{bridge}{250_123_456:064x}"
    assert (transaction.nonce, transaction.chain_id) == (7, 42161)
    assert transaction.max_fee_per_gas == 20_000_000
    assert 60_000 < transaction.gas_limit <= 90_000
    raw = HexBytes(prepared.raw)
    assert raw == await node.signer.sign_transaction(node.wallet, transaction)
    assert prepared.hash == "0x" + keccak(raw).hex()
    assert Account.recover_transaction(raw).lower() == node.wallet.address
    assert "eth_sendRawTransaction" not in node.asked


@pytest.mark.parametrize(
    ("to", "amount", "code"),
    [
        (HYPERLIQUID_BRIDGE, "4.999999", ErrorCode.DEPOSIT_TOO_SMALL),
        (SHOUTED_BRIDGE, "1", ErrorCode.DEPOSIT_TOO_SMALL),
        (SENDER, "0", ErrorCode.INVALID_SIZE),
        (SENDER, "0.0000001", ErrorCode.INVALID_SIZE),
        (SENDER, "500.000001", ErrorCode.INSUFFICIENT_USDC),
        (EvmAddress("0x1234"), "10", ErrorCode.INVALID_INPUT),
    ],
)
async def test_what_would_lose_money_is_refused_before_it_is_signed(
    node: Node, to: EvmAddress, amount: str, code: ErrorCode
) -> None:
    async with node.chain() as chain:
        with pytest.raises(Refused) as caught:
            await chain.prepare_usdc_transfer(node.wallet, to=to, amount_usdc=Decimal(amount))
    assert caught.value.code is code
    assert node.signer.transactions == []


async def test_the_minimum_is_the_bridges_and_nobody_elses(node: Node) -> None:
    async with node.chain() as chain:
        await chain.prepare_usdc_transfer(node.wallet, to=SENDER, amount_usdc=Decimal("0.5"))
        await chain.prepare_usdc_transfer(
            node.wallet, to=HYPERLIQUID_BRIDGE, amount_usdc=Decimal(5)
        )
    assert len(node.signer.transactions) == 2


@pytest.mark.parametrize(
    ("method", "answer", "code"),
    [
        ("eth_getBalance", "0x1", ErrorCode.INSUFFICIENT_ETH),
        ("eth_chainId", "0x1", ErrorCode.ARBITRUM_RPC),
        ("eth_estimateGas", Declined("execution reverted", 3), ErrorCode.TRANSACTION_FAILED),
        ("eth_estimateGas", hex(5_000_000), ErrorCode.TRANSACTION_FAILED),
    ],
    ids=["no ether", "another chain", "reverts", "too much gas"],
)
async def test_nothing_is_signed_when_the_chain_says_it_would_fail(
    node: Node, method: str, answer: Any, code: ErrorCode
) -> None:
    node.answers[method] = [answer]
    async with node.chain() as chain:
        with pytest.raises(Refused) as caught:
            await chain.prepare_usdc_transfer(node.wallet, to=SENDER, amount_usdc=Decimal(10))
    assert caught.value.code is code
    assert node.signer.transactions == []


async def test_sending_what_the_node_has_already_is_harmless(node: Node) -> None:
    node.answers["eth_sendRawTransaction"] = [HASH, Declined("already known")]
    node.answers["eth_getTransactionByHash"] = [{"hash": HASH}]
    async with node.chain() as chain:
        await chain.send(TRANSFER)
        await chain.send(TRANSFER)


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        (
            Declined("insufficient funds for gas * price + value"),
            Refused,
            ErrorCode.INSUFFICIENT_ETH,
        ),
        (Declined("nonce too low"), Refused, ErrorCode.TRANSACTION_FAILED),
        (Declined("limit exceeded", -32005), Unavailable, ErrorCode.ARBITRUM_RPC),
        (Declined("internal error", -32603), OutcomeUnknown, ErrorCode.ARBITRUM_RPC),
        (Response(status_code=429), Unavailable, ErrorCode.ARBITRUM_RPC),
        (Response(status_code=502), OutcomeUnknown, ErrorCode.ARBITRUM_RPC),
        ("0x" + "cd" * 32, OutcomeUnknown, ErrorCode.ARBITRUM_RPC),
        (Response("<html>"), OutcomeUnknown, ErrorCode.ARBITRUM_RPC),
    ],
)
async def test_every_answer_to_sending_means_done_not_done_or_unknown(
    node: Node, answer: Any, kind: type[DomainError], code: ErrorCode
) -> None:
    node.answers["eth_sendRawTransaction"] = [answer]
    async with node.chain() as chain:
        with pytest.raises(DomainError) as caught:
            await chain.send(TRANSFER)
    assert type(caught.value) is kind
    assert caught.value.code is code
    assert node.asked.count("eth_sendRawTransaction") == 1


@pytest.mark.parametrize(
    ("receipts", "used", "landing"),
    [
        ([LANDED], "0x8", Landing.CONFIRMED),
        ([REVERTED], "0x8", Landing.FAILED),
        ([None], "0x7", Landing.PENDING),
        ([None], "0x8", Landing.DEAD),
        ([None, LANDED], "0x8", Landing.CONFIRMED),
    ],
    ids=["landed", "reverted", "waiting", "replaced", "a node that lags"],
)
async def test_what_became_of_a_transfer(
    node: Node, receipts: list[Any], used: str, landing: Landing
) -> None:
    node.answers["eth_getTransactionReceipt"] = receipts
    node.answers["eth_getTransactionCount"] = [used]
    async with node.chain() as chain:
        assert await chain.landing(TRANSFER, sender=SENDER) is landing


async def test_balances_and_fees_are_exact(node: Node) -> None:
    node.answers["eth_getTransactionReceipt"] = [None, LANDED]
    async with node.chain() as chain:
        balances = await chain.balances(SENDER)
        assert (balances.eth, balances.usdc) == (Decimal("0.01"), Decimal(500))
        assert await chain.fee_paid_eth(HASH) is None
        assert await chain.fee_paid_eth(HASH) == Decimal("0.000005")
        assert Decimal("0.0000012") < await chain.transfer_fee_eth() < Decimal("0.000003")


@pytest.mark.parametrize("answer", [None, "0x", "lots", Response("<html>"), Declined("busy")])
async def test_an_answer_that_is_no_number_is_no_balance(node: Node, answer: Any) -> None:
    node.answers["eth_call"] = [answer]
    async with node.chain() as chain:
        with pytest.raises(Unavailable):
            await chain.balances(SENDER)
