"""What every custody must do, held against the paper Privy over a real socket."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

import pytest
from eth_abi.abi import encode
from eth_account import Account
from privy.lib.authorization import generate_p256_key_pair
from solders.hash import Hash
from solders.instruction import Instruction
from solders.message import MessageV0
from solders.pubkey import Pubkey
from solders.signature import Signature
from solders.system_program import TransferParams, transfer
from solders.transaction import VersionedTransaction

from asgard_basis.adapters.privy.policies import APPROVE_AGENT, PHANTOM_AGENT, WITHDRAW, PolicyCaps
from asgard_basis.adapters.privy.wallets import PrivyWallets
from asgard_basis.domain.assets import (
    ARBITRUM_CHAIN_ID,
    HYPERLIQUID_BRIDGE,
    JITO_TIP_ACCOUNTS,
    MEMO_PROGRAM,
    USDC_ARBITRUM,
)
from asgard_basis.domain.errors import ErrorCode, Refused, Unavailable
from asgard_basis.domain.identifiers import EvmAddress, UserId
from asgard_basis.ports.wallets import (
    EvmTransaction,
    PolicyContext,
    TypedData,
    Wallet,
    WalletRole,
)
from tests.contracts.paper_privy import PaperPrivy, PatientClock, paper_privy

ALICE = PolicyContext(user_id=UserId("did:privy:alice"))
STRANGER = EvmAddress("0x" + "ab" * 20)


@pytest.fixture(scope="module")
def running() -> Iterator[PaperPrivy]:
    with paper_privy() as paper:
        yield paper


@pytest.fixture
def paper(running: PaperPrivy) -> PaperPrivy:
    running.faults.statuses.clear()
    running.faults.seen.clear()
    return running


def user(name: str) -> PolicyContext:
    return PolicyContext(user_id=UserId(f"did:privy:{name}"))


async def both(wallets: PrivyWallets, context: PolicyContext) -> tuple[Wallet, Wallet]:
    agent = await wallets.ensure_wallet(context, WalletRole.AGENT)
    context = replace(context, agent_address=EvmAddress(agent.address))
    return agent, await wallets.ensure_wallet(context, WalletRole.EVM)


def usdc_transfer(to: str = HYPERLIQUID_BRIDGE, amount: int = 5_000_000) -> EvmTransaction:
    return EvmTransaction(
        to=USDC_ARBITRUM,
        value=0,
        data="0xa9059cbb" + encode(["address", "uint256"], [to, amount]).hex(),
        nonce=3,
        gas_limit=120_000,
        max_fee_per_gas=100_000_000,
        max_priority_fee_per_gas=0,
        chain_id=ARBITRUM_CHAIN_ID,
    )


def typed(kind: dict[str, object], message: dict[str, object], chain_id: int) -> TypedData:
    return TypedData(
        domain={
            "name": "Exchange" if chain_id == 1337 else "HyperliquidSignTransaction",
            "version": "1",
            "chainId": chain_id,
            "verifyingContract": "0x" + "0" * 40,
        },
        types=kind["types"],  # type: ignore[arg-type]
        primary_type=str(kind["primary_type"]),
        message=message,
    )


def trade() -> TypedData:
    return typed(PHANTOM_AGENT, {"source": "a", "connectionId": bytes(range(32))}, 1337)


def withdrawal(destination: str) -> TypedData:
    message = {
        "hyperliquidChain": "Mainnet",
        "destination": destination,
        "amount": "12.5",
        "time": 1_700_000_000_000,
    }
    return typed(WITHDRAW, message, ARBITRUM_CHAIN_ID)


def approval(agent: str) -> TypedData:
    message = {
        "hyperliquidChain": "Mainnet",
        "agentAddress": agent,
        "agentName": "",
        "nonce": 1_700_000_000_000,
    }
    return typed(APPROVE_AGENT, message, ARBITRUM_CHAIN_ID)


async def test_a_wallet_is_made_once_and_found_again(paper: PaperPrivy) -> None:
    async with paper.wallets() as first:
        made = await first.ensure_wallet(ALICE, WalletRole.SOLANA)
    async with paper.wallets() as second:
        assert await second.ensure_wallet(ALICE, WalletRole.SOLANA) == made
    assert len(bytes(Pubkey.from_string(made.address))) == 32
    assert paper.faults.seen.count("POST /v1/wallets") == 1


async def test_a_lost_reply_does_not_make_a_second_wallet(paper: PaperPrivy) -> None:
    async with paper.wallets() as wallets:
        paper.faults.statuses += [503, 503]
        made = await wallets.ensure_wallet(user("lost"), WalletRole.AGENT)
        assert await wallets.ensure_wallet(user("lost"), WalletRole.AGENT) == made


async def test_wallets_of_two_people_differ(paper: PaperPrivy) -> None:
    async with paper.wallets() as wallets:
        one = await wallets.ensure_wallet(user("one"), WalletRole.AGENT)
        two = await wallets.ensure_wallet(user("two"), WalletRole.AGENT)
    assert one.address != two.address
    assert one.policy_id != two.policy_id


async def test_main_wallet_needs_the_agent_first(paper: PaperPrivy) -> None:
    async with paper.wallets() as wallets:
        with pytest.raises(Refused, match="agent must exist"):
            await wallets.ensure_wallet(user("early"), WalletRole.EVM)


async def test_deposit_is_signed_as_sent(paper: PaperPrivy) -> None:
    async with paper.wallets() as wallets:
        _, main = await both(wallets, ALICE)
        raw = await wallets.evm.sign_transaction(main, usdc_transfer())
    assert Account.recover_transaction(raw).lower() == main.address


@pytest.mark.parametrize(
    "hostile",
    [
        usdc_transfer(to=STRANGER),
        usdc_transfer(amount=25_000_000_001),
        replace(usdc_transfer(), to=STRANGER),
        replace(usdc_transfer(), value=1),
        replace(usdc_transfer(), chain_id=1),
        replace(usdc_transfer(), data="0x"),
        replace(usdc_transfer(), data="0x095ea7b3" + usdc_transfer().data[10:]),
    ],
)
async def test_any_other_transaction_is_denied_once_and_for_all(
    paper: PaperPrivy, hostile: EvmTransaction
) -> None:
    async with paper.wallets() as wallets:
        _, main = await both(wallets, user("hostile"))
        paper.faults.seen.clear()
        with pytest.raises(Refused) as refusal:
            await wallets.evm.sign_transaction(main, hostile)
    assert refusal.value.code is ErrorCode.POLICY_DENIED
    assert len(paper.faults.seen) == 1


async def test_agent_signs_trades_and_the_main_wallet_does_not(paper: PaperPrivy) -> None:
    async with paper.wallets() as wallets:
        agent, main = await both(wallets, ALICE)
        assert len(await wallets.evm.sign_typed_data(agent, trade())) == 65
        with pytest.raises(Refused) as refusal:
            await wallets.evm.sign_typed_data(main, trade())
    assert refusal.value.code is ErrorCode.POLICY_DENIED


async def test_withdrawals_go_home_and_only_the_own_agent_is_approved(paper: PaperPrivy) -> None:
    async with paper.wallets() as wallets:
        agent, main = await both(wallets, ALICE)
        assert await wallets.evm.sign_typed_data(main, withdrawal(main.address))
        assert await wallets.evm.sign_typed_data(main, approval(agent.address))
        for wallet, data in (
            (main, withdrawal(STRANGER)),
            (main, approval(STRANGER)),
            (agent, withdrawal(main.address)),
            (agent, approval(agent.address)),
        ):
            with pytest.raises(Refused) as refusal:
                await wallets.evm.sign_typed_data(wallet, data)
            assert refusal.value.code is ErrorCode.POLICY_DENIED


async def test_a_renewed_agent_replaces_the_old_one_in_the_policy(paper: PaperPrivy) -> None:
    async with paper.wallets() as wallets:
        agent, main = await both(wallets, user("renewed"))
        context = replace(user("renewed"), agent_address=STRANGER)
        assert await wallets.ensure_wallet(context, WalletRole.EVM) == main
        assert await wallets.evm.sign_typed_data(main, approval(STRANGER))
        with pytest.raises(Refused):
            await wallets.evm.sign_typed_data(main, approval(agent.address))


async def test_changed_caps_reach_wallets_that_exist(paper: PaperPrivy) -> None:
    async with paper.wallets() as wallets:
        _, main = await both(wallets, user("caps"))
        await wallets.evm.sign_transaction(main, usdc_transfer(amount=7_000_000))
    async with paper.wallets(caps=PolicyCaps(bridge_usdc=Decimal(6))) as stricter:
        await both(stricter, user("caps"))
        with pytest.raises(Refused):
            await stricter.evm.sign_transaction(main, usdc_transfer(amount=7_000_000))


def solana(wallet: Wallet, *instructions: Instruction) -> bytes:
    payer = Pubkey.from_string(wallet.address)
    message = MessageV0.try_compile(payer, list(instructions), [], Hash.default())
    return bytes(VersionedTransaction.populate(message, [Signature.default()]))


def sol(wallet: Wallet, to: Pubkey, lamports: int) -> Instruction:
    source = Pubkey.from_string(wallet.address)
    return transfer(TransferParams(from_pubkey=source, to_pubkey=to, lamports=lamports))


async def test_solana_signature_is_filled_in_and_denials_hold(paper: PaperPrivy) -> None:
    tip = Pubkey.from_string(sorted(JITO_TIP_ACCOUNTS)[0])
    note = Instruction(Pubkey.from_string(MEMO_PROGRAM), b"open", [])
    async with paper.wallets() as wallets:
        wallet = await wallets.ensure_wallet(ALICE, WalletRole.SOLANA)
        unsigned = solana(wallet, note, sol(wallet, tip, 1_000))
        signed = await wallets.solana.sign_transaction(wallet, unsigned)
        transaction = VersionedTransaction.from_bytes(signed)
        assert transaction.verify_with_results() == [True]
        for hostile in (
            solana(wallet, note, sol(wallet, Pubkey.default(), 1_000)),
            solana(wallet, note, sol(wallet, tip, 5_000_001)),
            solana(wallet, Instruction(Pubkey.new_unique(), b"", [])),
        ):
            with pytest.raises(Refused) as refusal:
                await wallets.solana.sign_transaction(wallet, hostile)
            assert refusal.value.code is ErrorCode.POLICY_DENIED


async def test_signing_survives_two_failures_and_gives_up_after_three(paper: PaperPrivy) -> None:
    clock = PatientClock()
    async with paper.wallets(clock=clock) as wallets:
        agent = await wallets.ensure_wallet(ALICE, WalletRole.AGENT)
        paper.faults.statuses += [503, 408]
        assert await wallets.evm.sign_typed_data(agent, trade())
        assert clock.waited == [1.0, 2.0]
        paper.faults.statuses += [429, 500, 502]
        paper.faults.seen.clear()
        with pytest.raises(Unavailable) as outage:
            await wallets.evm.sign_typed_data(agent, trade())
    assert outage.value.code is ErrorCode.SIGNING_UNAVAILABLE
    assert len(paper.faults.seen) == 3


async def test_halted_signing_is_an_outage_not_a_denial(paper: PaperPrivy) -> None:
    async with paper.wallets() as wallets:
        agent = await wallets.ensure_wallet(ALICE, WalletRole.AGENT)
        paper.engine.halt_signing()
        try:
            with pytest.raises(Unavailable):
                await wallets.evm.sign_typed_data(agent, trade())
        finally:
            paper.engine.resume_signing()


async def test_wrong_secret_or_key_is_a_matter_of_configuration(paper: PaperPrivy) -> None:
    async with paper.wallets() as wallets:
        agent = await wallets.ensure_wallet(user("config"), WalletRole.AGENT)
    async with paper.wallets(secret="wrong") as wallets:
        with pytest.raises(Refused) as refusal:
            await wallets.ensure_wallet(user("config"), WalletRole.AGENT)
        assert refusal.value.code is ErrorCode.CUSTODY_API
        assert refusal.value.details["cause"] == "configuration"
    async with paper.wallets(key=generate_p256_key_pair().private_key) as other_key:
        with pytest.raises(Refused) as refusal:
            await other_key.evm.sign_typed_data(agent, trade())
        assert refusal.value.code is ErrorCode.CUSTODY_API
