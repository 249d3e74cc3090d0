"""`Recording`: what one run of code did, step by step, so that its gradient can be computed by going through it backward."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple

import numpy as np

from minidl.autodiff.operation import Operation
from minidl.autodiff.tensor import Tensor
from minidl.autodiff.tracked import TrackedTensor, value_of
from minidl.config.types import Array, DType

ACTIVE: ContextVar["Recording | None"] = ContextVar("recording", default=None)


def active_recording() -> "Recording | None":
    """The recording that operations of this thread are added to now, if any."""
    return ACTIVE.get()


@contextmanager
def not_recording() -> Iterator[None]:
    """Within this context nothing is recorded: a layer computes, as one step of the recording."""
    token = ACTIVE.set(None)
    try:
        yield
    finally:
        ACTIVE.reset(token)


class Step(NamedTuple):
    """One recorded step.

    Attributes:
        outputs: the tensors it made.
        sources: the tensors it was made from; `None` where a constant was used.
        backward: `backward(dys, wanted) -> dxs`, one `dy` for each output, one `dx` for each source that is wanted.
        saved: the arrays that `backward` will read.
        reaches_weights: whether it adds to gradients of weights by itself, as a layer does.
        adds_loss: whether it adds to the loss by itself, so that its backward pass runs even if no `dy` arrives.
    """

    outputs: Sequence[TrackedTensor]
    sources: Sequence[TrackedTensor | None]
    backward: Callable[[list[Array | None], list[bool]], Sequence[Array | None]]
    saved: list[Any]
    reaches_weights: bool
    adds_loss: bool


class Gradients:
    """The gradients that arrived at tensors so far; several for one tensor add up."""

    def __init__(self) -> None:
        self._found: dict[int, Array] = {}  # id of a tensor -> gradient

    def add(self, tensor: TrackedTensor, gradient: Array | None) -> None:
        """Add to a tensor's gradient, in the tensor's type."""
        if gradient is not None:
            gradient = np.asarray(gradient, tensor.value.dtype)
            before = self._found.get(id(tensor))
            self._found[id(tensor)] = gradient if before is None else before + gradient

    def pop(self, tensor: TrackedTensor) -> Array | None:
        """Take a tensor's gradient out."""
        return self._found.pop(id(tensor), None)


class Recording:
    """A tape: records operations and layer calls on tracked tensors, in the order they ran.

    Args:
        title: whose code runs, for messages.
        training: whether layers called without `training` are in training mode.
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
        self.losses: list[TrackedTensor] = []  # terms given to add_loss
        self.penalties: list[float] = []  # of the layers called
        self.layers: list[Any] = []  # that were called
        self.makers: dict[int, Any] = {}  # id of a tensor -> the layer of which it is the only output
        self._variables: dict[int, tuple[Any, TrackedTensor]] = {}  # id of a variable -> it, and its tensor
        self._read: list[tuple[Any, TrackedTensor]] = []  # all such pairs, also of values that were overwritten since

    @contextmanager
    def active(self) -> Iterator["Recording"]:
        """Within this context operations on variables are recorded here."""
        token = ACTIVE.set(self)
        try:
            yield self
        finally:
            ACTIVE.reset(token)

    def track(self, value: Array, mask: Any = None) -> TrackedTensor:
        """An input: a tensor of this value."""
        return TrackedTensor(value, self, mask=mask)

    def track_variable(self, variable: Any) -> TrackedTensor:
        """The variable's value now; its gradient will be added to the variable's."""
        if id(variable) not in self._variables:
            value = variable.array.copy() if variable.is_state else variable.array
            tensor = TrackedTensor(value, self, has_weights=True)
            self._variables[id(variable)] = (variable, tensor)
            self._read.append((variable, tensor))
        return self._variables[id(variable)][1]

    def assign(self, variable: Any, value: Any) -> None:
        """Note that a variable is about to be overwritten: earlier steps keep the value they read, later ones read the new."""
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

    def add_losses(self, terms: Iterable[Any]) -> None:
        """Add terms to the loss; constants have no gradient but count."""
        for term in terms:
            if isinstance(term, Tensor) and term.is_variable:
                term = self.track_variable(term)
            if isinstance(term, TrackedTensor):
                self.losses.append(term)
            else:
                self.penalties.append(float(np.sum(term)))

    def record(
        self,
        values: Sequence[Array],
        sources: Sequence[TrackedTensor | None],
        backward: Callable[[list[Array | None], list[bool]], Sequence[Array | None]],
        saved: list[Any] | None = None,
        reaches_weights: bool = False,
        adds_loss: bool = False,
    ) -> list[TrackedTensor]:
        """Add a step with outputs of these values, as `Step` has it; the outputs as tracked tensors."""
        for source in sources:
            if source is not None and source.recording is not self:
                raise ValueError(
                    f"{self.title} uses a tensor of another call, {source!r}; pass it as an argument of the layer instead"
                )
        depends = reaches_weights or any(source.has_weights for source in sources if source is not None)
        outputs = [TrackedTensor(value, self, depends) for value in values]
        self.steps.append(Step(outputs, sources, backward, [] if saved is None else saved, reaches_weights, adds_loss))
        return outputs

    def apply(self, operation: Operation, tensors: list[Any], options: dict[str, Any]) -> Any:
        """Compute an operation and record it; one without a gradient gives plain arrays."""
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
        if not operation.differentiable or any(array.dtype.kind != "f" for array in arrays):
            return type(y)(arrays) if several else arrays[0]
        saved = [*arrays, *values]

        def backward(dys: list[Array | None], wanted: list[bool]) -> list[Array | None]:
            ys, tensors = saved[: len(arrays)], saved[len(arrays) :]
            if several:
                return operation.backward(dys, ys, tensors, options, wanted)
            return operation.backward(dys[0], ys[0], tensors, options, wanted)

        outputs = self.record(arrays, sources, backward, saved)
        return tuple(outputs) if several else outputs[0]

    def backward(
        self,
        outputs: Sequence[Any],
        dys: Sequence[Array | None],
        inputs: Sequence[TrackedTensor] = (),
        weights_only: bool = False,
    ) -> list[Array]:
        """Go through the steps backward: the chain rule. Gradients of variables are added to theirs.

        Args:
            outputs: tensors whose gradients are given; constants among them have none.
            dys: the gradients; `None` for an output that was not used.
            inputs: tensors whose gradients are returned.
            weights_only: whether only weights need gradients; the inputs' are then not complete.
        Returns:
            The inputs' gradients, zeros where nothing depended on one.
        """
        gradients = Gradients()
        for output, dy in zip(outputs, dys, strict=True):
            if isinstance(output, TrackedTensor):
                gradients.add(output, dy)
        for term in self.losses:
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

    def source_of(self, tensor: Any) -> TrackedTensor | None:
        """The tracked tensor that an argument is; `None` for a constant."""
        if isinstance(tensor, Tensor) and tensor.is_variable:
            return self.track_variable(tensor)
        return tensor if isinstance(tensor, TrackedTensor) else None


def _float_type(sources: Iterable[TrackedTensor]) -> DType | None:
    """The widest float type among tensors; constants take it."""
    types = [source.dtype for source in sources if source.dtype.kind == "f"]
    return max(types, key=lambda dtype: dtype.itemsize, default=None)


def _as_constant(value: Any, dtype: DType | None) -> Any:
    """A constant operand, floats in the tensors' type; plain Python numbers take it anyway."""
    if isinstance(value, (bool, int, float)) and not isinstance(value, np.generic):
        return value
    array = _in_type(np.asarray(value), dtype)
    return array.copy() if array is value else array  # the code may change its own array later


def _in_type(array: Array, dtype: DType | None) -> Array:
    return array.astype(dtype) if dtype is not None and array.dtype.kind == "f" and array.dtype != dtype else array


def _kept(value: Any, overwritten: Array) -> Any:
    """The value, copied if it lies in memory that is about to be overwritten."""
    return value.copy() if isinstance(value, np.ndarray) and np.may_share_memory(value, overwritten) else value
