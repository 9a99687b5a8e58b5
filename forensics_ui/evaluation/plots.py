"""ROC and precision-recall curves of one detector as PNG, a line for each generator."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any, Literal

from forensics_ui.report.clean import one_line

Kind = Literal["roc", "pr"]
LEGEND = 20  # more names than these cover the curves
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
    for row in rows:
        x, y = zip(*row["curves"][kind], strict=True)
        label = f"{_plain(row['name'])} ({figure_of[1]} {100 * row['figures'][figure_of[0]]:.1f})"
        # Precision and found shares change by steps; straight lines between points would promise what no threshold gives.
        axes.step(x, y, where="post" if kind == "roc" else "pre", linewidth=1.2, label=label)
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


def _plain(name: str) -> str:
    """A folder's name is no formula for matplotlib."""
    return one_line(name, 40).replace("$", r"\$")
