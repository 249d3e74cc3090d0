"""`WeightOwner`: the variables and random generators of a layer and its sublayers."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from minidl import constraints, initializers, regularizers
from minidl.config.configurable import Configurable
from minidl.config.dtype_policy import DTypePolicy
from minidl.config.find_objects import find_objects
from minidl.config.loading import overwrites_weights, take_weight
from minidl.config.memory import check_memory
from minidl.config.randomness import LateGenerator, make_generator
from minidl.config.types import AnyShapes, Array, ArrayLike, Config, ConstraintLike, DType, Generator, InitializerLike, State
from minidl.layers.protocol import check_made, check_weight_attributes
from minidl.random import SeedGenerator
from minidl.regularizers import Regularizer
from minidl.variable import Variable

# Attributes whose objects do not belong to the layer.
_PLAIN = {bool, int, float, str, type(None)}  # types of attributes that hold no layers and variables
_NOT_HELD = {
    "_arguments",
    "_as_made",
    "_call_losses",
    "_generators",
    "_left_out",
    "_loss_owners",
    "_output_shapes",
    "_weight_attributes",
    "build_shape",
}


class WeightOwner(Configurable):
    """An object with variables, random generators and sublayers: the part of layers and models without the passes.

    Its state consists of its non-trainable variables and its random generators.
    """

    name: str
    if TYPE_CHECKING:

        @property
        def title(self) -> str: ...
        def build(self, input_shape: AnyShapes) -> None: ...

    built: bool
    build_shape: object
    _dtype: DType
    _defines_call: ClassVar[bool]
    _trainable: bool
    _variables: list[Variable]
    _generators: list[Generator | LateGenerator]

    def add_weight(
        self,
        shape: tuple[int, ...] = (),
        initializer: InitializerLike = None,
        dtype: str | None = None,
        trainable: bool = True,
        *,
        regularizer: Regularizer | None = None,
        constraint: ConstraintLike = None,
        name: str = "weight",
    ) -> Variable:
        """Create and register a variable: a weight, or, with `trainable=False`, part of the layer's state."""
        check_made(self)
        itemsize = np.dtype(dtype or self._dtype).itemsize
        take_weight(self.title, name, shape, itemsize)
        check_memory(self.title, name, shape, itemsize)
        if overwrites_weights() and type(self).load_own_variables is WeightOwner.load_own_variables:  # the file overwrites it
            initializer = "zeros"
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

    def add_variable(
        self,
        shape: tuple[int, ...],
        initializer: InitializerLike,
        dtype: str | None = None,
        trainable: bool = True,
        *,
        regularizer: Any = None,
        constraint: Any = None,
        name: str = "variable",
    ) -> Variable:
        """The same as `add_weight`, with Keras's arguments."""
        options = {"regularizer": regularizer, "constraint": constraint, "name": name}
        return self.add_weight(shape, initializer, dtype, trainable, **options)

    def add_generator(self, seed: int | None = None) -> Generator:
        """Create and register a random generator, part of the layer's state."""
        check_made(self)
        made = make_generator(seed)
        self._generators.append(made)
        return made

    def add_late_generator(self, seed: int | None = None) -> LateGenerator:
        """The same for a generator that is made at its first draw, which a prediction never does."""
        check_made(self)
        late = LateGenerator(seed)
        self._generators.append(late)
        return late

    def sublayers(self) -> list[Any]:
        """The sublayers that the attributes hold, in order and without duplicates."""
        return self.held_layers()

    def held_layers(self) -> list[Any]:
        """The layers held by this one's attributes, also in lists, tuples and dicts, in order and once each."""
        return self._held(WeightOwner)

    def own_variables(self) -> list[Variable]:
        """The variables made by `add_weight`, then those that attributes hold, also in lists, tuples and dicts."""
        return list(dict.fromkeys([*self._variables, *self._held(Variable)]))

    def _held(self, kind: type) -> list[Any]:
        found: dict[object, None] = {}
        for name, value in vars(self).copy().items():  # a copy, as another thread may add one
            if type(value) not in _PLAIN and name not in _NOT_HELD:
                if isinstance(value, kind):
                    found[value] = None
                elif isinstance(value, (list, tuple, dict)) and value:
                    found.update(dict.fromkeys(find_objects(value, kind)))
        return list(found)

    @property
    def variables(self) -> list[Variable]:
        """Every variable of the layer and its sublayers, once each: its own trainable ones, its state, then theirs."""
        check_made(self)
        check_weight_attributes(self)
        own = self._own_in_order()
        inner = [variable for layer in self.sublayers() for variable in layer.variables]
        return list(dict.fromkeys(own + inner))

    @property
    def weights(self) -> list[Variable]:
        """The same without the states that stateful recurrent layers carry from batch to batch."""
        return [variable for variable in self.variables if not variable.is_carried]

    @property
    def _assigns_weights(self) -> bool:
        """Whether running the layer may change weights, as code with `call` may."""
        return self._defines_call or any(layer._assigns_weights for layer in self.sublayers())

    @property
    def trainable_weights(self) -> list[Variable]:
        """The variables that an optimizer updates."""
        return [variable for variable in self.weights if variable.trainable]

    @property
    def non_trainable_weights(self) -> list[Variable]:
        """State and frozen weights."""
        return [variable for variable in self.weights if not variable.trainable]

    trainable_variables = trainable_weights

    @property
    def non_trainable_variables(self) -> list[Variable]:
        """State and frozen weights, and the states of stateful recurrent layers."""
        return [variable for variable in self.variables if not variable.trainable]

    @property
    def generators(self) -> list[Generator]:
        """The random generators of the layer and its sublayers, once each."""
        return [one.generator if isinstance(one, LateGenerator) else one for one in self.random_sources()]

    def random_sources(self) -> list[Generator | LateGenerator]:
        """The same; those that were never used are not made for it."""
        held = [source.generator for source in self._held(SeedGenerator)]
        inner = [one for layer in self.sublayers() for one in layer.random_sources()]
        return list({id(one): one for one in [*self._generators, *held, *inner]}.values())

    @property
    def compute_dtype(self) -> str:
        """Name of the float type of the layer's variables and arithmetic."""
        return self._dtype.name

    dtype = variable_dtype = compute_dtype

    @property
    def carries_state(self) -> bool:
        """Whether the layer starts a batch with the final state of the previous batch, also in inference."""
        return False

    @property
    def dtype_policy(self) -> DTypePolicy:
        """The float type as an object, as in Keras."""
        return DTypePolicy(self._dtype.name)

    @property
    def trainable(self) -> bool:
        """Whether the weights are trainable. Setting it applies to every sublayer, with immediate effect."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = bool(value)
        for variable in self.own_variables():
            variable.trainable = self._trainable and not variable.is_state
        for layer in self.sublayers():
            layer.trainable = value

    def count_params(self) -> int:
        """Number of elements of all weights; raises ValueError if it is not known yet."""
        weights = self.weights
        if not (weights or self.built):
            raise ValueError(
                f"{self.title} is not built, so its weights cannot be counted: call it on data or build() it first"
            )
        return sum(variable.size for variable in weights)

    def get_weights(self) -> list[Array]:
        """Copies of all weights' values, in the order of `weights`."""
        return [variable.numpy() for variable in self.weights]

    def set_weights(self, weights: Sequence[ArrayLike]) -> None:
        """Assign all weights' values; nothing changes unless every shape fits."""
        variables, arrays = self.weights, [np.asarray(weight) for weight in weights]
        if [v.shape for v in variables] != [a.shape for a in arrays]:
            raise ValueError(
                f"{self.title} has weights of shapes {[v.shape for v in variables]}, got {[a.shape for a in arrays]}"
                + ("" if self.built else "; it is not built yet: call it on data or build() it first")
            )
        for variable, array in zip(variables, arrays, strict=True):
            variable.assign(array)

    def get_build_config(self) -> Config | None:
        """What `build_from_config` needs: the shapes that the layer was built for; `None` if it is not built."""
        if not self.built or self.build_shape is None:
            return None
        names = list(inspect.signature(self.build).parameters)
        if len(names) == 1 or not isinstance(self.build_shape, list):
            return {"input_shape": self.build_shape}
        return {"shapes_dict": dict(zip(names, self.build_shape, strict=False))}

    def build_from_config(self, config: Config | None) -> None:
        """Build the layer for the shapes of `get_build_config`."""
        if config and "input_shape" in config:
            self.build(config["input_shape"])
        elif config:
            self.build(**config["shapes_dict"])

    def save_own_variables(self, store: State) -> None:
        """Write the layer's own variables, without those of its sublayers, into a dict, by their numbers "0", "1" ..."""
        for number, variable in enumerate(self._own_weights()):
            store[str(number)] = variable.numpy()

    def load_own_variables(self, store: State) -> None:
        """Assign what `save_own_variables` wrote; raises ValueError for another number of variables."""
        variables = self._own_weights()
        if len(store) != len(variables):
            hint = "" if self.built else "; it is not built yet: build it before"
            raise ValueError(f"{self.title} has {len(variables)} variables of its own, got {len(store)}{hint}")
        for number, variable in enumerate(variables):
            variable.assign(store[str(number)])

    def _own_in_order(self) -> list[Variable]:
        return sorted(self.own_variables(), key=lambda variable: variable.is_state)

    def _own_weights(self) -> list[Variable]:
        return [variable for variable in self._own_in_order() if not variable.is_carried]

    @contextmanager
    def preserved_state(self) -> Iterator[None]:
        """Context that restores the layer's state, and weights that `call` assigns, at its end."""
        changes_weights = self._assigns_weights
        state = [(variable, variable.numpy()) for variable in self.variables if variable.is_state or changes_weights]
        draws = [(generator, generator.bit_generator.state) for generator in self.generators]
        try:
            yield
        finally:
            for variable, value in state:
                variable.assign(value)
            for generator, draw in draws:
                generator.bit_generator.state = draw
