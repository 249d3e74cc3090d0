"""`Layer`: what every layer is: variables, a forward pass, and the backward pass that belongs to it."""

import functools
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Self

import numpy as np

import minidl.ops.numpy_functions  # noqa: F401  # fills the tables that tensors look operations up in
from minidl import constraints, initializers, regularizers
from minidl.autodiff import active_recording
from minidl.config.configurable import Configurable
from minidl.config.naming import automatic_name
from minidl.config.nest import flatten, is_structure, rebuild
from minidl.config.randomness import make_generator
from minidl.config.settings import floatx
from minidl.config.types import Array
from minidl.graph.layer_array import as_layer_array, is_inside_call, mask_of
from minidl.graph.symbolic import connect, is_symbolic, only_call
from minidl.graph.tape import Tape, call_layer
from minidl.layers import promises
from minidl.layers.activity import activity_penalty, add_activity_gradient
from minidl.layers.call_arguments import combine, count_required, names_of, separate
from minidl.layers.shapes import announce, held_by, infer_output_shape, map_structure, shape_of
from minidl.random import SeedGenerator
from minidl.variable import Variable


def _build_once(build: Any) -> Any:
    """Wrap a layer's `build` so that it runs once and leaves the layer marked as built."""

    @functools.wraps(build)
    def build_once(self: "Layer", input_shape: Any) -> None:
        if not self.built:
            with promises.all_or_none(self):
                build(self, input_shape)
            self.built, self.build_shape = True, input_shape
            self._weight_attributes = {name: value for name, value in vars(self).items() if isinstance(value, Variable)}
            if not self.trainable:
                self.trainable = False  # reaches the sublayers, also those that `build` created

    return build_once


class LayerCache(NamedTuple):
    """What `_forward` keeps for `_backward`: the layer's own cache, its input's shape, and the output if it is regularized."""

    inner: Any
    input_shape: Any
    output: Any


class Layer(Configurable):
    """A differentiable function with weights: the base of all layers, yours too.

    A layer of your own defines `forward` and `backward`, and `build` when it has weights; nothing else. What `backward`
    needs is passed in the cache, never kept on the layer, so a layer can be shared, nested, or run again before its
    backward pass. A layer's state is exactly its non-trainable variables and its random generators.

    Or it defines `call(x)` alone, written with layers, operators, `minidl.ops` and NumPy functions. Its code runs at every
    training step and is recorded, which gives the backward pass.

    Args:
        activity_regularizer: penalty on the layer's output, added to the loss as a mean over the rows.
        trainable: whether optimizers may change its weights; may be set at any time.
        dtype: "float32" or "float64"; `floatx()` by default.
        autocast: accepted for Keras's sake; inputs are always cast to `dtype`.
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

    supports_masking: bool = False  # a mask goes on behind the layer unchanged
    spreads_work: ClassVar[bool] = False  # the layer itself works on several threads
    mixes_batch: ClassVar[bool] = False  # in training, a row's output depends on the other rows
    input_dtype: str = "float"  # "any": integers and strings arrive as they are; "string": strings alone do
    output_dtype: str | None = None  # of symbolic outputs, where it is not the layer's own
    _takes: ClassVar[frozenset[str]] = frozenset()  # which of "mask" and "training" its forward has
    _required_arguments: ClassVar[int] = 1  # how many tensors its call needs
    _defines_call: ClassVar[bool] = False  # whether its passes are found by recording its call

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "call" in cls.__dict__ or "forward" in cls.__dict__:
            cls._defines_call = "forward" not in cls.__dict__
        if "call" in cls.__dict__ and "input_dtype" not in cls.__dict__:
            cls.input_dtype = "any"  # as in Keras, floats are cast and integers are not
        if "build" in cls.__dict__:
            cls.build = _build_once(cls.__dict__["build"])  # type: ignore[method-assign]  # users call build themselves
        if "call" in cls.__dict__ or "forward" in cls.__dict__:
            cls._takes = names_of(cls.call if cls._defines_call else cls.forward) & {"mask", "training"}
            cls._required_arguments = count_required(cls.call) - 1  # without the layer itself

    def __init__(
        self,
        *,
        activity_regularizer: Any = None,
        trainable: bool = True,
        dtype: Any = None,
        autocast: bool = True,
        name: str | None = None,
        input_shape: tuple[int | None, ...] | None = None,
    ) -> None:
        self.name = name or automatic_name(type(self).__name__)
        self.activity_regularizer = regularizers.get(activity_regularizer)
        self.input_shape = None if input_shape is None else tuple(input_shape)
        self.built = False
        self.build_shape: Any = None
        self._dtype = promises.float_type(type(self).__name__, dtype or floatx())
        self._trainable = bool(trainable)
        self._variables: list[Variable] = []
        self._weight_attributes: dict[str, Variable] = {}  # once built: attribute -> the variable that it holds
        self._adds_loss = False  # whether its call ever used add_loss
        self._generators: list[np.random.Generator] = []

    # What a layer defines.

    @_build_once
    def build(self, input_shape: Any) -> None:
        """Create the weights, now that the input's shape is known (`None` where a size is not)."""

    def forward(self, x: Any, training: bool = False, **options: Any) -> tuple[Any, Any]:
        """Compute the output `y`, and a cache of whatever `backward` will need; by recording `call` if there is one."""
        if self._defines_call:
            y, cache, _ = Tape(self).forward(x, options.pop("mask", None), training, **options)
            return y, cache
        raise TypeError(f'{self.title} defines no forward(x, training); it returns (y, cache) -- see "write your own layer"')

    def backward(self, dy: Any, cache: Any) -> Any:
        """Turn the output's gradient into the input's, and add each weight's gradient to its `grad`."""
        if self._defines_call:
            return Tape(self).backward(dy, cache)
        raise TypeError(f'{self.title} defines no backward(dy, cache); it returns dx -- see "write your own layer"')

    def call(self, x: Any, *args: Any, **options: Any) -> Any:
        """What a child may define instead of `forward` and `backward`; `super().call(x)` is the parent's forward pass."""
        recording = active_recording()
        if recording is None:
            return self.infer(x, *args, **options)
        mask, training = options.pop("mask", None), options.pop("training", None)
        return call_layer(recording, _PlainPasses(self), x, mask, training, options)

    # What a layer may define, for speed or for what most layers do not have.

    def infer(self, x: Any, *args: Any, **options: Any) -> Any:
        """The output alone, in inference mode; equal to `forward(x)[0]`."""
        if self._defines_call:
            return Tape(self).infer(x, options.pop("mask", None), **options)[0]
        return promises.output_and_cache(self, self.forward(x, *args, **options))[0]

    def backward_weights(self, dy: Any, cache: Any) -> None:
        """The weights' gradients alone; equal to `backward` without its `dx`."""
        if self._defines_call:
            Tape(self).backward(dy, cache, weights_only=True)
        else:
            self.backward(dy, cache)

    def penalty(self, cache: Any) -> float:
        """A term that this batch adds to the loss; `backward` adds its gradient."""
        return Tape(self).penalty(cache) if self._defines_call else 0.0

    def compute_mask(self, x: Any, previous_mask: Any) -> Any:
        """The mask that goes on behind the layer: the one that came, where the layer supports masking."""
        return previous_mask if self.supports_masking else None

    @property
    def declares_shape(self) -> bool:
        """Whether the layer says its output's shape itself, so that it need not be run to find out."""
        return type(self).compute_output_shape is not Layer.compute_output_shape

    @property
    def changes_masks(self) -> bool:
        """Whether the layer defines which mask leaves it."""
        return type(self).compute_mask is not Layer.compute_mask

    def expected_mask_shape(self, mask_shape: Any, input_shape: Any) -> Any:
        """The shape that a mask must have where one of `mask_shape` came: as many of its input's axes, from the first on."""
        return tuple(input_shape[: max(len(mask_shape), 1)])

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The output's shape; found by trying two sizes of every unknown axis where a layer does not say it."""
        return infer_output_shape(self, input_shape)

    def check_input(self, shape: Any) -> None:
        """Refuse, with a sentence that helps, an input shape that the layer cannot take."""

    def split_activation(self) -> "tuple[Layer, Any] | None":
        """The layer without the softmax or sigmoid that it ends in, and that activation; `None` where there is none.

        The first shares all variables with this layer and gives the logits.
        """
        return None

    # What a layer is made of.

    def add_weight(
        self,
        shape: tuple[int, ...] = (),
        initializer: Any = None,
        dtype: Any = None,
        trainable: bool = True,
        *,
        regularizer: Any = None,
        constraint: Any = None,
        name: str = "weight",
    ) -> Variable:
        """Create and register a variable: a weight, or, with `trainable=False`, a piece of the layer's state."""
        promises.check_made(self)
        variable = Variable(
            initializers.get(initializer if initializer is not None else "glorot_uniform"),
            shape,
            dtype or self._dtype,
            trainable=trainable and self._trainable,
            name=name,
            regularizer=regularizers.get(regularizer),
            constraint=constraints.get(constraint),
        )
        variable.path = f"{self.name}/{name}"
        variable.is_state = not trainable
        self._variables.append(variable)
        return variable

    def add_generator(self, seed: int | None = None) -> np.random.Generator:
        """Create and register a random generator, part of the layer's state."""
        promises.check_made(self)
        self._generators.append(make_generator(seed))
        return self._generators[-1]

    def add_loss(self, loss: Any) -> None:
        """Inside `call`: add a term, or a list of them, to the loss of the model."""
        recording = active_recording()
        if recording is None and not is_inside_call():
            raise RuntimeError(
                f"{self.title}: add_loss belongs inside call, for a term computed there; "
                f"a layer with forward and backward defines penalty(cache) instead"
            )
        self._adds_loss = True
        if recording is not None:
            recording.add_losses(flatten(loss))

    def sublayers(self) -> list["Layer"]:
        """The layers inside this one, in order and once each: those that its attributes hold."""
        return self.held_layers()

    def held_layers(self) -> list["Layer"]:
        """The layers held by this one's attributes, also in lists, tuples and dicts, in order and once each."""
        held = (
            value
            for name, value in vars(self).items()
            if isinstance(value, (Layer, list, tuple, dict)) and name not in _NOT_HELD
        )
        return list(dict.fromkeys(layer for value in held for layer in held_by(value, Layer)))

    def own_variables(self) -> list[Variable]:
        """The variables made by `add_weight`, then those that attributes hold, also in lists, tuples and dicts."""
        held = (v for name, value in vars(self).items() if name not in _NOT_HELD for v in held_by(value, Variable))
        return list(dict.fromkeys([*self._variables, *held]))

    def replace_layers(self, replace: Callable[["Layer"], "Layer"]) -> "Layer":
        """What `replace` makes of the layer; a model gives itself with each of its layers replaced."""
        return replace(self)

    @property
    def weights(self) -> list[Variable]:
        """Every variable of the layer and its sublayers, once each: its own trainable ones, its state, then theirs."""
        promises.check_made(self)
        promises.check_weight_attributes(self)
        own = sorted(self.own_variables(), key=lambda variable: variable.is_state)
        inner = [variable for layer in self.sublayers() for variable in layer.weights]
        return list(dict.fromkeys(own + inner))

    @property
    def trainable_weights(self) -> list[Variable]:
        """The variables that an optimizer may change now."""
        return [variable for variable in self.weights if variable.trainable]

    @property
    def non_trainable_weights(self) -> list[Variable]:
        """State and frozen weights."""
        return [variable for variable in self.weights if not variable.trainable]

    variables = weights
    trainable_variables = trainable_weights
    non_trainable_variables = non_trainable_weights

    @property
    def generators(self) -> list[np.random.Generator]:
        """The random generators of the layer and its sublayers, once each."""
        held = [
            source.generator
            for name, value in vars(self).items()
            if name not in _NOT_HELD
            for source in held_by(value, SeedGenerator)
        ]
        inner = [generator for layer in self.sublayers() for generator in layer.generators]
        return list({id(generator): generator for generator in [*self._generators, *held, *inner]}.values())

    @property
    def trainable(self) -> bool:
        """Whether the weights learn. Setting it reaches every sublayer, and counts at once."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = bool(value)
        for variable in self.own_variables():
            variable.trainable = self._trainable and not variable.is_state
        for layer in self.sublayers():
            layer.trainable = value

    @property
    def input(self) -> Any:
        """The symbolic tensor, or the list of them, that the layer was called on, in the one place where it was."""
        return only_call(self).inputs

    @property
    def output(self) -> Any:
        """The symbolic tensor, or the tuple of them, that came out of that call: `Model(m.inputs, m.get_layer("h").output)`."""
        return only_call(self).result

    @property
    def carries_state(self) -> bool:
        """Whether the layer, in inference too, starts a batch in the state that the batch before left."""
        return False

    @property
    def dtype(self) -> str:
        """Name of the float type of the layer's variables and arithmetic."""
        return self._dtype.name

    @property
    def title(self) -> str:
        """Class and name, as errors quote them: `Dense "hidden"`."""
        return f'{type(self).__name__} "{self.__dict__.get("name", "?")}"'

    @property
    def input_kind(self) -> str:
        """What the layer takes, "float", "any" or "string"; one that takes anything asks the layers that it holds."""
        kinds = [self.input_dtype, *(layer.input_kind for layer in self.sublayers())]
        return next((kind for kind in kinds if kind != "any"), "any")

    def count_params(self) -> int:
        """Number of elements of all variables."""
        return sum(variable.size for variable in self.weights)

    def get_weights(self) -> list[Array]:
        """Copies of all variables' values, in the order of `weights`."""
        return [variable.numpy() for variable in self.weights]

    def set_weights(self, weights: list[Any]) -> None:
        """Assign all variables' values; nothing changes unless every shape fits."""
        variables, arrays = self.weights, [np.asarray(weight) for weight in weights]
        if [v.shape for v in variables] != [a.shape for a in arrays]:
            raise ValueError(
                f"{self.title} has weights of shapes {[v.shape for v in variables]}, got {[a.shape for a in arrays]}"
                + ("" if self.built else "; it is not built yet: call it on data or build() it first")
            )
        for variable, array in zip(variables, arrays, strict=True):
            variable.assign(array)

    @contextmanager
    def preserved_state(self) -> Iterator[None]:
        """Within this context the layer may run freely; its state is put back at the end."""
        state = [(variable, variable.numpy()) for variable in self.weights if variable.is_state]
        draws = [(generator, generator.bit_generator.state) for generator in self.generators]
        try:
            yield
        finally:
            for variable, value in state:
                variable.assign(value)
            for generator, draw in draws:
                generator.bit_generator.state = draw

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:  # reached only by names that are not there
            raise AttributeError(promises.missing_attribute(self, name))

    # How layers and models call one another.

    def __call__(self, *args: Any, mask: Any = None, training: bool | None = None, **kwargs: Any) -> Any:
        """Apply the layer to arrays, or to symbolic tensors when a model is drawn; builds it on first use."""
        promises.check_made(self)
        promises.check_weight_attributes(self)
        if self._defines_call:
            x, options = separate(args, kwargs)
        else:
            x, options = (args[0] if len(args) == 1 else list(args)), kwargs
        promises.check_call(self, x, options)
        if is_symbolic(x):
            return connect(self, x, options, mask, training)
        recording = active_recording()
        if recording is not None:
            return call_layer(recording, self, x, mask, training, options)
        mask = map_structure(mask_of, x) if mask is None else mask
        x = self._prepare(x)
        run = self._forward(x, mask, True, **options) if training else self._infer(x, mask, **options)
        return _as_returned(run[0], run[-1])

    def _prepare(self, x: Any) -> Any:
        """The input as arrays of the layer's type; builds the layer for them."""
        x = self.as_arrays(x)
        self.build_weights(shape_of(x))
        return x

    def run_call(self, x: Any, mask: Any, training: bool, arguments: Any = None, **options: Any) -> Any:
        """Call `call`, with `training` and `mask` if it names them."""
        args, kwargs = combine(x, arguments, options)
        if arguments is None and isinstance(x, (list, tuple)) and len(x) == self._required_arguments > 1:
            args = list(x)  # one tensor for each argument
        given = {"training": training, "mask": mask}
        return self.call(*args, **{name: given[name] for name in self._takes if name not in kwargs}, **kwargs)

    def build_for(self, input_shape: Any) -> None:
        """Build the layer and those inside it, unless they are built; refuse a shape it cannot take."""
        was_built = self.built
        self.build_weights(input_shape)
        if self._defines_call and not was_built:
            self.compute_output_shape(input_shape)  # runs call, which builds the layers that it calls

    def build_weights(self, input_shape: Any) -> None:
        """Build the layer alone; the layers that its `call` uses are built when it runs."""
        self.check_input(input_shape)
        if not self.built:
            self.build(input_shape)

    def as_arrays(self, x: Any) -> Any:
        """Arrays of the layer's type, from whatever came; an array that is one already passes untouched."""
        if type(x) is np.ndarray and x.dtype == self._dtype:
            return x
        return map_structure(self._as_array, x)

    def _as_array(self, x: Any) -> Array:
        array = np.asarray(x)
        if array.dtype == self._dtype:
            return array
        if self.input_dtype != "float" and array.dtype.kind != "f":
            return array
        if array.dtype.kind not in "biuf":
            raise TypeError(
                f"{self.title} computes with numbers, got an array of type {array.dtype}; turn it into numbers first"
            )
        return array.astype(self._dtype)

    def _forward(self, x: Any, mask: Any = None, training: bool = False, **options: Any) -> tuple[Any, Any, Any]:
        """`forward` as networks call it: input cast and checked, mask passed on, what `_backward` needs kept."""
        x = self.as_arrays(x)
        self.check_input(shape_of(x))
        if mask is not None:
            promises.check_mask(self, mask, x)
        if self._defines_call:
            y, cache, y_mask = Tape(self).forward(x, mask, training, **options)
            y_mask = self.compute_mask(x, mask) if y_mask is None or self.changes_masks else y_mask
        else:
            given = {"mask": mask, "training": training}
            options |= {name: given[name] for name in self._takes}
            y, cache = promises.output_and_cache(self, self.forward(x, **options))
            y_mask = self.compute_mask(x, mask)
        kept = None if self.activity_regularizer is None else y
        return y, LayerCache(cache, shape_of(x), kept), y_mask

    def _infer(self, x: Any, mask: Any = None, **options: Any) -> tuple[Any, Any]:
        """`infer` as networks call it; returns the output and its mask."""
        x = self.as_arrays(x)
        self.check_input(shape_of(x))
        if mask is not None:
            promises.check_mask(self, mask, x)
        if self._defines_call:
            y, y_mask = Tape(self).infer(x, mask, **options)
            return y, self.compute_mask(x, mask) if y_mask is None or self.changes_masks else y_mask
        if mask is not None and "mask" in self._takes:
            options["mask"] = mask
        return self.infer(x, **options), self.compute_mask(x, mask)

    def _backward(self, dy: Any, cache: "LayerCache", weights_only: bool = False) -> Any:
        """`backward` as networks call it: gradient cast, the output's penalty included, `dx` checked; it may be left out."""
        if self.activity_regularizer is not None:
            dy = add_activity_gradient(self.activity_regularizer, cache.output, dy)
        dy = self.as_arrays(dy)
        if weights_only:
            return self.backward_weights(dy, cache.inner)
        return promises.check_input_gradient(self, self.backward(dy, cache.inner), cache.input_shape)

    def _penalty(self, cache: "LayerCache") -> float:
        """`penalty` as networks call it, with that of the activity regularizer."""
        if self.activity_regularizer is not None:
            return self.penalty(cache.inner) + activity_penalty(self.activity_regularizer, cache.output)
        return self.penalty(cache.inner)

    def announce(
        self, input_shape: Any, dtypes: Any, masked: Any, options: dict[str, Any]
    ) -> tuple[Any, list[str], list[bool]]:
        """Shapes and types of the outputs for symbolic inputs, and whether masks come with them."""
        return announce(self, input_shape, dtypes, masked, options)

    @property
    def has_penalty(self) -> bool:
        """Whether a batch adds anything to the loss here."""
        own = self.activity_regularizer is not None or self._adds_loss or type(self).penalty is not Layer.penalty
        return own or any(layer.has_penalty for layer in self.sublayers())

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, with name, dtype and trainability as they are now."""
        return super().get_config() | {"name": self.name, "dtype": self.dtype, "trainable": self.trainable}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Make a layer from what `get_config` gave, also where its constructor takes no name, dtype or trainable."""
        parameters = inspect.signature(cls.__init__).parameters
        takes_all = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
        layer = cls(**{key: value for key, value in config.items() if takes_all or key in parameters})
        layer.name = config.get("name", layer.name)
        layer._dtype = np.dtype(config.get("dtype", layer._dtype))
        if not config.get("trainable", True):
            layer.trainable = False
        return layer


_NOT_HELD = ("_arguments", "_as_made", "_weight_attributes")  # attributes that hold what belongs to the layer only in the past


class _PlainPasses:
    """A layer seen by its `forward` and `backward` alone, for `super().call(x)` in a child that defines `call`."""

    def __init__(self, layer: Layer) -> None:
        self.layer = layer

    def __getattr__(self, name: str) -> Any:
        return getattr(self.layer, name)

    has_penalty = False

    def _forward(self, x: Any, mask: Any, training: bool, **options: Any) -> tuple[Any, Any, Any]:
        given = {"mask": mask, "training": training}
        takes = names_of(self.layer.forward) & set(given)
        y, cache = self.layer.forward(x, **{name: given[name] for name in takes}, **options)
        return y, cache, mask

    def _backward(self, dy: Any, cache: Any, weights_only: bool) -> Any:
        return self.layer.backward(dy, cache)


def _as_returned(y: Any, mask: Any) -> Any:
    """The outputs of a direct call: with their masks where there are any, and otherwise plain arrays."""
    if mask is None and not is_inside_call():
        return map_structure(_writable, y)
    masks = mask if isinstance(mask, (list, tuple)) else [mask]
    outputs = flatten(y)
    members = [as_layer_array(one, masks[n] if n < len(masks) else None) for n, one in enumerate(outputs)]
    return rebuild(y, members) if is_structure(y) else members[0]


def _writable(array: Array) -> Array:
    return array if array.flags.writeable else array.copy()
