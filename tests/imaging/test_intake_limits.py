from __future__ import annotations

import os
import socket
import struct
import sys
import zlib

import pytest
from intake_samples import encode, photograph, sample
from PIL import Image

from forensics_ui.core.errors import BadImage, DecodeMemory, TooLarge
from forensics_ui.core.settings import Limits
from forensics_ui.imaging.open import Intake
from forensics_ui.words import sentence_of
from tests.refusals import refused


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_claiming(width: int, height: int, body: bytes = b"") -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + png_chunk(b"IDAT", zlib.compress(body)) + png_chunk(b"IEND", b"")


def test_over_the_byte_limit_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "sparse.png"
    with open(path, "wb") as stream:
        stream.truncate(Limits().file_bytes + 1)
    with Intake() as intake, refused(TooLarge, "209,715,201 bytes"):
        intake.open(path)


@pytest.mark.parametrize(
    ("width", "height", "words"), [(20_001, 1, "a side"), (1, 20_001, "a side"), (12_000, 10_001, "120.012 million"), (2**31 - 1, 2**31 - 1, "limit")]
)
def test_sizes_over_the_limit_are_refused_from_the_header(intake, width, height, words):
    with refused(TooLarge, words):
        intake.open(png_claiming(width, height))


@pytest.mark.parametrize("kind", ["JPEG", "GIF", "BMP", "WEBP", "TIFF", "AVIF", "HEIF"])
def test_every_format_is_held_to_the_limits(kind):
    with Intake(Limits(side=100, pixels=5_000)) as intake:
        with refused(TooLarge, "100 pixels a side"):
            intake.open(sample(kind, 128, 16))
        with refused(TooLarge, "million"):
            intake.open(sample(kind, 96, 64))


def test_a_picture_at_the_side_limit_is_opened(intake):
    assert intake.open(encode(Image.new("RGB", (20_000, 2), (1, 2, 3)), "PNG")).width == 20_000


def test_a_png_bomb_of_zeros_stays_within_the_limits(intake):
    bomb = png_claiming(60_000, 60_000, bytes(10_000_000))
    with pytest.raises(TooLarge):
        intake.open(bomb)
    # The same bytes behind a small header: what is too much is never unpacked.
    assert intake.open(png_claiming(10, 10, bytes(10_000_000))).rgb.max() == 0


def test_a_compressed_text_bomb_is_answered(intake):
    text = png_chunk(b"zTXt", b"parameters\0\0" + zlib.compress(bytes(100_000_000)))
    data = encode(photograph(), "PNG")
    with pytest.raises(BadImage):
        intake.open(data[:33] + text + data[33:])


def test_an_endless_gif_is_answered_by_its_first_frame(intake):
    first = sample("GIF")[:-1]
    frame = b"\x2c" + bytes(8) + b"\x00" + b"\x02\x01\x44\x00"
    picture = intake.open(first + frame * 600_000)
    assert picture.facts["frames"] > 100_000 and any("more than" in each for each in picture.facts["remarks"])


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux enforces a limit on address space")
def test_over_the_memory_limit_is_refused_and_the_next_picture_opens():
    with Intake(Limits(memory_bytes=400 * 1024**2)) as intake:
        with refused(DecodeMemory, "memory"):
            intake.open(encode(Image.new("RGB", (12_000, 9_000)), "PNG"))
        assert intake.open(sample("PNG")).width == 64


def test_what_is_no_regular_file_is_refused_by_what_it_is(intake, tmp_path):
    with refused(BadImage, "a folder"):
        intake.open(tmp_path)
    with refused(BadImage, "no such file"):
        intake.open(tmp_path / "missing.png")
    with refused(BadImage, "file name"):
        intake.open(str(tmp_path / "a\0b.png"))


@pytest.mark.skipif(sys.platform == "win32", reason="these exist on POSIX systems only")
def test_links_pipes_sockets_and_devices_are_refused_without_hanging(intake, tmp_path):
    (tmp_path / "real.png").write_bytes(sample("PNG"))
    (tmp_path / "link.png").symlink_to(tmp_path / "real.png")
    os.mkfifo(tmp_path / "pipe.png")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "s.png"))
        for name, words in (("link.png", "symbolic link"), ("pipe.png", "named pipe"), ("s.png", "a socket")):
            with refused(BadImage, words):
                intake.open(tmp_path / name)
    with refused(BadImage, "a device"):
        intake.open("/dev/zero")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_refused(intake, tmp_path):
    path = tmp_path / "secret.png"
    path.write_bytes(sample("PNG"))
    path.chmod(0)
    with refused(BadImage, "may not be read"):
        intake.open(path)


def test_no_refusal_names_a_path(intake, tmp_path):
    for source in (tmp_path, tmp_path / "missing.png"):
        with pytest.raises(BadImage) as refusal:
            intake.open(source)
        assert str(tmp_path) not in sentence_of(refusal.value)
