"""Draws the pictures of docs/diagnostics.md and of every page in docs/diseases: `python docs/diseases/draw.py [page ...]`.

The code of a page is run, and its variables are drawn: the histories `before` and `after` as curves; for pages about gradients,
`report` and the report on `fixed` as gradient norms layer by layer.
"""

import re
import runpy
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

HERE = Path(__file__).parent
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BY_LAYER = ("vanishing_gradients", "exploding_gradients", "saturated_units", "dead_units")
SHOWN = {  # pages that are about another value than the loss
    "wrong_loss": "accuracy",
    "cannot_overfit": "accuracy",
    "unbalanced_classes": "recall",
    "sorted_validation": "val_accuracy",
    "leaked_rows": "val_accuracy",
}
LOGARITHMIC = ("unscaled_inputs", "unscaled_targets", "initial_loss", "exploding_gradients", "learning_rate_too_large")
BEFORE, AFTER = "#c2410c", "#1f5fa8"


def run(page: Path) -> dict[str, Any]:
    """The variables after running the code of a page."""
    code = "\n".join(BLOCK.findall(page.read_text(encoding="utf-8")))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "page.py"
        file.write_text(code, encoding="utf-8")
        return runpy.run_path(str(file))


def draw_curves(axes: Any, kind: str, left: dict[str, Any]) -> None:
    """Loss, or another value, before and after the fix."""
    key = SHOWN.get(kind, "loss")
    curves = {name: np.array(left[name].history[key]) for name in ("before", "after") if name in left}
    if kind == "unscaled_targets":
        curves["before"] = curves["before"] / left["price"].var()  # in the same unit
    for name, color in (("before", BEFORE), ("after", AFTER)):
        if name in curves:
            axes.plot(range(1, len(curves[name]) + 1), curves[name], color=color, label=name)
    if kind in LOGARITHMIC:
        axes.set_yscale("log")
    axes.set(xlabel="epoch", title=key.replace("val_", "validation "))
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.legend()


def draw_layers(axes: Any, left: dict[str, Any]) -> None:
    """The norm of the gradient of each layer's output before the first step."""
    fixed = left["fixed"].diagnose(left["x"], left["y"])
    for name, report, color in (("before", left["report"], BEFORE), ("after", fixed, AFTER)):
        errors = [layer.error or np.nan for layer in report.layers]
        axes.semilogy(range(1, len(errors) + 1), errors, "o-", color=color, label=name)
    axes.set(xlabel="layer", title="gradient norm of each layer's output")
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.legend()


def draw_table(axes: Any, x: Any) -> None:
    """The first rows of a table, NaN in red."""
    rows = x[:12]
    axes.imshow(np.where(np.isfinite(rows), 0.15, 0.6), cmap="Reds", vmin=0.0, vmax=1.0, aspect="auto")
    for place, value in np.ndenumerate(rows):
        axes.text(place[1], place[0], f"{value:.1f}", ha="center", va="center", fontsize=8)
    axes.set(title="x", xlabel="feature", ylabel="row", xticks=range(rows.shape[1]))


def draw_features(axes: Any, kind: str, x: Any) -> None:
    """The standard deviation of each feature, or their correlations."""
    if kind == "constant_features":
        axes.bar(range(x.shape[1]), x.std(axis=0), color=[AFTER if std else BEFORE for std in x.std(axis=0)])
        axes.set(title="standard deviation of each feature", xlabel="feature")
        return
    correlations = np.corrcoef(x.T)
    axes.imshow(correlations, cmap="RdBu_r", vmin=-2.0, vmax=2.0)
    for place, value in np.ndenumerate(correlations):
        axes.text(place[1], place[0], f"{value:.2f}", ha="center", va="center", fontsize=8)
    axes.set(title="correlation of features", xticks=range(len(correlations)), yticks=range(len(correlations)))


def draw_page(page: Path) -> None:
    """Run a page and write its picture next to it."""
    left, kind = run(page), page.stem
    two = kind in (*BY_LAYER, "nan")
    figure = Figure(figsize=(7.5 if two else 4.2, 2.6), layout="constrained")
    panels = figure.subplots(1, 2 if two else 1, squeeze=False)[0]
    if kind in BY_LAYER:
        draw_layers(panels[0], left)
    elif kind == "nan":
        draw_table(panels[0], left["x"])
    if kind in ("constant_features", "duplicated_features"):
        draw_features(panels[0], kind, left["x"])
    else:
        draw_curves(panels[-1], kind, left)
        panels[-1].grid(alpha=0.3)
    figure.savefig(page.with_suffix(".png"), dpi=80)


def main() -> None:
    """Draw the pages that are named, or all."""
    chosen = sys.argv[1:]
    for page in sorted(HERE.glob("*.md")):
        if not chosen or page.stem in chosen:
            draw_page(page)
    if not chosen or "diagnostics" in chosen:
        left = run(HERE.parent / "diagnostics.md")
        for name in ("sweep", "comparison", "watch"):
            left[name].plot().savefig(HERE / f"{name}.png", dpi=64)


if __name__ == "__main__":
    main()
