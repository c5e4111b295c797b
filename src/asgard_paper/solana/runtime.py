"""The virtual machine and its accounts, written to the store as they change."""

from collections.abc import Sequence

from solders.account import Account
from solders.clock import Clock as ClockSysvar
from solders.litesvm import LiteSVM
from solders.pubkey import Pubkey
from solders.token.state import Mint, TokenAccount
from solders.transaction import VersionedTransaction

from asgard_paper.kernel.store import Store
from asgard_paper.solana.addresses import SYSTEM_PROGRAM, TOKEN_PROGRAM
from asgard_paper.solana.bytecode import accepting_program
from asgard_paper.solana.ledger import ACCOUNTS, StoredAccount, TokenBalance
from asgard_paper.solana.outcome import Outcome, outcome_of
from asgard_paper.solana.slots import SLOT_MS, SLOTS_PER_EPOCH

TOKEN_ACCOUNT_BYTES = 165
HISTORY = 1_000_000
"""Transactions the machine itself remembers; few would let an old one run twice."""


class Runtime:
    """LiteSVM without its blockhash rule (it knows one hash only), with durable accounts.

    Signature checking is one switch for the whole machine, so callers hold one lock.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._svm = LiteSVM().with_blockhash_check(False).with_transaction_history(HISTORY)
        self._tokens_of: dict[Pubkey, set[Pubkey]] = {}
        stored = store.load(ACCOUNTS, StoredAccount)
        self.is_new = not stored
        for text, row in stored.items():
            key, account = Pubkey.from_string(text), row.account()
            self._svm.set_account(key, account)
            self._index(key, account)

    def set_time(self, slot: int, unix_s: int) -> None:
        """Set the clock sysvar programs read."""
        epoch, within = divmod(slot, SLOTS_PER_EPOCH)
        began_s = unix_s - within * SLOT_MS // 1000
        self._svm.set_clock(ClockSysvar(slot, began_s, epoch, epoch + 1, unix_s))

    def account(self, key: Pubkey) -> Account | None:
        """An account, or None when it does not exist."""
        account = self._svm.get_account(key)
        return account if account is not None and account.lamports > 0 else None

    def token_accounts(self, owner: Pubkey) -> list[tuple[Pubkey, TokenAccount]]:
        """Every token account of an owner, ordered by address."""
        keys = sorted(self._tokens_of.get(owner, ()), key=str)
        rows = ((key, token_account(self.account(key))) for key in keys)
        return [(key, token) for key, token in rows if token and token.owner == owner]

    def minimum_balance(self, size: int) -> int:
        """Lamports that keep an account of `size` bytes rent exempt."""
        return self._svm.minimum_balance_for_rent_exemption(size)

    def deploy(self, address: Pubkey) -> None:
        """Let an address be called as a program that accepts everything."""
        self._svm.add_program(address, accepting_program())

    def write(self, key: Pubkey, account: Account) -> None:
        """Replace an account outside of any transaction."""
        self._svm.set_account(key, account)
        self.remember([key])

    def remember(self, keys: Sequence[Pubkey]) -> None:
        """Store accounts as they are now."""
        for key in keys:
            account = self.account(key)
            if account is None:
                self._store.delete(ACCOUNTS, str(key))
            else:
                self._store.put(ACCOUNTS, str(key), StoredAccount.of(account))
                self._index(key, account)

    def simulate(self, transaction: VersionedTransaction, *, verify: bool) -> Outcome:
        """Run without effect."""
        self._svm.with_sigverify(verify)
        try:
            return outcome_of(self._svm.simulate_transaction(transaction))
        finally:
            self._svm.with_sigverify(True)

    def run(self, transaction: VersionedTransaction) -> Outcome:
        """Run with effect; check `lands` to know whether anything happened."""
        return outcome_of(self._svm.send_transaction(transaction))

    def balances(self, keys: Sequence[Pubkey]) -> tuple[tuple[int, ...], tuple[TokenBalance, ...]]:
        """Lamports of each key, and the token accounts among them."""
        lamports: list[int] = []
        tokens: list[TokenBalance] = []
        for index, key in enumerate(keys):
            account = self.account(key)
            lamports.append(account.lamports if account else 0)
            token = token_account(account)
            if token is not None:
                decimals = self.decimals(token.mint)
                mint, owner = str(token.mint), str(token.owner)
                tokens.append(TokenBalance(index, mint, owner, token.amount, decimals))
        return tuple(lamports), tuple(tokens)

    def decimals(self, mint: Pubkey) -> int:
        """Decimals of a mint; 0 when there is none."""
        account = self.account(mint)
        return Mint.from_bytes(account.data).decimals if account else 0

    def _index(self, key: Pubkey, account: Account) -> None:
        """Accounts can change hands, so whoever reads the index looks at the account again."""
        token = token_account(account)
        if token is not None:
            self._tokens_of.setdefault(token.owner, set()).add(key)


def token_account(account: Account | None) -> TokenAccount | None:
    """The token account in an account, if it is one."""
    if account is None or account.owner != TOKEN_PROGRAM:
        return None
    if len(account.data) != TOKEN_ACCOUNT_BYTES:
        return None
    token = TokenAccount.from_bytes(account.data)
    return token if token.mint != SYSTEM_PROGRAM else None
