"""What the server lets in and out: which host names, which addresses, and what the page may load."""

from __future__ import annotations

import os
import socket
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from forensics_ui.core.errors import ForensicsError

LOOPBACK = ("127.0.0.1", "localhost")

# Gradio builds its page with inline scripts and compiled templates, so those two must be allowed; nothing may be
# loaded from, sent to, or framed by any other place, which is what keeps a picture on this machine.
POLICY = "; ".join(
    [
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    ]
)
HEADERS = (
    (b"content-security-policy", POLICY.encode()),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
)

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]


class Headers:
    """ASGI middleware that adds our headers to every answer."""

    def __init__(self, app: Callable[..., Awaitable[None]]) -> None:
        self.app = app

    async def __call__(self, scope: Message, receive: Callable[[], Awaitable[Message]], send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                known = {name.lower() for name, _ in message["headers"]}
                message["headers"] = [*message["headers"], *(pair for pair in HEADERS if pair[0] not in known)]
            await send(message)

        await self.app(scope, receive, send_with_headers if scope["type"] == "http" else send)


def credentials() -> tuple[str, str] | None:
    """User and password from FORENSICS_AUTH, if it is set."""
    given = os.environ.get("FORENSICS_AUTH", "")
    if not given:
        return None
    user, colon, password = given.partition(":")
    if not (user and colon and password):
        raise ForensicsError("FORENSICS_AUTH must be of the form user:password.")
    return user, password


def check_host(host: str) -> tuple[str, str] | None:
    """The credentials to ask for; any address but this machine's own needs some."""
    login = credentials()
    if host not in LOOPBACK and login is None:
        raise ForensicsError(
            f"{host} would let other machines reach this app, and with it the pictures in it. Set FORENSICS_AUTH=user:password to allow that behind a login, "
            "or leave --host out to stay on this machine."
        )
    return login


def allowed_hosts(host: str) -> list[str]:
    """The host names that a request may carry: a page elsewhere cannot reach us by pointing its own name here."""
    if host in LOOPBACK:
        return list(LOOPBACK)
    return ["*"] if host in ("0.0.0.0", "::") else [*LOOPBACK, host]


def free_port(host: str, wanted: int | None, first: int = 7860, tries: int = 100) -> int:
    """The wanted port, or the first free one from `first` on; 0 asks the system for any."""
    candidates = [wanted] if wanted is not None else range(first, first + tries)
    for port in candidates:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            if os.name == "posix":  # else a port that was just left counts as taken for a minute; elsewhere it would hide a listener
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except (OSError, OverflowError):
                continue
            return int(probe.getsockname()[1])
    what = f"Port {wanted} is" if wanted is not None else f"Ports {first} to {first + tries - 1} are"
    raise ForensicsError(f"{what} not free on {host}. Choose another with --port.")
