"""`view NAME FILE`: one view as PNG files, one per pane, and its numbers as JSON."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forensics_ui.cli.base import COMMANDS, DONE, SOME_FAILED, Command, add_common_arguments, add_own_reals_argument
from forensics_ui.core.errors import BadImage, ForensicsError, NotApplicable
from forensics_ui.core.settings import Settings
from forensics_ui.words import sentence_of

if TYPE_CHECKING:
    from forensics_ui.core.types import Picture
    from forensics_ui.views.base import Option, Rendering, View


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "words",
        nargs="*",
        metavar="NAME FILE",
        help="which view (--list names them), and of which picture; the view's own options follow as --NAME VALUE",
    )
    parser.add_argument("--list", action="store_true", help="list the views with their options")
    parser.add_argument("--out", type=Path, metavar="DIR", help="where to write the PNG files and the JSON (made if need be)")
    parser.add_argument("--second", type=Path, metavar="FILE", help="a second picture, for the views that compare")
    add_common_arguments(parser)
    add_own_reals_argument(parser)
    _keep_unknown(parser)


def _keep_unknown(parser: argparse.ArgumentParser) -> None:
    """Leave options that this parser does not know to `run`: they belong to the view, and knowing views means importing torch."""
    parser.allow_abbrev = False
    known = parser.parse_known_args

    def parse(args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None) -> tuple[argparse.Namespace, list[str]]:
        found, extra = known(args, namespace)
        found.view_words = extra
        return found, []

    parser.parse_known_args = parse  # type: ignore[assignment, method-assign]


def split_words(words: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """Plain words, and `--name value` or `--name=value` pairs."""
    plain: list[str] = []
    options: dict[str, str] = {}
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if not word.startswith("--"):
            plain.append(word)
            continue
        name, equals, value = word[2:].partition("=")
        if not equals:
            if not rest:
                raise ForensicsError(f"The option --{name} needs a value.")
            value = rest.pop(0)
        options[name.replace("-", "_")] = value
    return plain, options


def run(arguments: argparse.Namespace) -> int:
    """Render one view; a picture that the view has nothing to say about is told, and counts as failed."""
    from forensics_ui.views import VIEWS

    if arguments.list:
        print(
            json.dumps([_described(view) for view in _in_order()], ensure_ascii=False, indent=1)
            if arguments.json
            else "\n\n".join(map(_in_words, _in_order()))
        )
        return DONE
    plain, given = split_words([*arguments.words, *arguments.view_words])
    if len(plain) != 2:
        raise ForensicsError("`view` takes the name of a view and one file; `view --list` names the views.")
    name, file = plain
    if name not in VIEWS:
        raise ForensicsError(f"There is no view called {name!r}; there are {', '.join(VIEWS.names())}.")
    if arguments.out is None and not arguments.json:
        raise ForensicsError("Say with --out where to write, or ask for the numbers with --json.")
    view = VIEWS.get(name)()
    try:
        options = view.parse(given)
    except ValueError as error:
        raise ForensicsError(f"{error}.") from None
    return _look(view, Path(file), options, arguments)


def _look(view: View, file: Path, options: dict[str, Any], arguments: argparse.Namespace) -> int:
    from forensics_ui.verdict import own_reals
    from forensics_ui.words.rendering import spoken
    from forensics_ui.workbench import Workbench
    from forensics_ui.workbench.subject import PictureSubject

    weights, detectors = _chosen(arguments)
    with Workbench(Settings.load(device=arguments.device, data_dir=arguments.data_dir, own_reals=arguments.own_reals)) as workbench:
        try:
            picture = workbench.open(file, str(file))
            second = workbench.open(arguments.second, str(arguments.second)) if arguments.second else None
            own = own_reals.named(workbench.settings.own_reals, workbench.settings.data_dir)
            how = {"rule": arguments.input_rule, "weights": weights, "detectors": detectors, "reference_set": own}
            subject = PictureSubject(workbench, picture, second, on_progress=_progress, **how)
            rendering = spoken(view.render(subject, **options))
            record = as_record(view, rendering, picture, options)
            files = _write(view, rendering, record, picture, arguments.out) if arguments.out else []
        except (BadImage, NotApplicable) as reason:
            print(f"{file.name}: {sentence_of(reason)}", file=sys.stderr)
            if arguments.json:
                print(json.dumps({"view": view.name, "error": sentence_of(reason), "error_code": reason.code}, ensure_ascii=False))
            return SOME_FAILED
    if arguments.json:
        print(json.dumps(record, ensure_ascii=False, allow_nan=False))
    else:
        print("\n".join([view.shows, f"How it misleads: {view.misleads}", "", *map(str, rendering.sentences), *(["", *files] if files else [])]))
    return DONE


def _chosen(arguments: argparse.Namespace) -> tuple[dict[str, str], list[str] | None]:
    """Weights per detector, and the detectors to ask; without --detector a view asks all that can be used."""
    from forensics_ui.cli.choice import owner_of
    from forensics_ui.detectors import DETECTORS

    wanted = arguments.detector
    if wanted == "best":
        wanted = owner_of(arguments.weights, Settings.load().weights_dir) if arguments.weights else "all"
    names = [name.strip() for name in wanted.split(",")]
    if unknown := [name for name in names if name != "all" and name not in DETECTORS]:
        raise ForensicsError(f"There is no detector called {unknown[0]!r}; there are {', '.join(DETECTORS.names())}.")
    if arguments.weights and (len(names) != 1 or names == ["all"]):
        raise ForensicsError("--weights goes with one detector; name it with --detector.")
    return ({names[0]: arguments.weights} if arguments.weights else {}), (None if "all" in names else names)


def as_record(view: View, rendering: Rendering, picture: Picture, options: Mapping[str, Any]) -> dict[str, Any]:
    """Everything the view says but the pixels, JSON-ready."""
    from forensics_ui.views.common import plain_value

    panes = [
        {"id": p.id, "title": p.title, "scale": asdict(p.scale) if p.scale else None, "step": p.step, "offset": p.offset, "note": p.note}
        for p in rendering.panes
    ]
    return plain_value(
        {
            "view": view.name,
            "title": view.title,
            "shows": view.shows,
            "misleads": view.misleads,
            "options": options,
            "picture": {"name": picture.name, "sha256": picture.sha256, "width": picture.width, "height": picture.height},
            "numbers": rendering.numbers,
            "sentences": rendering.sentences,
            "reason_codes": [each.as_dict() for each in rendering.reasons],
            "panes": panes,
            "marks": [asdict(mark) for mark in rendering.marks],
            "tables": [asdict(table) for table in rendering.tables],
            "curves": [asdict(curve) for curve in rendering.curves],
            "crops": [{"caption": caption, "box": asdict(box)} for caption, box in rendering.crops],
        }
    )


def _write(view: View, rendering: Rendering, record: dict[str, Any], picture: Picture, folder: Path) -> list[str]:
    from forensics_ui.imaging.colour import png
    from forensics_ui.views.draw import draw, draw_marks

    try:
        folder.mkdir(parents=True, exist_ok=True)
        for pane, described in zip(rendering.panes, record["panes"], strict=True):
            described["file"] = f"{view.name}_{pane.id}.png"
            (folder / described["file"]).write_bytes(png(draw(pane, picture.width, picture.height), level=6))
        if rendering.marks:
            record["marked_file"] = f"{view.name}_marked.png"
            (folder / record["marked_file"]).write_bytes(png(draw_marks(picture.rgb, rendering.marks), level=6))
        (folder / f"{view.name}.json").write_text(json.dumps(record, ensure_ascii=False, allow_nan=False, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise ForensicsError(f"The results could not be written to {folder.name or 'that folder'}: {error.strerror}.") from None
    marked = [record["marked_file"]] if rendering.marks else []
    return [*(described["file"] for described in record["panes"]), *marked, f"{view.name}.json"]


def _progress(done: int, total: int) -> None:
    if total > 1 and sys.stderr.isatty():
        print(f"\r{done} of {total}", end="" if done < total else "\n", file=sys.stderr, flush=True)


def _in_order() -> list[type[View]]:
    from forensics_ui.views import VIEWS

    return sorted((view for _, view in VIEWS), key=lambda view: (view.order, view.name))


def _described(view: type[View]) -> dict[str, Any]:
    about = {"name": view.name, "title": view.title, "shows": view.shows, "misleads": view.misleads, "slow": view.slow}
    return {**about, "options": [asdict(option) for option in view.options]}


def _in_words(view: type[View]) -> str:
    return "\n".join(
        [f"{view.name}: {view.title}", f"  {view.shows}", f"  How it misleads: {view.misleads}", *(f"  {_option(option)}" for option in view.options)]
    )


def _option(option: Option) -> str:
    allowed = "|".join(map(str, option.choices)) if option.choices else f"{option.low:g}..{option.high:g}" if option.low is not None else "true|false"
    return f"--{option.name} {allowed} (default {option.default}): {option.label}{'; ' + option.help if option.help else ''}"


COMMANDS.register("view")(
    Command(
        help="look at a picture in one way: its panes as PNG files, its numbers as JSON",
        example="forensics_ui view npr_channels photo.jpg --out looked --l 2 --gain 16",
        add_arguments=_arguments,
        run=run,
    )
)
