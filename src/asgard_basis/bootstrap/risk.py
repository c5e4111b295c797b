"""What judges positions and accounts, joined."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from asgard_basis.application.operations.pause import PauseControl
from asgard_basis.application.oversight.account_review import AccountReview
from asgard_basis.application.oversight.risk_actions import Closings, Defender
from asgard_basis.application.oversight.risk_views import RiskViews
from asgard_basis.application.oversight.risk_watch import RiskWatch
from asgard_basis.application.trading.position_views import PositionViews
from asgard_basis.application.trading.preflight import known
from asgard_basis.application.treasury.balances import Balances
from asgard_basis.domain.identifiers import UserId
from asgard_basis.domain.market.snapshot import MarketSnapshot
from asgard_basis.domain.money import ZERO
from asgard_basis.domain.risk.limits import RiskLimits
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.coordination import SnapshotStore
from asgard_basis.ports.unit_of_work import Transactions
from asgard_basis.ports.venues import PerpVenue

_ALL_ENDED = 100_000


@dataclass(frozen=True, slots=True)
class RiskDesk:
    """Risk as doors use it."""

    watch: RiskWatch
    review: AccountReview
    views: RiskViews


def risk_desk(
    *,
    transactions: Transactions,
    snapshots: SnapshotStore,
    perp: PerpVenue,
    closings: Closings,
    defender: Defender,
    pauses: PauseControl,
    positions: PositionViews,
    balances: Balances,
    clock: Clock,
    limits: RiskLimits,
    ids: Callable[[], str],
) -> RiskDesk:
    """Join them."""

    async def balance_usd(user_id: UserId) -> Decimal | None:
        return (await balances.of(user_id)).total_usd

    async def market() -> MarketSnapshot | None:
        return await known(snapshots.latest())

    async def result_usd(user_id: UserId) -> Decimal | None:
        held = [view.estimate for view in await positions.held(user_id)]
        past = await positions.history(user_id, limit=_ALL_ENDED)
        ended = [view.estimate for view in past.positions]
        known = [result.total for result in (*held, *ended) if result is not None]
        return None if None in held else sum(known, ZERO)

    return RiskDesk(
        watch=RiskWatch(
            transactions=transactions,
            snapshots=snapshots,
            perp=perp,
            closings=closings,
            defender=defender,
            clock=clock,
            limits=limits,
            ids=ids,
        ),
        review=AccountReview(
            transactions=transactions,
            pauses=pauses,
            result_usd=result_usd,
            balance_usd=balance_usd,
            market=market,
            clock=clock,
            limits=limits,
            ids=ids,
        ),
        views=RiskViews(transactions=transactions, snapshots=snapshots, clock=clock, limits=limits),
    )
