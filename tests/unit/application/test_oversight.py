"""Nothing goes unnoticed: each change is in the audit log, and what is stuck has an alarm."""

from dataclasses import replace
from decimal import Decimal

import pytest

from asgard_basis.application.operations.alarms import AlarmDesk
from asgard_basis.application.operations.audit import told
from asgard_basis.application.operations.duty import asked_by
from asgard_basis.application.operations.pause import PauseControl
from asgard_basis.domain.errors import DomainError, ErrorCode, Refused
from asgard_basis.domain.identifiers import PositionId
from asgard_basis.domain.position.lifecycle import PositionState
from asgard_basis.domain.risk.permissions import PauseSetter
from asgard_basis.ports.orphans import Orphan, OrphanEnding, OrphanKind
from asgard_basis.ports.oversight import AlarmKind, AuditKind, AuditRecord
from asgard_basis.ports.repositories import Job
from tests.unit.application.pair import Pair
from tests.unit.application.world import ADA

NO = Refused(ErrorCode.ASGARD_BUILD, "the venue says no")


@pytest.fixture
def pair() -> Pair:
    return Pair()


async def log_of(pair: Pair, position_id: PositionId | None) -> list[AuditRecord]:
    assert position_id is not None
    async with pair.transactions.for_user(ADA) as work:
        return list(await work.audit.of_position(position_id))


async def test_the_log_tells_the_whole_life_of_a_position(pair: Pair) -> None:
    asked_by("user")
    job = await pair.open_job()
    asked_by("system")
    assert await pair.opening.run(job) is None
    closing = await pair.closing.request(ADA, job.position_id, None)  # type: ignore[arg-type]
    assert await pair.closing.run(closing) is None
    records = await log_of(pair, job.position_id)
    states = [r.entry.body["to"] for r in records if r.entry.kind is AuditKind.STATE]
    assert states[0] == "requested"
    assert states[-1] == "closed"
    assert states.index("opening_short") < states.index("hedged") < states.index("closing_long")
    commands = [r.entry.body for r in records if r.entry.kind is AuditKind.COMMAND]
    asked = [(body["command"], body["by"]) for body in commands]
    assert asked == [("open", "user"), ("close", "system")]
    assert all(told(record).title for record in records)


async def test_every_step_is_in_the_log_before_and_after_with_its_key(pair: Pair) -> None:
    job = await pair.open_job()
    await pair.opening.run(job)
    _, _, journal = await pair.now(job)
    records = await log_of(pair, job.position_id)
    about = [
        (r.entry.kind, r.entry.body["step"], r.entry.body["attempt"])
        for r in records
        if "step" in r.entry.body
    ]
    expected = [
        (kind, step.name.value, str(step.attempt))
        for step in journal.steps
        for kind in (AuditKind.INTENDED, AuditKind.OUTCOME)
    ]
    assert about == expected
    short = next(
        r.entry
        for r in records
        if r.entry.kind is AuditKind.INTENDED and r.entry.body["step"] == "open_short"
    )
    order = next(s.intent for s in journal.steps if s.name == "open_short")
    assert short.body["key"] == order.client_order_id  # type: ignore[union-attr]
    assert len(short.body["sha256"]) == 64
    assert (short.job_id, short.position_id) == (job.id, job.position_id)


async def test_what_is_undone_by_an_error_is_not_told(pair: Pair) -> None:
    position = await pair.hedged()
    before = len(await log_of(pair, position.id))

    async def attempt() -> None:
        async with pair.transactions.for_user(ADA) as work:
            await work.positions.save(replace(position, state=PositionState.CLOSING_SHORT))
            raise KeyError

    with pytest.raises(KeyError):
        await attempt()
    assert len(await log_of(pair, position.id)) == before


async def stuck(pair: Pair) -> Job:
    """The short is bought back, the long cannot be sold."""
    position = await pair.hedged()
    pair.world.answers["prepare_close"] = NO
    job = await pair.closing.request(ADA, position.id, None)
    failure = await pair.closing.run(job)
    assert failure is not None
    assert (await pair.now(job))[0].state is PositionState.STUCK_UNWIND
    return job


async def test_what_is_stuck_has_an_alarm_that_says_what_is_at_risk_and_was_tried(
    pair: Pair,
) -> None:
    job = await stuck(pair)
    desk = AlarmDesk(pair.transactions, pair.clock)
    pair.clock.pass_time(90)
    (alarm,) = await desk.of_user(ADA)
    assert (alarm.kind, alarm.position_id) == ("stuck_unwind", job.position_id)
    assert alarm.exposure_sol == Decimal("6.123456789")
    assert alarm.exposure_usd is not None
    assert alarm.tried is not None
    assert "Long being sold on Solana" in alarm.tried
    assert "the venue says no" in alarm.tried
    assert alarm.age_seconds >= 90
    assert alarm.is_open
    assert alarm.can_retry
    seen = await desk.acknowledge(ADA, alarm.id)
    assert seen.acknowledged_at == pair.clock.host()
    with pytest.raises(DomainError, match="GEN-0005"):
        await desk.acknowledge(ADA, "none")


async def test_the_alarm_stays_through_a_retry_and_ends_with_the_position(pair: Pair) -> None:
    first = await stuck(pair)
    desk = AlarmDesk(pair.transactions, pair.clock)
    assert first.position_id is not None
    (before,) = await desk.of_user(ADA)
    again = await pair.closing.request(ADA, first.position_id, None)
    await pair.closing.run(again)
    (still,) = await desk.of_user(ADA)
    assert (still.id, still.is_open) == (before.id, True)
    pair.world.answers["prepare_close"] = lambda *_, **__: pair._submission()
    last = await pair.closing.request(ADA, first.position_id, None)
    assert await pair.closing.run(last) is None
    (over,) = await desk.of_user(ADA)
    assert (over.id, over.is_open, over.can_retry) == (before.id, False, False)
    told_of = [
        r.entry.body["what"]
        for r in await log_of(pair, first.position_id)
        if r.entry.kind is AuditKind.ALARM
    ]
    assert told_of == ["raised", "resolved"]


async def test_an_alarm_of_the_operators_is_announced_to_nobody_else(pair: Pair) -> None:
    await pair.hedged()
    desk = AlarmDesk(pair.transactions, pair.clock)
    await desk.raise_(AlarmKind.SIGNING_DOWN, "privy", "Privy does not answer.")
    await desk.raise_(AlarmKind.LEG_LOST, "p", "The short is gone.", user_id=ADA)
    async with pair.transactions.for_system() as work:
        events = [e for _, e in await work.outbox.take(100) if e.kind == "alarm_update"]
        assert len(await work.alarms.unresolved()) == 2
    assert [(e.user_id, e.payload["kind"]) for e in events] == [(ADA, "leg_lost")]
    assert await desk.resolve(AlarmKind.SIGNING_DOWN, "privy")


async def test_pauses_and_who_set_them_are_in_the_log(pair: Pair) -> None:
    await pair.hedged()
    control = PauseControl(pair.transactions, pair.clock)
    await control.pause(ADA, by=PauseSetter.USER, reason="holidays")
    await control.pause(None, by=PauseSetter.OPERATOR, reason="maintenance")
    await control.resume(ADA, by=PauseSetter.USER)
    await control.resume(None, by=PauseSetter.OPERATOR)
    async with pair.transactions.for_system() as work:
        records = [r for r in await work.audit.recent() if "scope" in r.entry.body]
        walk = await work.audit.verify()
    assert [(r.entry.kind, r.entry.body["command"], r.entry.chain) for r in records] == [
        (AuditKind.OPERATOR, "resume", "operators"),
        (AuditKind.COMMAND, "resume", ADA),
        (AuditKind.OPERATOR, "pause", "operators"),
        (AuditKind.COMMAND, "pause", ADA),
    ]
    assert walk.faults == []


async def test_what_no_position_claims_is_told_when_it_is_found_and_when_it_ends(
    pair: Pair,
) -> None:
    position = await pair.hedged()
    orphan = Orphan(
        id="o",
        user_id=ADA,
        kind=OrphanKind.PERP,
        key="account",
        size=Decimal("-2.5"),
        seen_at=pair.clock.host(),
        acts_at=pair.clock.host(),
        position_id=position.id,
    )
    async with pair.transactions.for_system() as work:
        await work.orphans.put(orphan)
        await work.orphans.put(replace(orphan, size=Decimal("-2")))
        ended = replace(orphan, ended_at=pair.clock.host(), ending=OrphanEnding.SWEPT)
        await work.orphans.end(ended)
        await work.orphans.end(ended)
    lines = [told(r) for r in await log_of(pair, position.id) if "orphan" in r.entry.body]
    assert [line.title for line in lines] == [
        "A perp without a position: found",
        "A perp without a position: swept",
    ]
