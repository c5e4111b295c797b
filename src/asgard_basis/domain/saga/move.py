"""Moving USDC from one leg's venue to the other's, each stage proven before the next begins.

To the long: out of Hyperliquid to Arbitrum, burned there, attested, minted on Solana. To the short:
burned on Solana, attested, minted on Arbitrum, and from there the way of every deposit. Both ends
are the person's own wallets. What is burned belongs to its recipient whoever brings the message, so
from then on the saga only goes forward: nothing is ever turned back and nothing is sent twice.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from asgard_basis.domain.errors import ErrorCode, code_named
from asgard_basis.domain.money import ZERO, plain
from asgard_basis.domain.saga.outcome import (
    Arrived,
    Attested,
    Burned,
    Credited,
    Minted,
    Transferred,
    Withdrawn,
)
from asgard_basis.domain.saga.step import Decision, Finished, Journal, Leg, Perform, StepName
from asgard_basis.domain.treasury.cctp import Chain

WITHDRAWAL_FEE_USDC = Decimal(1)
"""Hyperliquid's, taken from the amount (its documentation, "Bridge2")."""
DEPOSIT_LEAST_USDC = Decimal(5)
"""Less is lost for ever at Hyperliquid's bridge."""
LEAST_USDC = Decimal(10)
"""Enough to pass every fee on the way and still be credited."""
_REFUSALS_MAX = 2
_TRIES_MAX = 6
_AWAY_REFUSALS_MAX = 6
"""Half a minute: a node may be behind the one that has seen the stage before."""
_MINT_REFUSALS_MAX = 30
"""What is burned must be minted: after so many a person is told, and it is tried again later."""


class Place(StrEnum):
    """Where the money is."""

    AT_SOURCE = "at_source"
    """Free at the venue that gives it."""
    LEAVING = "leaving"
    """Taken from Hyperliquid, not on Arbitrum yet."""
    ON_ARBITRUM = "on_arbitrum"
    BURNED = "burned"
    """On neither chain: Circle owes it."""
    ON_SOLANA = "on_solana"
    SENT = "sent"
    """At Hyperliquid's bridge, not credited yet."""
    AT_HYPERLIQUID = "at_hyperliquid"


OWED = frozenset({Place.LEAVING, Place.BURNED, Place.SENT})
"""In nobody's wallet: a bridge or Circle still has to pay it out."""


@dataclass(frozen=True, slots=True)
class MovePlan:
    """So much from one leg's venue to the other's."""

    to: Leg
    amount_usdc: Decimal
    """What leaves the source; fees on the way are taken from it."""

    @property
    def source(self) -> Chain:
        """Where it is burned."""
        return Chain.ARBITRUM if self.to is Leg.LONG else Chain.SOLANA


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """The money of one move: `amount_usdc` and `fees_usdc` always add up to the plan's amount."""

    place: Place
    amount_usdc: Decimal
    fees_usdc: Decimal
    is_certain: bool
    """False while the outcome of a step that moves it is not known."""


def next_step(plan: MovePlan, journal: Journal, *, tries_again: bool = False) -> Decision:
    """The next stage of the way; a stage that is done is never begun again.

    Money that somebody owes is never given up: `is_stuck` asks for a person, and with
    `tries_again` the stage is begun once more.
    """
    for name, size in _stages(plan, journal):
        if journal.is_done(name):
            continue
        place = whereabouts(plan, journal).place
        if _is_due(journal, name, place) or (tries_again and place in OWED):
            return Perform(name, size=size)
        return _given_up(plan, journal, name)
    return Finished()


def whereabouts(plan: MovePlan, journal: Journal) -> Whereabouts:
    """Where the money is by what is proven, and what the way has cost so far."""
    place, amount = Place.AT_SOURCE, plan.amount_usdc
    minted_at = Place.ON_SOLANA if plan.to is Leg.LONG else Place.ON_ARBITRUM
    for step in journal.steps:
        match step.outcome:
            case Withdrawn():
                place = Place.LEAVING
                amount = step.outcome.amount_usdc - step.outcome.fee_usdc
            case Arrived():
                place, amount = Place.ON_ARBITRUM, step.outcome.amount_usdc
            case Burned():
                place = Place.BURNED
            case Minted():
                place, amount = minted_at, step.outcome.amount_usdc
            case Transferred():
                place = Place.SENT
            case Credited():
                place, amount = Place.AT_HYPERLIQUID, step.outcome.amount_usdc
            case _:
                pass
    return Whereabouts(place, amount, plan.amount_usdc - amount, journal.open_step() is None)


def is_under_way(plan: MovePlan, journal: Journal) -> bool:
    """Whether any of it may have left its source and has not arrived."""
    found = whereabouts(plan, journal)
    ends = {Place.AT_SOURCE, Place.ON_SOLANA if plan.to is Leg.LONG else Place.AT_HYPERLIQUID}
    return found.place not in ends or not found.is_certain


def _stages(plan: MovePlan, journal: Journal) -> Iterator[tuple[StepName, Decimal]]:
    """Every stage of the way in order, with what it is done with."""
    burnt = plan.amount_usdc
    if plan.to is Leg.LONG:
        yield StepName.WITHDRAW, plan.amount_usdc
        yield StepName.AWAIT_ARRIVAL, ZERO
        arrived = next((o for o in journal.outcomes(StepName.AWAIT_ARRIVAL)), None)
        burnt = arrived.amount_usdc if isinstance(arrived, Arrived) else ZERO
        yield StepName.ALLOW_BURN, burnt
    yield StepName.BURN, burnt
    yield StepName.AWAIT_ATTESTATION, ZERO
    attested = next((o for o in journal.outcomes(StepName.AWAIT_ATTESTATION)), None)
    yield StepName.MINT, attested.amount_usdc if isinstance(attested, Attested) else ZERO
    if plan.to is Leg.SHORT:
        minted = next((o for o in journal.outcomes(StepName.MINT)), None)
        sent = minted.amount_usdc if isinstance(minted, Minted) else ZERO
        yield StepName.TRANSFER_TO_BRIDGE, sent
        yield StepName.AWAIT_CREDIT, ZERO


def _is_due(journal: Journal, name: StepName, place: Place) -> bool:
    """Once the money has left its source no silence ends the way: only refusals do."""
    is_gone = place is not Place.AT_SOURCE
    most = _AWAY_REFUSALS_MAX if is_gone else _REFUSALS_MAX
    if name is StepName.MINT:
        most = _MINT_REFUSALS_MAX
    return journal.refusals(name) < most and (is_gone or journal.attempts(name) < _TRIES_MAX)


_TOLD = {
    Place.AT_SOURCE: "nothing was moved",
    Place.LEAVING: "{} USDC are on their way from Hyperliquid to your wallet on Arbitrum",
    Place.ON_ARBITRUM: "{} USDC are in your wallet on Arbitrum",
    Place.BURNED: "{} USDC are owed to you by Circle and have to be minted",
    Place.ON_SOLANA: "{} USDC are in your wallet on Solana",
    Place.SENT: "{} USDC are at Hyperliquid's bridge",
    Place.AT_HYPERLIQUID: "{} USDC are in your account at Hyperliquid",
}


def _given_up(plan: MovePlan, journal: Journal, name: StepName) -> Finished:
    refusal = journal.last_refusal(name)
    code = code_named(refusal.error_code or "") if refusal else ErrorCode.UNKNOWN
    found = whereabouts(plan, journal)
    told = _TOLD[found.place].format(plain(found.amount_usdc))
    why = refusal.error if refusal and refusal.error else "it could not be done"
    return Finished(code, f"{why}; {told}", is_stuck=found.place in OWED)
