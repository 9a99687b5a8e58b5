"""Who may come in: every address of ours checks this before it answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

PRIVATE = {"cache-control": "private, no-store"}
Handler = Callable[[Request], Response]


def guarded(handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """Only for those who may; in a thread, because numbers are computed there."""

    async def answer(request: Request) -> Response:
        return refused(request) or await run_in_threadpool(handler, request)

    return answer


def refused(request: Request) -> Response | None:
    """The answer to those who may not ask: not logged in, or a page of another site that wants to change something."""
    if not logged_in(request):
        return Response("Log in first.", 401, media_type="text/plain")
    if request.method != "GET" and not _from_this_page(request):
        return Response("Only the app's own page may do this.", 403, media_type="text/plain")
    return None


def logged_in(request: Request) -> bool:
    """Gradio's own check, which covers its routes but not ours."""
    app = request.app
    if getattr(app, "auth", None) is None:
        return True
    names = (f"access-token-{app.cookie_id}", f"access-token-unsecure-{app.cookie_id}")
    return any(app.tokens.get(request.cookies.get(name)) for name in names)


def _from_this_page(request: Request) -> bool:
    """Browsers say where a request comes from, and a page cannot change that; programs that are no browsers say nothing."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None:
        return site == "same-origin"
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")
