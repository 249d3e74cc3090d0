"""`export`: write a model as an ONNX file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from os import PathLike
from typing import TYPE_CHECKING, Any

from minidl.config.checks import shown
from minidl.config.nest import flatten, rebuild
from minidl.config.types import Tensors
from minidl.interop.onnx.builder import IR_VERSION, ML_OPSET, OPSET, Tensor, element_type
from minidl.interop.onnx.simplify import simplified
from minidl.layers.input_layer import Input
from minidl.models.model import Model
from minidl.saving.files import check_target, write_atomically

if TYPE_CHECKING:
    from onnx import ValueInfoProto


def export(
    model: Model,
    filepath: str | PathLike[str],
    format: str = "onnx",
    verbose: bool | None = None,
    input_signature: list[Tensor] | None = None,
    opset_version: int | None = None,
    metadata: Mapping[str, str] | None = None,
) -> None:
    """Write a model for inference as one ONNX file, weights included; the file appears only when it is complete.

    Args:
        model: a built `Sequential` or functional model, also with nested models.
        filepath: the file, by convention with the ending ".onnx".
        format: "onnx"; Keras's other formats need TensorFlow, PyTorch or OpenVINO.
        verbose: whether to print the path; `None` is True, as in Keras.
        input_signature: for each input, or the only one, something with `shape`, batch axis included, and optionally `dtype`
            and `name`; by default what the model's inputs declare.
        opset_version: accepted if it is the version that is written.
        metadata: further texts for the file's metadata.
    Raises:
        ImportError: the package `onnx` is not installed.
        IsADirectoryError, FileNotFoundError: the path is a folder, or its folder does not exist.
        TypeError: `metadata` is not a dict of texts.
        ValueError: the model is not built, does not accept `input_signature`, or holds layers that ONNX cannot express; each is
            named with the reason.
    Example:
        >>> model = minidl.Sequential([minidl.Input((3,)), minidl.layers.Dense(2)])
        >>> export(model, "model.onnx")
        Saved artifact at 'model.onnx'.
    """
    if format != "onnx":
        raise ValueError(f'minidl exports models as "onnx", got format={format!r}')
    try:
        import onnx
    except ImportError as error:
        raise ImportError("exporting to ONNX needs onnx: pip install onnx") from error
    from minidl.interop.onnx.exporter import Exporter
    from minidl.interop.onnx.table import unsupported_layers

    if opset_version not in (None, OPSET):
        raise ValueError(
            f"minidl writes ONNX opset {OPSET}, which every runtime since 2024 reads, got opset_version={opset_version}"
        )
    path, texts = check_target(filepath, overwrite=True), _texts(metadata)
    if lines := unsupported_layers(model):
        raise ValueError(f"{model.title} cannot be exported to ONNX:\n  " + "\n  ".join(lines))
    inputs = _inputs(model, input_signature)
    exporter = Exporter()
    declared = [
        Tensor(tensor.shape, tensor.dtype, {tuple(range(len(tensor.shape))): tensor.name}) for tensor in flatten(inputs)
    ]
    names = [exporter.unique(next(iter(one.views.values()))) for one in declared]
    declared = [exporter.tensor(name, one.shape, one.dtype) for name, one in zip(names, declared, strict=True)]
    y, _ = exporter.network(model.network, rebuild(inputs, declared))
    as_graph: Any = model._graph()
    named = zip(flatten(y), as_graph.output_names, strict=True)
    outputs = [exporter.rename(exporter.plain(one), name) for one, name in named]
    graph = onnx.helper.make_graph(
        simplified(exporter, outputs),
        exporter.unique(model.name),
        [_declared(name, one) for name, one in zip(names, declared, strict=True)],
        [_declared(name, one) for name, one in zip(outputs, flatten(y), strict=True)],
        exporter.weight_protos(),
    )
    proto = onnx.helper.make_model(
        graph,
        producer_name="minidl",
        producer_version=_version(),
        ir_version=IR_VERSION,
        opset_imports=[onnx.helper.make_opsetid("", OPSET), onnx.helper.make_opsetid("ai.onnx.ml", ML_OPSET)],
    )
    onnx.helper.set_model_props(proto, {"model": model.name} | texts)
    try:
        onnx.checker.check_model(proto, full_check=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:  # an operator for other types alone
        raise ValueError(f"{model.title} cannot be exported to ONNX: {error}") from error
    write_atomically(path, proto.SerializeToString())
    if verbose or verbose is None:
        print(f"Saved artifact at '{os.fspath(filepath)}'.")


def _texts(metadata: object) -> dict[str, str]:
    """The texts for the file's metadata; raises TypeError for something else."""
    found = {} if metadata is None else metadata
    if not isinstance(found, Mapping) or not all(isinstance(one, str) for item in found.items() for one in item):
        raise TypeError(f"export expects metadata as a dict of texts by name, got {shown(metadata)}")
    return dict(found)


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("minidl")
    except PackageNotFoundError:
        return ""


def _inputs(model: Model, signature: list[Tensor] | None) -> Tensors:
    """The model's inputs in their structure: as declared, or as the signature gives them."""
    graph = model._graph()
    if signature is None:
        if graph is None or not graph.inputs:
            raise ValueError(
                f"{model.title} is not built, so the shapes of its inputs are not known; begin it with Input(shape), call it "
                f"on data, or pass input_signature"
            )
        return rebuild(graph.input_structure, graph.inputs)
    names = list(graph.input_names) if graph is not None else []
    made = []
    for number, one in enumerate(flatten(signature)):
        name = getattr(one, "name", None) or (names[number] if number < len(names) else None)
        dtype = getattr(one, "dtype", None)
        made.append(Input(batch_shape=tuple(one.shape), dtype=None if dtype is None else str(dtype), name=name))
    if graph is not None and len(made) != len(graph.inputs):
        raise ValueError(f"{model.title} has {len(graph.inputs)} inputs, got an input_signature of {len(made)}")
    structure: Tensors = made[0] if len(made) == 1 else rebuild(signature, made)
    shapes = [tensor.shape for tensor in made]
    model.build_for(shapes[0] if len(shapes) == 1 else shapes)
    model.compute_output_shape(shapes[0] if len(shapes) == 1 else shapes)  # raises an error if it does not accept them
    return structure


def _declared(name: str, tensor: Tensor) -> ValueInfoProto:
    """An input or output of the graph with its type and shape; unknown sizes have names."""
    from onnx import helper

    sizes = [("batch" if axis == 0 else f"{name}_{axis}") if size is None else size for axis, size in enumerate(tensor.shape)]
    return helper.make_tensor_value_info(name, element_type(tensor.dtype), sizes)
