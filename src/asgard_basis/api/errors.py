"""The only map from errors to HTTP answers."""

from collections.abc import Mapping

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from asgard_basis.domain.errors import DomainError, ErrorCode

log = structlog.get_logger(__name__)

_STATUS_CODES = {
    401: ErrorCode.NOT_SIGNED_IN,
    403: ErrorCode.FORBIDDEN,
    404: ErrorCode.NOT_FOUND,
    405: ErrorCode.METHOD_NOT_ALLOWED,
    429: ErrorCode.RATE_LIMITED,
}


def error_response(
    request: Request,
    code: ErrorCode,
    message: str | None = None,
    details: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """The one shape of every error answer."""
    return JSONResponse(
        status_code=code.http_status,
        content={
            "error": {
                "code": code.code,
                "message": message or code.value.message,
                "category": code.category,
                "http_status": code.http_status,
                "details": dict(details or {}),
            },
            "request_id": getattr(request.state, "request_id", ""),
        },
        headers=dict(headers or {}),
    )


def install(app: FastAPI) -> None:
    """Answer every exception in that shape; unexpected ones are logged whole, shown not at all."""

    async def domain_error(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, DomainError)
        return error_response(request, error.code, error.message, error.details)

    async def invalid_request(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"] if part != "body")
        is_missing = first["type"] == "missing"
        code = ErrorCode.MISSING_FIELD if is_missing else ErrorCode.INVALID_INPUT
        return error_response(request, code, f"{place}: {first['msg']}", {"field": place})

    async def http_error(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        code = _STATUS_CODES.get(error.status_code, ErrorCode.UNKNOWN)
        return error_response(request, code)

    async def unexpected(request: Request, error: Exception) -> JSONResponse:
        log.error("unexpected_error", path=request.url.path, exc_info=error)
        return error_response(request, ErrorCode.INTERNAL)

    app.add_exception_handler(DomainError, domain_error)
    app.add_exception_handler(RequestValidationError, invalid_request)
    app.add_exception_handler(HTTPException, http_error)
    app.add_exception_handler(Exception, unexpected)
