"""`Report` and `Finding`: the problems that `diagnose` found, in sentences, and how to fix them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from textwrap import fill
from typing import TYPE_CHECKING

from minidl.models.model import Model

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ModelFix = Callable[[Model], Model]  # does not change its argument


@dataclass(frozen=True)
class Finding:
    """One problem.

    Attributes:
        kind: the kind of problem, such as "vanishing_gradients".
        layer: name of the affected layer, or `None` if it is about the data or the whole model.
        value: the measured value.
        sentence: description of the problem.
        fix: what to do about it.
        model_fix: a function from a model to a fixed copy, or `None`; `apply` calls it.
    Example:
        >>> print(Finding("unscaled_inputs", None, 255.0, "The inputs are large.", "Divide them by 255."))
        The inputs are large. Divide them by 255.
    """

    kind: str
    layer: str | None
    value: float
    sentence: str
    fix: str
    model_fix: ModelFix | None = field(default=None, repr=False, compare=False)

    def apply(self, model: Model) -> Model:
        """Return a fixed, compiled copy of the model, which itself is left unchanged.

        Raises:
            ValueError: the fix cannot be applied automatically; it is about the data, or needs a decision of yours.
        """
        if self.model_fix is None:
            raise ValueError(f"{self.kind} cannot be fixed by changing {model.title} alone: {self.fix}")
        return self.model_fix(model)

    def __str__(self) -> str:
        return f"{self.sentence} {self.fix}"


@dataclass(frozen=True)
class LayerStatistics:
    """Statistics of one layer for one batch.

    Attributes:
        name, title: the layer's name and title.
        output_std: standard deviation of its output.
        error: norm of the loss's gradient with respect to its output; `None` if it got none.
        gradient: norm of the gradient of its weights.
        step: norm of the optimizer's first update of its weights, relative to the norm of the weights.
    """

    name: str
    title: str
    output_std: float | None
    error: float | None
    gradient: float | None
    step: float | None


class Report:
    """All findings, causes before consequences; true if there are none.

    Attributes:
        findings: the findings, the most likely root cause first.
        layers: statistics of every layer with weights, first layer first.
        examined: what was examined, in words.
    Example:
        >>> report = Report("Sequential", [], [], "100 rows")
        >>> report.healthy, bool(report)
        (True, True)
        >>> print(report)
        Sequential: nothing found. Examined: 100 rows.
    """

    def __init__(self, title: str, findings: Sequence[Finding], layers: Sequence[LayerStatistics], examined: str) -> None:
        self.title, self.examined = title, examined
        self.findings, self.layers = list(findings), list(layers)

    @property
    def healthy(self) -> bool:
        """Whether nothing was found."""
        return not self.findings

    def __bool__(self) -> bool:
        return self.healthy

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    def __len__(self) -> int:
        return len(self.findings)

    def __getitem__(self, number: int) -> Finding:
        return self.findings[number]

    def plot(self) -> Figure:
        """Plot gradients, output standard deviations and first updates by layer: a matplotlib figure."""
        from minidl.diagnostics.layer_statistics import draw

        return draw(f"{self.title}, {self.examined}", self.layers)

    def __repr__(self) -> str:
        return f"<Report on {self.title}: {', '.join(finding.kind for finding in self.findings) or 'nothing found'}>"

    def __str__(self) -> str:
        if self.healthy:
            return f"{self.title}: nothing found. Examined: {self.examined}."
        count = len(self.findings)
        lines = [f"{self.title}: {count} finding{'s' * (count > 1)}. Examined: {self.examined}."]
        for number, finding in enumerate(self.findings, start=1):
            lines += ["", f"{number}. {finding.kind}"]
            lines += [fill(text, 96, initial_indent="   ", subsequent_indent="   ") for text in (finding.sentence, finding.fix)]
        return "\n".join(lines)
