"""What comes into and leaves a user's wallets outside of positions, as entries."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from asgard_basis.domain.ledger import accounts
from asgard_basis.domain.ledger.postings import Entry, Lines
from asgard_basis.domain.money import CENT, ZERO, plain
from asgard_basis.domain.treasury.cctp import Chain

_DUST = {accounts.USDC: CENT, accounts.SOL: Decimal("0.00001"), accounts.ETH: Decimal("0.0000001")}
_FEES_MOST = {accounts.SOL: Decimal("0.01"), accounts.ETH: Decimal("0.001")}
"""A shortage of a network's own coin up to this is fees: of transactions that failed on chain,
which no outcome in a journal tells of."""
_WORDS = {
    accounts.DEPOSITS: "Brought in",
    accounts.WITHDRAWALS: "Taken out",
    accounts.FEES_NETWORK: "Network fees of what failed",
}
_REVALUED_MIN = Decimal("0.1")
_DUST_ELSE = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class WalletLook:
    """One wallet's balance of one commodity as its chain states it."""

    venue: str
    account: str
    address: str
    commodity: str
    stated: Decimal
    price_usd: Decimal | None
    """Of one unit; None when nobody has said."""

    def difference(self, booked: Decimal) -> Decimal | None:
        """What came (positive) or went; None when it is too little to be a transfer."""
        missing = self.stated - booked
        return missing if abs(missing) >= _DUST.get(self.commodity, _DUST_ELSE) else None


def brought_in(look: WalletLook, amount: Decimal, at: datetime) -> Entry:
    """What nothing of ours explains: the owner brought it or took it out, or the network did."""
    place = accounts.DEPOSITS if amount > 0 else accounts.WITHDRAWALS
    if amount < 0 and -amount <= _FEES_MOST.get(look.commodity, ZERO):
        place = accounts.FEES_NETWORK
    lines = Lines()
    if look.price_usd is None:
        lines.moved(look.commodity, amount, source=place, target=look.account)
    else:
        worth = amount * look.price_usd
        lines.valued(look.account, look.commodity, amount, worth)
        lines.value(place, -worth)
    return Entry(
        venue=look.venue,
        kind="wallet",
        record=f"{look.address}:{look.commodity}:{at:%Y-%m-%dT%H:%M:%S}Z",
        at=at,
        memo=f"{_WORDS[place]}, {plain(abs(amount).normalize())} {look.commodity}",
        postings=lines.balanced(place),
    )


def revalued(look: WalletLook, booked_usd: Decimal, at: datetime) -> Entry | None:
    """What is kept for network fees, at the hour's price; None for less than ten cents."""
    if look.price_usd is None:
        return None
    change = look.stated * look.price_usd - booked_usd
    if abs(change) < _REVALUED_MIN:
        return None
    lines = Lines()
    lines.value(accounts.SOLANA_REVALUATION, change)
    return Entry(
        venue=look.venue,
        kind="price",
        record=f"{look.address}:{look.commodity}:{at:%Y-%m-%dT%H}Z",
        at=at,
        memo=f"{look.commodity} kept for network fees, at {look.price_usd:.2f} USD",
        postings=lines.balanced(),
    )


def sent_to_bridge(
    amount_usdc: Decimal, *, fee_eth: Decimal, transaction: str, at: datetime
) -> Entry:
    """USDC on its way from Arbitrum to Hyperliquid, and what the network took in ETH."""
    lines = Lines()
    lines.usdc(accounts.ARBITRUM_WALLET, -amount_usdc)
    lines.usdc(accounts.BRIDGE_TRANSIT, amount_usdc)
    lines.moved(
        accounts.ETH, fee_eth, source=accounts.ARBITRUM_WALLET, target=accounts.FEES_NETWORK
    )
    return Entry(
        venue="arbitrum",
        kind="transfer",
        record=transaction,
        at=at,
        memo=f"Sent to Hyperliquid, {plain(amount_usdc)} USDC",
        postings=lines.balanced(),
    )


def credited(amount_usdc: Decimal, at: datetime, *, is_ours: bool, record: str = "") -> Entry:
    """USDC in Hyperliquid's list of deposits: what we sent, or what the owner did.

    Its hash tells it from another of the same millisecond.
    """
    place = accounts.BRIDGE_TRANSIT if is_ours else accounts.DEPOSITS
    lines = Lines()
    lines.usdc(accounts.PERP_MARGIN, amount_usdc)
    lines.usdc(place, -amount_usdc)
    return Entry(
        venue="hyperliquid",
        kind="deposit",
        record=f"{at:%Y-%m-%dT%H:%M:%S.%f}Z" + (f":{record}" if record else ""),
        at=at,
        memo=f"Credited on Hyperliquid, {plain(amount_usdc)} USDC",
        postings=lines.balanced(place),
    )


def withdrawn(amount_usdc: Decimal, *, fee_usdc: Decimal, record: str, at: datetime) -> Entry:
    """USDC that left Hyperliquid for Arbitrum, and what its bridge kept (1 USDC)."""
    lines = Lines()
    lines.usdc(accounts.PERP_MARGIN, -amount_usdc - fee_usdc)
    lines.usdc(accounts.BRIDGE_TRANSIT, amount_usdc)
    lines.value(accounts.FEES_BRIDGE, fee_usdc)
    return Entry(
        venue="hyperliquid",
        kind="withdrawal",
        record=record,
        at=at,
        memo=f"Withdrawn from Hyperliquid, {plain(amount_usdc)} USDC",
        postings=lines.balanced(),
    )


def arrived(amount_usdc: Decimal, *, transaction: str, at: datetime) -> Entry:
    """A withdrawal from Hyperliquid in the wallet on Arbitrum."""
    lines = Lines()
    lines.usdc(accounts.ARBITRUM_WALLET, amount_usdc)
    lines.usdc(accounts.BRIDGE_TRANSIT, -amount_usdc)
    return Entry(
        venue="arbitrum",
        kind="arrival",
        record=transaction,
        at=at,
        memo=f"Arrived from Hyperliquid, {plain(amount_usdc)} USDC",
        postings=lines.balanced(),
    )


_CHAINS = {
    Chain.ARBITRUM: (accounts.ARBITRUM_WALLET, accounts.ETH),
    Chain.SOLANA: (accounts.SOLANA_WALLET, accounts.SOL),
}


def burned(
    chain: Chain, amount_usdc: Decimal, *, network_fee: Decimal, transaction: str, at: datetime
) -> Entry:
    """USDC that left one chain for the other; nothing but a network fee for an allowance."""
    wallet, coin = _CHAINS[chain]
    lines = Lines()
    lines.usdc(wallet, -amount_usdc)
    lines.usdc(accounts.BRIDGE_TRANSIT, amount_usdc)
    lines.moved(coin, network_fee, source=wallet, target=accounts.FEES_NETWORK)
    there = chain.other.value.capitalize()
    memo = f"Sent to {there}, {plain(amount_usdc)} USDC" if amount_usdc else "Network fee"
    return Entry(
        venue=chain.value,
        kind="crossing",
        record=transaction,
        at=at,
        memo=memo,
        postings=lines.balanced(),
    )


def minted(
    chain: Chain,
    amount_usdc: Decimal,
    *,
    fee_usdc: Decimal,
    network_fee: Decimal,
    record: str,
    at: datetime,
) -> Entry:
    """USDC that has come from the other chain, and what Circle and the network kept."""
    wallet, coin = _CHAINS[chain]
    lines = Lines()
    lines.usdc(wallet, amount_usdc)
    lines.usdc(accounts.BRIDGE_TRANSIT, -amount_usdc - fee_usdc)
    lines.value(accounts.FEES_BRIDGE, fee_usdc)
    lines.moved(coin, network_fee, source=wallet, target=accounts.FEES_NETWORK)
    return Entry(
        venue=chain.value,
        kind="crossing",
        record=record,
        at=at,
        memo=f"Came from {chain.other.value.capitalize()}, {plain(amount_usdc)} USDC",
        postings=lines.balanced(),
    )


def differences(
    looks: Iterator[WalletLook] | list[WalletLook], booked: Mapping[tuple[str, str], Decimal]
) -> dict[WalletLook, Decimal]:
    """What each look shows beyond the books."""
    found: dict[WalletLook, Decimal] = {}
    for look in looks:
        amount = look.difference(booked.get((look.account, look.commodity), Decimal(0)))
        if amount is not None:
            found[look] = amount
    return found
