"""What staking tokens redeemed for, hour by hour, and what that earned."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from asgard_basis.domain.assets import Asset
from asgard_basis.domain.market.redemption import Redemption, realised_yield
from asgard_basis.domain.market.snapshot import LstMarket
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.unit_of_work import Transactions

KEPT = timedelta(days=30)


class RedemptionRecord:
    """Keeps one rate an hour of each token; a pool that states no yield gets the realised one."""

    def __init__(self, *, transactions: Transactions, clock: Clock) -> None:
        self._transactions = transactions
        self._clock = clock

    async def completed(self, lsts: Mapping[Asset, LstMarket]) -> dict[Asset, LstMarket]:
        """The same with the yields that our own record knows; unknown stays unknown."""
        hour = self._clock.now().replace(minute=0, second=0, microsecond=0)
        seen = [Redemption(asset, hour, lst.redemption_rate) for asset, lst in lsts.items()]
        async with self._transactions.for_system() as work:
            await work.redemptions.save(seen)
            silent = [asset for asset, lst in lsts.items() if lst.staking is None]
            past = {asset: await work.redemptions.since(asset, hour - KEPT) for asset in silent}
        told = {asset: realised_yield(rows) for asset, rows in past.items()}
        return {
            asset: replace(lst, staking=told[asset]) if asset in told else lst
            for asset, lst in lsts.items()
        }
