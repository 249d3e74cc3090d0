"""`LearningRateSweep`: the loss against the learning rate, with a suggestion, as a table and a plot."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from minidl.callbacks.history import make_figure
from minidl.config.types import Array
from minidl.models.auto_compile import Choice

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ROWS = 12  # of the printed table
BAR = 30  # characters
LEAST_FALL = 0.02  # smallest relative decrease of the loss for a suggestion


class LearningRateSetting(NamedTuple):
    """The optimizer's name, its current learning rate (a number or a schedule), and the settings `fit` chose, if any."""

    optimizer: str = "the optimizer"
    learning_rate: float | Callable[..., float] | None = None
    choice: Choice | None = None


_UNKNOWN = LearningRateSetting()


class LearningRateSweep:
    """The result of `find_learning_rate`.

    The suggestion is the rate at which the smoothed loss has made half of its decrease: well below the rate of divergence.

    Args:
        learning_rates: the rates that were tried, in increasing order.
        losses: the loss at each.
        diverged: whether the sweep ended because the loss diverged.
        learner: the model's optimizer and learning rate.
    Attributes:
        learning_rates, losses: arrays.
        smoothed: the losses, smoothed by a moving average.
        suggestion: a learning rate; `None` if the loss never decreased.
    Example:
        >>> sweep = LearningRateSweep([0.01, 0.1, 1.0, 10.0], [2.0, 1.8, 1.0, 9.0], True)
        >>> sweep
        <LearningRateSweep of 4 rates from 0.01 to 10, suggestion 1>
    """

    def __init__(
        self,
        learning_rates: Sequence[float],
        losses: Sequence[float],
        diverged: bool,
        learner: LearningRateSetting = _UNKNOWN,
    ) -> None:
        self.learning_rates, self.losses = np.array(learning_rates, float), np.array(losses, float)
        self.diverged, self._learner = diverged, learner
        self.smoothed = _smooth(self.losses)
        self.suggestion = self._suggest()

    def _suggest(self) -> float | None:
        """The first rate at which the loss has made half of its decrease."""
        if not len(self.smoothed):
            return None
        first, lowest = self.smoothed[0], self.smoothed.min()
        if not first - lowest > LEAST_FALL * abs(first):
            return None
        half = int(np.argmax(self.smoothed <= (first + lowest) / 2))
        return float(f"{self.learning_rates[half]:.2g}")  # two digits: the third one is noise

    @property
    def advice(self) -> str:
        """What to do, in a sentence or two."""
        wider = f"try high={100 * self.learning_rates[-1]:g}" if len(self.losses) else ""
        if self.suggestion is not None:
            half = f"Suggestion: {self.suggestion:g}, where the loss has made half of its decrease. {self._now()}"
            falling = not self.diverged and self.smoothed.argmin() == len(self.losses) - 1
            return f"{half} But the loss still decreased at the highest rate: {wider}." if falling else half
        if not self.diverged:
            return f"No suggestion: the loss hardly decreased. If higher rates do not help ({wider}), model.diagnose(x, y) may."
        if len(self.losses) < 2 * ROWS:
            return "No suggestion: the loss increased from the start. Try a lower rate, low=1e-10, or scale inputs and targets."
        return "No suggestion: the loss decreased at no rate. model.diagnose(x, y) looks for the reason."

    def _now(self) -> str:
        title, rate, _ = self._learner
        if callable(rate):
            return f"{title} follows {type(rate).__name__}: set its highest rate to about that."
        return f"{title} currently uses {rate:g}." if rate is not None else ""

    def plot(self) -> Figure:
        """Plot the loss against the learning rate and mark the suggestion; needs matplotlib: `pip install matplotlib`.

        Returns:
            A matplotlib `Figure`: `figure.savefig("sweep.png")`; a notebook shows it.
        """
        figure = make_figure((6.0, 3.6))
        axes = figure.add_subplot()
        axes.semilogx(self.learning_rates, self.losses, ".", color="#9db4cc", markersize=4, label="a step")
        axes.semilogx(self.learning_rates, self.smoothed, color="#1f5fa8", label="smoothed")
        if self.suggestion is not None:
            axes.axvline(self.suggestion, color="#c2410c", linestyle="--", label=f"suggestion {self.suggestion:g}")
        if len(self.smoothed):
            height = max(self.smoothed[0] - self.smoothed.min(), 1e-12)
            axes.set_ylim(self.smoothed.min() - 0.2 * height, self.smoothed[0] + height)  # the diverging end is cut off
        axes.set(xlabel="learning rate", ylabel="loss", title="learning rate sweep")
        axes.grid(alpha=0.3)
        axes.legend()
        return figure

    def __str__(self) -> str:
        title, _, choice = self._learner
        how = "until the loss diverged" if self.diverged else "to the end"
        lines = [] if choice is None else [f"The copy was {choice}."]
        lines += [f"{len(self.losses)} steps of {title}, each at a larger learning rate, {how}:"]
        lines += [f"  {'learning rate':>13}   {'loss':>9}"]
        top = float(np.abs(self.smoothed[:1]).max(initial=1e-12))
        for place in self._shown_rows():
            loss = float(self.smoothed[place])
            length = min(max(round(BAR * loss / top), 0), BAR + 10)
            lines.append(f"  {self.learning_rates[place]:13.2g}   {loss:9.4g}   {'#' * length}")
        return "\n".join([*lines, self.advice])

    def _shown_rows(self) -> list[int]:
        """Indices of the table's rows: the first, and some from where the loss begins to change."""
        if not len(self.losses):
            return []
        moved = np.abs(self.smoothed - self.smoothed[0]) > LEAST_FALL * abs(self.smoothed[0])
        start = max(int(np.argmax(moved)) - 1, 0)
        return sorted({0, *np.linspace(start, len(self.losses) - 1, ROWS).astype(int).tolist()})

    def __repr__(self) -> str:
        if not len(self.losses):
            return "<LearningRateSweep of 0 rates>"
        first, last = self.learning_rates[[0, -1]]
        found = "no suggestion" if self.suggestion is None else f"suggestion {self.suggestion:g}"
        return f"<LearningRateSweep of {len(self.losses)} rates from {first:g} to {last:g}, {found}>"


def _smooth(losses: Array, width: float = 2.0) -> Array:
    """Smooth the losses with a Gaussian window of the given width in steps.

    Losses far above the first one are clipped at three times the decrease above it, so that they do not hide the minimum.
    """
    if len(losses) < 3 * width:
        return losses.copy()
    losses = np.minimum(losses, losses[0] + 3 * (losses[0] - losses.min()) + 1e-9)
    bell = np.exp(-0.5 * (np.arange(-5, 6) / width) ** 2)
    summed: Array = np.convolve(losses, bell, "full")[5:-5] / np.convolve(np.ones_like(losses), bell, "full")[5:-5]
    return summed
