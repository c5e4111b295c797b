"""The chain: a real runtime made to keep blocks, history, expiry and confirmation."""

import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from solders.account import Account
from solders.hash import Hash
from solders.instruction import Instruction
from solders.keypair import Keypair
from solders.message import MessageV0
from solders.pubkey import Pubkey
from solders.system_program import TransferParams, transfer
from solders.token.state import Mint, TokenAccount
from solders.transaction import VersionedTransaction

from asgard_paper.kernel.clock import Clock
from asgard_paper.kernel.store import Store
from asgard_paper.solana.addresses import (
    JITO_TIP_ACCOUNTS,
    SYSTEM_PROGRAM,
    TOKEN_BY_MINT,
    TOKEN_PROGRAM,
    TOKENS,
    USDC_MINT,
    WSOL_MINT,
)
from asgard_paper.solana.fees import fee_lamports
from asgard_paper.solana.ledger import RENT_EXEMPT, LandedTransaction, TransactionHistory
from asgard_paper.solana.outcome import Outcome, venue_refusal
from asgard_paper.solana.runtime import Runtime, token_account
from asgard_paper.solana.slots import BLOCKHASH_BLOCKS, FINALIZED_SLOTS, SlotClock, SlotOrigin
from asgard_paper.solana.transactions import (
    create_token_account,
    keypair_from,
    loaded_addresses,
    memo,
    message_key,
    mint_to,
    parse_transaction,
    sync_native,
    token_account_of,
    writable_keys,
)

ORIGIN = "solana.origin"
MINT_LAMPORTS = 1_461_600
FAUCET_LAMPORTS = 5 * 10**17
TIP_LAMPORTS = 10**9
COMMITMENT_DEPTH = {"processed": 0, "confirmed": 1, "finalized": FINALIZED_SLOTS}


class VenueProgram(Protocol):
    """A program the runtime does not have: it may refuse a transaction, and sees it land."""

    def judge(self, key: str) -> int | None:
        """The custom error a transaction with this message key fails with, or None."""
        ...

    def landed(self, key: str, transaction: LandedTransaction) -> None:
        """A transaction with this message key succeeded."""
        ...


class WorldProgram(Protocol):
    """A program whose bytecode does nothing here: the world does what it would do."""

    @property
    def addresses(self) -> tuple[Pubkey, ...]:
        """Where it is deployed."""
        ...

    def refuses(self, transaction: VersionedTransaction) -> int | None:
        """The custom error its instructions in the transaction fail with, or None."""
        ...

    def run(self, transaction: VersionedTransaction) -> None:
        """Do what its instructions do, right after everything else in the transaction."""
        ...


class SignatureFailureError(ValueError):
    """A signature does not belong to its key."""


class PreflightError(ValueError):
    """The simulation before sending failed; nothing was sent."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(json.dumps(outcome.err))
        self.outcome = outcome


class FaucetError(RuntimeError):
    """The simulator's own transaction failed, for example for leaving less than rent."""


@dataclass(frozen=True, slots=True)
class SignatureStatus:
    """How far a landed transaction is confirmed."""

    slot: int
    confirmations: int | None
    err: Any
    level: str


class SolanaChain:
    """One Solana network: accounts, blocks of 400 ms host time, real programs, real fees.

    Every public method is safe to call from several threads. Nothing is committed to the
    store here: whoever answers a request commits.
    """

    def __init__(self, *, clock: Clock, store: Store, seed: int) -> None:
        self.lock = threading.RLock()
        self._clock = clock
        self._store = store
        self._runtime = Runtime(store)
        self._programs: list[VenueProgram] = []
        self._deployed: list[WorldProgram] = []
        self._faucet = keypair_from(seed, "solana:faucet")
        self.vault: Keypair = keypair_from(seed, "solana:vault")
        origin = store.load(ORIGIN, SlotOrigin).get("origin")
        self.slots = SlotClock(clock, seed=seed, origin=origin)
        self.history = TransactionHistory(store)
        if self._runtime.is_new:
            self._begin()

    def register(self, program: VenueProgram) -> None:
        """Let a venue judge and see transactions as its on-chain program would."""
        self._programs.append(program)

    def deploy(self, program: WorldProgram) -> None:
        """Put a program on the chain that the world itself carries out.

        A simulation says whether it would be refused, and does not show what it would change.
        """
        with self.lock:
            for address in program.addresses:
                self._runtime.deploy(address)
            self._deployed.append(program)

    def commit(self) -> None:
        """Make everything so far durable."""
        with self.lock:
            self._store.commit()

    def slot(self, commitment: str = "processed") -> int:
        """The newest slot at a commitment level."""
        return self.slots.slot(COMMITMENT_DEPTH[commitment])

    def block_height(self, commitment: str = "processed") -> int:
        """The newest block height at a commitment level; lower than the slot."""
        return self.slots.height(self.slot(commitment))

    def latest_blockhash(self, commitment: str = "finalized") -> tuple[Hash, int]:
        """A blockhash and the last block height at which it can be used."""
        slot = self.slot(commitment)
        return self.slots.blockhash(slot), self.slots.height(slot) + BLOCKHASH_BLOCKS

    def is_blockhash_valid(self, blockhash: Hash) -> bool:
        """Whether a transaction with this blockhash could still land."""
        with self.lock:
            return self.slots.slot_of(blockhash) is not None

    def market_s(self) -> int:
        """Block time: market time in Unix seconds."""
        return self._clock.now_ms() // 1000

    def account(self, key: Pubkey) -> Account | None:
        """An account, or None when it does not exist."""
        with self.lock:
            return self._runtime.account(key)

    def supply(self, mint: Pubkey) -> int:
        """Tokens of a mint in native units; 0 when there is none."""
        account = self.account(mint)
        return Mint.from_bytes(account.data).supply if account else 0

    def decimals(self, mint: Pubkey) -> int:
        """Decimals of a mint; 0 when there is none."""
        with self.lock:
            return self._runtime.decimals(mint)

    def token_accounts(self, owner: Pubkey) -> list[tuple[Pubkey, TokenAccount]]:
        """Every token account of an owner, ordered by address."""
        with self.lock:
            return self._runtime.token_accounts(owner)

    def balance(self, key: Pubkey) -> int:
        """Lamports of an account."""
        account = self.account(key)
        return account.lamports if account else 0

    def token_balance(self, owner: Pubkey, mint: Pubkey) -> int:
        """Native units in the owner's associated account of a mint."""
        token = token_account(self.account(token_account_of(owner, mint)))
        return token.amount if token else 0

    def minimum_balance(self, size: int) -> int:
        """Lamports that keep an account of `size` bytes rent exempt."""
        with self.lock:
            return self._runtime.minimum_balance(size)

    def signature_status(self, signature: str) -> SignatureStatus | None:
        """How far a transaction is confirmed; None when it never landed."""
        landed = self.history.get(signature)
        if landed is None:
            return None
        depth = max(0, self.slot() - landed.slot)
        level = "processed" if depth == 0 else "confirmed"
        if depth >= FINALIZED_SLOTS:
            level = "finalized"
        confirmations = None if level == "finalized" else depth
        err = None if landed.err is None else json.loads(landed.err)
        return SignatureStatus(landed.slot, confirmations, err, level)

    def airdrop(self, key: Pubkey, lamports: int) -> str:
        """Send lamports from the faucet; return the signature of the landed transfer."""
        return self._administer([self._give(key, lamports)])

    def mint_tokens(self, owner: Pubkey, mint: Pubkey, amount_native: int) -> str:
        """Create the owner's associated account if needed and mint native units into it."""
        faucet = self._faucet.pubkey()
        instructions = [create_token_account(faucet, owner, mint)]
        if mint == WSOL_MINT:
            account = token_account_of(owner, mint)
            instructions += [self._give(account, amount_native), sync_native(owner, mint)]
        else:
            decimals = TOKEN_BY_MINT[mint].decimals
            instructions.append(mint_to(faucet, owner, mint, amount_native, decimals))
        return self._administer(instructions)

    def simulate(
        self, raw: bytes, *, verify: bool = False, replace_blockhash: bool = False
    ) -> Outcome:
        """What the transaction would do now; nothing changes."""
        transaction = parse_transaction(raw)
        with self.lock:
            stale = self.slots.slot_of(transaction.message.recent_blockhash) is None
            if stale and not replace_blockhash:
                return Outcome("BlockhashNotFound")
            if self.history.get(str(transaction.signatures[0])) is not None:
                return Outcome("AlreadyProcessed")
            refusal = self._judge(transaction)
            if refusal is not None:
                return refusal
            self._runtime.set_time(self.slot(), self.market_s())
            return self._runtime.simulate(transaction, verify=verify)

    def send(self, raw: bytes, *, skip_preflight: bool = False) -> str:
        """Offer a transaction to the network; return its signature, which promises nothing.

        Raises InvalidTransactionError, SignatureFailureError or PreflightError when it is not
        taken in. An expired or unpayable transaction without preflight is dropped in silence,
        and one that already landed is not run again.
        """
        transaction = parse_transaction(raw)
        signature = str(transaction.signatures[0])
        with self.lock:
            if not skip_preflight:
                if not all(transaction.verify_with_results()):
                    raise SignatureFailureError("Transaction signature verification failure")
                outcome = self.simulate(raw)
                if outcome.err is not None:
                    raise PreflightError(outcome)
            known = self.history.get(signature) is not None
            fresh = self.slots.slot_of(transaction.message.recent_blockhash) is not None
            if fresh and not known and not self.slots.halted:
                self._execute(transaction)
        return signature

    def place(self, key: Pubkey, account: Account) -> None:
        """Put an account on the chain outside of any transaction: a lookup table, a stake pool."""
        with self.lock:
            self._runtime.write(key, account)

    def set_halted(self, halted: bool) -> None:
        """Stop the network or let it go on; while it stands still nothing lands."""
        with self.lock:
            if halted:
                self.slots.halt()
            else:
                self.slots.resume()
            self._store.put(ORIGIN, "origin", self.slots.origin)

    def _begin(self) -> None:
        authority = self._faucet.pubkey()
        for token in TOKENS:
            mint = Mint(
                mint_authority=None if token.mint == WSOL_MINT else authority,
                supply=0,
                decimals=token.decimals,
                is_initialized=True,
                freeze_authority=authority if token.mint == USDC_MINT else None,
            )
            account = Account(MINT_LAMPORTS, bytes(mint), TOKEN_PROGRAM, False, RENT_EXEMPT)
            self._runtime.write(token.mint, account)
        # Tips would leave an account that does not exist yet below the rent minimum, and fail.
        for tip_account in JITO_TIP_ACCOUNTS:
            tipped = Account(TIP_LAMPORTS, b"", SYSTEM_PROGRAM, False, RENT_EXEMPT)
            self._runtime.write(tip_account, tipped)
        rich = Account(FAUCET_LAMPORTS, b"", SYSTEM_PROGRAM, False, RENT_EXEMPT)
        self._runtime.write(authority, rich)
        self._store.put(ORIGIN, "origin", self.slots.origin)

    def _give(self, key: Pubkey, lamports: int) -> Instruction:
        source = self._faucet.pubkey()
        return transfer(TransferParams(from_pubkey=source, to_pubkey=key, lamports=lamports))

    def _administer(self, instructions: Sequence[Instruction]) -> str:
        """Land one of the simulator's own transactions; a counter makes each distinct."""
        with self.lock:
            numbered = [*instructions, memo(f"paper:{len(self.history)}")]
            blockhash = self.slots.blockhash(self.slot())
            message = MessageV0.try_compile(self._faucet.pubkey(), numbered, [], blockhash)
            transaction = VersionedTransaction(message, [self._faucet])
            landed = self._execute(transaction)
        if landed is None or landed.err is not None:
            reason = landed.err if landed else "not accepted"
            raise FaucetError(f"faucet transaction failed: {reason}")
        return landed.signature

    def _judge(self, transaction: VersionedTransaction) -> Outcome | None:
        key = message_key(transaction)
        codes = [program.judge(key) for program in self._programs]
        codes += [program.refuses(transaction) for program in self._deployed]
        code = next((code for code in codes if code is not None), None)
        if code is None:
            return None
        message = transaction.message
        fee = fee_lamports(
            message.header.num_required_signatures, message.account_keys, message.instructions
        )
        return venue_refusal(code, instruction=len(message.instructions) - 1, fee=fee)

    def _execute(self, transaction: VersionedTransaction) -> LandedTransaction | None:
        """Run it, charge it, write it down; None when the network would not take it."""
        writable, readonly = loaded_addresses(transaction, self._runtime.account)
        keys = [*transaction.message.account_keys, *writable, *readonly]
        before, tokens_before = self._runtime.balances(keys)
        outcome = self._judge(transaction)
        if outcome is None:
            self._runtime.set_time(self.slot(), self.market_s())
            outcome = self._runtime.run(transaction)
            if not outcome.lands:
                return None
            if outcome.err is None:
                for deployed in self._deployed:
                    deployed.run(transaction)
        elif not self._charge(transaction, outcome.fee):
            return None
        after, tokens_after = self._runtime.balances(keys)
        self._runtime.remember([*writable_keys(transaction.message), *writable])
        landed = LandedTransaction(
            signature=str(transaction.signatures[0]),
            slot=self.slot(),
            market_s=self.market_s(),
            raw=bytes(transaction),
            account_keys=tuple(str(key) for key in keys),
            loaded_writable=len(writable),
            loaded_readonly=len(readonly),
            err=None if outcome.err is None else json.dumps(outcome.err),
            fee=outcome.fee,
            compute_units=outcome.compute_units,
            logs=outcome.logs,
            inner=json.dumps(outcome.inner),
            pre_balances=before,
            post_balances=after,
            pre_tokens=tokens_before,
            post_tokens=tokens_after,
        )
        self.history.add(landed)
        if landed.err is None:
            for program in self._programs:
                program.landed(message_key(transaction), landed)
        return landed

    def _charge(self, transaction: VersionedTransaction, fee: int) -> bool:
        """Take the fee of a transaction that a venue refused."""
        payer = transaction.message.account_keys[0]
        account = self._runtime.account(payer)
        signed = all(transaction.verify_with_results())
        if not signed or account is None or account.lamports < fee:
            return False
        left = account.lamports - fee
        self._runtime.write(payer, Account(left, account.data, account.owner, False, RENT_EXEMPT))
        return True
