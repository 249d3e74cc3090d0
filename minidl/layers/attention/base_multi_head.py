"""`BaseMultiHeadAttention`: attention in several heads, from the projections to the output."""

import functools
import math
from typing import Any

import numpy as np

from minidl import constraints, initializers, regularizers
from minidl.config.checks import check_positive_integer, check_real
from minidl.config.nest import is_structure
from minidl.config.types import (
    Array,
    Cache,
    ConstraintLike,
    Gradients,
    InitializerLike,
    Options,
    RegularizerLike,
    Shape,
    Sizes,
    Tensors,
)
from minidl.graph.shapes import holds_tensors
from minidl.graph.symbolic import is_symbolic
from minidl.kernels.attention import dot_attend, dot_attend_backward, fold, unfold
from minidl.layers.attention.head_projections import HeadProjections, JointProjection, SeparateProjections, can_project_jointly
from minidl.layers.attention.inputs import check_integers, check_shapes, shapes_of_three, tensors_and_masks
from minidl.layers.attention.masks import combined_mask, dropout_mask
from minidl.layers.attention.projection import Projection
from minidl.layers.layer import Layer
from minidl.layers.weight_options import set_weight_options


class BaseMultiHeadAttention(Layer):
    """Projects query, key and value into heads, attends in each head, and projects the heads' results.

    Its constructor holds the arguments of the whole family, see `MultiHeadAttention`. A leaf sets the numbers and widths of the
    heads, before it calls this constructor; several neighboring query heads may share a head of keys and values.
    """

    supports_masking = True
    _query_heads: int
    _key_heads: int
    _key_width: int
    _value_width: int
    kernel_initializer: initializers.Initializer
    kernel_regularizer: regularizers.Regularizer | None
    kernel_constraint: constraints.Constraint | None
    bias_initializer: initializers.Initializer
    bias_regularizer: regularizers.Regularizer | None
    bias_constraint: constraints.Constraint | None

    def __init__(
        self,
        dropout: float = 0.0,
        use_bias: bool = True,
        output_shape: Sizes | None = None,
        attention_axes: Sizes | None = None,
        sliding_window: int | None = None,
        flash_attention: bool | None = None,
        kernel_initializer: InitializerLike = "glorot_uniform",
        bias_initializer: InitializerLike = "zeros",
        kernel_regularizer: RegularizerLike = None,
        bias_regularizer: RegularizerLike = None,
        activity_regularizer: RegularizerLike = None,
        kernel_constraint: ConstraintLike = None,
        bias_constraint: ConstraintLike = None,
        use_gate: bool = False,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        owner, window = type(self).__name__, sliding_window
        self.output_shape = check_integers(owner, "output_shape", output_shape, least=1)
        self.attention_axes = check_integers(owner, "attention_axes", attention_axes, least=-9)
        super().__init__(**kwargs)
        self.dropout = check_real(owner, "dropout", dropout, 0.0, 1.0, open_high=True)
        self.use_bias = use_bias
        self.sliding_window = None if window is None else check_positive_integer(owner, "sliding_window", window)
        self.flash_attention = flash_attention
        self.use_gate = use_gate
        self.seed = seed
        self._random = self.add_late_generator(seed)
        self.projection_regularizer = regularizers.get(activity_regularizer)
        set_weight_options(
            self,
            kernel=(kernel_initializer, kernel_regularizer, kernel_constraint),
            bias=(bias_initializer, bias_regularizer, bias_constraint),
        )

    def output_axes(self, query_shape: Shape) -> Shape:
        """Sizes of the output's axes after the steps: `output_shape`, or the query's features."""
        return query_shape[-1:] if self.output_shape is None else self.output_shape

    def attended_axes(self, rank: int) -> tuple[int, ...]:
        """`attention_axes`, counted from the front, of inputs of that rank; by default all between batch and features."""
        if self.attention_axes is None:
            return tuple(range(1, rank - 1))
        return tuple(axis + rank if axis < 0 else axis for axis in self.attention_axes)

    def bind_call(
        self,
        query: Array,
        value: Array | None = None,
        key: Array | None = None,
        query_mask: Array | None = None,
        value_mask: Array | None = None,
        key_mask: Array | None = None,
        attention_mask: Array | None = None,
        return_attention_scores: bool = False,
        training: bool | None = None,
        use_causal_mask: bool = False,
        **options: Any,
    ) -> tuple[Tensors, Options]:
        """The arguments of a call, the attention of `query` to `value`, or of `query` to itself.

        Args:
            query: (batch, queries, features); or a list of query, value and perhaps key.
            value: (batch, keys, any); the query by default.
            key: (batch, keys, any); the value by default.
            query_mask, value_mask, key_mask: booleans (batch, steps), True for steps that count; by default the
                masks of the tensors.
            attention_mask: booleans (batch, queries, keys), True where a query may attend to a key.
            return_attention_scores: whether the weights, before dropout, are returned too.
            training: whether dropout is applied.
            use_causal_mask: whether a query attends only to keys at its own and earlier positions.
        """
        if key is not None and value is None:
            raise TypeError(f"{self.title} was given a key without a value; call it as layer(query, value, key)")
        first = list(query) if is_structure(query) and holds_tensors(query) else [query]
        tensors = [*first, *(one for one in (value, key) if one is not None)]
        masks = {"query_mask": query_mask, "value_mask": value_mask, "key_mask": key_mask, "attention_mask": attention_mask}
        symbolic = [name for name, one in masks.items() if is_symbolic(one)]
        if symbolic:  # inputs of the graph, after query, value and key
            tensors = tensors * 3 if len(tensors) == 1 else [*tensors, tensors[1]][:3]
            tensors += [masks.pop(name) for name in symbolic]
            options["symbolic_masks"] = symbolic
        flags = {"return_attention_scores": return_attention_scores, "use_causal_mask": use_causal_mask}
        options |= {name: one for name, one in masks.items() if one is not None} | {name: True for name in flags if flags[name]}
        return (tensors if len(tensors) > 1 else query), {"training": training, **options}

    def build(self, query_shape: Shape | list[Shape], value_shape: Shape | None = None, key_shape: Shape | None = None) -> None:
        """Create the projections, in the order of Keras's weights; from three shapes, or one list of them."""
        query, value, key = shapes = shapes_of_three(self.title, query_shape, value_shape, key_shape)
        if not all((query[-1], value[-1], key[-1])):
            raise ValueError(
                f"{self.title} needs to know the sizes of its inputs' last axes, at least 1, got shapes {list(shapes)}"
            )
        self.query_dense = self._projection("query", query, (self._query_heads, self._key_width))
        self.key_dense = self._projection("key", key, (self._key_heads, self._key_width))
        if self.use_gate:
            self.gate_dense = self._projection("gate", query, (self._query_heads, self._value_width), activation="sigmoid")
        self.value_dense = self._projection("value", value, (self._key_heads, self._value_width))
        heads = (*query[:-1], self._query_heads, self._value_width)
        self.output_dense = self._projection("attention_output", heads, self.output_axes(query), contracted=2)

    def forward(
        self,
        x: Array | list[Array],
        training: bool = False,
        mask: Array | list[Array | None] | None = None,
        symbolic_masks: tuple[str, ...] = (),
        query_mask: Array | None = None,
        value_mask: Array | None = None,
        key_mask: Array | None = None,
        attention_mask: Array | None = None,
        return_attention_scores: bool = False,
        use_causal_mask: bool = False,
    ) -> tuple[Tensors, Cache]:
        """In each head `softmax(q @ k.T / sqrt(width)) @ v`, with `q = query @ kernel + bias` ...; then the output projection.

        x is one tensor, or `[query, value]`, `[query, value, key]`, or these three and the masks that `symbolic_masks` names.
        """
        (query, value, key), carried, extra = tensors_and_masks(x, mask)
        masks = {"query_mask": query_mask, "value_mask": value_mask, "key_mask": key_mask, "attention_mask": attention_mask}
        masks |= dict(zip(symbolic_masks, extra, strict=True))
        masks |= {name: one for name, one in carried.items() if masks[name] is None}
        axes = self.attended_axes(query.ndim)
        projections = self._projections((query, key, value), axes)
        (q, k, v), projected = projections.forward((query, key, value), training)  # (batch, heads, steps, width)
        scores_shape = (*q.shape[:-1], k.shape[-2])  # (batch, heads, queries, keys)
        pairs = combined_mask(
            self.title, scores_shape, query.shape, key.shape, axes, masks, use_causal_mask, self.sliding_window
        )
        dropout = dropout_mask(self._random, scores_shape, self.dropout, q.dtype) if training and self.dropout else None
        heads, weights = dot_attend(q, k, v, self._scale(), pairs, dropout)
        heads, gate = unfold(heads, query.shape[:-1], axes), None  # (batch, queries, heads, width)
        gate_cache: Cache = None
        if self.use_gate:
            gate, gate_cache, _ = self.gate_dense._forward(query, None, training)
        y, output_cache, _ = self.output_dense._forward(heads if gate is None else heads * gate, None, training)
        caches = (projections, projected, gate_cache, output_cache)
        cache = (x, y.shape, q, k, v, pairs, dropout, weights, heads, gate, caches)
        if return_attention_scores:
            steps = [one.shape[axis] for one in (query, key) for axis in axes]
            return (y, weights.reshape(*weights.shape[:-2], *steps)), cache
        return y, cache

    def backward(self, dy: Gradients, cache: Cache) -> Tensors:
        """Each step of `forward` in reverse; the gradient of each input."""
        return self._backward_all(dy, cache, weights_only=False)

    def backward_weights(self, dy: Gradients, cache: Cache) -> None:
        """The weights' gradients, without the products that give those of the inputs."""
        self._backward_all(dy, cache, weights_only=True)

    def _backward_all(self, dy: Gradients, cache: Cache, weights_only: bool) -> Tensors:
        x, y_shape, q, k, v, pairs, dropout, weights, heads, gate, caches = cache
        projections, projected, gate_cache, output_cache = caches
        dy, dweights = dy if isinstance(dy, tuple) else (dy, None)
        dheads = self.output_dense._backward(np.zeros(y_shape, q.dtype) if dy is None else dy, output_cache)
        through_gate: Any = None
        if gate is not None:
            through_gate = self.gate_dense._backward(dheads * heads, gate_cache, weights_only)
            dheads = dheads * gate
        if dweights is not None:
            dweights = dweights.reshape(weights.shape)
        attended = (fold(dheads, projections.axes), dweights, weights, q, k, v, self._scale(), pairs, dropout)
        inputs = len(x) if isinstance(x, (list, tuple)) else 1
        shares = {1: [3], 2: [1, 2]}.get(inputs, [1, 1, 1])  # of query, value and key, how many each input is
        gradients = projections.backward(functools.partial(dot_attend_backward, *attended), projected, shares, weights_only)
        if weights_only:
            return None
        if through_gate is not None:
            gradients[0] = gradients[0] + through_gate
        return [*gradients, *[None] * (inputs - 3)] if isinstance(x, (list, tuple)) else gradients[0]

    def penalty(self, cache: Cache) -> float:
        """The projections' penalties."""
        projections, projected, gate_cache, output_cache = cache[-1]
        penalty: float = projections.penalty(projected) + self.output_dense._penalty(output_cache)
        return penalty + self.gate_dense._penalty(gate_cache) if self.use_gate else penalty

    @property
    def has_penalty(self) -> bool:
        """Whether a batch adds anything to the loss: True if the projections have an activity regularizer."""
        return self.projection_regularizer is not None

    def compute_mask(
        self, inputs: Array | list[Array], previous_mask: Array | list[Array | None] | None = None
    ) -> Array | None:
        """The query's mask."""
        return previous_mask[0] if isinstance(previous_mask, (list, tuple)) else previous_mask

    def compute_output_shape(
        self, query_shape: Any, value_shape: Any = None, key_shape: Any = None, return_attention_scores: bool = False
    ) -> Any:
        query, value, key = shapes = shapes_of_three(self.title, query_shape, value_shape, key_shape)
        if value[1:-1] != key[1:-1]:
            raise ValueError(f"{self.title} expects a key for each value, got the shapes {list(shapes)}")
        y = (*query[:-1], *self.output_axes(query))
        if not return_attention_scores:
            return y
        axes = self.attended_axes(len(query))
        others = [size for axis, size in enumerate(query[:-1]) if axis not in axes]
        return y, (*others, self._query_heads, *(one[axis] for one in (query, key) for axis in axes))

    def check_input(self, shape: Shape | list[Shape]) -> None:
        shapes = shapes_of_three(self.title, shape)
        made_for = [one.kernel.shape[0] for one in (self.query_dense, self.value_dense, self.key_dense)] if self.built else []
        check_shapes(self.title, shapes, self.attended_axes(len(shapes[0])), made_for)

    def _projection(self, name: str, shape: Shape, output_axes: Any, contracted: int = 1, activation: Any = None) -> Projection:
        projection = Projection(
            contracted,
            output_axes,
            self.use_bias,
            (self.kernel_initializer, self.kernel_regularizer, self.kernel_constraint),
            (self.bias_initializer, self.bias_regularizer, self.bias_constraint),
            activation,
            activity_regularizer=self.projection_regularizer,
            name=name,
            dtype=self.dtype,
        )
        projection.build(shape)
        return projection

    def _projections(self, inputs: tuple[Array, Array, Array], axes: tuple[int, ...]) -> HeadProjections:
        """How query, key and value are projected."""
        layers, groups = (self.query_dense, self.key_dense, self.value_dense), self._query_heads // self._key_heads
        if groups == 1 and can_project_jointly(layers, inputs, axes):
            return JointProjection(*layers, axes)
        return SeparateProjections(*layers, axes, groups)

    def _scale(self) -> float:
        return 1.0 / math.sqrt(self._key_width)
