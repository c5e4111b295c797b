"""The venue's answers. Casing, units and number-or-string are the wire's, not ours.

Amounts are in whole tokens (UI units), health is in percent, rates are fractions.
"""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from asgard_paper.asgard.engine import AsgardEngine
from asgard_paper.asgard.health import health_percent
from asgard_paper.asgard.lenders import (
    DECIMALS,
    DRIFT,
    LENDERS,
    MINT_BY_SYMBOL,
    SYMBOL_BY_MINT,
    LenderTerms,
    bank_of,
)
from asgard_paper.asgard.lending import Standing
from asgard_paper.asgard.prices import market_price, rates_of, risk_price
from asgard_paper.asgard.quotes import cut, cut_up
from asgard_paper.asgard.records import Build, Fees, Liquidation, Position, Quote, Swap
from asgard_paper.kernel.market import Conditions
from asgard_paper.solana.addresses import TOKENS
from asgard_paper.solana.ledger import LandedTransaction
from asgard_paper.solana.outcome import Outcome

USDC = "USDC"
LAMPORTS_PER_SOL = 10**9
DRIFT_INDEX = {"USDC": "0", "SOL": "1", "jitoSOL": "6", "INF": "17"}


def moment(at_ms: int | None) -> str | None:
    """Market time as the wire writes timestamps."""
    if at_ms is None:
        return None
    whole = datetime.fromtimestamp(at_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{whole}.{at_ms % 1000:03d}Z"


def shown(value: Decimal, places: int = 6) -> Decimal:
    """A figure rounded for display."""
    return value.quantize(Decimal(1).scaleb(-places))


def text(value: Decimal | None) -> str | None:
    """A decimal string without exponent, or null."""
    return None if value is None else format(value, "f")


def markets_view(engine: AsgardEngine) -> dict[str, Any]:
    """`/markets`."""
    now = engine.now()
    strategies = {}
    for symbol in ("SOL", "jitoSOL", "jupSOL", "INF"):
        sources = [
            _source(engine, terms, symbol, now)
            for terms in LENDERS.values()
            if symbol in terms.offers
            and terms.name in now.lenders
            and symbol in now.lenders[terms.name].collateral_supply_apy
        ]
        name = f"{symbol}/USDC"
        strategies[name] = {
            "name": name,
            "description": f"Long {symbol}, borrow USDC",
            "tokenAMint": MINT_BY_SYMBOL[symbol],
            "tokenBMint": MINT_BY_SYMBOL[USDC],
            "market": ["MARGIN"],
            "tag": ["TRADING"],
            "liquiditySources": sources,
        }
    return {"strategies": strategies, "totalStrategies": len(strategies)}


def _source(
    engine: AsgardEngine, terms: LenderTerms, symbol: str, now: Conditions
) -> dict[str, Any]:
    rates = now.lenders[terms.name]
    left = max(Decimal(0), terms.borrow_capacity_usdc - engine.borrowed(terms.protocol))
    return {
        "lendingProtocol": terms.protocol,
        "isActive": terms.active,
        "marketKey": terms.market,
        "tokenABank": bank_of(terms.protocol, symbol),
        "tokenBBank": bank_of(terms.protocol, USDC),
        "longMaxLeverage": terms.leverage_max,
        "shortMaxLeverage": terms.leverage_max,
        "tokenAMaxDepositCapacity": text(terms.deposit_capacity),
        "tokenAMaxBorrowCapacity": text(terms.deposit_capacity / 4),
        "tokenBMaxDepositCapacity": text(terms.borrow_capacity_usdc),
        "tokenBMaxBorrowCapacity": text(cut(USDC, left)),
        "tokenALendingApyRate": rates.collateral_supply_apy[symbol],
        "tokenABorrowingApyRate": rates.collateral_borrow_apy.get(symbol, Decimal(0)),
        "tokenBLendingApyRate": rates.usdc_supply_apy,
        "tokenBBorrowingApyRate": rates.usdc_borrow_apy,
        "tokenAOracle": {"kind": "paper"},
        "tokenBOracle": {"kind": "paper"},
        "tokenARewardAPY": [],
        "tokenBRewardAPY": [],
    }


def fees_view(fees: Fees | None) -> dict[str, Any] | None:
    """The fee blob of an operation."""
    if fees is None:
        return None
    return {
        "jitoTipLamport": fees.jito_tip_lamports,
        "jitoTipSOL": Decimal(fees.jito_tip_lamports).scaleb(-9),
        "protocolFeeUSD": fees.protocol_usdc,
        "dexFeeUSD": fees.swap_usdc,
    }


def swap_view(swap: Swap | None) -> dict[str, Any] | None:
    """A swap in whole tokens."""
    if swap is None:
        return None
    return {
        "inputMint": swap.input_mint,
        "outputMint": swap.output_mint,
        "inputAmount": swap.input_amount,
        "outputAmount": swap.output_amount,
    }


def build_view(engine: AsgardEngine, build: Build, request: dict[str, Any]) -> dict[str, Any]:
    """A builder's answer: the request's fields, what is expected, and what to sign."""
    order, quote = build.order, build.quote
    return {
        **request,
        "positionPDA": order.pda,
        "tokenATokenMint": MINT_BY_SYMBOL[order.symbol],
        "tokenBTokenMint": MINT_BY_SYMBOL[USDC],
        **estimate_view(engine, build),
        "swapRouteMetadata": swap_view(quote.swap),
        "signedTxs": [build.transaction],
    }


def estimate_view(engine: AsgardEngine, build: Build) -> dict[str, Any]:
    """What an opening or closing would give at this moment's prices."""
    order, quote = build.order, build.quote
    now = engine.now()
    rates = rates_of(order.symbol, LENDERS[order.protocol], now)
    when = "Open" if build.before is None else "Close"
    payout = None
    if quote.payout_mint is not None:
        symbol = SYMBOL_BY_MINT[quote.payout_mint]
        payout = Decimal(quote.payout_native).scaleb(-DECIMALS[symbol])
    return {
        "depositAmountUI": cut(order.symbol, quote.collateral),
        "borrowAmountUI": cut_up(USDC, quote.debt),
        "marginAmountUI": cut(USDC, margin(quote)),
        "healthFactor": _health(order.symbol, LENDERS[order.protocol], quote, now),
        "payoutAmountUI": payout,
        "payoutMint": quote.payout_mint,
        "longTokenPriceUSD": shown(quote.price),
        "shortTokenPriceUSD": 1,
        "feesMetadata": fees_view(quote.fees),
        f"lendingApyAt{when}": rates.supply_apy,
        f"borrowingApyAt{when}": rates.borrow_apy,
    }


def margin(quote: Quote) -> Decimal:
    """Equity in USD."""
    return quote.collateral * quote.price - quote.debt


def _health(symbol: str, terms: LenderTerms, quote: Quote, now: Conditions) -> Decimal:
    value = quote.collateral * risk_price(symbol, terms, now)
    return shown(health_percent(value, quote.debt, terms.liquidation_threshold))


def simulation_view(engine: AsgardEngine, build: Build, outcome: Outcome) -> dict[str, Any]:
    """What a simulate endpoint answers."""
    return {
        "success": outcome.err is None,
        "err": outcome.err,
        "logs": list(outcome.logs),
        "unitsConsumed": outcome.compute_units,
        "positionPDA": build.order.pda,
        **estimate_view(engine, build),
        "swapRouteMetadata": swap_view(build.quote.swap),
    }


def position_view(engine: AsgardEngine, position: Position) -> dict[str, Any]:
    """A position record, as the venue's database has it."""
    now_ms = engine.now_ms()
    known = now_ms >= position.entry_known_ms
    exit_known = position.exit_known_ms is not None and now_ms >= position.exit_known_ms
    closed = position.closed_ms is not None
    return {
        "id": position.id,
        "ownerAddress": position.owner,
        "positionPda": position.pda,
        "state": position.state,
        "protocol": position.protocol,
        "tokenATokenMint": MINT_BY_SYMBOL[position.symbol],
        "tokenBTokenMint": MINT_BY_SYMBOL[USDC],
        "positionSide": 0,
        "leverage": text(position.leverage),
        "tokenAEntryPriceUSD": text(shown(position.entry_price)),
        "tokenBEntryPriceUSD": "1",
        "tokenAExitPriceUSD": text(shown(position.exit_price)) if position.exit_price else None,
        "tokenBExitPriceUSD": "1" if position.exit_price else None,
        "tokenAAmountUIEntry": text(cut(position.symbol, position.collateral_entry)),
        "tokenBAmountUIEntry": text(cut_up(USDC, position.debt_entry)),
        "tokenAAmountUICurrent": _cut_text(position.symbol, position.collateral_current),
        "tokenBAmountUICurrent": _cut_text(USDC, position.debt_current),
        "leverageCurrent": text(shown(position.leverage_current))
        if position.leverage_current is not None
        else None,
        "lastUpdateId": position.last_update_id,
        "updateCount": position.update_count,
        "openTxHash": position.open_tx,
        "closeTxHash": position.close_tx,
        "openedAt": moment(position.opened_ms),
        "closedAt": moment(position.closed_ms),
        "entryMarketMetadata": {
            "onChainExecutedMetadata": swap_view(position.entry_swap) if known else None
        },
        "exitMarketMetadata": {
            "onChainExecutedMetadata": swap_view(position.exit_swap) if exit_known else None
        }
        if closed
        else None,
        "openFeesMetadata": fees_view(position.open_fees),
        "closeFeesMetadata": fees_view(position.close_fees),
    }


def _cut_text(symbol: str, amount: Decimal | None) -> str | None:
    return None if amount is None else text(cut(symbol, amount))


def landed_view(landed: LandedTransaction) -> dict[str, Any]:
    """`txMetadata`."""
    return {
        "txHash": landed.signature,
        "slot": landed.slot,
        "blockTime": landed.market_s,
        "fee": landed.fee,
        "err": None if landed.err is None else json.loads(landed.err),
    }


def refreshed_view(engine: AsgardEngine, position: Position) -> dict[str, Any]:
    """One entry of `/refresh-positions`."""
    standing = engine.standing(position)
    return {
        "accountAddress": position.pda,
        "authority": position.owner,
        "summary": {
            "healthFactor": shown(standing.health),
            "booksAndBalances": {"balances": _balances(position, standing)},
        },
        "liquidationEvents": [
            liquidation_view(event) for event in engine.ledger.liquidations_of(position.pda)
        ],
    }


def _balances(position: Position, standing: Standing) -> list[dict[str, Any]]:
    held = standing.held
    collateral, debt = cut(position.symbol, held.collateral), cut_up(USDC, held.debt)
    return [
        {
            _bank_key(position.protocol, position.symbol): {
                "mint": MINT_BY_SYMBOL[position.symbol],
                "assetsQt": collateral,
                "liabsQt": 0,
                "assetsUsd": cut(USDC, collateral * standing.price),
                "liabsUsd": 0,
            }
        },
        {
            _bank_key(position.protocol, USDC): {
                "mint": MINT_BY_SYMBOL[USDC],
                "assetsQt": 0,
                "liabsQt": debt,
                "assetsUsd": 0,
                "liabsUsd": debt,
            }
        },
    ]


def _bank_key(protocol: int, symbol: str) -> str:
    return DRIFT_INDEX[symbol] if protocol == DRIFT else bank_of(protocol, symbol)


def liquidation_view(event: Liquidation) -> dict[str, Any]:
    """One liquidation event."""
    return {
        "id": event.id,
        "positionPda": event.pda,
        "ownerAddress": event.owner,
        "protocol": event.protocol,
        "collateralMint": MINT_BY_SYMBOL[event.symbol],
        "debtMint": MINT_BY_SYMBOL[USDC],
        "collateralSeizedUI": cut(event.symbol, event.seized),
        "debtRepaidUI": cut(USDC, event.repaid_usdc),
        "collateralPriceUSD": shown(event.price),
        "collateralRemainingUI": cut(event.symbol, event.collateral_left),
        "debtRemainingUI": cut_up(USDC, event.debt_left),
        "liquidatedAt": moment(event.at_ms),
    }


def tokens_view(engine: AsgardEngine) -> list[dict[str, Any]]:
    """Every token with its market price."""
    now = engine.now()
    return [
        {
            "symbol": token.symbol,
            "name": token.name,
            "mint": str(token.mint),
            "decimals": token.decimals,
            "logoURI": "",
            "price": shown(market_price(token.symbol, now)),
        }
        for token in TOKENS
    ]
