"""The picture itself: a preview to look at, and its exact pixels on demand, under an address only this page knows."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from forensics_ui.core.types import Picture
from forensics_ui.ui.desk import Desk, Job
from forensics_ui.ui.doors import logged_in
from forensics_ui.ui.text import escape

PREVIEW_SIDE = 1280
HERE = "/forensics/picture"
NOT_FOUND = "This picture is no longer open."


def figure(job: Job) -> str:
    """The preview with its place reserved, and what it is in words."""
    picture = job.picture
    if picture is None:
        return f'<figure class="picture empty" data-opening="{job.token}" aria-hidden="true"></figure>'
    width, height = preview_size(picture.width, picture.height)
    shrunk = (width, height) != (picture.width, picture.height)
    what = f"Preview, shrunk to {width} × {height} for orientation." if shrunk else "Its exact pixels, scaled to fit this page."
    link = f'<a href="{HERE}/{job.token}/pixels.png" target="_blank" rel="noopener">Open the exact pixels</a> (lossless PNG)'
    return (
        f'<figure class="picture" data-token="{job.token}"><img src="{HERE}/{job.token}/preview" width="{width}" height="{height}" alt="{escape(picture.name)}">'
        f"<figcaption>{what} {link}{_turned(picture)}</figcaption></figure>"
    )


def _turned(picture: Picture) -> str:
    if picture.facts.get("orientation") in (None, 1):
        return ""
    return " The file asks viewers to turn it (EXIF orientation); it is measured and shown as it is stored."


def preview_size(width: int, height: int) -> tuple[int, int]:
    """At most PREVIEW_SIDE pixels a side, at least one."""
    scale = min(1.0, PREVIEW_SIDE / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def preview(rgb: np.ndarray) -> tuple[bytes, str]:
    """Bytes and type: the exact pixels as PNG where they fit, else a shrunk JPEG that is only for looking at."""
    if preview_size(rgb.shape[1], rgb.shape[0]) == (rgb.shape[1], rgb.shape[0]):
        return exact(rgb)
    from forensics_ui.imaging import colour

    return colour.preview(rgb, PREVIEW_SIDE), "image/jpeg"


def exact(rgb: np.ndarray) -> tuple[bytes, str]:
    """The pixels, lossless."""
    from forensics_ui.imaging import colour  # imports OpenCV, for which the page does not wait

    return colour.png(rgb), "image/png"


def routes(desk: Desk) -> list[Route]:
    """The two addresses below HERE."""
    return [
        Route(HERE + "/{token}/preview", partial(_serve, desk, preview)),
        Route(HERE + "/{token}/pixels.png", partial(_serve, desk, exact)),
    ]


async def _serve(desk: Desk, encode: Callable[[np.ndarray], tuple[bytes, str]], request: Request) -> Response:
    if not logged_in(request):
        return Response("Log in first.", 401, media_type="text/plain")
    job = desk.by_token(request.path_params["token"])
    if job is None or job.picture is None:
        return Response(NOT_FOUND, 404, media_type="text/plain")
    content, kind = await run_in_threadpool(encode, job.picture.rgb)
    return Response(content, media_type=kind, headers={"cache-control": "private, no-store"})
