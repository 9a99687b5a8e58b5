"""ROC and precision-recall curves of one detector as PNG, a line for each generator."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any, Literal

from forensics_ui.report.clean import one_line

Kind = Literal["roc", "pr"]
LEGEND = 20  # more names than these cover the curves
STYLES = ("-", "--", ":", "-.")
COLOURS = 10  # of matplotlib's cycle; then the same colours come again with another style
AXES = {
    "roc": ("false alarms: share of reals called fake", "found: share of fakes called fake"),
    "pr": ("found: share of fakes called fake", "precision"),
}


def curve_plot(detector: Mapping[str, Any], kind: Kind) -> bytes | None:
    """The picture; None if no generator has both classes."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    rows = [row for row in detector["generators"] if row["curves"]]
    if not rows:
        return None
    figure = Figure(figsize=(7, 6), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    figure_of = {"roc": ("auc", "AUC"), "pr": ("ap", "A.P.")}[kind]
    for number, row in enumerate(rows):
        label = f"{_plain(row['name'])} ({figure_of[1]} {100 * row['figures'][figure_of[0]]:.1f})"
        axes.plot(*_points(row, kind), linewidth=1.2, linestyle=STYLES[number // COLOURS % len(STYLES)], label=label)
    if len(rows) > 1 and detector["together"]["curves"]:
        axes.plot(*_points(detector["together"], kind), color="black", linewidth=2, label="all together")
    if kind == "roc":
        axes.plot([0, 1], [0, 1], color="0.7", linewidth=0.8, linestyle="--")
    axes.set(xlim=(0, 1), ylim=(0, 1.01), xlabel=AXES[kind][0], ylabel=AXES[kind][1])
    axes.set_title(f"{detector['detector']}, weights {_plain(detector['weights'])}, input rule {detector['input_rule']}", fontsize=10)
    if len(rows) <= LEGEND:
        axes.legend(fontsize=7, loc="lower right" if kind == "roc" else "lower left")
    buffer = io.BytesIO()
    # Without its own version in it, the file is the same wherever the figures are.
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()


def _points(row: Mapping[str, Any], kind: Kind) -> tuple[list[float], list[float]]:
    """The curve as a line. Precision goes by steps, as A.P. counts it: straight lines would promise what no threshold gives."""
    points = row["curves"][kind]
    if kind == "pr":
        before = [0.0, *(x for x, _ in points[:-1])]
        points = [corner for (x, y), left in zip(points, before, strict=True) for corner in ([left, y], [x, y])]
    return [x for x, _ in points], [y for _, y in points]


def _plain(name: str) -> str:
    """A folder's name is no formula for matplotlib."""
    return one_line(name, 40).replace("$", r"\$")
