"""`plot_model`: a box for each layer, with its output shape and parameters, and arrows along the data; `model_to_dot`."""

from __future__ import annotations

import os
from collections.abc import Hashable
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NoReturn

from minidl.callbacks.history import make_figure
from minidl.config.registry import HasConfig
from minidl.layers.layer import Layer
from minidl.models.model import Model
from minidl.utils.summary import layer_rows

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


BOX_HEIGHT, ROW, GAP, CHARACTER = 0.52, 0.92, 0.3, 0.078  # inches; a character's width at 9 points
COLORS = {"": "#eef2f7", "in": "#fff3d6", "weights": "#dcebfa"}  # of boxes


def plot_model(
    model: Model,
    to_file: str | os.PathLike[str] | None = "model.png",
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = False,
    rankdir: str = "TB",
    expand_nested: bool = False,
    dpi: int = 200,
    show_layer_activations: bool = False,
    show_trainable: bool = False,
    splines: str = "ortho",
    **kwargs: object,
) -> Figure:
    """Draw a model as `model.plot()` does, and save the picture.

    Needs matplotlib: `pip install matplotlib`.

    Args:
        model: the model.
        to_file: the file, whose ending chooses the format; `None` for none.
        dpi: dots per inch.
        show_shapes, show_dtype, show_layer_names, rankdir, expand_nested, show_layer_activations, show_trainable, splines,
            kwargs:
            accepted and ignored: the picture always shows names, shapes and parameters, from top to bottom.
    Returns:
        A matplotlib figure, which a notebook shows.
    Example:
        >>> model = minidl.Sequential([minidl.Input((3,)), minidl.layers.Dense(2)])
        >>> figure = plot_model(model, to_file=None)
        >>> type(figure).__name__
        'Figure'
    """
    figure = draw_model(model)
    if to_file is not None:
        figure.savefig(to_file, dpi=dpi)
    return figure


def model_to_dot(model: Model, *args: object, **kwargs: object) -> NoReturn:
    """Raises `NotImplementedError`: minidl draws with matplotlib, not with Graphviz.

    Example:
        >>> model_to_dot(minidl.Sequential())
        Traceback (most recent call last):
        NotImplementedError: minidl draws models with matplotlib instead of Graphviz: use plot_model or model.plot()
    """
    raise NotImplementedError("minidl draws models with matplotlib instead of Graphviz: use plot_model or model.plot()")


def draw_model(model: Model) -> Figure:
    """Draw a model's layers from top to bottom, side by side if they do not depend on each other.

    Needs matplotlib: `pip install matplotlib`.

    Args:
        model: a model; if it is not built, shapes and parameters are shown as "?".
    Returns:
        A matplotlib `Figure`: `figure.savefig("model.png")`; a notebook shows it.
    Raises:
        ValueError: there are no layers to draw.
    """
    texts = {row.layer: (row.title, f"{row.shape}   {row.parameters} parameters") for row in layer_rows(model)}
    if not texts:
        raise ValueError(f"{model.title} has no layers to draw")
    levels, paths = _arranged(list(texts), _edges(model))
    width = max(len(line) for lines in texts.values() for line in lines) * CHARACTER + 0.3
    slots = max(map(len, levels))
    total = (slots * (width + GAP) + GAP, len(levels) * ROW + 0.5)

    def center(item: Hashable) -> tuple[float, float]:
        depth = next(number for number, level in enumerate(levels) if item in level)
        level = levels[depth]
        x = total[0] / 2 + (level.index(item) - (len(level) - 1) / 2) * (width + GAP)
        return x, (len(levels) - depth - 0.5) * ROW

    figure = make_figure(total)
    axes = figure.add_subplot()
    axes.set(xlim=(0, total[0]), ylim=(0, total[1]), aspect="equal")
    axes.axis("off")
    axes.text(total[0] / 2, total[1] - 0.2, model.title, ha="center", va="center", fontsize=11)
    for path in paths:
        _draw_arrow(axes, [center(item) for item in path])
    for layer, lines in texts.items():
        _draw_box(axes, center(layer), width, lines, _kind(layer))
    return figure


def _edges(model: Model) -> list[tuple[Any, Any]]:
    """Pairs of layers: from the one whose output is read to the one that reads it."""
    if model.network.inputs:
        pairs = [(source.layer, node.layer) for node in model.network.nodes for source in node.sources]
        return [pair for pair in dict.fromkeys(pairs) if pair[0] is not pair[1]]
    return list(pairwise(model.layers))


def _arranged(
    layers: list[HasConfig], edges: list[tuple[HasConfig, HasConfig]]
) -> tuple[list[list[Hashable]], list[list[Hashable]]]:
    """Rows of layers, each below all its inputs, and the path of each arrow, with a free column in the rows that it crosses."""
    depth: dict[object, int] = {}
    for layer in layers:  # each comes after those it depends on; a shared layer is placed at its first call
        depth[layer] = max((depth[start] + 1 for start, end in edges if end is layer and start in depth), default=0)
    levels: list[list[Hashable]] = [[] for _ in range(max(depth.values()) + 1)]
    for layer in layers:
        levels[depth[layer]].append(layer)
    paths: list[list[Hashable]] = []
    for number, (start, end) in enumerate(edges):
        between = range(depth[start] + 1, depth[end])
        for level in between:
            levels[level].append((number, level))
        paths.append([start, *((number, level) for level in between), end])
    steps = [pair for path in paths for pair in pairwise(path)]
    for above, row in pairwise(levels):
        row.sort(key=lambda item: _mean_place([_centered(above, a) for a, b in steps if b == item and a in above]))
    return levels, paths


def _centered(level: list[Hashable], item: Hashable) -> float:
    return level.index(item) - (len(level) - 1) / 2


def _mean_place(places: list[float]) -> float:
    return sum(places) / len(places) if places else 0.0


def _kind(layer: Layer) -> str:
    if type(layer).__name__ == "InputLayer":
        return "in"
    return "weights" if layer.weights else ""


def _draw_arrow(axes: Axes, points: list[tuple[float, float]]) -> None:
    """A line from the lower edge of the first box to the upper edge of the last, straight down where it passes a row."""
    half = BOX_HEIGHT / 2
    way = [(points[0][0], points[0][1] - half)]
    for x, y in points[1:-1]:
        way += [(x, y + half), (x, y - half)]
    way.append((points[-1][0], points[-1][1] + half))
    axes.plot(*zip(*way[:-1], strict=True), color="#55606e", linewidth=1.1, solid_capstyle="round")
    arrow = {"arrowstyle": "-|>", "color": "#55606e", "linewidth": 1.1, "shrinkA": 0, "shrinkB": 0}
    axes.annotate("", xy=way[-1], xytext=way[-2], arrowprops=arrow)


def _draw_box(axes: Axes, center: tuple[float, float], width: float, lines: tuple[str, str], kind: str) -> None:
    from matplotlib.patches import FancyBboxPatch

    x, y = center
    corner = (x - width / 2, y - BOX_HEIGHT / 2)
    style = "round,pad=0,rounding_size=0.07"
    axes.add_patch(
        FancyBboxPatch(corner, width, BOX_HEIGHT, boxstyle=style, facecolor=COLORS[kind], edgecolor="#55606e", zorder=3)
    )
    axes.text(x, y + 0.11, lines[0], ha="center", va="center", fontsize=9, weight="bold", zorder=4)
    axes.text(x, y - 0.12, lines[1], ha="center", va="center", fontsize=8, color="#333333", zorder=4)
