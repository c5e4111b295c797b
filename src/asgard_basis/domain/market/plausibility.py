"""What each figure of the market can plausibly be, and which figures contradict one another.

Every bound stands here with where it comes from. They are wide: a bound is broken by a wrong
figure, not by a wild day. Market time measures how far a price may have moved, host time how long
somebody has had to contradict it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from asgard_basis.domain.assets import Asset
from asgard_basis.domain.market.funding import FundingObservation, follows_from_premium
from asgard_basis.domain.market.quality import (
    FUNDING,
    FUNDING_HISTORY,
    PRICE,
    SPOT,
    Dispute,
    lender_part,
    staking_part,
)
from asgard_basis.domain.market.snapshot import LenderMarket, LstMarket, MarketSnapshot

FUNDING_HOURLY_MAX = Decimal("0.04")
"""The venue's own cap ("Funding"); of 7 300 recorded hours of SOL none was above 0.21 %."""
PREMIUM_MAX = Decimal("0.10")
"""Recorded hourly means of SOL reach -1.7 %."""
BORROW_APY_MAX = Decimal(2)
"""USDC; recorded hourly means reach 23 %, lenders' curves end far higher when all is lent out."""
SUPPLY_APY_MAX = Decimal("1.5")
"""Recorded spikes of SOL within an hour reach 73 to 106 %."""
REDEMPTION_FALL_MAX = Decimal("0.0005")
"""A stake pool's token redeems for more each epoch; rounding and pool fees may take this much."""
REDEMPTION_RISE_MAX = Decimal("0.0015")
"""One epoch adds 0.04 % at 7 % a year; recorded yields end below 8 %."""
REDEMPTION_RISE_YEARLY = Decimal("0.30")
REDEMPTION_STANDS = timedelta(hours=1)
"""Market time after which a rate that stays where it is counts as real, slashing included."""
DISCOUNT_MAX = Decimal("0.25")
"""Between what a token trades at and redeems for; 18 % within a day was seen in 2023."""
MARK_FROM_ORACLE_MAX = Decimal("0.10")
VENUES_APART_MAX = Decimal("0.03")
"""Between Hyperliquid's oracle and Asgard's price when both are of the same moment."""
JUMP_MAX = Decimal("0.05")
"""Within `JUMP_WINDOW`; an hour moves beyond it once in a thousand (recorded 2024 to 2025)."""
JUMP_WINDOW = timedelta(seconds=60)
JUMP_STANDS = timedelta(seconds=30)
"""Host time. The short is liquidated by this very price: nobody may contradict it for ever."""
ASK_AHEAD = Decimal("0.015")
"""After half of what the venues may be apart the other one is asked again, so that a fast market
is not disputed for an opinion that is only old."""
SIX_SIGMA_SECOND = Decimal("0.00095")
"""Six times the volatility of one second at 88 % a year: 6 x 0.88 / sqrt(31 536 000)."""
HISTORY_HOURS = 24
HISTORY_MISSING_MAX = 2
"""The mean of a day still says something then."""


@dataclass(frozen=True, slots=True)
class PricePoint:
    """A price that was accepted."""

    price: Decimal
    at: datetime
    """Market time."""


@dataclass(frozen=True, slots=True)
class Unconfirmed:
    """A price far from the last ones."""

    price: Decimal
    since: datetime
    """Host time."""


@dataclass(frozen=True, slots=True)
class Redemption:
    """What a token redeemed for when it was last accepted, and what contradicts it since."""

    rate: Decimal
    at: datetime
    """Market time."""
    claimed: Decimal | None = None
    claimed_at: datetime | None = None
    """Market time."""


@dataclass(frozen=True, slots=True)
class Memory:
    """What judging the next snapshot needs to know of those before."""

    prices: tuple[PricePoint, ...] = ()
    """Accepted within the window, oldest first."""
    unconfirmed: Unconfirmed | None = None
    redemptions: Mapping[Asset, Redemption] = field(default_factory=dict)
    opinion: PricePoint | None = None
    """The mark that the newest second opinion was first held against, and when that was given."""
    wants_second_opinion: bool = False
    """Whether the other venue should be asked for its price at once."""


@dataclass(frozen=True, slots=True)
class Moment:
    """When a snapshot is judged."""

    host: datetime
    market: datetime
    spot_at: datetime | None
    """Market time of the second opinion."""


def judge(
    snapshot: MarketSnapshot, memory: Memory, moment: Moment
) -> tuple[tuple[Dispute, ...], Memory]:
    """Everything in the snapshot that must not be decided on, and what to remember of it."""
    price, prices, unconfirmed = _jump(snapshot, memory, moment)
    redemptions: dict[Asset, Redemption] = {}
    staking: list[Dispute] = []
    for asset, lst in snapshot.lsts.items():
        told, kept = _redemption(lst, memory.redemptions.get(asset), moment.market)
        redemptions[asset] = kept
        staking += [*told, *_discount(lst)]
    disputes = (
        *_prices(snapshot, moment),
        *price,
        *_funding(snapshot),
        *_history(snapshot.recent_funding, moment.market),
        *(dispute for lender in snapshot.lenders for dispute in _lender(lender)),
        *staking,
    )
    opinion = _opinion(snapshot, memory, moment)
    return disputes, Memory(
        prices,
        unconfirmed,
        {**memory.redemptions, **redemptions},
        opinion,
        unconfirmed is not None or _has_moved(snapshot, opinion),
    )


def drift(market_time: timedelta) -> Decimal:
    """How far the price may have moved in that much market time: six standard deviations."""
    seconds = Decimal(max(0, int(market_time.total_seconds())))
    return SIX_SIGMA_SECOND * seconds.sqrt()


def _prices(snapshot: MarketSnapshot, moment: Moment) -> Iterator[Dispute]:
    mark, oracle = snapshot.perp.mark_price, snapshot.perp.oracle_price
    if mark <= 0 or oracle <= 0:
        yield Dispute(PRICE, f"Hyperliquid says ${mark:,.2f}, which is no price.")
        return
    if abs(mark / oracle - 1) > MARK_FROM_ORACLE_MAX:
        yield Dispute(
            PRICE,
            f"Hyperliquid's mark of ${mark:,.2f} is {abs(mark / oracle - 1):.1%} from its oracle's "
            f"${oracle:,.2f}, at most {MARK_FROM_ORACLE_MAX:.0%}.",
        )
    spot = snapshot.spot_prices.get(Asset.SOL)
    if spot is None or moment.spot_at is None:
        return
    if spot <= 0:
        yield Dispute(SPOT, f"Asgard says ${spot:,.2f}, which is no price.")
        return
    allowed = VENUES_APART_MAX + drift(moment.market - moment.spot_at)
    apart = abs(spot / oracle - 1)
    if apart > allowed:
        yield Dispute(
            PRICE,
            f"Hyperliquid says ${oracle:,.2f}, Asgard ${spot:,.2f}: {apart:.1%} apart, "
            f"at most {allowed:.1%}.",
        )


def _jump(
    snapshot: MarketSnapshot, memory: Memory, moment: Moment
) -> tuple[tuple[Dispute, ...], tuple[PricePoint, ...], Unconfirmed | None]:
    """A move is believed when it is small, seen by Asgard too, or stands for a while."""
    mark = snapshot.perp.mark_price
    if mark <= 0:
        return (), memory.prices, memory.unconfirmed
    now = PricePoint(mark, moment.market)
    far = _too_far(now, memory.prices)
    if far is None:
        recent = [p for p in memory.prices if moment.market - p.at <= JUMP_WINDOW]
        return (), (*recent, now), None
    unconfirmed = memory.unconfirmed
    if unconfirmed is None or abs(mark / unconfirmed.price - 1) > JUMP_MAX:
        unconfirmed = Unconfirmed(mark, snapshot.perp.observed_at)
    spot, seen = snapshot.spot_prices.get(Asset.SOL), snapshot.spot_observed_at
    is_young = moment.spot_at is not None and moment.market - moment.spot_at <= JUMP_WINDOW
    is_telling = is_young or (seen is not None and seen >= unconfirmed.since)
    is_seen = is_telling and spot is not None and abs(spot / mark - 1) <= VENUES_APART_MAX
    if is_seen or moment.host - unconfirmed.since >= JUMP_STANDS:
        return (), (now,), None
    moved = mark / far.price - 1
    reason = (
        f"The price moved {moved:+.1%} from ${far.price:,.2f} and Asgard has not confirmed it yet."
    )
    return (Dispute(PRICE, reason),), memory.prices, unconfirmed


def _too_far(now: PricePoint, before: Iterable[PricePoint]) -> PricePoint | None:
    for point in before:
        if abs(now.price / point.price - 1) > JUMP_MAX + drift(now.at - point.at):
            return point
    return None


def _opinion(snapshot: MarketSnapshot, memory: Memory, moment: Moment) -> PricePoint | None:
    known = memory.opinion
    if moment.spot_at is None or (known is not None and known.at == moment.spot_at):
        return known
    return PricePoint(snapshot.perp.mark_price, moment.spot_at)


def _has_moved(snapshot: MarketSnapshot, opinion: PricePoint | None) -> bool:
    if opinion is None or opinion.price <= 0:
        return False
    return abs(snapshot.perp.mark_price / opinion.price - 1) > ASK_AHEAD


def _funding(snapshot: MarketSnapshot) -> Iterator[Dispute]:
    hourly = snapshot.perp.funding_now.income_to_short.value
    if abs(hourly) > FUNDING_HOURLY_MAX:
        yield Dispute(
            FUNDING,
            f"{hourly:.2%} an hour is more than the venue's cap of {FUNDING_HOURLY_MAX:.0%}.",
        )
    premium = snapshot.perp.premium
    if premium is not None and abs(premium) > PREMIUM_MAX:
        yield Dispute(
            FUNDING, f"A premium of {premium:.1%} is not plausible, at most {PREMIUM_MAX:.0%}."
        )


def _history(observations: tuple[FundingObservation, ...], now: datetime) -> Iterator[Dispute]:
    if not observations:
        return
    odd = [o for o in observations if not follows_from_premium(o)]
    if odd:
        yield Dispute(
            FUNDING_HISTORY,
            f"{len(odd)} settled hours do not follow from their premium, "
            f"the last at {odd[-1].hour:%d %b %H:%M} UTC.",
        )
    # The newest hour may still be settling.
    last = (now - timedelta(hours=1)).replace(minute=0, second=0, microsecond=0)
    have = {o.hour for o in observations}
    missing = sum(last - timedelta(hours=back) not in have for back in range(HISTORY_HOURS))
    if missing > HISTORY_MISSING_MAX:
        yield Dispute(
            FUNDING_HISTORY, f"{missing} of the last {HISTORY_HOURS} settled hours are missing."
        )


def _lender(lender: LenderMarket) -> Iterator[Dispute]:
    part = lender_part(lender.protocol, lender.asset)
    for what, apy, most in (
        ("Supplying", lender.collateral_supply.value, SUPPLY_APY_MAX),
        ("Borrowing", lender.usdc_borrow.value, BORROW_APY_MAX),
    ):
        if not 0 <= apy <= most:
            yield Dispute(part, f"{what} at {apy:.2%} a year is not plausible, 0% to {most:.0%}.")


def _redemption(
    lst: LstMarket, before: Redemption | None, now: datetime
) -> tuple[tuple[Dispute, ...], Redemption]:
    rate = lst.redemption_rate
    if before is None:
        return (), Redemption(rate, now)
    years = Decimal(int((now - before.at).total_seconds())) / (365 * 86_400)
    most = REDEMPTION_RISE_MAX + REDEMPTION_RISE_YEARLY * max(Decimal(0), years)
    change = rate / before.rate - 1
    if -REDEMPTION_FALL_MAX <= change <= most:
        return (), Redemption(rate, now)
    is_same = before.claimed is not None and abs(rate / before.claimed - 1) <= REDEMPTION_RISE_MAX
    claimed_at = before.claimed_at if is_same and before.claimed_at is not None else now
    if now - claimed_at >= REDEMPTION_STANDS:
        return (), Redemption(rate, now)
    reason = (
        f"{lst.asset} redeems for {rate:.4f} SOL, {change:+.2%} from {before.rate:.4f}; "
        "it only ever rises slowly."
    )
    kept = Redemption(before.rate, before.at, rate, claimed_at)
    return (Dispute(staking_part(lst.asset), reason),), kept


def _discount(lst: LstMarket) -> Iterator[Dispute]:
    discount = lst.discount
    if discount is not None and abs(discount) > DISCOUNT_MAX:
        yield Dispute(
            staking_part(lst.asset),
            f"{lst.asset} trades {abs(discount):.1%} {'below' if discount > 0 else 'above'} "
            f"what it redeems for, which is not plausible.",
        )
