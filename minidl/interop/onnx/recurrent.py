"""Recurrent layers: the operators RNN, LSTM and GRU where they fit, otherwise a Scan over the steps of the cell."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from minidl import activations
from minidl.config.types import Array
from minidl.interop.onnx.builder import Builder, Masked, Tensor, channels_first, element_type
from minidl.interop.onnx.cells import step
from minidl.layers.recurrent.base_rnn import BaseRNN
from minidl.layers.recurrent.bidirectional import Bidirectional
from minidl.layers.recurrent.cell import Cell
from minidl.layers.recurrent.cell_loop import flat_sizes
from minidl.layers.recurrent.conv_lstm import ConvLSTM, ConvLSTM1D, ConvLSTM2D, ConvLSTM3D
from minidl.layers.recurrent.gru import GRU, GRUCell
from minidl.layers.recurrent.lstm import LSTM, LSTMCell
from minidl.layers.recurrent.rnn import RNN
from minidl.layers.recurrent.simple_rnn import SimpleRNN, SimpleRNNCell
from minidl.layers.recurrent.stacked import StackedRNNCells

_FUNCTIONS: dict[object, tuple[str, float]] = {  # activation -> its name in ONNX's recurrent operators, alpha
    activations.hard_sigmoid: ("HardSigmoid", 1 / 6),
    activations.keras_2_hard_sigmoid: ("HardSigmoid", 0.2),
    activations.relu: ("Relu", 0.0),
    activations.sigmoid: ("Sigmoid", 0.0),
    activations.tanh: ("Tanh", 0.0),
}


class Run(NamedTuple):
    """What a loop over the steps gives: every output in the order of the input's steps, time first, and the last states."""

    outputs: str
    last: str
    states: list[str]


def recurrent(g: Builder, layer: BaseRNN, x: Tensor | list[Tensor], mask: Tensor | list[Tensor | None] | None) -> Masked:
    """`SimpleRNN`, `LSTM`, `GRU`, `RNN` and the convolutional ones."""
    sequences, mask = _sequences(x), mask[0] if isinstance(mask, (list, tuple)) else mask
    run = _run(g, layer, x, mask)
    y = _output(g, layer, sequences, run, flip=layer.go_backwards)
    states = _states(g, layer, sequences, run) if layer.return_state else []
    return Masked((y, *states) if states else y, mask if layer.return_sequences else None)


def bidirectional(g: Builder, layer: Bidirectional, x: Any, mask: Any) -> Masked:
    """Both directions, their outputs merged in the order of the first."""
    sequences, mask = _sequences(x), mask[0] if isinstance(mask, (list, tuple)) else mask
    outputs, states = [], []
    for number, (one, own) in enumerate(zip(layer._both, layer._halves(x), strict=True)):
        with g.inside(one.name):
            run = _run(g, one, own, mask)
            flip = one.go_backwards if number == 0 else not one.go_backwards
            outputs.append(_output(g, one, sequences, run, flip))
            states += _states(g, one, sequences, run) if layer.return_state else []
    merged = outputs if layer.merge_mode is None else [_merged(g, layer.merge_mode, *outputs)]
    y_mask = mask if layer.return_sequences else None
    return Masked(merged[0] if len(merged) + len(states) == 1 else (*merged, *states), y_mask)


def _merged(g: Builder, mode: str, a: Tensor, b: Tensor) -> Tensor:
    order = next(iter(a.views))
    names = [g.view(a, order), g.view(b, order)]
    if mode == "concat":
        y = g.op("Concat", *names, axis=order.index(a.rank - 1))
        sizes = [a.shape[-1], b.shape[-1]]
        return g.tensor(y, (*a.shape[:-1], None if None in sizes else sum(size or 0 for size in sizes)), a.dtype, order)
    operator = {"sum": "Add", "mul": "Mul", "ave": "Mean"}[mode]
    return g.tensor(g.op(operator, *names), a.shape, a.dtype, order)


def _sequences(x: Tensor | list[Tensor]) -> Tensor:
    return x[0] if isinstance(x, (list, tuple)) else x


def _time_order(layer: BaseRNN, rank: int) -> tuple[int, ...]:
    """The order of axes with time first, and channels before the other axes of images."""
    return (1, 0, *(axis + 1 for axis in _step_order(layer, rank - 1)[1:]))


def _step_order(layer: BaseRNN, rank: int) -> tuple[int, ...]:
    """The same for one step or a state, which have no axis of time."""
    first = isinstance(layer, ConvLSTM) and layer.data_format == "channels_last"
    return channels_first(rank) if first else tuple(range(rank))


def _output(g: Builder, layer: BaseRNN, x: Tensor, run: Run, flip: bool) -> Tensor:
    (_, *inner), _ = layer.step_shapes(x.shape[0], x.shape[2:])
    if not layer.return_sequences:
        return g.tensor(run.last, (x.shape[0], *inner), layer.dtype, _step_order(layer, len(inner) + 1))
    name = g.reverse(run.outputs, [0]) if flip else run.outputs
    return g.tensor(name, (*x.shape[:2], *inner), layer.dtype, _time_order(layer, len(inner) + 2))


def _states(g: Builder, layer: BaseRNN, x: Tensor, run: Run) -> list[Tensor]:
    shapes = layer.step_shapes(x.shape[0], x.shape[2:])[1]
    return [
        g.tensor(name, shape, layer.dtype, _step_order(layer, len(shape)))
        for name, shape in zip(run.states, shapes, strict=True)
    ]


def _run(g: Builder, layer: BaseRNN, x: Any, mask: Any) -> Run:
    if not isinstance(layer, BaseRNN):
        raise ValueError(f"{layer.title} cannot be exported to ONNX: its class is Python code, which ONNX cannot hold")
    sequences, given = _sequences(x), list(x[1:]) if isinstance(x, (list, tuple)) else []
    steps = g.view(sequences, _time_order(layer, sequences.rank))
    states = [g.view(one, _step_order(layer, one.rank)) for one in given]
    if mask is None and type(layer) in _OPERATORS and layer.dtype == "float32" and _fits(layer):
        return _OPERATORS[type(layer)](g, layer, steps, states)
    return scan(g, layer, sequences, steps, states, mask)


# ONNX's operators.


def _fits(layer: Any) -> bool:
    functions = [layer.activation] if isinstance(layer, SimpleRNN) else [layer.activation, layer.recurrent_activation]
    return all(function in _FUNCTIONS for function in functions)


def _add(
    g: Builder,
    operator: str,
    layer: SimpleRNN | LSTM | GRU,
    steps: str,
    states: list[str],
    order: list[int],
    recurrent_bias: Array,
    **attributes: Any,
) -> Run:
    """Add RNN, LSTM or GRU; `order` is ONNX's order of the gates in terms of minidl's."""

    def gates(array: Array) -> Array:
        parts = np.split(array, len(order), axis=-1)
        return np.concatenate([parts[gate] for gate in order], axis=-1)

    names = [
        g.weight("kernel", gates(layer.kernel.value).T[np.newaxis]),
        g.weight("recurrent_kernel", gates(layer.recurrent_kernel.value).T[np.newaxis]),
    ]
    if layer.use_bias:
        both = [gates(layer._input_bias(layer.bias.value)), gates(recurrent_bias)]
        names.append(g.weight("bias", np.concatenate(both)[np.newaxis]))
    starts = [g.expand_dims(state, 0) for state in states]
    direction = "reverse" if layer.go_backwards else "forward"
    inputs = [steps, *names, *([""] * (4 - len(names) - 1)), *(["", *starts] if starts else [])]
    outputs = 3 if operator == "LSTM" else 2
    made = g.ops(operator, inputs, outputs, hidden_size=layer.units, direction=direction, **attributes)
    ends = [g.op("Squeeze", one, g.integers(0)) for one in made[1:]]
    return Run(g.op("Squeeze", made[0], g.integers(1)), ends[0], ends)


def _functions(*functions: object) -> dict[str, object]:
    """The attributes that name the activations, if they are not the default ones."""
    names, alphas = zip(*(_FUNCTIONS[one] for one in functions), strict=True)
    if set(names) <= {"Sigmoid", "Tanh"} and names in (("Tanh",), ("Sigmoid", "Tanh"), ("Sigmoid", "Tanh", "Tanh")):
        return {}
    used = [alpha for alpha in alphas if alpha]
    return {"activations": names} | ({"activation_alpha": used, "activation_beta": [0.5] * len(used)} if used else {})


def _simple_rnn(g: Builder, layer: SimpleRNN, steps: str, states: list[str]) -> Run:
    zeros = np.zeros(layer.units, layer.dtype)
    return _add(g, "RNN", layer, steps, states, [0], zeros, **_functions(layer.activation))


def _lstm(g: Builder, layer: LSTM, steps: str, states: list[str]) -> Run:
    """Gates i, f, c, o here, and i, o, f, c in ONNX."""
    functions = _functions(layer.recurrent_activation, layer.activation, layer.activation)
    return _add(g, "LSTM", layer, steps, states, [0, 3, 1, 2], np.zeros(4 * layer.units, layer.dtype), **functions)


def _gru(g: Builder, layer: GRU, steps: str, states: list[str]) -> Run:
    """Gates z, r, h in both; `reset_after` has a bias of its own for the recurrent product."""
    own = layer.bias.value[1] if layer.use_bias and layer.reset_after else np.zeros(3 * layer.units, layer.dtype)
    functions = _functions(layer.recurrent_activation, layer.activation)
    return _add(g, "GRU", layer, steps, states, [0, 1, 2], own, linear_before_reset=int(layer.reset_after), **functions)


_OPERATORS: dict[type, Callable[..., Run]] = {SimpleRNN: _simple_rnn, LSTM: _lstm, GRU: _gru}


# A loop.


def scan(g: Builder, layer: BaseRNN, x: Tensor, steps: str, states: list[str], mask: Tensor | None) -> Run:
    """A Scan whose body is one step of the cell; masked steps keep the states before them."""
    from onnx import helper

    cell = getattr(layer, "cell", layer)
    (_, *inner), shapes = layer.step_shapes(x.shape[0], x.shape[2:])
    sizes = [_moved(layer, tuple(shape[1:])) for shape in shapes]
    states = states or [_zeros(g, steps, size, layer.dtype) for size in sizes]
    keep = None if mask is None else g.view(mask, (1, 0))
    here = [g.unique(f"{g.scope}/state") for _ in states]
    x_t, keep_t = g.unique(f"{g.scope}/step"), g.unique(f"{g.scope}/keep")
    with g.body() as nodes:
        output, after = step(g, cell, x_t, here)
        place = after.index(output)
        if keep is not None:
            there = g.expand_dims(keep_t, *range(1, len(sizes[0]) + 1))
            after = [g.op("Where", there, new, old) for new, old in zip(after, here, strict=True)]
        results = [g.op("Identity", one) for one in (*after, after[place])]
    kind, batch = element_type(layer.dtype), "batch"
    infos = [helper.make_tensor_value_info(name, kind, [batch, *size]) for name, size in zip(here, sizes, strict=True)]
    infos.append(helper.make_tensor_value_info(x_t, kind, [batch, *_moved(layer, x.shape[2:])]))
    infos += [] if keep is None else [helper.make_tensor_value_info(keep_t, element_type("bool"), [batch])]
    ends = [
        helper.make_tensor_value_info(name, kind, [batch, *size])
        for name, size in zip(results, [*sizes, sizes[place]], strict=True)
    ]
    body = helper.make_graph(nodes, g.unique(f"{g.scope}/body"), infos, ends)
    scanned = [steps] + ([] if keep is None else [keep])
    backwards = int(layer.go_backwards)
    directions: Any = {"scan_input_directions": [backwards] * len(scanned), "scan_output_directions": [backwards]}
    made = g.ops("Scan", [*states, *scanned], len(states) + 1, body=body, num_scan_inputs=len(scanned), **directions)
    outputs, last = made[-1], made[place]
    if keep is not None and layer.zero_output_for_mask:
        shown = g.op("CastLike", g.expand_dims(keep, *range(2, len(inner) + 2)), outputs)
        outputs = g.op("Mul", outputs, shown)
        last = g.op("Gather", outputs, g.constant(0 if layer.go_backwards else -1, "int64"), axis=0)
    return Run(outputs, last, made[:-1])


def _moved(layer: BaseRNN, step: tuple[Any, ...]) -> tuple[int, ...]:
    """Sizes of a step without the batch axis, channels first for images."""
    first = isinstance(layer, ConvLSTM) and layer.data_format == "channels_last"
    return (step[-1], *step[:-1]) if first else tuple(step)


def _zeros(g: Builder, steps: str, size: tuple[int, ...], dtype: str) -> str:
    zeros = g.constant(np.zeros((1, *size), dtype))
    return g.op("Expand", zeros, g.op("Concat", g.size(steps, 1), g.integers(*size), axis=0))


def single_step(g: Builder, cell: Cell, x: list[Tensor], mask: Tensor | None) -> Masked:
    """A cell on its own: `[inputs, *states]` to `(output, *states)`."""
    inputs, *states = x
    output, after = step(g, cell, g.plain(inputs), [g.plain(one) for one in states])
    sizes = flat_sizes(cell.state_size)
    made = [g.tensor(name, (inputs.shape[0], size), cell.dtype) for name, size in zip(after, sizes, strict=True)]
    return Masked((made[after.index(output)], *made), None)


LAYERS: dict[type, Callable[..., object]] = {
    **dict.fromkeys((ConvLSTM1D, ConvLSTM2D, ConvLSTM3D, GRU, LSTM, RNN, SimpleRNN), recurrent),
    **dict.fromkeys((GRUCell, LSTMCell, SimpleRNNCell, StackedRNNCells), single_step),
    Bidirectional: bidirectional,
}
