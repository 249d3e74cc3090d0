"""`Recording`: the recorded operations of one run of code, through which gradients are backpropagated."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from minidl.autodiff.operation import Operation
from minidl.autodiff.tensor import Tensor, TensorLike
from minidl.autodiff.tracked import TrackedTensor, value_of
from minidl.config.nest import rebuild
from minidl.config.types import Array, DType, Options, Tensors

if TYPE_CHECKING:
    from minidl.config.layer_like import LayerLike, Terms, VariableLike


ACTIVE: ContextVar[Recording | None] = ContextVar("recording", default=None)


active_recording = ACTIVE.get  # the active recording of this thread, if any


@contextmanager
def not_recording() -> Iterator[None]:
    """Context in which nothing is recorded, for layers, which are recorded as one step."""
    token = ACTIVE.set(None)
    try:
        yield
    finally:
        ACTIVE.reset(token)


class Step(NamedTuple):
    """One recorded step.

    Attributes:
        outputs: its output tensors.
        sources: its input tensors; `None` for constants.
        backward: `backward(dys, wanted) -> dxs`, one `dy` for each output, one `dx` for each requested source.
        saved: the arrays that `backward` reads.
        reaches_weights: whether it adds to gradients of weights itself, as layers do.
        adds_loss: whether it adds to the loss itself, so that its backward pass runs even without a `dy`.
    """

    outputs: Sequence[TrackedTensor]
    sources: Sequence[TrackedTensor | None]
    backward: Callable[[list[Array | None], list[bool]], Sequence[Array | None]]
    saved: list[object]
    reaches_weights: bool
    adds_loss: bool


class Gradients:
    """The accumulated gradients of tensors."""

    def __init__(self) -> None:
        self._found: dict[int, Array] = {}  # id of a tensor -> gradient

    def add(self, tensor: TrackedTensor, gradient: Array | None) -> None:
        """Add to a tensor's gradient, with the tensor's dtype."""
        if gradient is not None:
            gradient = np.asarray(gradient, tensor.value.dtype)
            before = self._found.get(id(tensor))
            self._found[id(tensor)] = gradient if before is None else before + gradient

    def pop(self, tensor: TrackedTensor) -> Array | None:
        """Remove and return a tensor's gradient."""
        return self._found.pop(id(tensor), None)


class Recording:
    """A tape: records operations and layer calls on tracked tensors, in the order they ran.

    Args:
        title: the layer or model whose code runs, for messages.
        training: the default of the argument `training` of called layers.
    Example:
        >>> from minidl import ops
        >>> recording = Recording("example")
        >>> x = recording.track(np.array([1.0, 2.0]))
        >>> with recording.active():
        ...     y = ops.sum(x * x)
        >>> recording.backward([y], [np.ones(())], [x])
        [array([2., 4.])]
    """

    def __init__(self, title: str, training: bool = False) -> None:
        self.title, self.training = title, training
        self.steps: list[Step] = []
        self.losses: list[object] = []  # terms given to add_loss: tracked tensors and constants
        self.penalties: Terms = []  # called layers, and what they add to the loss
        self.layers: list[LayerLike] = []  # called layers
        self.makers: dict[int, LayerLike] = {}  # id of a tensor -> the layer of which it is the only output
        self._variables: dict[int, tuple[VariableLike, TrackedTensor]] = {}  # id of a variable -> the variable and its tensor
        self._read: list[tuple[VariableLike, TrackedTensor]] = []  # all such pairs, also for values that were overwritten since

    @contextmanager
    def active(self) -> Iterator[Recording]:
        """Context in which operations on variables are recorded here."""
        token = ACTIVE.set(self)
        try:
            yield self
        finally:
            ACTIVE.reset(token)

    def track(self, value: Array, mask: Array | None = None) -> TrackedTensor:
        """An input: a tracked tensor with this value."""
        return TrackedTensor(value, self, mask=mask)

    def track_variable(self, variable: Any) -> TrackedTensor:
        """A tracked tensor of the variable's current value; its gradient is added to the variable's."""
        if id(variable) not in self._variables:
            value = variable.array.copy() if variable.is_state else variable.array
            tensor = TrackedTensor(value, self, has_weights=True)
            self._variables[id(variable)] = (variable, tensor)
            self._read.append((variable, tensor))
        return self._variables[id(variable)][1]

    def assign(self, variable: Any, value: object) -> None:
        """Called before a variable is overwritten: earlier steps keep the value they read, later ones read the new value."""
        if any(variable is weight for layer in self.layers for weight in layer.weights):
            raise ValueError(
                f'{self.title} assigns "{variable.name}" after a layer was called with it, whose gradient needs the old value; '
                f"assign it before the call, or in a callback"
            )
        if id(variable) in self._variables:
            _, tensor = self._variables.pop(id(variable))
            tensor.value = _kept(tensor.value, variable.array)
            for step in self.steps:
                step.saved[:] = [_kept(saved, variable.array) for saved in step.saved]
        if isinstance(value, TrackedTensor):
            self._variables[id(variable)] = (variable, value)

    def add_losses(self, terms: Iterable[object]) -> None:
        """Add terms to the loss; constants count too, without a gradient."""
        for term in terms:
            self.losses.append(self.track_variable(term) if isinstance(term, Tensor) and term.is_variable else term)

    def record(
        self,
        values: Sequence[Array],
        sources: Sequence[TrackedTensor | None],
        backward: Callable[[list[Array | None], list[bool]], Sequence[Array | None]],
        saved: list[Any] | None = None,
        reaches_weights: bool = False,
        adds_loss: bool = False,
    ) -> list[TrackedTensor]:
        """Add a step with these output values, see `Step`; returns the outputs as tracked tensors."""
        for source in sources:
            if source is not None and source.recording is not self:
                raise ValueError(
                    f"{self.title} uses a tensor of another call, {source!r}; pass it as an argument of the layer instead"
                )
        depends = reaches_weights or any(source.has_weights for source in sources if source is not None)
        outputs = [TrackedTensor(value, self, depends) for value in values]
        self.steps.append(Step(outputs, sources, backward, [] if saved is None else saved, reaches_weights, adds_loss))
        return outputs

    def apply(self, operation: Operation, tensors: Sequence[TensorLike], options: Options) -> Any:
        """Compute an operation and record it; operations without a gradient return plain arrays."""
        options = {name: value_of(option) for name, option in options.items()}
        sources = [self.source_of(tensor) for tensor in tensors]
        dtype = _float_type(source for source in sources if source is not None)
        values = [
            _as_constant(tensor, dtype) if source is None else source.value
            for tensor, source in zip(tensors, sources, strict=True)
        ]
        y = operation.forward(values, options)
        several = isinstance(y, (tuple, list))
        arrays = [_in_type(np.asarray(one), dtype) for one in (y if several else [y])]
        if not operation.differentiable or all(array.dtype.kind != "f" for array in arrays):
            return rebuild(y, arrays)
        saved = [*arrays, *values]

        def backward(dys: list[Array | None], wanted: list[bool]) -> list[Array | None]:
            ys, tensors = saved[: len(arrays)], saved[len(arrays) :]
            if several:
                return operation.backward(dys, ys, tensors, options, wanted)
            return operation.backward(dys[0], ys[0], tensors, options, wanted)

        outputs = self.record(arrays, sources, backward, saved)
        if several:  # indices next to values, as those of top_k, stay arrays
            return tuple(one if one.dtype.kind == "f" else one.value for one in outputs)
        return outputs[0]

    def backward(
        self,
        outputs: Sequence[object],
        dys: Sequence[Array | None],
        inputs: Sequence[TrackedTensor] = (),
        weights_only: bool = False,
    ) -> list[Array]:
        """Backpropagate through the steps (chain rule). Gradients of variables are added to their `grad`.

        Args:
            outputs: tensors whose gradients are given; constants are ignored.
            dys: the gradients; `None` for an output that was not used.
            inputs: tensors whose gradients are returned.
            weights_only: whether only weights need gradients; the inputs' are then incomplete.
        Returns:
            The inputs' gradients, zeros for inputs that were not used.
        """
        gradients = Gradients()
        for output, dy in zip(outputs, dys, strict=True):
            if isinstance(output, TrackedTensor):
                gradients.add(output, dy)
        for term in self.losses:
            if isinstance(term, TrackedTensor):
                gradients.add(term, np.ones_like(term.value))
        for step in reversed(self.steps):
            arriving = [gradients.pop(output) for output in step.outputs]
            if all(dy is None for dy in arriving):
                if not step.adds_loss:
                    continue
                arriving = [np.zeros_like(output.value) for output in step.outputs]
            wanted = [source is not None and (source.has_weights or not weights_only) for source in step.sources]
            if any(wanted) or step.reaches_weights:
                for source, dx in zip(step.sources, step.backward(arriving, wanted), strict=True):
                    if source is not None:
                        gradients.add(source, dx)
        for variable, tensor in self._read:
            if (gradient := gradients.pop(tensor)) is not None:
                variable.grad += gradient
        found = [gradients.pop(tensor) for tensor in inputs]
        return [np.zeros_like(x.value) if dx is None else dx for x, dx in zip(inputs, found, strict=True)]

    def source_of(self, tensor: object) -> TrackedTensor | None:
        """The tracked tensor of an argument; `None` for a constant."""
        if isinstance(tensor, Tensor) and tensor.is_variable:
            return self.track_variable(tensor)
        return tensor if isinstance(tensor, TrackedTensor) else None


def _float_type(sources: Iterable[TrackedTensor]) -> DType | None:
    """The widest float type among tensors, used for constants."""
    types = [source.dtype for source in sources if source.dtype.kind == "f"]
    return max(types, key=lambda dtype: dtype.itemsize, default=None)


def _as_constant(value: object, dtype: DType | None) -> float | Array:
    """A constant operand, floats with the tensors' dtype; Python numbers adopt it anyway."""
    if isinstance(value, (bool, int, float)) and not isinstance(value, np.generic):
        return value
    array = _in_type(np.asarray(value), dtype)
    return array.copy() if array is value else array  # the code may modify its array later


def _in_type(array: Array, dtype: DType | None) -> Array:
    return array.astype(dtype) if dtype is not None and array.dtype.kind == "f" and array.dtype != dtype else array


def _kept(value: object, overwritten: Array) -> Tensors:
    """The value, copied if its memory is about to be overwritten."""
    return value.copy() if isinstance(value, np.ndarray) and np.may_share_memory(value, overwritten) else value
