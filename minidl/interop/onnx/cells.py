"""One step of the recurrent layers and cells, for loops over masked sequences and for what ONNX has no operator for."""

from __future__ import annotations

from collections.abc import Callable

from minidl.activations import ActivationFunction
from minidl.interop.onnx.activations import activate
from minidl.interop.onnx.builder import Builder, channels_first
from minidl.interop.onnx.convolution import add_conv, filters_first
from minidl.layers.layer import Layer
from minidl.layers.recurrent.conv_lstm import ConvLSTM
from minidl.layers.recurrent.gru import GRURecurrence
from minidl.layers.recurrent.lstm import LSTMRecurrence
from minidl.layers.recurrent.recurrence import Recurrence
from minidl.layers.recurrent.simple_rnn import SimpleRecurrence
from minidl.layers.recurrent.stacked import StackedRNNCells

Step = tuple[str, list[str]]  # the output of one step and the states after it


def step(g: Builder, cell: Layer, x: str, states: list[str]) -> Step:
    """Add one step; raises ValueError for a cell that is not minidl's own."""
    if isinstance(cell, StackedRNNCells):
        return _stacked(g, cell, x, states)
    for kind, function in STEPS.items():
        if isinstance(cell, kind) and type(cell).__module__ == kind.__module__:
            return function(g, cell, x, states)
    raise ValueError(f"{cell.title} cannot be exported to ONNX: its class is Python code, which ONNX cannot hold")


def _stacked(g: Builder, cells: StackedRNNCells, x: str, states: list[str]) -> Step:
    after: list[str] = []
    for cell, own in zip(cells.cells, cells._by_cell(states), strict=True):
        with g.inside(cell.name):
            x, new = step(g, cell, x, own)
        after += new
    return x, after


def _applied(g: Builder, function: ActivationFunction, x: str, cell: Recurrence) -> str:
    y = activate(g, function, g.tensor(x, (None, cell.units), cell.dtype), cell.title)
    return next(iter(y.views.values()))


def _projected(g: Builder, cell: Recurrence, x: str) -> str:
    z = g.op("MatMul", x, g.weight("kernel", cell.kernel.value))
    return g.op("Add", z, g.weight("bias", cell._input_bias(cell.bias.value))) if cell.use_bias else z


def _simple(g: Builder, cell: SimpleRecurrence, x: str, states: list[str]) -> Step:
    """`h = activation(x @ kernel + bias + h @ recurrent_kernel)`."""
    product = g.op("MatMul", states[0], g.weight("recurrent_kernel", cell.recurrent_kernel.value))
    h = _applied(g, cell.activation, g.op("Add", _projected(g, cell, x), product), cell)
    return h, [h]


def _lstm(g: Builder, cell: LSTMRecurrence, x: str, states: list[str]) -> Step:
    """The LSTM with matrix products."""
    product = g.op("MatMul", states[0], g.weight("recurrent_kernel", cell.recurrent_kernel.value))
    z = g.op("Add", _projected(g, cell, x), product)
    return _next_lstm(g, cell, z, -1, states[1], lambda function, one: _applied(g, function, one, cell))


def _next_lstm(
    g: Builder, cell: LSTMRecurrence | ConvLSTM, z: str, axis: int, c: str, applied: Callable[[ActivationFunction, str], str]
) -> Step:
    """`c = f * c + i * g`, `h = o * activation(c)`, with the gates i, f, g and o, which are the parts of z along the axis."""
    gates = g.ops("Split", [z], 4, axis=axis, num_outputs=4)
    functions = [cell.recurrent_activation, cell.recurrent_activation, cell.activation, cell.recurrent_activation]
    i, f, candidate, o = (applied(function, gate) for function, gate in zip(functions, gates, strict=True))
    c = g.op("Add", g.op("Mul", f, c), g.op("Mul", i, candidate))
    h = g.op("Mul", o, applied(cell.activation, c))
    return h, [h, c]


def _gru(g: Builder, cell: GRURecurrence, x: str, states: list[str]) -> Step:
    """`h = u * h + (1 - u) * g`, with g reset before or after the product."""
    (h,), units, kernel = states, cell.units, cell.recurrent_kernel.value
    u_in, r_in, g_in = g.ops("Split", [_projected(g, cell, x)], 3, axis=-1, num_outputs=3)
    if cell.reset_after:
        product = g.op("MatMul", h, g.weight("recurrent_kernel", kernel))
        if cell.use_bias:
            product = g.op("Add", product, g.weight("recurrent_bias", cell.bias.value[1]))
        u_h, r_h, g_h = g.ops("Split", [product], 3, axis=-1, num_outputs=3)
    else:
        product = g.op("MatMul", h, g.weight("recurrent_kernel", kernel[:, : 2 * units]))
        u_h, r_h = g.ops("Split", [product], 2, axis=-1, num_outputs=2)
    u = _applied(g, cell.recurrent_activation, g.op("Add", u_in, u_h), cell)
    r = _applied(g, cell.recurrent_activation, g.op("Add", r_in, r_h), cell)
    if cell.reset_after:
        inner = g.op("Mul", r, g_h)
    else:
        inner = g.op("MatMul", g.op("Mul", r, h), g.weight("candidate_kernel", kernel[:, 2 * units :]))
    candidate = _applied(g, cell.activation, g.op("Add", g_in, inner), cell)
    h = g.op("Add", candidate, g.op("Mul", u, g.op("Sub", h, candidate)))
    return h, [h]


def _conv_lstm(g: Builder, cell: ConvLSTM, x: str, states: list[str]) -> Step:
    """The LSTM with convolutions for products; images have channels first."""
    rank, sizes = cell.rank, cell.step_shape[:-1] if cell.data_format == "channels_last" else cell.step_shape[1:]
    z = add_conv(
        g, cell, x, list(sizes), filters_first(cell.kernel.value), 1, cell.bias.value if cell.use_bias else None, "kernel"
    )
    extent = cell.kernel_size
    before = [(size - 1) // 2 for size in extent]
    pads = [*before, *(size - 1 - one for size, one in zip(extent, before, strict=True))]
    recurrent = g.weight("recurrent_kernel", filters_first(cell.recurrent_kernel.value))
    z = g.op("Add", z, g.op("Conv", states[0], recurrent, kernel_shape=extent, pads=pads))

    def applied(function: ActivationFunction, one: str) -> str:
        order = channels_first(rank + 2)
        y = activate(g, function, g.tensor(one, (None, *(None,) * rank, cell.filters), cell.dtype, order), cell.title)
        return g.view(y, order)

    return _next_lstm(g, cell, z, 1, states[1], applied)


STEPS: dict[type, Callable[..., Step]] = {
    ConvLSTM: _conv_lstm,
    GRURecurrence: _gru,
    LSTMRecurrence: _lstm,
    SimpleRecurrence: _simple,
}
