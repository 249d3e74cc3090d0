"""`TimeDistributed`: applies one layer to every step of a sequence."""

from typing import Any

import numpy as np

from minidl.autodiff.tensor import Tensor
from minidl.config.nest import flatten, rebuild
from minidl.config.types import AnyShapes, Array, Arrays, Cache, Options, Shape, Tensors
from minidl.graph.shapes import map_shapes, shape_of
from minidl.layers.traversal import with_sublayers
from minidl.layers.wrapper import Wrapper


class TimeDistributed(Wrapper):
    """Applies a layer, or a whole model, to each step of a sequence: `y[:, t] = layer(x[:, t])`.

    The steps are folded into the batch axis and computed in one call, if that gives the same numbers. One call for each step,
    as in Keras, is made for a `stateful` layer; in training for a layer that keeps state (moving averages, say) or mixes the
    rows of a batch, as batch normalization does, so that each step has its own statistics; and for a layer that adds to the
    loss, so that its penalty is a mean over the rows and a sum over the steps. Sublayers count, too. Dropout draws a mask for
    each step. A stateful layer's state continues from step to step, but its gradients stop there, as they do between batches;
    in Keras on JAX they continue.

    A mask (batch, time) is passed on unchanged, and each step's part is passed to the layer. If the mask has more axes, such as
    (batch, time, words), the layer gets a mask for each step, and the output's mask is True for steps with any True element,
    unless the layer's outputs still have these axes. Keras passes the mask on as it is, drops the mask that a layer computes
    (`Embedding(mask_zero=True)`), and ignores the `activity_regularizer` of the layer itself, but not of layers in a model.

    Args:
        layer: a layer or model that takes one tensor.
        **kwargs: `name`, `trainable`, `activity_regularizer` and what every `Layer` takes.
    Shapes:
        x (batch, time, ...) -> y (batch, time, ...), for a layer that turns (batch, ...) into (batch, ...).
    Raises:
        ValueError: x has fewer than three axes, no step, or steps that the layer does not take.
    Example:
        >>> from minidl.layers import Dense
        >>> TimeDistributed(Dense(8))(np.ones((2, 5, 3))).shape
        (2, 5, 8)
    """

    supports_masking = True

    def bind_call(  # type: ignore[override]  # named tensors instead of *inputs
        self, inputs: Array | Tensor | list[Array], training: bool | None = None, mask: Array | None = None, **options: Any
    ) -> tuple[object, Options]:
        """The steps, (batch, time, ...)."""
        return inputs, {"mask": mask, "training": training, **options}

    def build(self, input_shape: Shape) -> None:
        """Build the layer for one step."""
        self.layer.build_for(_step_of(input_shape))

    def forward(self, x: Array, training: bool = False, mask: Array | None = None, **options: object) -> tuple[Arrays, object]:
        """`y[:, t] = layer(x[:, t])`, for all t in one call or one after another."""
        if not self._needs_a_call_for_each_step(training):
            y, cache, _ = self.layer._forward(_fold(x), self._inner_mask(x, mask), training)
            return _unfold(y, x.shape), (cache, x.shape)
        runs = [self.layer._forward(x[:, t], self._inner_mask(x, mask, t), training) for t in range(x.shape[1])]
        return _stacked([y for y, _, _ in runs]), ([cache for _, cache, _ in runs], None)

    def infer(self, x: Array, mask: Array | None = None, **options: object) -> Tensors:
        if not self.stateful:
            return _unfold(self.layer._infer(_fold(x), self._inner_mask(x, mask))[0], x.shape)
        return _stacked([self.layer._infer(x[:, t], self._inner_mask(x, mask, t))[0] for t in range(x.shape[1])])

    def backward(self, dy: Tensors, cache: Cache) -> Tensors:
        """`dx[:, t]` from `dy[:, t]`; the weights' gradients add up over the steps."""
        return self._backward_steps(dy, cache)

    def backward_weights(self, dy: Array, cache: object) -> None:
        self._backward_steps(dy, cache, weights_only=True)

    def _backward_steps(self, dy: Tensors, cache: Cache, weights_only: bool = False) -> Tensors:
        inner_cache, shape = cache
        if shape is not None:
            return _unfold(self.layer._backward(_fold(dy), inner_cache, weights_only), shape)
        runs = [self.layer._backward(_step(dy, t), step, weights_only) for t, step in enumerate(inner_cache)]
        return _stacked(runs)

    @property
    def stateful(self) -> bool:
        """Whether the layer or a sublayer keeps its state from batch to batch, and so from step to step."""
        return any(bool(getattr(member, "stateful", False)) for member in with_sublayers(self.layer))

    def _needs_a_call_for_each_step(self, training: bool) -> bool:
        """Whether one call for all steps would give other numbers."""
        if self.stateful or self.layer.has_penalty:
            return True
        mixes = any(member.mixes_batch for member in with_sublayers(self.layer))
        return training and (mixes or any(variable.is_state for variable in self.layer.variables))

    def _inner_mask(self, x: Array, mask: Array | None, t: int | None = None) -> Array | None:
        """The mask of step t, or of all steps folded into the batch axis; a masked step is masked everywhere."""
        if mask is None:
            return None
        own, shape = np.asarray(mask), x.shape[2:]
        own = _fold(own) if t is None else own[:, t]
        axes = min(max(own.ndim, 2), len(shape))  # (batch, words) rather than (batch,), if x has such an axis
        expected = self.layer.expected_mask_shape((len(own), *shape)[:axes], (len(own), *shape))
        while own.ndim > len(expected) and own.shape[-1] == 1:
            own = own[..., 0]
        if not _broadcasts(own.shape, expected):
            return own  # for which the layer raises an error
        return np.broadcast_to(own.reshape(own.shape + (1,) * (len(expected) - own.ndim)), expected)

    def penalty(self, cache: Cache) -> float:
        """The sum over the steps of what the layer adds to the loss."""
        inner_cache, shape = cache
        return float(sum(map(self.layer._penalty, inner_cache))) if shape is None else self.layer._penalty(inner_cache)

    def compute_mask(self, inputs: Array, previous_mask: Array | None = None) -> Tensors:
        """The layer's own mask, False at masked steps; if it has none, True for steps with any unmasked element."""
        mask = None if previous_mask is None else np.asarray(previous_mask) != 0
        steps = None if mask is None else mask.any(axis=tuple(range(2, mask.ndim)))
        given = self._inner_mask(inputs, mask)
        inner = self.layer.compute_mask(_fold(inputs), given)
        if given is not None and inner is given:
            return previous_mask
        if any(one is not None for one in flatten(inner)):
            return rebuild(inner, [_and_steps(steps, one) for one in flatten(_unfold(inner, inputs.shape))])
        if mask is None or mask.ndim == 2:
            return previous_mask
        shape = self.compute_output_shape(shape_of(inputs))
        keeps_axes = shape[: mask.ndim] == mask.shape and len(shape) > mask.ndim
        return previous_mask if keeps_axes else steps

    def expected_mask_shape(self, mask_shape: Shape, input_shape: Shape) -> Shape:
        """`(batch, time)`, or more of the input's axes."""
        shape = tuple(input_shape[: max(len(mask_shape), 2)])
        return tuple(mask_shape) if mask_shape[:2] == shape[:2] and _broadcasts(mask_shape, shape) else shape

    def compute_output_shape(self, input_shape: AnyShapes) -> AnyShapes:
        """The layer's, with the time axis after the batch axis."""
        step = self.layer.compute_output_shape(_step_of(input_shape))
        with_time = map_shapes(lambda shape: (shape[0], input_shape[1], *shape[1:]), step)
        return tuple(with_time) if isinstance(with_time, list) else with_time

    def check_input(self, shape: Shape | list[Shape]) -> None:
        if not isinstance(shape, tuple) or len(shape) < 3 or shape[1] == 0:
            raise ValueError(
                f"{self.title} expects sequences of at least one step, shape (batch, time, ...) of three axes or more, got "
                f"shape {shape}; pass one number a step as x[..., np.newaxis]"
            )
        self.layer.check_input(_step_of(shape))


def _broadcasts(shape: Shape, other: Tensors) -> bool:
    """Whether each size of the first shape is that of the second there, or 1."""
    return all(size in (1, whole) for size, whole in zip(shape, other, strict=False))


def _step_of(shape: Shape) -> Shape:
    """The shape of one step."""
    return (shape[0], *shape[2:])


def _step(x: Array, t: int) -> Tensors:
    """(batch, time, ...) -> (batch, ...), one step of each of several; `None` stays."""
    return rebuild(x, [None if one is None else one[:, t] for one in flatten(x)])


def _fold(x: Array) -> Tensors:
    """(batch, time, ...) -> (batch * time, ...), for each of several; `None` stays."""
    return rebuild(x, [None if one is None else one.reshape(len(one) * one.shape[1], *one.shape[2:]) for one in flatten(x)])


def _unfold(y: Array, shape: tuple[int, ...]) -> Tensors:
    """(batch * time, ...) -> (batch, time, ...), for each of several; `None` stays."""
    return rebuild(y, [None if one is None else one.reshape(*shape[:2], *one.shape[1:]) for one in flatten(y)])


def _and_steps(steps: Array | None, mask: Array | None) -> Array | None:
    """A mask (batch, time, ...), False at masked steps."""
    if steps is None or mask is None:
        return mask
    return mask & steps.reshape(steps.shape + (1,) * (mask.ndim - 2))


def _stacked(steps: list[Tensors]) -> Tensors:
    """(batch, ...) of each step -> (batch, time, ...), for each of several outputs; `None` stays."""
    if steps[0] is None:
        return None
    if isinstance(steps[0], (list, tuple)):
        return type(steps[0])(_stacked(list(parts)) for parts in zip(*steps, strict=True))
    return np.stack(steps, axis=1)
