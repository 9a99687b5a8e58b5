"""The sentences of verdicts, by the code of their reason."""

from __future__ import annotations

from collections.abc import Sequence

from forensics_ui.words.conditions import condition_in, here, of_such, unmeasured
from forensics_ui.words.detectors import listed, title_of
from forensics_ui.words.templates import Sentence, Values, always

STRICTEST = "the strictest limits of all measured conditions are used"
COUNTED = "how often this score is wrong was counted on pictures of up to"
NEARLY_ALL = 0.95


def _above_limit(values: Values) -> str:
    where = f" in this condition ({here(condition_in(values))})" if "condition" in values else ""
    said = f"the score lies above all but about {values['alarms'] * 100:g} % of the {values['n_real']} real pictures it was calibrated on{where}"
    return f"{said}{_weaker(values)}"


def _above_own(values: Values) -> str:
    return f"the score lies above the limit that your own photographs {values['name']!r} set{_weaker(values)}"


def _weaker(values: Values) -> str:
    """Why the word is not a stronger one."""
    why = values.get("weaker")
    if why == "young":
        return "; these weights are too young, or measured on too few pictures, for a stronger word than this"
    if why == "larger":
        return "; no stronger word than this is given to pictures larger than those measured"
    if why == "ratio":
        times = f"{values['ratio']:.1f}"
        return f"; generated pictures reach such scores {times} times as often, which is too little for a stronger word"
    if why == "apart":
        return "; but one detector stands alone against the others, so the word is a weaker one"
    return ""


def _ratio_too_small(values: Values) -> str:
    where = here(condition_in(values))
    return f"few real pictures score so high, but {where}, hardly more generated ones do (likelihood ratio {values['ratio']:.1f})"


def _high_but_common(values: Values) -> str:
    where = here(condition_in(values))
    return f"the score is high, but {where}, real pictures reach such scores nearly as often as generated ones"


def _low_but_blind(values: Values) -> str:
    where = of_such(condition_in(values))
    return f"the score is low, but on {where} this detector finds so few generated pictures that this says nothing"


def _partial(values: Values) -> str:
    return f"only {values['complete']:.0%} of the picture's rows could be read: a partial picture gets no verdict"


def _uncalibrated(values: Values) -> str:
    return (
        f"the score of the weights {values['weights']!r} under the input rule {values['rule']!r} is not calibrated: "
        f"nobody has measured how often it is wrong on pictures like this one"
    )


def _other_backbone(values: Values) -> str:
    own, _, below = values["weights"].partition("+")
    return (
        f"the limits of {own!r} were measured with other weights below it ({values['measured_on']!r}), "
        f"and those that are used here ({below!r}) do not see test pictures alike, so nobody has measured how often this score is wrong"
    )


def _papers_line(values: Values) -> str:
    side = "above" if values["above"] else "below"
    return (
        f"the papers' own test code draws its line at a logit of 0 and this one lies {side} it; "
        f"on other pictures than theirs that line is often wrong"
    )


def _larger(values: Values) -> str:
    if "longest" in values:
        return f"{COUNTED} {values['longest_measured']} pixels a side, and this one has {values['longest']}"
    counted, followed = values["counted"], values["followed"]
    also = f" and photographs' scores were followed up to {_megapixels(followed)}" if counted < followed else ""
    return f"{COUNTED} {_megapixels(counted)} megapixels{also}, and this one has {values['pixels'] / 1e6:.2f}"


def _larger_than_counted(values: Values) -> str:
    this = _megapixels(values["side"])
    return f"{COUNTED} {_megapixels(values['counted'])} megapixels; of larger ones, like this with {this}, only photographs were measured"


def _larger_levelled(values: Values) -> str:
    return f"{_larger(values)}; well below that size photographs' scores stop growing, so the same limits are used"


def _growth_taken_off(values: Values) -> str:
    offset = f"{values['offset']:.1f}"
    return f"larger pictures score higher, photographs too: {offset} was taken off this score before it was compared"


def _megapixels(side: float) -> str:
    return f"{side**2 / 1e6:.2f}"


def _ratio(values: Values) -> str:
    ratio = values["ratio"]
    more, less = ("generated", "real") if ratio > 1 else ("real", "generated")
    times = max(ratio, 1 / ratio)
    number = f"{times:.1f}" if times < 3 else f"{times:.0f}"
    capped = "at least" if values["capped"] else "about"
    return f"such a score is {capped} {number} times as common among {more} pictures as among {less} ones (likelihood ratio {ratio:.2g})"


def _blind(values: Values) -> str:
    """In whole numbers: most generated pictures are missed here."""
    condition, missed = condition_in(values), values["missed"]
    share = "nearly all" if missed >= NEARLY_ALL else f"{min(9, round(missed * 10))} of 10"
    if condition.unmeasured:
        closest = "in the closest condition that was measured"
        return f"{here(condition)}: {closest}, this detector misses {share} generated pictures"
    return f"{here(condition)}: this detector misses {share} generated pictures here"


def _error_rates(values: Values) -> str:
    condition = condition_in(values)
    closest = ", the closest condition that was measured" if condition.unmeasured else ""
    own = ", by the card's limit" if values["by_own"] else ""
    return (
        f"measured on {of_such(condition)}{closest}, their generators kept out of the training{own}: "
        f"it marks {values['fpr_at_some']:.0%} of {values['n_real']} real pictures "
        f"and finds {values['tpr_at_some']:.0%} of {values['n_fake']} generated ones"
    )


def _size_rates(values: Values) -> str:
    return (
        f"of {values['n_real']} real pictures of about this size ({values['size']}), "
        f"measured on {of_such(condition_in(values))}, it marks {values['fpr_at_some']:.0%}"
    )


def _weights_unmeasured(values: Values) -> str:
    return f"these weights were not measured on {of_such(condition_in(values))}: {STRICTEST}"


def _too_few_measured(values: Values) -> str:
    where = here(condition_in(values))
    return f"these weights were measured on only {values['n_real']} real pictures in this condition ({where}): {STRICTEST}"


def _own_not_scored(values: Values) -> str:
    return (
        f"your own photographs {values['name']!r} were not scored with these weights under the input rule "
        f"{values['rule']!r}, so they change nothing here"
    )


def _own_unmeasured(values: Values) -> str:
    return f"limits from own photographs go by conditions that were measured, so your own photographs {values['name']!r} change nothing here"


def _own_too_few(values: Values) -> str:
    where = here(condition_in(values))
    return (
        f"only {values['n']} of your own photographs {values['name']!r} are in this condition ({where}), and a limit of "
        f"their own needs {values['needed']}, so they change nothing here{_marked(values['marked'])}"
    )


def _own_limit(values: Values) -> str:
    where = here(condition_in(values))
    return (
        f"the limit comes from your own photographs {values['name']!r}: {values['n']} in this condition ({where}); "
        f"with {values['confidence']:.0%} confidence at most {values['alarms']:.0%} of such "
        f"photographs score as high{_marked(values['marked'])}"
    )


def _marked(marked: Values | None) -> str:
    """How many of them the card's own limit would mark."""
    if marked is None:
        return ""
    between = f"between {marked['low']:.1%} and {marked['high']:.1%} with {marked['confidence']:.0%} confidence"
    return f"; the card's limit marks {marked['count']} of these {marked['of']} ({between})"


def _lowered(values: Values) -> str:
    return (
        f"lowered from {values['band']!r} by the stability check: {_studied(values)} falls below its limit "
        f"when the picture is only {_shifted(values)}"
    )


def _not_steady(values: Values) -> str:
    return (
        f"not steady: {_studied(values)} rises above its limit when the picture is only {_shifted(values)}; "
        f"the stability check never raises a verdict"
    )


def _studied(values: Values) -> str:
    return "the score of the picture's middle" if values["of_middle"] else "the score"


def _shifted(values: Values) -> str:
    across, down = values["by"]
    return f"shifted by {across}, {down} pixels"


def _apart(values: Values) -> str:
    return f"the detectors pull apart: {_titles(values['for'])} for generation, {_titles(values['against'])} against it"


def _beyond(values: Values) -> str:
    names = values["detectors"]
    return f"{_titles(names)} {'score' if len(names) > 1 else 'scores'} this picture like none that the joined answer was calibrated on"


def _joined_parts(values: Values) -> str:
    parts = ", ".join(f"{title_of(part['detector'])} {part['added']:+.1f}" for part in values["parts"])
    return f"what each detector added, as the logarithm of a likelihood ratio: {parts}".replace("-", "\N{MINUS SIGN}")


def _titles(names: Sequence[str]) -> str:
    return listed([title_of(name) for name in names])


SENTENCES: dict[str, Sentence] = {
    "said": lambda values: str(values["words"]),
    "partial": _partial,
    "uncalibrated": _uncalibrated,
    "other_backbone": _other_backbone,
    "papers_line": _papers_line,
    "preliminary": always("these weights are preliminary: trained briefly on few pictures, to be replaced"),
    "above_limit": _above_limit,
    "above_own_limit": _above_own,
    "below_own_limit": always("the score lies below the limit of your own photographs, and how many generated pictures do so too was never measured"),
    "both_score_so": always("real and generated pictures both score like this"),
    "low": lambda values: f"the score is as low as most real pictures score, which does not prove a camera{_weaker(values)}",
    "low_but_blind": _low_but_blind,
    "high_but_common": _high_but_common,
    "ratio_too_small": _ratio_too_small,
    "ratio": _ratio,
    "ratio_alike": always("such a score is about as common among generated pictures as among real ones"),
    "blind": _blind,
    "error_rates": _error_rates,
    "size_rates": _size_rates,
    "larger_unknown": lambda values: f"{_larger(values)}; scores of larger pictures differ",
    "larger_levelled": _larger_levelled,
    "larger_than_counted": _larger_than_counted,
    "growth_taken_off": _growth_taken_off,
    "strictest_condition_unmeasured": lambda values: f"{unmeasured(condition_in(values))}: {STRICTEST}",
    "strictest_weights_unmeasured": _weights_unmeasured,
    "strictest_too_few": _too_few_measured,
    "own_not_scored": _own_not_scored,
    "own_condition_unmeasured": _own_unmeasured,
    "own_too_few": _own_too_few,
    "own_limit": _own_limit,
    "not_joined": always("too few detectors could score this picture to join what they say"),
    "apart": _apart,
    "beyond_range": _beyond,
    "joined_parts": _joined_parts,
    "lowered_by_study": _lowered,
    "not_steady": _not_steady,
}
