from __future__ import annotations

import pytest

from forensics_ui.launcher import pip


@pytest.mark.parametrize(
    ("line", "words", "said"),
    [
        ("Collecting torch==2.13.0", "finding torch", False),
        ("  Downloading torch-2.13.0-cp311-cp311-manylinux_2_28_x86_64.whl (527.1 MB)", "downloading torch 2.13.0 (527.1 MB)", True),
        ("  Downloading nvidia_cudnn_cu13-9.1-py3-none-any.whl (1.2 GB)", "downloading nvidia_cudnn_cu13 9.1 (1.2 GB)", True),
        ("Downloading tqdm-4.70.1-py3-none-any.whl (78 kB)", "downloading tqdm 4.70.1 (78 kB)", False),
        ("Building wheels for collected packages: grad-cam", "building grad-cam", True),
        ("Installing collected packages: a, b, c", "installing 3 packages", True),
        ("Requirement already satisfied: numpy", "", False),
    ],
)
def test_pips_lines_become_plain_words(line, words, said):
    assert pip.in_plain_words(line) == (words, said)


@pytest.mark.parametrize(
    ("line", "advice"),
    [
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "The disk filled up."),
        (
            "WARNING: Retrying after connection broken by 'NewConnectionError: [Errno -3] Temporary failure in name resolution'",
            "The package index could not be reached.",
        ),
        ("ERROR: No matching distribution found for thing==9", "The packages could not be installed"),
    ],
)
def test_a_failure_keeps_pips_line_and_ends_in_advice(monkeypatch, line, advice):
    monkeypatch.delenv("PIP_NO_INDEX", raising=False)
    *kept, last = pip.why_it_failed(["Collecting thing", line]).splitlines()
    assert line in kept
    assert last.startswith(advice)


def test_nothing_of_the_users_leads_pip_out_of_the_venv(monkeypatch):
    for name in ("PIP_TARGET", "PIP_PREFIX", "PYTHONPATH", "PYTHONHOME"):
        monkeypatch.setenv(name, "elsewhere")
    monkeypatch.setenv("PIP_USER", "1")
    environment = pip.pip_environment()
    assert not {"PIP_TARGET", "PIP_PREFIX", "PYTHONPATH", "PYTHONHOME"} & set(environment)
    assert (environment["PIP_USER"], environment["PIP_REQUIRE_VIRTUALENV"]) == ("0", "1")
