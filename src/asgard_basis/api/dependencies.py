"""What routes are given: the application, the person, the limits."""

from typing import Annotated

from fastapi import Depends, Header, Request

from asgard_basis.api.sessions import CSRF_HEADER, SESSION_COOKIE, SessionCookies, Ticket
from asgard_basis.application.accounts.sign_in import SignedIn
from asgard_basis.application.operations.duty import asked_by
from asgard_basis.bootstrap import App
from asgard_basis.domain.errors import DomainError, ErrorCode, Unavailable

_SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}


def the_app(request: Request) -> App:
    """The application behind this server."""
    app: App = request.app.state.basis
    return app


def the_cookies(request: Request) -> SessionCookies:
    """The cookie issuer of this server."""
    cookies: SessionCookies = request.app.state.cookies
    return cookies


AppDep = Annotated[App, Depends(the_app)]
CookiesDep = Annotated[SessionCookies, Depends(the_cookies)]


def ticket_of(request: Request, cookies: CookiesDep) -> Ticket:
    """The session cookie's ticket; for requests that change something its CSRF header too.

    Raises DomainError AUT-0001, AUT-0003 or AUT-0004.
    """
    cookie = request.cookies.get(SESSION_COOKIE)
    if not cookie:
        raise DomainError(ErrorCode.NOT_SIGNED_IN)
    ticket = cookies.read(cookie)
    if request.method not in _SAFE_METHODS:
        cookies.check_csrf(ticket, request.headers.get(CSRF_HEADER))
    return ticket


TicketDep = Annotated[Ticket, Depends(ticket_of)]


async def person(app: AppDep, ticket: TicketDep) -> SignedIn:
    """The signed-in person; raises DomainError NET-0004 beyond 600 requests a minute."""
    try:
        wait = await app.rate_limiter.allow(f"user:{ticket.user_id}", limit=600, window_seconds=60)
    except Unavailable:
        wait = 0  # nobody is kept from closing because the counter is down
    if wait:
        raise DomainError(
            ErrorCode.RATE_LIMITED,
            f"Too many requests; try again in {wait} s.",
            {"wait": str(wait)},
        )
    signed_in = await app.sign_in.resume(ticket.user_id, ticket.secret)
    asked_by("user")
    await app.accounting.metering.request(signed_in.user.id)
    return signed_in


async def operator(request: Request, signed_in: Annotated[SignedIn, Depends(person)]) -> SignedIn:
    """A signed-in person who may act for everybody; raises DomainError AUT-0002 for others."""
    operators: frozenset[str] = request.app.state.web.operators
    if (signed_in.user.email or "").lower() not in operators:
        raise DomainError(ErrorCode.FORBIDDEN, "This is for the operators.")
    asked_by("operator")
    return signed_in


OperatorDep = Annotated[SignedIn, Depends(operator)]
PersonDep = Annotated[SignedIn, Depends(person)]
KeyDep = Annotated[str | None, Header(alias="Idempotency-Key", min_length=8, max_length=100)]
