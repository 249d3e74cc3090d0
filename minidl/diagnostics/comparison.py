"""`InitializerComparison`: output statistics, gradient norms and first losses per initializer, as a table and a plot."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from minidl.callbacks.history import make_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class InitializerResult(NamedTuple):
    """How a model behaves at initialization with one initializer.

    Attributes:
        layers: names of the layers that have kernels, in the order they run.
        output_stds: standard deviation of each layer's outputs.
        gradient_norms: norm of the gradient of each layer's kernels.
        losses: losses of the first steps; empty without targets.
    """

    layers: list[str]
    output_stds: list[float]
    gradient_norms: list[float]
    losses: list[float]

    @property
    def final_loss(self) -> float:
        """The mean of the last five losses; infinite if training diverged."""
        last = self.losses[-5:]
        return sum(last) / len(last) if last and math.isfinite(sum(last)) else math.inf


class InitializerComparison:
    """The result of `compare_initializers`.

    Args:
        results: an `InitializerResult` for each initializer, by name.
    Example:
        >>> result = InitializerResult(["hidden", "output"], [0.8, 0.9], [0.1, 0.2], [])
        >>> comparison = InitializerComparison({"he_normal": result})
        >>> print(comparison)
        std of the outputs      he_normal
          hidden                      0.8
          output                      0.9
        norm of the gradients
          hidden                      0.1
          output                      0.2
    """

    def __init__(self, results: Mapping[str, InitializerResult]) -> None:
        self.results = dict(results)

    @property
    def best(self) -> str | None:
        """The initializer with the lowest loss after the steps; `None` if there are no finite losses."""
        losses = {name: result.final_loss for name, result in self.results.items() if result.losses}
        best = min(losses, key=lambda name: losses[name], default=None)
        return best if best is not None and math.isfinite(losses[best]) else None

    def plot(self) -> Figure:
        """Plot standard deviations and gradient norms by layer, and the losses; needs matplotlib: `pip install matplotlib`.

        Returns:
            A matplotlib `Figure` with a panel for each.
        """
        learned = any(result.losses for result in self.results.values())
        figure = make_figure((12.0 if learned else 8.5, 3.6))
        panels = figure.subplots(1, 3 if learned else 2)
        for name, result in self.results.items():
            places = range(1, len(result.layers) + 1)
            panels[0].semilogy(places, [value or math.nan for value in result.output_stds], "o-", label=name)
            panels[1].semilogy(places, [value or math.nan for value in result.gradient_norms], "o-", label=name)
            if learned:
                panels[2].plot(range(1, len(result.losses) + 1), result.losses, label=name)
        panels[0].set(title="std of the outputs", xlabel="layer")
        panels[1].set(title="norm of the kernels' gradients", xlabel="layer")
        for axes in panels[:2]:
            axes.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
        if learned:
            panels[2].set(title="loss", xlabel="step")
        for axes in panels:
            axes.grid(alpha=0.3)
        panels[0].legend(fontsize=8)
        return figure

    def __str__(self) -> str:
        results = list(self.results.values())
        rows: list[tuple[str, list[str]]] = [("std of the outputs", list(self.results))]
        rows += [("  " + name, [f"{s.output_stds[n]:.2g}" for s in results]) for n, name in enumerate(results[0].layers)]
        rows += [("norm of the gradients", [])]
        rows += [("  " + name, [f"{s.gradient_norms[n]:.2g}" for s in results]) for n, name in enumerate(results[0].layers)]
        if any(result.losses for result in results):
            count = max(len(result.losses) for result in results)
            rows += [(f"loss after {count} steps", [f"{result.final_loss:.3g}" for result in results])]
        first = max(len(title) for title, _ in rows)
        widths = [max(len(name), 8) for name in self.results]
        lines = []
        for title, cells in rows:
            inside = "".join(f"   {cell:>{width}}" for cell, width in zip(cells, widths, strict=False))
            lines.append(f"{title:{first}}{inside}".rstrip())
        if self.best is not None and len(results) > 1:
            lines.append(f"Lowest loss so far: {self.best}.")
        return "\n".join(lines)

    def __repr__(self) -> str:
        best = "" if self.best is None else f", lowest loss with {self.best}"
        return f"<InitializerComparison of {', '.join(self.results)}{best}>"
