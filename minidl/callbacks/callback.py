"""`Callback`: the base class with all hooks, and `CallbackList`, which calls several."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, TypeAlias

from minidl.config.configurable import Configurable
from minidl.config.layer_like import ModelLike
from minidl.config.processes import prints_and_writes
from minidl.config.registry import public
from minidl.config.types import State
from minidl.layers.layer import Layer

Logs = Mapping[str, Any] | None
Callbacks: TypeAlias = "Callback | Sequence[Callback] | None"  # what fit, evaluate and predict take

_BATCH_HOOKS = ("on_batch_begin", "on_batch_end", "on_train_batch_begin", "on_train_batch_end")


class Callback(Configurable):
    """Base class of all callbacks: define the hooks that you need.

    `model.stop_training = True` ends training after the current batch. Each `logs` is a dict of the loss and metrics so far.

    Attributes:
        model: the model, from the start of training on.
        runs_last: whether it runs after all other callbacks, whatever its position in the list.
        params: parameters of the run: "epochs", "steps" (`None` if unknown), "verbose"; in `fit` also
            "do_validation", whether any epoch is validated.
    Example:
        >>> class Shout(Callback):
        ...     def on_epoch_end(self, epoch, logs=None):
        ...         print("EPOCH", epoch)
        >>> CallbackList([Shout()]).on_epoch_end(3)
        EPOCH 3
    """

    only_writes: ClassVar[bool] = False  # whether it only writes files, so that one of several processes needs it
    model: ModelLike = None
    params: Mapping[str, object] = {}  # replaced by set_params, never written to
    runs_last = False

    def set_model(self, model: object) -> None:
        """Set the model."""
        self.model = model

    def set_params(self, params: Mapping[str, object]) -> None:
        """Set the parameters of the run."""
        self.params = params

    def get_state(self) -> State:
        """What training changes in the callback, for `BackupAndRestore`; override it together with `set_state`.

        Returns:
            A dict of data: numbers, strings, arrays, random generators, and lists, tuples and dicts of them. By default all
            attributes, except arguments of the constructor that did not change.
        """
        return {name: value for name, value in self.own_attributes().items() if name not in ("model", "params")}

    def set_state(self, state: State) -> None:
        """Set what `get_state` of an interrupted run returned; called after `on_train_begin`."""
        for name, value in state.items():
            setattr(self, name, value)

    def on_train_begin(self, logs: Logs = None) -> None:
        """Called when `fit` begins."""

    def on_train_end(self, logs: Logs = None) -> None:
        """Called when `fit` ends; `logs` are those of the last epoch."""

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """Called at the start of an epoch; the first has number 0."""

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Called at the end of an epoch, after its validation."""

    def on_train_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """Called before a training batch."""
        self.on_batch_begin(batch, logs)

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Called after a training batch."""
        self.on_batch_end(batch, logs)

    def on_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """The older name of `on_train_batch_begin`."""

    def on_batch_end(self, batch: int, logs: Logs = None) -> None:
        """The older name of `on_train_batch_end`."""

    def on_test_begin(self, logs: Logs = None) -> None:
        """Called when `evaluate` or a validation begins."""

    def on_test_end(self, logs: Logs = None) -> None:
        """Called when it ends."""

    def on_test_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """Called before one of its batches."""

    def on_test_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Called after one of its batches."""

    def on_predict_begin(self, logs: Logs = None) -> None:
        """Called when `predict` begins."""

    def on_predict_end(self, logs: Logs = None) -> None:
        """Called when it ends."""

    def on_predict_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """Called before one of its batches."""

    def on_predict_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Called after one of its batches; `logs["outputs"]` are its outputs."""


class CallbackList(Callback):
    """Several callbacks as one: each hook calls theirs in order, with logs that are always a dict.

    Args:
        callbacks: `Callback` objects; nested lists are flattened.
        add_history, add_progbar: whether a `History` or a `ProgbarLogger` is added, unless there is one.
        model: the model; its `history` becomes the `History` that was added.
        **params: parameters of the run.
    Attributes:
        has_batch_hooks: whether any of them defines a hook of training batches.
    Raises:
        TypeError: something that is not a `Callback`.
    Example:
        >>> from minidl.callbacks import TerminateOnNaN
        >>> [callback] = CallbackList([TerminateOnNaN()]).callbacks
        >>> callback
        TerminateOnNaN()
    """

    def __init__(
        self,
        callbacks: Iterable[object] | None = None,
        add_history: bool = False,
        add_progbar: bool = False,
        model: Layer | None = None,
        **params: Any,
    ) -> None:
        self.callbacks: list[Any] = []
        for callback in callbacks or ():
            self.callbacks += callback.callbacks if isinstance(callback, CallbackList) else [callback]
        if add_history or add_progbar:
            self._add_defaults(add_history, add_progbar, model)
        for callback in self.callbacks:
            if not isinstance(callback, Callback):
                raise TypeError(f"callbacks are Callback objects, got {callback!r}; {_fix(callback)}")
        if not prints_and_writes():
            self.callbacks = [callback for callback in self.callbacks if not callback.only_writes]
        self.callbacks.sort(key=lambda callback: callback.runs_last)
        self.has_batch_hooks = any(has_batch_hook(callback) for callback in self.callbacks)
        self.set_model(model)
        self.set_params(params)

    def _add_defaults(self, add_history: bool, add_progbar: bool, model: ModelLike) -> None:
        """Add a `History` and a `ProgbarLogger`, unless they are there."""
        history, logger = public("callbacks", "History"), public("callbacks", "ProgbarLogger")
        for kind, wanted in ((history, add_history), (logger, add_progbar)):
            if wanted and not any(isinstance(callback, kind) for callback in self.callbacks):
                self.callbacks.append(kind())
        if add_history and model is not None:
            model.history = next(callback for callback in self.callbacks if isinstance(callback, history))

    def set_model(self, model: object) -> None:
        self.model = model
        for callback in self.callbacks:
            callback.set_model(model)

    def set_params(self, params: Mapping[str, object]) -> None:
        self.params = params
        for callback in self.callbacks:
            callback.set_params(params)

    def on_train_begin(self, logs: Logs = None) -> None:
        for callback in self.callbacks:
            callback.on_train_begin(logs or {})

    def on_train_end(self, logs: Logs = None) -> None:
        for callback in self.callbacks:
            callback.on_train_end(logs or {})

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        for callback in self.callbacks:
            callback.on_epoch_begin(epoch, logs or {})

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        for callback in self.callbacks:
            callback.on_epoch_end(epoch, logs or {})

    def on_train_batch_begin(self, batch: int, logs: Logs = None) -> None:
        for callback in self.callbacks:
            callback.on_train_batch_begin(batch, logs or {})

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        for callback in self.callbacks:
            callback.on_train_batch_end(batch, logs or {})

    def on_batch_begin(self, batch: int, logs: Logs = None) -> None:
        for callback in self.callbacks:
            callback.on_batch_begin(batch, logs or {})

    def on_batch_end(self, batch: int, logs: Logs = None) -> None:
        for callback in self.callbacks:
            callback.on_batch_end(batch, logs or {})

    def on_test_begin(self, logs: Logs = None) -> None:
        for callback in self.callbacks:
            callback.on_test_begin(logs or {})

    def on_test_end(self, logs: Logs = None) -> None:
        for callback in self.callbacks:
            callback.on_test_end(logs or {})

    def on_test_batch_begin(self, batch: int, logs: Logs = None) -> None:
        for callback in self.callbacks:
            callback.on_test_batch_begin(batch, logs or {})

    def on_test_batch_end(self, batch: int, logs: Logs = None) -> None:
        for callback in self.callbacks:
            callback.on_test_batch_end(batch, logs or {})

    def on_predict_begin(self, logs: Logs = None) -> None:
        for callback in self.callbacks:
            callback.on_predict_begin(logs or {})

    def on_predict_end(self, logs: Logs = None) -> None:
        for callback in self.callbacks:
            callback.on_predict_end(logs or {})

    def on_predict_batch_begin(self, batch: int, logs: Logs = None) -> None:
        for callback in self.callbacks:
            callback.on_predict_batch_begin(batch, logs or {})

    def on_predict_batch_end(self, batch: int, logs: Logs = None) -> None:
        for callback in self.callbacks:
            callback.on_predict_batch_end(batch, logs or {})


def has_batch_hook(callback: Callback) -> bool:
    """Whether the callback overrides one of the hooks of training batches, in its class or on the object."""
    kind, own = type(callback), vars(callback)
    return any(hook in own or getattr(kind, hook) is not getattr(Callback, hook) for hook in _BATCH_HOOKS)


def _fix(wrong: object) -> str:
    """How to fix an element of the list that is not a callback."""
    if isinstance(wrong, str):
        return "create one, such as callbacks.EarlyStopping()"
    if isinstance(wrong, type):
        return f"create one: {wrong.__name__}()"
    return "wrap a function: LambdaCallback(on_epoch_end=...)" if callable(wrong) else "derive its class from Callback"
