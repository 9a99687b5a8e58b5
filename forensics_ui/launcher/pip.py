"""pip, with its words in a log, the gist on the screen, and what matters of them if it fails."""

from __future__ import annotations

import os
import queue
import re
import subprocess
import threading
import time
from collections import deque
from typing import IO

from forensics_ui.launcher import CannotRun, say
from forensics_ui.launcher.state import PROJECT, UNFINISHED, VENV, VENV_PYTHON

LOG = VENV / "setup.log"
TEMPORARY = VENV / "tmp"
HEARTBEAT = 15.0  # seconds of silence after which a sign of life is printed
# What could lead pip out of .venv, or turn it away from it.
STRANGE = {"PYTHONHOME", "PYTHONPATH", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_USER"}

NO_ROOM = re.compile(r"No space left|not enough space|Errno 28", re.I)
NO_NETWORK = re.compile(
    r"Failed to establish|NewConnection|name resolution|getaddrinfo|ProxyError|Max retries|timed out|Connection (refused|reset|aborted)|SSLError",
    re.I,
)
AGAIN = "run the same command again; it goes on where it stopped."


def without_index() -> bool:
    """True if pip was told not to ask any package index."""
    return os.environ.get("PIP_NO_INDEX", "").lower() not in ("", "0", "n", "no", "f", "false", "off")


def pip_environment() -> dict[str, str]:
    """The user's environment, kept inside .venv, with temporary files on the disk that was checked for room."""
    kept = {key: value for key, value in os.environ.items() if key.upper() not in STRANGE}
    kept.update(dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(TEMPORARY)))
    return {**kept, "PYTHONNOUSERSITE": "1", "PYTHONUTF8": "1", "PIP_USER": "0", "PIP_REQUIRE_VIRTUALENV": "1"}


def pip_works() -> bool:
    """True if .venv has a pip that can be started."""
    return subprocess.run([str(VENV_PYTHON), "-m", "pip", "--version"], env=pip_environment(), capture_output=True).returncode == 0


def in_plain_words(line: str) -> tuple[str, bool]:
    """What a line of pip means, and whether it is worth a line on the screen."""
    if match := re.match(r"\s*Downloading (\S+?)-(\d[^-\s]*)\S* \(([\d.]+) ([kMG]B)\)", line):
        name, version, size, unit = match.groups()
        return f"downloading {name} {version} ({size} {unit})", unit == "GB" or (unit == "MB" and float(size) >= 10)
    if match := re.match(r"Collecting ([\w.-]+)", line):
        return f"finding {match.group(1)}", False
    if match := re.match(r"Building wheels for collected packages: (.+)", line):
        return f"building {match.group(1)}", True
    if match := re.match(r"Installing collected packages: (.+)", line):
        return f"installing {match.group(1).count(',') + 1} packages", True
    return "", False


def why_it_failed(lines: list[str]) -> str:
    """pip's own message, and after it what to do about it."""
    text = "\n".join(lines)
    if NO_ROOM.search(text):
        advice = f"The disk filled up. Make room, then {AGAIN}"
    elif without_index():
        advice = "Without a package index pip did not find all it needs. Go online once, or name a folder of wheels in PIP_FIND_LINKS (README, section Offline)."
    elif NO_NETWORK.search(text):
        advice = f"The package index could not be reached. Check the network (behind a proxy: HTTPS_PROXY), then {AGAIN}"
    else:
        advice = f"The packages could not be installed; everything that pip said is in {LOG.relative_to(PROJECT)}. To try again, {AGAIN}"
    said = [line for line in lines if re.match(r"\s*error|.*\bError:", line, re.I)] or lines[-10:]
    return "\n".join([*said[-20:], advice])


class Installation:
    """One run of pip, followed line by line."""

    def __init__(self, arguments: list[str], lock: IO[bytes]) -> None:
        self.tail: deque[str] = deque(maxlen=200)
        self.changing = False  # pip first downloads everything; only then it touches what is installed
        self.ended = False
        self.doing = "starting pip"
        self.lines: queue.Queue[str | None] = queue.Queue()
        command = [str(VENV_PYTHON), "-m", "pip", "install", "--no-input", "--disable-pip-version-check", "--prefer-binary", *arguments]
        # The child shares the lock: should this process be killed and pip live on, nobody else starts meanwhile.
        shared = () if os.name == "nt" else (lock.fileno(),)
        self.child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            env=pip_environment(),
            pass_fds=shared,
        )
        threading.Thread(target=self.pump, daemon=True).start()

    def pump(self) -> None:
        """Move what pip prints into the queue, and None at its end."""
        for line in self.child.stdout or ():
            self.lines.put(line)
        self.lines.put(None)

    def heed(self, line: str | None) -> None:
        """Remember a line, and say it if it is worth it."""
        if line is None:
            self.ended = True
            return
        self.tail.append(line.rstrip())
        words, worth_saying = in_plain_words(line)
        self.doing = words or self.doing
        self.changing = self.changing or line.startswith("Installing collected packages")
        if worth_saying:
            say(f"  {words}")

    def follow(self) -> None:
        """Show what pip is at until it ends, with a sign of life in long silences."""
        started = time.monotonic()
        with LOG.open("a", encoding="utf-8") as log:
            while not self.ended:
                try:
                    line = self.lines.get(timeout=HEARTBEAT)
                except queue.Empty:
                    say(f"  ... still at work after {time.monotonic() - started:.0f} s ({self.doing})")
                    continue
                log.write(line or "")
                self.heed(line)

    def stop(self) -> int:
        """End pip if it still runs, read what it said last, and give its exit code."""
        if not self.ended and self.child.poll() is None:
            self.child.terminate()
        while not self.ended:
            try:
                self.heed(self.lines.get(timeout=5))
            except queue.Empty:
                # Something that pip started still holds the pipe: nobody knows what was changed.
                self.ended = self.changing = True
        return self.child.wait()


def pip_install(arguments: list[str], lock: IO[bytes]) -> None:
    """Install into .venv, or say why not; whatever ends this, `.unfinished` stays if .venv may be half changed."""
    UNFINISHED.touch()
    TEMPORARY.mkdir(exist_ok=True)
    installation = Installation(arguments, lock)
    try:
        installation.follow()
    finally:
        code = installation.stop()
        if code == 0 or not installation.changing:
            UNFINISHED.unlink(missing_ok=True)
    if code:
        raise CannotRun(why_it_failed(list(installation.tail)))
