"""Why detectors, the service and views refuse or fail, in words."""

from __future__ import annotations

from typing import Any

from forensics_ui.core.reasons import Reason
from forensics_ui.words.templates import Sentence, Values, always, template

TOO_SMALL_FOR_A_CELL = "the picture is {width} x {height} pixels, too small for a single {cell} x {cell} cell"
OTHER_SIZE = (
    "the second picture is {width} x {height} pixels and the first {first_width} x {first_height}: only pictures of one size "
    "can be compared pixel by pixel, and resizing would itself change what is compared"
)
SECOND = "give a second picture; the built-in inverter"


def _no_such_detector(values: Values) -> str:
    return f"There is no detector called {values['name']!r}; there are: {', '.join(values['known'])}."


def _no_such_device(values: Values) -> str:
    return f"There is no device called {values['name']!r}; there are auto, {', '.join(values['known'])}."


def _no_clip_tower(values: Values) -> str:
    return f"These weights hold no CLIP image tower: {values['missing']} is missing."


def _ready(values: Values) -> str:
    slow = "; slow on this device" if values["slow"] else ""
    return f"{values['title']} is ready to use with the weights {values['weights']!r}{slow}."


def _inverter_broken(values: Values) -> str:
    return f"{SECOND} cannot be used: {other(values['why']).rstrip('.')}"


def _of_detector(values: Values) -> str:
    return f"{values['title']}: {other(values['why'])}."


def _of_each(values: Values) -> str:
    return " ".join(other(each) for each in values["parts"]).rstrip(".")


def _all_of(values: Values) -> str:
    return "; ".join(other(each) for each in values["parts"])


def other(part: Any) -> str:
    """The sentence of a reason inside another, which records keep as a dictionary."""
    from forensics_ui.words import say

    return say(part if isinstance(part, Reason) else Reason.from_dict(part))


DETECTORS: dict[str, Sentence] = {
    "too_small_for_lfm": template(
        "the picture is too small for LFM: {width} x {height} pixels give {places} places to look at, and it needs {needed} (48 x 48 pixels have them)"
    ),
    "too_small_for_npr": template(
        "the picture is too small for NPR: {width} x {height} pixels, where {smallest} each way are the least that leaves 16 places to average over"
    ),
    "too_small_for_prc": template(
        "the picture is too small for PRC: {width} x {height} pixels, where {smallest} each way are the least in which all its patterns occur"
    ),
    "too_small_for_univfd": template(
        "the picture is too small for UnivFD: {width} x {height} pixels, where {smallest} each way are needed without resampling or borders"
    ),
    "too_small_to_rebuild": template("the picture is too small to be rebuilt: {smallest} pixels each way are needed"),
    "tensors_do_not_fit": template("These weights are not those of a {title} network: {count} tensors do not fit, the first is {first!r}."),
    "not_prc_tensors": template("These weights are not those of PRC: {count} tensors do not fit, the first is {first!r}."),
    "not_prc_power": template("These weights are not those of PRC: {name!r} is one number above 0, at most 1."),
    "no_block_head": template("These weights are no head on the blocks of a CLIP tower of {blocks} blocks and width {width}."),
    "no_linear_head": template("These weights are not a linear head on {features} CLIP features."),
    "no_clip_tower": _no_clip_tower,
    "other_tower_side": template("This CLIP tower takes {tower} pixels a side, UnivFD gives it {given}."),
    "not_the_inverter": always("These weights are not those of the built-in inverter."),
}
SERVICE: dict[str, Sentence] = {
    "no_such_detector": _no_such_detector,
    "detector_ready": _ready,
    "no_such_device": _no_such_device,
    "device_not_here": template("The device {name!r} was asked for, but this PyTorch ({torch}) finds none here; use 'auto' or 'cpu'."),
    "queue_full": template("{waiting} pictures are waiting already, and more are not let in; try again in a moment."),
    "service_is_closed": always("The detector service is closed."),
    "service_was_closed": always("The detector service was closed."),
    "service_closed_before_turn": always("The detector service was closed before this picture's turn."),
    "analysis_cancelled": always("The analysis was cancelled."),
    "not_finite": template("The network of {detector} gave no finite number for this picture."),
    "device_memory": template(
        "The memory of the device is too small for {detector} on this picture; close other programs, or try the input rule 'crop'."
    ),
    "network_failed": template("The network of {detector} failed on this picture ({error}); other pictures are not affected."),
    "loading_memory": template("There is not enough memory to load the weights of {detector}."),
    "loading_failed": template("Loading the weights of {detector} failed ({error})."),
}
VIEWS: dict[str, Sentence] = {
    "weights_not_installed": template("{title} cannot be used here: its weights are not installed"),
    "no_weights_at_all": always("no detector can be used here: no weights are installed"),
    "no_detector": always("no detector can be used here"),
    "no_topk_detector": always("no detector that can be used here adds up Top-K terms; LFM does, and its weights are not installed"),
    "no_layers": template(
        "{title} is no network whose layers gradient methods could look into; where its score comes from is exact, in the view of that name"
    ),
    "too_small_for_a_cell": template(TOO_SMALL_FOR_A_CELL),
    "no_whole_cell_in_box": template(
        "the box {x}, {y}, {box_width} x {box_height} holds no whole cell of the picture, which is {width} x {height} pixels"
    ),
    "nothing_to_score": always("there is nothing to score: draw a box, or switch the tile map on"),
    "one_pass_per_channel": template("{method} needs one pass of the whole network per channel, which takes hours for this one"),
    "too_many_places": template(
        "{method} compares every place with every other: {places:,} places are too many, {most:,} the most; choose a later layer"
    ),
    "second_of_other_size": template(OTHER_SIZE),
    "smaller_than_window": template("the picture is {width} x {height} pixels, smaller than the window of {window}"),
    "too_small_to_compare": template("the picture is {width} x {height} pixels; {smallest} each way are the least that can be compared"),
    "no_inverter": always(f"{SECOND}'s weights are not installed"),
    "inverter_broken": _inverter_broken,
    "of_detector": _of_detector,
    "of_each": _of_each,
    "all_of": _all_of,
}
OWN_REALS: dict[str, Sentence] = {
    "bad_set_name": always("A set of photographs is named with letters, digits, spaces, '.', '-' and '_', beginning with a letter or digit."),
    "no_such_set": template("There is no stored set of own photographs called {name!r}; stored: {known}. `reals make FOLDER` makes one."),
    "set_damaged": template("The stored set {name!r} is damaged or was changed by hand; make it again from its folder."),
}
SENTENCES: dict[str, Sentence] = {**DETECTORS, **SERVICE, **VIEWS, **OWN_REALS}
