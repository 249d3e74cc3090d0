"""`MultiOptimizer`: several optimizers, each for some of the weights."""

import re
from collections.abc import Callable, Iterable, Iterator, MutableMapping, Sequence
from typing import Any, NoReturn

from minidl.config.configurable import Configurable
from minidl.config.types import Array
from minidl.optimizers.optimizer import Optimizer
from minidl.variable import Variable


class OptimizerMap(Configurable, MutableMapping[str, Optimizer]):
    """Which optimizer updates a weight: by the path of the weight, or a regular expression that fits all of it.

    Args:
        default_optimizer: for weights that no key fits.
        optimizer_map: path or regular expression -> optimizer.
    Raises:
        ValueError: a key exists already, or several regular expressions fit one weight.
        TypeError: something is not an optimizer.
    Example:
        >>> from minidl.optimizers import SGD, Adam
        >>> chosen = OptimizerMap(SGD())
        >>> chosen["encoder/.*"] = Adam()
        >>> chosen["encoder/dense/kernel"], chosen["head/kernel"]
        (Adam(), SGD())
    """

    def __init__(self, default_optimizer: Optimizer, optimizer_map: dict[str, Optimizer] | None = None) -> None:
        self.default_optimizer = _checked(default_optimizer)
        self.optimizer_map: dict[str, Optimizer] = {}
        if optimizer_map is not None and not isinstance(optimizer_map, dict):
            raise TypeError(f"OptimizerMap expects optimizer_map to be a dict, got {optimizer_map!r}")
        self.update(optimizer_map or {})

    def __getitem__(self, key: str) -> Optimizer:
        if key in self.optimizer_map:
            return self.optimizer_map[key]
        fitting = [pattern for pattern in self.optimizer_map if re.fullmatch(pattern, key)]
        if len(fitting) > 1:
            raise ValueError(f"several keys of the OptimizerMap fit the variable {key!r}: {fitting}")
        return self.optimizer_map[fitting[0]] if fitting else self.default_optimizer

    def __setitem__(self, key: str, optimizer: Optimizer) -> None:
        if not isinstance(key, str):
            raise ValueError(f"OptimizerMap expects the paths of variables as keys, got {key!r}")
        if key in self.optimizer_map:
            raise ValueError(f"OptimizerMap has an optimizer for {key!r} already: {self.optimizer_map[key]!r}")
        self.optimizer_map[key] = _checked(optimizer)

    def __delitem__(self, key: str) -> None:
        del self.optimizer_map[key]

    def __len__(self) -> int:
        return len(self.optimizer_map)

    def __iter__(self) -> Iterator[str]:
        return iter(self.optimizer_map)

    def __contains__(self, key: object) -> bool:
        return key in self.optimizer_map

    def __call__(self, variable: Variable) -> Optimizer:
        """The optimizer of a weight."""
        return self[variable.path]


class MultiOptimizer(Optimizer):
    """Updates each weight with the optimizer that a map chooses for it.

    Args:
        optimizer_map: an `OptimizerMap`, or a function of a variable that returns its optimizer.
        loss_scale_factor: accepted for compatibility with Keras; losses are not scaled.
        name: "multi_optimizer" by default.
    Attributes:
        optimizers: all of them; set their learning rates there, as this one has none.
    Example:
        >>> from minidl.optimizers import SGD, Adam
        >>> kernel, bias = Variable([1.0], name="kernel"), Variable([1.0], name="bias")
        >>> optimizer = MultiOptimizer(OptimizerMap(SGD(0.5), {".*bias": SGD(0.1)}))
        >>> _ = optimizer.apply([[1.0], [1.0]], [kernel, bias])
        >>> kernel.numpy(), bias.numpy()
        (array([0.5], dtype=float32), array([0.9], dtype=float32))
    """

    _optimizer_map: Callable[[Variable], Optimizer] | None = None
    optimizers: Sequence[Optimizer] = ()

    def __init__(
        self, optimizer_map: Callable[[Variable], Optimizer], loss_scale_factor: float | None = None, name: str | None = None
    ) -> None:
        super().__init__(learning_rate=0.0, name=name)
        if not callable(optimizer_map):
            raise TypeError(f"MultiOptimizer expects an OptimizerMap, or a function of a variable, got {optimizer_map!r}")
        self._optimizer_map, self.loss_scale_factor = optimizer_map, loss_scale_factor
        self._chosen: dict[Variable, Optimizer] = {}
        known = [*optimizer_map.values(), optimizer_map.default_optimizer] if isinstance(optimizer_map, OptimizerMap) else []
        self.optimizers = list(dict.fromkeys(known))

    @property
    def learning_rate(self) -> NoReturn:
        """Each of the `optimizers` has its own: raises AttributeError."""
        raise AttributeError("a MultiOptimizer has no learning rate; read and set those of its optimizers: multi.optimizers[0]")

    @learning_rate.setter
    def learning_rate(self, value: float) -> None:
        if self._optimizer_map is not None:  # not while it is being made
            raise AttributeError("a MultiOptimizer has no learning rate; set those of its optimizers: multi.optimizers[0]")

    @property
    def batches(self) -> int:
        return int(self._iterations.array)

    @batches.setter
    def batches(self, number: int) -> None:
        self._iterations.array[...] = number
        for optimizer in self.optimizers:
            optimizer.batches = number

    @property
    def scalars(self) -> dict[str, float]:
        """Further state of each optimizer, by its number and name."""
        return {f"{number}/{name}": x for number, one in enumerate(self.optimizers) for name, x in one.scalars.items()}

    @scalars.setter
    def scalars(self, values: dict[str, float]) -> None:
        self._restored = values
        for number, optimizer in enumerate(self.optimizers):
            self._restore_scalars(number, optimizer)

    def _restore_scalars(self, number: int, optimizer: Optimizer) -> None:
        """Give an optimizer its part of `scalars` that were set."""
        mine = f"{number}/"
        optimizer.scalars = {key.removeprefix(mine): x for key, x in self._restored.items() if key.startswith(mine)}

    def build(self, variables: Iterable[Variable]) -> None:
        """Choose the optimizer of each variable, and create its slots."""
        for variable in (variables := list(variables)):
            self._of(variable)
        for optimizer in self.optimizers:
            optimizer.build([variable for variable in variables if self._chosen[variable] is optimizer])
        self._variables_to_train += [v for v in variables if v.trainable and v not in self._variables_to_train]
        self.built = True

    def step(self, variables: Sequence[Variable]) -> None:
        """One step of each optimizer, on its variables."""
        self.build(variables)
        for optimizer in self.optimizers:
            if own := [variable for variable in variables if self._chosen[variable] is optimizer]:
                optimizer.step(own)
        self._iterations.array[...] += 1

    def finalize_variable_values(self, variables: Iterable[Variable]) -> None:
        """Set the final values of the variables at the end of `fit`, as each optimizer does."""
        for variable in variables:
            self._of(variable).finalize_variable_values([variable])

    @property
    def variables(self) -> list[Variable]:
        """The step counter, a learning rate without meaning, and the variables of every optimizer, as in Keras."""
        rate = Variable(0.0, trainable=False, name="learning_rate")
        return [self._iterations, rate, *(variable for optimizer in self.optimizers for variable in optimizer.variables)]

    @property
    def own_variables(self) -> list[Variable]:
        """Those of every optimizer."""
        return [variable for optimizer in self.optimizers for variable in optimizer.own_variables]

    def slots(self, variable: Variable) -> dict[str, Array]:
        """The slots of a variable in its optimizer."""
        return self._of(variable).slots(variable)

    def exclude_from_weight_decay(
        self, var_list: Iterable[Variable] | None = None, var_names: Iterable[str] | None = None
    ) -> None:
        excluded, names = list(var_list or ()), list(var_names or ())
        for variable in excluded:
            self._of(variable)
        for optimizer in self.optimizers:
            optimizer.exclude_from_weight_decay([v for v in excluded if self._chosen[v] is optimizer], names)

    def is_excluded(self, variable: Variable) -> bool:
        """True if the variable's optimizer excludes it from `weight_decay`."""
        return self._of(variable).is_excluded(variable)

    def _of(self, variable: Variable) -> Optimizer:
        """The optimizer of a variable, chosen once."""
        if variable not in self._chosen:
            choose: Any = self._optimizer_map
            optimizer = self._chosen[variable] = _checked(choose(variable))
            if not any(optimizer is known for known in self.optimizers):
                self.optimizers = [*self.optimizers, optimizer]
                if self.batches:  # a saved state was restored
                    optimizer.batches = self.batches
                    self._restore_scalars(len(self.optimizers) - 1, optimizer)
        return self._chosen[variable]


def _checked(optimizer: Optimizer) -> Optimizer:
    """The optimizer; raises an error for anything else, and for one that cannot be one of several."""
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"expected an optimizer, such as Adam(0.001), got {optimizer!r}")
    if isinstance(optimizer, MultiOptimizer) or optimizer.needs_full_batch:
        raise ValueError(f"a MultiOptimizer cannot hold a {type(optimizer).__name__}")
    return optimizer
