"""What views say about a picture, in words."""

from __future__ import annotations

from forensics_ui.words.refusals import other
from forensics_ui.words.templates import Sentence, Values, always, template


def _check_result(values: Values) -> str:
    what = "minus the score" if values["minus"] else "the score"
    drop, mean, sd = values["drop"], values["random_mean"], values["random_sd"]
    clear = drop > mean + 2 * sd
    meaning = f"{what} does depend on what the map marks" if clear else f"the map marks nothing that {what} depends on more than on any other place"
    return f"replacing the marked {values['share']:.0%} lowers {what} by {drop:+.3f}, random regions of the same shape by {mean:+.3f} ± {sd:.3f}: {meaning}."


def _check_of(values: Values) -> str:
    on_crop = " (on the aligned centre crop, because the picture is large)" if values["on_crop"] else ""
    return f"{values['title']}{on_crop}: {other(values['why'])}"


def _check_in_favour(values: Values) -> str:
    return f"{values['title']}, in favour of {values['side']}: {other(values['why'])}"


CHECK: dict[str, Sentence] = {
    "check_few_places": template("no deletion check: the map has fewer than {fewest} places that lie wholly inside."),
    "check_of_flat_map": always("no deletion check: the map is flat and marks nothing."),
    "check_result": _check_result,
    "check_of": _check_of,
    "check_in_favour": _check_in_favour,
}
SENTENCES: dict[str, Sentence] = {**CHECK}
