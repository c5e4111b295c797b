"""What is missing from a wallet: the owner's doing, or what transactions cost that failed."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from asgard_basis.domain.ledger import accounts
from asgard_basis.domain.ledger.postings import Entry
from asgard_basis.domain.ledger.wallets import WalletLook, brought_in

NOW = datetime(2025, 6, 30, tzinfo=UTC)
SOL = WalletLook("solana", accounts.SOLANA_WALLET, "9xQe", "SOL", Decimal(2), Decimal(170))
ETH = WalletLook("arbitrum", accounts.ARBITRUM_WALLET, "0xab", "ETH", Decimal(1), None)
USDC = WalletLook("solana", accounts.SOLANA_WALLET, "9xQe", "USDC", Decimal(9), Decimal(1))


def touched(entry: Entry) -> set[str]:
    return {posting.account for posting in entry.postings}


def test_the_fee_of_a_transaction_that_failed_is_no_withdrawal() -> None:
    entry = brought_in(SOL, Decimal("-0.0002"), NOW)
    assert touched(entry) == {accounts.SOLANA_WALLET, accounts.FEES_NETWORK}
    assert (entry.flow_usd, entry.result.fees) == (0, Decimal("-0.034"))
    gas = brought_in(ETH, Decimal("-0.00001"), NOW)
    assert touched(gas) == {accounts.ARBITRUM_WALLET, accounts.FEES_NETWORK}


@pytest.mark.parametrize(
    ("look", "amount"), [(SOL, "-0.5"), (ETH, "-0.01"), (USDC, "-0.02"), (SOL, "-0.011")]
)
def test_what_is_more_than_a_fee_was_taken_out(look: WalletLook, amount: str) -> None:
    entry = brought_in(look, Decimal(amount), NOW)
    assert touched(entry) == {look.account, accounts.WITHDRAWALS}


def test_what_is_more_was_brought_however_little() -> None:
    assert touched(brought_in(SOL, Decimal("0.0002"), NOW)) == {SOL.account, accounts.DEPOSITS}
