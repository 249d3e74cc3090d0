"""Statistics of every layer, as shown by a report's plot."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

import numpy as np

from minidl.callbacks.history import make_figure
from minidl.config.nest import flatten
from minidl.config.types import Tensors
from minidl.diagnostics.examination import Examination, size
from minidl.diagnostics.report import LayerStatistics
from minidl.layers.traversal import with_sublayers

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def layer_statistics(examination: Examination) -> list[LayerStatistics]:
    """Output standard deviation, gradient norm and first step of every layer with weights."""
    steps = _first_steps(examination)
    found = []
    for entry in examination.forward_backward.weighted:
        own = [g for variable, g in examination.forward_backward.gradients.items() if variable in entry.layer.weights]
        outputs = [y for y in flatten(entry.y) if isinstance(y, (np.ndarray, np.generic)) and y.dtype.kind == "f"]
        found.append(
            LayerStatistics(
                entry.layer.name,
                entry.layer.title,
                _std(outputs[0]) if outputs else None,
                None if entry.dy is None else size(entry.dy),
                size(own) if own else None,
                steps.get(entry.layer.name),
            )
        )
    return found


def _std(y: Tensors) -> float:
    with np.errstate(all="ignore"):
        return float(y.std())


def _first_steps(examination: Examination) -> dict[str, float]:
    """The norm of the first update of each layer's weights, relative to the norm of the weights."""
    if not examination.can_try:
        return {}
    model = copy.deepcopy(examination.model)
    before = {variable: variable.numpy() for variable in model.trainable_weights}
    try:
        with np.errstate(all="ignore"):
            model.train_step(examination.rows(min(examination.batch_size, 128)).as_batch())
    except FloatingPointError:
        return {}
    found = {}
    for entry in examination.forward_backward.weighted:
        layer = entry.layer
        same_layer = next((one for one in with_sublayers(model) if one.name == layer.name), None)
        weights = [v for v in (same_layer.trainable_weights if same_layer is not None else []) if v in before]
        length = size([before[v] for v in weights]) if weights else 0.0
        if length > 0:
            found[layer.name] = size([v.value - before[v] for v in weights]) / length
    return found


def draw(title: str, layers: list[LayerStatistics]) -> Figure:
    """Draw three panels with one point per layer, on logarithmic axes of whole decades."""
    figure = make_figure((12.6, 1.2 + 0.32 * max(len(layers), 4)))
    panels = figure.subplots(1, 3, sharey=True)
    names = [layer.name for layer in layers]
    columns = (
        ("gradient of the weights (norm)", [layer.gradient for layer in layers]),
        ("output (standard deviation)", [layer.output_std for layer in layers]),
        ("first step / weights", [layer.step for layer in layers]),
    )
    for axes, (label, values) in zip(panels, columns, strict=True):
        shown = [value if value is not None and np.isfinite(value) and value > 0 else np.nan for value in values]
        axes.plot(shown, range(len(names)), "o", color="#4c78a8")
        if np.isfinite(shown).any():
            decades = np.log10([np.nanmin(shown), np.nanmax(shown)])
            axes.set_xscale("log")
            axes.tick_params(axis="x", which="minor", labelbottom=False)
            axes.set_xlim(10 ** np.floor(decades[0] - 0.05), 10 ** np.ceil(decades[1] + 0.05))
        axes.margins(y=0.2)
        axes.set_title(label, fontsize=10)
        axes.grid(axis="x", alpha=0.3)
    panels[0].set_yticks(range(len(names)), names)
    if names:
        panels[0].invert_yaxis()  # the first layer on top
    figure.suptitle(title, fontsize=11)
    return figure
