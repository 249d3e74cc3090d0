"""A model's layers as a table: class and name, output shape, number of parameters."""

from typing import Any, NamedTuple

from minidl.layers.shapes import flatten_shapes
from minidl.models.model import Model


def summarize(model: Model, line_length: int | None = None) -> str:
    """The table as text; values that are unknown before the model is built are shown as "?".

    Args:
        model: a model, built or not.
        line_length: width in characters; 72 by default, or as wide as the names need.
    """
    rows = layer_rows(model)
    sources = _sources(model)
    columns = ["Layer (type)", "Output shape", "Param #"] + (["Connected to"] if sources else [])
    cells = [[*row[1:], *([sources.get(row.layer.name, "")] if sources else [])] for row in rows]
    widths = [max(len(row[i]) for row in [columns, *cells]) for i in range(len(columns))]
    widths[0] += max((line_length or 72) - sum(widths) - 3 * (len(widths) - 1), 0)
    rule = "-" * (sum(widths) + 3 * (len(widths) - 1))
    lines = [f'Model: "{model.name}"', rule, _line(columns, widths), rule.replace("-", "=")]
    lines += [_line(row, widths) for row in cells]
    trainable = sum(v.size for v in model.weights if v.trainable)
    fixed = model.count_params() - trainable
    if model.built:
        lines += [rule, f"Total params: {trainable + fixed:,} ({_size(model)})"]
        lines += [f"Trainable params: {trainable:,}", f"Non-trainable params: {fixed:,}", rule]
    else:
        lines += [rule, "Not built yet: parameters are counted once the input's shape is known", rule]
    return "\n".join(lines)


class Row(NamedTuple):
    """What is told of one layer."""

    layer: Any
    title: str
    shape: str
    parameters: str


def layer_rows(model: Model) -> list[Row]:
    """Class and name, output shape and number of parameters of each layer and operation; what is not known yet is "?"."""
    shapes = _output_shapes(model)
    if not model.network.inputs:
        return [_row(layer, shapes.get(layer, "?"), layer.built) for layer in model.layers]
    starts = [tensor.layer for tensor in model.network.inputs if tensor.node is None]
    members = dict.fromkeys([*starts, *(node.layer for node in model.network.nodes)])  # built when they were called
    return [_row(member, shapes[member], True) for member in members]


def _row(layer: Any, shape: str, built: bool) -> Row:
    parameters = f"{sum(variable.size for variable in layer.weights):,}" if built else "?"
    return Row(layer, f"{layer.name} ({type(layer).__name__})", shape, parameters)


def _output_shapes(model: Model) -> dict[Any, str]:
    known: dict[Any, str] = {}
    for tensor in model.network.inputs:
        known[tensor.layer] = str(tensor.shape)
    for node in model.network.nodes:
        known.setdefault(node.layer, ", ".join(str(tensor.shape) for tensor in node.outputs))
    if model.built and not model.network.inputs and not model.network.opaque:
        shape = model.build_shape
        for layer in model.layers:
            shape = layer.compute_output_shape(shape)
            known[layer] = ", ".join(str(tuple(one)) for one in flatten_shapes(shape))
    return known


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
