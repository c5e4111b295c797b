"""Money in and out: bridge deposits, withdrawals, transfers between the two balances."""

import random
from decimal import Decimal

from asgard_paper.hyperliquid.clearing.books import Books
from asgard_paper.hyperliquid.clearing.margin import MarkOf, transferable
from asgard_paper.hyperliquid.clearing.records import Account, Deposit, LedgerEntry, Withdrawal
from asgard_paper.hyperliquid.numbers import usd, wire
from asgard_paper.hyperliquid.refusal import Refused

DEPOSIT_MINIMUM = Decimal(5)
WITHDRAWAL_FEE = Decimal(1)
BRIDGE_DELAY_MS = (180_000, 240_000)


class Treasury:
    """Credits and debits, each with its ledger row."""

    def __init__(self, books: Books, *, seed: int) -> None:
        self._books = books
        self._seed = seed

    def credit_deposit(
        self, *, address: str, amount: Decimal, transaction_hash: str, log_index: int, at_ms: int
    ) -> bool:
        """Credit a bridge transfer once; under 5 USDC it is lost for ever and False comes back."""
        key = f"{transaction_hash.lower()}:{log_index}"
        known = self._books.deposits.get(key)
        if known is not None:
            return known.credited
        owner, amount = address.lower(), usd(amount)
        credited = amount >= DEPOSIT_MINIMUM
        self._books.save_deposit(key, Deposit(address=owner, amount=amount, credited=credited))
        house = self._books.house
        house.deposited += amount
        if credited:
            account = self._books.accounts.get(owner) or Account(address=owner, created_ms=at_ms)
            account.cash += amount
            self._books.save_account(account)
            self._record(owner, at_ms, {"type": "deposit", "usdc": wire(amount)})
        else:
            house.lost_deposits += amount
        self._books.save_house()
        return credited

    def withdraw(
        self,
        account: Account,
        *,
        destination: str,
        amount: Decimal,
        nonce: int,
        mark: MarkOf,
        at_ms: int,
    ) -> Withdrawal:
        """Debit `amount`, of which 1 USDC is the fee; the bridge pays the rest minutes later."""
        if amount <= WITHDRAWAL_FEE or amount != usd(amount):
            raise Refused("Insufficient balance for withdrawal")
        orders = self._books.open_orders[account.address].values()
        if amount > transferable(account, orders, mark):
            raise Refused("Insufficient balance for withdrawal")
        account.cash -= amount
        house = self._books.house
        house.withdrawn += amount
        delay = random.Random(f"{self._seed}:bridge:{account.address}:{nonce}")
        withdrawal = Withdrawal(
            user=account.address,
            destination=destination.lower(),
            amount=amount - WITHDRAWAL_FEE,
            nonce=nonce,
            requested_ms=at_ms,
            due_ms=at_ms + delay.randint(*BRIDGE_DELAY_MS),
        )
        self._books.save_account(account)
        self._books.save_house()
        self._books.save_withdrawal(withdrawal)
        delta: dict[str, object] = {
            "type": "withdraw",
            "usdc": wire(withdrawal.amount),
            "nonce": nonce,
            "fee": wire(WITHDRAWAL_FEE),
        }
        self._record(account.address, at_ms, delta)
        return withdrawal

    def class_transfer(
        self, account: Account, *, amount: Decimal, to_perp: bool, mark: MarkOf, at_ms: int
    ) -> None:
        """Move USDC between the spot and the perpetual balance."""
        orders = self._books.open_orders[account.address].values()
        free = account.spot_usdc if to_perp else transferable(account, orders, mark)
        if amount <= 0 or amount != usd(amount) or amount > free:
            raise Refused("Insufficient balance for token transfer")
        account.cash += amount if to_perp else -amount
        account.spot_usdc += -amount if to_perp else amount
        self._books.save_account(account)
        delta: dict[str, object] = {
            "type": "accountClassTransfer",
            "usdc": wire(amount),
            "toPerp": to_perp,
        }
        self._record(account.address, at_ms, delta)

    def send(
        self, source: Account, *, destination: str, amount: Decimal, mark: MarkOf, at_ms: int
    ) -> None:
        """Move perpetual USDC to another account, created for a fee of 1 USDC if it is new."""
        orders = self._books.open_orders[source.address].values()
        target = self._books.accounts.get(destination.lower())
        fee = Decimal(0) if target else WITHDRAWAL_FEE
        if (
            amount <= 0
            or amount != usd(amount)
            or amount + fee > transferable(source, orders, mark)
        ):
            raise Refused("Insufficient balance for token transfer")
        target = target or Account(address=destination.lower(), created_ms=at_ms)
        source.cash -= amount + fee
        target.cash += amount
        self._books.house.fees += fee
        self._books.save_account(source)
        self._books.save_account(target)
        self._books.save_house()
        delta: dict[str, object] = {
            "type": "internalTransfer",
            "usdc": wire(amount),
            "user": source.address,
            "destination": target.address,
            "fee": wire(fee),
        }
        self._record(source.address, at_ms, delta)
        self._record(target.address, at_ms, delta)

    def _record(self, address: str, at_ms: int, delta: dict[str, object]) -> None:
        number = self._books.next_number()
        self._books.add_ledger(
            LedgerEntry(
                number=number,
                address=address,
                time_ms=at_ms,
                hash=self._books.hash_of("ledger", number),
                delta=delta,
            )
        )
