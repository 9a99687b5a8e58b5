"""The README tells of what there is, all of it and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from forensics_ui.cli.base import COMMANDS

PROJECT = Path(__file__).resolve().parent.parent
README = (PROJECT / "README.md").read_text(encoding="utf-8")


def table_of_commands() -> dict[str, str]:
    """The rows of the table in section Commands: name and example."""
    section = README.split("\n## Commands\n")[1].split("\n## ")[0]
    return dict(re.findall(r"^\| `(\w+)` \|.*\| `([^`]+)` \|$", section, re.M))


def test_the_table_holds_every_command_and_no_other():
    import forensics_ui.cli  # noqa: F401

    assert set(table_of_commands()) == set(COMMANDS.names())


@pytest.mark.parametrize(("name", "example"), sorted(table_of_commands().items()))
def test_every_example_is_a_command_line_that_is_understood(name, example):
    from forensics_ui.cli.base import build_parser

    start, *arguments = example.removeprefix("python launch.py ").split()
    assert start == name
    assert build_parser().parse_args([start, *arguments]).command == name


def test_every_picture_and_file_that_it_shows_is_there():
    linked = re.findall(r"\]\((?!https?:|#)([^)#]+)", README)
    assert not [path for path in linked if not (PROJECT / path).is_file()]


def test_the_limits_are_those_of_the_intake():
    from forensics_ui.core.settings import Limits

    limits = Limits()
    assert f"{limits.file_bytes // 1024**2} MB, {limits.pixels // 10**6} megapixels or {limits.side:,} pixels a side" in README
