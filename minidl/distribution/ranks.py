"""`Ranks`: what models, layers and callbacks ask of the other processes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from minidl.callbacks.callback import has_batch_hook
from minidl.callbacks.progress import ProgressBar
from minidl.config.layer_like import ModelLike
from minidl.config.nest import flatten, rebuild
from minidl.config.types import Array
from minidl.data.batches import ArrayBatches, ArrayData
from minidl.distribution import steps
from minidl.distribution.agreement import check_equal, checksum, described_data, described_model
from minidl.distribution.batches import RankBatches, RankStream, part_of
from minidl.distribution.gradient_sums import GradientSums
from minidl.distribution.random_streams import RandomStreams
from minidl.graph.network import Network
from minidl.variable import Variable

if TYPE_CHECKING:
    from minidl.distribution.communicator import Communicator


class Ranks:
    """All ranks, as `minidl.config.processes.Processes` describes them.

    Args:
        communicator: sums and gathers.
        split: whether every rank is given all data, of which it takes its part.
    """

    def __init__(self, communicator: Communicator, split: bool) -> None:
        self.communicator, self.split = communicator, split
        self.rank, self.size = communicator.rank, communicator.size
        self.rows: int | None = None
        self._streams: dict[int, RandomStreams] = {}
        self._stops_in_epochs: dict[int, bool] = {}

    def sum(self, what: str, arrays: Sequence[Array], started: Sequence[Any] = ()) -> None:
        """Replace each array by its sum over all ranks, and wait for sums that were started."""
        self.communicator.sum(what, arrays, started)

    def gradient_sums(self, network: Network, variables: Sequence[Variable], rows: int) -> GradientSums:
        """The sums of the gradients of one step."""
        return GradientSums(self.communicator, network, variables, rows)

    def gather(self, what: str, value: object) -> list[Any]:
        """The value of each rank."""
        return self.communicator.gather(what, value)

    def gather_rows(self, what: str, rows: Array) -> Array:
        """The rows of all ranks, those of rank 0 first."""
        return self.communicator.gather_rows(what, rows)

    def wait_for_file(self) -> None:
        """Wait until every rank has called this, rank 0 after it has written a file."""
        self.communicator.wait_for_all("saving a file")

    def count(self, true: bool, what: str) -> int:
        """On how many ranks something is true."""
        number = np.array([float(true)])
        self.communicator.sum(what, [number])
        return int(number[0])

    def steps_for(self, needs_full_batch: bool) -> tuple[Callable[..., object], Callable[..., object]]:
        """The training step and the test step."""
        return steps.full_batch_step if needs_full_batch else steps.gradient_step, steps.test_step

    # Data.

    def share(self, batches: Any, model: ModelLike, owner: str) -> Any:
        """This rank's part of the batches."""
        if not isinstance(batches, ArrayBatches):
            return RankStream(batches, self, self.split)
        if self.split:
            return RankBatches(batches, self, owner)
        if owner == "fit" and model.optimizer is not None and model.optimizer.needs_full_batch:
            return batches
        if batches.batch_size % self.size:
            raise ValueError(
                f"with data of its own on each rank, batch_size must be a multiple of the number of ranks, {self.size}, got "
                f"{batches.batch_size}"
            )
        return ArrayBatches(batches.data, batches.batch_size // self.size, batches.generator)

    def part(self, data: ArrayData) -> ArrayData:
        """The rows of one batch for this rank."""
        return data.rows(part_of(len(data), self.rank, self.size)) if self.split else data

    def own_rows(self, data: object) -> object:
        """The rows of arrays that this rank predicts, at least one; everything else unchanged."""
        if not self.split or not isinstance(data, ArrayData):
            return data
        rows = part_of(len(data), self.rank, self.size)
        return data.rows(rows if rows.start < rows.stop else slice(0, 1))

    def join_rows(self, outputs: object, data: object) -> object:
        """The outputs of all ranks for all rows, from those for `own_rows(data)`."""
        if not self.split or not isinstance(data, ArrayData):
            return outputs
        rows = part_of(len(data), self.rank, self.size)
        parts = [self.communicator.gather_rows("predict", output[: rows.stop - rows.start]) for output in flatten(outputs)]
        return rebuild(outputs, parts)

    # Beginning and end of `fit`, `evaluate` and `predict`.

    def begin(self, call: str, model: ModelLike, data: object = None, **settings: object) -> None:
        """Raise ValueError if another rank does something else, or with another model or other data."""
        if model.network.fixed_batch_size is not None:
            raise ValueError(
                f"{model.title} declares batches of {model.network.fixed_batch_size} rows, which ranks cannot share: leave "
                f"batch_size out of its Input"
            )
        if any(map(model.overrides, ("compute_metrics", "test_step"))):
            raise ValueError(
                f"{model.title} has its own compute_metrics or test_step, whose metrics cannot be added over ranks: give "
                f"metrics to compile instead"
            )
        own = {"call": call, **settings} | described_model(model) | (described_data(data) if self.split else {})
        check_equal(self.communicator.gather(call, own))

    def begin_fit(self, model: ModelLike, batches: Any, epochs: range, callbacks: Any) -> None:
        """The same for `fit`; from here to `end_fit` random layers differ by rank."""
        data = getattr(batches, "data", None)
        length = {"number of batches": f"{batches.pass_length}"} if batches.pass_length is not None else {}
        place = {
            "epochs": f"{model.epoch} to {epochs.stop}",
            "step": model.step,
            "batch of the pass": model.epoch_iterator.taken,
        }
        self.begin("fit", model, data, **length, **place)
        self._streams[id(model)] = RandomStreams(model, self.rank, self.size)
        may_stop = any(has_batch_hook(callback) for callback in callbacks.callbacks if not isinstance(callback, ProgressBar))
        self._stops_in_epochs[id(model)] = self.count(may_stop, "the beginning of fit") > 0

    def end_fit(self, model: ModelLike) -> None:
        """Wait until all ranks have finished, so that the files of rank 0 are complete."""
        self.communicator.wait_for_all("the end of fit")

    def leave_fit(self, model: ModelLike) -> None:
        """End what `begin_fit` began, also after an error: this rank needs no other one for it."""
        if id(model) in self._streams:
            self._streams.pop(id(model)).end()

    # Stopping.

    def stops_after_batch(self, model: ModelLike) -> bool:
        """Whether a callback of any rank has stopped the training after this batch."""
        return self._stops_in_epochs[id(model)] and self._stops(model, "the end of a training step")

    def stops_after_epoch(self, model: ModelLike) -> bool:
        """Whether a callback of any rank has stopped the training. Weights that differ between ranks are an error."""
        weights = checksum([variable.array for variable in model.weights])
        check_equal([{"weights after the epoch": other} for other in self.communicator.gather("the end of an epoch", weights)])
        return self._stops(model, "the end of an epoch")

    def _stops(self, model: ModelLike, what: str) -> bool:
        model.stop_training = self.count(model.stop_training, what) > 0
        return bool(model.stop_training)
