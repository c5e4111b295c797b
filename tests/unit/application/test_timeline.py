"""The timeline tells a position's life from the audit log, each step once."""

from asgard_basis.application.operations.jobs import TITLES
from asgard_basis.application.trading.timeline import timeline_of
from asgard_basis.domain.errors import ErrorCode, Refused
from asgard_basis.domain.saga.step import StepName
from tests.unit.application.pair import Pair
from tests.unit.application.world import ADA


async def test_each_step_is_one_entry_with_states_and_commands_between() -> None:
    pair = Pair()
    pair.world.answers["set_isolated_leverage"] = _refused_once()
    job = await pair.open_job()
    assert await pair.opening.run(job) is None
    assert job.position_id is not None
    async with pair.transactions.for_user(ADA) as work:
        records = await work.audit.of_position(job.position_id)
        steps = await work.journals.of_position(job.position_id)
    views = timeline_of(records, steps)
    told = [(v.name, v.attempt, v.status) for v in views if v.kind == "step"]
    assert told == [
        (s.name.value, s.attempt, "done" if s.error_code is None else "failed") for s in steps
    ]
    assert [v.name for v in views if v.kind == "state"][-1] == "hedged"
    assert [v.title for v in views if v.kind == "command"] == ["Opening asked for"]
    failed = next(v for v in views if v.status == "failed")
    assert failed.error is not None
    assert (failed.error.code, failed.detail) == ("HLQ-0004", None)
    short = next(v for v in views if v.name == "open_short")
    assert short.detail == "6.12 SOL at $170.00"
    assert all(v.hash is not None and len(v.hash) == 64 for v in views)
    assert [v.at for v in views] == sorted(v.at for v in views)


async def test_a_step_that_is_under_way_is_running_and_older_ones_are_told_too() -> None:
    pair = Pair()
    job = await pair.open_job()
    await pair.opening.run(job)
    assert job.position_id is not None
    async with pair.transactions.for_user(ADA) as work:
        records = list(await work.audit.of_position(job.position_id))
        steps = await work.journals.of_position(job.position_id)
    cut = next(
        place
        for place, record in enumerate(records)
        if record.entry.body.get("step") == "open_long"
    )
    views = timeline_of(records[: cut + 1], steps[:1])
    assert (views[-1].name, views[-1].status) == ("open_long", "running")
    (only,) = timeline_of([], steps[:1])
    assert (only.name, only.hash, only.kind) == (steps[0].name.value, None, "step")


def _refused_once() -> object:
    answers = iter([Refused(ErrorCode.HYPERLIQUID_LEVERAGE, "not now"), None])
    return lambda *_: next(answers, None)


def test_every_step_has_words() -> None:
    assert set(TITLES) == set(StepName)
