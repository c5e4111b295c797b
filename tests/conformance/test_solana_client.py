"""The official Solana client, unmodified, against the simulated network."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
from solana.rpc.async_api import AsyncClient
from solana.rpc.commitment import Confirmed, Finalized, Processed
from solana.rpc.core import RPCException, TransactionExpiredBlockheightExceededError
from solana.rpc.models import TokenAccountOpts, TxOpts
from solders.compute_budget import set_compute_unit_limit, set_compute_unit_price
from solders.hash import Hash
from solders.instruction import Instruction
from solders.keypair import Keypair
from solders.message import MessageV0
from solders.pubkey import Pubkey
from solders.rpc.errors import (
    MethodNotFoundMessage,
    SendTransactionPreflightFailureMessage,
)
from solders.signature import Signature
from solders.system_program import TransferParams, transfer
from solders.transaction import VersionedTransaction
from solders.transaction_status import TransactionConfirmationStatus

from asgard_paper.solana.addresses import TOKEN_PROGRAM, USDC_MINT
from asgard_paper.solana.rpc import create_app
from asgard_paper.solana.transactions import memo, token_account_of
from tests.serving import serve
from tests.unit.paper.solana.network import SOL, Network, pay

MISSING = Pubkey.from_string("11111111111111111111111111111112")


@pytest.fixture
def network() -> Network:
    return Network()


@pytest.fixture
def url(network: Network) -> Iterator[str]:
    with serve(create_app(network.chain)) as address:
        yield address


@pytest.fixture
async def client(url: str) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(url, commitment=Confirmed) as opened:
        yield opened


async def signed(client: AsyncClient, payer: Keypair, *steps: Instruction) -> VersionedTransaction:
    latest = await client.get_latest_blockhash(Processed)
    message = MessageV0.try_compile(payer.pubkey(), steps, [], latest.value.blockhash)
    return VersionedTransaction(message, [payer])


async def test_the_node_introduces_itself(client: AsyncClient, network: Network) -> None:
    assert await client.is_connected()
    assert (await client.get_version()).value.solana_core.startswith("2.")
    genesis = await client.get_genesis_hash()
    assert str(genesis.value) == "5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d"
    assert (await client.get_slot(Processed)).value == network.chain.slot()
    assert (await client.get_slot(Finalized)).value == network.chain.slot() - 32
    assert (await client.get_block_height(Confirmed)).value == network.chain.block_height() - 1
    epoch = (await client.get_epoch_info()).value
    assert epoch.slots_in_epoch == 432_000
    assert epoch.epoch * 432_000 + epoch.slot_index == epoch.absolute_slot


async def test_airdrop_balance_and_accounts(client: AsyncClient) -> None:
    owner = Keypair().pubkey()
    airdropped = await client.request_airdrop(owner, SOL)
    status = (await client.get_signature_statuses([airdropped.value])).value[0]
    assert status is not None
    assert (await client.get_balance(owner)).value == SOL
    account = (await client.get_account_info(owner)).value
    assert account is not None
    assert (account.lamports, account.data) == (SOL, b"")
    assert (await client.get_account_info(MISSING)).value is None
    both = (await client.get_multiple_accounts([owner, MISSING])).value
    assert both[0] is not None
    assert both[1] is None
    assert (await client.get_minimum_balance_for_rent_exemption(165)).value == 2_039_280


async def test_transfer_with_confirmation(client: AsyncClient, network: Network) -> None:
    sender, target = network.wallet(), Keypair().pubkey()
    latest = await client.get_latest_blockhash(Processed)
    step = pay(sender, target, SOL)
    message = MessageV0.try_compile(sender.pubkey(), [step], [], latest.value.blockhash)
    transaction = VersionedTransaction(message, [sender])
    fee = await client.get_fee_for_message(message)
    assert fee.value == 5_000
    simulated = await client.simulate_transaction(
        transaction,
        sig_verify=True,
        inner_instructions=True,
        accounts_addresses=[sender.pubkey(), target],
    )
    assert simulated.value.err is None
    assert simulated.value.accounts is not None
    assert simulated.value.accounts[1] is not None
    assert simulated.value.accounts[1].lamports == SOL
    sent = await client.send_transaction(transaction)
    assert sent.value == transaction.signatures[0]
    network.slots(1)
    confirmed = await client.confirm_transaction(
        sent.value, Confirmed, last_valid_block_height=latest.value.last_valid_block_height
    )
    status = confirmed.value[0]
    assert status is not None
    assert status.confirmation_status == TransactionConfirmationStatus.Confirmed
    assert status.err is None
    assert (await client.get_balance(target)).value == SOL


async def test_the_fee_counts_the_priority_asked_for(client: AsyncClient, network: Network) -> None:
    sender = network.wallet()
    steps = (set_compute_unit_limit(300_000), set_compute_unit_price(10_001), memo("x"))
    transaction = await signed(client, sender, *steps)
    assert isinstance(transaction.message, MessageV0)
    fee = (await client.get_fee_for_message(transaction.message)).value
    assert fee == 5_000 + 3_001
    await client.send_transaction(transaction)
    assert (await client.get_balance(sender.pubkey())).value == 10 * SOL - fee


async def test_confirmation_gives_up_when_the_blockhash_expired(
    client: AsyncClient, network: Network
) -> None:
    sender = network.wallet()
    blockhash, last = network.chain.latest_blockhash("processed")
    message = MessageV0.try_compile(sender.pubkey(), [memo("late")], [], blockhash)
    transaction = VersionedTransaction(message, [sender])
    network.slots(152)
    options = TxOpts(skip_preflight=True, skip_confirmation=True)
    sent = await client.send_transaction(transaction, options)
    with pytest.raises(TransactionExpiredBlockheightExceededError):
        await client.confirm_transaction(sent.value, Confirmed, last_valid_block_height=last)
    assert (await client.get_fee_for_message(message)).value is None


async def test_the_landed_transaction_can_be_read_back(
    client: AsyncClient, network: Network
) -> None:
    sender, target = network.wallet(), Keypair().pubkey()
    network.chain.mint_tokens(sender.pubkey(), USDC_MINT, 5)
    transaction = await signed(client, sender, pay(sender, target, SOL), memo("hello"))
    signature = (await client.send_transaction(transaction)).value
    assert (
        await client.get_transaction(signature, max_supported_transaction_version=0)
    ).value is None
    network.slots(1)
    for encoding in ("json", "base64"):
        found = await client.get_transaction(
            signature, encoding, max_supported_transaction_version=0
        )
        assert found.value is not None
        meta = found.value.transaction.meta
        assert meta is not None
        assert meta.err is None
        assert meta.fee == 5_000
        assert sum(meta.pre_balances) - sum(meta.post_balances) == 5_000
    listed = (await client.get_signatures_for_address(sender.pubkey(), commitment=Confirmed)).value
    assert listed[0].signature == signature
    assert listed[0].memo == "[5] hello"
    assert len(listed) == 3
    after = await client.get_signatures_for_address(
        sender.pubkey(), before=signature, limit=1, commitment=Confirmed
    )
    assert [row.signature for row in after.value] == [listed[1].signature]
    until = await client.get_signatures_for_address(
        sender.pubkey(), until=listed[1].signature, commitment=Confirmed
    )
    assert [row.signature for row in until.value] == [signature]


async def test_versioned_transactions_need_a_client_that_knows_them(
    client: AsyncClient, network: Network
) -> None:
    sender = network.wallet()
    signature = (await client.send_transaction(await signed(client, sender, memo("x")))).value
    network.slots(1)
    with pytest.raises(RPCException, match="maxSupportedTransactionVersion"):
        await client.get_transaction(signature)


async def test_token_accounts_in_both_encodings(client: AsyncClient, network: Network) -> None:
    owner = Keypair().pubkey()
    network.chain.mint_tokens(owner, USDC_MINT, 12_340_000)
    account = token_account_of(owner, USDC_MINT)
    amount = (await client.get_token_account_balance(account)).value
    assert (amount.amount, amount.decimals, amount.ui_amount_string) == ("12340000", 6, "12.34")
    by_mint = TokenAccountOpts(mint=USDC_MINT)
    raw = (await client.get_token_accounts_by_owner(owner, by_mint)).value
    assert [row.pubkey for row in raw] == [account]
    by_program = TokenAccountOpts(program_id=TOKEN_PROGRAM)
    parsed = (await client.get_token_accounts_by_owner_json_parsed(owner, by_program)).value
    info = parsed[0].account.data.parsed["info"]
    assert info["tokenAmount"]["uiAmount"] == 12.34
    assert info["owner"] == str(owner)
    mint = (await client.get_account_info_json_parsed(USDC_MINT)).value
    assert mint is not None
    assert mint.data.parsed["info"]["supply"] == "12340000"
    assert (await client.get_token_supply(USDC_MINT)).value.amount == "12340000"


async def test_priority_fees_cover_150_slots(client: AsyncClient) -> None:
    fees = (await client.get_recent_prioritization_fees()).value
    assert len(fees) == 150
    assert any(row.prioritization_fee for row in fees)


async def test_an_unknown_signature_has_no_status(client: AsyncClient) -> None:
    assert (await client.get_signature_statuses([Signature.default()])).value == [None]


async def test_old_statuses_need_a_history_search(client: AsyncClient, network: Network) -> None:
    sender = network.wallet()
    signature = (await client.send_transaction(await signed(client, sender, memo("x")))).value
    network.slots(200)
    assert (await client.get_signature_statuses([signature])).value == [None]
    found = await client.get_signature_statuses([signature], search_transaction_history=True)
    assert found.value[0] is not None
    assert found.value[0].confirmation_status == TransactionConfirmationStatus.Finalized


async def test_a_failing_preflight_is_a_typed_error(client: AsyncClient, network: Network) -> None:
    sender = network.wallet(1)
    greedy = await signed(client, sender, pay(sender, Keypair().pubkey(), 5 * SOL))
    with pytest.raises(RPCException) as raised:
        await client.send_transaction(greedy)
    problem = raised.value.args[0]
    assert isinstance(problem, SendTransactionPreflightFailureMessage)
    assert "custom program error: 0x1" in problem.message
    assert problem.data.logs


async def test_a_stale_blockhash_is_a_typed_error(client: AsyncClient, network: Network) -> None:
    sender = network.wallet()
    message = MessageV0.try_compile(sender.pubkey(), [memo("x")], [], Hash.new_unique())
    with pytest.raises(RPCException) as raised:
        await client.send_transaction(VersionedTransaction(message, [sender]))
    assert raised.value.args[0].message == "Transaction simulation failed: Blockhash not found"


async def test_resending_without_preflight_answers_the_same(
    client: AsyncClient, network: Network
) -> None:
    sender, target = network.wallet(), Keypair().pubkey()
    move = TransferParams(from_pubkey=sender.pubkey(), to_pubkey=target, lamports=SOL)
    transaction = await signed(client, sender, transfer(move))
    options = TxOpts(skip_preflight=True, skip_confirmation=True)
    first = await client.send_transaction(transaction, options)
    assert (await client.send_transaction(transaction, options)).value == first.value
    assert (await client.get_balance(target)).value == SOL


async def test_a_method_the_node_lacks_is_a_typed_error(client: AsyncClient) -> None:
    with pytest.raises(RPCException) as raised:
        await client.get_cluster_nodes()
    assert isinstance(raised.value.args[0], MethodNotFoundMessage)


def rpc(url: str, payload: object) -> Any:
    return httpx.post(url, json=payload).json()


def call(method: str, *params: object, number: int = 1) -> dict[str, object]:
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": list(params)}


def test_batches_answer_in_order(url: str) -> None:
    batch = [call("getHealth", number=7), call("noSuchMethod", number=8)]
    assert rpc(url, batch) == [
        {"jsonrpc": "2.0", "result": "ok", "id": 7},
        {"jsonrpc": "2.0", "error": {"code": -32601, "message": "Method not found"}, "id": 8},
    ]


def test_blockhash_validity_follows_the_window(url: str, network: Network) -> None:
    blockhash, _ = network.chain.latest_blockhash("processed")
    assert rpc(url, call("isBlockhashValid", str(blockhash)))["result"]["value"] is True
    network.slots(151)
    assert rpc(url, call("isBlockhashValid", str(blockhash)))["result"]["value"] is False


def test_a_node_behind_the_wanted_slot_says_so(url: str, network: Network) -> None:
    ahead = {"commitment": "processed", "minContextSlot": network.chain.slot() + 5}
    answer = rpc(url, call("getBalance", str(MISSING), ahead))
    assert answer["error"]["code"] == -32016


def test_a_halted_node_is_unhealthy(url: str, network: Network) -> None:
    network.chain.set_halted(True)
    assert rpc(url, call("getHealth"))["error"]["code"] == -32005


@pytest.mark.parametrize(
    "bad",
    [
        call("getBalance", "not-an-address"),
        call("getBalance"),
        call("getBalance", 5),
        call("sendTransaction", "%%%", {"encoding": "base64"}),
        call("sendTransaction", "AAAA", {"encoding": "base64"}),
        call("getTokenAccountsByOwner", str(MISSING), {}),
        call("getAccountInfo", str(MISSING), {"encoding": "base64", "dataSlice": {"offset": 1}}),
        call("getSlot", {"commitment": "certain"}),
    ],
)
def test_bad_parameters_are_named_as_such(url: str, bad: dict[str, object]) -> None:
    assert rpc(url, bad)["error"]["code"] == -32602


def test_an_airdrop_below_rent_is_refused(url: str) -> None:
    answer = rpc(url, call("requestAirdrop", str(Keypair().pubkey()), 5))
    assert answer["error"]["code"] == -32603
