"""Which part of an account's funding payments belongs to one position."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from asgard_basis.domain.market.funding import FundingPayment
from asgard_basis.domain.money import ONE
from asgard_basis.domain.saga.progress import short_span
from asgard_basis.domain.saga.step import Step


def funding_shares(
    steps: Sequence[Step], payments: Sequence[FundingPayment]
) -> Iterator[tuple[FundingPayment, Decimal]]:
    """Each payment the short took part in, and its share of it in USDC.

    What it held at each settlement is read from its journals: a payment before its opening or
    after its closing belongs to other positions of the account. With several of them a payment
    is shared by size. While an order may or may not have been filled, what is settled after it
    waits.
    """
    span = short_span(steps)
    for payment in payments:
        held = span.held(payment.settled_at)
        if held and payment.signed_size != 0:
            yield payment, payment.amount_usdc * min(ONE, held / abs(payment.signed_size))
