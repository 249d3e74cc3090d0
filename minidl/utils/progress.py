"""`Progbar`: the progress bar of custom training loops."""

import sys
import time
from collections.abc import Iterable

import numpy as np

from minidl.config.settings import is_interactive_logging_enabled


class Progbar:
    """A progress bar with running means of values.

    Args:
        target: number of steps; `None` if unknown.
        width: characters of the bar.
        verbose: 0 prints nothing, 1 a bar, 2 one line at the end.
        interval: least seconds between two updates of the bar.
        stateful_metrics: names of values that are shown unchanged instead of averaged.
        stateless_metrics: names of values that are averaged, all others are shown unchanged.
        unit_name: what one step is called.
    Raises:
        ValueError: both lists of names are given.
    Example:
        >>> bar = Progbar(4, verbose=2)
        >>> for step in range(4):
        ...     bar.add(1, [("loss", 1.0 * step)])  # doctest: +ELLIPSIS
        4/4 - 0s - ...s/step - loss: 3.0000
    """

    def __init__(
        self,
        target: int | None,
        width: int = 20,
        verbose: int = 1,
        interval: float = 0.05,
        stateful_metrics: Iterable[str] | None = None,
        stateless_metrics: Iterable[str] | None = None,
        unit_name: str = "step",
    ) -> None:
        if stateful_metrics is not None and stateless_metrics is not None:
            raise ValueError("Progbar takes stateful_metrics or stateless_metrics, got both")
        self.target, self.width, self.verbose, self.interval, self.unit_name = target, width, verbose, interval, unit_name
        self.stateful_metrics = None if stateful_metrics is None else set(stateful_metrics)
        self.stateless_metrics = None if stateless_metrics is None else set(stateless_metrics)
        self._values: dict[str, tuple[float, float]] = {}  # sum of values times steps, and sum of steps
        self._seen, self._shown, self._printed = 0, 0.0, 0
        self._start = time.perf_counter()

    def add(self, n: int, values: Iterable[tuple[str, float]] | None = None) -> None:
        """Count `n` more steps."""
        self.update(self._seen + n, values)

    def update(self, current: int, values: Iterable[tuple[str, float]] | None = None, finalize: bool | None = None) -> None:
        """Show the state.

        Args:
            current: number of steps so far.
            values: pairs of name and value; averages weigh each value by the steps since the last update.
            finalize: whether this is the last update, which shows its own values, not averages; by default it is when `current`
                reaches `target`.
        """
        if finalize is None:
            finalize = self.target is not None and current >= self.target
        steps = max(current - self._seen, 1)
        for name, value in values or ():
            total, count = (0.0, 0.0) if finalize or not self._averages(name) else self._values.get(name, (0.0, 0.0))
            self._values[name] = (total + float(np.mean(value)) * steps, count + steps)
        self._seen = current
        now = time.perf_counter()
        if self.verbose == 1 and (finalize or now - self._shown >= self.interval):
            line = f"{self._count(current)} {self._bar(current)}{self._info(current, now)}"
            _write(f"\r{line.ljust(self._printed)}" + ("\n" if finalize else ""))
            self._shown, self._printed = now, len(line)
        elif self.verbose == 2 and finalize:
            _write(f"{self._count(current)} -{self._info(current, now, ' -')}\n")

    def _averages(self, name: str) -> bool:
        if self.stateless_metrics is not None:
            return name in self.stateless_metrics
        return name not in (self.stateful_metrics or ())

    def _count(self, current: int) -> str:
        return f"{current:7d}/Unknown" if self.target is None else f"{current:{len(str(self.target))}d}/{self.target}"

    def _bar(self, current: int) -> str:
        if not self.target:
            return ""
        full = min(int(self.width * current / self.target), self.width)
        return "━" * full + "-" * (self.width - full)

    def _info(self, current: int, now: float, separator: str = "") -> str:
        means = [(name, total / count) for name, (total, count) in self._values.items()]
        shown = "".join(f" - {name}: {mean:.4f}" if abs(mean) > 1e-3 else f" - {name}: {mean:.4e}" for name, mean in means)
        return (
            f" {now - self._start:.0f}s{separator} {_duration((now - self._start) / max(current, 1))}/{self.unit_name}{shown}"
        )


def _duration(seconds: float) -> str:
    for unit, factor in (("s", 1), ("ms", 1e3)):
        if seconds * factor >= 1:
            return f"{seconds * factor:.0f}{unit}"
    return f"{seconds * 1e6:.0f}us"


def _write(text: str) -> None:
    if is_interactive_logging_enabled():
        encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
        if not encoding.lower().startswith("utf"):
            text = text.replace("━", "=")
        sys.stdout.write(text)
        sys.stdout.flush()
