"""`History`: the loss and metrics of every epoch, which `fit` returns."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from minidl.callbacks.callback import Callback, Logs
from minidl.callbacks.log_format import curves, format_value
from minidl.config.types import State

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def make_figure(size: tuple[float, float]) -> Figure:
    """An empty matplotlib figure of that size in inches, made without pyplot's global state."""
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ImportError("pictures need matplotlib: pip install matplotlib") from error
    return Figure(figsize=size, layout="constrained")


class History(Callback):
    """The logs of every epoch.

    Attributes:
        history: a list of values for each key, such as `{"loss": [...], "val_loss": [...]}`.
        epoch: the numbers of the epochs, from 0.
        params: "epochs", "steps" and "verbose" of the run.
    Example:
        >>> history = History()
        >>> history.on_train_begin()
        >>> history.on_epoch_end(0, {"loss": 2.0}); history.on_epoch_end(1, {"loss": 0.5})
        >>> history
        <History of 2 epochs, loss: 2.0000 -> 0.5000>
    """

    def __init__(self) -> None:
        self.history: dict[str, list[Any]] = {}
        self.epoch: list[int] = []
        self._epochs: dict[str, list[int]] = {}  # per key, as a validation may run in some epochs only

    def with_model(self, model: object) -> History:
        """The same history, of that model; dicts and lists are shared."""
        changed = copy.copy(self)
        changed.set_model(model)
        return changed

    def without_model(self) -> History:
        """The same history without a reference to the model."""
        return self.with_model(None)

    def set_state(self, state: State) -> None:
        """Set what `get_state` returned.

        Raises:
            ValueError: a key has no list of values.
        """
        if not all(isinstance(values, list) for name in ("history", "_epochs") for values in state[name].values()):
            raise ValueError("the backup is damaged: the history has no list for each key")
        super().set_state(state)

    def on_train_begin(self, logs: Logs = None) -> None:
        self.epoch = []

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        self.epoch.append(epoch)
        for key, value in (logs or {}).items():
            self.history.setdefault(key, []).append(value)
            self._epochs.setdefault(key, []).append(epoch)

    def plot(self) -> Figure:
        """Plot the loss and metrics over the epochs, validation curves dashed.

        It needs matplotlib: `pip install matplotlib`.

        Returns:
            A matplotlib `Figure` with a panel for each metric.
        Raises:
            ValueError: there is no epoch yet.
        """
        if not self.history:
            raise ValueError("the history is empty: there is no finished epoch to plot")
        names = list(dict.fromkeys(key.removeprefix("val_") for key in self.history))
        names.sort(key=lambda name: name != "loss")
        columns = min(len(names), 3)
        rows = -(-len(names) // columns)
        figure = make_figure((4.2 * columns, 3.2 * rows))
        panels = figure.subplots(rows, columns, squeeze=False).flat
        for name, axes in zip(names, panels, strict=False):
            for key, label, style in ((name, "training", "-"), (f"val_{name}", "validation", "--")):
                if key in self.history:
                    self._draw(axes, key, label, style)
            axes.set(title=name, xlabel="epoch")
            axes.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
            axes.grid(alpha=0.3)
            axes.legend()
        for axes in list(figure.axes)[len(names) :]:
            axes.remove()
        return figure

    def _draw(self, axes: Axes, key: str, label: str, style: str) -> None:
        """Plot the curve of a key, or one curve per element for arrays, over the epochs, from 1."""
        lines = [curves(label, value) for value in self.history[key]]
        epochs = [epoch + 1 for epoch in self._epochs.get(key, range(len(lines)))]
        for name in lines[0]:
            values = [line[name] for line in lines]
            axes.plot(epochs, values, style, label=name, marker="o" if len(values) <= 15 else None, markersize=3)

    def __repr__(self) -> str:
        ways = [f"{key}: {format_value(values[0])} -> {format_value(values[-1])}" for key, values in self.history.items()]
        count = f"{len(self.epoch)} epoch{'' if len(self.epoch) == 1 else 's'}"
        return f"<History of {', '.join([count, *ways])}>"
