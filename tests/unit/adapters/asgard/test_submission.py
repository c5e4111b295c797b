"""What became of a submission is what became of all its transactions."""

from typing import Any

import pytest

from asgard_basis.adapters.asgard.submission import Submission
from asgard_basis.adapters.http import Reply
from asgard_basis.domain.errors import ErrorCode, OutcomeUnknown, Refused
from asgard_basis.ports.chains import Landing
from asgard_basis.ports.venues import SignedSubmission
from tests.unit.application.world import Outside, StillClock

TWO = SignedSubmission(
    "sig-1",  # type: ignore[arg-type]
    ("a", "b"),
    "{}",
    100,
    None,
    ("sig-1", "sig-2"),  # type: ignore[arg-type]
)
C, F, D, P = Landing.CONFIRMED, Landing.FAILED, Landing.DEAD, Landing.PENDING
REFUSAL = Reply(422, {"error": {"code": "TRANSACTION_NOT_CONFIRMED", "message": "no"}})


def submission(reply: Reply, **landings: list[Landing]) -> Submission:
    """The chain says of each signature what is laid out, its last word again and again."""

    def landing(signature: str, **_: Any) -> Landing:
        words = landings[signature.replace("-", "_")]
        return words.pop(0) if len(words) > 1 else words[0]

    outside: Any = Outside(submit=reply, landing=landing)
    return Submission(client=outside, chain=outside, clock=StillClock())


async def test_an_accepted_array_is_waited_for_to_its_last_transaction() -> None:
    door = submission(Reply(200, {"ok": True}), sig_1=[C], sig_2=[P, P, C])
    assert await door.send("/submit", TWO) == {"ok": True}


@pytest.mark.parametrize("reply", [Reply(200, {}), REFUSAL])
@pytest.mark.parametrize("last", [F, D])
async def test_an_array_that_landed_in_part_is_named_so(reply: Reply, last: Landing) -> None:
    door = submission(reply, sig_1=[C], sig_2=[last])
    with pytest.raises(Refused) as refusal:
        await door.send("/submit", TWO)
    assert refusal.value.code is ErrorCode.ASGARD_PARTIAL
    assert refusal.value.details["signatures"] == "sig-1, sig-2"


async def test_a_refusal_is_believed_only_when_nothing_can_land() -> None:
    with pytest.raises(OutcomeUnknown):
        await submission(REFUSAL, sig_1=[F], sig_2=[P]).send("/submit", TWO)
    with pytest.raises(OutcomeUnknown):
        await submission(REFUSAL, sig_1=[C], sig_2=[C]).send("/submit", TWO)
    with pytest.raises(Refused) as refusal:
        await submission(REFUSAL, sig_1=[F], sig_2=[D]).send("/submit", TWO)
    assert refusal.value.code is ErrorCode.ASGARD_SUBMIT
