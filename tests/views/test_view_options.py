from __future__ import annotations

import math

import numpy as np
import pytest

from forensics_ui.views import VIEWS
from forensics_ui.views.base import Option
from forensics_ui.views.common import plain_value

GAIN = Option("gain", "Gain", 8.0, low=1, high=64)
CELL = Option("l", "Cell size l", 2, low=2, high=16)
CHECK = Option("check", "Check", False)
SIZE = Option("size", "Window", 3, choices=(3, 5, 7))


@pytest.mark.parametrize(
    ("option", "given", "kept"),
    [(GAIN, "16", 16.0), (CELL, 4.0, 4), (CELL, "4", 4), (CHECK, "yes", True), (CHECK, "0", False), (SIZE, "5", 5), (CELL, None, 2)],
)
def test_values_become_the_defaults_type(option, given, kept):
    assert option.parse(given) == kept and type(option.parse(given)) is type(kept)


@pytest.mark.parametrize(
    ("option", "given", "words"),
    [
        (GAIN, "nan", "not a number"),
        (GAIN, "inf", "not between"),
        (GAIN, "much", "not a number"),
        (CELL, "2.5", "not a whole number"),
        (CELL, 17, "not between 2 and 16"),
        (CHECK, "maybe", "neither yes nor no"),
        (SIZE, 4, "not one of 3, 5, 7"),
        (GAIN, [1], "not a number"),
    ],
)
def test_what_is_not_allowed_is_refused_with_what_is(option, given, words):
    with pytest.raises(ValueError, match=words):
        option.parse(given)


def test_an_unknown_option_is_named_with_the_known_ones():
    with pytest.raises(ValueError, match="no option 'colour'; it has l, reference, j"):
        VIEWS.get("npr_channels").parse({"colour": "red"})


@pytest.mark.parametrize("name", VIEWS.names())
def test_every_view_explains_itself_and_has_a_place(name):
    view = VIEWS.get(name)
    assert view.name == name and view.title
    assert view.shows.endswith(".") and view.misleads.endswith(".")
    for text in (view.shows, view.misleads):
        assert ". " not in text, "one sentence each"
        assert "authentic" not in text and "is fake" not in text
    defaults = view.parse({})
    assert view.parse({key: str(value) for key, value in defaults.items()}) == defaults


def test_no_two_views_share_a_place():
    orders = [view.order for _, view in VIEWS]
    assert len(set(orders)) == len(orders)


def test_numbers_become_json_without_what_is_not_finite():
    made = plain_value({"a": np.float32(0.5), "b": math.nan, "c": np.array([1, 2]), "d": (np.int64(3), None), 5: math.inf})
    assert made == {"a": 0.5, "b": None, "c": [1, 2], "d": [3, None], "5": None}
