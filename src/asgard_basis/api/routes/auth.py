"""/auth: sessions from verified sign-ins."""

from fastapi import APIRouter, Request, Response

from asgard_basis.api.dependencies import AppDep, CookiesDep, PersonDep, TicketDep
from asgard_basis.api.schemas.account import MeResponse, SyncRequest
from asgard_basis.api.sessions import CSRF_COOKIE, SESSION_COOKIE, SessionCookies, Ticket
from asgard_basis.application.accounts.sign_in import SignedIn
from asgard_basis.domain.errors import DomainError, ErrorCode
from asgard_basis.ports.wallets import WalletRole

router = APIRouter(prefix="/auth", tags=["auth"])

_SYNCS_PER_WINDOW = 30
_WINDOW_SECONDS = 900


@router.post("/sync")
async def sync(
    body: SyncRequest, request: Request, response: Response, app: AppDep, cookies: CookiesDep
) -> MeResponse:
    """Start a session for the person a Privy access token vouches for."""
    address = request.client.host if request.client else "unknown"
    wait = await app.rate_limiter.allow(
        f"sync:{address}", limit=_SYNCS_PER_WINDOW, window_seconds=_WINDOW_SECONDS
    )
    if wait:
        raise DomainError(
            ErrorCode.RATE_LIMITED,
            f"Too many sign-ins; try again in {wait} s.",
            {"wait": str(wait)},
        )
    person = await app.sign_in.start(body.access_token, stay_signed_in=body.stay_signed_in)
    _set_cookies(response, request, cookies, person)
    return me_response(person)


@router.post("/logout", status_code=204)
async def logout(response: Response, app: AppDep, ticket: TicketDep) -> None:
    """End the session, here and for every copy of its cookie."""
    await app.sign_in.end(ticket.user_id, ticket.secret)
    response.delete_cookie(SESSION_COOKIE, path="/")
    response.delete_cookie(CSRF_COOKIE, path="/")


@router.get("/me")
async def me(person: PersonDep) -> MeResponse:
    """The signed-in person."""
    return me_response(person)


def me_response(person: SignedIn) -> MeResponse:
    """A person as the dashboard sees them."""
    solana = person.wallets.get(WalletRole.SOLANA)
    evm = person.wallets.get(WalletRole.EVM)
    return MeResponse(
        user_id=person.user.id,
        email=person.user.email,
        created_at=person.user.created_at,
        is_new_user=person.is_new,
        wallets_ready=set(person.wallets) == set(WalletRole),
        solana_address=solana.address if solana else None,
        evm_address=evm.address if evm else None,
        session_expires_at=person.session.expires_at,
    )


def _set_cookies(
    response: Response, request: Request, cookies: SessionCookies, person: SignedIn
) -> None:
    ticket = Ticket(person.user.id, person.secret or "")
    seconds = int((person.session.expires_at - person.session.created_at).total_seconds())
    is_secure: bool = request.app.state.web.is_secure
    response.set_cookie(
        SESSION_COOKIE,
        cookies.issue(ticket, expires_at=person.session.expires_at),
        max_age=seconds,
        httponly=True,
        secure=is_secure,
        samesite="lax",
        path="/",
    )
    response.set_cookie(
        CSRF_COOKIE,
        cookies.csrf(ticket),
        max_age=seconds,
        httponly=False,
        secure=is_secure,
        samesite="lax",
        path="/",
    )
