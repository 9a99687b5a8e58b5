#!/usr/bin/env python3
"""Set up forensics_ui in its own .venv (once), then run it.

  python launch.py                     open the app in the browser
  python launch.py COMMAND ...         any command of the app: score, view, batch, doctor ...
  python launch.py test [PYTEST ...]   add what the tests need and run the whole suite
  python launch.py --offline ...       the same, without asking any package index

Environment: TORCH_INDEX_URL picks another build of torch (remembered in .venv); FORENSICS_NO_VENV=1 uses this Python
as it is and installs nothing. pip's own variables (PIP_*) and the proxy variables are heeded.
"""

import os
import shutil
import signal
import subprocess
import sys

OLDEST, NEWEST = (3, 11), (3, 13)
COULD_NOT_RUN, STOPPED = 2, 130


# This file keeps to the syntax of Python 3.6, so that an old Python gets as far as the sentence below.
def python_problem(version, bits, executable):
    """Say in one sentence why this Python cannot run the app, or give an empty string."""
    if OLDEST <= tuple(version[:2]) <= NEWEST and bits == 64:
        return ""
    this = ".".join(str(part) for part in version[:3])
    return f"forensics_ui needs a 64-bit Python 3.11, 3.12 or 3.13; this is a {bits}-bit Python {this} ({executable})."


def other_python():
    """Name a Python on this machine that would do, as a sentence to add, or give an empty string."""
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        found = shutil.which(f"python3.{minor}")
        # Found is not enough: version managers leave names on the path that only complain.
        if found and subprocess.call([found, "-c", ""], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0:
            return f" This machine has one: python3.{minor} launch.py"
    return ""


def run_app(arguments):
    """Any command; options alone, or nothing, mean the app itself."""
    from forensics_ui.launcher import CannotRun, backbone, run, say, state, venv

    if not arguments or (arguments[0].startswith("-") and arguments[0] != "--version"):
        arguments = ["ui", "--open", *arguments]
    venv.set_up(state.MAIN)
    if arguments[0] != "weights":
        backbone.fetch_once()
    if "--desktop" in arguments:
        try:
            venv.set_up(state.DESKTOP)
        except CannotRun as error:
            say(f"{error}\nThe desktop window could not be added; the app uses the browser instead.")
    if "--engine=ray" in arguments or {"--engine", "ray"} <= set(arguments):
        venv.set_up(state.CLUSTER)
    return run.run(["-m", "forensics_ui", *arguments])


def run_tests(arguments):
    """The whole suite, or what the arguments for pytest pick, from the project's folder."""
    from forensics_ui.launcher import backbone, pip, run, state, venv

    venv.set_up(state.DEV)
    backbone.fetch_for_tests()
    if not pip.without_index():
        run.run([str(state.PROJECT / "tests" / "chromium.py")])
    return run.run(["-m", "pytest", *arguments], cwd=state.PROJECT)


def main(arguments):
    """Set up what is needed, do what was asked, give the exit code."""
    problem = python_problem(sys.version_info, 64 if sys.maxsize > 2**32 else 32, sys.executable)
    if problem:
        print(problem + other_python(), file=sys.stderr)
        return COULD_NOT_RUN
    if arguments[:1] == ["--offline"]:
        os.environ["PIP_NO_INDEX"] = "1"
        arguments = arguments[1:]
    if arguments[:1] in (["-h"], ["--help"]):
        print(__doc__.strip())
        return 0
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    from forensics_ui.launcher import CannotRun, say

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        return run_tests(arguments[1:]) if arguments[:1] == ["test"] else run_app(arguments)
    except CannotRun as reason:
        say(str(reason))
        return COULD_NOT_RUN
    except KeyboardInterrupt:
        say("Stopped. Run the same command again to go on.")
        return STOPPED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
