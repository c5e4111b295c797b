"""The market a job of both legs was planned in, written into its details."""

from dataclasses import replace
from decimal import Decimal

from asgard_basis.application.trading.pair_factory import PairFactory
from asgard_basis.domain.errors import Unavailable
from asgard_basis.domain.risk.limits import RiskLimits
from asgard_basis.domain.saga.hedge import HedgeTerms
from asgard_basis.ports.repositories import Job
from asgard_basis.ports.unit_of_work import Transactions

_LOT, _PRICE = "lot", "price"
"""Names in a job's details."""


class PlannedTerms:
    """Decides once what orders are measured by: a restart goes on with the same."""

    def __init__(self, transactions: Transactions, pairs: PairFactory, limits: RiskLimits) -> None:
        self._transactions = transactions
        self._pairs = pairs
        self._limits = limits

    async def decided(self, job: Job, *, otherwise: Decimal | None = None) -> Job:
        """The job with its market; when nobody knows a price, the one given will do.

        Raises Unavailable RSK-0004 without either.
        """
        if _PRICE in job.details:
            return job
        try:
            price = (await self._pairs.leaving.short_terms()).mark_price
        except Unavailable:
            if otherwise is None:
                raise
            price = otherwise
        terms = {_LOT: str(await self._pairs.lot()), _PRICE: str(price)}
        planned = replace(job, details={**job.details, **terms})
        async with self._transactions.for_user(job.user_id) as work:
            await work.jobs.save(planned)
        return planned

    def of(self, job: Job) -> HedgeTerms:
        """What was decided for it."""
        return HedgeTerms(
            size_step=Decimal(job.details[_LOT]),
            min_order_usd=self._limits.short_order_usd_min,
            reference_price=Decimal(job.details[_PRICE]),
        )
