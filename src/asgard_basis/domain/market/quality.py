"""How far each part of the market may be believed: fresh, stale, or disputed and why.

A disputed figure stays where it is, so that people see it with its reason; nobody enters on it,
and nobody leaves because of it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from asgard_basis.domain.assets import Asset, LendingProtocol


class PartKind(StrEnum):
    """What a part of the market is about."""

    PRICE = "price"
    """Mark and oracle of the perpetual."""
    FUNDING = "funding"
    """The running rate and the premium."""
    FUNDING_HISTORY = "funding_history"
    """Settled hours, complete or not."""
    SPOT = "spot"
    """Prices of the other venue, Asgard: the second opinion."""
    LENDER = "lender"
    """One lender's supply and borrow rates for one asset."""
    STAKING = "staking"
    """What one staking token redeems for, earns and trades at."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the market, so that two parts are never mixed up."""

    kind: PartKind
    asset: Asset | None = None
    """Of a lender or a staking token."""
    protocol: LendingProtocol | None = None
    """Of a lender."""

    def __str__(self) -> str:
        about = [self.protocol.name.title()] if self.protocol is not None else []
        if self.asset is not None:
            about.append(self.asset.value)
        return " ".join([*about, self.kind.value.replace("_", " ")])


PRICE = Part(PartKind.PRICE)
FUNDING = Part(PartKind.FUNDING)
FUNDING_HISTORY = Part(PartKind.FUNDING_HISTORY)
SPOT = Part(PartKind.SPOT)


def lender_part(protocol: LendingProtocol, asset: Asset) -> Part:
    """The rates of one lender for one asset."""
    return Part(PartKind.LENDER, asset, protocol)


def staking_part(asset: Asset) -> Part:
    """The value of one staking token."""
    return Part(PartKind.STAKING, asset)


def parts_of_entry(protocol: LendingProtocol, asset: Asset) -> tuple[Part, ...]:
    """Everything an entry there is decided on; none of it may be disputed."""
    own = (PRICE, FUNDING, FUNDING_HISTORY, SPOT, lender_part(protocol, asset))
    return own if asset is Asset.SOL else (*own, staking_part(asset))


@dataclass(frozen=True, slots=True)
class Dispute:
    """Why a part must not be decided on although it is there."""

    part: Part
    reason: str
    """In one sentence, with the figure and the bound it broke or the source it contradicts."""


class QualityState(StrEnum):
    """How far a part may be believed."""

    FRESH = "fresh"
    STALE = "stale"
    """Too old to decide on, or never seen."""
    DISPUTED = "disputed"
    """Outside of what is plausible, or contradicted by the second source; wins over stale."""


_GRAVITY = {QualityState.FRESH: 0, QualityState.STALE: 1, QualityState.DISPUTED: 2}


@dataclass(frozen=True, slots=True)
class PartQuality:
    """What is to be thought of one part at one moment."""

    part: Part
    state: QualityState
    reason: str | None
    """Why it is not fresh; None when it is."""
    age_seconds: int | None
    """Since it was received, host time; None while it has never been seen."""

    @property
    def is_fresh(self) -> bool:
        """Whether it may be decided on."""
        return self.state is QualityState.FRESH


@dataclass(frozen=True, slots=True)
class FreshFor:
    """Seconds of host time that a part may be decided on after it was received."""

    price: int = 30
    rates: int = 90
    """Lenders, staking tokens and the second opinion on the price."""

    def of(self, kind: PartKind) -> int:
        """The bound of a part of that kind."""
        return self.price if kind in {PartKind.PRICE, PartKind.FUNDING} else self.rates


@dataclass(frozen=True, slots=True)
class MarketQuality:
    """Every part of one snapshot, judged at one moment."""

    parts: tuple[PartQuality, ...]

    def of(self, part: Part) -> PartQuality:
        """One part's quality; a part that is not there is stale."""
        known = next((quality for quality in self.parts if quality.part == part), None)
        return known or PartQuality(part, QualityState.STALE, "not known yet", None)

    def among(self, parts: Iterable[Part]) -> tuple[PartQuality, ...]:
        """Those of the given parts that are not fresh, in the order given."""
        return tuple(q for q in (self.of(part) for part in parts) if not q.is_fresh)

    @property
    def price(self) -> PartQuality:
        """Of mark and oracle: exits and defence that judge by price need it fresh."""
        return self.of(PRICE)

    @property
    def funding(self) -> PartQuality:
        """Of the running rate."""
        return self.of(FUNDING)

    @property
    def disputed(self) -> tuple[PartQuality, ...]:
        """Every disputed part."""
        return tuple(q for q in self.parts if q.state is QualityState.DISPUTED)

    def is_disputed(self, parts: Iterable[Part]) -> bool:
        """Whether any of the given parts is."""
        wanted = set(parts)
        return any(q.part in wanted for q in self.disputed)

    def worst(self, parts: Iterable[Part]) -> PartQuality:
        """The part that may be believed least: disputed before stale before fresh, then oldest."""
        return max(
            (self.of(part) for part in parts),
            key=lambda q: (_GRAVITY[q.state], q.age_seconds or 0),
        )


def judged(
    part: Part,
    *,
    observed_at: datetime | None,
    now: datetime,
    fresh_for: FreshFor,
    disputes: Iterable[Dispute],
) -> PartQuality:
    """One part's quality at host time `now`, from its age and what is disputed about it."""
    age = None if observed_at is None else max(0, int((now - observed_at).total_seconds()))
    reasons = [dispute.reason for dispute in disputes if dispute.part == part]
    if reasons:
        return PartQuality(part, QualityState.DISPUTED, " ".join(reasons), age)
    if age is None:
        return PartQuality(part, QualityState.STALE, "not known yet", None)
    limit = fresh_for.of(part.kind)
    if age > limit:
        return PartQuality(part, QualityState.STALE, f"{age} s old, at most {limit} s", age)
    return PartQuality(part, QualityState.FRESH, None, age)


def unfit_for_entry(
    quality: MarketQuality, protocol: LendingProtocol | None, asset: Asset
) -> tuple[PartQuality, ...]:
    """What an entry there must not be decided on: the same for whoever enters, waits or ranks.

    The second opinion and the settled hours count only while they are disputed: one that is
    missing fails under its own name. Without a lender the rest is judged.
    """
    parts = [PRICE, FUNDING]
    if protocol is not None:
        parts.append(lender_part(protocol, asset))
    if asset is not Asset.SOL:
        parts.append(staking_part(asset))
    beside = quality.among((SPOT, FUNDING_HISTORY))
    disputed = tuple(q for q in beside if q.state is QualityState.DISPUTED)
    return (*quality.among(parts), *disputed)
