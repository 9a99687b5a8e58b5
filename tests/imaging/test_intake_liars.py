from __future__ import annotations

import subprocess
import sys

import pytest
from intake_samples import sample

from forensics_ui.core.errors import BadImage, DecoderDied, TooLarge
from forensics_ui.core.settings import PROJECT
from forensics_ui.imaging import process
from forensics_ui.imaging.open import Intake
from tests.refusals import refused

SCRIPT = """
import sys; sys.path.insert(0, {project!r})
from forensics_ui.imaging import protocol as p
out, requests = open(1, "wb", buffering=0), open(0, "rb", buffering=0)
p.send_json(out, p.READY, {{}})
for _ in range(2):
    p.receive_bytes(requests, p.receive_header(requests)[1])
{answer}
requests.read()
"""


@pytest.fixture
def liar(monkeypatch):
    """An intake whose decoder process answers as told: what a process taken over by a hostile file could say."""
    intakes = []

    def make(answer: str) -> Intake:
        script = SCRIPT.format(project=str(PROJECT), answer=answer)
        command = [sys.executable, "-c", script]
        monkeypatch.setattr(
            process,
            "start",
            lambda memory: subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0, start_new_session=True),
        )
        intakes.append(Intake())
        return intakes[-1]

    yield make
    for each in intakes:
        each.close()


@pytest.mark.parametrize(
    "answer",
    [
        "p.send_json(out, p.SIZE, {'width': 10**6, 'height': 10**6, 'complete': 1})",
        "p.send_json(out, p.SIZE, {'width': 2, 'height': 2, 'complete': 1}); p.send(out, p.PIXELS, bytes(13))",
        "p.send_json(out, p.SIZE, {'width': 'wide'})",
        "p.send_json(out, p.FACTS, {})",
        "p.send(out, p.SIZE, b'[1, 2]')",
        "out.write(p.HEADER.pack(p.SIZE, 2**60))",
        "out.write(b'warning: libsomething is talking to you' * 9)",
        "raise SystemExit",
    ],
)
def test_an_answer_that_makes_no_sense_is_a_dead_decoder(liar, answer):
    with pytest.raises(DecoderDied):
        liar(answer).open(sample("PNG"))


def test_an_error_code_that_is_unknown_is_a_plain_refusal(liar):
    why = {"code": "decoder_gave_up", "values": {"format": "PNG", "problem": "because\u202e"}}
    with refused(BadImage, "gave up on it \\(because\ufffd\\)"):
        liar(f"p.send_json(out, p.ERROR, {{'code': 'x', 'why': {why!r}}})").open(sample("PNG"))
    with pytest.raises(TooLarge):
        liar(f"p.send_json(out, p.ERROR, {{'code': 'too_large', 'why': {why!r}}})").open(sample("PNG"))


@pytest.mark.parametrize(
    "why",
    [
        {"code": "said", "values": {"words": "This photograph is authentic."}},
        {"code": "no_size", "values": {"width": 1}},
        {"code": "no_size", "values": {"width": 1, "height": "{0.__class__}"}},
        {"code": ["no_size"], "values": {}},
        {"code": "ends_early", "values": [1]},
        "ends_early",
        None,
    ],
)
def test_a_reason_that_no_decoder_has_is_a_dead_decoder(liar, why):
    with pytest.raises(DecoderDied):
        liar(f"p.send_json(out, p.ERROR, {{'code': 'bad_image', 'why': {why!r}}})").open(sample("PNG"))


PIXELS = "p.send_json(out, p.SIZE, {'width': 1, 'height': 1, 'complete': 1}); p.send(out, p.PIXELS, b'abc'); p.send_json(out, p.FACTS, {}); "


def test_a_reader_of_manifests_that_dies_does_not_lose_the_picture(liar):
    picture = liar(PIXELS + "raise SystemExit").open(sample("PNG"))
    assert picture.rgb.tolist() == [[[97, 98, 99]]] and picture.facts["c2pa"]["state"] == "unreadable"


def test_a_reader_of_manifests_that_hangs_does_not_lose_the_picture(liar, monkeypatch):
    monkeypatch.setattr(process, "PROVENANCE_SECONDS", 0.3)
    assert liar(PIXELS).open(sample("PNG")).facts["c2pa"]["state"] == "not checked"
