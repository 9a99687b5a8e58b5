"""Check a record against the world: its own hash, the files it names, and every score, computed again on this machine."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from forensics_ui.core.errors import BadImage, ForensicsError
from forensics_ui.core.types import Picture
from forensics_ui.report.canonical import body_hash
from forensics_ui.report.clean import one_line
from forensics_ui.report.provenance import tool
from forensics_ui.report.schema import problems
from forensics_ui.verdict import own_reals
from forensics_ui.weightstore.joint import JOINED
from forensics_ui.words import sentence_of
from forensics_ui.workbench.record import Score

if TYPE_CHECKING:
    from forensics_ui.workbench import Workbench

State = Literal["agrees", "differs", "missing"]
LARGEST_RECORD = 512 * 1024**2
SAME, OTHER_PRECISION = 1e-3, 0.1  # logits: fp32 on any machine, and anything faster


@dataclass(frozen=True)
class Finding:
    """What was checked, how it came out, and that in words."""

    what: Literal["record", "file", "score"]
    state: State
    words: str
    path: str = ""
    detector: str = ""
    input_rule: str = ""
    recorded: float | None = None
    now: float | None = None


@dataclass(frozen=True)
class Given:
    """What the person who checks points to: folders with the files, and further weights."""

    folders: tuple[Path, ...] = ()
    weights: tuple[Path, ...] = ()
    _hashes: dict[Path, str | None] = field(default_factory=dict)
    _sizes: dict[int, list[Path]] = field(default_factory=dict)

    def hash_of(self, path: Path) -> str | None:
        """The SHA-256 of a file, read once; None if it cannot be read."""
        if path not in self._hashes:
            self._hashes[path] = file_hash(path)
        return self._hashes[path]

    def of_size(self, size: int | None) -> list[Path]:
        """The files under the folders that can be the one of this size; all of them where it is not known."""
        if not self._sizes:
            for folder in self.folders:
                for place, _, names in os.walk(folder):
                    for path in (Path(place) / name for name in names):
                        with contextlib.suppress(OSError):
                            self._sizes.setdefault(path.lstat().st_size, []).append(path)
        return self._sizes.get(size, []) if size is not None else [path for group in self._sizes.values() for path in group]


def read_record(path: Path) -> dict[str, Any]:
    """The record in a file; ForensicsError says why there is none."""
    try:
        if path.stat().st_size > LARGEST_RECORD:
            raise ForensicsError("That file is too large for a report.")
        record = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ForensicsError(f"The report cannot be read: {error.strerror}.") from None
    except (ValueError, RecursionError):
        raise ForensicsError("That file is not JSON. `verify` takes the JSON file of a report.") from None
    if found := problems(record):
        raise ForensicsError(f"That is not a report of this program: {found[0]}.")
    return record


def verify(
    record: Mapping[str, Any], workbench: Workbench, given: Given, tell: Callable[[int, int], None] = lambda done, total: None
) -> Iterator[Finding]:
    """Every finding, as it is made: first the record, then file by file."""
    yield check_body(record)
    for done, entry in enumerate(record["files"], 1):
        yield from _file(entry, record, workbench, given)
        tell(done, len(record["files"]))


def check_body(record: Mapping[str, Any]) -> Finding:
    """Whether the record still has the hash that it was written with, and who wrote it."""
    told, now = record["tool"], tool()
    same = (told.get("version"), told.get("commit")) == (now.get("version"), now.get("commit"))
    made = f"made by version {told.get('version')}, commit {told.get('commit') or 'not known'}"
    by = made if same else f"{made}; this is version {now.get('version')}, commit {now.get('commit') or 'not known'}"
    if body_hash(record) == record["body_sha256"]:
        return Finding("record", "agrees", f"the record has the hash it was written with ({by})")
    return Finding("record", "differs", f"the record was changed after it was written: its content no longer has the hash that it names ({by})")


def file_hash(path: Path) -> str | None:
    """SHA-256 of a regular file; None if there is none that can be read."""
    try:
        if path.is_symlink() or not path.is_file():
            return None
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return None


def locate(entry: Mapping[str, Any], given: Given) -> tuple[Path | None, Finding]:
    """The file with exactly the bytes of the entry: at its path, or anywhere under the given folders."""
    wanted, shown = entry["sha256"], entry["path"]
    own = Path(os.fsdecode(bytes.fromhex(entry["path_hex"])) if entry.get("path_hex") else shown)
    found = given.hash_of(own)
    if wanted is None:
        return (own if found else None), Finding("file", "agrees" if found else "missing", "its bytes could not be read then", shown)
    if found == wanted:
        return own, Finding("file", "agrees", "the same bytes", shown)
    # The records of batches name files below their folder.
    for candidate in (folder / own for folder in given.folders):
        if given.hash_of(candidate) == wanted:
            return candidate, Finding("file", "agrees", "the same bytes", shown)
    for candidate in given.of_size(entry["bytes"]):
        if given.hash_of(candidate) == wanted:
            return candidate, Finding("file", "agrees", f"the same bytes, found by their hash as {one_line(candidate.name)}", shown)
    if found:
        return None, Finding("file", "differs", "there is a file at this path, but with other bytes", shown)
    return None, Finding("file", "missing", "the file is not here; --files DIR names a folder to search by hash", shown)


def _file(entry: Mapping[str, Any], record: Mapping[str, Any], workbench: Workbench, given: Given) -> Iterator[Finding]:
    path, finding = locate(entry, given)
    yield finding
    if path is None:
        yield from (_score_finding(entry, score, "missing", "not computed, because the file is missing or changed") for score in entry["scores"])
        return
    try:
        picture = workbench.open(path, entry["path"], partial=(entry["complete"] or 1) < 1)
    except BadImage as error:
        yield _refused(entry, error)
        return
    if entry["error"]:
        yield Finding("score", "differs", f"it could not be opened then ({entry['error']}), and can be now", entry["path"])
    for score in entry["scores"]:
        yield rescore(picture, entry, score, workbench, given.weights)


def _refused(entry: Mapping[str, Any], error: BadImage) -> Finding:
    same = entry["error_code"] == error.code
    then = "as then" if same else f"then: {entry['error'] or 'it was opened'}"
    return Finding("score", "agrees" if same else "differs", f"the file cannot be opened ({sentence_of(error)}); {then}", entry["path"])


def rescore(picture: Picture, entry: Mapping[str, Any], score: Mapping[str, Any], workbench: Workbench, weights: Sequence[Path]) -> Finding:
    """Compute one score again with the same bytes of weights."""
    name = None
    if score["weights_sha256"]:
        name = find_weights(score["weights_sha256"], workbench, weights)
        if name is None:
            return _score_finding(
                entry, score, "missing", f"the weights {score['weights']} ({score['weights_sha256'][:12]}…) are not here; --weights FILE names them"
            )
    try:
        # By the same own photographs, if there were any and they are still stored; `compare` says what is missing.
        own = own_reals.by_signature(score.get("own_reals"), workbench.settings.data_dir)
        how = {"rule": score["input_rule"], "weights": name, "evidence": False, "reference_set": own}
        if score["detector"] == JOINED:
            now = _joined_again(picture, score, entry, workbench, weights, how)
        else:
            now = workbench.score(picture, score["detector"], **how).record.as_dict()
    except (ForensicsError, KeyError) as error:
        return _score_finding(
            entry, score, "missing", f"could not be computed here: {sentence_of(error) if isinstance(error, ForensicsError) else error}"
        )
    return compare(entry, score, now)


def _joined_again(
    picture: Picture, score: Mapping[str, Any], entry: Mapping[str, Any], workbench: Workbench, given: Sequence[Path], how: Mapping[str, Any]
) -> dict[str, Any]:
    """The joined answer once more, from the detectors that it names, with the weights that they had."""
    used = {each["detector"]: each["weights_sha256"] for each in entry["scores"] if each["input_rule"] == score["input_rule"]}
    names = [part["detector"] for part in score.get("parts") or ()] or [name for name in used if name != JOINED]
    scored = [workbench.score(picture, name, **{**how, "weights": find_weights(used[name], workbench, given)}) for name in names if used.get(name)]
    return (workbench.joined(picture, scored, how["reference_set"]) or Score.of_joined(picture, None, score["input_rule"])).as_dict()


def find_weights(digest: str, workbench: Workbench, given: Sequence[Path]) -> str | None:
    """Name or file of the weights with this hash; of a head on a backbone, those of the head."""
    from forensics_ui.weightstore import manifest
    from forensics_ui.weightstore.hashes import remembered_digests

    head = digest.split("+")[0]
    for file in given:
        if file.is_file() and remembered_digests(file).sha256 == head:
            return str(file)
    for found in manifest.installed(workbench.settings.weights_dir):
        if found.sha256 == head:
            return found.entry.name if found.entry else str(found.path)
    return None


def compare(entry: Mapping[str, Any], score: Mapping[str, Any], now: Mapping[str, Any]) -> Finding:
    """One score then and now."""
    then, again = score["logit"], now["logit"]
    if score.get("error"):
        return _score_finding(entry, score, "differs", f"was not scored then ({score['error']}); now: {now['verdict']}", again)
    if now["weights_sha256"] != score["weights_sha256"] and score["weights_sha256"]:
        return _score_finding(entry, score, "missing", "the same head stands on another backbone here, so the score cannot be compared", again)
    if then is None or again is None:
        same = then is None and again is None and score["verdict"] == now["verdict"]
        return _score_finding(entry, score, "agrees" if same else "differs", f"{score['verdict']} then, {now['verdict']} now", again)
    change = abs(again - then)
    exact = score["precision"] == now["precision"] == "fp32"
    elsewhere = (
        ""
        if all(score[key] == now[key] for key in ("device", "precision"))
        else f", {score['precision']} on {score['device']} then, {now['precision']} on {now['device']} now"
    )
    numbers = f"logit {then:+.6f} then, {again:+.6f} now{elsewhere}"
    if change > (SAME if exact else OTHER_PRECISION):
        return _score_finding(entry, score, "differs", f"{numbers}: {change:.6f} apart", again)
    if score.get("own_reals") != now.get("own_reals"):
        gone = f"the set of own photographs that the verdict was judged by, {one_line(str(score.get('own_reals')))}, is not stored here"
        return _score_finding(entry, score, "missing", f"{numbers}; the verdict cannot be compared: {gone}", again)
    # What a stability study took away is not studied again here; the verdict on the score alone must be the same.
    if (score.get("verdict_alone") or score["verdict"]) != now["verdict"]:
        return _score_finding(
            entry,
            score,
            "differs",
            f"{numbers}; the verdict was {score['verdict']} and is {now['verdict']}: the weights' card or the rules of judging changed",
            again,
        )
    if exact and _codes(score) is not None and _codes(score) != _codes(now):
        other = ", ".join(sorted(set(_codes(score) or ()) ^ set(_codes(now) or ())))
        return _score_finding(entry, score, "differs", f"{numbers}; the same verdict for other reasons ({one_line(other)})", again)
    return _score_finding(entry, score, "agrees", numbers, again)


def _codes(score: Mapping[str, Any]) -> list[str] | None:
    """The codes of the reasons for the verdict on the score alone; None where a record has none that can be read."""
    codes = score.get("reason_codes")
    if not isinstance(codes, list) or not all(isinstance(each, Mapping) for each in codes):
        return None
    return [str(each.get("code")) for each in codes if each.get("code") not in ("lowered_by_study", "not_steady")]


def _score_finding(entry: Mapping[str, Any], score: Mapping[str, Any], state: State, words: str, now: float | None = None) -> Finding:
    return Finding("score", state, words, entry["path"], score["detector"], score["input_rule"], score["logit"], now)
