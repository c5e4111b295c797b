"""The five modifications of an open position: requests, answers, and their one submit."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import msgspec

from asgard_paper.asgard.engine import AsgardEngine
from asgard_paper.asgard.errors import AsgardError
from asgard_paper.asgard.lenders import DECIMALS, LENDERS, MINT_BY_SYMBOL, SYMBOL_BY_MINT
from asgard_paper.asgard.prices import rates_of
from asgard_paper.asgard.quotes import cut, cut_up, from_native
from asgard_paper.asgard.records import (
    ADD_COLLATERAL,
    DELEVERAGE,
    INCREASE_LEVERAGE,
    PARTIAL_CLOSE,
    REPAY_DEBT,
    UPDATE,
    Build,
    Order,
    Quote,
)
from asgard_paper.asgard.requests import (
    USDC,
    check_amount,
    check_funding,
    check_key,
    check_leverage,
    check_protocol,
    check_slippage,
    check_tip,
    is_within,
)
from asgard_paper.asgard.wire import fees_view, landed_view, margin, shown, text
from asgard_paper.solana.ledger import LandedTransaction

CONFIRMED = 1


class UpdateRequest(msgspec.Struct, rename="camel"):
    """What every modification's body has."""

    protocol: int
    wallet_pubkey: str
    position_pda: str = msgspec.field(name="positionPDA")
    jito_tip_lamport: int

    def ordered(self, engine: AsgardEngine, update_type: int, slippage_bps: Decimal) -> Order:
        """The order without what is particular to the modification."""
        check_protocol(self.protocol)
        check_tip(self.jito_tip_lamport)
        return Order(
            kind=UPDATE,
            owner=check_key("walletPubkey", self.wallet_pubkey),
            protocol=self.protocol,
            symbol=engine.position(self.position_pda).symbol,
            pda=self.position_pda,
            tip_lamports=self.jito_tip_lamport,
            slippage_bps=check_slippage(slippage_bps),
            update_type=update_type,
        )


class PartialCloseRequest(UpdateRequest, kw_only=True):
    """Body of `/position/partial-close`."""

    close_percentage: Decimal
    slippage_bps: Decimal

    def order(self, engine: AsgardEngine) -> Order:
        """The order; equity is paid out in USDC."""
        order = self.ordered(engine, PARTIAL_CLOSE, self.slippage_bps)
        if not is_within(self.close_percentage, 1, 99):
            raise AsgardError(
                "INVALID_PERCENTAGE",
                f"closePercentage was {self.close_percentage}, allowed 1 to 99",
            )
        return replace(order, percentage=self.close_percentage)


class LeverageRequest(UpdateRequest, kw_only=True):
    """Body of `/position/deleverage` and `/position/increase-leverage`."""

    target_leverage: Decimal
    slippage_bps: Decimal

    def order(self, engine: AsgardEngine, update_type: int) -> Order:
        """The order; its direction is checked against the position's leverage."""
        order = self.ordered(engine, update_type, self.slippage_bps)
        return replace(order, leverage=check_leverage("targetLeverage", self.target_leverage))

    def deleverage(self, engine: AsgardEngine) -> Order:
        """Less leverage, same equity."""
        return self.order(engine, DELEVERAGE)

    def increase(self, engine: AsgardEngine) -> Order:
        """More leverage, same equity."""
        return self.order(engine, INCREASE_LEVERAGE)


class AddCollateralRequest(UpdateRequest, kw_only=True):
    """Body of `/position/add-collateral`."""

    collateral_amount_native: int
    collateral_type: int
    collateral_mint: str
    slippage_bps: Decimal = Decimal(50)

    def order(self, engine: AsgardEngine) -> Order:
        """The order; raises AsgardError when mint and type contradict each other."""
        check_funding(self.collateral_type)
        check_amount("collateralAmountNative", self.collateral_amount_native)
        order = self.ordered(engine, ADD_COLLATERAL, self.slippage_bps)
        implied = MINT_BY_SYMBOL[USDC if self.collateral_type == 1 else order.symbol]
        if self.collateral_mint != implied:
            raise AsgardError("COLLATERAL_MISMATCH", f"collateralMint was {self.collateral_mint}")
        amount = self.collateral_amount_native
        return replace(order, funding=self.collateral_type, amount_native=amount)


class RepayRequest(UpdateRequest, kw_only=True):
    """Body of `/position/repay-debt`."""

    repay_amount_native: int

    def order(self, engine: AsgardEngine) -> Order:
        """The order; there is no swap, so no slippage."""
        check_amount("repayAmountNative", self.repay_amount_native)
        order = self.ordered(engine, REPAY_DEBT, Decimal(0))
        return replace(order, amount_native=self.repay_amount_native)


class SubmitUpdateRequest(msgspec.Struct, rename="camel"):
    """Body of `/submit-position-update-tx`."""

    protocol: int
    wallet_pubkey: str
    position_pda: str = msgspec.field(name="positionPDA")
    position_id: int
    signed_txs: list[str]
    update_record_data: dict[str, Any]


def update_view(engine: AsgardEngine, build: Build, request: dict[str, Any]) -> dict[str, Any]:
    """A modification builder's answer."""
    order, after, before = build.order, build.quote, build.before
    if before is None:
        raise ValueError("a modification needs the position before it")
    rates = rates_of(order.symbol, LENDERS[order.protocol], engine.now())
    when = "Close" if order.update_type == PARTIAL_CLOSE else "Update"
    return {
        "protocol": order.protocol,
        "walletPubkey": order.owner,
        "positionPDA": order.pda,
        **_particulars(order, after, request),
        **_amounts(order, before, "Before"),
        **_amounts(order, after, "After"),
        "longTokenPriceUSD": shown(after.price),
        "shortTokenPriceUSD": 1,
        "feesMetadata": fees_view(after.fees),
        f"lendingApyAt{when}": rates.supply_apy,
        f"borrowingApyAt{when}": rates.borrow_apy,
        "signedTxs": [build.transaction],
        "updateRecordData": _record_data(order, before, after),
    }


def _particulars(order: Order, after: Quote, request: dict[str, Any]) -> dict[str, Any]:
    if order.update_type == PARTIAL_CLOSE:
        withdrawn = from_native(USDC, after.payout_native)
        return {
            "closePercentage": request["closePercentage"],
            "equityWithdrawnUI": withdrawn,
            "equityWithdrawnMint": after.payout_mint,
        }
    if order.update_type == ADD_COLLATERAL:
        symbol = SYMBOL_BY_MINT[after.deposit_mint or ""]
        return {
            "collateralAddedNative": order.amount_native,
            "collateralAddedUI": from_native(symbol, order.amount_native),
            "collateralMint": after.deposit_mint,
            "collateralType": order.funding,
        }
    if order.update_type == REPAY_DEBT:
        return {
            "repayAmountNative": order.amount_native,
            "repayAmountUI": from_native(USDC, order.amount_native),
            "debtTokenMint": after.deposit_mint,
        }
    return {"targetLeverage": order.leverage}


def _amounts(order: Order, quote: Quote, when: str) -> dict[str, Any]:
    return {
        f"depositAmountUI{when}": cut(order.symbol, quote.collateral),
        f"borrowAmountUI{when}": cut_up(USDC, quote.debt),
        f"leverage{when}": shown(quote.leverage()),
        f"marginAmountUI{when}": cut(USDC, margin(quote)),
    }


def _record_data(order: Order, before: Quote, after: Quote) -> dict[str, Any]:
    deposit = after.deposit_mint
    swap = after.swap
    added = None
    if deposit is not None:
        added = Decimal(after.deposit_native).scaleb(-DECIMALS[SYMBOL_BY_MINT[deposit]])
    return {
        "updateType": order.update_type,
        "updatePercentage": order.percentage,
        "preTokenAAmountUI": cut(order.symbol, before.collateral),
        "preTokenBAmountUI": cut_up(USDC, before.debt),
        "preLeverage": shown(before.leverage()),
        "preMarginAmountUI": cut(USDC, margin(before)),
        "collateralType": order.funding if deposit else None,
        "collateralMint": deposit,
        "collateralAmountNative": after.deposit_native if deposit else None,
        "collateralAmountUI": added,
        "swapInAmount": swap.input_amount if swap else None,
        "swapInMint": swap.input_mint if swap else None,
        "swapOutAmount": swap.output_amount if swap else None,
        "swapOutMint": swap.output_mint if swap else None,
        "postTokenAAmountUI": cut(order.symbol, after.collateral),
        "postTokenBAmountUI": cut_up(USDC, after.debt),
        "postLeverage": shown(after.leverage()),
        "postMarginAmountUI": cut(USDC, margin(after)),
        "tokenAPriceUSD": shown(after.price),
        "tokenBPriceUSD": 1,
    }


def submitted_view(engine: AsgardEngine, build: Build, landed: LandedTransaction) -> dict[str, Any]:
    """The answer of `/submit-position-update-tx`."""
    position = engine.position(build.order.pda)
    update = engine.ledger.updates[(build.update_id or 0) - 1]
    after = update.after
    return {
        "success": True,
        "txHash": landed.signature,
        "txMetadata": landed_view(landed),
        "positionUpdate": {
            "id": update.id,
            "updateType": update.update_type,
            "status": CONFIRMED,
        },
        "position": {
            "id": position.id,
            "tokenAAmountUICurrent": text(cut(position.symbol, after.collateral)),
            "tokenBAmountUICurrent": text(cut_up(USDC, after.debt)),
            "leverageCurrent": text(shown(after.leverage())),
            "updateCount": position.update_count,
        },
    }
