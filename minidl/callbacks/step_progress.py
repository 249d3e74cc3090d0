"""`StepProgress`: the progress and the result of `evaluate` and `predict`."""

import sys
import threading
import time
from typing import Any

from minidl.callbacks.callback import Callback, Logs
from minidl.callbacks.log_format import describe
from minidl.config.progress_bar import progress_bar

_PAUSE = 0.1  # seconds before a bar appears, and between two updates of it


class StepProgress(Callback):
    """Shows one pass over the batches on standard output, and ends with a line of the steps, the time and the result.

    `advance` may be called from several threads.

    Args:
        mode: "lines" prints only the line; "bar" also shows a bar if the pass takes longer than a tenth of a second.
    Example:
        >>> progress = StepProgress("lines")
        >>> progress.set_params({"steps": 2}); progress.on_test_begin(); progress.advance()
        >>> progress.on_test_end({"loss": 0.25})
        1/2 - 0.0s - loss: 0.2500
    """

    def __init__(self, mode: str) -> None:
        self.mode = mode
        self._bar: Any = None
        self._lock = threading.Lock()
        self._steps, self._start, self._last_update = 0, 0.0, 0.0

    def on_test_begin(self, logs: Logs = None) -> None:
        self._steps, self._start = 0, time.perf_counter()
        self._last_update = self._start

    def on_test_batch_end(self, batch: int, logs: Logs = None) -> None:
        self.advance(logs)

    def on_test_end(self, logs: Logs = None) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None
        steps = f"{self._steps}/{self.params.get('steps') or self._steps}"
        result = f" - {describe(logs)}" if logs else ""
        print(f"{steps} - {time.perf_counter() - self._start:.1f}s{result}", flush=True)

    def on_predict_begin(self, logs: Logs = None) -> None:
        self.on_test_begin()

    def on_predict_batch_end(self, batch: int, logs: Logs = None) -> None:
        self.advance()

    def on_predict_end(self, logs: Logs = None) -> None:
        self.on_test_end()

    def advance(self, logs: Logs = None) -> None:
        """Count a batch, and update the bar from time to time."""
        with self._lock:
            self._steps += 1
            now = time.perf_counter()
            if self.mode == "bar" and now - self._last_update >= _PAUSE:
                self._last_update = now
                self._draw(logs)

    def _draw(self, logs: Logs) -> None:
        if self._bar is None:
            self._bar = progress_bar(
                total=self.params.get("steps"), unit="step", file=sys.stdout, leave=False, dynamic_ncols=True
            )
        self._bar.n = self._steps
        self._bar.set_postfix_str(describe(logs))
