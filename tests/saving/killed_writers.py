"""Everything that writes files, to be killed, run twice at once, or run on a full disk; and what its files must be then."""

import csv
import hashlib
import os
import resource
import signal
import time
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from minidl import Input, Sequential, callbacks, layers, load_model
from minidl.data.download import download
from minidl.saving.checkpoint import load_state
from minidl.utils.files import unpack

X = np.random.default_rng(0).normal(size=(32, 20)).astype("float32")
Y = X[:, :1]
CONTENT = bytes(range(256)) * 2000


def small(value: float = 0.0) -> Sequential:
    """A model whose weights all have one value."""
    model = Sequential([Input((20,)), layers.Dense(60, "relu"), layers.Dense(1)])
    model.compile("adam", "mse", metrics=["mae"])
    model.set_weights([np.full(weight.shape, value) for weight in model.get_weights()])
    return model


def check_of_one_kind(weights: list[Any]) -> None:
    """Weights of two files never mix."""
    assert len({float(value) for weight in weights for value in (weight.min(), weight.max())}) == 1


class Writer:
    """Writes a file again and again.

    Attributes:
        names: what may be in the folder after a write.
        moves: whether files get other names while it writes, so that they cannot be read meanwhile.
    """

    names: tuple[str, ...] = ("net.safetensors",)
    moves = False

    def __init__(self, folder: Path) -> None:
        self.folder, self.path = folder, folder / self.names[0]

    def write(self, number: int) -> None:
        """One of several contents; returns when it is written."""
        small(float(number)).save(self.path)

    def check(self) -> None:
        """Raise an error unless the files are whole."""
        check_of_one_kind(load_model(self.path).get_weights())


class SaveKeras(Writer):
    names = ("net.keras",)


class SaveWeights(Writer):
    names = ("net.weights.h5",)

    def write(self, number: int) -> None:
        small(float(number)).save_weights(self.path)

    def check(self) -> None:
        model = small()
        model.load_weights(self.path)
        check_of_one_kind(model.get_weights())


class Export(Writer):
    names = ("net.onnx",)

    def write(self, number: int) -> None:
        small(float(number)).export(self.path, verbose=False)

    def check(self) -> None:
        import onnx

        onnx.checker.check_model(onnx.load(self.path))


class Fitting(Writer):
    """A training with a callback that writes."""

    def listener(self) -> callbacks.Callback:
        return callbacks.ModelCheckpoint(self.path, save_freq=1)

    def write(self, number: int) -> None:
        small().fit(X, Y, batch_size=16, epochs=number + 1, verbose=0, callbacks=[self.listener()])

    def check(self) -> None:
        assert np.isfinite(load_model(self.path).predict(X, verbose=0)).all()


class StopAfter(callbacks.Callback):
    """Ends a run after so many of its own batches, at the end of an epoch."""

    def __init__(self, batches: int) -> None:
        super().__init__()
        self.left = batches

    def get_state(self) -> dict[str, Any]:
        return {}

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.left -= 1

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.model.stop_training = self.left <= 0


class Backup(Fitting):
    """Its runs resume one another without an end: one that had nothing left to train would write nothing."""

    names, moves = ("latest.safetensors", "previous.safetensors"), True

    def write(self, number: int) -> None:
        listeners = [self.listener(), StopAfter(2 * number + 1)]
        small().fit(X, Y, batch_size=16, epochs=10**9, verbose=0, callbacks=listeners)

    def listener(self) -> callbacks.Callback:
        return callbacks.BackupAndRestore(self.folder, save_freq=1, double_checkpoint=True, delete_checkpoint=False)

    def check(self) -> None:
        paths = [path for path in (self.folder / name for name in self.names) if path.exists()]
        assert paths
        for path in paths:
            load_state(small(), path)


class Log(Fitting):
    names = ("log.csv",)

    def listener(self) -> callbacks.Callback:
        return callbacks.CSVLogger(self.path)

    def check(self) -> None:
        text = self.path.read_bytes()
        rows = list(csv.reader(text.decode().splitlines()))
        assert text == b"" or text.endswith(b"\n")
        assert rows[:1] in ([], [["epoch", "loss", "mae", "val_loss", "val_mae"]], [["epoch", "loss", "mae"]])
        assert {len(row) for row in rows} <= {len(rows[0])} if rows else True
        assert [row[0] for row in rows[1:]] == [str(number) for number in range(len(rows) - 1)]


class Download(Writer):
    names = ("data.npz",)

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.source = folder.parent / f"{folder.name}.source"
        self.source.write_bytes(CONTENT)

    def write(self, number: int) -> None:
        download(self.source.as_uri(), self.path, hashlib.sha256(CONTENT).hexdigest())

    def check(self) -> None:
        assert self.path.read_bytes() == CONTENT


class Unpack(Download):
    """Unpacks an archive if its folder is missing, as `get_file` does."""

    names, moves = ("data",), True

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        with zipfile.ZipFile(self.source, "w") as archive:
            for number in range(20):
                archive.writestr(f"part_{number}.bin", CONTENT[:10_000])

    def write(self, number: int) -> None:
        with suppress(FileNotFoundError):
            os.rename(self.path, self.folder.parent / f"old.{os.getpid()}.{time.monotonic_ns()}")
        unpack(self.source, self.path)

    def check(self) -> None:
        found = sorted(self.path.iterdir()) if self.path.exists() else []
        assert len(found) in (0, 20)
        assert all(path.read_bytes() == CONTENT[:10_000] for path in found)


WRITERS: dict[str, Callable[[Path], Writer]] = {
    "save": Writer,
    "save .keras": SaveKeras,
    "save_weights": SaveWeights,
    "export": Export,
    "ModelCheckpoint": Fitting,
    "BackupAndRestore": Backup,
    "CSVLogger": Log,
    "download": Download,
    "unpack": Unpack,
}


def started(writer: Writer, prepare: Callable[[], Any] = lambda: None) -> int:
    """A forked process that writes for ever."""
    child = os.fork()
    if child:
        return child
    try:
        prepare()
        number = 0
        while True:
            writer.write(number % 3)
            number += 1
    except OSError as error:  # not printed: pytest's file for it may not grow either
        os._exit(min(error.errno or 1, 200))
    finally:
        os._exit(255)


def kill(child: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def check_alone(writer: Writer) -> None:
    """Raise an error if temporary files are left in the folder."""
    assert {path.name for path in writer.folder.iterdir()} <= set(writer.names)


def limit_files(size: int) -> None:
    """Like a full disk: no file may grow beyond `size` bytes."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
