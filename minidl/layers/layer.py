"""`Layer`: base class of all layers, with variables, a forward pass and a backward pass."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from minidl import regularizers
from minidl.autodiff import active_recording
from minidl.config.configurable import defining_class
from minidl.config.layer_like import Terms
from minidl.config.naming import layer_name
from minidl.config.nest import flatten
from minidl.config.randomness import LateGenerator
from minidl.config.settings import floatx
from minidl.config.types import AnyShapes, Array, Generator, Masks, Options, Structure, Tensors
from minidl.graph.layer_array import is_inside_call, mask_of
from minidl.graph.layer_calls import call_layer
from minidl.graph.shapes import map_structure, shape_of
from minidl.graph.symbolic import connect, is_symbolic, only_call
from minidl.graph.tape import Tape
from minidl.layers.added_losses import collect, losses_of, run_direct, terms_of, training_argument
from minidl.layers.building import Building, build_once
from minidl.layers.call_arguments import combine, count_required, default_of, in_order, masks_of_arguments, names_of, separate
from minidl.layers.call_results import as_returned, nested, unnested
from minidl.layers.constant_inputs import as_symbolic
from minidl.layers.input_spec import InputSpec, check_spec_types, check_specs
from minidl.layers.layer_config import LayerConfig
from minidl.layers.parent_passes import ParentPasses
from minidl.layers.passes import LayerCache, Passes
from minidl.layers.protocol import (
    MissingAttributeError,
    check_call,
    check_made,
    check_positions,
    check_weight_attributes,
    float_type,
    use_default_shortcuts,
)
from minidl.layers.weight_owner import WeightOwner
from minidl.variable import Variable


class Layer(Passes, Building, LayerConfig, WeightOwner):
    """Base class of all layers: a differentiable function with weights.

    A custom layer only needs `forward` and `backward`, and `build` if it has weights. Everything that `backward` needs is
    passed in the cache, never stored on the layer, so a layer can be shared, nested, or run again before its backward pass. A
    layer's state consists of its non-trainable variables and its random generators.

    Or it defines only `call(x)`, written with layers, operators, `minidl.ops` and NumPy functions. Its code runs at every
    training step and is recorded for the backward pass.

    Args:
        activity_regularizer: penalty on the layer's output, added to the loss as a mean over the rows.
        trainable: whether optimizers may change its weights; may be set at any time.
        dtype: "float32" or "float64"; `floatx()` by default.
        autocast: accepted for compatibility with Keras; inputs are always cast to `dtype`.
        name: unique in its model; "dense", "dense_1" ... by default.
        input_shape: shape of one row; a `Sequential` that starts with this layer is then built at once.
    Example:
        >>> class Scale(Layer):
        ...     def build(self, input_shape):
        ...         self.factor = self.add_weight((input_shape[-1],), "ones", name="factor")
        ...     def forward(self, x, training=False):
        ...         return x * self.factor.value, x
        ...     def backward(self, dy, x):
        ...         self.factor.grad += (dy * x).sum(axis=0)
        ...         return dy * self.factor.value
        >>> Scale()([[1.0, 2.0]])
        array([[1., 2.]], dtype=float32)
    """

    input_spec: Structure[InputSpec] | None = None  # which a layer may set
    _default_training: ClassVar[bool | None] = None  # the default of the argument "training" of its call

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        owner = defining_class(cls, "call", "forward")
        of_its_own = owner is cls or not issubclass(owner, Layer)  # defined by the class, or by a mixin that is not a layer
        if of_its_own:
            cls._defines_call = "forward" not in vars(owner)
            if "call" in vars(owner) and "input_dtype" not in cls.__dict__:
                cls.input_dtype = "any"  # as in Keras, floats are cast and integers are not
            cls._takes = names_of(cls.call if cls._defines_call else cls.forward) & {"mask", "training"}
            cls._default_training = default_of(cls.call, "training") if cls._defines_call else None
            cls._required_arguments = count_required(cls.call) - 1  # without the layer itself
            names = names_of(cls.call)
            cls._mask_arguments = tuple(n for n in names if n.endswith("_mask") and n.removesuffix("_mask") in names)
        builder = defining_class(cls, "build")
        if builder is cls or not (issubclass(builder, Layer) or issubclass(Layer, builder)):
            cls.build = build_once(vars(builder)["build"])  # type: ignore[method-assign]  # users call build themselves
        use_default_shortcuts(cls, Passes)
        cls._changes_masks = cls.compute_mask is not Passes.compute_mask
        cls._is_free_of_penalties = cls.penalty is Passes.penalty and not cls._defines_call
        cls._has_own_penalty = cls.penalty is not Passes.penalty and cls.has_penalty is Layer.has_penalty

    def __init__(
        self,
        *,
        activity_regularizer: object = None,
        trainable: bool = True,
        dtype: object = None,
        autocast: bool = True,
        name: str | None = None,
        input_shape: tuple[int | None, ...] | None = None,
    ) -> None:
        self.name = layer_name(name, type(self).__name__)
        self.activity_regularizer = regularizers.get(activity_regularizer)
        self.input_shape = None if input_shape is None else tuple(input_shape)
        self.built = False
        self.build_shape: AnyShapes = None
        self._dtype = float_type(type(self).__name__, dtype or floatx())
        self._trainable = bool(trainable)
        self._variables: list[Variable] = []
        self._weight_attributes: dict[str, Variable] = {}  # once built: attribute -> the variable that it holds
        self._output_shapes: dict[str, AnyShapes] = {}  # found by running call: input shape -> output shape
        self._input_structure: Tensors = None  # of nested inputs, which a model passes on as a list
        self._structure: Tensors = None  # of the last result of call, if it is not flat: see `unnested`
        self._adds_loss = False  # whether its call ever used add_loss
        self._generators: list[Generator | LateGenerator] = []
        self._call_losses: list[Array] = []  # what its last direct call added to the loss

    def call(self, *args: Any, **options: Any) -> Tensors:
        """May be defined instead of `forward` and `backward`; that of a built-in layer runs these, without masks and penalties.

        Example:
            >>> from minidl.layers import Dense
            >>> class Double(Dense):
            ...     def call(self, x):
            ...         return 2 * super().call(x)
            >>> Double(1, kernel_initializer="ones")(np.ones((1, 3)))
            array([[6.]], dtype=float32)
        """
        passes = self.parent_passes()
        x, given = self.bind_call(*args, **options)
        if is_symbolic(x) and not self._defines_call:
            return self(*args, **options)
        mask, training = given.pop("mask", None), given.pop("training", None)
        recording = active_recording()
        if recording is not None:
            return self.returned(call_layer(recording, passes, x, mask, training, given), args, options)
        mask = map_structure(mask_of, x) if mask is None else mask
        y, _, y_mask = passes._forward(passes._prepare(x), mask, bool(training), **given)
        return self.returned(as_returned(y, y_mask), args, options)

    def parent_passes(self) -> ParentPasses:
        """What `super().call(x)` runs: the passes of a parent class."""
        if type(self).forward is Passes.forward:
            raise TypeError(f"{self.title}: super().call(x) needs a parent class with a forward pass")
        return ParentPasses(self)

    def __call__(self, *args: Any, **kwargs: Any) -> Tensors:
        """Apply the layer to arrays, or to symbolic tensors to define a model; builds it on first use."""
        check_made(self)
        check_weight_attributes(self)
        if self._defines_call:
            given: dict[str, object] = {name: kwargs.pop(name) for name in ("mask", "training") if name in kwargs}
            x, options = separate(*in_order(self.call, args, kwargs))
            options |= given
            if not self.built and "arguments" in options:
                self.build_weights(shape_of(x), options["arguments"])
        else:
            x, options = self.bind_call(*args, **kwargs)
        mask, training = options.pop("mask", None), options.pop("training", None)
        check_call(self, x, options)
        if self.input_spec is not None:
            check_spec_types(self.title, self.input_spec, x)
        if is_symbolic(x):
            return self._result(connect(self, as_symbolic(x), options, mask, training), args, kwargs)
        recording = active_recording()
        if recording is not None:
            return self._result(call_layer(recording, self, x, mask, training, options), args, kwargs)
        mask = map_structure(mask_of, x) if mask is None else mask
        x = self._prepare(x)
        return self._result(as_returned(*run_direct(self, x, mask, training, options)), args, kwargs)

    def _result(self, result: object, args: tuple[object, ...], options: Options) -> Tensors:
        """The result of a call in the structure that the user gets."""
        return nested(result, self._structure) if self._defines_call else self.returned(result, args, options)

    def bind_call(self, *inputs: Any, **options: Any) -> tuple[Tensors, Options]:
        """The tensors of a call as `forward` takes them, and its options; layers whose tensors have names override it."""
        if not inputs:
            inputs = tuple(options.pop(name) for name in ("inputs", "x", "data") if name in options)
        check_positions(self, inputs)
        if len(inputs) == 2 and self.mask_by_position:
            return inputs[0], options | {"mask": inputs[1]}
        return (inputs[0] if len(inputs) == 1 else list(inputs)), options

    def returned(self, result: object, args: tuple[object, ...], options: Options) -> Tensors:
        """The outputs of `forward` in the structure that a call with these arguments returns."""
        return result

    def _prepare(self, x: object) -> Tensors:
        """The input as arrays with the layer's dtype; builds the layer for them."""
        x = self.as_arrays(x)
        self.build_weights(shape_of(x))
        return x

    def _tape(self) -> Tape:
        return Tape(self)

    def run_call(self, x: object, mask: Masks, training: bool, arguments: Options | None = None, **options: Any) -> Tensors:
        """Call `call`, with `training` and `mask` if it has these arguments."""
        args, kwargs = combine(x, arguments, options)
        if arguments is None and isinstance(x, (list, tuple)) and len(x) == self._required_arguments > 1:
            args = list(x)  # one tensor for each argument
        given: dict[str, object] = {"mask": mask}
        if self._mask_arguments:
            given |= masks_of_arguments(self.call, self._mask_arguments, args, kwargs)
        takes = self._takes | set(self._mask_arguments)
        with training_argument(self, training) as given["training"]:
            result = self.call(*args, **{name: given[name] for name in takes if name in given and name not in kwargs}, **kwargs)
        flat, self._structure = unnested(result)
        return flat

    def check_input(self, shape: AnyShapes) -> None:
        """Raise ValueError, with a helpful message, for an input shape that the layer does not accept."""
        if self.input_spec is not None:
            check_specs(self.title, self.input_spec, shape)

    @property
    def changes_masks(self) -> bool:
        """Whether the layer defines its output mask."""
        return self._changes_masks

    @property
    def input_kind(self) -> str:
        """The kind of input that the layer accepts, "float", "any" or "string"; with "any" its sublayers decide."""
        if self.input_dtype != "any":
            return self.input_dtype
        return next((kind for kind in (layer.input_kind for layer in self.sublayers()) if kind != "any"), "any")

    def replace_layers(self, replace: Callable[["Layer"], "Layer"]) -> "Layer":
        """`replace(layer)`; a model returns itself with each of its layers replaced."""
        return replace(self)

    @property
    def has_penalty(self) -> bool:
        """Whether the layer has a penalty."""
        own = self.activity_regularizer is not None or self._adds_loss or self._has_own_penalty
        return own or any(layer.has_penalty for layer in self.sublayers())

    @property
    def depends_on_input_alone(self) -> bool:
        """Whether the output depends on input and weights alone: no random numbers, penalty, or own code with `training`."""
        reads_training = "training" in self._takes and not type(self).__module__.startswith("minidl.")
        inner = self.sublayers()
        draws = not inner and self.random_sources()  # the generator of a model shuffles rows
        return not (draws or self.has_penalty or reads_training) and all(one.depends_on_input_alone for one in inner)

    def add_loss(self, loss: object) -> None:
        """Add a term, or a list of them, to the loss of the model; only inside `call`."""
        recording = active_recording()
        if recording is None and not is_inside_call():
            raise RuntimeError(
                f"{self.title}: add_loss belongs inside call, for a term computed there; "
                f"a layer with forward and backward defines penalty(cache) instead"
            )
        self._adds_loss = True
        if recording is not None:
            recording.add_losses(flatten(loss))
        else:
            collect(self, flatten(loss))

    @property
    def losses(self) -> list[Array]:
        """What the layer and its sublayers add to the loss: terms of the last direct call, then penalties on trainable weights.

        In `compute_loss` the terms are those of the current batch, and gradients flow through them.
        """
        return losses_of(self)

    def _loss_terms(self, cache: LayerCache) -> Terms:
        """The terms of `_penalty`, each with the layer that adds it."""
        return terms_of(self, cache)

    @property
    def input(self) -> Tensors:
        """The symbolic tensor, or the list of them, of the layer's only call."""
        return only_call(self).inputs

    @property
    def output(self) -> Tensors:
        """The symbolic tensor, or the tuple of them, that the call returned: `Model(m.inputs, m.get_layer("h").output)`."""
        return only_call(self).result

    @property
    def path(self) -> str:
        """The layer's name, with which the paths of its weights begin."""
        return self.name

    @property
    def title(self) -> str:
        """Class and name for error messages: `Dense "hidden"`."""
        return f'{type(self).__name__} "{self.__dict__.get("name", "?")}"'

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:  # called only for missing attributes
            raise MissingAttributeError(self, name)
