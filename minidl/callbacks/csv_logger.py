"""`CSVLogger`: the logs of every epoch as lines of a file."""

import csv
import os
from typing import Any

from minidl.callbacks.callback import Callback, Logs


class CSVLogger(Callback):
    """Writes each epoch's loss and metrics as a line of a file, which other programs can read while training goes on.

    The columns are "epoch", from 0, and the figures of the first epoch, with their "val_..." ones in case they come later;
    "NA" stands for a figure that is missing.

    Args:
        filename: where to.
        separator: what stands between two columns.
        append: whether a file that stands there is continued, without a second header; else it is replaced.
    Example:
        >>> logger = CSVLogger("training.csv")
        >>> logger.on_train_begin(); logger.on_epoch_end(0, {"loss": 0.5, "val_loss": 0.75}); logger.on_train_end()
        >>> from pathlib import Path
        >>> Path("training.csv").read_text().split()
        ['epoch,loss,val_loss', '0,0.5,0.75']
    """

    def __init__(self, filename: "str | os.PathLike[str]", separator: str = ",", append: bool = False) -> None:
        self.filename, self.separator, self.append = os.fspath(filename), separator, append
        self._file: Any = None
        self._columns: list[str] = []

    def on_train_begin(self, logs: Logs = None) -> None:
        self._close()
        self._columns = []
        self._headed = self.append and os.path.exists(self.filename) and os.path.getsize(self.filename) > 0
        self._file = open(self.filename, "a" if self.append else "w", newline="", encoding="utf-8")  # noqa: SIM115

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        figures = dict(logs or {})
        writer = csv.writer(self._file, delimiter=self.separator)
        if not self._columns:
            keys = sorted(figures)
            self._columns = keys if any(key.startswith("val_") for key in keys) else keys + [f"val_{key}" for key in keys]
            if not self._headed:
                writer.writerow(["epoch", *self._columns])
        writer.writerow([epoch, *(figures.get(key, "NA") for key in self._columns)])
        self._file.flush()

    def on_train_end(self, logs: Logs = None) -> None:
        self._close()

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_file": None}
