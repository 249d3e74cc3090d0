"""`Model`: layers and the network that connects them, as one layer that can be trained, inspected and saved; `Function`."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from minidl.autodiff import active_recording
from minidl.config import registry
from minidl.config.nest import unpack
from minidl.config.types import AnyShapes, Array, Arrays, ArraysLike, Cache, DataLike, Masks, Shapes, State, Tensors
from minidl.data.columns import check_columns
from minidl.graph.network import Network
from minidl.graph.shapes import any_batch, shape_of
from minidl.graph.symbolic import is_symbolic
from minidl.graph.tape import Tape
from minidl.layers.added_losses import activity_losses
from minidl.layers.call_results import as_returned, nested
from minidl.layers.custom_passes import CustomPasses
from minidl.layers.layer import Layer
from minidl.layers.passes import LayerCache
from minidl.layers.protocol import check_weights
from minidl.layers.recorder import LayerTrace
from minidl.layers.traversal import weight_paths
from minidl.models.auto_compile import prepare_model
from minidl.models.compilation import make_plan, recorded_plan
from minidl.models.data_adapter import fit_inputs, read_data
from minidl.models.functional import ConnectedLayers, build_graph, check_declared
from minidl.models.loops import infers_directly
from minidl.models.trainer import Trainer
from minidl.models.training import loss_and_gradients

if TYPE_CHECKING:
    from minidl.config.layer_like import Terms


class Model(ConnectedLayers, Trainer):
    """A network of layers that can be trained, evaluated and saved.

    Most models are a `Sequential`. `Model(inputs, outputs)` takes any graph of layers defined with `Input`. A subclass may
    define `call`, or `forward` and `backward`, or `train_step`.

    Args:
        inputs: symbolic tensors made by `Input`; one, or lists and dicts of them, also nested.
        outputs: symbolic tensors made by calling layers on them; one, or lists and dicts of them.
        **kwargs: `name` and what every `Layer` takes.
    Attributes:
        network: the connected layers: a `Chain`, a `Graph`, a `Tape`, or the passes of the class.
    Example:
        >>> from minidl.layers import Dense, Input
        >>> x = Input((3,))
        >>> Model(x, Dense(2)(x)).predict(np.ones((4, 3)), verbose=0).shape
        (4, 2)
    """

    input_dtype = "float"

    def __init__(self, inputs: Tensors = None, outputs: Tensors = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.network: Network = Tape(self) if self._defines_call else CustomPasses(self)
        if inputs is not None or outputs is not None:
            graph = build_graph(inputs, outputs)
            for function in graph.functions:
                self._variables += [weight for weight in function.weights if weight not in self._variables]
                self._generators += function.generators
            self.connect(graph)
            self.build(graph.input_shape)

    def overrides(self, method: str) -> bool:
        """Whether the model's class overrides a method of `Model`, such as "train_step"."""
        return getattr(type(self), method) is not getattr(Model, method)

    def __call__(self, *args: Any, mask: Masks = None, training: bool | None = None, **kwargs: Any) -> Tensors:
        """Apply the model to arrays of the shapes that its inputs declare, or to symbolic tensors to define a larger model."""
        if len(args) == 1 and mask is None and training is None and not kwargs and infers_directly(self, args[0]):
            try:
                return nested(as_returned(*self.network.infer(args[0], None)), self._structure)
            except AttributeError:
                check_weights(self)
                raise
        if args:
            args = (self.network.listed(args[0]), *args[1:])
        if len(args) == 1 and self.network.input_shapes and active_recording() is None and not is_symbolic(args[0]):
            x = fit_inputs(self, self.as_arrays(args[0]))
            if self.network.inputs:
                check_declared(self, any_batch(shape_of(x)))
            args = (x,)
        return self.network.packed(super().__call__(*args, mask=mask, training=training, **kwargs))

    def call(self, *args: Any, **options: Any) -> Tensors:
        """Run the layers that the model was given; a subclass that defines `call` uses it as `super().call(x)`."""
        return self.connected.packed(super().call(*map(self.connected.listed, args[:1]), *args[1:], **options))

    def parent_passes(self) -> Any:
        """The passes of the layers that the model was given."""
        if not self._defines_call:
            return super().parent_passes()
        if self._given is None:
            raise TypeError(f"{self.title} was given no layers, so super().call(x) has nothing to run")
        given = Model(name=self.name, dtype=self.dtype)
        given.connect(self._given)
        given.built, given._variables = True, self._variables  # of operations
        return given

    def forward(self, x: Tensors, training: bool = False, mask: Masks = None) -> tuple[Tensors, Cache]:
        """Run every layer; the cache holds the layers' caches."""
        y, cache, _ = self.network.forward(x, mask, training)
        return y, cache

    def infer(self, x: Tensors, *args: Any, **options: Any) -> Tensors:
        """Run every layer in inference mode, without caches."""
        return self.network.infer(x, options.get("mask"))[0]

    def backward(self, dy: Tensors, cache: Cache) -> Tensors:
        """Run every layer's backward pass, last layer first."""
        return self.network.backward(dy, cache)

    def backward_weights(self, dy: Tensors, cache: Cache) -> None:
        """The same without the gradient of the inputs."""
        if self.network.opaque:
            self.backward(dy, cache)
        else:
            self.network.backward(dy, cache, weights_only=True)

    def _forward(self, x: Arrays, mask: Masks = None, training: bool = False, **options: Any) -> tuple[Any, LayerCache, Any]:
        """`forward`, with the mask of the output."""
        y, cache, mask = self.network.forward(x, mask, training, **options)
        shape = shape_of(x) if self.network.opaque else None  # a network's layers check their gradients themselves
        return y, LayerCache(cache, shape, None if self.activity_regularizer is None else y), mask

    def _infer(self, x: Arrays, mask: Masks = None, **options: Any) -> tuple[Tensors, Masks]:
        """`infer`, with the mask of the output."""
        return self.network.infer(x, mask, **options)

    def _prepare(self, x: Tensors) -> Tensors:
        check_columns(self.column_names, x)
        return super()._prepare(x)

    def _as_array(self, x: object) -> Array:
        return super()._as_array(x) if self.network.opaque else np.asarray(x)  # a network's layers cast for themselves

    def penalty(self, cache: Cache) -> float:
        """The sum of the layers' penalties."""
        return float(self.network.penalty(cache))

    def _loss_terms(self, cache: LayerCache) -> Terms:
        """The layers' terms, and those of the model's own `activity_regularizer`."""
        return self.network.loss_terms(cache.inner) + activity_losses(self, cache)

    @property
    def has_penalty(self) -> bool:
        return self.activity_regularizer is not None or self._adds_loss or self.network.has_penalty

    def build(self, input_shape: AnyShapes) -> None:
        super().build(input_shape)
        if not self.network.opaque:
            self.connected.compute_output_shape(input_shape)

    # Looking inside.

    def summary(
        self,
        line_length: int | None = None,
        positions: Sequence[float] | None = None,
        print_fn: Callable[[str], object] | None = None,
        expand_nested: bool = False,
        show_trainable: bool = False,
        layer_range: Sequence[str] | None = None,
    ) -> None:
        """Print the layers, their output shapes and parameters; sizes that are not known yet are shown as "?".

        Args:
            line_length: width in characters; 72 by default, or as wide as the names need.
            positions: accepted for compatibility with Keras, and ignored.
            print_fn: called with the text instead of `print`.
            expand_nested: whether the layers of inner models are shown too.
            show_trainable: whether a column shows which layers are trainable.
            layer_range: names, or regular expressions, of the first and the last layer to show.
        """
        summarize = registry.public("utils", "summarize")
        (print_fn or print)(summarize(self, line_length, expand_nested, show_trainable, layer_range))

    def plot(self) -> Any:
        """Plot the layers with their shapes and parameters; returns a matplotlib figure."""
        return registry.public("utils", "plot_model")(self, to_file=None)

    def gradients(self, x: DataLike, y: ArraysLike | None = None, sample_weight: ArraysLike | None = None) -> dict[str, Array]:
        """Every weight's gradient on one batch, by the weight's path ("dense/kernel"), penalties included.

        The gradients are those of a training step. The model and its state are not changed.
        """
        batch = self._one_batch(x, y, sample_weight)
        with self.preserved_state():
            loss_and_gradients(self.plan, *batch)
        found = {path: variable.grad.copy() for path, variable in weight_paths(self).items() if not variable.is_state}
        self.plan.zero_gradients()
        return found

    def trace(self, x: DataLike, y: ArraysLike | None = None, sample_weight: ArraysLike | None = None) -> list[LayerTrace]:
        """Every layer's `x`, `y`, `dy` and `dx` on one batch, in the order the layers ran, as in training.

        The backward pass begins at the probabilities, so that every number shown is what the layers themselves compute.
        The model, its gradients and its state are not changed.
        """
        batch = self._one_batch(x, y, sample_weight)
        plan, log = recorded_plan(make_plan(self, fused=False))
        gradients = [(variable, variable.grad.copy()) for variable in self.variables]
        with self.preserved_state():
            loss_and_gradients(plan, *batch, weights_only=False)
        for variable, gradient in gradients:
            variable.grad = gradient
        return log

    def _one_batch(self, x: DataLike, y: ArraysLike, sample_weight: ArraysLike) -> Any:
        """The user's arrays as one batch, sparse ones made dense; prepares the model for it."""
        data = read_data(self, x, y, sample_weight)
        prepare_model(self, data)
        return unpack(data.as_batch())

    def diagnose(
        self, x: DataLike | None = None, y: ArraysLike | None = None, sample_weight: DataLike = None, **options: Any
    ) -> Any:
        """Report what is wrong with the model or its data, and how to fix it; takes the arguments of `fit`, changes nothing."""
        return registry.public("diagnostics", "diagnose")(self, x, y, sample_weight, **options)

    # Saving and rebuilding.

    def save(self, filepath: str | PathLike[str], overwrite: bool = True) -> None:
        """Save the whole model, architecture, weights, optimizer and compile settings, to a .safetensors or .keras file."""
        from minidl.saving import save_model

        save_model(self, filepath, overwrite)

    def save_weights(self, filepath: str | PathLike[str], overwrite: bool = True) -> None:
        """Save only the weights, to a .safetensors or .weights.h5 file."""
        from minidl.saving import save_weights

        save_weights(self, filepath, overwrite)

    def load_weights(self, filepath: str | PathLike[str], skip_mismatch: bool = False) -> None:
        """Load weights that `save_weights` or `save` wrote for a model of the same architecture.

        With `skip_mismatch` layers whose weights do not fit, such as another head, are skipped with a warning.
        """
        from minidl.saving import load_weights

        load_weights(self, filepath, skip_mismatch)

    def export(
        self, filepath: str | Path, format: str = "onnx", verbose: Any = None, input_signature: Any = None, **kwargs: Any
    ) -> None:
        """Write the model for inference to a file that runs without minidl: ONNX, see `interop.onnx.export`."""
        registry.public("interop.onnx", "export")(self, filepath, format, verbose, input_signature, **kwargs)

    def to_json(self, **options: Any) -> str:
        """The architecture as JSON, for `models.model_from_json`; options are those of `json.dumps`."""
        return json.dumps(registry.serialize(self), **options)

    def __getstate__(self) -> State:
        left_out = ("_plan", "_graph_cache", "epoch_iterator")
        state = {name: value for name, value in self.__dict__.copy().items() if name not in left_out}
        return dict(sorted(state.items(), key=lambda item: item[0] != "network"))  # first, see `Graph.__getstate__`


class Function:
    """Computes `outputs` from `inputs`; without `fit`, unlike a `Model` of the same tensors.

    Args:
        inputs: symbolic tensors made by `Input`; one, or a list, tuple or dict of them.
        outputs: symbolic tensors that depend on them.
        name: "function" by default.
    Example:
        >>> from minidl.layers import Input
        >>> x = Input((2,))
        >>> Function(x, 2 * x)([[1.0, 2.0]])
        array([[2., 4.]], dtype=float32)
    """

    def __init__(self, inputs: object, outputs: object, name: str | None = None) -> None:
        self.name = name or "function"
        self._model = Model(inputs, outputs)
        self.inputs, self.outputs = self._model.inputs, self._model.outputs

    def __call__(self, inputs: Tensors) -> Tensors:
        """The outputs for arrays, or symbolic outputs for symbolic tensors."""
        return self._model(inputs)

    @property
    def operations(self) -> list[Layer]:
        """The layers, each after those it depends on."""
        return self._model.layers

    def compute_output_shape(self, input_shape: Shapes) -> AnyShapes:
        """The outputs' shapes for the inputs' shapes."""
        return self._model.compute_output_shape(input_shape)
