"""Logs: JSON lines with the ids of what they are about, and without anybody's secrets."""

import logging
import re
import sys
from collections.abc import Mapping
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

_HIDDEN = "[hidden]"
_SECRET_WORDS = (
    "secret",
    "password",
    "token",
    "authorization",
    "cookie",
    "private",
    "api_key",
    "apikey",
    "signature_key",
    "csrf",
    "otp",
    "set-cookie",
)
_EMAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_PATTERNS = (
    re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]+"),
    re.compile(r"(?i)\b(?:bearer|basic)\s+[\w.~+/=-]+"),
    re.compile(r"wallet-auth:[\w+/=]+"),
    re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)"),
    re.compile(r"(?i)(?<=[?&])(?:api[-_]?key|token|secret|code)=[^&\s\"']+"),
)
_URL_PASSWORD = re.compile(r"(\w+://[^\s:/@]*:)[^\s@/]+(@)")


def redacted(value: Any, *, name: str = "") -> Any:
    """The value without e-mail addresses, tokens, passwords and keys, to any depth.

    Addresses, signatures and hashes of transactions are public and stay.
    """
    lowered = name.lower()
    if value is not None and any(word in lowered for word in _SECRET_WORDS):
        return _HIDDEN
    if isinstance(value, str):
        return _redacted_text(value)
    if isinstance(value, bytes):
        return f"[{len(value)} bytes]"
    if isinstance(value, Mapping):
        return {key: redacted(item, name=str(key)) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [redacted(item, name=name) for item in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return _redacted_text(str(value))


def _redacted_text(text: str) -> str:
    if "@" in text:
        text = _URL_PASSWORD.sub(rf"\1{_HIDDEN}\2", text)
        text = _EMAIL.sub(_short_email, text)
    for pattern in _PATTERNS:
        text = pattern.sub(_HIDDEN, text)
    return text


def _short_email(match: re.Match[str]) -> str:
    """The first letter, so that an operator can tell two people of one report apart."""
    return f"{match[0][0]}***"


def redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """A structlog processor over the whole line, the exception's text included."""
    return {name: redacted(value, name=name) for name, value in event.items()}


def bind(**ids: str | None) -> None:
    """Put ids (request_id, user_id, position_id, job_id) on every later line of this task."""
    structlog.contextvars.bind_contextvars(**{k: v for k, v in ids.items() if v is not None})


def unbind(*names: str) -> None:
    """Take ids off again."""
    structlog.contextvars.unbind_contextvars(*names)


def configure(*, level: str = "info", service: str = "basis") -> None:
    """Send all logs of this process, also of libraries, to stderr: JSON, or plain on a terminal."""
    is_terminal = sys.stderr.isatty()
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    rendering: list[Processor] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta]
    if is_terminal:
        rendering += [structlog.processors.format_exc_info, redact]
        rendering.append(structlog.dev.ConsoleRenderer(colors=True))
    else:
        rendering += [structlog.processors.format_exc_info, redact, _with_service(service)]
        rendering.append(structlog.processors.JSONRenderer())
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=rendering)
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in ("httpx", "httpcore", "websockets", "uvicorn.access", "procrastinate.worker"):
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    for name in ("uvicorn", "uvicorn.error"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def _with_service(service: str) -> Processor:
    def add(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        return {"service": service, **event}

    return add
