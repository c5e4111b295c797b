"""`basis docs`: the reference pages that are made from the code."""

from pathlib import Path

from asgard_basis.cli.openapi import openapi
from asgard_basis.domain.errors import ErrorCode


def write_documents(folder: Path) -> None:
    """Write `openapi.json` and `errors.md` into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "openapi.json").write_text(openapi() + "\n")
    (folder / "errors.md").write_text(error_reference())


def error_reference() -> str:
    """Every code with its status and message, as Markdown."""
    lines = [
        "# Error codes",
        "",
        "Made by `make docs`. Codes never change meaning. Every error answer has the shape",
        '`{"error": {"code", "message", "category", "http_status", "details"}, "request_id"}`.',
        "",
        "| code | HTTP | category | message |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| {entry.code} | {entry.http_status} | {entry.category} | {entry.value.message} |"
        for entry in sorted(ErrorCode, key=lambda e: e.code)
    ]
    return "\n".join(lines) + "\n"
