"""`BackupAndRestore`: resume an interrupted training where it stopped."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from minidl.callbacks.callback import Callback, Logs
from minidl.callbacks.save_frequency import SaveFrequency
from minidl.config.processes import prints_and_writes

_NAME, _BEFORE = "latest.safetensors", "previous.safetensors"


class BackupAndRestore(Callback):
    """Saves the state of the training in a folder and restores it if there is one.

    After a crash or Ctrl-C run the same program again: the same model, data and `fit`. Training resumes after the last backup
    and ends with exactly the same weights as an uninterrupted run: the backup holds the weights, the optimizer's state, its
    learning rate and the states of all random generators, and batches that were already used in the current epoch are skipped.
    (Keras restarts that epoch.) The state of other callbacks is not saved, and the history of the second run begins with its
    own first epoch.

    Args:
        backup_dir: the folder; created if it does not exist.
        save_freq: "epoch", or a number of batches.
        double_checkpoint: whether to keep the previous backup too, in case the last one is damaged.
        delete_checkpoint: whether to delete the backups when training has finished.
    Raises:
        ValueError: no folder, an unknown `save_freq`, a copy that is damaged, of another model or optimizer, or, in the middle
            of an epoch, of other batches.
    Example:
        >>> BackupAndRestore("backup", save_freq=100)
        BackupAndRestore(backup_dir='backup', save_freq=100)
    """

    def __init__(
        self,
        backup_dir: "str | os.PathLike[str]",
        save_freq: Any = "epoch",
        double_checkpoint: bool = False,
        delete_checkpoint: bool = True,
    ) -> None:
        if not backup_dir:
            raise ValueError("BackupAndRestore expects backup_dir to be a folder, got an empty name")
        self.backup_dir = os.fspath(backup_dir)
        self.save_freq, self.double_checkpoint, self.delete_checkpoint = save_freq, double_checkpoint, delete_checkpoint
        self._save_frequency, self._epoch = SaveFrequency("BackupAndRestore", save_freq), 0

    def on_train_begin(self, logs: Logs = None) -> None:
        from minidl.saving.checkpoint import load_state

        paths = [path for path in (self._path(_NAME), self._path(_BEFORE)) if path.exists()]
        for number, path in enumerate(paths, start=1):
            try:
                progress = load_state(self.model, path, self._check)
            except ValueError:
                if number == len(paths):
                    raise
            else:
                self._take_up(progress)
                return

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        self._epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        if self._save_frequency.at_batch():
            data = self.model.epoch_iterator
            at_end = batch + 1 == self.params.get("steps") or data.taken == data.batches.pass_length  # only validation is left
            self._save(self._epoch + at_end, 0 if at_end else batch + 1)

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        if self._save_frequency.every is None:
            self._save(epoch + 1, 0)

    def on_train_end(self, logs: Logs = None) -> None:
        if self.delete_checkpoint and prints_and_writes():
            for name in (_NAME, _BEFORE):
                self._path(name).unlink(missing_ok=True)
            with suppress(OSError):  # it is not empty: other files in it are not ours
                os.rmdir(self.backup_dir)

    def _save(self, epoch: int, step: int) -> None:
        from minidl.saving.checkpoint import save_state

        os.makedirs(self.backup_dir, exist_ok=True)
        if self.double_checkpoint and prints_and_writes() and self._path(_NAME).exists():
            os.replace(self._path(_NAME), self._path(_BEFORE))
        epoch_iterator = self.model.epoch_iterator
        over = epoch_iterator.taken == epoch_iterator.batches.pass_length or (epoch_iterator.steps is None and step == 0)
        progress = {"epoch": epoch, "step": step, "seen": self._save_frequency.seen, "lengths": self._lengths()}
        progress |= {"place": 0 if over else epoch_iterator.taken, "order": epoch_iterator.order}
        save_state(self.model, self._path(_NAME), progress)

    def _take_up(self, progress: dict[str, Any]) -> None:
        """Go to the batch at which the backup was made; within an epoch its shuffled order is drawn again."""
        epoch_iterator, step = self.model.epoch_iterator, progress["step"]
        self.model.epoch, self._save_frequency.seen = progress["epoch"], progress["seen"]
        if progress["place"]:
            epoch_iterator.go_to(progress["place"], progress["order"])
            if step and not epoch_iterator.follows():  # only now is it known that the epoch had ended
                self.model.epoch, step = self.model.epoch + 1, 0
        self.model.step = step

    def _check(self, progress: dict[str, Any]) -> None:
        """Raise ValueError if the backup was made within an epoch and the number of batches has changed."""
        if (progress["step"] or progress["place"]) and progress["lengths"] != self._lengths():
            (steps, length), (steps_now, length_now) = progress["lengths"], self._lengths()
            raise ValueError(
                f"the backup in {self.backup_dir} was made in the middle of {length} batches of data, {steps} per epoch, and "
                f"now there are {length_now}, {steps_now} per epoch; give fit the same data, batch_size and steps_per_epoch, "
                f"or delete the folder to start over"
            )

    def _lengths(self) -> list[int | None]:
        return [self.params.get("steps"), self.model.epoch_iterator.batches.pass_length]

    def _path(self, name: str) -> Path:
        return Path(self.backup_dir, name)
