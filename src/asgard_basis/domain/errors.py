"""Every error a user or an operator can meet, with its code; codes never change meaning."""

from dataclasses import dataclass
from enum import Enum


@dataclass(frozen=True, slots=True)
class ErrorKind:
    """What is fixed about a code."""

    code: str
    http_status: int
    message: str


_CATEGORIES = {
    "GEN": "GENERAL",
    "VAL": "VALIDATION",
    "ASG": "ASGARD",
    "HLQ": "HYPERLIQUID",
    "POS": "POSITION",
    "RSK": "RISK",
    "WAL": "WALLET",
    "NET": "NETWORK",
    "AUT": "AUTH",
}


class ErrorCode(Enum):
    """The catalogue. Names are for us, codes for people and programs outside.

    A number that is missing here is never given another meaning: RSK-0005 is the specification's
    circuit breaker.
    """

    UNKNOWN = ErrorKind("GEN-0001", 500, "Unknown error")
    INTERNAL = ErrorKind("GEN-0002", 500, "Internal error")
    NOT_FOUND = ErrorKind("GEN-0005", 404, "Not found")
    NOT_READY = ErrorKind("GEN-0006", 503, "The service is not ready")
    METHOD_NOT_ALLOWED = ErrorKind("GEN-0007", 405, "Method not allowed")
    SUPERSEDED = ErrorKind("GEN-0008", 409, "Another worker has taken over")

    INVALID_INPUT = ErrorKind("VAL-0001", 422, "Invalid input")
    MISSING_FIELD = ErrorKind("VAL-0002", 422, "A required field is missing")
    INVALID_LEVERAGE = ErrorKind("VAL-0003", 422, "Leverage must be between 1.1x and 4x")
    INVALID_SIZE = ErrorKind("VAL-0004", 422, "Invalid size")
    SIZE_TOO_SMALL = ErrorKind("VAL-0005", 422, "Size is too small")
    SIZE_TOO_LARGE = ErrorKind("VAL-0006", 422, "Size is too large")
    INVALID_ASSET = ErrorKind("VAL-0007", 422, "Unknown asset")
    INVALID_PROTOCOL = ErrorKind("VAL-0008", 422, "Unknown or disabled lender")
    DEPOSIT_TOO_SMALL = ErrorKind("VAL-0009", 422, "Deposits under 5 USDC are lost on Hyperliquid")
    IDEMPOTENCY_MISMATCH = ErrorKind(
        "VAL-0010", 409, "This idempotency key was used for another request"
    )
    FUNDING_SIGN = ErrorKind("VAL-0011", 422, "The sign of this funding rate means a cost to you")
    OUT_OF_BOUNDS = ErrorKind("VAL-0020", 422, "A value is outside of what may be set")
    CHANGED_MEANWHILE = ErrorKind("VAL-0021", 409, "This was changed elsewhere in between")

    ASGARD_API = ErrorKind("ASG-0001", 502, "Asgard did not answer as expected")
    ASGARD_LIQUIDITY = ErrorKind("ASG-0002", 409, "The lender has too little to lend")
    ASGARD_POSITION = ErrorKind("ASG-0003", 502, "Asgard refused the position")
    ASGARD_BUILD = ErrorKind("ASG-0004", 502, "Asgard could not build the transaction")
    ASGARD_SUBMIT = ErrorKind("ASG-0006", 502, "The Solana transaction was refused")
    ASGARD_UNKNOWN = ErrorKind("ASG-0007", 504, "The outcome on Solana is not known yet")
    ASGARD_COLLATERAL = ErrorKind("ASG-0008", 409, "Not enough collateral on Solana")
    HEALTH_TOO_LOW = ErrorKind("ASG-0009", 409, "Asgard health factor too low")
    TRANSACTION_REFUSED = ErrorKind(
        "ASG-0010", 502, "The transaction offered for signing does something it should not"
    )
    ASGARD_PARTIAL = ErrorKind(
        "ASG-0011", 502, "Only a part of the transactions landed on Solana; this needs attention"
    )

    HYPERLIQUID_API = ErrorKind("HLQ-0001", 502, "Hyperliquid did not answer as expected")
    HYPERLIQUID_POSITION = ErrorKind("HLQ-0002", 502, "Hyperliquid refused the position")
    HYPERLIQUID_MARGIN = ErrorKind("HLQ-0003", 409, "Insufficient margin on Hyperliquid")
    HYPERLIQUID_LEVERAGE = ErrorKind("HLQ-0004", 502, "Hyperliquid refused the leverage")
    HYPERLIQUID_ORDER = ErrorKind("HLQ-0005", 502, "Hyperliquid refused the order")
    HYPERLIQUID_RETRIES = ErrorKind("HLQ-0006", 502, "The short could not be filled")
    HYPERLIQUID_NOT_FOUND = ErrorKind("HLQ-0007", 404, "No such position on Hyperliquid")
    HYPERLIQUID_UNKNOWN = ErrorKind("HLQ-0008", 504, "The outcome on Hyperliquid is not known yet")
    HYPERLIQUID_ACCOUNT = ErrorKind("HLQ-0009", 409, "The Hyperliquid account does not exist yet")

    POSITION_NOT_FOUND = ErrorKind("POS-0001", 404, "Position not found")
    POSITION_CLOSED = ErrorKind("POS-0002", 409, "Position is already closed")
    POSITION_CLOSE_FAILED = ErrorKind("POS-0003", 502, "Closing did not finish")
    POSITION_UNWIND_FAILED = ErrorKind("POS-0004", 502, "What was opened could not be undone")
    POSITION_ASYMMETRIC = ErrorKind("POS-0005", 500, "The legs do not match")
    POSITION_BUSY = ErrorKind("POS-0006", 409, "Something is already being done with this position")
    JOB_NOT_FOUND = ErrorKind("POS-0007", 404, "Job not found")
    UNCLAIMED_EXPOSURE = ErrorKind(
        "POS-0008", 409, "Your accounts hold something that belongs to no position"
    )
    REDUCE_UNSUPPORTED = ErrorKind("POS-0009", 409, "This lender sells no part of a position")
    REDUCE_FAILED = ErrorKind("POS-0010", 502, "The position could not be made smaller")
    CALLED_OFF = ErrorKind("POS-0011", 409, "Called off before anything was done")
    INTENT_NOT_FOUND = ErrorKind("POS-0012", 404, "Intent not found")
    INTENT_ENDED = ErrorKind("POS-0013", 409, "This intent has ended already")
    INTENT_UNDER_WAY = ErrorKind("POS-0014", 409, "This intent is being carried out just now")
    TOO_MANY_INTENTS = ErrorKind("POS-0015", 409, "Too many intents at the same time")

    PREFLIGHT_FAILED = ErrorKind("RSK-0001", 409, "A check before opening failed")
    MAX_EXPOSURE = ErrorKind("RSK-0002", 409, "This would be more than allowed")
    DELTA_DRIFT = ErrorKind("RSK-0003", 409, "The legs would not match closely enough")
    STALE_MARKET = ErrorKind("RSK-0004", 409, "Market data is too old to decide on")
    UNSAFE_LEVERAGE = ErrorKind("RSK-0006", 409, "This leverage leaves too little room")
    PAUSED = ErrorKind("RSK-0007", 409, "Opening is paused")
    HELD_BACK = ErrorKind("RSK-0008", 409, "Opening is held back after it failed")
    DISPUTED_MARKET = ErrorKind("RSK-0009", 409, "Market data is disputed")

    INSUFFICIENT_SOL = ErrorKind("WAL-0001", 409, "Not enough SOL for network fees")
    INSUFFICIENT_USDC = ErrorKind("WAL-0002", 409, "Not enough USDC")
    INSUFFICIENT_ETH = ErrorKind("WAL-0003", 409, "Not enough ETH on Arbitrum for network fees")
    WALLETS_NOT_READY = ErrorKind("WAL-0004", 409, "Your wallets are still being set up")
    POLICY_DENIED = ErrorKind("WAL-0005", 403, "The wallet's policy forbids this")
    SIGNING_UNAVAILABLE = ErrorKind("WAL-0006", 503, "The signing service does not answer")
    CUSTODY_API = ErrorKind("WAL-0007", 502, "The wallet service did not answer as expected")

    SOLANA_RPC = ErrorKind("NET-0001", 503, "Solana does not answer")
    ARBITRUM_RPC = ErrorKind("NET-0002", 503, "Arbitrum does not answer")
    VENUE_DOWN = ErrorKind("NET-0003", 503, "A venue does not answer")
    RATE_LIMITED = ErrorKind("NET-0004", 429, "Too many requests")
    TRANSACTION_FAILED = ErrorKind("NET-0005", 502, "The transaction failed on chain")
    REQUEST_BUDGET = ErrorKind("NET-0006", 503, "Too many requests wait for a venue just now")
    CIRCLE_API = ErrorKind("NET-0007", 503, "Circle does not answer")
    RAIL_REFUSED = ErrorKind("NET-0008", 409, "USDC cannot be moved between the chains")

    NOT_SIGNED_IN = ErrorKind("AUT-0001", 401, "You are not signed in")
    FORBIDDEN = ErrorKind("AUT-0002", 403, "Not allowed")
    SESSION_EXPIRED = ErrorKind("AUT-0003", 401, "Your session has ended; sign in again")
    CSRF = ErrorKind("AUT-0004", 403, "The request did not come from this dashboard")
    BAD_ACCESS_TOKEN = ErrorKind("AUT-0005", 401, "The sign-in could not be verified")

    @property
    def code(self) -> str:
        """The public code, `XXX-NNNN`."""
        return self.value.code

    @property
    def http_status(self) -> int:
        """The HTTP status the API answers with."""
        return self.value.http_status

    @property
    def category(self) -> str:
        """The category's name in capitals, as the API shows it."""
        return _CATEGORIES[self.value.code[:3]]


def code_named(code: str) -> ErrorCode:
    """The entry with the public code; GEN-0001 for one that is not in the catalogue."""
    return next((entry for entry in ErrorCode if entry.code == code), ErrorCode.UNKNOWN)


class DomainError(Exception):
    """Something that is wrong in words a person can act on, under a code.

    `details` holds the figures (all strings), for programs.
    """

    def __init__(
        self, code: ErrorCode, message: str | None = None, details: dict[str, str] | None = None
    ) -> None:
        self.code = code
        self.message = message or code.value.message
        self.details = details or {}
        super().__init__(f"{code.code}: {self.message}")


class Refused(DomainError):
    """The other side understood and said no: nothing was done, repeating will not help."""


class Unavailable(DomainError):
    """The other side could not be asked: nothing was done, repeating later may help."""


class OutcomeUnknown(DomainError):
    """It may or may not have been done: look it up by its key before anything is repeated."""


class Superseded(DomainError):
    """Who acts has lost the right to: others may be acting by now, so it must stop at once.

    It never means that something was refused or done at a venue; the journal tells.
    """
