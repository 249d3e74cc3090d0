"""The weights of each layer as PyTorch names and stores them.

A minidl kernel has the inputs first and the outputs last; PyTorch has the outputs first. The axes of a convolution window come
last there. PyTorch stores two biases for a recurrent layer, which are added, and one matrix for the three inputs of attention.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np

from minidl.config.types import Array
from minidl.interop.feature_order import Features
from minidl.layers.activations.prelu import PReLU
from minidl.layers.attention.multi_head_attention import MultiHeadAttention
from minidl.layers.attention.positions import PositionEmbedding
from minidl.layers.convolution.conv import Conv
from minidl.layers.convolution.depthwise import DepthwiseConv
from minidl.layers.convolution.separable import SeparableConv
from minidl.layers.convolution.transpose import ConvTranspose
from minidl.layers.dense import Dense
from minidl.layers.embedding import Embedding
from minidl.layers.layer import Layer
from minidl.layers.normalization.batch_normalization import BatchNormalization
from minidl.layers.normalization.group_normalization import GroupNormalization
from minidl.layers.normalization.layer_normalization import LayerNormalization
from minidl.layers.normalization.rms_normalization import RMSNormalization
from minidl.layers.recurrent.bidirectional import Bidirectional
from minidl.layers.recurrent.gru import GRURecurrence
from minidl.layers.recurrent.lstm import LSTMRecurrence
from minidl.layers.recurrent.simple_rnn import SimpleRecurrence
from minidl.variable import Variable

Converter = Callable[[Array], Array]


class Tensor(NamedTuple):
    """One tensor of a PyTorch module.

    Attributes:
        name: its name in the module.
        value: what the layer's weights are in PyTorch's layout.
        parts: the variables that it becomes, each with the conversion; what several tensors give to a variable is added. A
            tensor without them is a constant, which may be absent.
    """

    name: str
    value: Array
    parts: tuple[tuple[Variable, Converter], ...] = ()


class Unit(NamedTuple):
    """The part of a layer that is one PyTorch module, or one level of a recurrent one.

    Attributes:
        layer: the layer.
        names: the names by which a mapping may call it.
        tensors: gives its tensors, for the names that the PyTorch module has.
        recurrent: whether the names of its tensors end in the number of a level.
    """

    layer: Layer
    names: tuple[str, ...]
    tensors: Callable[[set[str]], list[Tensor]]
    recurrent: bool = False


def units_of(layer: Layer, names: tuple[str, ...], features: Features | None, made: Array | None) -> list[Unit] | None:
    """The modules of a layer in PyTorch, `None` for a layer without a counterpart."""
    reads = features or Features(())
    if isinstance(layer, SeparableConv):
        return [
            Unit(layer, names, lambda _: [_one("weight", layer.depthwise_kernel, _depthwise, _depthwise_back(layer))]),
            Unit(layer, names, lambda _: [_one("weight", layer.pointwise_kernel, _window_last, _window_first), *_bias(layer)]),
        ]
    if isinstance(layer, Bidirectional):
        both = layer.forward_layer, layer.backward_layer
        if any(_recurrent_gates(one) is None for one in both):
            return None
        return [Unit(layer, names, lambda _: [*_recurrent(both[0]), *_recurrent(both[1], "_reverse")], recurrent=True)]
    if isinstance(layer, (LSTMRecurrence, GRURecurrence, SimpleRecurrence)):
        return None if _recurrent_gates(layer) is None else [Unit(layer, names, lambda _: _recurrent(layer), recurrent=True)]
    if isinstance(layer, MultiHeadAttention):
        return [Unit(layer, names, lambda given: _attention(layer, given))] if _is_plain(layer) else None
    if isinstance(layer, BatchNormalization) and layer.renorm:
        return None
    if isinstance(layer, PReLU) and not _is_vector(layer):
        return None
    tensors = next((tensors for kind, tensors in _TENSORS if isinstance(layer, kind)), None)
    return None if tensors is None else [Unit(layer, names, lambda _: list(tensors(layer, reads, made)))]


def _one(name: str, variable: Variable, forth: Converter, back: Converter) -> Tensor:
    return Tensor(name, np.ascontiguousarray(forth(variable.value)), ((variable, back),))


def _bias(layer: Any) -> Iterator[Tensor]:
    if layer.use_bias:
        yield _one("bias", layer.bias, np.array, np.array)


def _dense(layer: Dense, reads: Features, made: Array | None) -> Iterator[Tensor]:
    """`weight = kernel.T`, in PyTorch's order of features."""
    order = reads.order
    yield _one(
        "weight",
        layer.kernel,
        lambda kernel: _put(_put(kernel, order, 0), made, 1).T,
        lambda weight: _take(_take(weight.T, order, 0), made, 1),
    )
    if layer.use_bias:
        yield _one("bias", layer.bias, lambda bias: _put(bias, made, 0), lambda bias: _take(bias, made, 0))


def _prelu(layer: PReLU, reads: Features, made: Array | None) -> Iterator[Tensor]:
    order = reads.order
    yield _one(
        "weight",
        layer.alpha,
        lambda alpha: _put(np.ravel(alpha), order, 0),
        lambda weight: _take(weight, order, 0).reshape(layer.alpha.shape),
    )


def _is_vector(layer: Any) -> bool:
    """Whether a `PReLU` has one slope for each channel, or one for all, as in PyTorch."""
    return bool(layer.alpha.shape[-1] == layer.alpha.value.size)


def _window_last(kernel: Array) -> Array:
    """(..., inputs, outputs) -> (outputs, inputs, ...); in a transposed convolution the two names are exchanged."""
    return kernel.transpose(kernel.ndim - 1, kernel.ndim - 2, *range(kernel.ndim - 2))


def _window_first(weight: Array) -> Array:
    return weight.transpose(*range(2, weight.ndim), 1, 0)


def _depthwise(kernel: Array) -> Array:
    """(..., channels, multiplier) -> (channels * multiplier, 1, ...)."""
    channels_first = kernel.transpose(kernel.ndim - 2, kernel.ndim - 1, *range(kernel.ndim - 2))
    return channels_first.reshape(-1, 1, *kernel.shape[:-2])


def _depthwise_back(layer: Any) -> Converter:
    times = layer.depth_multiplier

    def back(weight: Array) -> Array:
        parts = weight.reshape(-1, times, *weight.shape[2:])
        return parts.transpose(*range(2, parts.ndim), 0, 1)

    return back


def _normalization(layer: Any, reads: Features, made: Array | None) -> Iterator[Tensor]:
    """Gamma and beta, 1 or 0 where minidl has only one of them; PyTorch has both or none, `LayerNorm` also the weight alone."""
    known = layer.beta if layer.gamma is None else layer.gamma
    if known is None:
        return
    forth, back = _vector(reads, known)
    for name, variable, value in (("weight", layer.gamma, 1.0), ("bias", layer.beta, 0.0)):
        if variable is not None:
            yield _one(name, variable, forth, back)
        elif name == "weight" or not isinstance(layer, LayerNormalization):
            yield Tensor(name, np.full_like(forth(known.value), value))


def _batch_normalization(layer: BatchNormalization, reads: Features, made: Array | None) -> Iterator[Tensor]:
    yield from _normalization(layer, reads, made)
    forth, back = _vector(reads, layer.moving_mean)
    yield _one("running_mean", layer.moving_mean, forth, back)
    yield _one("running_var", layer.moving_variance, forth, back)
    yield Tensor("num_batches_tracked", np.array(0))


def _vector(reads: Features, variable: Variable) -> tuple[Converter, Converter]:
    """Weights for flat rows in PyTorch's order of features, and weights for whole maps with the channels first."""
    if len(variable.shape) > 1 and reads.channels == "last" and len(variable.shape) == len(reads.shape) - 1:
        return lambda value: np.moveaxis(value, -1, 0), lambda value: np.moveaxis(value, 0, -1)
    return lambda value: _put(value, reads.order, 0), lambda value: _take(value, reads.order, 0)


def _take(value: Array, order: Array | None, axis: int) -> Array:
    return value if order is None or value.shape[axis] != len(order) else np.take(value, order, axis)


def _put(value: Array, order: Array | None, axis: int) -> Array:
    return value if order is None else _take(value, np.argsort(order), axis)


_TENSORS: tuple[tuple[Any, Callable[[Any, Features, Array | None], Iterable[Tensor]]], ...] = (
    (Dense, _dense),
    (
        (Conv, ConvTranspose),
        lambda layer, reads, made: [_one("weight", layer.kernel, _window_last, _window_first), *_bias(layer)],
    ),
    (
        DepthwiseConv,
        lambda layer, reads, made: [_one("weight", layer.kernel, _depthwise, _depthwise_back(layer)), *_bias(layer)],
    ),
    (BatchNormalization, _batch_normalization),
    ((LayerNormalization, GroupNormalization), _normalization),
    (RMSNormalization, lambda layer, reads, made: [_one("weight", layer.scale, *_vector(reads, layer.scale))]),
    ((Embedding, PositionEmbedding), lambda layer, reads, made: [_one("weight", layer.embeddings, np.array, np.array)]),
    (PReLU, _prelu),
)


def _recurrent_gates(layer: Layer) -> tuple[int, ...] | None:
    """PyTorch's index of each gate: i, f, c, o is i, f, g, o there, and z, r, h is r, z, n."""
    if isinstance(layer, GRURecurrence):
        return (1, 0, 2) if layer.reset_after else None
    if isinstance(layer, LSTMRecurrence):
        return (0, 1, 2, 3)
    return (0,) if isinstance(layer, SimpleRecurrence) else None


def _recurrent(layer: Any, ending: str = "") -> list[Tensor]:
    """`weight_ih = kernel.T` and `weight_hh = recurrent_kernel.T`, gate by gate; GRU keeps both biases, others their sum."""
    order = _recurrent_gates(layer)

    def gates(value: Array) -> Array:  # exchanging two gates is its own reverse
        parts = value.reshape(*value.shape[:-1], layer.gates, -1)
        return parts[..., order, :].reshape(value.shape)

    def kernel(name: str, variable: Variable) -> Tensor:
        return _one(name + ending, variable, lambda value: gates(value).T, lambda weight: gates(weight.T))

    tensors = [kernel("weight_ih", layer.kernel), kernel("weight_hh", layer.recurrent_kernel)]
    if layer.use_bias:
        rows = gates(layer.bias.value.reshape(-1, layer.kernel.shape[1]))  # one, or two in GRU
        for number, name in enumerate(("bias_ih", "bias_hh")):
            value = rows[number] if number < len(rows) else np.zeros_like(rows[0])

            def to_row(bias: Array, row: int = min(number, len(rows) - 1)) -> Array:
                both = np.zeros(rows.shape, bias.dtype)
                both[row] = gates(bias)
                return both.reshape(layer.bias.shape)

            tensors.append(Tensor(name + ending, value, ((layer.bias, to_row),)))
    return tensors


def _is_plain(layer: MultiHeadAttention) -> bool:
    """Whether PyTorch's attention can have these sizes: query, output and all heads together are equally wide."""
    width = layer.query_dense.kernel.shape[0]
    heads, size = layer.query_dense.kernel.shape[1:]
    same = layer.value_dense.kernel.shape[1:] == (heads, size) and layer.output_dense.kernel.shape[2:] == (width,)
    return not layer.use_gate and heads * size == width and same


def _attention(layer: MultiHeadAttention, given: set[str]) -> list[Tensor]:
    """Projections (features, heads, size) -> (heads * size, features), stacked in one matrix if all are equally wide."""
    projections = {"q": layer.query_dense, "k": layer.key_dense, "v": layer.value_dense}
    width = layer.query_dense.kernel.shape[0]

    def rows(kernel: Array) -> Array:
        return kernel.reshape(len(kernel), -1).T

    def back(variable: Variable, part: slice = slice(None)) -> tuple[Variable, Converter]:
        return variable, lambda value: value[part].T.reshape(variable.shape)

    thirds = [slice(number * width, (number + 1) * width) for number in range(3)]
    separate = any(one.kernel.shape[0] != width for one in projections.values()) or "q_proj_weight" in given
    kernels = [one.kernel for one in projections.values()]
    if separate:
        tensors = [
            Tensor(f"{name}_proj_weight", rows(one.kernel.value), (back(one.kernel),)) for name, one in projections.items()
        ]
    else:
        stacked = np.concatenate([rows(kernel.value) for kernel in kernels])
        tensors = [Tensor("in_proj_weight", stacked, tuple(map(back, kernels, thirds)))]
    output = layer.output_dense
    out_kernel = Tensor("out_proj.weight", output.kernel.value.reshape(-1, width).T, (back(output.kernel),))
    if not layer.use_bias:
        return [*tensors, out_kernel]
    biases = [one.bias for one in projections.values()]
    in_bias = np.concatenate([bias.value.ravel() for bias in biases])
    out_bias = Tensor("out_proj.bias", output.bias.value.copy(), (back(output.bias),))
    return [*tensors, Tensor("in_proj_bias", in_bias, tuple(map(back, biases, thirds))), out_kernel, out_bias]
