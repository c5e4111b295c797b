"""The dashboard's built files, with the page itself for every route it draws."""

from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.responses import FileResponse, PlainTextResponse, Response

from asgard_basis.domain.errors import DomainError, ErrorCode

_IMMUTABLE = "public, max-age=31536000, immutable"


def install(app: FastAPI, folder: Path) -> None:
    """Serve `folder`; unknown paths outside the API get the page, inside it GEN-0005."""
    root = folder.resolve()

    @app.get("/{path:path}", include_in_schema=False)
    async def dashboard(request: Request, path: str) -> Response:
        if path.startswith(("api/", "health/")):
            raise DomainError(ErrorCode.NOT_FOUND)
        wanted = (root / path).resolve()
        if path and wanted.is_file() and wanted.is_relative_to(root):
            cache = _IMMUTABLE if path.startswith("assets/") else "no-cache"
            return FileResponse(wanted, headers={"Cache-Control": cache})
        page = root / "index.html"
        if not page.is_file():
            return PlainTextResponse("The dashboard has not been built; run `make run`.", 503)
        return FileResponse(page, headers={"Cache-Control": "no-cache"})
