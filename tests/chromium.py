"""Find an installed Chromium for the browser tests; run as a script, install one where the system's packages can.

Standard library only.
"""

from __future__ import annotations

import glob
import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "msedge", "microsoft-edge")
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    *(
        rf"{os.environ.get(base, '')}\{rest}"
        for base in ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA")
        for rest in (r"Google\Chrome\Application\chrome.exe", r"Microsoft\Edge\Application\msedge.exe")
    ),
)
PACKAGES = ("chromium", "fonts-dejavu-core", "fonts-noto-cjk")
WHAT_TO_INSTALL = (
    "The browser tests need Chromium, Google Chrome or Microsoft Edge. Install one of them (on Debian: "
    f"sudo apt-get install {' '.join(PACKAGES)}), or name its program in CHROMIUM, then run the tests again."
)


def find_chromium() -> str | None:
    """The program to drive: what CHROMIUM names, else one on the path, else one in its usual place."""
    candidates = [os.environ.get("CHROMIUM"), *map(shutil.which, NAMES), *PLACES]
    return next((found for found in candidates if found and Path(found).is_file()), None)


def missing_packages() -> list[str]:
    """Which of the packages this Debian or Ubuntu lacks; a browser from elsewhere counts as one."""
    missing = []
    for package in PACKAGES:
        state = subprocess.run(["dpkg-query", "-W", "-f", "${Status}", package], capture_output=True, text=True)
        if "install ok installed" not in state.stdout and not (package == "chromium" and find_chromium()):
            missing.append(package)
    return missing


def apt() -> list[str] | None:
    """The beginning of an apt-get command that needs no password; None where there is none."""
    if not (shutil.which("apt-get") and shutil.which("dpkg-query")):
        return None
    if os.geteuid() == 0:
        return ["apt-get"]
    if shutil.which("sudo") and subprocess.run(["sudo", "-n", "true"], capture_output=True).returncode == 0:
        return ["sudo", "-n", "DEBIAN_FRONTEND=noninteractive", "apt-get"]
    return None


def call(command: list[str]) -> bool:
    """Run quietly; what it said is shown if it fails."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", env=environment
    )
    if done.returncode:
        print("\n".join(done.stdout.splitlines()[-8:]), file=sys.stderr)
    return done.returncode == 0


def install(command: list[str], packages: list[str]) -> bool:
    """Install packages, with a fresh list of them if there is none yet or the old one does not serve."""
    print(f"Installing for the browser tests: {', '.join(packages)} ...", file=sys.stderr, flush=True)
    add = [*command, "-o", "DPkg::Lock::Timeout=300", "-y", "--no-install-recommends", "install", *packages]
    if glob.glob("/var/lib/apt/lists/*_Packages*") and call(add):
        return True
    return call([*command, "update"]) and call(add)


def main() -> int:
    """See that there is a browser and fonts for it; say what to do where that is not possible."""
    command = apt()
    if command and (missing := missing_packages()):
        install(command, missing)
    if find_chromium():
        return 0
    print(WHAT_TO_INSTALL, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
