"""`TensorBoard`: write loss, metrics and weights as TensorBoard event files."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from minidl.callbacks.callback import Callback, Logs
from minidl.callbacks.log_format import curves
from minidl.config.checks import is_integer
from minidl.config.types import State
from minidl.layers.embedding import Embedding


class TensorBoard(Callback):
    """Writes event files for `tensorboard --logdir logs`: curves of loss and metrics, and histograms of the weights.

    It needs tensorboardX: `pip install tensorboardX`. Curves have Keras's names: "epoch_loss" under "train" and under
    "validation", "batch_loss", "evaluation_loss_vs_iterations"; a metric
    with several values makes a curve for each, "epoch_f1_score_0".

    Args:
        log_dir: the folder of the files.
        histogram_freq: epochs between histograms of the weights; 0 for none.
        write_graph: whether to write the model's summary, as text.
        write_images: whether to write the weights as images too, with the histograms.
        write_steps_per_second: whether to write the training speed.
        update_freq: "epoch", "batch", or a number of batches after which the running means are written too.
        profile_batch: accepted for compatibility with Keras and ignored.
        embeddings_freq: epochs between two copies of the `Embedding` layers' vectors, for the projector; 0 for none.
        embeddings_metadata: a file with a label for each vector, one a line, or a dict of such files by layer name.
    Raises:
        ImportError: at the beginning of `fit`, tensorboardX is not installed.
        ValueError: `update_freq` is neither a name nor a number of batches.
    Example:
        >>> TensorBoard("logs", histogram_freq=1)
        TensorBoard(histogram_freq=1)
    """

    only_writes = True

    def __init__(
        self,
        log_dir: str | os.PathLike[str] = "logs",
        histogram_freq: int = 0,
        write_graph: bool = True,
        write_images: bool = False,
        write_steps_per_second: bool = False,
        update_freq: Any = "epoch",
        profile_batch: int | Sequence[int] = 0,
        embeddings_freq: int = 0,
        embeddings_metadata: str | dict[str, str] | None = None,
    ) -> None:
        self.log_dir, self.histogram_freq, self.write_graph = os.fspath(log_dir), histogram_freq, write_graph
        self.write_images, self.write_steps_per_second = write_images, write_steps_per_second
        self.update_freq, self.profile_batch = update_freq, profile_batch
        self.embeddings_freq, self.embeddings_metadata = embeddings_freq, embeddings_metadata
        named = {"epoch": 0, "batch": 1}
        if update_freq not in named and not is_integer(update_freq, least=1):
            raise ValueError(
                f'TensorBoard expects update_freq to be "epoch", "batch" or a number of batches, got {update_freq!r}'
            )
        self._every: int = named.get(update_freq, update_freq)
        self._writers: dict[str, Any] = {}
        self._steps, self._first, self._started, self._in_fit = 0, 0, 0.0, False

    def get_state(self) -> State:
        """The batches so far."""
        return {"_steps": self._steps, "_first": self._steps}

    def on_train_begin(self, logs: Logs = None) -> None:
        self._in_fit, self._steps, self._started = True, 0, time.perf_counter()
        self._writer("train")  # raises early if tensorboardX is missing
        if self.write_graph:
            lines: list[str] = []
            self.model.summary(print_fn=lines.append)
            self._writer("train").add_text("model", "\n".join("    " + line for text in lines for line in text.split("\n")))

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        self._started, self._first = time.perf_counter(), self._steps

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        self._steps += 1
        if self._every and self._steps % self._every == 0:
            for name, value in (logs or {}).items():
                self._write("train", f"batch_{name}", value, self._steps)

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        for name, value in (logs or {}).items():
            part = "validation" if name.startswith("val_") else "train"
            self._write(part, f"epoch_{name.removeprefix('val_')}", value, epoch)
        if self.write_steps_per_second:
            speed = (self._steps - self._first) / (time.perf_counter() - self._started)
            self._writer("train").add_scalar("epoch_steps_per_second", speed, epoch)
        if self.histogram_freq and epoch % self.histogram_freq == 0:
            self._write_weights(epoch)
        if self.embeddings_freq and epoch % self.embeddings_freq == 0:
            self._write_embeddings(epoch)
        for writer in self._writers.values():
            writer.flush()

    def on_test_end(self, logs: Logs = None) -> None:
        iterations = 0 if self.model.optimizer is None else int(self.model.optimizer.iterations)
        for name, value in (logs or {}).items():
            for curve, number in curves(name, value).items():
                self._writer("validation").add_scalar(f"evaluation_{curve}_vs_iterations", number, iterations)
        if not self._in_fit:
            self._close()

    def on_train_end(self, logs: Logs = None) -> None:
        self._in_fit = False
        self._close()

    def _write(self, part: str, name: str, value: object, step: int) -> None:
        for curve, number in curves(name, value).items():
            self._writer(part).add_scalar(curve, number, step)

    def _write_weights(self, epoch: int) -> None:
        for layer in self.model.layers:
            for variable in layer.weights:
                name = f"{layer.name}/{variable.name}"
                self._writer("train").add_histogram(f"{name}/histogram", variable.numpy(), epoch)
                if self.write_images and variable.ndim == 2:
                    low, high = float(variable.value.min()), float(variable.value.max())
                    gray = (variable.value - low) / (high - low if high > low else 1.0)
                    self._writer("train").add_image(f"{name}/image", gray, epoch, dataformats="HW")

    def _write_embeddings(self, epoch: int) -> None:
        files = self.embeddings_metadata
        for layer in self.model.layers:
            if isinstance(layer, Embedding):
                path = files.get(layer.name) if isinstance(files, Mapping) else files
                labels = None if path is None else Path(path).read_text(encoding="utf-8").splitlines()
                self._writer("train").add_embedding(layer.embeddings.numpy(), labels, tag=layer.name, global_step=epoch)

    def _writer(self, part: str) -> Any:
        if part not in self._writers:
            try:
                from tensorboardX import SummaryWriter
            except ImportError as error:
                raise ImportError("TensorBoard needs tensorboardX: pip install tensorboardX") from error
            self._writers[part] = SummaryWriter(os.path.join(self.log_dir, part))
        return self._writers[part]

    def _close(self) -> None:
        for writer in self._writers.values():
            writer.close()
        self._writers = {}

    def __getstate__(self) -> State:
        return self.__dict__ | {"_writers": {}}
