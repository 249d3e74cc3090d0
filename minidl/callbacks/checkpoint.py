"""`ModelCheckpoint`: save the model during training."""

import os
from string import Formatter

import numpy as np

from minidl.callbacks.callback import Logs
from minidl.callbacks.monitoring import Monitor
from minidl.callbacks.save_frequency import SaveFrequency
from minidl.config.checks import check_real
from minidl.config.processes import print_once
from minidl.config.types import State


class ModelCheckpoint(Monitor):
    """Saves the model, or its weights, at the end of each epoch or every `save_freq` batches.

    Files are written atomically. In an epoch without the monitored value (`validation_freq`), nothing is saved with
    `save_best_only`; Keras would save the model. NaN is never the best value.

    Args:
        filepath: the path; its ending decides the format, as for `model.save`: ".safetensors" or ".keras", and with
            `save_weights_only` ".safetensors" or ".weights.h5". Names in braces are filled in: `{epoch}`, from 1, each
            key of the logs, and `{batch}` if `save_freq` is a number: "{epoch:02d}-{val_loss:.2f}.safetensors". Folders are
            created.
        monitor: key in the logs, for `save_best_only`.
        verbose: 1 prints a line whenever it saves.
        save_best_only: whether to save only if the monitored value has improved.
        save_weights_only: whether to save only the weights, for `model.load_weights`.
        mode: "min", "max", or "auto", which knows the direction of losses and of the model's metrics.
        save_freq: "epoch", or a number of batches.
        initial_value_threshold: with `save_best_only`, a value to beat.
    Attributes:
        best: the best value so far; it is kept between calls of `fit`.
    Raises:
        ValueError: another ending, an unknown mode or `save_freq`, braces that cannot be filled in; during training, a name in
            braces that is not in the logs, or a value that is an array.
    Example:
        >>> ModelCheckpoint("best.safetensors", save_best_only=True)
        ModelCheckpoint(filepath='best.safetensors', save_best_only=True)
    """

    def __init__(
        self,
        filepath: "str | os.PathLike[str]",
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        save_weights_only: bool = False,
        mode: str = "auto",
        save_freq: object = "epoch",
        initial_value_threshold: float | None = None,
    ) -> None:
        super().__init__(monitor, mode)
        self.filepath = os.fspath(filepath)
        self._save_frequency, self._epoch = SaveFrequency("ModelCheckpoint", save_freq), 0
        from minidl.saving.files import MODEL_ENDINGS, WEIGHTS_ENDINGS, ending_of  # a prediction does not load it

        self._check_template()
        if save_weights_only:
            ending_of(filepath, WEIGHTS_ENDINGS, "save weights")
        else:
            ending_of(filepath, MODEL_ENDINGS, "save a model")
        if initial_value_threshold is not None:
            check_real("ModelCheckpoint", "initial_value_threshold", initial_value_threshold)
        self.verbose, self.save_freq = verbose, save_freq
        self.save_best_only, self.save_weights_only = save_best_only, save_weights_only
        self.initial_value_threshold = initial_value_threshold
        self.best = initial_value_threshold

    def get_state(self) -> State:
        """The best value so far, and the batches since the last file."""
        return {"best": self.best, "seen": self._save_frequency.seen, "epoch": self._epoch, "had_it": self._seen}

    def set_state(self, state: State) -> None:
        self.best, self._save_frequency.seen = state["best"], state["seen"]
        self._epoch, self._seen = state["epoch"], state["had_it"]

    def _check_template(self) -> None:
        """Raise ValueError if the braces could not be filled in with any logs."""
        try:
            for _, name, form, conversion in Formatter().parse(self.filepath):
                if name is None:  # the text after the last brace
                    continue
                if not name or name.isdigit():
                    raise ValueError("braces hold a name, such as {epoch}")
                if name == "batch" and self._save_frequency.every is None:
                    raise ValueError('{batch} needs save_freq to be a number of batches, not "epoch"')
                format("" if conversion else 1 if name in ("epoch", "batch") else 1.0, form or "")
        except ValueError as error:
            raise ValueError(f"ModelCheckpoint cannot fill in {self.filepath!r}: {error}") from None

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        self._epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        if self._save_frequency.at_batch():
            self._save(dict(logs or {}), {"epoch": self._epoch + 1, "batch": batch + 1})

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        if self._save_frequency.every is None:
            self._save(dict(logs or {}), {"epoch": epoch + 1})

    def _save(self, logs: dict[str, float], place: dict[str, int]) -> None:
        path = self._path(logs, place)
        if self.save_best_only and not self._improves(logs):
            return
        if folder := os.path.dirname(path):
            os.makedirs(folder, exist_ok=True)
        save = self.model.save_weights if self.save_weights_only else self.model.save
        save(path, overwrite=True)
        if self.verbose:
            print_once(f"Epoch {place['epoch']}: saved {path}")

    def _improves(self, logs: dict[str, float]) -> bool:
        had_it = self._seen
        current = self.look_up(logs)
        if current is None:
            return not had_it  # without any monitored value everything is saved, as in Keras
        if not self.is_better(current, self.best):
            return False
        self.best = current
        return True

    def _path(self, logs: dict[str, float], place: dict[str, int]) -> str:
        known: State = logs | place
        for _, name, _, _ in Formatter().parse(self.filepath):
            if name is not None and np.ndim(known.get(name, 0)) > 0:
                raise ValueError(
                    f"ModelCheckpoint cannot fill in {name!r} of {self.filepath!r}, which has {np.size(known[name])} values; "
                    f'make its metric with average="macro", or with a single threshold'
                )
        try:
            return self.filepath.format(**known)
        except KeyError as error:
            names = ", ".join([*place, *logs])
            raise ValueError(f"ModelCheckpoint cannot fill in {error} of {self.filepath!r}; the names are {names}") from error
