"""Asgard's payloads in the domain's words. Percentages and units are converted here, once."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import structlog

from asgard_basis.adapters.asgard.thresholds import LIQUIDATION_THRESHOLDS
from asgard_basis.adapters.asgard.units import in_tokens, swap_in_tokens
from asgard_basis.adapters.asgard.wire import (
    Executed,
    LiquiditySource,
    Record,
    Refreshed,
    Strategy,
    TokenPrice,
    read,
)
from asgard_basis.domain.assets import (
    TOKENS,
    USDC_SOLANA,
    Asset,
    LendingProtocol,
    asset_of_mint,
)
from asgard_basis.domain.errors import ErrorCode, Unavailable
from asgard_basis.domain.identifiers import TransactionSignature
from asgard_basis.domain.market.rates import AnnualYield, HealthFactor
from asgard_basis.domain.market.snapshot import LenderMarket
from asgard_basis.domain.position.legs import LongFill, LongState
from asgard_basis.ports.venues import LongPosition

_ACTIVE, _LONG = 0, 0
_LST_SUPPLY_SUSPICIOUS = Decimal("0.03")
_log = structlog.get_logger(__name__)


def markets(
    answer: Any, *, enabled: frozenset[LendingProtocol], observed_at: datetime
) -> list[LenderMarket]:
    """Every source that pairs an asset of ours with USDC, matched by mints, never by name.

    Sources that cannot be read are left out and logged; whether a rate is plausible is judged by
    `domain.market.plausibility`, so that people see it with what is wrong with it.
    """
    strategies = answer.get("strategies") if isinstance(answer, dict) else None
    if not isinstance(strategies, dict):
        raise Unavailable(ErrorCode.ASGARD_API, "Asgard's market list has no strategies")
    found: list[LenderMarket] = []
    for name, raw in strategies.items():
        try:
            strategy = read(raw, Strategy, f"strategy {name}")
        except Unavailable as error:
            _log.warning("asgard_strategy_skipped", reason=error.message)
            continue
        asset = asset_of_mint(strategy.token_a_mint)
        if asset is not None and strategy.token_b_mint == USDC_SOLANA.mint:
            found += _sources(strategy, asset, enabled, observed_at)
    return found


def _sources(
    strategy: Strategy,
    asset: Asset,
    enabled: frozenset[LendingProtocol],
    observed_at: datetime,
) -> Iterator[LenderMarket]:
    for raw in strategy.liquidity_sources:
        try:
            source = read(raw, LiquiditySource, f"source for {asset}")
            protocol = LendingProtocol(source.lending_protocol)
        except (Unavailable, ValueError) as error:
            _log.warning("asgard_source_skipped", asset=asset.value, reason=str(error))
            continue
        supply, borrow = source.token_a_lending_apy_rate, source.token_b_borrowing_apy_rate
        if not (_is_rate(supply) and _is_rate(borrow)):
            _log.warning("asgard_rates_unreadable", asset=asset.value, protocol=protocol.name)
            continue
        if TOKENS[asset].is_lst and supply > _LST_SUPPLY_SUSPICIOUS:
            # Staking is added from the stake pool: a rate that holds it already counts twice.
            _log.warning("asgard_lst_supply_rate_high", asset=asset.value, rate=str(supply))
        yield LenderMarket(
            protocol=protocol,
            asset=asset,
            collateral_supply=AnnualYield(supply),
            usdc_borrow=AnnualYield(borrow),
            max_leverage=source.long_max_leverage,
            borrow_capacity_usdc=source.token_b_max_borrow_capacity,
            is_active=source.is_active and protocol in enabled,
            collateral_bank=source.token_a_bank,
            debt_bank=source.token_b_bank,
            liquidation_threshold=LIQUIDATION_THRESHOLDS[protocol, asset],
            observed_at=observed_at,
        )


def _is_rate(value: Decimal) -> bool:
    return value.is_finite() and value > -1


def spot_prices(answer: Any) -> dict[Asset, Decimal]:
    """USD per token of the assets we hold; those without a positive price are left out."""
    tokens = answer.get("tokens") if isinstance(answer, dict) else None
    if not isinstance(tokens, list):
        raise Unavailable(ErrorCode.ASGARD_API, "Asgard's token list has no tokens")
    found: dict[Asset, Decimal] = {}
    for raw in tokens:
        try:
            token = read(raw, TokenPrice, "token")
        except Unavailable as error:
            _log.warning("asgard_token_skipped", reason=error.message)
            continue
        asset = asset_of_mint(token.mint)
        if asset is not None and token.price is not None and _is_positive(token.price):
            found[asset] = token.price
    return found


def _is_positive(value: Decimal) -> bool:
    return value.is_finite() and value > 0


def health(value: Any) -> HealthFactor | None:
    """The factor from a percentage; None for null, NaN, text that is no number, or nonsense."""
    if isinstance(value, bool) or not isinstance(value, Decimal | int | str):
        return None
    try:
        return HealthFactor.from_percent(Decimal(value))
    except InvalidOperation:
        return None


def position(record: Record) -> LongPosition | None:
    """The record as a position, or None when it is none of ours (a short, another pair)."""
    asset = asset_of_mint(record.token_a_mint)
    is_ours = record.side == _LONG and record.token_b_mint == USDC_SOLANA.mint
    if asset is None or not is_ours or record.protocol not in set(LendingProtocol):
        return None
    return LongPosition(
        position_key=record.position_pda,
        protocol=LendingProtocol(record.protocol),
        asset=asset,
        is_open=record.state == _ACTIVE,
        opened_by=_signature(record.open_hash),
        closed_by=_signature(record.close_hash),
    )


def _signature(value: str | None) -> TransactionSignature | None:
    return TransactionSignature(value) if value else None


def long_state(
    refreshed: Refreshed,
    *,
    position_key: str,
    protocol: LendingProtocol,
    asset: Asset,
    record: Record | None,
    observed_at: datetime,
) -> LongState:
    """The live state; amounts are read against the record of the opening."""
    mint = TOKENS[asset].mint
    balances = [
        balance
        for entry in refreshed.summary.books_and_balances.balances
        for balance in entry.values()
    ]
    held = sum((b.assets_qt for b in balances if b.mint == mint), Decimal(0))
    owed = sum((b.liabs_qt for b in balances if b.mint == USDC_SOLANA.mint), Decimal(0))
    known_held = known_owed = None
    if record is not None:
        known_held = record.current_collateral or record.entry_collateral
        known_owed = record.current_debt or record.entry_debt
    return LongState(
        position_key=position_key,
        protocol=protocol,
        asset=asset,
        collateral=in_tokens(held, decimals=TOKENS[asset].decimals, known=known_held),
        debt_usdc=in_tokens(owed, decimals=USDC_SOLANA.decimals, known=known_owed),
        health=health(refreshed.summary.health_factor),
        observed_at=observed_at,
    )


def open_fill(record: Record) -> LongFill | None:
    """What opening bought, or None while it is not published."""
    executed = record.entry_market and record.entry_market.on_chain_executed_metadata
    return _fill(record, executed, record.entry_price, record.open_fees) if executed else None


def _fill(
    record: Record, executed: Executed, reference: Decimal | None, fees: dict[str, Any] | None
) -> LongFill:
    asset = asset_of_mint(record.token_a_mint)
    mints = (executed.input_mint, executed.output_mint)
    if asset is None or set(mints) != {TOKENS[asset].mint, USDC_SOLANA.mint}:
        raise Unavailable(ErrorCode.ASGARD_API, "Asgard's executed swap is of other tokens")
    # The mints say which side is which; the documentation's formula holds for one of them only.
    is_purchase = executed.input_mint == USDC_SOLANA.mint
    collateral, usdc = swap_in_tokens(
        collateral=executed.output_amount if is_purchase else executed.input_amount,
        collateral_decimals=TOKENS[asset].decimals,
        usdc=executed.input_amount if is_purchase else executed.output_amount,
        usdc_decimals=USDC_SOLANA.decimals,
        reference_price=reference,
    )
    return LongFill(collateral=collateral, usdc=usdc, fee_usdc=_protocol_fee(fees))


def _protocol_fee(fees: dict[str, Any] | None) -> Decimal:
    # The blob also holds the tip (paid in SOL) and the swap's cost (in the price already).
    stated = (fees or {}).get("protocolFeeUSD")
    if stated is None:
        return Decimal(0)
    try:
        fee = Decimal(stated)
    except (InvalidOperation, TypeError, ValueError) as error:
        raise Unavailable(ErrorCode.ASGARD_API, f"Asgard's fee was {stated!r}") from error
    if not fee.is_finite() or fee < 0:
        raise Unavailable(ErrorCode.ASGARD_API, f"Asgard's fee was {stated!r}")
    return fee
