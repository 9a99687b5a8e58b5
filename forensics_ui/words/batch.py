"""Why a file of a folder is not scored, in words."""

from __future__ import annotations

from forensics_ui.words.templates import Sentence, Values, always, template


def _unlisted(values: Values) -> str:
    return f"the folder cannot be listed ({values['problem'] or 'unknown reason'})"


SKIPPED: dict[str, Sentence] = {
    "skipped_link": template("{what}"),
    "skipped_junction": always("a junction, which is not followed"),
    "skipped_kind": template("{what}"),
    "skipped_empty": always("an empty file"),
    "skipped_too_long": template("larger than the limit of {limit:,} bytes"),
    "skipped_not_a_picture": template("not a picture that can be opened: {what}"),
    "skipped_hidden": always("hidden, or the system's own"),
    "skipped_unlisted": _unlisted,
    "skipped_own_results": always("the app's own folder of results"),
    "skipped_too_deep": template("deeper than {most} folders"),
    "skipped_other_disk": always("on another disk"),
    "skipped_seen_folder": always("a folder that was already seen"),
    "skipped_too_many": template("the folder holds more than {most:,} pictures: this one and those after it are left out"),
    "skipped_gone": always("it was there earlier in this run and is gone"),
}
RUNS: dict[str, Sentence] = {
    "program_failed": template("Something went wrong inside this program ({error}); other pictures are not affected."),
}
SENTENCES: dict[str, Sentence] = {**SKIPPED, **RUNS}
