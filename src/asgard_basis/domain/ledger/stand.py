"""How a pair stands in the books after a venue record, and the entry that leads from one to next.

The figures are those of `attribution.attribute`, so that a position's page and its entries are
the same sums: an entry is what the attribution changed by, on the accounts it belongs to.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from asgard_basis.domain.assets import Asset, LendingProtocol
from asgard_basis.domain.identifiers import PositionId
from asgard_basis.domain.ledger import accounts
from asgard_basis.domain.ledger.attribution import (
    NO_SHORT,
    NOTHING,
    Attribution,
    LongValuation,
    attribute,
    closing_valuation,
)
from asgard_basis.domain.ledger.postings import Entry, Lines, Posting
from asgard_basis.domain.money import ZERO
from asgard_basis.domain.position.position import LongRecord, ShortRecord


@dataclass(frozen=True, slots=True)
class Stand:
    """A pair as booked so far."""

    long: LongRecord | None = None
    short: ShortRecord | None = None
    funding_usdc: Decimal = Decimal(0)
    valuation: LongValuation | None = None
    """What the long was last said to hold and owe, and at what prices."""
    mark_price: Decimal | None = None
    asgard_fee_usdc: Decimal | None = None
    steps: int = 0
    """Journal entries read so far: the cursor of whoever reads on."""
    refreshed_at: datetime | None = None
    """When the long's interest was last booked (market time)."""

    @property
    def result(self) -> Attribution:
        """The result so far, unrealised parts at the last prices that were said."""
        if self.long is None:
            return NOTHING
        valuation = self._valuation
        if valuation is None:
            return NOTHING
        return attribute(
            long=self.long,
            short=self.short or NO_SHORT,
            funding_usdc=self.funding_usdc,
            valuation=valuation,
            mark_price=self.mark_price or ZERO,
        )

    @property
    def is_long_closed(self) -> bool:
        """Whether nothing is left of the long."""
        return self.long is not None and self.long.redemption_closed is not None

    @property
    def tokens(self) -> Decimal:
        """Collateral held now."""
        if self.long is None or self.valuation is None or self.is_long_closed:
            return ZERO
        return self.valuation.collateral

    @property
    def debt_usdc(self) -> Decimal:
        """USDC owed now."""
        if self.long is None or self.valuation is None or self.is_long_closed:
            return ZERO
        return self.valuation.debt_usdc

    @property
    def token_price(self) -> Decimal:
        """USD per token at the last prices."""
        valuation = self._valuation
        return valuation.redemption_rate * valuation.oracle_price if valuation else ZERO

    @property
    def unrealised_usd(self) -> Decimal:
        """Of the short at the last mark price."""
        if self.short is None or self.mark_price is None:
            return ZERO
        return self.short.size * (self.short.entry_price - self.mark_price)

    @property
    def notional_usd(self) -> Decimal:
        """Hedged: the short at the last mark price."""
        if self.short is None or self.mark_price is None:
            return ZERO
        return self.short.size * self.mark_price

    @property
    def _valuation(self) -> LongValuation | None:
        if self.long is None:
            return None
        return closing_valuation(self.long) or self.valuation


@dataclass(frozen=True, slots=True)
class Pair:
    """Whose books: what does not change while a position lives."""

    position_id: PositionId
    asset: Asset
    protocol: LendingProtocol


@dataclass(frozen=True, slots=True)
class Record:
    """A venue record, and how the pair stands after it."""

    venue: str
    kind: str
    record: str
    at: datetime
    memo: str
    after: Stand
    network_sol: Decimal = Decimal(0)
    """SOL that left the wallet for network costs with it."""


def entry_of(pair: Pair, before: Stand, record: Record) -> Entry | None:
    """What the record changed; None when it changed nothing that is booked."""
    postings = _postings(pair, before, record.after, record.network_sol)
    if not postings:
        return None
    return Entry(
        venue=record.venue,
        kind=record.kind,
        record=record.record,
        at=record.at,
        memo=record.memo,
        postings=postings,
        position_id=pair.position_id,
    )


def refreshed(before: Stand, seen: LongValuation, *, mark_price: Decimal, at: datetime) -> Stand:
    """After a look at an open pair: interest, redemption and prices brought up to it."""
    return replace(before, valuation=seen, mark_price=mark_price, refreshed_at=at)


def paid(before: Stand, share_usdc: Decimal) -> Stand:
    """After a funding payment."""
    return replace(before, funding_usdc=before.funding_usdc + share_usdc)


def _postings(pair: Pair, before: Stand, after: Stand, network_sol: Decimal) -> tuple[Posting, ...]:
    lines = Lines()
    was, now = before.long or _NO_LONG, after.long or _NO_LONG
    short_was, short_now = before.short or NO_SHORT, after.short or NO_SHORT
    cash = (now.usdc_returned - now.usdc_spent) - (was.usdc_returned - was.usdc_spent)
    network = now.network_fee_usd - was.network_fee_usd
    trading = short_now.fee_usdc - short_was.fee_usdc
    realised = short_now.realised_usd - short_was.realised_usd
    funding = after.funding_usdc - before.funding_usdc

    tokens = after.tokens - before.tokens
    moved = tokens * after.token_price
    worth = after.tokens * after.token_price - before.tokens * before.token_price
    lines.usdc(accounts.SOLANA_WALLET, cash)
    lines.valued(accounts.SOLANA_WALLET, accounts.SOL, -network_sol, -network)
    lines.valued(accounts.collateral(pair.protocol), pair.asset.value, tokens, moved)
    lines.value(accounts.revaluation(pair.protocol), worth - moved)
    lines.usdc(accounts.debt(pair.protocol), before.debt_usdc - after.debt_usdc)
    lines.usdc(accounts.PERP_MARGIN, realised + funding - trading)
    lines.value(accounts.PERP_UNREALISED, after.unrealised_usd - before.unrealised_usd)

    result, earlier = after.result, before.result
    lines.value(accounts.FUNDING, -funding)
    lines.value(accounts.LENDING, earlier.lending - result.lending)
    lines.value(accounts.STAKING, earlier.staking - result.staking)
    lines.value(accounts.BORROWING, earlier.borrowing - result.borrowing)
    asgard = (after.asgard_fee_usdc or ZERO) - (before.asgard_fee_usdc or ZERO)
    slipped = now.cost_usd - was.cost_usd + short_now.slippage_usd - short_was.slippage_usd
    lines.value(accounts.FEES_PERP, trading)
    lines.value(accounts.FEES_NETWORK, network)
    lines.value(accounts.FEES_ASGARD, asgard)
    lines.value(accounts.SLIPPAGE, slipped - asgard)
    return lines.balanced()


_NO_LONG = LongRecord(
    position_key="",
    collateral_bought=ZERO,
    usdc_spent=ZERO,
    debt_opened=ZERO,
    redemption_opened=ZERO,
    oracle_opened=ZERO,
    cost_usd=ZERO,
    network_fee_usd=ZERO,
)
