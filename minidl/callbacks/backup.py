"""`BackupAndRestore`: resume an interrupted training where it stopped."""

import os
from contextlib import suppress
from pathlib import Path

from minidl.callbacks.callback import Callback, Logs
from minidl.callbacks.save_frequency import SaveFrequency
from minidl.config.checks import is_integer
from minidl.config.processes import prints_and_writes
from minidl.config.types import State
from minidl.config.user_warnings import warn_user
from minidl.data.data_state import data_state, restore_data_state, unsaved_changes

_NAME, _BEFORE = "latest.safetensors", "previous.safetensors"


class BackupAndRestore(Callback):
    """Saves the state of the training in a folder and restores it if there is one.

    After a crash or Ctrl-C run the same program again: the same model, data and `fit`. Training resumes after the last backup
    and ends with exactly the same weights and history as an uninterrupted run: the backup holds the weights, the optimizer's
    state, its learning rate, the states of all random generators, metrics and callbacks, and that of the data set if it has
    `get_state` and `set_state`. Batches that were already used in the current epoch are skipped, and its `on_epoch_begin` is
    not repeated. (Keras restarts that epoch.)

    It runs after all other callbacks. What it cannot save is named in a warning when training resumes: see
    `Callback.get_state`. Variables of functions, as in `LambdaCallback`, are not seen.

    Args:
        backup_dir: the folder; created if it does not exist.
        save_freq: "epoch", or a number of batches.
        double_checkpoint: whether to keep the previous backup too, in case the last one is damaged.
        delete_checkpoint: whether to delete the backups when training has finished.
    Warns:
        UserWarning: training resumes, and a callback or a data set has a state that could not be saved.
    Raises:
        ValueError: no folder, an unknown `save_freq`, a copy that is damaged, of another model or optimizer, or, in the middle
            of an epoch, of other batches.
    Example:
        >>> BackupAndRestore("backup", save_freq=100)
        BackupAndRestore(backup_dir='backup', save_freq=100)
    """

    runs_last = True  # so that the states of the others are those after the same batch

    def __init__(
        self,
        backup_dir: "str | os.PathLike[str]",
        save_freq: object = "epoch",
        double_checkpoint: bool = False,
        delete_checkpoint: bool = True,
    ) -> None:
        if not backup_dir:
            raise ValueError("BackupAndRestore expects backup_dir to be a folder, got an empty name")
        self.backup_dir = os.fspath(backup_dir)
        self.save_freq, self.double_checkpoint, self.delete_checkpoint = save_freq, double_checkpoint, delete_checkpoint
        self._save_frequency, self._epoch = SaveFrequency("BackupAndRestore", save_freq), 0

    def get_state(self) -> State:
        """Nothing: the backup knows where training was."""
        return {}

    def on_train_begin(self, logs: Logs = None) -> None:
        from minidl.saving.checkpoint import load_state
        from minidl.saving.errors import reading, unchanged_on_error

        paths = [path for path in (self._path(_NAME), self._path(_BEFORE)) if path.exists()]
        for number, path in enumerate(paths, start=1):
            try:
                with reading(path), unchanged_on_error(self.model):
                    lost = self._resume(load_state(self.model, path, self._check))
            except (ValueError, FileNotFoundError):  # damaged, or just moved by another run
                if number == len(paths):
                    raise
            else:
                self._warn_of(lost)
                return

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        self._epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        if self._save_frequency.at_batch():
            self._save(self._epoch, batch + 1, logs)

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        if self._save_frequency.every is None:
            self._save(epoch + 1, 0, logs)

    def on_train_end(self, logs: Logs = None) -> None:
        if self.delete_checkpoint and prints_and_writes():
            for name in (_NAME, _BEFORE):
                self._path(name).unlink(missing_ok=True)
            with suppress(OSError):  # it is not empty: other files in it are not ours
                os.rmdir(self.backup_dir)

    def _save(self, epoch: int, step: int, logs: Logs) -> None:
        """Save the state after a batch, with the number of batches so far as `step`, or at the end of an epoch with step 0."""
        from minidl.saving.checkpoint import save_state
        from minidl.saving.training_state import callback_states, metric_state

        model, data = self.model, self.model.epoch_iterator
        at_end = data.taken == data.batches.pass_length and not data.follows()  # this calls the data set's on_epoch_end
        epoch_complete = at_end or (data.steps is None and step == 0)
        progress = {"epoch": epoch, "step": step, "seen": self._save_frequency.seen, "lengths": self._lengths()}
        progress |= {"place": 0 if epoch_complete else data.taken, "order": data.order, "logs": dict(logs or {})}
        progress |= {"is_over": at_end or step == self.params.get("steps"), "stop": model.stop_training}
        progress["data"] = data_state(data.batches) if epoch_complete else data.data_state
        progress["validation_data"] = data_state(model.validation_batches)
        progress["unsaved"] = [unsaved_changes(batches) for batches in (data.batches, model.validation_batches)]
        progress["callbacks"] = callback_states(self._others())
        progress["metrics"] = [metric_state(metric) for metric in model.plan.metrics.metrics] if step else []
        os.makedirs(self.backup_dir, exist_ok=True)
        if self.double_checkpoint and prints_and_writes():
            with suppress(FileNotFoundError):  # the first backup, or another run has just moved the last one
                os.replace(self._path(_NAME), self._path(_BEFORE))
        save_state(model, self._path(_NAME), progress)

    def _resume(self, progress: State) -> list[str]:
        """Go to the batch at which the backup was made; within an epoch its shuffled order is drawn again.

        Returns:
            What the backup does not hold.
        """
        from minidl.saving.training_state import set_callback_states, set_metric_states

        model, data, step = self.model, self.model.epoch_iterator, progress["step"]
        model.epoch, model.step, self._epoch = progress["epoch"], step, progress["epoch"]
        self._save_frequency.seen = progress["seen"]
        restore_data_state(model.validation_batches, progress["validation_data"])
        restore_data_state(data.batches, progress["data"])
        data.data_state = progress["data"]
        if progress["place"]:
            data.go_to(progress["place"], progress["order"])
        model.stop_training = progress["stop"]
        if step == 0 and model.stop_training:
            model.epoch = self.params["epochs"]
        if step:
            next_batch = data.peek() if progress["place"] else None
            ended = progress["place"] > 0 and data.batches.pass_length is None and next_batch is None
            data.is_over = progress["is_over"] or ended or model.stop_training
            set_metric_states(model, progress["metrics"], next_batch)
        data.logs = progress["logs"]
        lost = set_callback_states(self._others(), progress["callbacks"])
        return lost + [f"what {name} changes in on_epoch_end" for name in progress["unsaved"] if name is not None]

    def _warn_of(self, lost: list[str]) -> None:
        if lost:
            warn_user(
                f"the backup in {self.backup_dir} does not hold {', '.join(lost)}, so the resumed training may differ from an "
                f"uninterrupted one; give the class get_state(self), which returns a dict, and set_state(self, state)",
            )

    def _others(self) -> list[Callback]:
        return [callback for callback in self.model.fit_callbacks.callbacks if callback is not self]

    def _check(self, progress: State) -> None:
        """Raise ValueError if the backup was made within an epoch and the number of batches has changed, or it is damaged."""
        counts, answers, logs = ("epoch", "step", "seen", "place"), ("is_over", "stop"), progress["logs"]
        if not (
            all(is_integer(progress[name], least=0) for name in counts)
            and all(isinstance(progress[name], bool) for name in answers)
            and isinstance(logs, dict)
            and all(isinstance(name, str) for name in logs)
        ):
            raise ValueError(f"the backup in {self.backup_dir} is damaged: it does not say where training was")
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
