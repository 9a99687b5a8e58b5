"""Which set of own photographs verdicts are judged by: chosen by hand, kept over restarts, and told above every tab."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from forensics_ui.core.errors import ForensicsError
from forensics_ui.ui.kept import keep, kept
from forensics_ui.ui.text import escape, join
from forensics_ui.verdict import own_reals
from forensics_ui.weightstore.manifest import default_for, inspect

if TYPE_CHECKING:
    from forensics_ui.workbench import Workbench

KEY = "own_reals"
FALL_BACK = "Verdicts go by the cards of the weights alone."
NOT_KEPT = " The choice could not be written to the disk, so it lasts until the app ends."


def choose(workbench: Workbench, name: str | None) -> str:
    """Judge by this set from now on, and after a restart; None by none. Gives what is to be said about it; ForensicsError if it cannot be used."""
    own = own_reals.load(name, workbench.settings.data_dir) if name else None
    if own:
        _check(own, workbench)
    workbench.choose_own_reals(name)
    return "" if keep(workbench.settings.data_dir, **{KEY: name}) else NOT_KEPT


def choose_kept(workbench: Workbench) -> str:
    """Judge by the set that was chosen before the restart. Gives the sentence that says why not; the choice stays kept until another is made."""
    name = kept(workbench.settings.data_dir).get(KEY)
    if workbench.settings.own_reals or not isinstance(name, str):
        return ""  # what the environment names goes first
    try:
        _check(own_reals.load(name, workbench.settings.data_dir), workbench)
        workbench.choose_own_reals(name)
    except ForensicsError as problem:
        return f"The own photographs {name!r} that were chosen here are not used: {problem.user_message} {FALL_BACK}"
    return ""


def unlike(own: Mapping[str, Any], workbench: Workbench) -> tuple[list[str], list[str]]:
    """The detectors whose installed weights the set was scored with, and those that have other weights now."""
    same, other = [], []
    for detector in dict.fromkeys(part["detector"] for part in own["parts"]):
        folder = workbench.settings.weights_dir
        entry = default_for(detector, folder)
        # Of a detector that stands on another network the hash names both; the first is its own.
        scored_with = {str(part["weights_sha256"]).split("+")[0] for part in own["parts"] if part["detector"] == detector}
        (same if entry and inspect(entry, folder).sha256 in scored_with else other).append(detector)
    return same, other


def _check(own: Mapping[str, Any], workbench: Workbench) -> None:
    same, _ = unlike(own, workbench)
    if not same:
        raise ForensicsError("They were scored with other weights than those that are installed now; score the folder again under About.")


def strip_words(workbench: Workbench, note: str) -> str:
    """What stands above the tabs: the set that is used, or why the one that was chosen is not; empty if there is nothing to say."""
    name = workbench.settings.own_reals
    if not name:
        return f'<p class="own-problem" role="alert">{escape(note.strip())}</p>' if note else ""
    try:
        own = own_reals.load(name, workbench.settings.data_dir)
    except ForensicsError:
        gone = f"Verdicts are judged by your own photographs {name!r}, whose stored set has been deleted since; after a restart they will not be."
        return f'<p class="own-problem" role="alert">{escape(gone + note)}</p>'
    _, other = unlike(own, workbench)
    but = f" Not for {join(other)}: the set was scored with other weights there, and the cards alone hold." if other else ""
    words = f"Verdicts are also judged by your own photographs {name!r} ({own['pictures']} of them); this stays so after a restart.{but}{note}"
    return f'<p class="own-active" role="status">{escape(words)}</p>'
