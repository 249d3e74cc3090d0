"""`HeadedAttention`: the base of attention layers with heads, from projections and masks to the output."""

import math
from typing import Any, ClassVar

import numpy as np

from minidl import regularizers
from minidl.config.checks import check_positive_integer, check_real
from minidl.config.nest import flatten
from minidl.config.types import Array, Shape
from minidl.kernels.attention import dot_attend, dot_attend_backward, fold, unfold
from minidl.layers.attention.masks import all_of, causal_mask, drop_mask, pair_mask, step_mask, window_mask
from minidl.layers.attention.projection import Projection
from minidl.layers.layer import Layer
from minidl.layers.recipes import note_recipes


class HeadedAttention(Layer):
    """Projects query, key and value into heads, lets each head attend, and projects what the heads found.

    A leaf says how many heads there are, how wide, and how wide the output. Everything else is here.

    Args:
        query_heads, key_heads: numbers of heads; several neighbouring query heads may share a head of keys and values.
        key_width, value_width: numbers of features of a head.
        kernel, bias: initializer, regularizer and constraint of each projection's.
        activity_regularizer: penalty on the output of each projection.
        dropout, use_bias, sliding_window, use_gate, seed, **kwargs: as the leaves tell.
    """

    supports_masking = True
    roles = ("query", "value", "key", "query_mask", "value_mask", "key_mask", "attention_mask")
    stand_ins: ClassVar[dict[str, str]] = {"key": "value"}
    kernel_initializer: Any
    kernel_regularizer: Any
    kernel_constraint: Any
    bias_initializer: Any
    bias_regularizer: Any
    bias_constraint: Any

    def __init__(
        self,
        query_heads: int,
        key_heads: int,
        key_width: int,
        value_width: int,
        dropout: float,
        use_bias: bool,
        sliding_window: int | None,
        kernel: tuple[Any, Any, Any],
        bias: tuple[Any, Any, Any],
        activity_regularizer: Any,
        use_gate: bool,
        seed: int | None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        owner, window = type(self).__name__, sliding_window
        self._query_heads, self._key_heads, self._key_width, self._value_width = query_heads, key_heads, key_width, value_width
        self.dropout = check_real(owner, "dropout", dropout, 0.0, 1.0, open_high=True)
        self.use_bias = use_bias
        self.sliding_window = None if window is None else check_positive_integer(owner, "sliding_window", window)
        self.use_gate = use_gate
        self.seed = seed
        self.generator = self.add_generator(seed)
        self.projection_regularizer = regularizers.get(activity_regularizer)
        note_recipes(self, kernel=kernel, bias=bias)

    def output_axes(self, query_shape: Shape) -> Shape:
        """Sizes of the axes behind the steps of the output."""
        return query_shape[-1:]

    def attended_axes(self, rank: int) -> tuple[int, ...]:
        """The axes along which steps look at one another, in inputs of that many axes."""
        return (1,)

    def build(self, input_shape: Any) -> None:
        """Create the projections, in the order of Keras's weights."""
        query, value, key = self._shapes(input_shape)
        if None in (query[-1], value[-1], key[-1]):
            raise ValueError(f"{self.title} needs to know the sizes of its inputs' last axes, got shape {input_shape}")
        self.query_dense = self._projection("query", query, (self._query_heads, self._key_width))
        self.key_dense = self._projection("key", key, (self._key_heads, self._key_width))
        if self.use_gate:
            self.gate_dense = self._projection("gate", query, (self._query_heads, self._value_width), activation="sigmoid")
        self.value_dense = self._projection("value", value, (self._key_heads, self._value_width))
        found = (*query[:-1], self._query_heads, self._value_width)
        self.output_dense = self._projection("attention_output", found, self.output_axes(query), contracted=2)

    def forward(
        self,
        x: Any,
        training: bool = False,
        mask: Any = None,
        roles: Any = None,
        query_mask: Any = None,
        value_mask: Any = None,
        key_mask: Any = None,
        attention_mask: Any = None,
        return_attention_scores: bool = False,
        use_causal_mask: bool = False,
    ) -> tuple[Any, Any]:
        """In each head `softmax(q @ k.T / sqrt(width)) @ v`; then what the heads found, projected."""
        by_name = {"query": query_mask, "value": value_mask, "key": key_mask, "attention": attention_mask}
        (query, value, key), masks = self._sorted_out(x, mask, roles, by_name)
        axes, caches = self.attended_axes(query.ndim), {}
        q, caches["query"], _ = self.query_dense._forward(query, None, training)
        k, caches["key"], _ = self.key_dense._forward(key, None, training)
        v, caches["value"], _ = self.value_dense._forward(value, None, training)
        q, k, v = fold(q, axes), self._shared(fold(k, axes)), self._shared(fold(v, axes))
        scores_shape = (*q.shape[:-1], k.shape[-2])  # (batch, heads, queries, keys)
        keep = self._keep(scores_shape, query.shape, key.shape, masks, use_causal_mask)
        drop = drop_mask(self.generator, scores_shape, self.dropout, q.dtype) if training and self.dropout else None
        found, weights = dot_attend(q, k, v, self._scale(), keep, drop)
        found = unfold(found, query.shape[:-1], axes)  # (batch, queries, heads, width)
        gate = None
        if self.use_gate:
            gate, caches["gate"], _ = self.gate_dense._forward(query, None, training)
        y, caches["output"], _ = self.output_dense._forward(found if gate is None else found * gate, None, training)
        cache = (x, y.shape, query.shape, key.shape, q, k, v, keep, drop, weights, found, gate, caches)
        if return_attention_scores:
            pairs = [one.shape[axis] for one in (query, key) for axis in axes]
            return (y, weights.reshape(*weights.shape[:-2], *pairs)), cache
        return y, cache

    def backward(self, dy: Any, cache: Any) -> Any:
        """Each step of `forward` in turn, from the last; the gradient of each input that came."""
        return self._walk_back(dy, cache, weights_only=False)

    def backward_weights(self, dy: Any, cache: Any) -> None:
        """The weights' gradients, without the three products that give those of the inputs."""
        self._walk_back(dy, cache, weights_only=True)

    def _walk_back(self, dy: Any, cache: Any, weights_only: bool) -> Any:
        x, y_shape, query_shape, key_shape, q, k, v, keep, drop, weights, found, gate, caches = cache
        axes = self.attended_axes(len(query_shape))
        dy, dweights = dy if isinstance(dy, tuple) else (dy, None)
        dfound = self.output_dense._backward(np.zeros(y_shape, q.dtype) if dy is None else dy, caches["output"])
        dquery: Any = None
        if gate is not None:
            dquery = self.gate_dense._backward(dfound * found, caches["gate"], weights_only)
            dfound = dfound * gate
        if dweights is not None:
            dweights = dweights.reshape(weights.shape)
        dq, dk, dv = dot_attend_backward(fold(dfound, axes), dweights, weights, q, k, v, self._scale(), keep, drop)
        dq = unfold(dq, query_shape[:-1], axes)
        dk, dv = (unfold(self._summed(one), key_shape[:-1], axes) for one in (dk, dv))
        through_q = self.query_dense._backward(dq, caches["query"], weights_only)
        dkey = self.key_dense._backward(dk, caches["key"], weights_only)
        dvalue = self.value_dense._backward(dv, caches["value"], weights_only)
        if weights_only:
            return None
        dquery = through_q if dquery is None else dquery + through_q
        if not isinstance(x, (list, tuple)):  # self-attention
            dx = dquery + dvalue
            dx += dkey
            return dx
        return [dquery, dvalue + dkey] if len(x) == 2 else [dquery, dvalue, dkey, *[None] * (len(x) - 3)]

    def penalty(self, cache: Any) -> float:
        """The projections' penalties."""
        caches = cache[-1]
        named = {"query": self.query_dense, "key": self.key_dense, "value": self.value_dense, "output": self.output_dense}
        if self.use_gate:
            named["gate"] = self.gate_dense
        return sum(projection._penalty(caches[name]) for name, projection in named.items())

    @property
    def has_penalty(self) -> bool:
        """Whether a batch adds anything to the loss here: where the projections have an activity regularizer."""
        return self.projection_regularizer is not None

    def compute_mask(self, x: Any, previous_mask: Any) -> Any:
        """The query's mask."""
        return previous_mask[0] if isinstance(previous_mask, (list, tuple)) else previous_mask

    def compute_output_shape(self, input_shape: Any, return_attention_scores: bool = False) -> Any:
        """`(batch, queries, output)`; with `return_attention_scores` beside `(batch, heads, queries, keys)`."""
        query, _, key = self._shapes(input_shape)
        y = (*query[:-1], *self.output_axes(query))
        if not return_attention_scores:
            return y
        axes = self.attended_axes(len(query))
        others = [size for axis, size in enumerate(query[:-1]) if axis not in axes]
        return y, (*others, self._query_heads, *(one[axis] for one in (query, key) for axis in axes))

    def check_input(self, shape: Any) -> None:
        """Refuse inputs that do not fit one another or the projections."""
        query, value, key = shapes = self._shapes(shape)
        rank, axes = len(query), self.attended_axes(len(query))
        if any(len(one) != rank or rank < 3 for one in shapes):
            raise ValueError(
                f"{self.title} expects query, value and key of shape (batch, steps, features), got shapes {list(shapes)}"
            )
        if not all(0 < axis < rank - 1 for axis in axes):
            raise ValueError(f"{self.title} attends along axes {axes}, which must lie between batch and features, in {query}")
        for axis in range(rank - 1):
            if axis not in axes and len({one[axis] for one in shapes} - {None}) > 1:
                raise ValueError(f"{self.title} expects inputs of one size along axis {axis}, got shapes {list(shapes)}")
            if len({value[axis], key[axis]} - {None}) > 1:
                raise ValueError(f"{self.title} expects a key for each value, got shapes {value} and {key} of value and key")
        if self.built:
            made_for = [one.kernel.shape[0] for one in (self.query_dense, self.value_dense, self.key_dense)]
            for name, one, features in zip(("query", "value", "key"), shapes, made_for, strict=True):
                if one[-1] != features:
                    raise ValueError(
                        f"{self.title} expects a {name} of {features} features, got shape {one}; "
                        f"its weights were made for {features} features a step"
                    )

    def _shapes(self, shape: Any) -> tuple[Any, Any, Any]:
        """Shapes of query, value and key; one alone is all three."""
        if not isinstance(shape, list) and not (isinstance(shape, tuple) and shape and isinstance(shape[0], tuple)):
            return shape, shape, shape
        if len(shape) < 2:
            raise ValueError(f"{self.title} expects a query and a value, got a list of one input, of shape {shape[0]}")
        return shape[0], shape[1], shape[2 if len(shape) > 2 else 1]

    def _projection(self, name: str, shape: Shape, output_axes: Any, contracted: int = 1, activation: Any = None) -> Projection:
        made = Projection(
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
        made.build(shape)
        return made

    def _sorted_out(self, x: Any, mask: Any, roles: Any, by_name: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        """Query, value and key; and the masks that were given by name, came among x, or travelled with it, in this order."""
        tensors, travelled = flatten(x), flatten(mask)
        if len(tensors) == 1:
            tensors, travelled = tensors * 3, travelled * 3
        given = dict(zip(roles or self.roles, tensors, strict=False))
        came = dict(zip(roles or self.roles, travelled, strict=False))
        masks = {name: given.get(f"{name}_mask", came.get(name)) if asked is None else asked for name, asked in by_name.items()}
        return (given["query"], given["value"], given.get("key", given["value"])), masks

    def _keep(
        self, shape: tuple[int, ...], query: tuple[int, ...], key: tuple[int, ...], masks: dict[str, Any], use_causal_mask: bool
    ) -> Array | None:
        """What all masks leave to look at, in a shape that broadcasts to the scores; `None` where nothing is masked."""
        axes, queries, keys = self.attended_axes(len(query)), shape[-2], shape[-1]
        keeps = []
        if masks["query"] is not None:
            keeps.append(step_mask(self.title, masks["query"], query[:-1], axes))  # (batch, 1, queries, 1)
        of_keys = [masks[name] for name in ("value", "key") if masks[name] is not None]
        keeps += [step_mask(self.title, mask, key[:-1], axes).swapaxes(-1, -2) for mask in of_keys]  # (batch, 1, 1, keys)
        if use_causal_mask:
            keeps.append(causal_mask(queries, keys))
        if self.sliding_window is not None:
            keeps.append(window_mask(queries, keys, self.sliding_window))
        if masks["attention"] is not None:
            along = [tuple(one[axis] for axis in axes) for one in (query, key)]
            keeps.append(pair_mask(self.title, masks["attention"], shape[:-2], *along))
        return all_of(keeps)

    def _shared(self, heads: Array) -> Array:
        """Heads of keys or values, each repeated for the query heads that share it."""
        groups = self._query_heads // self._key_heads
        return heads if groups == 1 else heads.repeat(groups, axis=-3)

    def _summed(self, dheads: Array) -> Array:
        """Back from `_shared`: the gradient of a head adds up what its sharers give."""
        groups = self._query_heads // self._key_heads
        if groups == 1:
            return dheads
        summed: Array = dheads.reshape(*dheads.shape[:-3], self._key_heads, groups, *dheads.shape[-2:]).sum(axis=-3)
        return summed

    def _scale(self) -> float:
        return 1.0 / math.sqrt(self._key_width)
