"""Deposits to Hyperliquid: a plain USDC transfer to its bridge, and the rule that saves them.

There is no deposit call and no approval. The bridge credits the sender.
"""

from decimal import Decimal

from asgard_basis.domain.assets import HYPERLIQUID_BRIDGE
from asgard_basis.domain.errors import ErrorCode, Refused
from asgard_basis.domain.identifiers import EvmAddress

MINIMUM_DEPOSIT_USDC = Decimal(5)
"""Less is not credited and not returned (Hyperliquid documentation, "Bridge2")."""


def refuse_lost_deposit(*, to: EvmAddress, amount_usdc: Decimal) -> None:
    """Raises Refused VAL-0009 for a transfer to the bridge that would be lost."""
    if to.lower() == HYPERLIQUID_BRIDGE and amount_usdc < MINIMUM_DEPOSIT_USDC:
        raise Refused(
            ErrorCode.DEPOSIT_TOO_SMALL,
            f"deposits under {MINIMUM_DEPOSIT_USDC} USDC are lost, was {amount_usdc}",
        )
