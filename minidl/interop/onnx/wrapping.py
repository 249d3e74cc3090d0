"""Layers around another layer, and masks."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from minidl.config.nest import flatten, rebuild
from minidl.interop.onnx.builder import Masked, Tensor, product
from minidl.layers.lambda_layer import Lambda
from minidl.layers.masking import Masking
from minidl.layers.normalization.spectral_normalization import SpectralNormalization
from minidl.layers.pipeline import Pipeline
from minidl.layers.recurrent.time_distributed import TimeDistributed
from minidl.layers.traversal import with_sublayers
from minidl.layers.wrapper import Wrapper

if TYPE_CHECKING:
    from minidl.interop.onnx.exporter import Exporter


def masking(g: "Exporter", layer: Masking, x: Tensor, mask: Tensor | None) -> Masked:
    """Steps in which every feature is `mask_value` are masked and set to 0."""
    name = g.plain(x)
    differs = g.op("Not", g.op("Equal", name, g.constant(layer.mask_value, x.dtype)))
    found = g.op("ReduceMax", g.op("CastLike", differs, name), g.integers(-1), keepdims=1)
    steps = g.op("Cast", g.op("Squeeze", found, g.integers(-1)), to=9)
    return Masked(g.tensor(g.op("Mul", name, found), x.shape, x.dtype), g.tensor(steps, x.shape[:-1], "bool"))


def wrapper(g: "Exporter", layer: Wrapper, x: Tensor | list[Tensor], mask: Tensor | None, **options: object) -> Masked:
    """`Wrapper`: the layer in it."""
    return Masked(*g.layer(layer.layer, x, mask, options))


def spectral(g: "Exporter", layer: SpectralNormalization, x: Tensor, mask: Tensor | None, **options: object) -> Masked:
    """`SpectralNormalization`: the layer with its kernel divided by the largest singular value."""
    return Masked(*g.layer(layer._divide().layer, x, mask, options))


def time_distributed(g: "Exporter", layer: TimeDistributed, x: Tensor, mask: Tensor | None) -> Masked:
    """Batch and time as one axis, the layer, and apart again; the mask of the steps passes."""
    if mask is not None and any(member.uses_mask for member in with_sublayers(layer.layer)):
        raise ValueError(f"{layer.title} cannot be exported to ONNX with a mask, which {layer.layer.title} uses")
    batch, time, *step = x.shape
    folded = g.tensor(_fold(g, g.plain(x), tuple(step)), (product((batch, time)), *step), x.dtype)
    y, inner_mask = g.layer(layer.layer, folded, None)
    front = g.op("Shape", g.plain(x), start=0, end=2)
    unfolded = []
    for one in flatten(y):
        behind = g.op("Shape", g.plain(one), start=1)
        name = g.op("Reshape", g.plain(one), g.op("Concat", front, behind, axis=0))
        unfolded.append(g.tensor(name, (batch, time, *one.shape[1:]), one.dtype))
    if inner_mask is not None:
        behind = g.op("Shape", g.plain(inner_mask), start=1)
        kept = g.op("Reshape", g.plain(inner_mask), g.op("Concat", front, behind, axis=0))
        if mask is not None:
            kept = g.op("And", kept, g.expand_dims(g.plain(mask), *range(2, inner_mask.rank + 1)))
        mask = g.tensor(kept, (batch, time, *inner_mask.shape[1:]), "bool")
    return Masked(rebuild(y, unfolded), mask)


def pipeline(g: "Exporter", layer: Pipeline, x: Tensor | tuple[Tensor, ...], mask: Tensor | None) -> Masked:
    """`Pipeline`: its layers, one after another."""
    for one in layer.layers:
        x, mask = g.layer(one, x, mask)
    return Masked(x, mask)


def _fold(g: "Exporter", x: str, step: tuple[int | None, ...]) -> str:
    if None not in step:
        return g.reshape(x, (None, *step))
    return g.op("Reshape", x, g.op("Concat", g.integers(-1), g.op("Shape", x, start=2), axis=0))


UNSUPPORTED: dict[type, str] = {Lambda: "its function is Python code, which ONNX cannot hold"}
LAYERS: dict[type, Callable[..., object]] = {
    Masking: masking,
    Pipeline: pipeline,
    SpectralNormalization: spectral,
    TimeDistributed: time_distributed,
    Wrapper: wrapper,
}
