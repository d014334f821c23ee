"""The web terminal's built files, with headers that let a page load nothing but itself."""
from __future__ import annotations

from pathlib import Path

from starlette.applications import Starlette
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

FOLDER = Path(__file__).resolve().parents[1] / "terminal"
HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
                               "img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; "
                               "base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff", "referrer-policy": "same-origin", "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin", "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()"}
UNBUILT = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Steelyard</title></head><body>
<main><h1>The venue is running</h1>
<p>Its terminal has not been built yet. <code>make terminal</code> builds it; reload this page afterward.</p>
<p>REST: <a href="/api/docs">/api/docs</a>. WebSocket: <code>/ws/v1</code>.</p></main></body></html>"""


class _Assets(StaticFiles):
    """Files whose names change with their contents: kept by browsers for a year."""

    async def get_response(self, path, scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers.update(HEADERS)
        response.headers["cache-control"] = "public, max-age=31536000, immutable"
        return response


def terminal_app(folder: Path = FOLDER) -> Starlette:
    """The pages: every address that is no file is the terminal's own to read."""
    async def page(request) -> Response:
        index = folder / "index.html"
        if not index.is_file():
            return HTMLResponse(UNBUILT, headers=HEADERS)
        wanted = (folder / request.path_params["path"]).resolve()
        name = wanted if wanted.is_file() and wanted.is_relative_to(folder.resolve()) else index
        return FileResponse(name, headers={**HEADERS, "cache-control": "no-cache"})

    return Starlette(routes=[Mount("/assets", _Assets(directory=folder / "assets", check_dir=False)),
                             Route("/{path:path}", page)])
