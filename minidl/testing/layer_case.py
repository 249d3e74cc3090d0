"""`LayerCase`: one built layer with inputs, run as models run it, with its state restored after each run."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np

from minidl.config import randomness
from minidl.config.nest import flatten, rebuild
from minidl.config.settings import floatx, set_floatx
from minidl.config.types import AnyShapes, Array, Arrays, Cache, Gradients, Masks, Options, Tensors
from minidl.graph.shapes import is_shape
from minidl.layers.layer import Layer
from minidl.layers.passes import LayerCache
from minidl.layers.recurrent.base_rnn import BaseRNN
from minidl.layers.recurrent.bidirectional import Bidirectional
from minidl.layers.traversal import with_sublayers
from minidl.models.model import Model
from minidl.testing.report import assert_close
from minidl.variable import Variable

MODES = (True, False)  # training, inference


class Settings(NamedTuple):
    """The arguments of `check_layer`."""

    make_layer: Callable[[], Any]
    inputs: Tensors
    mask: Any
    options: Options
    seed: int
    tolerance: float
    fixed_batch: bool | None


class Outcome(NamedTuple):
    """Copies of the results of one forward and one backward pass."""

    y: list[Array]
    dx: list[Array | None]
    grads: list[Array]
    state: list[Array]


class LayerCase:
    """A layer built with one float type for one shape, its weights changed from their initial values.

    It is made and used under `chosen_defaults`. Its state comes from one training pass (`warm_up`), so that initial zeros and
    ones do not hide mistakes.
    """

    def __init__(self, settings: Settings, shape: AnyShapes, dtype: str) -> None:
        self.settings, self.shape, self.dtype = settings, shape, dtype
        self.generator = np.random.default_rng(settings.seed)
        if isinstance(settings.make_layer, Layer):
            raise TypeError(
                f"check_layer makes layers itself, several times, and got a finished {settings.make_layer!r}; "
                f"give it the class, or a function: check_layer(lambda: {settings.make_layer!r}, ...)"
            )
        self.layer: Layer = settings.make_layer()
        if not isinstance(self.layer, Layer):
            raise TypeError(f"check_layer expects a function or class that makes a Layer, and it made {self.layer!r}")
        if self.layer.dtype != dtype:
            raise ValueError(
                f"check_layer tries {self.layer.title} in float32 and float64, and make_layer fixed its dtype to "
                f"{self.layer.dtype}; leave dtype out"
            )
        self.x = self.make_x()
        self.mask = self._make_mask()
        self.build(self.layer)
        for variable in self.weights:
            variable.assign(variable.value + 0.3 * self.generator.standard_normal(variable.shape))
        if settings.mask == "auto" and self.mask is not None:
            self.mask = self._accepted_mask()

    def build(self, layer: Layer) -> None:
        """Build a layer for this case's shape."""
        layer.build_for(self.shape if is_shape(self.shape) else list(self.shape))

    @property
    def title(self) -> str:
        """The layer, the input shape and the dtype."""
        return f"{self.layer!r} on {self.shape} in {self.dtype}"

    @property
    def weights(self) -> list[Variable]:
        """The variables that have a gradient: all but state."""
        return [variable for variable in self.layer.weights if not variable.is_state]

    @property
    def state(self) -> list[Variable]:
        """The layer's state variables."""
        return [variable for variable in self.layer.variables if variable.is_state]

    @property
    def weight_names(self) -> list[str]:
        """Names of the weights, numbered if they are not unique."""
        names = [variable.name for variable in self.weights]
        return [name if names.count(name) == 1 else f"weights[{number}] {name}" for number, name in enumerate(names)]

    @property
    def x_names(self) -> list[str]:
        """Names of the inputs."""
        count = len(flatten(self.x))
        return ["x"] if count == 1 else [f"x[{number}]" for number in range(count)]

    @property
    def fixed_batch(self) -> bool:
        """Whether the layer was built for one batch size, as a stateful one is."""
        chosen = self.settings.fixed_batch
        stateful = any(bool(getattr(member, "stateful", False)) for member in with_sublayers(self.layer))
        return stateful if chosen is None else chosen

    def make_x(self, batch: int | None = None) -> list[Array] | Array:
        """New inputs; floats get the case's dtype."""
        shapes = [self.shape] if is_shape(self.shape) else list(self.shape)
        if batch is not None:
            shapes = [(batch, *shape[1:]) for shape in shapes]
        inputs = self.settings.inputs
        makers = inputs if isinstance(inputs, (list, tuple)) else [inputs] * len(shapes)
        arrays = []
        for make, shape in zip(makers, shapes, strict=True):
            array = np.asarray((make or numbers_away_from_zero)(self.generator, shape))
            arrays.append(array.astype(self.dtype) if array.dtype.kind == "f" else array)
        return arrays[0] if is_shape(self.shape) else arrays

    def _make_mask(self) -> Tensors:
        make = self.settings.mask
        if make is None or (make == "auto" and (not self.layer.uses_mask or isinstance(self.layer, Model))):
            return None  # in a model, what masked steps change depends on the layers behind
        masks: list[Array | None] = []
        for array in flatten(self.x):
            if make != "auto":
                masks.append(np.asarray(make(self.generator, array.shape), dtype=bool))
            else:
                takes = array.ndim >= 3 and not (
                    masks and isinstance(self.layer, (BaseRNN, Bidirectional))
                )  # its other inputs are states
                masks.append(random_steps(self.generator, array.shape[:2]) if takes else None)
        if all(mask is None for mask in masks):
            return None
        return rebuild(self.x, masks)

    def _accepted_mask(self) -> Tensors:
        """The automatic mask of time steps; if the layer does not take it, one of another usual shape that it takes.

        `None` for a layer with channels first, whose mask is of the steps along the last axis: the checks know none such.
        """
        if self._takes(self.mask) or not isinstance(self.x, np.ndarray):
            return self.mask
        generator = np.random.default_rng(self.settings.seed)
        for shape in (self.x.shape[:-1], self.x.shape):
            mask = generator.random(shape) < 0.6
            mask[:, 0] = True
            if self._takes(mask):
                return mask
        return None if self._takes(np.ones(self.x.shape[:: self.x.ndim - 1], bool)) else self.mask

    def _takes(self, mask: Array | None) -> bool:
        try:
            with self.layer.preserved_state():
                self.forward(self.x, False, mask)
        except ValueError:
            return False
        return True

    def make_dy(self, y: object) -> Tensors:
        """A random gradient for every output."""
        arrays = [np.asarray(self.generator.standard_normal(array.shape), array.dtype) for array in flatten(y)]
        return rebuild(y, arrays)

    def warm_up(self) -> None:
        """Run one training pass so that the state has other than its initial values; the weights must not change."""
        before = [variable.numpy() for variable in self.weights]
        self.layer._forward(self.make_x(), None, True, **self.settings.options)
        for name, variable, value in zip(self.weight_names, self.weights, before, strict=True):
            assert_close("mutation", name, variable.value, value, "forward changed a weight's value", 0.0)

    def forward(self, x: Arrays, training: bool, mask: Masks = None) -> tuple[Tensors, Cache, Masks]:
        """`(y, cache, mask of y)`, as in a model."""
        return self.layer._forward(x, mask, training, **self.settings.options)

    def infer(self, x: Arrays, mask: Masks = None) -> Tensors:
        """`y` in inference mode."""
        return self.layer._infer(x, mask, **self.settings.options)[0]

    def backward(self, dy: Gradients, cache: LayerCache, weights_only: bool = False) -> list[Array | None]:
        """The inputs' gradients as a list."""
        dx = self.layer._backward(dy, cache, weights_only)
        if weights_only:
            return []
        gradients = flatten(dx)
        if len(gradients) != len(flatten(self.x)):
            raise TypeError(f"backward returned {len(gradients)} gradients for {len(flatten(self.x))} inputs")
        return gradients

    def zero_grads(self) -> None:
        """Set all gradients to zero."""
        for variable in self.layer.variables:
            variable.grad[...] = 0

    def grads(self) -> list[Array]:
        """Copies of the weights' gradients."""
        return [variable.grad.copy() for variable in self.weights]

    def run(self, x: Arrays, dy: Gradients, training: bool, mask: Masks = None) -> Outcome:
        """One forward and one backward pass from the current state, which is restored."""
        with self.layer.preserved_state():
            self.zero_grads()
            y, cache, _ = self.forward(x, training, mask)
            kept = [array.copy() for array in flatten(y)]
            state = [variable.numpy() for variable in self.state]
            dx = [None if gradient is None else np.array(gradient) for gradient in self.backward(dy, cache)]
            return Outcome(kept, dx, self.grads(), state)

    def output(self, layer: Layer, x: Arrays, training: bool) -> list[Array]:
        """Another layer's output for the same call; its state is restored."""
        with layer.preserved_state():
            return [array.copy() for array in flatten(layer._forward(x, None, training, **self.settings.options)[0])]


@contextmanager
def chosen_defaults(dtype: str, seed: int) -> Iterator[None]:
    """Context in which layers are made with that dtype and seed; the previous settings are restored afterwards."""
    before, source = floatx(), randomness._source
    try:
        set_floatx(dtype)
        randomness.set_random_seed(seed)
        yield
    finally:
        set_floatx(before)
        randomness._source = source


def numbers_away_from_zero(generator: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Values of both signs with magnitudes between 0.1 and 1.6, away from the kinks of relu, abs or elu."""
    return generator.choice([-1.0, 1.0], shape) * generator.uniform(0.1, 1.6, shape)


def random_steps(generator: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """A mask (batch, time): at least one step of each row is unmasked, and at least one of the first row masked if possible."""
    rows, steps = shape
    mask = generator.random(shape) < 0.6
    stays = generator.integers(steps, size=rows)
    mask[np.arange(rows), stays] = True
    if steps > 1:
        mask[0, (stays[0] + 1) % steps] = False
    return np.asarray(mask, dtype=bool)
