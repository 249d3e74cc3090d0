"""Healthy networks of random width and depth for each form of data, their optimizers, and the last layer."""

from collections.abc import Sequence
from typing import Any

from minidl import Input
from minidl import Sequential as Stack
from minidl import optimizers as o
from minidl.layers import (
    GRU,
    LSTM,
    Activation,
    BatchNormalization,
    Conv1D,
    Conv2D,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    GlobalAveragePooling1D,
    MaxPooling2D,
    SimpleRNN,
)
from tests.diagnostics.evaluation.cases import Draw, Subject
from tests.diagnostics.evaluation.problems import Problem

LOSSES = {"classes": "sparse_categorical_crossentropy", "yes_no": "binary_crossentropy", "values": "mean_squared_error"}
ENDS = {"classes": "softmax", "yes_no": "sigmoid", "values": None}
RECURRENT = (GRU, LSTM, SimpleRNN)
STARTS = {"relu": "he_normal", "elu": "he_normal", "leaky_relu": "he_normal", "silu": "he_normal", "selu": "lecun_normal"}


def start_for(activation: str) -> str:
    """The initializer that suits an activation."""
    return STARTS.get(activation, "glorot_uniform")


def hidden(draw: Draw, low: int = 1, high: int = 3, activation: str | None = None) -> list[Any]:
    """Dense layers, now and then with normalisation or a little dropout."""
    activation = activation or draw.pick("relu", "relu", "tanh", "elu", "leaky_relu", "silu")
    extra, width = draw.pick("", "", "normalised", "dropout"), draw.pick(32, 48, 64, 100)
    made: list[Any] = []
    for _ in range(draw.whole(low, high)):
        made.append(Dense(width, None if extra == "normalised" else activation, kernel_initializer=start_for(activation)))
        if extra == "normalised":
            made += [BatchNormalization(), Activation(activation)]
        if extra == "dropout":
            made.append(Dropout(draw.real(0.1, 0.25)))
    return made


def sound_layers(draw: Draw, problem: Problem) -> list[Any]:
    """A network for this form of data, without its last layer."""
    if problem.form == "images":
        filters, activation = draw.pick(8, 12, 16), draw.pick("relu", "relu", "elu")
        block: list[Any] = [
            Conv2D(filters, 3, activation=activation, kernel_initializer="he_normal", padding=draw.pick("same", "valid")),
            MaxPooling2D(),
            Conv2D(2 * filters, 2, activation=activation, kernel_initializer="he_normal"),
        ]
        return [*block, Flatten(), *([Dropout(draw.real(0.1, 0.3))] if draw.pick(True, False) else [])]
    if problem.form == "sequences":
        if draw.pick(True, True, True, False):
            return [draw.pick(LSTM, GRU, SimpleRNN)(draw.pick(16, 20, 24))]
        return [Conv1D(16, 3, activation="relu"), Flatten(), Dense(24, "relu")]
    if problem.form == "tokens":
        table = Embedding(problem.words, draw.pick(8, 12, 16))
        return [table, GlobalAveragePooling1D(), Dense(16, "relu")] if draw.pick(True, False) else [table, GRU(16)]
    return hidden(draw, *((2, 3) if problem.name == "spirals" else (1, 3)))


def sound_optimizer(draw: Draw, problem: Problem) -> Any:
    """An optimizer whose steps are as large as they should be."""
    if problem.form == "rows" and draw.pick(True, False, False):
        rate = draw.scale(0.01, 0.04)
        return o.SGD(rate / 5 if problem.task == "values" else rate, momentum=0.9)
    slow = problem.form == "rows" and problem.name != "spirals"
    rate = draw.scale(0.001, 0.003) if slow else draw.scale(0.003, 0.006)
    return draw.pick(o.Adam, o.Adam, o.RMSprop, o.AdamW, o.Nadam)(rate)


def last(problem: Problem, **settings: Any) -> Dense:
    """The layer that suits the targets."""
    return Dense(problem.outputs, ENDS[problem.task], name="output", **settings)


def stack(problem: Problem, layers: Sequence[Any], end: Any = None) -> Stack:
    """A built model of these layers, with the last one that suits the targets or another."""
    entry = Input(problem.x.shape[1:], dtype="int64" if problem.form == "tokens" else None)
    return Stack([entry, *layers, last(problem) if end is None else end])


def subject(draw: Draw, problem: Problem, model: Any, optimizer: Any, note: str = "", **changes: Any) -> Subject:
    """Compile a model for its problem.

    Args:
        draw: the case's choices.
        problem: its data.
        model: not compiled yet.
        optimizer: any.
        note: what is particular, in words.
        **changes: `loss`, or any attribute of `Subject`, where it is not the usual one.
    """
    loss = changes.pop("loss", LOSSES[problem.task])
    model.compile(optimizer, loss)
    usual: dict[str, Any] = {
        "x": problem.x,
        "y": problem.y,
        "x_test": problem.x_test,
        "y_test": problem.y_test,
        "task": problem.task,
        "epochs": problem.epochs,
        "batch_size": draw.pick(16, 32, 32),
    }
    what = f"{problem.name}, {' '.join(_names(model))}, {type(optimizer).__name__} {optimizer.learning_rate:.3g}"
    return Subject(model=model, note=f"{what}; {note}" if note else what, **(usual | changes))


def plain(draw: Draw, problem: Problem, note: str = "", **changes: Any) -> Subject:
    """A sound network with a sound optimizer."""
    layers, optimizer = sound_layers(draw, problem), sound_optimizer(draw, problem)  # drawn also where others take their place
    model = stack(problem, layers, changes.pop("end", None))
    return subject(draw, problem, model, changes.pop("optimizer", None) or optimizer, note, **changes)


def _names(model: Any) -> list[str]:
    """Layers in short: `Dense(64 relu)`, `LSTM(16)`."""
    names = []
    for layer in model.layers:
        size, activation = getattr(layer, "units", getattr(layer, "filters", "")), getattr(layer, "activation", None)
        shown = "" if isinstance(layer, RECURRENT) else getattr(activation, "__name__", "")
        inside = " ".join(str(part) for part in (size, shown) if part and part != "linear")
        names.append(f"{type(layer).__name__}({inside})" if inside else type(layer).__name__)
    return names
