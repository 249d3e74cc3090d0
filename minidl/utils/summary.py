"""A model's layers as a table: class and name, output shape, number of parameters."""

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from minidl.config.checks import check_positive_integer
from minidl.graph.layer_shapes import layer_shapes
from minidl.layers.layer import Layer
from minidl.models.model import Model


def summarize(
    model: Model,
    line_length: int | None = None,
    expand_nested: bool = False,
    show_trainable: bool = False,
    layer_range: Sequence[str] | None = None,
) -> str:
    """The table as text; values that are unknown before the model is built are shown as "?".

    Args:
        model: a model, built or not.
        line_length: width in characters; 72 by default, or as wide as the names need.
        expand_nested: whether the layers of models among the layers follow them, indented.
        show_trainable: whether a column shows if a layer's weights are trainable: "Y", "N", or "-" without weights.
        layer_range: regular expressions of the names of the first and the last layer to show.
    Raises:
        ValueError: `layer_range` is not two expressions, or no layer matches one of them.
    """
    rows = _between(layer_rows(model), layer_range)
    if expand_nested:
        rows = [inner for row in rows for inner in _expanded(row)]
    sources = _sources(model)
    columns = ["Layer (type)", "Output shape", "Param #"]
    columns += (["Trainable"] if show_trainable else []) + (["Connected to"] if sources else [])
    cells = [
        [
            *row[1:],
            *([_trainable(row.layer)] if show_trainable else []),
            *([sources.get(row.layer.name, "")] if sources else []),
        ]
        for row in rows
    ]
    widths = [max(len(row[i]) for row in [columns, *cells]) for i in range(len(columns))]
    if line_length is not None:
        check_positive_integer("summary", "line_length", line_length)
    widths[0] += max((line_length or 72) - sum(widths) - 3 * (len(widths) - 1), 0)
    rule = "-" * (sum(widths) + 3 * (len(widths) - 1))
    lines = [f'Model: "{model.name}"', rule, _line(columns, widths), rule.replace("-", "=")]
    lines += [_line(row, widths) for row in cells]
    trainable, fixed = (sum(v.size for v in model.weights if v.trainable is kind) for kind in (True, False))
    if model.built:
        lines += [rule, f"Total params: {trainable + fixed:,} ({_size(model)})"]
        lines += [f"Trainable params: {trainable:,}", f"Non-trainable params: {fixed:,}", rule]
    else:
        lines += [rule, "Not built yet: parameters are counted once the input's shape is known", rule]
    return "\n".join(lines)


class Row(NamedTuple):
    """The cells of one row: a layer."""

    layer: Layer
    title: str
    shape: str
    parameters: str


def layer_rows(model: Model) -> list[Row]:
    """Class and name, output shape and number of parameters of each layer and operation; what is not known yet is "?"."""
    known = layer_shapes(model.network, model.build_shape if model.built else None)
    shapes = {layer: ", ".join(str(tuple(shape)) for shape in several) for layer, several in known.items()}
    if not model.network.inputs:
        return [_row(layer, shapes.get(layer, "?"), layer.built) for layer in model.layers]
    starts = [tensor.layer for tensor in model.network.inputs if tensor.node is None]
    members = dict.fromkeys([*starts, *(node.layer for node in model.network.nodes)])  # built when they were called
    return [_row(member, shapes[member], True) for member in members]


def _between(rows: list[Row], layer_range: Sequence[str] | None) -> list[Row]:
    """The rows from the first layer that matches the first expression to the last one that matches the second."""
    if layer_range is None:
        return rows
    if isinstance(layer_range, str) or len(layer_range) != 2:
        raise ValueError(f"summary expects layer_range to be the names of two layers, got {layer_range!r}")
    names = [row.layer.name for row in rows]
    found = [[n for n, name in enumerate(names) if re.match(pattern, name)] for pattern in layer_range]
    if not all(found):
        raise ValueError(f"summary expects layer_range {list(layer_range)} to match names of layers, which are {names}")
    ends = sorted((found[0][0], found[1][-1]))
    return rows[ends[0] : ends[1] + 1]


def _expanded(row: Row) -> list[Row]:
    """The row of a layer and, indented, those of the layers in it if it is a model."""
    inner = layer_rows(row.layer) if isinstance(row.layer, Model) else []
    return [row, *(below._replace(title="    " + below.title) for one in inner for below in _expanded(one))]


def _trainable(layer: Layer) -> str:
    return "-" if not layer.weights else "Y" if layer.trainable else "N"


def _row(layer: Any, shape: str, built: bool) -> Row:
    parameters = f"{sum(variable.size for variable in layer.weights):,}" if built else "?"
    return Row(layer, f"{layer.name} ({type(layer).__name__})", shape, parameters)


def _sources(model: Model) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    for node in model.network.nodes:
        found.setdefault(node.layer.name, []).extend(tensor.name for tensor in node.sources)
    return {name: ", ".join(sources) for name, sources in found.items()}


def _line(cells: list[str], widths: list[int]) -> str:
    return "   ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()


def _size(model: Model) -> str:
    amount = float(sum(variable.value.nbytes for variable in model.weights))
    for unit in ("B", "kB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} MB"
