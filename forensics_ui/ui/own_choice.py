"""Which set of own photographs a page judges by: chosen by hand, kept for pages that are opened later, told above every tab."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forensics_ui.core.errors import ForensicsError
from forensics_ui.ui.desk import Choice, Desk
from forensics_ui.ui.kept import keep, kept
from forensics_ui.ui.text import escape, join
from forensics_ui.ui.warm import Bench
from forensics_ui.verdict import own_reals
from forensics_ui.verdict.reference_set import ReferenceSet
from forensics_ui.weightstore.manifest import default_for, inspect
from forensics_ui.words import sentence_of

if TYPE_CHECKING:
    from forensics_ui.workbench import Workbench

KEY = "own_reals"
FALL_BACK = "Verdicts go by the cards of the weights alone."
NOT_KEPT = " The choice could not be written to the disk, so it lasts until the app ends."


def choose(bench: Bench, desk: Desk, page: str, name: str | None) -> None:
    """This page judges by the set from now on, and so do pages that are opened later; None: by none.

    ForensicsError if it cannot be used.
    """
    own = _usable(name, bench.get()) if name else None
    note = "" if keep(bench.settings.data_dir, **{KEY: name}) else NOT_KEPT
    desk.choose(page, Choice(own, note))


def choice_of(bench: Bench, desk: Desk, page: str) -> Choice:
    """What a page judges by; one that has not chosen begins with what was kept."""
    known = desk.choice(page)
    if known is None:
        known = kept_choice(bench)
        desk.choose(page, known)
    return known


def kept_choice(bench: Bench) -> Choice:
    """What the environment names, else what was chosen last; a sentence where that cannot be used. It stays kept until another is made."""
    settings = bench.settings
    name = settings.own_reals or kept(settings.data_dir).get(KEY)
    if not isinstance(name, str):
        return Choice()
    try:
        # What the environment names is used whatever weights it was scored with; verdicts say where it changes nothing.
        return Choice(own_reals.load(name, settings.data_dir) if settings.own_reals else _usable(name, bench.get()))
    except ForensicsError as problem:
        return Choice(note=f"The own photographs {name!r} that were chosen here are not used: {sentence_of(problem)} {FALL_BACK}")


def unlike(own: ReferenceSet, workbench: Workbench) -> tuple[list[str], list[str]]:
    """The detectors whose installed weights the set was scored with, and those that have other weights now."""
    same, other = [], []
    for detector in dict.fromkeys(part.detector for part in own.parts):
        folder = workbench.settings.weights_dir
        entry = default_for(detector, folder)
        # Of a detector that stands on another network the hash names both; the first is its own.
        scored_with = {part.weights_sha256.split("+")[0] for part in own.parts if part.detector == detector}
        (same if entry and inspect(entry, folder).sha256 in scored_with else other).append(detector)
    return same, other


def _usable(name: str, workbench: Workbench) -> ReferenceSet:
    own = own_reals.load(name, workbench.settings.data_dir)
    if not unlike(own, workbench)[0]:
        raise ForensicsError("They were scored with other weights than those that are installed now; score the folder again under About.")
    return own


def strip_words(workbench: Workbench, choice: Choice) -> str:
    """What stands above the tabs: the set that is used, or why the one that was chosen is not; empty if there is nothing to say."""
    own, note = choice.reference_set, choice.note
    if own is None:
        return f'<p class="own-problem" role="alert">{escape(note.strip())}</p>' if note else ""
    # The set stays with the page that chose it, whatever becomes of the file; batches look for it by its name.
    mark = f'data-set="{escape(own.name)}"'
    if own.name not in own_reals.names(workbench.settings.data_dir):
        gone = f"Verdicts are judged by your own photographs {own.name!r}, whose stored set has been deleted since; after a restart they will not be."
        return f'<p class="own-problem" role="alert" {mark}>{escape(gone + note)}</p>'
    _, other = unlike(own, workbench)
    but = f" Not for {join(other)}: the set was scored with other weights there, and the cards alone hold." if other else ""
    words = f"Verdicts are also judged by your own photographs {own.name!r} ({own.pictures} of them); this stays so after a restart.{but}{note}"
    return f'<p class="own-active" role="status" {mark}>{escape(words)}</p>'
