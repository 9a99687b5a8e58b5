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


def _sentence(values: Values) -> str:
    """A clause with a capital and a full stop."""
    clause = other(values["why"])
    return clause[0].upper() + clause[1:] + "."


def _shares(values: Values) -> str:
    return ", ".join(f"{name} {share:.1%}" for name, share in values["shares"].items())


def _zeros_of_others(values: Values) -> str:
    return (
        f"One pixel in every cell, {values['itself']:.1%} of all, is compared with itself and is zero by construction; "
        f"among the others: {_shares(values)}."
    )


NPR: dict[str, Sentence] = {
    "as_sentence": _sentence,
    "npr_zeros": lambda values: f"Differences of exactly zero: {_shares(values)}.",
    "npr_zeros_of_others": _zeros_of_others,
    "inverted_means": always("Inverted means reconstructed by a generator; it is not a colour negative."),
    "pictures_identical": always("The two pictures are identical, pixel by pixel."),
    "pictures_differ": template("The two pictures differ by {psnr:.2f} dB PSNR (more is closer), compared with {by}."),
    "no_correlation": lambda values: f"No correlation is given for {', '.join(values['names'])}: one of the two maps is flat.",
}


def _ghosts(values: Values) -> str:
    qualities = values["qualities"]
    these = "these qualities" if len(qualities) > 1 else "this quality"
    return f"The curve dips at {', '.join(map(str, qualities))}: the picture looks as if it had been saved as JPEG at {these}."


SAVES: dict[str, Sentence] = {
    "save_changes": template(
        "A save at quality {quality} leaves {unchanged:.1%} of the pixels as they are and changes none by more than {largest} levels."
    ),
    "no_ghost": template(
        "No quality from {low} to {high} stands out: on this grid the picture shows no trace of a JPEG save with standard tables, "
        "or it was saved at a higher quality."
    ),
    "ghosts": _ghosts,
    "several_saves": always("More than one dip speaks for more than one save, as every edit of a JPEG makes."),
    "ghost_explained": template("The dip at {quality} follows from the save at {base}, whose steps are a multiple of its steps."),
    "residual_spread": template("The residual has a standard deviation of {sd:.2f} levels; {zero_share:.1%} of the pixels equal their smooth part."),
    "residual_of_blocks": template("From block to block it ranges from {least:.2f} to {largest:.2f} levels, half of them below {median:.2f}."),
}


def _computed_on(values: Values) -> str:
    notes = "; ".join(other(each) for each in values["parts"])
    return f"{values['title']}: computed on {values['width']} x {values['height']} pixels{': ' + notes if notes else ''}."


def _looks_at(values: Values) -> str:
    notes = "; ".join(other(each) for each in values["parts"])
    return f"{values['title']}, {values['rule']}: looks at {values['share']:.1%} of the pixels{f' ({notes})' if notes else ''}."


MAPS: dict[str, Sentence] = {
    "no_evidence": template("{title} does not say where its score comes from."),
    "evidence_sum": template(
        "{title}: bias {bias:+.4f}, places towards generated {generated:+.4f}, places towards real {real:+.4f}: "
        "together {together:+.4f}; the logit shown is {logit:+.4f}."
    ),
    "evidence_flat": template("{title}: the map is flat; it says nothing about places."),
    "evidence_stretched": template("{title} looked at a squashed copy; its map is stretched back over the picture."),
    "cam_approximate": always("These maps are approximate: they do not add up to the score. 'Where the score comes from' shows the exact ones."),
    "cam_range": template("{title}, {layer}: raw values from {low:.3g} to {high:.3g}."),
    "cam_computed_on": _computed_on,
    "cam_flat": template("{title}: the map is flat; this method finds no place that matters more than another."),
    "cam_empty": template("{title}: no place speaks for {side} by this method, so the map is empty where it is cut at zero."),
    "cam_blind": template("{title}: {method} does not look at the score at all; its map is the same for either side."),
    "looks_at": _looks_at,
    "topk_sum": template("Bias {bias:+.4f} and {count} terms {terms:+.4f} make {total:+.4f}; the logit shown is {logit:+.4f}."),
    "topk_part": template(
        "The first {k} ranks of each channel, with the bias, make {total:+.4f}. The network was trained with "
        "{trained}: this is the part of its score that the strongest places carry, not the score it would give with K = {k}."
    ),
    "topk_places": template("These terms lie at {distinct} places of {places}; each looks at {field} x {field} pixels."),
}
FLIPS = {"jpeg": "JPEG quality q = {}", "webp": "WebP quality q = {}", "resize": "a resize to {} times its size"}


def _as_it_is(values: Values) -> str:
    side = "above" if values["above"] else "below"
    limit = f"{values['limit']:+.3f} ({values['origin']})"
    return f"{values['title']}: the score as it is, {values['logit']:+.3f}, is {side} the threshold {limit}."


def _flips_at(values: Values) -> str:
    change = FLIPS[values["series"]].format(values["at"])
    return f"{values['title']}: the verdict flips at {change}: the score goes {values['to']} the threshold."


CHANGES: dict[str, Sentence] = {
    "box_aligned": template("The box was aligned to {width} x {height} pixels at {left}, {top}: the detectors' grids begin at multiples of 8."),
    "tiles_overlap": always(
        "The last tiles of a row or column are moved back into the picture, so that all have one size; they overlap their neighbours."
    ),
    "box_scores": template("{title}: the box scores {logit:+.3f}."),
    "rest_scores": template("{title}: {tiles} tiles outside the box score {mean:+.3f} on average, {highest:+.3f} at most."),
    "tiles_above": template("{title}: {above} of {count} tiles lie above the threshold {limit:+.3f} ({origin})."),
    "scored_whole": template("Every version was scored under the input rule {rule}."),
    "scored_middle": template("The middle {width} x {height} pixels were changed and scored under the input rule {rule}, not the whole picture."),
    "score_as_it_is": _as_it_is,
    "flips_at": _flips_at,
    "flips_when": template("{title}: the verdict flips when the picture is {change}."),
    "no_flip": template("{title}: no change that was tried flips the verdict."),
}


def _generator_named(values: Values) -> str:
    return f"The file itself names a generator ({', '.join(values['names'])}). This is a claim in its metadata, which anybody can write."


FILE: dict[str, Sentence] = {
    "name_says_other_format": template("The name says {declared}, the content is {detected}."),
    "rows_missing": template("Only {complete:.0%} of the rows could be decoded."),
    "generator_named": _generator_named,
    "no_generator_named": always("The file names no generator. Most programs and sites remove such marks."),
    "content_credentials": lambda values: f"Content credentials: {other(values['why'])}",
    "c2pa_valid": always("valid: content credentials are in the file and their signature fits it. They say who signed what, not that it is true."),
    "c2pa_invalid": always(
        "invalid: content credentials are in the file but do not fit it. It was changed after signing, or they were made for another file."
    ),
    "c2pa_absent": always("absent: the file has no content credentials. Most files have none; this says nothing about its origin."),
    "c2pa_unreadable": always("unreadable: there seem to be content credentials, but they could not be read. This says nothing about the picture."),
    "c2pa_not_checked": always("not checked: whether the file has content credentials is not known."),
}
SENTENCES: dict[str, Sentence] = {**CHECK, **NPR, **SAVES, **MAPS, **CHANGES, **FILE}
