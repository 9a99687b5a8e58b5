from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from intake_samples import FORMATS, decoded, encode, photograph, sample
from PIL import Image

from forensics_ui.core.errors import BadImage, DecoderDied, DecodeTimeout
from forensics_ui.core.settings import PROJECT, Limits
from forensics_ui.imaging.open import Intake
from tests.refusals import refused

posix = pytest.mark.skipif(sys.platform == "win32", reason="signals exist on POSIX systems only")


def running(intake: Intake) -> list[int]:
    return [decoder.pid for decoder in intake._running]


def slow_picture() -> bytes:
    """Takes a good part of a second to decode, so that something can happen meanwhile."""
    return encode(Image.new("RGB", (9_000, 9_000), (9, 99, 199)), "PNG", compress_level=1)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    # Ended, but not yet collected by whoever inherited it: that counts as gone.
    return not (status.exists() and status.read_text().rsplit(")", 1)[1].split()[0] == "Z")


def kill_soon(intake: Intake, number: int, seconds: float = 0.15) -> None:
    def act() -> None:
        time.sleep(seconds)
        for pid in running(intake):
            os.kill(pid, number)

    threading.Thread(target=act).start()


@posix
def test_a_decoder_killed_at_work_is_one_error_and_the_next_picture_opens():
    with Intake() as intake:
        intake.open(sample("PNG"))
        before, data = running(intake), slow_picture()
        kill_soon(intake, signal.SIGKILL)
        with refused(DecoderDied, "Nothing else is affected"):
            intake.open(data)
        assert np.array_equal(intake.open(sample("JPEG")).rgb, decoded(sample("JPEG")))
        assert running(intake) != before and not alive(before[0])


@posix
def test_a_decoder_killed_while_idle_is_replaced_unnoticed():
    with Intake() as intake:
        intake.open(sample("PNG"))
        os.kill(running(intake)[0], signal.SIGKILL)
        time.sleep(0.2)
        assert intake.open(sample("PNG")).width == 64


@posix
def test_a_hanging_decoder_is_stopped_when_its_time_is_up():
    with Intake(Limits(seconds=1.0)) as intake:
        intake.open(sample("PNG"))
        stuck = running(intake)[0]
        os.kill(stuck, signal.SIGSTOP)
        start = time.monotonic()
        with refused(DecodeTimeout, "1 seconds"):
            intake.open(sample("PNG"))
        assert 0.9 < time.monotonic() - start < 5 and not alive(stuck)
        assert intake.open(sample("PNG")).width == 64


@posix
def test_a_file_that_ended_three_decoders_is_not_tried_again():
    data = sample("PNG")
    with Intake(Limits(seconds=0.3)) as intake:
        for _ in range(3):
            intake.open(sample("JPEG"))
            os.kill(running(intake)[0], signal.SIGSTOP)
            with pytest.raises(DecodeTimeout):
                intake.open(data)
        with refused(DecoderDied, "not tried again"):
            intake.open(data)
        assert intake.open(sample("JPEG")).width == 64
    with Intake() as another:
        assert another.open(data).width == 64


def test_many_threads_each_get_their_own_picture():
    files = {index: encode(photograph(40 + index, 30, seed=index), "PNG") for index in range(24)}
    with Intake(workers=3) as intake:
        with ThreadPoolExecutor(12) as pool:
            pictures = list(pool.map(lambda index: (index, intake.open(files[index % 24])), range(96)))
        assert len(running(intake)) <= 3
    for index, picture in pictures:
        assert picture.sha256 == hashlib.sha256(files[index % 24]).hexdigest()
        assert np.array_equal(picture.rgb, decoded(files[index % 24]))


def test_closing_ends_the_processes_and_whoever_waits():
    intake = Intake()
    intake.open(sample("PNG"))
    pids, data = running(intake), slow_picture()
    outcome: list[object] = []

    def work() -> None:
        try:
            outcome.append(intake.open(data))
        except BadImage as error:
            outcome.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    time.sleep(0.1)
    intake.close()
    thread.join(20)
    assert not thread.is_alive() and outcome and not any(alive(pid) for pid in pids)
    with refused(BadImage, "closed"):
        intake.open(sample("PNG"))


def test_prestart_has_a_process_ready():
    with Intake() as intake:
        intake.prestart()
        deadline = time.monotonic() + 30
        while not running(intake) and time.monotonic() < deadline:
            time.sleep(0.02)
        (ready,) = running(intake)
        intake.open(sample("PNG"))
        assert running(intake) == [ready]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_the_decoder_is_limited_and_inherits_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv("SECRET_TOKEN", "visible")
    with open(tmp_path / "open.txt", "w") as stream, Intake(Limits(memory_bytes=2 * 1024**3)) as intake:
        os.set_inheritable(stream.fileno(), True)
        report = intake.isolation_report()
        for kind in FORMATS:
            intake.open(sample(kind))
        (pid,) = running(intake)
        limits = open(f"/proc/{pid}/limits").read()
        environment = open(f"/proc/{pid}/environ").read()
        files = [os.readlink(f"/proc/{pid}/fd/{each}") for each in os.listdir(f"/proc/{pid}/fd")]
        modules = open(f"/proc/{pid}/maps").read()
        networks = open(f"/proc/{pid}/net/dev").read().count(":")
    assert report["process"] == "separate" and report["memory_limit_bytes"] == 2 * 1024**3
    assert report["can_dump_core"] is False and report["can_write_files"] is False
    assert f"Max address space         {2 * 1024**3}" in limits and "Max core file size        0" in limits
    assert "SECRET" not in environment and "HOME=" not in environment
    assert not any("open.txt" in each or "socket" in each for each in files)
    assert "torch" not in modules
    assert report["can_use_network"] or networks == 1  # the loopback of its own, which leads nowhere


NOISE = "import os; from forensics_ui.imaging.worker import take_stdio; _, answers = take_stdio(); os.write(1, b'noise'); print('more', flush=True); answers.write(b'answer')"


def test_noise_on_standard_output_does_not_reach_the_answers():
    done = subprocess.run([sys.executable, "-c", NOISE], cwd=PROJECT, capture_output=True, timeout=60, check=True)
    assert done.stdout == b"answer" and b"noise" in done.stderr and b"more" in done.stderr


ORPHAN = "import os; from forensics_ui.imaging.open import Intake; i = Intake(); i.isolation_report(); print([d.pid for d in i._running][0], flush=True); os.kill(os.getpid(), 9)"


@posix
def test_a_decoder_whose_app_was_killed_ends_by_itself():
    done = subprocess.run([sys.executable, "-c", ORPHAN], cwd=PROJECT, capture_output=True, timeout=60, check=False)
    pid, deadline = int(done.stdout), time.monotonic() + 20
    while alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not alive(pid)
