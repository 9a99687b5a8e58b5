"""Bytes to a loaded Pillow image, strictly or in part. Runs in the decoder process only."""

from __future__ import annotations

import contextlib
import io
import re
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pillow_heif
from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    ImageFile,
    JpegImagePlugin,
    MpoImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from forensics_ui.core.errors import BadImage, DecodeMemory, TooLarge, TruncatedImage, UnsupportedFormat
from forensics_ui.core.reasons import because
from forensics_ui.core.settings import Limits

pillow_heif.register_heif_opener(thumbnails=False)

# Imported by name so that Pillow never goes looking through its other parsers for one that knows these formats.
PLUGINS = (AvifImagePlugin, BmpImagePlugin, GifImagePlugin, JpegImagePlugin, MpoImagePlugin, PngImagePlugin, TiffImagePlugin, WebPImagePlugin)
ORIENTATION = 0x0112
# Formats whose rows are stored one after the other, so that a torn file still has some.
PARTIAL = ("JPEG", "PNG", "BMP", "GIF", "TIFF")


def check_size(width: int, height: int, limits: Limits) -> None:
    """Refuse what the header announces before a single pixel is decoded."""
    if width < 1 or height < 1:
        raise BadImage(because("no_size", width=width, height=height))
    if max(width, height) > limits.side:
        raise TooLarge(because("side_too_long", width=width, height=height, limit=limits.side))
    if width * height > limits.pixels:
        raise too_many(width * height, limits)


def too_many(pixels: int, limits: Limits) -> TooLarge:
    """The refusal that names the limit and the value that broke it."""
    return TooLarge(because("too_many_pixels", pixels=pixels, limit=limits.pixels))


@contextlib.contextmanager
def bomb_guard(limits: Limits) -> Iterator[None]:
    """Pillow's own bomb check at our limit, its warning an error, for the time of one picture."""
    before = Image.MAX_IMAGE_PIXELS
    Image.MAX_IMAGE_PIXELS = limits.pixels
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            yield
    finally:
        Image.MAX_IMAGE_PIXELS = before


@contextlib.contextmanager
def truncation_allowed() -> Iterator[None]:
    """Let Pillow stop where the data stops, for the time of one load."""
    before = ImageFile.LOAD_TRUNCATED_IMAGES
    ImageFile.LOAD_TRUNCATED_IMAGES = True
    try:
        yield
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = before


def open_header(data: bytes, kind: str, limits: Limits) -> Any:
    """Read the header with the one parser of this format and check what it announces."""
    image = Image.open(io.BytesIO(data), formats=[kind])
    if kind == "TIFF":
        keep_orientation(image)
    check_size(*image.size, limits)
    return image


def keep_orientation(image: Any) -> None:
    """Stop Pillow from turning a TIFF as its orientation tag asks: pixels stay as they are stored, the tag becomes a fact."""
    tags = image.getexif()
    image.info["original_orientation"] = tags.get(ORIENTATION)
    tags[ORIENTATION] = 1
    image.tag_v2.pop(ORIENTATION, None)
    image._size = image._tile_size


def load(data: bytes, kind: str, limits: Limits, *, partial: bool, ends_early: bool) -> tuple[Any, float]:
    """The loaded image and the share of its rows that could be decoded."""
    try:
        with bomb_guard(limits):
            image = open_header(data, kind, limits)
            image.load()
            check_size(*image.size, limits)
        return image, 1.0
    except BadImage:
        raise
    except Exception as error:
        reason = explain(error, kind, limits, ends_early)
    if not partial or not isinstance(reason, TruncatedImage):
        raise reason
    if kind not in PARTIAL:
        raise TruncatedImage(because("no_whole_rows", format=kind))
    with bomb_guard(limits), truncation_allowed():
        return load_part(data, kind, limits)


def load_part(data: bytes, kind: str, limits: Limits) -> tuple[Any, float]:
    """Decode twice over two different backgrounds: what shows the background both times was never decoded."""
    try:
        image = load_over(data, kind, limits, bright=False)
        missing = undecoded_rows(image, load_over(data, kind, limits, bright=True))
    except (BadImage, MemoryError):
        raise
    except Exception as error:
        raise TruncatedImage(because("ends_before_rows")) from error
    share = (image.height - missing) / image.height
    if share <= 0 and image.info.get("progressive"):
        with contextlib.suppress(Exception):
            # Only with an end marker put behind it does the decoder show what the passes so far say.
            return load_over(data + b"\xff\xd9", kind, limits, bright=False), 0.0
    if share <= 0:
        raise TruncatedImage(because("ends_in_first_row"))
    return image, share


def load_over(data: bytes, kind: str, limits: Limits, *, bright: bool) -> Any:
    """Decode what is there over a dark or a bright background."""
    image = open_header(data, kind, limits)
    prepare = image.load_prepare

    def prepare_background() -> None:
        prepare()
        bands = image.im.bands
        colour = ((255,) * bands if bands > 1 else 1) if bright else ((0,) * bands if bands > 1 else 0)
        image.im.paste(colour, (0, 0, *image.im.size))

    image.load_prepare = prepare_background
    # Otherwise Pillow puts an end marker behind a torn JPEG, and libjpeg invents the rows that are missing.
    image._ended = True
    image.load()
    check_size(*image.size, limits)
    return image


def undecoded_rows(dark: Image.Image, bright: Image.Image) -> int:
    """How many rows have a pixel that kept its background in both."""
    missing = 0
    rows = max(1, 2**22 // dark.width)
    for top in range(0, dark.height, rows):
        box = (0, top, dark.width, min(top + rows, dark.height))
        low, high = (np.asarray(image.crop(box)).reshape(box[3] - top, -1) for image in (dark, bright))
        missing += int((low != high).any(axis=1).sum())
    return missing


def partial_sentences(complete: float, height: int) -> list[str]:
    """What has to be said of a picture of which a part is missing."""
    if complete >= 1:
        return []
    if complete <= 0:
        return ["Partial: a progressive JPEG that breaks off; every row is shown as far as its passes go, none is complete."]
    return [f"Partial: {round(complete * height)} of {height} rows could be decoded; the others are black."]


def explain(error: Exception, kind: str, limits: Limits, ends_early: bool = False) -> BadImage:
    """Any exception of a decoder as one of ours, with its reason."""
    if isinstance(error, MemoryError):
        return DecodeMemory(because("decoder_memory"))
    if isinstance(error, (Image.DecompressionBombError, Image.DecompressionBombWarning)):
        # Pillow says only in its message how many pixels there are.
        pixels = re.search(r"\d+", str(error))
        return too_many(int(pixels.group()) if pixels else limits.pixels + 1, limits)
    text = f"{type(error).__name__}: {error}"
    if ends_early or isinstance(error, EOFError) or "truncated" in text.lower():
        return TruncatedImage(because("ends_early"))
    if isinstance(error, Image.UnidentifiedImageError):
        return BadImage(because("header_unreadable", format=kind))
    if isinstance(error, NotImplementedError):
        return UnsupportedFormat(because("unknown_variant", format=kind, problem=str(error)))
    return BadImage(because("decoder_gave_up", format=kind, problem=text))
