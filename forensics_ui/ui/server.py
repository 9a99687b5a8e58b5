"""The server: one process, one address of this machine, headers on everything, nothing served but the app."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forensics_ui.core.settings import ASSETS, PACKAGE, PROJECT, Settings
from forensics_ui.ui import guard
from forensics_ui.ui.batch_desk import BatchDesk
from forensics_ui.ui.environment import go_offline
from forensics_ui.ui.warm import Bench

if TYPE_CHECKING:
    import gradio as gr

ASSETS_HERE = "/forensics/assets"
# Linked, not given to Gradio's `css`, which rewrites selectors and cannot read lists inside `:is()`.
STYLES = ("app.css", "viewer.css", "workbench.css", "report.css", "batch.css", "about.css", "file_says.css")
VIEWER_SCRIPTS = ("viewer_tiles.js", "viewer_pane.js", "viewer_place.js", "viewer_hands.js", "viewer.js")
SCRIPTS = (
    "app.js",
    *VIEWER_SCRIPTS,
    "charts.js",
    "findings.js",
    "file_says.js",
    "workbench.js",
    "report.js",
    "batch_parts.js",
    "batch_evaluation.js",
    "batch_run.js",
    "batch.js",
)
HEAD = "".join(f'<link rel="stylesheet" href="{ASSETS_HERE}/{name}">' for name in STYLES)
HEAD += "".join(f'<script defer src="{ASSETS_HERE}/{name}"></script>' for name in SCRIPTS)


@dataclass
class Server:
    """A running app."""

    url: str
    page: gr.Blocks
    desk: Any
    bench: Bench
    batches: BatchDesk

    def wait(self) -> None:
        """Until Ctrl-C."""
        threading.Event().wait()

    def close(self) -> None:
        """Stop serving, then stop the workers."""
        self.page.close(verbose=False)
        self.desk.close()
        self.batches.close()
        self.bench.close()


def start(settings: Settings, port: int | None = None) -> Server:
    """Serve the app in the background; returns as soon as the page can be loaded, before torch is there."""
    login = guard.check_host(settings.host)
    port = guard.free_port(settings.host, port, settings.port)
    go_offline(settings.data_dir)
    from forensics_ui.ui import app  # only now: Gradio reads the environment when it is imported
    from forensics_ui.ui.arrivals import Arrivals
    from forensics_ui.ui.desk import Desk

    bench, desk = Bench(settings), Desk()
    batches = BatchDesk(bench)
    arrivals = Arrivals(bench)
    page = app.build(bench, desk, arrivals)
    page.queue(max_size=settings.queue_size, default_concurrency_limit=4)
    page.launch(server_name=settings.host, server_port=port, auth=login, **_launch_options(settings, bench, desk, batches, arrivals))
    bench.start()
    shown = "127.0.0.1" if settings.host in ("0.0.0.0", *guard.LOOPBACK) else settings.host
    return Server(f"http://{shown}:{port}", page, desk, bench, batches)


def _launch_options(settings: Settings, bench: Bench, desk: Any, batches: BatchDesk, arrivals: Any) -> dict[str, Any]:
    from forensics_ui.ui.theme import theme

    return {
        "prevent_thread_lock": True,
        "quiet": True,
        "inbrowser": False,
        "share": False,
        "ssr_mode": False,
        "pwa": False,
        "mcp_server": False,
        "run_history": False,
        "enable_monitoring": False,
        "show_error": False,
        "strict_cors": True,
        "footer_links": [],
        "allowed_paths": [],
        "blocked_paths": _blocked(settings),
        "max_file_size": settings.limits.file_bytes,
        "state_session_capacity": 64,
        "theme": theme(),
        "head": HEAD,
        "app_kwargs": _app_options(settings, bench, desk, batches, arrivals),
    }


def _app_options(settings: Settings, bench: Bench, desk: Any, batches: BatchDesk, arrivals: Any) -> dict[str, Any]:
    """What Gradio hands to FastAPI: our middleware, our own addresses, and no generated documentation pages."""
    from starlette.middleware import Middleware
    from starlette.middleware.trustedhost import TrustedHostMiddleware
    from starlette.routing import Mount, Route
    from starlette.staticfiles import StaticFiles

    from forensics_ui.ui import picture
    from forensics_ui.ui.arrivals import Early

    def view_routes() -> list[Route]:
        from forensics_ui.ui import reports, views
        from forensics_ui.ui.view_jobs import ViewJobs

        return [*reports.routes(bench, desk), *views.routes(bench, ViewJobs(bench, desk))]

    def batch_routes() -> list[Route]:
        from forensics_ui.ui import batch_addresses

        return batch_addresses.routes(batches)

    return {
        "middleware": [
            Middleware(guard.Headers),
            Middleware(TrustedHostMiddleware, allowed_hosts=guard.allowed_hosts(settings.host), www_redirect=False),
            Middleware(Early, arrivals=arrivals),
        ],
        "routes": [
            *picture.routes(desk),
            Mount(ASSETS_HERE, StaticFiles(directory=ASSETS)),
            Route("/forensics/batch/{rest:path}", Later(batch_routes)),
            Route("/forensics/{rest:path}", Later(view_routes)),
        ],
        "openapi_url": None,
        "docs_url": None,
        "redoc_url": None,
    }


class Later:
    """Addresses that are imported when the first of them is asked for: they need torch, for which the page does not wait."""

    def __init__(self, make: Callable[[], list[Any]]) -> None:
        self._make, self._router, self._lock = make, None, threading.Lock()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        from starlette.concurrency import run_in_threadpool

        await (await run_in_threadpool(self._made))(scope, receive, send)

    def _made(self) -> Any:
        from starlette.routing import Router

        with self._lock:
            if self._router is None:
                self._router = Router(routes=self._make())
            return self._router


def _blocked(settings: Settings) -> list[str]:
    """Never served, whatever else is asked: our code, the weights, the environment, and the user's data but the uploads."""
    kept = [path for path in settings.data_dir.resolve().iterdir() if path.name != "uploads"]
    return [str(Path(path).resolve()) for path in (PACKAGE, settings.weights_dir, PROJECT / ".venv", *kept)]
