from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from forensics_ui.cli.base import COMMANDS, COULD_NOT_RUN, Command, build_parser, main
from forensics_ui.core.errors import ForensicsError

PROJECT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def python(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, *arguments], cwd=PROJECT, capture_output=True, text=True)


@pytest.fixture
def command():
    """Register a command that does what the test wants, for the length of the test."""

    def add(run) -> str:
        COMMANDS.register("probe")(Command(help="a probe", example="forensics_ui probe", add_arguments=lambda parser: None, run=run))
        return "probe"

    yield add
    COMMANDS.remove("probe")


def test_the_command_line_loads_neither_torch_nor_gradio():
    done = python("-c", "import sys, forensics_ui.cli; print([name for name in ('torch', 'gradio', 'matplotlib', 'cv2') if name in sys.modules])")
    assert done.stdout.strip() == "[]", done.stderr


def test_help_takes_no_longer_than_a_few_bare_pythons():
    started = time.monotonic()
    python("-c", "import numpy, argparse, json")
    bare = time.monotonic() - started
    started = time.monotonic()
    assert python("-m", "forensics_ui", "--help").returncode == 0
    assert time.monotonic() - started < 1 + 4 * bare


def test_every_command_has_help_with_an_example():
    for name, each in COMMANDS:
        done = python("-m", "forensics_ui", name, "--help")
        assert done.returncode == 0, done.stderr
        assert f"example: {each.example}" in done.stdout
        assert name in each.example.split()


def test_every_command_is_listed_with_its_sentence():
    text = " ".join(build_parser().format_help().split())
    for name, each in COMMANDS:
        assert f"{name} {each.help}" in text


def test_an_unknown_command_is_answered_with_the_known_ones(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["scroe"])
    assert ended.value.code == COULD_NOT_RUN
    assert "'score'" in capsys.readouterr().err


def test_a_foreseeable_mistake_is_a_sentence_and_not_a_traceback(command, capsys):
    def run(arguments):
        raise ForensicsError("The lamp is off.")

    assert main([command(run)]) == COULD_NOT_RUN
    assert capsys.readouterr().err == "forensics_ui: The lamp is off.\n"


def test_stopping_by_hand_is_told_and_has_its_own_code(command, capsys):
    def run(arguments):
        raise KeyboardInterrupt

    assert main([command(run)]) == 130
    assert capsys.readouterr().err == "forensics_ui: stopped\n"


@pytest.mark.parametrize("code", [0, 1, 2])
def test_the_exit_code_of_a_command_is_given_on(command, code):
    assert main([command(lambda arguments: code)]) == code


@pytest.mark.skipif(os.name == "nt", reason="uses a POSIX shell pipe")
def test_a_reader_that_leaves_early_is_no_error():
    done = subprocess.run(f"'{sys.executable}' -m forensics_ui doctor --json | head -n 1", shell=True, cwd=PROJECT, capture_output=True, text=True)
    assert done.stdout == "{\n"
    assert "Traceback" not in done.stderr
