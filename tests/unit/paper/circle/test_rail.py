"""USDC that is burned on one chain is attested once and minted once on the other."""

import asyncio
import hashlib
import struct
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from eth_abi.abi import encode
from eth_account import Account
from eth_utils.crypto import keccak
from solders.instruction import AccountMeta, Instruction
from solders.keypair import Keypair
from solders.message import MessageV0
from solders.pubkey import Pubkey
from solders.transaction import VersionedTransaction

from asgard_paper.arbitrum.anvil import AnvilMissing, RpcFault, find_anvil
from asgard_paper.arbitrum.chain import MESSAGE_TRANSMITTER, TOKEN_MESSENGER, USDC, ArbitrumChain
from asgard_paper.circle.iris import Iris
from asgard_paper.circle.messages import ARBITRUM, ATTESTERS, SOLANA, is_attested, read
from asgard_paper.circle.programs import (
    FEES,
    MESSENGER,
    TRANSMITTER,
    CircleOnSolana,
    nonce_account,
    state,
)
from asgard_paper.kernel.clock import WorldClock
from asgard_paper.kernel.journal import Journal
from asgard_paper.kernel.store import MemoryStore
from asgard_paper.solana.addresses import SYSTEM_PROGRAM, TOKEN_PROGRAM, USDC_MINT
from asgard_paper.solana.chain import PreflightError, SolanaChain
from asgard_paper.solana.transactions import token_account_of

try:
    BINARY = find_anvil()
except AnvilMissing as missing:
    pytest.skip(str(missing), allow_module_level=True)

ALICE = Account.from_key("0x" + "11" * 32)
ALICES = bytes(12) + bytes.fromhex(ALICE.address[2:])
MILLION = 10**6


@dataclass
class Rail:
    """Both chains, the service, and a purse on each side."""

    arbitrum: ArbitrumChain
    solana: SolanaChain
    programs: CircleOnSolana
    iris: Iris
    clock: WorldClock
    owner: Keypair

    async def evm(self, to: str, data: bytes) -> str:
        """Send a call of Alice's and wait until it is mined."""
        nonce = int(
            str(await self.arbitrum.call("eth_getTransactionCount", ALICE.address, "latest")), 16
        )
        signed = ALICE.sign_transaction(
            {
                "to": to, "data": data, "nonce": nonce, "chainId": 42161, "value": 0, "type": 2,
                "gas": 400_000, "maxFeePerGas": 20_000_000, "maxPriorityFeePerGas": 0,
            }
        )  # fmt: skip
        sent = await self.arbitrum.send_raw(f"0x{signed.raw_transaction.hex()}")
        for _ in range(500):
            found: Any = await self.arbitrum.call("eth_getTransactionReceipt", sent)
            if found:
                assert found["status"] == "0x1"
                return sent
            await asyncio.sleep(0.01)
        raise AssertionError("never mined")

    def sol(self, instruction: Instruction, *more: Keypair) -> str:
        """Send an instruction of the owner's; raises PreflightError."""
        blockhash, _ = self.solana.latest_blockhash("confirmed")
        message = MessageV0.try_compile(self.owner.pubkey(), [instruction], [], blockhash)
        raw = bytes(VersionedTransaction(message, [self.owner, *more]))
        assert len(raw) <= 1232
        return self.solana.send(raw)

    def usdc(self) -> int:
        """The owner's on Solana."""
        return self.solana.token_balance(self.owner.pubkey(), USDC_MINT)


@pytest.fixture
async def rail() -> AsyncIterator[Rail]:
    store = MemoryStore()
    clock = WorldClock(start_ms=1_751_328_000_000)
    arbitrum = ArbitrumChain(store=store, block_ms=10, binary=BINARY)
    solana = SolanaChain(clock=clock, store=store, seed=1)
    programs = CircleOnSolana(chain=solana, store=store)
    iris = Iris(
        arbitrum=arbitrum, solana=programs, clock=clock, store=store,
        journal=Journal(clock=clock, store=store), patience_ms=10**9,
    )  # fmt: skip
    await arbitrum.start()
    await arbitrum.fund_eth(ALICE.address, 10**17)
    await arbitrum.mint_usdc(ALICE.address, 100 * MILLION)
    owner = Keypair.from_seed(bytes(32))
    solana.airdrop(owner.pubkey(), 10**9)
    solana.mint_tokens(owner.pubkey(), USDC_MINT, 100 * MILLION)
    yield Rail(arbitrum, solana, programs, iris, clock, owner)
    await arbitrum.stop()


def call(signature: str, kinds: list[str], values: list[object]) -> bytes:
    return keccak(signature.encode())[:4] + encode(kinds, values)


def burn(owner: Pubkey, event: Pubkey, amount: int) -> Instruction:
    data = hashlib.sha256(b"global:deposit_for_burn").digest()[:8]
    data += struct.pack("<QI", amount, ARBITRUM) + ALICES + bytes(32) + struct.pack("<QI", 0, 2000)
    keys = [
        (owner, True, False), (owner, True, True), (state("sender_authority"), False, False),
        (token_account_of(owner, USDC_MINT), False, True),
        (state("denylist_account", bytes(owner)), False, False),
        (state("message_transmitter", program=TRANSMITTER), False, True),
        (state("token_messenger"), False, False),
        (state("remote_token_messenger", b"3"), False, False),
        (state("token_minter"), False, False),
        (state("local_token", bytes(USDC_MINT)), False, True), (USDC_MINT, False, True),
        (event, True, True), (TRANSMITTER, False, False), (MESSENGER, False, False),
        (TOKEN_PROGRAM, False, False), (SYSTEM_PROGRAM, False, False),
        (state("__event_authority"), False, False), (MESSENGER, False, False),
    ]  # fmt: skip
    return Instruction(MESSENGER, data, [AccountMeta(*key) for key in keys])


def receive(owner: Pubkey, message: bytes, attestation: bytes) -> Instruction:
    read_ = read(message)
    assert read_ is not None
    data = hashlib.sha256(b"global:receive_message").digest()[:8]
    data += struct.pack("<I", len(message)) + message
    data += struct.pack("<I", len(attestation)) + attestation
    authority = "message_transmitter_authority"
    keys = [
        (owner, True, True), (owner, True, False),
        (state(authority, bytes(MESSENGER), program=TRANSMITTER), False, False),
        (state("message_transmitter", program=TRANSMITTER), False, False),
        (nonce_account(read_.nonce), False, True), (MESSENGER, False, False),
        (SYSTEM_PROGRAM, False, False),
        (state("__event_authority", program=TRANSMITTER), False, False),
        (TRANSMITTER, False, False), (state("token_messenger"), False, False),
        (state("remote_token_messenger", b"3"), False, False),
        (state("token_minter"), False, True),
        (state("local_token", bytes(USDC_MINT)), False, True),
        (state("token_pair", b"3", read_.burn_token), False, False),
        (token_account_of(FEES, USDC_MINT), False, True),
        (Pubkey(read_.mint_recipient), False, True),
        (state("custody", bytes(USDC_MINT)), False, True), (TOKEN_PROGRAM, False, False),
        (state("__event_authority"), False, False), (MESSENGER, False, False),
    ]  # fmt: skip
    return Instruction(TRANSMITTER, data, [AccountMeta(*key) for key in keys])


async def test_from_arbitrum_to_solana(rail: Rail) -> None:
    amount = 40 * MILLION
    recipient = bytes(token_account_of(rail.owner.pubkey(), USDC_MINT))
    kinds = ["uint256", "uint32", "bytes32", "address", "bytes32", "uint256", "uint32"]
    deposit = call(
        f"depositForBurn({','.join(kinds)})",
        kinds,
        [amount, SOLANA, recipient, USDC, bytes(32), 0, 2000],
    )
    allow = call("approve(address,uint256)", ["address", "uint256"], [TOKEN_MESSENGER, amount])
    await rail.evm(USDC, allow)
    sent = await rail.evm(TOKEN_MESSENGER, deposit)
    assert await rail.arbitrum.usdc_balance(ALICE.address) == 60 * MILLION
    await rail.iris.observe()
    (seen,) = rail.iris.messages(ARBITRUM, sent)
    assert not seen.attested
    rail.clock.advance(16 * 60_000)
    await rail.iris.observe()
    (seen,) = rail.iris.messages(ARBITRUM, sent)
    assert await rail.iris.owed_usdc() == 40
    instruction = receive(rail.owner.pubkey(), seen.attested, seen.attestation)
    rail.sol(instruction)
    assert rail.usdc() == 140 * MILLION
    with pytest.raises(PreflightError):
        rail.sol(instruction)
    assert await rail.iris.owed_usdc() == 0
    assert await rail.arbitrum.burned_and_minted() == (amount, 0)


async def test_from_solana_to_arbitrum(rail: Rail) -> None:
    supply, event = rail.solana.supply(USDC_MINT), Keypair.from_seed(bytes([1]) * 32)
    sent = rail.sol(burn(rail.owner.pubkey(), event.pubkey(), 30 * MILLION), event)
    assert rail.usdc() == 70 * MILLION
    assert rail.solana.supply(USDC_MINT) == supply - 30 * MILLION
    rail.iris.set_stuck(True)
    await rail.iris.observe()
    rail.clock.advance(3600_000)
    await rail.iris.observe()
    (seen,) = rail.iris.messages(SOLANA, sent)
    assert not seen.attested
    rail.iris.set_stuck(False)
    await rail.iris.observe()
    (seen,) = rail.iris.messages(SOLANA, sent)
    assert is_attested(seen.attested, seen.attestation)
    kinds = ["bytes", "bytes"]
    data = call("receiveMessage(bytes,bytes)", kinds, [seen.attested, seen.attestation])
    await rail.evm(MESSAGE_TRANSMITTER, data)
    assert await rail.arbitrum.usdc_balance(ALICE.address) == 130 * MILLION
    again = {"from": ALICE.address, "to": MESSAGE_TRANSMITTER, "data": "0x" + data.hex()}
    with pytest.raises(RpcFault, match="Nonce already used"):
        await rail.arbitrum.call("eth_call", again, "latest")
    forged = call("receiveMessage(bytes,bytes)", kinds, [seen.attested[:-1] + b"\x01", bytes(130)])
    wrong = {"from": ALICE.address, "to": MESSAGE_TRANSMITTER, "data": "0x" + forged.hex()}
    with pytest.raises(RpcFault, match="not attester"):
        await rail.arbitrum.call("eth_call", wrong, "latest")
    assert await rail.iris.owed_usdc() == 0


async def test_nobody_burns_what_is_not_there(rail: Rail) -> None:
    event = Keypair.from_seed(bytes([2]) * 32)
    with pytest.raises(PreflightError):
        rail.sol(burn(rail.owner.pubkey(), event.pubkey(), 101 * MILLION), event)
    assert rail.usdc() == 100 * MILLION


def test_the_contracts_know_the_attesters() -> None:
    from asgard_paper.arbitrum.contracts import COMPILED

    source = COMPILED.with_name("PaperCctp.sol").read_text()
    assert source.index(ATTESTERS[0]) < source.index(ATTESTERS[1])
