"""The network's rules around the runtime: expiry, once only, durability, confirmation."""

import pytest
from solders.account import Account
from solders.address_lookup_table_account import AddressLookupTableAccount
from solders.hash import Hash
from solders.instruction import AccountMeta, Instruction
from solders.keypair import Keypair
from solders.message import MessageV0
from solders.system_program import TransferParams, transfer
from solders.transaction import VersionedTransaction

from asgard_paper.solana.addresses import (
    INF_MINT,
    LOOKUP_TABLE_PROGRAM,
    TOKEN_PROGRAM,
    TOKENS,
    USDC_MINT,
    WSOL_MINT,
)
from asgard_paper.solana.chain import PreflightError, SignatureFailureError
from asgard_paper.solana.transactions import InvalidTransactionError, memo, token_account_of
from tests.unit.paper.solana.network import SOL, Network, pay

# Discriminator 1, not deactivated, extended long ago, no authority.
LOOKUP_TABLE_META = (1).to_bytes(4, "little") + b"\xff" * 8 + bytes(44)


def test_the_mints_stand_at_their_real_addresses() -> None:
    assert {token.symbol: str(token.mint) for token in TOKENS} == {
        "USDC": "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v",
        "SOL": "So11111111111111111111111111111111111111112",
        "jitoSOL": "J1toso1uCk3RLmjorhTtrVwY9HJ7X8V9yYac6Y7kGCPn",
        "jupSOL": "jupSoLaHXQiZZTSfEWMTRRgpnyFm8f6sZdosWBjx93v",
        "INF": "5oVNBeEEQvYi1cX3ir8Dx5n1P7pdxydbGF2X4TxVusJm",
    }
    network = Network()
    assert [network.chain.decimals(token.mint) for token in TOKENS] == [6, 9, 9, 9, 9]


def test_a_transfer_moves_lamports_and_charges_the_fee() -> None:
    network = Network()
    sender, target = network.wallet(), Keypair().pubkey()
    network.chain.send(network.transaction(sender, pay(sender, target, SOL)))
    assert network.chain.balance(target) == SOL
    assert network.chain.balance(sender.pubkey()) == 9 * SOL - 5_000


def test_minting_creates_the_account_and_adds_up() -> None:
    network = Network()
    owner = Keypair().pubkey()
    for mint in (USDC_MINT, WSOL_MINT, INF_MINT):
        network.chain.mint_tokens(owner, mint, 700)
        network.chain.mint_tokens(owner, mint, 55)
        assert network.chain.token_balance(owner, mint) == 755
    assert len(network.chain.token_accounts(owner)) == 3


def test_a_landed_transaction_never_runs_again_not_even_after_a_restart() -> None:
    network = Network()
    sender, target = network.wallet(), Keypair().pubkey()
    raw = network.transaction(sender, pay(sender, target, SOL))
    first = network.chain.send(raw)
    assert network.chain.send(raw, skip_preflight=True) == first
    later = network.restarted()
    assert later.chain.send(raw, skip_preflight=True) == first
    assert later.chain.balance(target) == SOL
    with pytest.raises(PreflightError, match="AlreadyProcessed"):
        later.chain.send(raw)


def test_a_restart_keeps_balances_statuses_and_time() -> None:
    network = Network()
    sender, target = network.wallet(), Keypair().pubkey()
    network.chain.mint_tokens(target, USDC_MINT, 5)
    signature = network.chain.send(network.transaction(sender, pay(sender, target, SOL)))
    network.slots(40)
    later = network.restarted()
    assert later.chain.slot() == network.chain.slot()
    assert later.chain.balance(target) == SOL
    assert later.chain.token_balance(target, USDC_MINT) == 5
    status = later.chain.signature_status(signature)
    assert status == network.chain.signature_status(signature)
    assert status is not None
    assert status.level == "finalized"


def test_emptied_accounts_stay_gone_after_a_restart() -> None:
    network = Network()
    sender, target = network.wallet(1), Keypair().pubkey()
    network.chain.send(network.transaction(sender, pay(sender, target, SOL - 5_000)))
    assert network.restarted().chain.account(sender.pubkey()) is None


def test_confirmation_grows_with_slots() -> None:
    network = Network()
    sender = network.wallet()
    signature = network.chain.send(network.transaction(sender, memo("x")))

    def level() -> str:
        status = network.chain.signature_status(signature)
        assert status is not None
        return status.level

    assert level() == "processed"
    network.slots(1)
    assert level() == "confirmed"
    network.slots(30)
    assert level() == "confirmed"
    network.slots(1)
    assert level() == "finalized"
    assert network.chain.signature_status(str(Keypair().sign_message(b"x"))) is None


def test_a_blockhash_is_good_for_150_blocks_and_no_more() -> None:
    network = Network()
    sender = network.wallet()
    blockhash, last = network.chain.latest_blockhash("processed")
    in_time = network.transaction(sender, memo("in time"), blockhash=blockhash)
    too_late = network.transaction(sender, memo("too late"), blockhash=blockhash)
    network.slots(150)
    assert network.chain.block_height() == last
    network.chain.send(in_time)
    network.slots(1)
    with pytest.raises(PreflightError, match="BlockhashNotFound"):
        network.chain.send(too_late)
    dropped = network.chain.send(too_late, skip_preflight=True)
    assert network.chain.signature_status(dropped) is None


def test_an_unknown_blockhash_is_refused() -> None:
    network = Network()
    sender = network.wallet()
    raw = network.transaction(sender, memo("x"), blockhash=Hash.new_unique())
    assert network.chain.simulate(raw).err == "BlockhashNotFound"
    assert network.chain.simulate(raw, replace_blockhash=True).err is None


def test_packets_over_1232_bytes_and_trailing_bytes_are_refused() -> None:
    network = Network()
    sender = network.wallet()
    with pytest.raises(InvalidTransactionError, match="too large: 1272"):
        network.chain.send(network.transaction(sender, memo("x" * 1_100)))
    raw = network.transaction(sender, memo("x"))
    with pytest.raises(InvalidTransactionError, match="trailing"):
        network.chain.send(raw + b"\0")
    with pytest.raises(InvalidTransactionError):
        network.chain.send(b"nonsense")


def test_a_foreign_signature_is_refused_and_never_lands() -> None:
    network = Network()
    sender = network.wallet()
    good = VersionedTransaction.from_bytes(network.transaction(sender, memo("x")))
    forged = VersionedTransaction.populate(good.message, [Keypair().sign_message(b"other")])
    with pytest.raises(SignatureFailureError):
        network.chain.send(bytes(forged))
    signature = network.chain.send(bytes(forged), skip_preflight=True)
    assert network.chain.signature_status(signature) is None


def test_a_failure_without_preflight_lands_and_costs_the_fee() -> None:
    network = Network()
    sender, target = network.wallet(1), Keypair().pubkey()
    raw = network.transaction(sender, pay(sender, target, 2 * SOL))
    with pytest.raises(PreflightError):
        network.chain.send(raw)
    assert network.chain.balance(sender.pubkey()) == SOL
    signature = network.chain.send(raw, skip_preflight=True)
    status = network.chain.signature_status(signature)
    assert status is not None
    assert status.err == {"InstructionError": [0, {"Custom": 1}]}
    assert network.chain.balance(sender.pubkey()) == SOL - 5_000
    assert network.chain.balance(target) == 0


def test_a_payer_without_funds_lands_nothing() -> None:
    network = Network()
    pauper = Keypair()
    signature = network.chain.send(network.transaction(pauper, memo("x")), skip_preflight=True)
    assert network.chain.signature_status(signature) is None


def test_simulation_changes_nothing_and_shows_accounts_after() -> None:
    network = Network()
    sender, target = network.wallet(), Keypair().pubkey()
    outcome = network.chain.simulate(network.transaction(sender, pay(sender, target, SOL)))
    assert outcome.err is None
    assert outcome.accounts[target].lamports == SOL
    assert network.chain.balance(target) == 0


def test_unsigned_transactions_can_be_simulated_but_not_verified() -> None:
    network = Network()
    sender = network.wallet()
    signed = VersionedTransaction.from_bytes(network.transaction(sender, memo("x")))
    unsigned = bytes(
        VersionedTransaction.populate(signed.message, [signed.signatures[0].default()])
    )
    assert network.chain.simulate(unsigned).err is None
    assert network.chain.simulate(unsigned, verify=True).err == "SignatureFailure"


def test_a_halted_network_takes_nothing_and_stands_still_over_a_restart() -> None:
    network = Network()
    sender = network.wallet()
    network.chain.set_halted(True)
    height = network.chain.block_height()
    network.slots(1_000)
    raw = network.transaction(sender, memo("x"))
    signature = network.chain.send(raw)
    assert network.chain.signature_status(signature) is None
    later = network.restarted()
    assert later.chain.block_height() == height
    later.chain.set_halted(False)
    assert later.chain.block_height() == height
    later.slots(2)
    assert later.chain.block_height() == height + 2
    later.chain.send(raw)
    assert later.chain.signature_status(signature) is not None


def test_block_height_is_not_the_slot() -> None:
    network = Network()
    assert network.chain.block_height() < network.chain.slot()


def test_blocks_carry_market_time() -> None:
    network = Network()
    sender = network.wallet()
    signature = network.chain.send(network.transaction(sender, memo("x")))
    landed = network.chain.history.get(signature)
    assert landed is not None
    assert landed.market_s == 1_735_689_600


def test_history_records_balances_on_both_sides() -> None:
    network = Network()
    sender, target = network.wallet(), Keypair().pubkey()
    move = TransferParams(from_pubkey=sender.pubkey(), to_pubkey=target, lamports=SOL)
    signature = network.chain.send(network.transaction(sender, transfer(move)))
    landed = network.chain.history.get(signature)
    assert landed is not None
    at = landed.account_keys.index(str(target))
    assert (landed.pre_balances[at], landed.post_balances[at]) == (0, SOL)
    assert sum(landed.pre_balances) - sum(landed.post_balances) == landed.fee == 5_000


def test_accounts_from_lookup_tables_are_charged_kept_and_listed() -> None:
    network = Network()
    sender, target = network.wallet(), Keypair().pubkey()
    table, body = Keypair().pubkey(), bytes(LOOKUP_TABLE_META)
    network.chain.place(table, Account(SOL, body + bytes(target), LOOKUP_TABLE_PROGRAM, False, 0))
    tables = [AddressLookupTableAccount(table, [target])]
    blockhash, _ = network.chain.latest_blockhash("processed")
    steps = [pay(sender, target, SOL)]
    message = MessageV0.try_compile(sender.pubkey(), steps, tables, blockhash)
    assert target not in message.account_keys
    signature = network.chain.send(bytes(VersionedTransaction(message, [sender])))
    later = network.restarted()
    assert later.chain.balance(target) == SOL
    landed = later.chain.history.get(signature)
    assert landed is not None
    assert landed.account_keys[-1] == str(target)
    assert landed.loaded_writable == 1
    assert [row.signature for row in later.chain.history.newest_first(str(target))] == [signature]


def test_token_accounts_are_listed_for_their_present_owner_only() -> None:
    network = Network()
    first, second = network.wallet(), Keypair().pubkey()
    network.chain.mint_tokens(first.pubkey(), USDC_MINT, 9)
    account = token_account_of(first.pubkey(), USDC_MINT)
    set_owner = bytes([6, 2, 1]) + bytes(second)
    accounts = [AccountMeta(account, False, True), AccountMeta(first.pubkey(), True, False)]
    network.chain.send(network.transaction(first, Instruction(TOKEN_PROGRAM, set_owner, accounts)))
    for chain in (network.chain, network.restarted().chain):
        assert chain.token_accounts(first.pubkey()) == []
        assert [key for key, _ in chain.token_accounts(second)] == [account]
