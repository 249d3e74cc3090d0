"""`TimeDistributed`: one layer for every step of a sequence."""

from typing import Any

import numpy as np

from minidl.config.nest import flatten, rebuild
from minidl.config.types import Array
from minidl.layers.paths import with_sublayers
from minidl.layers.shapes import map_shapes, shape_of
from minidl.layers.wrapper import Wrapper


class TimeDistributed(Wrapper):
    """Applies a layer, or a whole model, to each step of a sequence: `y[:, t] = layer(x[:, t])`.

    All steps go through the layer at once, as rows of one large batch, wherever that gives the same numbers. Step after step
    they go, as in Keras, through a layer that is `stateful`; in training through one that keeps state (moving averages, say)
    or mixes the rows of a batch, as batch normalisation does, so that each step has its own statistics; and through one that
    adds to the loss, so that its penalty is a mean over the rows and a sum over the steps, as it is where the layer takes
    whole sequences. What the layer holds counts as much as the layer. Dropout draws for each step. Where a stateful layer goes
    on from step to step, gradients end at the beginning of each, as they do between batches; Keras's on JAX go on.

    A mask (batch, time) goes on unchanged, and each step's part goes into the layer. Where a mask says more of each step, as
    (batch, time, words) does, the layer is masked so inside; behind it a step counts if anything in it did, unless the layer's
    outputs still have these places. Keras hands on the mask that came, whatever became of its places, drops the one that a
    layer makes (`Embedding(mask_zero=True)`), and forgets the `activity_regularizer` of the layer itself, though not of those
    in a model.

    Args:
        layer: a layer or model that takes one tensor.
        **kwargs: `name`, `trainable`, `activity_regularizer` and what every `Layer` takes.
    Shapes:
        x (batch, time, ...) -> y (batch, time, ...), for a layer that turns (batch, ...) into (batch, ...).
    Raises:
        ValueError: x has fewer than three axes, no step, or steps that the layer refuses.
    Example:
        >>> from minidl.layers import Dense
        >>> TimeDistributed(Dense(8))(np.ones((2, 5, 3))).shape
        (2, 5, 8)
    """

    supports_masking = True

    def __init__(self, layer: Any, **kwargs: Any) -> None:
        super().__init__(layer, **kwargs)
        self.roles = ()

    def build(self, input_shape: Any) -> None:
        """Build the layer for one step."""
        self.layer.build_for(_step_of(input_shape))

    def forward(self, x: Array, training: bool = False, mask: Any = None, **options: Any) -> tuple[Any, Any]:
        """`y[:, t] = layer(x[:, t])`, for all t at once or one after another."""
        if not self._takes_steps_apart(training):
            y, cache, _ = self.layer._forward(_folded(x), self._inner_mask(x, mask), training)
            return _unfolded(y, x.shape), (cache, x.shape)
        runs = [self.layer._forward(x[:, t], self._inner_mask(x, mask, t), training) for t in range(x.shape[1])]
        return _side_by_side([y for y, _, _ in runs]), ([cache for _, cache, _ in runs], None)

    def infer(self, x: Array, mask: Any = None, **options: Any) -> Any:
        """The same without the caches."""
        if not self.stateful:
            return _unfolded(self.layer._infer(_folded(x), self._inner_mask(x, mask))[0], x.shape)
        return _side_by_side([self.layer._infer(x[:, t], self._inner_mask(x, mask, t))[0] for t in range(x.shape[1])])

    def backward(self, dy: Any, cache: Any) -> Any:
        """`dx[:, t]` from `dy[:, t]`; the weights' gradients add up over the steps."""
        return self._back(dy, cache)

    def backward_weights(self, dy: Any, cache: Any) -> None:
        """The weights' gradients, without `dx`."""
        self._back(dy, cache, weights_only=True)

    def _back(self, dy: Any, cache: Any, weights_only: bool = False) -> Any:
        kept, shape = cache
        if shape is not None:
            return _unfolded(self.layer._backward(_folded(dy), kept, weights_only), shape)
        runs = [self.layer._backward(_step(dy, t), step, weights_only) for t, step in enumerate(kept)]
        return _side_by_side(runs)

    @property
    def stateful(self) -> bool:
        """Whether the layer, or one in it, goes on from batch to batch, and so from step to step."""
        return any(bool(getattr(member, "stateful", False)) for member in with_sublayers(self.layer))

    def _takes_steps_apart(self, training: bool) -> bool:
        """Whether all steps at once would give other numbers."""
        if self.stateful or self.layer.has_penalty:
            return True
        mixes = any(member.mixes_batch for member in with_sublayers(self.layer))
        return training and (mixes or any(variable.is_state for variable in self.layer.weights))

    def _inner_mask(self, x: Array, mask: Any, t: int | None = None) -> Any:
        """The mask of one step's rows, or of all steps' rows one below the other: where a step is masked, all in it is."""
        if mask is None:
            return None
        own, shape = np.asarray(mask), x.shape[2:]
        own = _folded(own) if t is None else own[:, t]
        axes = min(max(own.ndim, 2), len(shape))  # (batch, words) rather than (batch,), where there are words
        expected = self.layer.expected_mask_shape((len(own), *shape)[:axes], (len(own), *shape))
        if own.shape != expected[: own.ndim]:
            return own  # which the layer refuses
        return np.broadcast_to(own.reshape(own.shape + (1,) * (len(expected) - own.ndim)), expected)

    def penalty(self, cache: Any) -> float:
        """The sum over the steps of what the layer adds to the loss."""
        kept, shape = cache
        return float(sum(map(self.layer._penalty, kept))) if shape is None else self.layer._penalty(kept)

    def compute_mask(self, x: Any, previous_mask: Any) -> Any:
        """The layer's own, in the steps that count; where it has none, the steps in which something counted."""
        mask = None if previous_mask is None else np.asarray(previous_mask) != 0
        steps = None if mask is None else mask.any(axis=tuple(range(2, mask.ndim)))
        given = self._inner_mask(x, mask)
        inner = self.layer.compute_mask(_folded(x), given)
        if given is not None and inner is given:
            return previous_mask
        if any(one is not None for one in flatten(inner)):
            return rebuild(inner, [_among(steps, one) for one in flatten(_unfolded(inner, x.shape))])
        if mask is None or mask.ndim == 2:
            return previous_mask
        shape = self.compute_output_shape(shape_of(x))
        still_there = shape[: mask.ndim] == mask.shape and len(shape) > mask.ndim
        return previous_mask if still_there else steps

    def expected_mask_shape(self, mask_shape: Any, input_shape: Any) -> Any:
        """`(batch, time)`, or more of the input's axes."""
        return tuple(input_shape[: max(len(mask_shape), 2)])

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The layer's, with the steps behind the batch."""
        step = self.layer.compute_output_shape(_step_of(input_shape))
        with_time = map_shapes(lambda shape: (shape[0], input_shape[1], *shape[1:]), step)
        return tuple(with_time) if isinstance(with_time, list) else with_time

    def check_input(self, shape: Any) -> None:
        """Refuse what is no sequence, and steps that the layer refuses."""
        if not isinstance(shape, tuple) or len(shape) < 3 or shape[1] == 0:
            raise ValueError(
                f"{self.title} expects sequences of at least one step, shape (batch, time, ...) of three axes or more, got "
                f"shape {shape}; one number a step goes in as x[..., np.newaxis]"
            )
        self.layer.check_input(_step_of(shape))


def _step_of(shape: Any) -> Any:
    """The shape of one step."""
    return (shape[0], *shape[2:])


def _step(x: Any, t: int) -> Any:
    """(batch, time, ...) -> (batch, ...), one step of each of several; `None` stays."""
    return rebuild(x, [None if one is None else one[:, t] for one in flatten(x)])


def _folded(x: Any) -> Any:
    """(batch, time, ...) -> (batch * time, ...), for each of several; `None` stays."""
    return rebuild(x, [None if one is None else one.reshape(len(one) * one.shape[1], *one.shape[2:]) for one in flatten(x)])


def _unfolded(y: Any, shape: tuple[int, ...]) -> Any:
    """(batch * time, ...) -> (batch, time, ...), for each of several; `None` stays."""
    return rebuild(y, [None if one is None else one.reshape(*shape[:2], *one.shape[1:]) for one in flatten(y)])


def _among(steps: Array | None, mask: Array | None) -> Array | None:
    """A mask (batch, time, ...), where its step counts."""
    if steps is None or mask is None:
        return mask
    both: Array = mask & steps.reshape(steps.shape + (1,) * (mask.ndim - 2))
    return both


def _side_by_side(steps: list[Any]) -> Any:
    """Each step's (batch, ...) -> (batch, time, ...), for each of several outputs; `None` stays."""
    if steps[0] is None:
        return None
    if isinstance(steps[0], (list, tuple)):
        return type(steps[0])(_side_by_side(list(parts)) for parts in zip(*steps, strict=True))
    return np.stack(steps, axis=1)
