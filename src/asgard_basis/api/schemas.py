"""Request and response shapes. Money and rates travel as decimal text, times as ISO 8601 UTC."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, WithJsonSchema

DecimalText = Annotated[
    Decimal,
    PlainSerializer(lambda value: format(value, "f"), return_type=str),
    WithJsonSchema({"type": "string", "format": "decimal"}, mode="serialization"),
]


class Shape(BaseModel):
    """A response, read from the attributes of an application value."""

    model_config = ConfigDict(from_attributes=True, frozen=True)


class Request(BaseModel):
    """A request body; unknown fields are refused so that a misspelt one is not ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ErrorBody(Shape):
    """What went wrong, under a code that never changes meaning."""

    code: str
    message: str
    category: str
    http_status: int
    details: dict[str, str] = Field(default_factory=dict)


class ErrorResponse(Shape):
    """Every error answer of the API."""

    error: ErrorBody
    request_id: str


class Failure(Shape):
    """An error kept with a job, a position or a part of an answer."""

    code: str
    message: str


class PrivyConfig(Shape):
    """How the browser signs in."""

    app_id: str
    auth_url: str


class PaperConfig(Shape):
    """Where the simulated world can be reached; absent outside paper mode."""

    control_url: str
    mailbox_url: str


class LimitsConfig(Shape):
    """Bounds a form needs to know."""

    size_min_usd: DecimalText
    size_max_usd: DecimalText
    leverage_min: DecimalText
    leverage_max: DecimalText
    leverage_default: DecimalText
    deposit_min_usdc: DecimalText
    deposit_max_usdc: DecimalText


class ConfigResponse(Shape):
    """What the dashboard must know before anybody signs in."""

    mode: Literal["paper", "shadow", "live"]
    is_replay: bool
    version: str
    privy: PrivyConfig
    paper: PaperConfig | None
    limits: LimitsConfig
    market_time: datetime


class SyncRequest(Request):
    """Start a session from a verified sign-in."""

    access_token: str = Field(min_length=1, max_length=8192)
    stay_signed_in: bool = True


class MeResponse(Shape):
    """The signed-in person."""

    user_id: str
    email: str | None
    created_at: datetime
    is_new_user: bool
    wallets_ready: bool
    solana_address: str | None
    evm_address: str | None
    session_expires_at: datetime


class WalletsResponse(Shape):
    """The server wallets; not ready while they are being created."""

    ready: bool
    solana_address: str | None
    evm_address: str | None
    agent_address: str | None


class TokenAmount(Shape):
    """A staking token's balance."""

    asset: str
    amount: DecimalText


class SolanaBalance(Shape):
    """On Solana."""

    address: str
    sol: DecimalText
    usdc: DecimalText
    tokens: list[TokenAmount]


class ArbitrumBalance(Shape):
    """On Arbitrum."""

    address: str
    eth: DecimalText
    usdc: DecimalText


class HyperliquidBalance(Shape):
    """On Hyperliquid."""

    address: str
    account_value_usd: DecimalText
    withdrawable_usdc: DecimalText
    margin_used_usdc: DecimalText
    exists: bool


class VenueFailure(Shape):
    """A venue that could not be asked."""

    venue: str
    code: str
    message: str


class BalancesResponse(Shape):
    """Each part is null when its venue could not be asked; the reason is in `failures`."""

    solana: SolanaBalance | None
    arbitrum: ArbitrumBalance | None
    hyperliquid: HyperliquidBalance | None
    positions_equity_usd: DecimalText | None
    total_usd: DecimalText | None
    """Everything together; null while a part is unknown."""
    failures: list[VenueFailure]
    observed_at: datetime


class BalanceCheckResponse(Shape):
    """Whether there is enough in the right places for a smallest position."""

    can_trade: bool
    missing: list[str]
    solana_usdc: DecimalText | None
    hyperliquid_usdc: DecimalText | None
    sol: DecimalText | None


class FundingNow(Shape):
    """What the short earns, as yearly fractions; negative is paid."""

    now_apr: DecimalText
    predicted_apr: DecimalText | None
    mean_24h_apr: DecimalText | None
    mean_7d_apr: DecimalText | None
    now_hourly: DecimalText
    age_seconds: int


class LenderRate(Shape):
    """One way to hold the long."""

    protocol: int
    protocol_name: str
    asset: str
    supply_apy: DecimalText
    borrow_apy: DecimalText
    staking_apy: DecimalText | None
    """Zero for SOL; null when a staking token's yield is not known."""
    net_apr: DecimalText | None
    """On the whole capital at the leverage asked about; null when a part is unknown."""
    break_even_days: DecimalText | None
    safe_leverage: DecimalText
    opening_health: DecimalText
    borrow_capacity_usdc: DecimalText
    can_defend: bool
    """Whether a position there can be reduced in place."""
    is_enabled: bool
    age_seconds: int
    unavailable: str | None


class RatesResponse(Shape):
    """The market at one leverage."""

    leverage: DecimalText
    mark_price: DecimalText
    oracle_price: DecimalText
    funding: FundingNow
    lenders: list[LenderRate]
    """Best first."""
    is_stale: bool
    market_time: datetime


class FundingHour(Shape):
    """One settled hour."""

    hour: datetime
    income_apr: DecimalText
    income_hourly: DecimalText


class FundingHistoryResponse(Shape):
    """Settled hours, oldest first, and how many are missing between them."""

    hours: list[FundingHour]
    missing: int


class EntryRequest(Request):
    """What to open. `size_usd` is the total capital of both legs."""

    asset: str = "SOL"
    protocol: int | None = None
    """Null takes the best enabled lender."""
    size_usd: Decimal
    leverage: Decimal


class CheckResult(Shape):
    """One check before anything is sent."""

    key: str
    label: str
    passed: bool
    figure: str
    limit: str
    remedy: str | None
    code: str | None


class EntryQuote(Shape):
    """What the capital becomes."""

    asset: str
    protocol: int
    protocol_name: str
    collateral_usdc: DecimalText
    margin_usdc: DecimalText
    collateral_share: DecimalText
    collateral_tokens: DecimalText
    borrow_usdc: DecimalText
    short_sol: DecimalText
    short_leverage: DecimalText
    mark_price: DecimalText
    opening_health: DecimalText
    safe_leverage: DecimalText
    long_liquidation_price: DecimalText
    short_liquidation_price: DecimalText
    long_defence_price: DecimalText
    short_defence_price: DecimalText
    cost_open_usd: DecimalText
    cost_close_usd: DecimalText
    net_apr: DecimalText
    earns_daily_usd: DecimalText
    break_even_days: DecimalText | None
    break_even_days_half_funding: DecimalText | None
    break_even_days_no_funding: DecimalText | None


class PreflightResponse(Shape):
    """Every check with its figure; a quote when the request can be sized."""

    passed: bool
    checks: list[CheckResult]
    quote: EntryQuote | None


class JobAccepted(Shape):
    """The work was taken on; watch the job."""

    job_id: str
    position_id: str | None = None


class JobStep(Shape):
    """One step of a job, in the order it happens."""

    name: str
    title: str
    status: Literal["waiting", "running", "unknown", "done", "failed"]
    attempt: int
    seconds: DecimalText | None
    detail: str | None


class JobResponse(Shape):
    """How far a job is."""

    job_id: str
    kind: str
    status: Literal["pending", "running", "completed", "failed"]
    position_id: str | None
    amount_usdc: DecimalText | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    error: Failure | None
    steps: list[JobStep]


class LongLeg(Shape):
    """The long, valued at the oracle price."""

    collateral: DecimalText
    redemption_rate: DecimalText
    sol_equivalent: DecimalText
    value_usd: DecimalText
    debt_usdc: DecimalText
    equity_usd: DecimalText
    leverage: DecimalText | None
    health: DecimalText | None
    """Fraction the collateral may fall; null is unknown."""
    liquidation_price: DecimalText | None
    liquidation_distance: DecimalText | None
    defence_price: DecimalText | None


class ShortLeg(Shape):
    """The short, valued at the mark price."""

    size_sol: DecimalText
    entry_price: DecimalText
    value_usd: DecimalText
    margin_usdc: DecimalText
    leverage: DecimalText | None
    margin_fraction: DecimalText | None
    liquidation_price: DecimalText | None
    liquidation_distance: DecimalText | None
    defence_price: DecimalText | None


class ResultSplit(Shape):
    """USD, income positive; the six parts add up to `total`."""

    funding: DecimalText
    lending: DecimalText
    borrowing: DecimalText
    staking: DecimalText
    fees: DecimalText
    price_residual: DecimalText
    total: DecimalText


class PositionResponse(Shape):
    """One hedged pair."""

    id: str
    asset: str
    protocol: int
    protocol_name: str
    state: str
    size_usd: DecimalText
    leverage: DecimalText
    requested_at: datetime
    hedged_at: datetime | None
    closed_at: datetime | None
    failure: Failure | None
    job_id: str | None
    """The job working on it now."""
    mark_price: DecimalText | None
    long: LongLeg | None
    short: ShortLeg | None
    delta_sol: DecimalText | None
    delta_fraction: DecimalText | None
    equity_usd: DecimalText | None
    result: ResultSplit | None
    """Null while a leg is unknown: never a figure with a part missing."""
    costs_earned_back: DecimalText | None
    """Income so far over costs to open and close."""
    net_apr: DecimalText | None
    """At the present rates, on the capital."""
    age_seconds: int | None
    """Of what the venues last said."""


class PositionsResponse(Shape):
    """The user's positions that are not ended."""

    positions: list[PositionResponse]


class TimelineEntry(Shape):
    """One step of a position's life."""

    at: datetime
    name: str
    title: str
    status: str
    attempt: int
    seconds: DecimalText | None
    detail: str | None
    error: Failure | None


class TimelineResponse(Shape):
    """Oldest first."""

    entries: list[TimelineEntry]


class PaymentEntry(Shape):
    """One funding payment booked to the position."""

    settled_at: datetime
    amount_usdc: DecimalText


class PaymentsResponse(Shape):
    """Newest first."""

    payments: list[PaymentEntry]


class HistoryResponse(Shape):
    """Ended positions, newest first, and their results together."""

    positions: list[PositionResponse]
    totals: ResultSplit


class DepositRequest(Request):
    """Move USDC from Arbitrum to Hyperliquid."""

    amount_usdc: Decimal


class DepositEntry(Shape):
    """One movement."""

    job_id: str
    amount_usdc: DecimalText
    status: str
    stage: str
    """requested, sent, credited or failed."""
    transaction_hash: str | None
    created_at: datetime
    finished_at: datetime | None
    error: Failure | None


class DepositsResponse(Shape):
    """Newest first."""

    deposits: list[DepositEntry]


class LiveResponse(Shape):
    """The process is there."""

    status: Literal["ok"] = "ok"


class ReadyResponse(Shape):
    """What the service needs, each true when it answers."""

    status: Literal["ready", "not_ready"]
    database: bool
    redis: bool
    worker: bool
    market: bool
