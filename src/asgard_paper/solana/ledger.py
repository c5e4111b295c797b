"""What the chain remembers of accounts and transactions, in a form that can be stored."""

from collections.abc import Iterable
from dataclasses import dataclass

from solders.account import Account
from solders.pubkey import Pubkey

from asgard_paper.kernel.store import Store

ACCOUNTS = "solana.accounts"
TRANSACTIONS = "solana.transactions"


@dataclass(frozen=True, slots=True)
class StoredAccount:
    """One account's whole state."""

    lamports: int
    owner: str
    data: bytes
    executable: bool

    @classmethod
    def of(cls, account: Account) -> "StoredAccount":
        """The storable form of a runtime account."""
        return cls(account.lamports, str(account.owner), account.data, account.executable)

    def account(self) -> Account:
        """The runtime form."""
        return Account(
            self.lamports, self.data, Pubkey.from_string(self.owner), self.executable, RENT_EXEMPT
        )


RENT_EXEMPT = 2**64 - 1
"""The rent epoch of every account on mainnet since rent collection ended."""


@dataclass(frozen=True, slots=True)
class TokenBalance:
    """One token account's balance beside a transaction."""

    index: int
    mint: str
    owner: str
    amount: int
    decimals: int


@dataclass(frozen=True, slots=True)
class LandedTransaction:
    """One transaction in a block, successful or not."""

    signature: str
    slot: int
    market_s: int
    raw: bytes
    account_keys: tuple[str, ...]
    """Static keys, then those loaded from lookup tables: writable, then read-only."""
    loaded_writable: int
    loaded_readonly: int
    err: str | None
    """The error as JSON, as clients receive it, or None for success."""
    fee: int
    compute_units: int
    logs: tuple[str, ...]
    inner: str
    """Inner instructions as JSON, as clients receive them."""
    pre_balances: tuple[int, ...]
    post_balances: tuple[int, ...]
    pre_tokens: tuple[TokenBalance, ...]
    post_tokens: tuple[TokenBalance, ...]


class TransactionHistory:
    """Landed transactions by signature and by the accounts they name, newest last."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._by_signature = store.load(TRANSACTIONS, LandedTransaction)
        self._by_address: dict[str, list[str]] = {}
        for landed in self._by_signature.values():
            self._index(landed)

    def add(self, landed: LandedTransaction) -> None:
        """Remember one transaction for ever."""
        self._by_signature[landed.signature] = landed
        self._index(landed)
        self._store.put(TRANSACTIONS, landed.signature, landed)

    def get(self, signature: str) -> LandedTransaction | None:
        """The transaction of a signature, if it landed."""
        return self._by_signature.get(signature)

    def newest_first(self, address: str) -> Iterable[LandedTransaction]:
        """Everything that named an address."""
        for signature in reversed(self._by_address.get(address, [])):
            yield self._by_signature[signature]

    def __len__(self) -> int:
        return len(self._by_signature)

    def _index(self, landed: LandedTransaction) -> None:
        for key in dict.fromkeys(landed.account_keys):
            self._by_address.setdefault(key, []).append(landed.signature)
