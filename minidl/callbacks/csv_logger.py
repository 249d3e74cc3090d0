"""`CSVLogger`: write the logs of every epoch to a CSV file."""

import csv
import os
from typing import Any

import numpy as np

from minidl.callbacks.callback import Callback, Logs


class CSVLogger(Callback):
    """Writes each epoch's loss and metrics as a line of a CSV file, flushed after each epoch.

    The columns are "epoch", from 0, and the keys of the first epoch's logs, with their "val_..." versions if a later epoch is
    the first to be validated; missing values are written as "NA", metrics with several values as "[0.5, 1.0]".

    Args:
        filename: path of the file; folders are created.
        separator: separator of the columns, one character.
        append: whether to append to an existing file, using its columns, instead of overwriting it.
    Raises:
        ValueError: a separator of more than one character; at the beginning of `fit`, the file to append to has no column
            "epoch".
    Example:
        >>> logger = CSVLogger("training.csv")
        >>> logger.on_train_begin(); logger.on_epoch_end(0, {"loss": 0.5, "val_loss": 0.75}); logger.on_train_end()
        >>> from pathlib import Path
        >>> Path("training.csv").read_text().split()
        ['epoch,loss,val_loss', '0,0.5,0.75']
    """

    only_writes = True

    def __init__(self, filename: "str | os.PathLike[str]", separator: str = ",", append: bool = False) -> None:
        if len(separator) != 1 or separator in '"\r\n':
            raise ValueError(f'CSVLogger expects separator to be one character, such as ";", got {separator!r}')
        self.filename, self.separator, self.append = os.fspath(filename), separator, append
        self._file: Any = None
        self._columns: list[str] = []
        self._starts_over = False  # whether the file still holds an older run

    def get_state(self) -> dict[str, Any]:
        """The columns, and how much of the file is written."""
        return {"columns": self._columns, "size": 0 if self._starts_over or self._file is None else self._size()}

    def set_state(self, state: dict[str, Any]) -> None:
        """Continue the file of an interrupted run after the last epoch that the backup knows."""
        if 0 < state["size"] <= self._size():  # otherwise the file was removed
            self._file.truncate(state["size"])
            self._columns, self._starts_over = state["columns"], False

    def on_train_begin(self, logs: Logs = None) -> None:
        self._close()
        self._columns = self._header() if self.append and os.path.exists(self.filename) else []
        self._starts_over = not self.append
        if folder := os.path.dirname(self.filename):
            os.makedirs(folder, exist_ok=True)
        self._file = open(self.filename, "a", newline="", encoding="utf-8")  # noqa: SIM115  # closed at the end of training

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        figures = {"epoch": epoch} | {key: _cell(value) for key, value in (logs or {}).items()}
        self._start_over()
        writer = csv.writer(self._file, delimiter=self.separator)
        if not self._columns:
            keys = sorted(logs or {})
            if self.params.get("do_validation", True) and not any(key.startswith("val_") for key in keys):
                keys += [f"val_{key}" for key in keys if key != "learning_rate"]
            self._columns = ["epoch", *keys]
            writer.writerow(self._columns)
        writer.writerow([figures.get(key, "NA") for key in self._columns])
        self._file.flush()

    def on_train_end(self, logs: Logs = None) -> None:
        self._start_over()
        self._close()

    def _size(self) -> int:
        return os.fstat(self._file.fileno()).st_size

    def _start_over(self) -> None:
        """Empty the file before the first line, unless it is continued."""
        if self._starts_over:
            self._file.truncate(0)
            self._starts_over = False

    def _header(self) -> list[str]:
        """The columns of the file to append to; none if it is empty."""
        with open(self.filename, newline="", encoding="utf-8") as file:
            columns = next(csv.reader(file, delimiter=self.separator), [])
        if columns and "epoch" not in columns:
            raise ValueError(
                f"CSVLogger cannot continue {self.filename}, whose columns are {columns}, without one named 'epoch'; "
                f"give the separator that the file was written with, or another name"
            )
        return columns

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_file": None}


def _cell(value: Any) -> Any:
    return value if np.ndim(value) == 0 else f"[{', '.join(map(str, np.ravel(value)))}]"
