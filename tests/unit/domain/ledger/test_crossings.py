"""What crosses the chains is booked once on each side, and nothing of it stays in between."""

from datetime import UTC, datetime
from decimal import Decimal

from asgard_basis.domain.ledger import accounts
from asgard_basis.domain.ledger.postings import Entry
from asgard_basis.domain.ledger.wallets import arrived, burned, credited, minted, withdrawn
from asgard_basis.domain.treasury.cctp import Chain

D = Decimal
AT = datetime(2025, 7, 1, tzinfo=UTC)


def balances(*entries: Entry) -> dict[tuple[str, str], Decimal]:
    """Quantities by account and commodity."""
    found: dict[tuple[str, str], Decimal] = {}
    for entry in entries:
        for posting in entry.postings:
            key = (posting.account, posting.commodity)
            found[key] = found.get(key, D(0)) + posting.quantity
    return found


def test_to_the_long_everything_but_the_fees_arrives() -> None:
    booked = balances(
        withdrawn(D(49), fee_usdc=D(1), record="withdraw3:7", at=AT),
        arrived(D(49), transaction="0xa", at=AT),
        burned(Chain.ARBITRUM, D(0), network_fee=D("0.00001"), transaction="0xb", at=AT),
        burned(Chain.ARBITRUM, D(49), network_fee=D("0.00002"), transaction="0xc", at=AT),
        minted(
            Chain.SOLANA, D("48.99"), fee_usdc=D("0.01"), network_fee=D("0.001"), record="s", at=AT
        ),
    )
    assert booked[accounts.PERP_MARGIN, accounts.USDC] == -50
    assert booked[accounts.SOLANA_WALLET, accounts.USDC] == D("48.99")
    assert booked.get((accounts.ARBITRUM_WALLET, accounts.USDC), 0) == 0
    assert booked.get((accounts.BRIDGE_TRANSIT, accounts.USDC), 0) == 0
    assert booked[accounts.ARBITRUM_WALLET, accounts.ETH] == D("-0.00003")
    assert booked[accounts.SOLANA_WALLET, accounts.SOL] == D("-0.001")


def test_to_the_short_it_goes_on_as_a_deposit() -> None:
    booked = balances(
        burned(Chain.SOLANA, D(40), network_fee=D("0.004"), transaction="s", at=AT),
        minted(Chain.ARBITRUM, D(40), fee_usdc=D(0), network_fee=D(0), record="0x", at=AT),
    )
    assert booked[accounts.SOLANA_WALLET, accounts.USDC] == -40
    assert booked[accounts.ARBITRUM_WALLET, accounts.USDC] == 40
    assert booked.get((accounts.BRIDGE_TRANSIT, accounts.USDC), 0) == 0
    assert credited(D(40), AT, is_ours=True).postings
