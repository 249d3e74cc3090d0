"""Draws the pictures of README.md, first_tutorial.md and architecture.md: `python docs/draw.py`, from the top of the checkout.

`digits.png` is the README's example; `imports.png` shows the real imports between packages, read from the source with `ast`.
"""

import ast
import contextlib
import io
import os
import re
import runpy
import tempfile
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch

HERE = Path(__file__).parent
ROOT = HERE.parent
DARK, BLUE, RED, LIGHT = "#1f2937", "#1f5fa8", "#c2410c", "#e8eef7"


def run_page(page: Path, blocks: int | None = None) -> dict[str, Any]:
    """The names that the first Python blocks of a page leave behind; all by default."""
    found = re.findall(r"^```python\n(.*?)^```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder), contextlib.redirect_stdout(io.StringIO()):
        Path("example.py").write_text("\n".join(found[:blocks]), encoding="utf-8")
        return runpy.run_path("example.py")


def draw_digits() -> Figure:
    """Test images with the predicted digit, and accuracy over the epochs."""
    left = run_page(ROOT / "README.md", 1)
    model, x, y, history = (left[name] for name in ("model", "x_test", "y_test", "history"))
    predicted = model.predict(x / 16, verbose=0).argmax(axis=1)
    wrong = np.flatnonzero(predicted != y)
    chosen = [*np.flatnonzero(predicted == y)[:13], *wrong[:3]]
    figure = Figure(figsize=(9, 2.9), layout="constrained")
    images, curve = figure.subfigures(1, 2, width_ratios=(1.35, 1))
    for axes, row in zip(images.subplots(2, 8).flat, chosen, strict=True):
        axes.imshow(x[row], cmap="gray_r")
        right = predicted[row] == y[row]
        axes.set_title(
            f"{predicted[row]}" if right else f"{predicted[row]} ({y[row]})", color=DARK if right else RED, fontsize=11
        )
        axes.set_axis_off()
    images.suptitle("predicted digit; red: wrong (true digit in brackets)", fontsize=10)
    axes = curve.subplots()
    epochs = range(1, len(history.history["accuracy"]) + 1)
    axes.plot(epochs, history.history["accuracy"], color=BLUE, label="training")
    axes.axhline(np.mean(predicted == y), color=RED, linestyle="--", linewidth=1, label="test, after training")
    axes.set(xlabel="epoch", ylabel="accuracy", ylim=(0, 1.02), xlim=(1, len(epochs)))
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.grid(alpha=0.3)
    axes.legend(loc="lower right")
    return figure


def draw_tutorial() -> Figure:
    """Predicted against true prices of the test rows, and the loss over the epochs."""
    left = run_page(HERE / "first_tutorial.md")
    figure = Figure(figsize=(8, 3), layout="constrained")
    prices, curve = figure.subplots(1, 2)
    true, predicted = left["y_test"] / 1000, left["predicted"] / 1000
    prices.plot([0, true.max()], [0, true.max()], color=RED, linewidth=1)
    prices.plot(true, predicted, ".", color=BLUE, alpha=0.6)
    prices.set(xlabel="true price / 1000", ylabel="predicted price / 1000", title="160 test rows")
    for name, colour in (("loss", BLUE), ("val_loss", RED)):
        curve.plot(range(1, 61), left["history"].history[name], color=colour, label=name)
    curve.set(xlabel="epoch", ylabel="mean squared error", yscale="log", title="loss")
    curve.grid(alpha=0.3)
    curve.legend()
    return figure


def package_order() -> list[list[str]]:
    """The lines of the import order in `pyproject.toml`, top first."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
    lines = [re.findall(r"\w+", line) for line in contracts[0]["layers"]]
    return [found for line in lines if (found := [name for name in line if exists(name)])]


def exists(package: str) -> bool:
    """Whether `minidl` has this package or module."""
    return (ROOT / "minidl" / package).is_dir() or (ROOT / "minidl" / f"{package}.py").exists()


def count_imports() -> Counter[tuple[str, str]]:
    """(importing package, imported package) -> number of import statements, those inside functions included."""
    found: Counter[tuple[str, str]] = Counter()
    for path in (ROOT / "minidl").rglob("*.py"):
        parts = path.relative_to(ROOT / "minidl").with_suffix("").parts
        if parts == ("__init__",):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("minidl"):
                below = node.module.split(".")[1:2] or [alias.name for alias in node.names]
            elif isinstance(node, ast.Import):
                below = [alias.name.split(".")[1] for alias in node.names if alias.name.startswith("minidl.")]
            else:
                continue
            found.update((parts[0], name) for name in below if name != parts[0] and exists(name))
    return found


def draw_imports() -> Figure:
    """Packages in the import order, and an arrow from each package to those it imports; thicker for more imports."""
    order = package_order()
    imports = {pair: number for pair, number in count_imports().items() if pair[1] not in ("config", "datasets")}
    figure = Figure(figsize=(10, 8.2), layout="constrained")
    axes = figure.subplots()
    places = {}
    for height, line in enumerate(reversed(order)):
        shift = (1.1 if height % 2 else -1.1) if len(line) == 1 and height > 0 else 0.0  # single packages: not on one line
        lifted = 0.45 if len(line) > 7 else 0.0  # every second name of a long line, so that they do not touch
        for number, name in enumerate(line):
            places[name] = (number + 0.5) * 10 / len(line) + shift, height + lifted * (number % 2)
    for (above, below), number in imports.items():
        (x1, y1), (x2, y2) = places[above], places[below]
        bend = 0.0 if y1 - y2 == 1 else 0.1 * np.sign(x2 - x1)
        axes.add_patch(
            FancyArrowPatch(
                (x1, y1 - 0.25),
                (x2, y2 + 0.25),
                connectionstyle=f"arc3,rad={bend}",
                arrowstyle="-|>",
                mutation_scale=9,
                color=BLUE,
                alpha=min(0.8, 0.2 + 0.04 * number),
                linewidth=0.6 + 0.35 * np.sqrt(number),
            )
        )
    for name, (x, y) in places.items():
        axes.text(
            x, y, name, ha="center", va="center", color=DARK, fontsize=11, bbox={"boxstyle": "round", "fc": LIGHT, "ec": BLUE}
        )
    axes.set(xlim=(-0.2, 10.2), ylim=(-0.5, len(order) - 0.4))
    axes.set_axis_off()
    axes.set_title(
        "Arrow: imports; thicker: more import statements. Not drawn: config, which every package uses, and data sets.",
        fontsize=11,
    )
    return figure


def main() -> None:
    """Write all pictures."""
    os.environ.setdefault("MPLBACKEND", "agg")
    draw_digits().savefig(HERE / "digits.png", dpi=110)
    draw_tutorial().savefig(HERE / "first_tutorial.png", dpi=90)
    draw_imports().savefig(HERE / "imports.png", dpi=90)


if __name__ == "__main__":
    main()
