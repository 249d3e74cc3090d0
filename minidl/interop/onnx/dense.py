"""Layers made of matrix products: `Dense`, `EinsumDense`, `Embedding`, `ReversibleEmbedding`."""

from collections.abc import Callable

from minidl.interop.onnx.activations import activate
from minidl.interop.onnx.builder import Builder, Masked, Tensor
from minidl.layers.dense import Dense
from minidl.layers.einsum_dense import EinsumDense
from minidl.layers.embedding import Embedding
from minidl.layers.reversible_embedding import ReversibleEmbedding


def dense(g: Builder, layer: Dense, x: Tensor, mask: Tensor | None) -> Tensor:
    """`y = activation(x @ kernel + bias)`: a Gemm for rows, otherwise MatMul and Add."""
    kernel = g.weight("kernel", layer.kernel.value)
    bias = [g.weight("bias", layer.bias.value)] if layer.use_bias else []
    if x.rank == 2:
        z = g.op("Gemm", g.plain(x), kernel, *bias)
    else:
        z = g.op("MatMul", g.plain(x), kernel)
        z = g.op("Add", z, *bias) if bias else z
    return activate(g, layer.activation, g.tensor(z, (*x.shape[:-1], layer.units), x.dtype), layer.title)


def einsum_dense(g: Builder, layer: EinsumDense, x: Tensor, mask: Tensor | None) -> Tensor:
    """`y = activation(einsum(equation, x, kernel) + bias)`."""
    letters = layer._letters(x.shape)
    equation = f"{letters.x},{letters.kernel}->{letters.y}"
    z = g.op("Einsum", g.plain(x), g.weight("kernel", layer.kernel.value), equation=equation)
    if layer.bias_axes:
        z = g.op("Add", z, g.weight("bias", layer.bias.value))
    return activate(g, layer.activation, g.tensor(z, letters.shape(letters.y), x.dtype), layer.title)


def embedding(g: Builder, layer: Embedding, x: Tensor, mask: Tensor | None) -> Masked:
    """`y = embeddings[ids]`; with `mask_zero`, id 0 is masked."""
    ids = g.cast(x, "int64")
    table = g.weight("embeddings", layer.embeddings.value)
    y = g.tensor(g.op("Gather", table, g.plain(ids)), (*x.shape, layer.output_dim), layer.dtype)
    if not layer.mask_zero:
        return Masked(y, None)
    unmasked = g.op("Not", g.op("Equal", g.plain(ids), g.constant(0, "int64")))
    return Masked(y, g.tensor(unmasked, x.shape, "bool"))


def reversible_embedding(
    g: Builder, layer: ReversibleEmbedding, x: Tensor, mask: Tensor | None, reverse: bool = False
) -> Masked | Tensor:
    """That of `Embedding`; in reverse `y = c * tanh(x @ embeddings.T / c)`."""
    if not reverse:
        return embedding(g, layer, x, mask)
    kernel = layer._kernel
    x = g.cast(x, str(kernel.dtype))
    y = g.op("MatMul", g.plain(x), g.weight("kernel", kernel))
    if layer.logit_soft_cap is not None:
        cap = g.constant(layer.logit_soft_cap, x.dtype)
        y = g.op("Mul", g.op("Tanh", g.op("Div", y, cap)), cap)
    return g.tensor(y, (*x.shape[:-1], layer.input_dim), x.dtype)


LAYERS: dict[type, Callable[..., object]] = {
    Dense: dense,
    EinsumDense: einsum_dense,
    Embedding: embedding,
    ReversibleEmbedding: reversible_embedding,
}
