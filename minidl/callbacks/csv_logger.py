"""`CSVLogger`: write the logs of every epoch to a CSV file."""

import csv
import io
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np

from minidl.callbacks.callback import Callback, Logs
from minidl.config.types import MaybeNone, State
from minidl.data.atomic_file import append_whole, replacing


class CSVLogger(Callback):
    """Writes each epoch's loss and metrics as a line of a CSV file, at the end of the epoch.

    Each line is written as a whole: after a kill or on a full disk the file ends with a whole line. A file of an older run is
    replaced by the first line of the new one.

    The columns are "epoch", from 0, and the keys of the first epoch's logs, with their "val_..." versions if a later epoch is
    the first to be validated; missing values are written as "NA", metrics with several values as "[0.5, 1.0]".

    Args:
        filename: path of the file; folders are created.
        separator: separator of the columns, one character.
        append: whether to append to an existing file, using its columns, instead of overwriting it.
    Raises:
        ValueError: a separator of more than one character; at the beginning of `fit`, the file to append to has no column
            "epoch", or is not CSV.
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
        self._file: IO[Any] | MaybeNone = None
        self._columns: list[str] = []
        self._starts_over = False  # whether the file still holds an older run

    def get_state(self) -> State:
        """The columns, and how much of the file is written."""
        return {"columns": self._columns, "size": 0 if self._starts_over or self._file is None else self._size()}

    def set_state(self, state: State) -> None:
        """Continue the file of an interrupted run after the last epoch that the backup knows."""
        if 0 < state["size"] <= self._size():  # otherwise the file was removed
            self._file.truncate(state["size"])
            self._columns, self._starts_over = state["columns"], False

    def on_train_begin(self, logs: Logs = None) -> None:
        self._close()
        self._columns = self._header() if self.append and os.path.isfile(self.filename) else []  # not of a pipe or a device
        self._starts_over = not self.append
        if self._columns:
            self._end_last_line()
        if folder := os.path.dirname(self.filename):
            os.makedirs(folder, exist_ok=True)
        self._open()

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        values = {"epoch": epoch} | {key: _cell(value) for key, value in (logs or {}).items()}
        lines = []
        if not self._columns:
            keys = sorted(logs or {})
            if self.params.get("do_validation", True) and not any(key.startswith("val_") for key in keys):
                keys += [f"val_{key}" for key in keys if key != "learning_rate"]
            self._columns = ["epoch", *keys]
            lines.append(self._columns)
        self._write([*lines, [values.get(key, "NA") for key in self._columns]])

    def on_train_end(self, logs: Logs = None) -> None:
        if self._starts_over:  # no epoch was trained
            self._write([])
        self._close()

    def _write(self, rows: Sequence[Sequence[object]]) -> None:
        """Add lines, or replace an older file by them."""
        text = io.StringIO()
        csv.writer(text, delimiter=self.separator).writerows(rows)
        content = text.getvalue().encode()
        if not self._starts_over:
            append_whole(self._file, content)
            return
        self._close()
        with replacing(Path(self.filename)) as file:
            file.write(content)
            written = os.fstat(file.fileno())
        self._starts_over = False
        self._open()
        if not os.path.samestat(os.fstat(self._file.fileno()), written):  # another run has replaced this one's file since
            self._close()
            self._file = open(os.devnull, "ab", buffering=0)  # noqa: SIM115  # closed at the end of training

    def _open(self) -> None:
        self._file = open(self.filename, "ab", buffering=0)  # noqa: SIM115  # closed at the end of training

    def _size(self) -> int:
        return os.fstat(self._file.fileno()).st_size

    def _end_last_line(self) -> None:
        """Remove half a line at the end of the file to append to; end a line that lacks only its end."""
        content = Path(self.filename).read_bytes()
        start = content.rfind(b"\n") + 1
        if start == len(content):
            return
        is_whole = len(self._first_row([content[start:].decode(errors="replace")])) >= len(self._columns)
        with open(self.filename, "ab", buffering=0) as file:
            if is_whole:
                append_whole(file, b"\r\n")
            else:
                file.truncate(start)

    def _header(self) -> list[str]:
        """The columns of the file to append to; none if it is empty."""
        with open(self.filename, newline="", encoding="utf-8-sig") as file:  # without the mark that Excel begins a file with
            columns = self._first_row(file)
        if columns and "epoch" not in columns:
            raise ValueError(
                f"CSVLogger cannot continue {self.filename}, whose columns are {columns}, without one named 'epoch'; "
                f"give the separator that the file was written with, or another name"
            )
        return columns

    def _first_row(self, lines: Iterable[str]) -> list[str]:
        try:
            return next(csv.reader(lines, delimiter=self.separator), [])
        except (csv.Error, UnicodeDecodeError) as error:
            raise ValueError(
                f"CSVLogger cannot continue {self.filename}, which is not a CSV file that it can read ({error}); "
                f"give another name, or append=False to replace it"
            ) from None

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def __getstate__(self) -> State:
        return self.__dict__ | {"_file": None}


def _cell(value: float) -> object:
    return value if np.ndim(value) == 0 else f"[{', '.join(map(str, np.ravel(value)))}]"
