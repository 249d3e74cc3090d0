"""`ProgressBar`: the progress of training as a bar, or as one line per epoch."""

import sys
import time
from typing import Any

from minidl.callbacks.callback import Callback, Logs
from minidl.callbacks.log_format import describe
from minidl.config.processes import prints_and_writes
from minidl.config.progress_bar import progress_bar
from minidl.config.settings import is_interactive_logging_enabled
from minidl.config.types import State
from minidl.kernels.compiled import compilation_report

_PAUSE = 0.1  # seconds between two updates of the bar


class ProgressBar(Callback):
    """Shows the epochs of training on standard output.

    Args:
        mode: "lines" prints a line at the end of each epoch; "bar" also shows a bar, updated at most ten times a second.
    Raises:
        ValueError: another mode.
    Example:
        >>> lines = ProgressBar("lines")
        >>> lines.set_params({"epochs": 10}); lines.on_epoch_begin(2)
        >>> lines.on_epoch_end(2, {"accuracy": 0.9712, "loss": 0.0951})
        Epoch 3/10 - 0.0s - accuracy: 0.9712 - loss: 0.0951
    """

    def __init__(self, mode: str = "bar") -> None:
        if mode not in ("bar", "lines"):
            raise ValueError(f'ProgressBar expects mode to be "bar" or "lines", got {mode!r}')
        self.mode = mode
        self._bar: Any = None
        self._steps, self._start, self._last_update = 0, 0.0, 0.0

    def get_state(self) -> State:
        """Nothing: a resumed run shows its own time."""
        return {}

    def on_train_begin(self, logs: Logs = None) -> None:
        self._start = time.perf_counter()

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        self._start = self._last_update = time.perf_counter()
        if self.mode == "bar":
            self._bar = progress_bar(
                total=self.params.get("steps"),
                desc=self._title(epoch),
                unit="step",
                file=sys.stdout,
                leave=False,
                dynamic_ncols=True,
            )

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        if self.mode == "bar" and self._bar is None:  # an epoch that an earlier run began
            self.on_epoch_begin(self.model.epoch)
        self._steps, now = batch + 1, time.perf_counter()
        if self._bar is not None and now - self._last_update >= _PAUSE:
            self._last_update = now
            self._draw(logs)

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        self._close()  # a terminal may be too narrow for both, so the final line replaces the bar
        print(f"{self._title(epoch)} - {time.perf_counter() - self._start:.1f}s - {describe(logs)}", flush=True)
        if report := compilation_report():
            print(report, flush=True)

    def on_train_end(self, logs: Logs = None) -> None:
        self._close()

    def _title(self, epoch: int) -> str:
        return f"Epoch {epoch + 1}/{self.params.get('epochs', '?')}"

    def _draw(self, logs: Logs) -> None:
        self._bar.n = self._steps
        self._bar.set_postfix_str(describe(logs))

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def __getstate__(self) -> State:
        return self.__dict__ | {"_bar": None}


def choose_mode(verbose: object) -> str | None:
    """The mode for an argument `verbose`: `None` for silent, "bar" or "lines".

    Args:
        verbose: 0 silent, 1 a bar, 2 lines, "auto" a bar on a terminal or in a notebook and lines elsewhere. Of several
            processes that train together only the first prints.
    Raises:
        ValueError: anything else.
    Example:
        >>> choose_mode(2)
        'lines'
    """
    if verbose in (1, 2, "auto") and not prints_and_writes():
        return None
    if verbose == "auto":
        interactive = is_interactive_logging_enabled() and (sys.stdout.isatty() or "ipykernel" in sys.modules)
        return "bar" if interactive else "lines"
    if verbose not in (0, 1, 2):
        raise ValueError(f'verbose is 0 (silent), 1 (a bar), 2 (one line per epoch) or "auto", got {verbose!r}')
    return {0: None, 1: "bar", 2: "lines"}[int(verbose)]
