"""`Report` and `Finding`: what the doctor says, in sentences, and how it is mended."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from textwrap import fill
from typing import Any

from minidl.models.model import Model

Remedy = Callable[[Model], Model]  # leaves its argument as it is


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong.

    Attributes:
        kind: what it is, such as "vanishing_gradients".
        layer: name of the layer where it shows, or `None` where it is about the data or the whole model.
        figure: the measured number that the sentence tells.
        sentence: what is wrong.
        mend: what to do about it.
    Example:
        >>> print(Finding("unscaled_inputs", None, 255.0, "The inputs are large.", "Divide them by 255."))
        The inputs are large. Divide them by 255.
    """

    kind: str
    layer: str | None
    figure: float
    sentence: str
    mend: str
    remedy: Remedy | None = field(default=None, repr=False, compare=False)

    def apply(self, model: Model) -> Model:
        """A mended, compiled copy of the model, which itself stays as it is.

        Raises:
            ValueError: the mend is not mechanical; it is about the data, or needs a decision of yours.
        """
        if self.remedy is None:
            raise ValueError(f"{self.kind} cannot be fixed by changing {model.title} alone: {self.mend}")
        return self.remedy(model)

    def __str__(self) -> str:
        return f"{self.sentence} {self.mend}"


@dataclass(frozen=True)
class LayerFigures:
    """What one layer did on the first batch.

    Attributes:
        name, title: of the layer.
        spread: standard deviation of its output.
        error: length of the loss's gradient with respect to its output; `None` where none came back.
        gradient: length of the gradient of its weights.
        step: length of the optimizer's first change of its weights, as a share of the weights' length.
    """

    name: str
    title: str
    spread: float | None
    error: float | None
    gradient: float | None
    step: float | None


class Report:
    """All that was found, causes before consequences; true where nothing was.

    Attributes:
        findings: the findings, the most likely root cause first.
        layers: figures of every layer with weights, first layer first.
        examined: what was looked at, in words.
    Example:
        >>> report = Report("Sequential", [], [], "100 rows")
        >>> report.healthy, bool(report)
        (True, True)
        >>> print(report)
        Sequential: nothing found. Examined: 100 rows.
    """

    def __init__(self, title: str, findings: Sequence[Finding], layers: Sequence[LayerFigures], examined: str) -> None:
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

    def plot(self) -> Any:
        """Gradient, spread of the output and size of the first step, layer by layer: a matplotlib figure."""
        from minidl.diagnostics.figures import draw

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
            lines += [
                fill(text, 96, initial_indent="   ", subsequent_indent="   ") for text in (finding.sentence, finding.mend)
            ]
        return "\n".join(lines)
