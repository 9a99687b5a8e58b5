"""The model cards of the weights folder as HTML: two sentences, then everything the card says, folded. A card may come from anybody."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from forensics_ui.ui.card_words import CONDITIONS, counts, plainly, title_of
from forensics_ui.ui.text import escape, sentence, size
from forensics_ui.weightstore.card import Card, ErrorRates, LimitRow, Rebuilding
from forensics_ui.weightstore.manifest import InstalledWeights, installed, read_card

NO_CARD = "Published by its authors without a card. How often it errs was not measured here, so its scores get no verdict."
JSON_LENGTH = 200_000
Figures = Mapping[str, Mapping[str, ErrorRates]]


def cards(weights_dir: Any) -> str:
    """All weights that lie in the folder: those that judge first, our own before others."""
    there = [found for found in installed(weights_dir) if found.path.is_file()]
    there.sort(key=lambda found: bool(found.entry and found.entry.role == "inverter"))
    return "".join(map(_weights, there)) or "<p>No weights are installed.</p>"


def _weights(found: InstalledWeights) -> str:
    card = read_card(found.path)
    name, detector = found.path.stem, card.detector or (found.entry.detector if found.entry else "not known")
    kind = "inverter" if card.role == "inverter" else title_of(detector)
    badge = "preliminary" if card.preliminary else "" if found.status == "ok" else found.status
    mark = f'<span class="badge">{escape(badge)}</span>' if badge else ""
    try:
        if card.problem:
            raise ValueError(card.problem)
        said, folded = plainly(card) if card else [NO_CARD], _folded(card) if card else ""
    except (KeyError, TypeError, ValueError, AttributeError, IndexError):
        said, folded = ["This card is not of the form that the app writes; it is shown as it is."], ""
    words = "".join(f"<p>{escape(line)}</p>" for line in said)
    return (
        f'<article class="card model" id="weights-{escape(name)}"><header><h3>{escape(name)}</h3><span class="badge plain">{escape(kind)}</span>{mark}</header>'
        f'<div class="plainly">{words}</div>{_failures(card)}{folded}{_identity(found, card)}{_whole(card)}</article>'
    )


def _failures(card: Card) -> str:
    known = card.known_failures
    if not known:
        return ""
    # Cards mark the names of bands with asterisks, as their Markdown page wants it.
    lines = "".join(f"<li>{escape(sentence(line).replace('*', ''))}</li>" for line in known)
    return fold(f"Known failures ({len(known)})", f"<ul>{lines}</ul>")


def _folded(card: Card) -> str:
    if found := card.rebuilding:
        rows = [(picture, f"{psnr:.1f}") for picture, psnr in found.worst]
        return fold("The worst copies", table(("photograph", "PSNR in dB"), rows)) + _data_of_inverter(found) + _training(card)
    parts = (_figures, _generators, _sizes, _limits, _reliability, _compared, _data, _training)
    return "".join(part(card) for part in parts)


def fold(title: str, inner: str) -> str:
    """A part that opens when it is asked for."""
    return f"<details><summary>{escape(title)}</summary>{inner}</details>" if inner else ""


def table(heads: Iterable[str], rows: Iterable[Iterable[Any]]) -> str:
    """A table that scrolls sideways by itself on a narrow screen."""
    head = "".join(f"<th scope=col>{escape(each)}</th>" for each in heads)
    body = "".join("<tr>" + "".join(f"<td>{escape('–' if cell is None else cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<div class="wide" tabindex="0"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _percent(share: Any) -> str | None:
    return None if share is None else f"{share * 100:.1f} %"


def _each(figures: Figures) -> Iterable[tuple[str, str, ErrorRates]]:
    """Condition in words, rule, row."""
    return ((CONDITIONS.get(name, name), rule, row) for name, rules in figures.items() for rule, row in rules.items())


FIGURES = ("pictures", "rule", "real", "generated", "AUC", "found at 5 % false alarms", "found", "false alarms")


def _figure_table(figures: Figures) -> str:
    rows = (
        (
            *where,
            row.n_real,
            row.n_fake,
            f"{row.auc:.3f}",
            *(_percent(share) for share in (row.tpr_at_5pct_fpr, row.tpr_at_some, row.fpr_at_some)),
        )
        for *where, row in _each(figures)
    )
    return table(FIGURES, rows)


def _figures(card: Card) -> str:
    if not card.figures:
        return ""
    how = f"Measured on the {card.figures_set or 'not named'} pictures. {card.measured_how} 'Found' and 'false alarms' are at the limit of some evidence."
    return fold("How often it is wrong, by condition", f"<p>{escape(how)}</p>{_figure_table(card.figures)}")


def _generators(card: Card) -> str:
    by_rule = card.by_source
    parts = [f"<h4>Rule {escape(rule)}</h4>{_sources(rows)}" for rule, rows in by_rule.items()]
    note = "<p>The share marked as at least some evidence: found, of generators; false alarms, of real pictures.</p>"
    return fold("By generator and source", note + "".join(parts)) if parts else ""


def _sources(rows: Mapping[str, Any]) -> str:
    order = sorted(rows.items(), key=lambda item: (item[0].startswith("real/"), item[0]))
    names = [name for name in CONDITIONS if order and name in order[0][1]]
    cells = (
        (name.replace("fake/", "generated: ").replace("real/", "real: "), row["n"], *(_percent(row.get(each)) for each in names))
        for name, row in order
    )
    return table(("source", "pictures", *(CONDITIONS[name] for name in names)), cells)


def _sizes(card: Card) -> str:
    rows = [
        (size.name, CONDITIONS.get(condition, condition), row.n_real, row.n_fake, _percent(row.fpr_at_some), _percent(row.tpr_at_some))
        for size in card.sizes
        for condition, row in size.conditions.items()
    ]
    return fold("By size (whole pictures)", table(("size", "pictures", "real", "generated", "false alarms", "found"), rows)) if rows else ""


def _limits(card: Card) -> str:
    rows = []
    for rule, values in card.calibration.items():
        if values is None:
            rows.append((rule, "not calibrated", *([None] * 5)))
            continue
        rows.append(_limit_row(rule, "all together", values.pooled))
        rows += [_limit_row(rule, CONDITIONS.get(name, name), row) for name, row in (values.conditions or {}).items()]
    named = {values.set for values in card.calibration.values() if values and values.set}
    note = "".join(f"<p>Calibrated on: {escape(each)}.</p>" for each in sorted(named))
    heads = ("rule", "condition", "no trace below", "some from", "strong from", "real", "probability between")
    return fold("Limits of the verdicts, in logits", note + table(heads, rows)) if rows else ""


def _limit_row(rule: str, condition: str, values: LimitRow) -> tuple[Any, ...]:
    limits = (f"{limit:+.2f}" for limit in (values.low, values.some, values.strong))
    span = " and ".join(f"{end:.4g}" for end in values.range) if values.range else None
    return (rule, condition, *limits, values.rates.n_real, span)


def _reliability(card: Card) -> str:
    from forensics_ui.ui.diagram import diagram

    drawn = [
        diagram(f"{rule}, {CONDITIONS.get(name, name)}", rows) for rule, conditions in card.reliability.items() for name, rows in conditions.items()
    ]
    note = "<p>Where the points lie on the diagonal, the probabilities come true as stated. Real and generated pictures count the same.</p>"
    return fold("Do the probabilities come true?", f'{note}<div class="diagrams">{"".join(drawn)}</div>') if drawn else ""


def _compared(card: Card) -> str:
    other = card.compared_with
    return fold("The same pictures under other weights", f"<p>{escape(sentence(other[0]))}</p>{_figure_table(other[1])}") if other else ""


def _data(card: Card) -> str:
    parts = []
    for group in card.data:
        told = [f"{counts(sources)[0]:,} {words}" for sources, words in ((group.real, "real"), (group.fake, "generated"))]
        rows = [(words, name, n) for words, sources in (("generated", group.fake), ("real", group.real)) for name, n in sources.items()]
        parts.append(f"<h4>{escape(group.name)}: {escape(' and '.join(told))} pictures</h4>{table(('kind', 'source', 'pictures'), rows)}")
    return fold("Pictures, by source", "".join(parts))


def _data_of_inverter(found: Rebuilding) -> str:
    names = found.sources
    return fold(f"Photographs, from {len(names)} sources", table(("source",), ((name,) for name in names)))


def _training(card: Card) -> str:
    said = {"Preset": (card.fields.get("preset") or {}).get("name"), "Seed": card.fields.get("seed")} | {
        key.replace("_", " ").capitalize(): value for key, value in card.training.items()
    }
    rows = "".join(f"<dt>{escape(key)}</dt><dd>{escape(_plain(value))}</dd>" for key, value in said.items() if value is not None)
    return fold("Training and its log", f"<dl>{rows}</dl>{_log(card.log)}")


def _log(entries: Sequence[Mapping[str, Any]]) -> str:
    flat = [{key: _plain(value) for key, value in entry.items()} for entry in entries]
    heads = list(dict.fromkeys(key for entry in flat for key in entry))
    return table((head.replace("_", " ") for head in heads), ([entry.get(head) for head in heads] for entry in flat)) if flat else ""


def _plain(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_plain(each)}" for key, each in value.items())
    return ", ".join(map(_plain, value)) if isinstance(value, list) else str(value)


def _identity(found: InstalledWeights, card: Card) -> str:
    licence = (found.entry.licence if found.entry else None) or card.licence or "not stated"
    rows = {"Licence": licence, "File": f"{found.path.name}, {size(found.path.stat().st_size)}", "SHA-256": found.sha256, "State": found.sentence}
    body = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in rows.items())
    return fold("Licence, file and hash", f"<dl>{body}</dl>")


def _whole(card: Card) -> str:
    if not card:
        return ""
    return fold("The weights' card, as it is", f"<pre>{escape(json.dumps(dict(card.fields), indent=1, ensure_ascii=False), JSON_LENGTH)}</pre>")
