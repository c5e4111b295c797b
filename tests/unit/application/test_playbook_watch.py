"""What fails outside is told to whom it concerns, holds openings back, and is over by itself."""

import itertools
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from asgard_basis.application.operations.oversight import OverseenTransactions
from asgard_basis.application.operations.pause import PauseControl
from asgard_basis.application.oversight.playbook_signs import Lines, Sign, Signs
from asgard_basis.application.oversight.playbook_views import PlaybookView, PlaybookViews
from asgard_basis.application.oversight.playbook_watch import PlaybookWatch
from asgard_basis.domain.assets import Asset
from asgard_basis.domain.errors import DomainError, ErrorCode, Refused, Unavailable
from asgard_basis.domain.identifiers import UserId
from asgard_basis.domain.market.quality import PRICE, Dispute
from asgard_basis.domain.market.rates import AnnualYield
from asgard_basis.domain.market.snapshot import LstMarket
from asgard_basis.domain.position.position import Position
from asgard_basis.domain.risk.limits import RiskLimits
from asgard_basis.domain.risk.permissions import PauseSetter
from asgard_basis.domain.risk.playbooks import Playbook
from asgard_basis.domain.rulebook import replayed
from asgard_basis.ports.oversight import Alarm
from tests.builders_platform import a_long, a_position, a_short, a_user
from tests.unit.application.pair import SNAPSHOT, Pair
from tests.unit.application.world import ADA, Outside

BOB = UserId("bob")
AWAY = Unavailable(ErrorCode.VENUE_DOWN)


class Deployment:
    """Ada's pair and Bob's, and an outside that can be made to fail."""

    def __init__(self) -> None:
        self.pair = Pair()
        self.clock = self.pair.clock
        self.inner = self.pair.transactions
        self.transactions = OverseenTransactions(self.inner, self.clock)
        self.height = 100
        self.outside = Outside(
            solana=self._block, hyperliquid=None, signing=None, database=True, redis=True
        )
        self.snapshot: Any = SNAPSHOT
        self.numbers = itertools.count(1)
        self.watch = self.started()
        self.views = PlaybookViews(self.transactions, self.clock)

    def _block(self) -> int:
        self.height += 5
        return self.height

    def started(self) -> PlaybookWatch:
        """As after a restart: what is known is in the database."""
        out = self.outside
        lines = Lines(out.solana, out.hyperliquid, out.signing, out.database, out.redis)
        reader: Any = Outside(latest=lambda: self.snapshot)
        signs = Signs(
            lines=lines,
            transactions=self.transactions,
            reader=reader,
            clock=self.clock,
            limits=RiskLimits(),
        )
        return PlaybookWatch(
            transactions=self.transactions,
            signs=signs,
            pauses=PauseControl(self.transactions, self.clock),
            clock=self.clock,
            ids=lambda: f"id-{next(self.numbers)}",
        )

    async def holding(self, user: UserId, key: str) -> Position:
        position = replace(a_position(user, key=key), long=a_long(), short=a_short())
        async with self.transactions.for_user(user) as work:
            if await work.users.get(user) is None:
                await work.users.save(a_user(user))
            await work.positions.add(position)
        return position

    async def pass_rounds(self, seconds: int) -> frozenset[Playbook]:
        """A round every three seconds, the market as young as ever."""
        found: frozenset[Playbook] = frozenset()
        for _ in range(0, seconds, 3):
            self.clock.pass_time(3)
            now = self.clock.host()
            lsts = {a: replace(m, observed_at=now) for a, m in self.snapshot.lsts.items()}
            perp = replace(self.snapshot.perp, observed_at=now)
            self.snapshot = replace(self.snapshot, perp=perp, lsts=lsts, spot_observed_at=now)
            found = await self.watch.round()
        return found

    async def alarms(self, user: UserId) -> list[Alarm]:
        async with self.transactions.for_user(user) as work:
            return list(await work.alarms.unresolved())

    async def view(self, user: UserId, playbook: Playbook) -> PlaybookView:
        return next(v for v in await self.views.of_user(user) if v.name == playbook.value)

    async def paused(self, user: UserId) -> str | None:
        return (await PauseControl(self.transactions, self.clock).control(user)).message


@pytest.fixture
def deployment() -> Deployment:
    return Deployment()


async def test_a_halt_is_told_to_both_forbids_openings_and_is_over(deployment: Deployment) -> None:
    position = await deployment.holding(ADA, "one")
    await deployment.holding(BOB, "two")
    assert await deployment.pass_rounds(6) == frozenset()

    deployment.outside.answers["solana"] = deployment.height
    assert Playbook.SOLANA_HALTED in await deployment.pass_rounds(18)

    for user in (ADA, BOB):
        (alarm,) = await deployment.alarms(user)
        assert alarm.user_id == user
        assert "hedge is held" in alarm.message
        assert "Solana stands still" in str(await deployment.paused(user))
    view = (await deployment.views.of_user(ADA))[0]
    assert (view.name, view.is_active, view.concerns) == ("solana_halted", True, [position.id])
    assert view.loss_max_usd is not None

    deployment.outside.answers["solana"] = deployment._block
    assert await deployment.pass_rounds(12) == frozenset()
    assert await deployment.alarms(ADA) == []
    assert await deployment.paused(ADA) is None
    async with deployment.transactions.for_user(ADA) as work:
        cards = await work.decisions.of_position(position.id)
    assert [kept.card.ruling.verdict.value for kept in cards] == ["hold", "pause"]
    assert all(replayed(kept.card) == kept.card.ruling for kept in cards)


async def test_a_restart_goes_on_with_what_is_in_force(deployment: Deployment) -> None:
    await deployment.holding(ADA, "one")
    deployment.outside.answers["signing"] = AWAY
    await deployment.pass_rounds(18)
    since = (await deployment.view(ADA, Playbook.SIGNING_DOWN)).since
    (alarm,) = await deployment.alarms(ADA)

    deployment.outside.answers["signing"] = Unavailable(ErrorCode.REQUEST_BUDGET)
    deployment.watch = deployment.started()
    assert await deployment.pass_rounds(3) == {Playbook.SIGNING_DOWN}
    await deployment.holding(BOB, "two")
    await deployment.pass_rounds(3)
    assert await deployment.alarms(BOB) == []  # nothing was seen since
    deployment.outside.answers["signing"] = AWAY
    await deployment.pass_rounds(3)
    assert len(await deployment.alarms(BOB)) == 1
    assert (await deployment.view(ADA, Playbook.SIGNING_DOWN)).since == since
    assert [a.id for a in await deployment.alarms(ADA)] == [alarm.id]

    deployment.outside.answers["signing"] = None
    assert await deployment.pass_rounds(12) == frozenset()
    assert await deployment.alarms(ADA) == []


async def test_a_position_opened_meanwhile_is_told_of_too(deployment: Deployment) -> None:
    deployment.outside.answers["hyperliquid"] = AWAY
    await deployment.pass_rounds(18)
    assert await deployment.alarms(ADA) == []
    position = await deployment.holding(ADA, "late")
    await deployment.pass_rounds(3)
    (alarm,) = await deployment.alarms(ADA)
    assert alarm.position_id == position.id


async def test_our_own_request_limit_is_no_outage(deployment: Deployment) -> None:
    deployment.outside.answers["hyperliquid"] = Unavailable(ErrorCode.REQUEST_BUDGET)
    assert await deployment.pass_rounds(60) == frozenset()
    deployment.outside.answers["signing"] = Refused(ErrorCode.CUSTODY_API)
    assert await deployment.pass_rounds(60) == frozenset()


async def test_a_disputed_price_is_told_without_a_pause_of_its_own(deployment: Deployment) -> None:
    await deployment.holding(ADA, "one")
    deployment.snapshot = replace(deployment.snapshot, disputes=(Dispute(PRICE, "it jumped"),))
    assert Playbook.PRICE_UNTRUSTED in await deployment.pass_rounds(12)
    assert "it jumped" in str((await deployment.view(ADA, Playbook.PRICE_UNTRUSTED)).seen)
    assert await deployment.paused(ADA) is None


async def test_a_peg_nobody_can_tell_ends_no_depeg(deployment: Deployment) -> None:
    depegged = LstMarket(
        asset=Asset.JITOSOL,
        redemption_rate=Decimal("1.2"),
        staking=AnnualYield(Decimal("0.07")),
        market_rate=Decimal("1.1"),
        observed_at=deployment.clock.host(),
    )
    deployment.snapshot = replace(SNAPSHOT, lsts={Asset.JITOSOL: depegged})
    assert Playbook.LST_DEPEG in await deployment.pass_rounds(120)
    deployment.snapshot = replace(
        deployment.snapshot, lsts={Asset.JITOSOL: replace(depegged, market_rate=None)}
    )
    assert Playbook.LST_DEPEG in await deployment.pass_rounds(600)
    at_par = replace(depegged, market_rate=Decimal("1.2"))
    deployment.snapshot = replace(deployment.snapshot, lsts={Asset.JITOSOL: at_par})
    assert Playbook.LST_DEPEG not in await deployment.pass_rounds(1800)


async def test_two_at_once_share_one_pause_and_an_operators_stays(deployment: Deployment) -> None:
    pauses = PauseControl(deployment.transactions, deployment.clock)
    await pauses.pause(None, by=PauseSetter.OPERATOR, reason="holidays")
    deployment.outside.answers["signing"] = AWAY
    deployment.outside.answers["hyperliquid"] = AWAY
    await deployment.pass_rounds(18)
    deployment.outside.answers["hyperliquid"] = None
    assert await deployment.pass_rounds(12) == {Playbook.SIGNING_DOWN}
    reasons = {p.by: p.reason for p in await pauses.everything()}
    assert reasons == {"operator": "holidays", "system": "Nothing can be signed."}
    deployment.outside.answers["signing"] = None
    await deployment.pass_rounds(12)
    assert [p.by for p in await pauses.everything()] == ["operator"]


async def test_a_database_that_was_away_is_told_of_when_it_is_back(deployment: Deployment) -> None:
    await deployment.holding(ADA, "one")
    await deployment.pass_rounds(3)
    begin = deployment.inner.for_system

    def gone() -> Any:
        raise Unavailable(ErrorCode.NOT_READY)

    deployment.outside.answers["database"] = False
    deployment.inner.for_system = gone  # type: ignore[method-assign]
    assert Playbook.STORES_AWAY in await deployment.pass_rounds(6)
    deployment.inner.for_system = begin  # type: ignore[method-assign]
    deployment.outside.answers["database"] = True
    assert Playbook.STORES_AWAY in await deployment.pass_rounds(6)
    (alarm,) = await deployment.alarms(ADA)
    assert "database" in alarm.message
    await deployment.pass_rounds(12)
    assert await deployment.alarms(ADA) == []


async def test_only_whose_deposit_is_late_is_told(deployment: Deployment) -> None:
    ada, bob = await deployment.holding(ADA, "one"), await deployment.holding(BOB, "two")
    sign = Sign(True, "late", users=frozenset({ADA}))
    assert sign.concerns(ada)
    assert not sign.concerns(bob)


async def test_looking_never_raises(deployment: Deployment) -> None:
    deployment.outside.answers.update(
        solana=AWAY, hyperliquid=AWAY, signing=AWAY, database=OSError("gone"), redis=False
    )

    def no_market() -> Any:
        raise DomainError(ErrorCode.STALE_MARKET)

    deployment.watch = deployment.started()
    assert Playbook.STORES_AWAY in await deployment.watch.round()


async def test_what_another_process_began_is_over_when_this_one_watches_again(
    deployment: Deployment,
) -> None:
    await deployment.holding(ADA, "one")
    first = deployment.watch
    await deployment.pass_rounds(3)
    deployment.watch = deployment.started()
    deployment.outside.answers["solana"] = deployment.height
    assert Playbook.SOLANA_HALTED in await deployment.pass_rounds(18)

    # That one dies, and blocks are made again before the first has its turn.
    deployment.watch = first
    deployment.outside.answers["solana"] = deployment._block
    assert await deployment.pass_rounds(12) == frozenset()
    assert await deployment.alarms(ADA) == []
    assert await deployment.paused(ADA) is None


async def test_what_another_process_ended_is_not_begun_anew_by_this_one(
    deployment: Deployment,
) -> None:
    await deployment.holding(ADA, "one")
    first = deployment.watch
    deployment.outside.answers["solana"] = deployment.height
    assert Playbook.SOLANA_HALTED in await deployment.pass_rounds(18)
    deployment.watch = deployment.started()
    deployment.outside.answers["solana"] = deployment._block
    assert await deployment.pass_rounds(12) == frozenset()

    deployment.watch = first
    assert await deployment.pass_rounds(3) == frozenset()
    assert await deployment.paused(ADA) is None
    assert await deployment.alarms(ADA) == []
