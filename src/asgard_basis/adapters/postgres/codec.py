"""Domain values as JSON that says what it is, and back, without loss.

`{"type": "OrderIntent", "value": {...}}`: decimals are text, times ISO 8601, enums their values.
A class may gain fields with defaults; renaming or removing one needs a migration of the rows.
"""

from typing import TypeVar

import msgspec

from asgard_basis.domain.ledger.performance_fee import HighWater
from asgard_basis.domain.ledger.stand import Stand
from asgard_basis.domain.risk.breakers import AccountFacts, AccountThresholds
from asgard_basis.domain.risk.defence_facts import DefenceFacts, DefenceThresholds
from asgard_basis.domain.risk.facts import RiskFacts, RiskThresholds
from asgard_basis.domain.risk.limits import RiskLimits
from asgard_basis.domain.risk.lone_leg import LoneFacts, LoneThresholds
from asgard_basis.domain.risk.lost_leg import LostFacts, LostThresholds
from asgard_basis.domain.risk.playbook_rule import PlaybookFacts, PlaybookThresholds
from asgard_basis.domain.saga.entry import EntryPlan
from asgard_basis.domain.saga.intent import CallIntent, WithdrawIntent
from asgard_basis.domain.saga.outcome import (
    AccountMeasured,
    Allowed,
    Arrived,
    Attested,
    Burned,
    LongReduced,
    LongRepaid,
    Minted,
    Withdrawn,
)
from asgard_basis.domain.saga.step import (
    Credited,
    EvmIntent,
    LeverageIntent,
    LongClosed,
    LongObserved,
    LongOpened,
    LongRead,
    LookIntent,
    MarginIntent,
    OrderDone,
    OrderIntent,
    Plain,
    PlainIntent,
    SolanaIntent,
    Transferred,
)
from asgard_basis.domain.strategy.config import StrategyConfig
from asgard_basis.domain.strategy.entry_choice import (
    StrategyEntryFacts,
    StrategyEntryThresholds,
)
from asgard_basis.domain.strategy.entry_facts import EntryFacts
from asgard_basis.domain.strategy.exit import StrategyExitFacts
from asgard_basis.domain.strategy.intent import CriteriaSnapshot
from asgard_basis.domain.strategy.intent_rule import IntentFacts, IntentThresholds
from asgard_basis.ports.ledger import WalletStand

T = TypeVar("T")

STORED: dict[str, type] = {
    kind.__name__: kind
    for kind in (
        EntryPlan,
        OrderIntent,
        SolanaIntent,
        EvmIntent,
        MarginIntent,
        LeverageIntent,
        LookIntent,
        WithdrawIntent,
        CallIntent,
        PlainIntent,
        LongOpened,
        LongRead,
        OrderDone,
        LongObserved,
        LongClosed,
        LongReduced,
        LongRepaid,
        AccountMeasured,
        Transferred,
        Credited,
        Withdrawn,
        Arrived,
        Allowed,
        Burned,
        Attested,
        Minted,
        Plain,
        EntryFacts,
        RiskLimits,
        StrategyConfig,
        StrategyEntryFacts,
        StrategyEntryThresholds,
        StrategyExitFacts,
        IntentFacts,
        IntentThresholds,
        CriteriaSnapshot,
        RiskFacts,
        RiskThresholds,
        AccountFacts,
        AccountThresholds,
        DefenceFacts,
        DefenceThresholds,
        LoneFacts,
        LoneThresholds,
        LostFacts,
        LostThresholds,
        PlaybookFacts,
        PlaybookThresholds,
        Stand,
        WalletStand,
        HighWater,
    )
}
"""Every class that may be stored, by the name it is stored under."""


class _Envelope(msgspec.Struct):
    type: str
    value: msgspec.Raw


def encoded(value: object) -> str:
    """The value as tagged JSON; raises TypeError for a class that is not in `STORED`."""
    name = type(value).__name__
    if STORED.get(name) is not type(value):
        raise TypeError(f"{type(value)!r} is not among the stored classes")
    body = msgspec.Raw(msgspec.json.encode(value))
    return msgspec.json.encode(_Envelope(name, body)).decode()


def decoded(text: str) -> object:
    """The value again, of the class it was stored as; raises ValueError when not readable."""
    envelope = msgspec.json.decode(text, type=_Envelope)
    stored = STORED.get(envelope.type)
    if stored is None:
        raise ValueError(f"stored value of unknown class {envelope.type!r}")
    return msgspec.json.decode(envelope.value, type=stored)


def json_text(value: object) -> str:
    """Plain JSON for other programs: decimals are text, times ISO 8601."""
    return msgspec.json.encode(value).decode()


def from_json(text: str, kind: type[T]) -> T:
    """Plain JSON as `kind`."""
    return msgspec.json.decode(text, type=kind)
