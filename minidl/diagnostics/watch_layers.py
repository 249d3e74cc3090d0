"""`WatchLayers`: histograms of every layer's outputs and gradients, epoch by epoch."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from minidl.callbacks.callback import Callback, Logs
from minidl.callbacks.history import make_figure
from minidl.config.checks import check_positive_integer
from minidl.config.nest import flatten
from minidl.config.types import Options
from minidl.data.batches import as_data
from minidl.diagnostics.histogram import Histogram
from minidl.layers.layer import Layer
from minidl.layers.recorder import recorded
from minidl.layers.traversal import weight_paths
from minidl.models.auto_compile import prepare_model
from minidl.models.data_adapter import read_data
from minidl.variable import Variable

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CELLS = 60  # cells of the plot from the lowest to the highest value


class WatchLayers(Callback):
    """Records, after every epoch, histograms of each layer's outputs and of its weights' gradients.

    The histograms are computed on the same few rows each time, in inference mode for the outputs and in training mode for the
    gradients. Training itself is not affected. When `limit` is reached, every second record is dropped, and from then on only
    every second epoch is recorded, so memory stays bounded.

    Args:
        x: inputs, of which `rows` evenly spaced rows are kept.
        y: their targets; without them, gradients are not recorded.
        rows: number of rows to use.
        bins: number of bins of a histogram.
        limit: maximum number of records, at least 4.
    Attributes:
        epochs: the number of finished epochs at each record; the first is 0, before training.
        outputs: for each layer by name, a list with one `Histogram` per record.
        gradients: the same for the decimal logarithms of the gradients' absolute values, for layers with trainable weights.
    Raises:
        ValueError: the rows do not fit the model, when `fit` begins.
    Source: Glorot & Bengio 2010 (figures 2 to 4 and 6 to 8 are such plots).
    Example:
        >>> from minidl.layers import Dense
        >>> x = np.random.default_rng(0).normal(size=(200, 4))
        >>> model = minidl.Sequential([Dense(8, "tanh", name="hidden"), Dense(1, name="out")])
        >>> watch = WatchLayers(x, x[:, :1])
        >>> history = model.fit(x, x[:, :1], epochs=2, callbacks=[watch], verbose=0)
        >>> watch.epochs, list(watch.gradients), int(watch.outputs["hidden"][0].counts.sum())
        ([0, 1, 2], ['hidden', 'out'], 512)
    """

    def __init__(self, x: Any, y: Any = None, rows: int = 64, bins: int = 40, limit: int = 100) -> None:
        for name, value in (("rows", rows), ("bins", bins), ("limit", limit)):
            check_positive_integer("WatchLayers", name, value)
        if limit < 4:
            raise ValueError(f"WatchLayers expects limit to be at least 4, got {limit!r}")
        self.rows, self.bins, self.limit = rows, bins, limit
        data = as_data(x, y, None, None, True)
        chosen = np.unique(np.linspace(0, len(data) - 1, rows).astype(int))
        self.x, self.y = data.rows(chosen).x, data.rows(chosen).y
        self.epochs: list[int] = []
        self.outputs: dict[str, list[Histogram]] = {}
        self.gradients: dict[str, list[Histogram]] = {}
        self._stride = 1

    def on_train_begin(self, logs: Logs = None) -> None:
        self.epochs, self.outputs, self.gradients, self._stride = [], {}, {}, 1
        self._record(0)

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        if (epoch + 1) % self._stride == 0:
            self._record(epoch + 1)

    def _record(self, epoch: int) -> None:
        if len(self.epochs) >= self.limit:
            self._drop_every_other()
            if epoch % self._stride:
                return
        data = read_data(self.model, self.x, self.y)
        prepare_model(self.model, data, needs_loss=self.y is not None)
        with self.model.preserved_state():
            shadow, log = recorded(self.model)
            shadow._forward(data.rows(slice(None)).x)
        self.epochs.append(epoch)
        for name, outputs in {entry.layer.name: flatten(entry.y) for entry in log}.items():
            counted = [output.ravel() for output in outputs if output.dtype.kind in "fiub"]
            if counted:
                self.outputs.setdefault(name, []).append(Histogram.of(np.concatenate(counted), self.bins))
        if self.y is None:
            return
        found = self.model.gradients(self.x, self.y)
        paths = {variable: path for path, variable in weight_paths(self.model).items()}
        for layer in dict.fromkeys(entry.layer for entry in log):
            arrays = [found[paths[variable]].ravel() for variable in _learning(layer)]
            if arrays:
                sizes = Histogram.of_logarithms(np.concatenate(arrays), self.bins)
                self.gradients.setdefault(layer.name, []).append(sizes)

    def _drop_every_other(self) -> None:
        """Drop every second record."""
        self._stride *= 2
        kept = [number for number, epoch in enumerate(self.epochs) if epoch % self._stride == 0]
        self.epochs = [self.epochs[number] for number in kept]
        for records in (self.outputs, self.gradients):
            for name, several in records.items():
                records[name] = [several[number] for number in kept if number < len(several)]

    def plot(self) -> Figure:
        """Plot one row per layer: histograms of its outputs and of its gradients' magnitudes over the epochs, as a heat map.

        Needs matplotlib: `pip install matplotlib`.

        Returns:
            A matplotlib `Figure`.
        Raises:
            ValueError: nothing was recorded yet.
        """
        if not self.epochs:
            raise ValueError("WatchLayers has recorded nothing yet: give it to fit, callbacks=[watch]")
        columns = 2 if self.gradients else 1
        figure = make_figure((4.2 * columns, 1.4 * len(self.outputs) + 0.8))
        panels = figure.subplots(len(self.outputs), columns, squeeze=False, sharex=True)
        for row, name in zip(panels, self.outputs, strict=True):
            self._draw(row[0], self.outputs[name])
            row[0].set_ylabel(name)
            if columns == 2 and name in self.gradients:
                self._draw(row[1], self.gradients[name])
            elif columns == 2:
                row[1].axis("off")
        for axes, title in zip(panels[0], ("outputs", "log10 of |gradients|"), strict=False):
            axes.set_title(title, fontsize=10)
        for axes in panels[-1]:
            axes.set_xlabel("epoch")
        return figure

    def _draw(self, axes: Axes, records: list[Histogram]) -> None:
        from matplotlib.ticker import MaxNLocator

        seen = [record for record in records if record.counts.any()]
        if not seen:
            axes.text(0.5, 0.5, "all 0", transform=axes.transAxes, ha="center")
            return
        edges = np.linspace(min(record.low for record in seen), max(record.high for record in seen), CELLS + 1)
        shares = np.stack([record.shares(edges) for record in records], axis=1)  # (cells, records)
        shares /= np.maximum(shares.max(axis=0, keepdims=True), 1e-9)
        epochs = [*self.epochs, self.epochs[-1] + self._stride]
        axes.pcolormesh(np.array(epochs) - self._stride / 2, edges, np.sqrt(shares), cmap="Blues", vmin=0.0, vmax=1.0)
        axes.xaxis.set_major_locator(MaxNLocator("auto", steps=[1, 2, 2.5, 5, 10], integer=True, min_n_ticks=1))

    def constructor_arguments(self) -> Options:
        """The constructor's arguments, with only the rows that are used."""
        return super().constructor_arguments() | {"x": self.x, "y": self.y}

    def __repr__(self) -> str:
        rows = math.prod(np.shape(flatten(self.x)[0])[:1])
        return f"<WatchLayers: {len(self.epochs)} records of {len(self.outputs)} layers on {rows} rows>"


def _learning(layer: Layer) -> list[Variable]:
    return [variable for variable in layer.trainable_weights if not variable.is_state]
