"""Partial closing in Asgard's words: its request, and what its submit call wants returned."""

from collections.abc import Mapping
from typing import Any

from asgard_basis.adapters.asgard.wire import Record
from asgard_basis.domain.assets import LendingProtocol
from asgard_basis.domain.errors import ErrorCode, Refused
from asgard_basis.domain.position.legs import LongState
from asgard_basis.ports.wallets import Wallet

PARTLY_CLOSEABLE = frozenset({LendingProtocol.KAMINO, LendingProtocol.DRIFT})
"""The lenders whose positions Asgard can modify."""
_PERCENT_MAX = 99
_PASSED_ON = {
    "feesMetadata": "feesMetadata",
    "swapRouteMetadata": "swapRouteMetadata",
    "lendingApyAtClose": "lendingApyAtUpdate",
    "borrowingApyAtClose": "borrowingApyAtUpdate",
    "lendingApyAtUpdate": "lendingApyAtUpdate",
    "borrowingApyAtUpdate": "borrowingApyAtUpdate",
}
"""What the builder says that the submit call may want to hear, under its name there."""


def reduce_body(
    owner: Wallet, position: LongState, *, percentage: int, slippage_bps: int, tip_lamports: int
) -> dict[str, Any]:
    """The body of `/position/partial-close`.

    Raises Refused POS-0009 for a lender that closes positions whole only, VAL-0004 for a
    percentage outside 1 to 99.
    """
    if position.protocol not in PARTLY_CLOSEABLE:
        raise Refused(
            ErrorCode.REDUCE_UNSUPPORTED, f"{position.protocol.name} closes positions whole only"
        )
    if not 1 <= percentage <= _PERCENT_MAX:
        raise Refused(ErrorCode.INVALID_SIZE, f"1 to 99 % can be closed, was {percentage}")
    return {
        "protocol": int(position.protocol),
        "walletPubkey": owner.address,
        "positionPDA": position.position_key,
        "jitoTipLamport": tip_lamports,
        "closePercentage": percentage,
        "slippageBps": slippage_bps,
        "useDirectRoute": False,
    }


def repay_body(
    owner: Wallet, position: LongState, *, amount_native: int, tip_lamports: int
) -> dict[str, Any]:
    """The body of `/position/repay-debt`; raises Refused POS-0009 as `reduce_body`."""
    if position.protocol not in PARTLY_CLOSEABLE:
        raise Refused(
            ErrorCode.REDUCE_UNSUPPORTED, f"debts at {position.protocol.name} are repaid whole only"
        )
    return {
        "protocol": int(position.protocol),
        "walletPubkey": owner.address,
        "positionPDA": position.position_key,
        "jitoTipLamport": tip_lamports,
        "repayAmountNative": amount_native,
    }


def update_echo(
    answer: Mapping[str, Any], body: Mapping[str, Any], record: Record
) -> dict[str, Any]:
    """The body of `/submit-position-update-tx`, but its transactions.

    Raises Refused ASG-0004 when the builder or the record leaves out what is needed.
    """
    stated = answer.get("updateRecordData")
    if record.id is None or not isinstance(stated, dict):
        raise Refused(ErrorCode.ASGARD_BUILD, "Asgard's answer lacks what submitting it needs")
    return {
        "protocol": body["protocol"],
        "walletPubkey": body["walletPubkey"],
        "positionPDA": body["positionPDA"],
        "positionId": record.id,
        "tokenATokenMint": record.token_a_mint,
        "tokenBTokenMint": record.token_b_mint,
        "updateRecordData": stated,
        **{theirs: answer[name] for name, theirs in _PASSED_ON.items() if name in answer},
    }
