"""Random valid models of all public layers, and everything that can be done with a model: only documented errors may occur.

python -m tests.models.random_models 0 100     # the models number 0 to 99
"""

import math
import pickle
import random
import sys
import tempfile
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from minidl import Input, Model, Sequential, layers, load_model, losses, models, ops, optimizers
from minidl.config.naming import clear_session
from minidl.config.nest import flatten
from minidl.config.randomness import set_random_seed
from minidl.graph.symbolic import SymbolicTensor, get_source_inputs
from minidl.interop.onnx.table import unsupported_layers
from minidl.kernels.compiled import set_compiled
from minidl.layers.traversal import with_sublayers
from tests.table.layers import gathered
from tests.table.optimizers import OPTIMIZERS

ROWS, LARGEST = 6, 1500  # rows of data, and values in a row of a tensor


WITHOUT = ("InputLayer", "Lambda", "MaxNumBoundingBoxes")  # no call of its own; not in files; takes a dict
DOCUMENTED = (  # what errors of valid models say
    "which Keras does not have, so that a .keras file cannot hold it",
    "which minidl does not write into .keras files",
    "unknown function",  # of a user, without custom_objects
    "cannot be exported to ONNX",
    "the loss became",  # NaN or infinite
    "takes strings, got an array of type",  # where a layer before gives numbers
    "expects ids as whole numbers",  # where a layer before gives fractions
    "takes whole numbers, got",
    "expects ids from 0 to",
    "takes strings and integers, got an array of type",  # where a layer before gives floats
    "computes with numbers, got an array of type object",  # where a layer before gives strings
)


class Row(NamedTuple):
    """A form of a layer in the table."""

    name: str
    make: Callable[[], Any]
    shapes: list[Any]
    several: bool
    options: dict[str, Any]


def _rows() -> Iterator[Row]:
    for name, forms in gathered("FORMS").items():
        for make, shape, options in forms if name not in WITHOUT else ():
            if any(not type(member).__module__.startswith("minidl.") for member in with_sublayers(make())):
                continue  # a class of the tests, which files do not know
            several = isinstance(shape, list)
            yield Row(name, make, shape if several else [shape], several, options)


TABLE = list(_rows())
UNARY = ("relu", "tanh", "exp", "square", "abs", "negative", "sigmoid", "softplus", "flip", "cumsum", "transpose", "sum", "max")
BINARY = ("add", "subtract", "multiply", "maximum", "minimum", "logaddexp", "arctan2", "matmul", "where")
HEADS = [  # units, activation, loss, targets
    (1, None, "mse", lambda draw, rows: draw.normal(size=(rows, 1))),
    (1, "sigmoid", "binary_crossentropy", lambda draw, rows: draw.integers(2, size=(rows, 1))),
    (3, "softmax", "sparse_categorical_crossentropy", lambda draw, rows: draw.integers(3, size=rows)),
    (3, "softmax", "categorical_crossentropy", lambda draw, rows: np.eye(3)[draw.integers(3, size=rows)]),
    (3, None, losses.SparseCategoricalCrossentropy(from_logits=True), lambda draw, rows: draw.integers(3, size=rows)),
    (2, "softplus", "poisson", lambda draw, rows: draw.poisson(1.0, size=(rows, 2))),
    (2, "tanh", "huber", lambda draw, rows: draw.normal(size=(rows, 2))),
]


class UndocumentedError(AssertionError):
    """An error that no valid model may raise, with what was done."""


class RefusedError(Exception):
    """A documented error."""


@contextmanager
def doing(what: str, *allowed: type[Exception]) -> Iterator[None]:
    """Context in which every error but those allowed is one that no valid model may raise."""
    try:
        yield
    except (*allowed, RefusedError):
        raise
    except Exception as error:
        if any(text in str(error) for text in DOCUMENTED):
            raise RefusedError(str(error)) from None
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(place.filename).name}:{place.lineno}"
        raise UndocumentedError(f"{what}: {type(error).__name__} at {where}: {str(error)[:600]}") from error


class Builder:
    """Draws a graph: a pool of symbolic tensors, to which calls of layers and operations add.

    Args:
        draw: where the choices come from.
    """

    def __init__(self, draw: random.Random) -> None:
        self.draw = draw
        self.numbers = np.random.default_rng(draw.randrange(2**32))
        self.data: dict[Any, Any] = {}  # input -> its array
        self.pool: list[SymbolicTensor] = []
        self.called: list[tuple[Any, Any]] = []  # layers, and the shape of their input
        self.steps: list[str] = []

    def start(self, shape: Any, options: dict[str, Any], number: int = 0) -> SymbolicTensor:
        """A new input of that shape, with its array."""
        make = options.get("inputs")
        make = make[number] if isinstance(make, (list, tuple)) else make
        array = np.asarray((make or _normal)(self.numbers, (ROWS, *shape[1:])))
        array = array.astype("float32") if array.dtype.kind == "f" else array
        kind = "string" if array.dtype.kind in "OUT" else array.dtype.name
        tensor = Input(tuple(shape[1:]), dtype=kind)
        self.data[tensor] = array
        return tensor

    def row(self, tensor: SymbolicTensor | None) -> Row:
        """A form of a layer that may take such a tensor."""
        if tensor is None:
            return self.draw.choice(TABLE)
        is_float = tensor.dtype.startswith("float")
        fitting = [
            row for row in TABLE if not row.several and len(row.shapes[0]) == tensor.ndim and "options" not in row.options
        ]
        return self.draw.choice([row for row in fitting if is_float != ("inputs" in row.options)] or fitting or TABLE)

    def step(self) -> None:
        """Add one call to the pool, if what was drawn fits together."""
        kind = self.draw.choice(["layer"] * 6 + ["fresh"] * 2 + ["merge", "merge", "operation", "operation", "share", "nested"])
        if not self.pool:
            kind = "fresh"
        tensor = self.draw.choice(self.pool[-4:]) if self.pool else None
        with doing(f"{kind} after {self.steps}", ValueError):
            result = getattr(self, f"_{kind}")(tensor)
        for one in flatten(result):
            known = isinstance(one, SymbolicTensor) and one.ndim > 0 and one.shape[0] is None and None not in one.shape[1:]
            if known and one.dtype != "string" and math.prod(one.shape[1:]) <= LARGEST:
                self.pool.append(one)

    def _layer(self, tensor: SymbolicTensor) -> Any:
        return self._called(self.row(tensor), tensor)

    def _called(self, row: Row, inputs: Any) -> Any:
        layer = row.make()
        self.steps.append(f"{row.name} {layer!r} on {[one.shape for one in flatten(inputs)]}")
        result = layer(inputs, **row.options.get("options", {}))
        if not row.several:
            self.called.append((layer, inputs.shape))
        return result

    def _fresh(self, tensor: SymbolicTensor | None) -> Any:
        row = self.row(None)
        inputs = [self.start(shape, row.options, number) for number, shape in enumerate(row.shapes)]
        return self._called(row, inputs if row.several else inputs[0])

    def _merge(self, tensor: SymbolicTensor) -> Any:
        other = self.draw.choice([one for one in self.pool if one.shape == tensor.shape])
        row = self.draw.choice(
            [
                row
                for row in TABLE
                if row.several and row.shapes == [row.shapes[0]] * len(row.shapes) and "options" not in row.options
            ]
        )
        return self._called(row, [self.draw.choice((tensor, other)) for _ in row.shapes])

    def _operation(self, tensor: SymbolicTensor) -> Any:
        other = self.draw.choice([one for one in self.pool if one.shape == tensor.shape])
        name = self.draw.choice(UNARY + BINARY)
        self.steps.append(f"ops.{name} of {tensor.shape} {tensor.dtype}")
        if name == "transpose":
            return ops.transpose(tensor, [0, *range(tensor.ndim - 1, 0, -1)])
        if name in ("flip", "cumsum", "sum", "max"):
            return getattr(ops, name)(tensor, axis=-1)
        if name == "where":
            return ops.where(tensor > 0, tensor, other)
        return getattr(ops, name)(tensor) if name in UNARY else getattr(ops, name)(tensor, other)

    def _share(self, tensor: SymbolicTensor) -> Any:
        fitting = [layer for layer, shape in self.called if shape == tensor.shape]
        if not fitting:
            return []
        self.steps.append("the same layer again")
        return self.draw.choice(fitting)(tensor)

    def _nested(self, tensor: SymbolicTensor) -> Any:
        parts: list[Any] = [self.row(tensor).make()]
        if self.draw.random() < 0.5:
            parts.append(layers.Activation("tanh"))
        self.steps.append(f"Sequential {parts} on {tensor.shape}")
        if self.draw.random() < 0.5:
            return Sequential([Input(tensor.shape[1:], dtype=tensor.dtype), *parts])(tensor)
        start = Input(tensor.shape[1:], dtype=tensor.dtype)
        end = start
        for part in parts:
            end = part(end)
        return Model(start, end)(tensor)


def _normal(generator: np.random.Generator, shape: Any) -> Any:
    return generator.normal(size=shape)


class Case(NamedTuple):
    """A model with data, how it is trained, and how it was made."""

    model: Model
    x: Any
    y: Any
    fitting: dict[str, Any]
    steps: list[str]
    is_diagnosed: bool  # which takes longer than everything else


def build(draw: random.Random) -> Case:
    """A random compiled model with data."""
    clear_session()
    set_random_seed(draw.randrange(1000))
    builder = Builder(draw)
    for _ in range(draw.randint(1, 7)):
        try:
            builder.step()
        except ValueError:  # what was drawn does not fit together
            builder.steps.append("refused")
    if not builder.pool:
        builder.pool.append(builder.start((ROWS, 4), {}))
    outputs, chosen, targets = [], [], []
    for tensor in draw.sample(builder.pool[-5:], min(len(builder.pool[-5:]), draw.choice((1, 1, 2)))):
        end, loss, target = _ended(builder, tensor)
        outputs.append(end)
        chosen.append(loss)
        targets.append(target)
    starts = list(dict.fromkeys(source for end in outputs for source in get_source_inputs(end)))
    with doing(f"Model after {builder.steps}"):
        model = Model(starts, outputs)
    name = draw.choice([name for name in OPTIMIZERS if name != "LBFGS"])
    settings = {"clipnorm": 1.0} | draw.choice(OPTIMIZERS[name]) | {"learning_rate": 1e-3}
    if len({key for key in settings if "clip" in key and key != "clip_threshold"}) > 1:
        del settings["clipnorm"]
    builder.steps.append(f"{name} {settings}")
    with doing(f"compile after {builder.steps}"):
        model.compile(getattr(optimizers, name)(**settings), chosen)
    fitting = {"epochs": draw.choice((1, 2)), "batch_size": draw.choice((1, 4, ROWS)), "verbose": 0}
    if draw.random() < 0.3:
        fitting["validation_split"] = 0.34
    if draw.random() < 0.3:
        fitting["sample_weight"] = [np.linspace(0, 2, ROWS)] * len(outputs) if len(outputs) > 1 else np.linspace(0, 2, ROWS)
    x, y = [builder.data[start] for start in starts], targets if len(targets) > 1 else targets[0]
    return Case(model, x if len(x) > 1 else x[0], y, fitting, builder.steps, draw.random() < 0.05)


def _ended(builder: Builder, tensor: SymbolicTensor) -> tuple[Any, Any, Any]:
    """An output for a tensor, with a loss and targets that fit."""
    draw = builder.draw
    with doing(f"an output of {tensor} after {builder.steps}"):
        if not tensor.dtype.startswith("float"):
            tensor = ops.cast(tensor, "float32")
        if draw.random() < 0.25:
            return tensor, "mse", builder.numbers.normal(size=(ROWS, *tensor.shape[1:]))
        units, activation, loss, make = draw.choice(HEADS)
        flat = layers.Flatten()(tensor) if tensor.ndim != 2 else tensor
        return layers.Dense(units, activation)(flat), loss, make(builder.numbers, ROWS)


def use(case: Case) -> None:
    """Do everything that can be done with a model.

    Raises:
        UndocumentedError: something failed, or gave other numbers than it must.
    """
    model, x, y = case.model, case.x, case.y
    before = [array.copy() for array in [*_listed(x), *_listed(y)]]
    is_stateful = any(getattr(layer, "carries_state", False) for layer in with_sublayers(model))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with _step(case, "fit"):
            model.fit(x, y, **case.fitting)
        with _step(case, "evaluate"):
            model.evaluate(x, y, verbose=0)
        with _step(case, "predict"):
            whole = model.predict(x, verbose=0)
            for one, shape in zip(_listed(whole), _shapes(model.output_shape), strict=True):
                assert one.shape == (ROWS, *shape[1:]), f"{one.shape} declared as {shape}"
            single = model.predict(x, batch_size=1, verbose=0)
        if not is_stateful:
            with _step(case, "predict with another batch_size"):
                _close(single, whole)
        with _step(case, "trace"):
            model.trace(x, y)
            model.gradients(x, y)
        if case.is_diagnosed:
            with _step(case, "diagnose"):
                model.diagnose(x, y)
        _use_copies(case, None if is_stateful else whole)
        with _step(case, "summary"):
            model.summary(print_fn=lambda line: None)
    with _step(case, "inputs"):
        for one, kept in zip([*_listed(x), *_listed(y)], before, strict=True):
            np.testing.assert_array_equal(one, kept)


def _use_copies(case: Case, whole: Any) -> None:
    model, x = case.model, case.x
    clear_session()  # a process that loads counts its names from the beginning

    divides = any(isinstance(layer, layers.SpectralNormalization) for layer in with_sublayers(model))

    def compare(what: str, other: Model) -> None:
        with _step(case, f"predict after {what}"):
            found = other.predict(x, verbose=0)
            if whole is not None and divides and what.endswith("keras"):  # the file holds the kernel divided by sigma
                _close(found, whole)
            elif whole is not None:
                for one, expected in zip(_listed(found), _listed(whole), strict=True):
                    np.testing.assert_array_equal(one, expected)

    with tempfile.TemporaryDirectory() as folder:
        for ending in ("safetensors", "keras"):
            path = Path(folder, f"net.{ending}")
            try:
                with _step(case, f"save {ending}"):
                    model.save(path)
            except RefusedError:
                continue
            with _step(case, f"load {ending}"):
                loaded = load_model(path)
            compare(f"load {ending}", loaded)
            with _step(case, f"weights {ending}"):
                loaded.set_weights([weight * 0 for weight in loaded.get_weights()])
                loaded.load_weights(path)
            compare(f"weights {ending}", loaded)
        with _step(case, "clone"):
            clone = models.clone_model(model)
            clone.set_weights(model.get_weights())
        compare("clone", clone)
        with _step(case, "json"):
            made = models.model_from_json(model.to_json())
            made.set_weights(model.get_weights())
        compare("json", made)
        with _step(case, "pickle"):
            other = pickle.loads(pickle.dumps(model))
        compare("pickle", other)
        if not unsupported_layers(model):
            _export(case, Path(folder, "net.onnx"), whole)
    with _step(case, "train on"):
        model.fit(x, case.y, **case.fitting)
        other.fit(x, case.y, **case.fitting)
        for one, expected in zip(other.get_weights(), model.get_weights(), strict=True):
            np.testing.assert_array_equal(one, expected)


def _export(case: Case, path: Path, whole: Any) -> None:
    from tests.interop.onnx_running import run

    with _step(case, "export"):
        case.model.export(path, verbose=False)
    with _step(case, "run in onnxruntime"):
        found = run(path, *_listed(case.x))
        expected = _listed(case.model(case.x, training=False))
        for one, other in zip(found, expected, strict=True):
            scale = max(1.0, float(np.abs(other[np.isfinite(other)]).max(initial=0.0)))
            np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-4 * scale)


def _step(case: Case, what: str) -> Any:
    return doing(f"{what} of {case.steps}, {case.fitting}")


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _shapes(shape: Any) -> list[Any]:
    return [shape] if isinstance(shape, tuple) else list(shape)


def _close(found: Any, expected: Any) -> None:
    for one, other in zip(_listed(found), _listed(expected), strict=True):
        scale = max(1.0, float(np.abs(other[np.isfinite(other)]).max(initial=0.0)))
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5 * scale)


def main(first: int, count: int) -> None:
    """Try models by number, and print what fails."""
    found: Counter[str] = Counter()
    set_compiled(False)  # compiling takes longer than the models
    for number in range(first, first + count):
        try:
            use(build(random.Random(number)))
        except RefusedError as error:
            found[str(error)[:40]] += 1
        except UndocumentedError as error:
            found["failed"] += 1
            print(f"{number}: {error}", flush=True)
        else:
            found["passed"] += 1
    print(f"models {first} to {first + count - 1}: {dict(found)}", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
