"""What leaves and enters at the edge: figures, cookies, streams."""

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal

import pytest

from asgard_basis.api.routes.events import frames
from asgard_basis.api.schemas.shapes import DecimalText, Shape
from asgard_basis.api.sessions import SessionCookies, Ticket
from asgard_basis.domain.errors import DomainError, ErrorCode
from asgard_basis.domain.identifiers import UserId
from asgard_basis.domain.money import exact, plain


class _Answer(Shape):
    figure: DecimalText


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("0E-8", "0.00000000"),
        ("1E+2", "100"),
        ("-1.5E-7", "-0.00000015"),
        ("540.250001", "540.250001"),
        ("0.000000000000000001", "0.000000000000000001"),  # a wei stays exact
        ("0.05263157894736842105263157895", "0.052631578947"),
        ("-0.00000000000000000000000000001", "0.000000000000"),
        ("12345678901234567890.1234567890123456789", "12345678901234567890.123456789012"),
    ],
)
def test_figures_leave_without_exponents_and_without_endless_fractions(
    value: str, shown: str
) -> None:
    assert _Answer(figure=Decimal(value)).model_dump(mode="json") == {"figure": shown}


@pytest.mark.parametrize("text", ["1E+3", "1e3", "1000", "0.1E4"])
def test_a_figure_that_comes_with_an_exponent_is_read_and_told_plainly(text: str) -> None:
    assert exact(text) == 1000
    assert f"{exact(text):,}" == "1,000"
    assert plain(Decimal(0).scaleb(-6)) == "0.000000"


@pytest.mark.parametrize("text", ["1E+999999", "1E+40", "9" * 60])
def test_an_absurd_figure_is_refused_at_once(text: str) -> None:
    with pytest.raises(DomainError, match="VAL-0001"):
        exact(text)


@pytest.mark.parametrize("header", [None, "", "wrong", "é", "\x00"])
def test_a_wrong_csrf_header_is_refused_whatever_it_holds(header: str | None) -> None:
    cookies = SessionCookies("secret")
    ticket = Ticket(UserId("ada"), "sid")
    with pytest.raises(DomainError) as caught:
        cookies.check_csrf(ticket, header)
    assert caught.value.code is ErrorCode.CSRF
    cookies.check_csrf(ticket, cookies.csrf(ticket))


async def test_a_stream_ends_with_its_session_also_while_events_keep_coming() -> None:
    signed_in = True

    async def ticking() -> AsyncIterator[tuple[str, str, bytes]]:
        number = 0
        while True:
            number += 1
            yield "everybody", f"{number}-0", b"rate_update\n{}"
            await asyncio.sleep(0)

    async def still() -> bool:
        return signed_in

    seen = []
    async with asyncio.timeout(5):
        async for frame in frames(ticking(), still, check_seconds=0):
            seen.append(frame)
            if len(seen) == 4:
                signed_in = False
    assert seen[1] == b"id: 1-0\nevent: rate_update\ndata: {}\n\n"
    assert 4 <= len(seen) <= 5


async def test_a_quiet_stream_ends_with_its_session_too() -> None:
    async def silence() -> AsyncIterator[tuple[str, str, bytes]]:
        await asyncio.sleep(3600)
        yield "never", "1-0", b""

    answers = [True, True, False]

    async def still() -> bool:
        return answers.pop(0)

    async with asyncio.timeout(5):
        seen = [f async for f in frames(silence(), still, check_seconds=0.001)]
    assert seen[1:] == [b"event: ping\ndata: {}\n\n"] * 2
