"""`OptimizerSettings`: the arguments of all optimizers, except the learning rate."""

import re
from collections.abc import Iterable

from minidl.config.checks import check_positive_integer, check_real
from minidl.config.configurable import Configurable
from minidl.config.naming import automatic_name
from minidl.config.types import Options
from minidl.config.user_warnings import warn_user
from minidl.variable import Variable


class OptimizerSettings(Configurable):
    """The arguments that all optimizers share; `Optimizer` applies them.

    Args:
        weight_decay: before each update, `w -= learning_rate * weight_decay * w`.
        clipnorm: maximum norm of the gradient of each variable.
        clipvalue: each element of the gradients is clipped to [-clipvalue, clipvalue].
        global_clipnorm: maximum norm of all gradients together.
        use_ema: keep exponential moving averages of the weights, which replace the weights at the end of `fit`.
        ema_momentum: decay rate of the averages, in [0, 1].
        ema_overwrite_frequency: number of steps after which the averages replace the weights during training.
        loss_scale_factor: accepted for compatibility with Keras; losses are not scaled, as nothing is computed in float16.
        gradient_accumulation_steps: number of batches whose mean gradient makes one update, at least 2.
        name: the class's name by default, with a number from the second optimizer on: "adam", "adam_1".
    """

    def __init__(
        self,
        *,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
    ) -> None:
        title = type(self).__name__
        self.name = name or automatic_name(title)
        self.scalars: dict[str, float] = {}  # further state of an optimizer, saved with its slots
        self.weight_decay = None if weight_decay is None else check_real(title, "weight_decay", weight_decay, low=0.0)
        self.clipnorm, self.clipvalue, self.global_clipnorm = clipnorm, clipvalue, global_clipnorm
        self._check_clipping()
        self.use_ema = bool(use_ema)  # a file may hold any number
        self.ema_momentum = check_real(title, "ema_momentum", ema_momentum, 0.0, 1.0)
        self.ema_overwrite_frequency, self.gradient_accumulation_steps = ema_overwrite_frequency, gradient_accumulation_steps
        self.loss_scale_factor = loss_scale_factor
        if ema_overwrite_frequency is not None:
            check_positive_integer(title, "ema_overwrite_frequency", ema_overwrite_frequency)
        if (
            gradient_accumulation_steps is not None
            and check_positive_integer(title, "gradient_accumulation_steps", gradient_accumulation_steps) == 1
        ):
            raise ValueError(f"{title} expects gradient_accumulation_steps to be at least 2, or None for every batch, got 1")
        self._not_decayed: tuple[Variable, ...] = ()
        self._not_decayed_names: tuple[str, ...] = ()

    @classmethod
    def accept_older_arguments(cls, arguments: Options) -> Options:
        """The arguments without `decay`, which older versions of Keras took, and Keras 3 ignores with a warning."""
        if "decay" not in arguments:
            return arguments
        warn_user(
            f"{cls.__name__} ignores decay=...; give learning_rate a schedule, such as optimizers.schedules.InverseTimeDecay",
        )
        return {name: value for name, value in arguments.items() if name != "decay"}

    def _check_clipping(self) -> None:
        kinds = ("clipnorm", "clipvalue", "global_clipnorm")
        given = {name: getattr(self, name) for name in kinds if getattr(self, name) is not None}
        if len(given) > 1:
            raise ValueError(f"{type(self).__name__} takes one kind of clipping at a time, got {given}")
        for argument, value in given.items():
            if check_real(type(self).__name__, argument, value, low=0.0) == 0:
                raise ValueError(f"{type(self).__name__} expects {argument} to be above 0, got {value!r}")

    @property
    def shared_slots(self) -> tuple[str, ...]:
        """Names of the slots for accumulation and averaging, in addition to those of the optimizer."""
        return ("accumulated",) * (self.gradient_accumulation_steps is not None) + ("average",) * self.use_ema

    def exclude_from_weight_decay(
        self, var_list: Iterable[Variable] | None = None, var_names: Iterable[str] | None = None
    ) -> None:
        """Exclude variables from `weight_decay`; the last call replaces earlier ones.

        Args:
            var_list: variables.
            var_names: regular expressions, searched for in the names of the variables: `["bias", "gamma"]`.
        """
        self._not_decayed = tuple(var_list or ())
        self._not_decayed_names = tuple(var_names or ())

    def is_excluded(self, variable: Variable) -> bool:
        """True if `exclude_from_weight_decay` excluded this variable."""
        listed = any(variable is one for one in self._not_decayed)
        return listed or any(re.search(name, variable.name) for name in self._not_decayed_names)

    def decays(self, variable: Variable) -> bool:
        """True if `weight_decay` applies to this variable."""
        return not self.is_excluded(variable)
