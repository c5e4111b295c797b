"""Policies on Solana transactions: every instruction needs its own ALLOW."""

import struct

import pytest
from solders.address_lookup_table_account import AddressLookupTableAccount
from solders.hash import Hash
from solders.instruction import AccountMeta, CompiledInstruction, Instruction
from solders.keypair import Keypair
from solders.message import Message, MessageV0
from solders.pubkey import Pubkey
from solders.signature import Signature
from solders.system_program import CreateAccountParams, TransferParams, create_account, transfer
from solders.transaction import VersionedTransaction

from asgard_paper.privy.facts.solana import SYSTEM_PROGRAM, TOKEN_PROGRAM, parse_transaction
from asgard_paper.privy.policies import PolicyState, RpcRequest, evaluate
from asgard_paper.privy.records import Policy
from tests.unit.paper.privy import policy_set as ps

WALLET = Keypair.from_seed(b"\1" * 32).pubkey()
HOME = Keypair.from_seed(b"\2" * 32).pubkey()
ATTACKER = Keypair.from_seed(b"\3" * 32).pubkey()
MINT = Keypair.from_seed(b"\4" * 32).pubkey()
LENDER = Keypair.from_seed(b"\5" * 32).pubkey()
COMPUTE = Pubkey.from_string("ComputeBudget111111111111111111111111111111")
TOKEN = Pubkey.from_string(TOKEN_PROGRAM)
SOL = 1_000_000_000

SYSTEM_SOURCE = "solana_system_program_instruction"
TOKEN_SOURCE = "solana_token_program_instruction"
PROGRAM_SOURCE = "solana_program_instruction"


def rule(name: str, *conditions: ps.Json) -> ps.Json:
    return ps.rule(name, "signTransaction", *conditions)


RULES = (
    rule("programs", ps.on(PROGRAM_SOURCE, "programId", "in", [str(COMPUTE), str(LENDER)])),
    rule("accounts", ps.on(SYSTEM_SOURCE, "instructionName", "in", ["Create", "CreateWithSeed"])),
    rule(
        "lamports",
        ps.on(SYSTEM_SOURCE, "Transfer.to", "eq", str(HOME)),
        ps.on(SYSTEM_SOURCE, "Transfer.lamports", "lte", str(SOL)),
    ),
    rule("wrapping", ps.on(TOKEN_SOURCE, "instructionName", "in", ["SyncNative"])),
    rule(
        "tokens",
        ps.on(TOKEN_SOURCE, "TransferChecked.mint", "eq", str(MINT)),
        ps.on(TOKEN_SOURCE, "TransferChecked.destination", "eq", str(HOME)),
        ps.on(TOKEN_SOURCE, "TransferChecked.amount", "lte", "500"),
    ),
    rule("closing", ps.on(TOKEN_SOURCE, "CloseAccount.destination", "eq", str(WALLET))),
    rule("opening", ps.on(TOKEN_SOURCE, "InitializeAccount3.owner", "eq", str(WALLET))),
)
POLICY = ps.policy(*RULES, chain_type="solana")
TO_HOME = transfer(TransferParams(from_pubkey=WALLET, to_pubkey=HOME, lamports=SOL))
LEND = Instruction(LENDER, b"\x09deposit", [AccountMeta(WALLET, True, True)])


def pay(to: Pubkey, lamports: int) -> Instruction:
    return transfer(TransferParams(from_pubkey=WALLET, to_pubkey=to, lamports=lamports))


def token(tag: int, accounts: list[Pubkey], data: bytes = b"") -> Instruction:
    metas = [AccountMeta(account, False, True) for account in accounts]
    return Instruction(TOKEN, bytes([tag]) + data, metas)


def checked(mint: Pubkey, to: Pubkey, amount: int) -> Instruction:
    return token(12, [HOME, mint, to, WALLET], struct.pack("<QB", amount, 6))


def request(
    *instructions: Instruction, tables: list[AddressLookupTableAccount] | None = None
) -> RpcRequest:
    message = MessageV0.try_compile(WALLET, list(instructions), tables or [], Hash.default())
    return asks(VersionedTransaction.populate(message, signatures(message)))


def signatures(message: Message | MessageV0) -> list[Signature]:
    return [Signature.default()] * message.header.num_required_signatures


def asks(transaction: VersionedTransaction) -> RpcRequest:
    parsed = parse_transaction(bytes(transaction))
    assert parsed is not None
    return RpcRequest("signTransaction", str(WALLET), solana=parsed)


def allowed(request: RpcRequest, policy: Policy = POLICY) -> bool:
    return evaluate(policy, request, PolicyState(0)).allowed


def test_every_rule_lets_its_own_through() -> None:
    opened = CreateAccountParams(
        from_pubkey=WALLET, to_pubkey=MINT, lamports=9, space=165, owner=TOKEN
    )
    for instruction in (
        LEND,
        create_account(opened),
        TO_HOME,
        token(17, [HOME]),
        checked(MINT, HOME, 500),
        token(9, [HOME, WALLET, WALLET]),
        token(18, [HOME, MINT], bytes(WALLET)),
    ):
        assert allowed(request(instruction))
    assert allowed(request(LEND, TO_HOME, checked(MINT, HOME, 1)))


MUTANTS = {
    "lamport over the cap": pay(HOME, SOL + 1),
    "lamports to another": pay(ATTACKER, 1),
    "assign the account away": Instruction(
        Pubkey.from_string(SYSTEM_PROGRAM),
        struct.pack("<I", 1) + bytes(ATTACKER),
        [AccountMeta(WALLET, True, True)],
    ),
    "system tag unknown": Instruction(
        Pubkey.from_string(SYSTEM_PROGRAM), struct.pack("<I", 99), [AccountMeta(WALLET, True, True)]
    ),
    "unit over the cap": checked(MINT, HOME, 501),
    "tokens to another": checked(MINT, ATTACKER, 1),
    "other mint": checked(LENDER, HOME, 1),
    "unchecked transfer": token(3, [HOME, HOME, WALLET], struct.pack("<Q", 1)),
    "approve": token(4, [HOME, ATTACKER, WALLET], struct.pack("<Q", 1)),
    "set authority": token(6, [HOME, WALLET], b"\x02\x01" + bytes(ATTACKER)),
    "burn": token(8, [HOME, MINT, WALLET], struct.pack("<Q", 1)),
    "close to another": token(9, [HOME, ATTACKER, WALLET]),
    "open for another": token(18, [HOME, MINT], bytes(ATTACKER)),
    "no data": token(12, [HOME, MINT, HOME, WALLET]),
    "unknown program": Instruction(ATTACKER, b"\1", [AccountMeta(WALLET, True, True)]),
    "Token-2022": Instruction(
        Pubkey.from_string("TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb"),
        b"\x11",
        [AccountMeta(HOME, False, True)],
    ),
}


@pytest.mark.parametrize("mutant", MUTANTS.values(), ids=MUTANTS)
def test_one_bad_instruction_spoils_the_transaction(mutant: Instruction) -> None:
    assert not allowed(request(mutant))
    assert not allowed(request(LEND, mutant))
    assert not allowed(request(mutant, TO_HOME))


def test_bytes_after_the_last_field_do_not_hide_a_transfer() -> None:
    padded = Instruction(
        TO_HOME.program_id, bytes(pay(HOME, SOL + 1).data) + b"\0\0", list(TO_HOME.accounts)
    )
    assert not allowed(request(padded))


def test_denied_instruction_kills_what_others_allow() -> None:
    deny = ps.rule(
        "no closing",
        "signTransaction",
        ps.on(TOKEN_SOURCE, "instructionName", "eq", "CloseAccount"),
        action="DENY",
    )
    policy = ps.policy(*RULES, deny, chain_type="solana")
    assert not allowed(request(LEND, token(9, [HOME, WALLET, WALLET])), policy)
    assert allowed(request(LEND), policy)


def test_addresses_from_lookup_tables_are_unknown() -> None:
    table = AddressLookupTableAccount(key=MINT, addresses=[HOME])
    assert allowed(request(TO_HOME))
    assert not allowed(request(TO_HOME, tables=[table]))
    by_amount = ps.policy(
        rule("cap", ps.on(SYSTEM_SOURCE, "Transfer.lamports", "lte", str(SOL))),
        chain_type="solana",
    )
    assert allowed(request(TO_HOME, tables=[table]), by_amount)


def test_program_from_a_lookup_table_is_unknown() -> None:
    message = MessageV0.try_compile(WALLET, [LEND], [], Hash.default())
    far = CompiledInstruction(program_id_index=9, data=b"\1", accounts=b"\0")
    bent = MessageV0(message.header, message.account_keys, message.recent_blockhash, [far], [])
    assert not allowed(asks(VersionedTransaction.populate(bent, signatures(bent))))


def test_legacy_transactions_are_read_too() -> None:
    message = Message.new_with_blockhash([TO_HOME], WALLET, Hash.default())
    assert allowed(asks(VersionedTransaction.populate(message, signatures(message))))


def test_transaction_without_instructions_is_denied_even_by_allow_all() -> None:
    everything = ps.policy(ps.rule("all", "*"), chain_type="solana")
    assert not allowed(request(), everything)
    assert allowed(request(LEND), everything)


def test_known_bad_policy_lets_lamports_drain() -> None:
    """System and Token in a program list make every cap beside them dead: rules are OR-ed."""
    programs = [str(LENDER), SYSTEM_PROGRAM, TOKEN_PROGRAM]
    bad = ps.policy(
        rule("programs", ps.on(PROGRAM_SOURCE, "programId", "in", programs)),
        rule("cap", ps.on(SYSTEM_SOURCE, "Transfer.lamports", "lte", "1000")),
        chain_type="solana",
    )
    assert allowed(request(pay(ATTACKER, 10**15)), bad)
    assert allowed(request(checked(MINT, ATTACKER, 10**15)), bad)


@pytest.mark.parametrize(
    "raw", [b"", b"\0", b"\1" * 200, bytes(VersionedTransaction.default())[:-1]]
)
def test_bytes_that_are_no_transaction(raw: bytes) -> None:
    assert parse_transaction(raw) is None
