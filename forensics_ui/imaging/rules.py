"""The three input rules: which pixels of a picture a network receives. Nothing here resamples but `squash`.

native: the whole picture, less the last row or column that fills no 2 x 2 cell.
crop:   a centre crop whose left and top are multiples of 8, so that the NPR grid and the feature map keep their phase.
paper:  what the authors' test code does; for NPR and LFM that is a squash to 256 x 256, which *writes* traces (see SPEC).
"""

from __future__ import annotations

import numpy as np
from PIL import Image

from forensics_ui.core.reasons import Reason, fact
from forensics_ui.core.types import Box, InputRule, Prepared, Seen
from forensics_ui.imaging.npr import trimmed, whole_cells

ALIGNMENT = 8


def cut(rgb: np.ndarray, rule: InputRule, box: Box, notes: tuple[Reason, ...] = ()) -> Prepared:
    """The pixels of a box as they are."""
    block = rgb[box.top : box.top + box.height, box.left : box.left + box.width]
    return Prepared(block, Seen(rule, box, (box.width, box.height), notes=notes))


def native(rgb: np.ndarray) -> Prepared:
    """The whole picture, in whole cells."""
    block = whole_cells(rgb)
    left_out = trimmed(rgb.shape[1], rgb.shape[0])
    return cut(rgb, "native", Box(0, 0, block.shape[1], block.shape[0]), (left_out,) if left_out else ())


def aligned_crop(rgb: np.ndarray, side: int = 256) -> Prepared:
    """The aligned centre crop; a picture smaller than the crop in a direction is used whole in that direction."""
    height, width = rgb.shape[:2]
    left, crop_width = _aligned(width, side)
    top, crop_height = _aligned(height, side)
    notes = [fact("only_centre", width=crop_width, height=crop_height)] if (crop_width, crop_height) != (width, height) else []
    return cut(rgb, "crop", Box(left, top, crop_width, crop_height), tuple(notes))


def _aligned(length: int, side: int) -> tuple[int, int]:
    """Where the crop starts, and how long it is, in one direction."""
    if length < side:
        return 0, length // 2 * 2
    return (length - side) // 2 // ALIGNMENT * ALIGNMENT, side


def squash(rgb: np.ndarray, side: int = 256) -> Prepared:
    """Squash to side x side with Pillow's bilinear filter, aspect ratio lost, as the authors of NPR and LFM test."""
    height, width = rgb.shape[:2]
    if (width, height) == (side, side):
        return cut(rgb, "paper", Box(0, 0, side, side))
    block = np.asarray(Image.fromarray(rgb).resize((side, side), Image.Resampling.BILINEAR))
    note = fact("squashed", width=width, height=height, side=side)
    return Prepared(block, Seen("paper", Box(0, 0, width, height), (side, side), resampled=True, notes=(note,)))


def centre_crop_padded(rgb: np.ndarray, side: int = 224) -> Prepared:
    """torchvision's CenterCrop, as the authors of UnivFD test: the exact centre, with black borders where the picture is smaller."""
    height, width = rgb.shape[:2]
    # torchvision pads on both sides first, the odd pixel at the far side, and crops afterwards, rounding half to even.
    pad_top, pad_left = max(0, side - height) // 2, max(0, side - width) // 2
    padded_height, padded_width = max(side, height), max(side, width)
    top, left = round((padded_height - side) / 2), round((padded_width - side) / 2)
    if padded_height == height and padded_width == width:
        return cut(rgb, "paper", Box(left, top, side, side), _centre_note(side, width, height))
    canvas = np.zeros((padded_height, padded_width, 3), np.uint8)
    canvas[pad_top : pad_top + height, pad_left : pad_left + width] = rgb
    block = canvas[top : top + side, left : left + side]
    box = Box(left if width >= side else 0, top if height >= side else 0, min(side, width), min(side, height))
    note = fact("black_borders", side=side)
    return Prepared(block, Seen("paper", box, (side, side), padded=True, notes=(note,)))


def _centre_note(side: int, width: int, height: int) -> tuple[Reason, ...]:
    return () if (width, height) == (side, side) else (fact("only_centre", width=side, height=side),)
