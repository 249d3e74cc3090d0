"""`DataParallel`, and the functions that choose it: every process trains the same model on its part of each batch."""

from collections.abc import Iterator
from contextlib import contextmanager

from minidl.config import processes
from minidl.config.randomness import seed_state, set_seed_state
from minidl.distribution.agreement import check_equal, script
from minidl.distribution.ranks import Ranks
from minidl.distribution.start import communicator
from minidl.distribution.threads import threads_of_rank
from minidl.kernels.threads import set_threads

_current: list["DataParallel"] = []


class DataParallel:
    """Data parallelism over MPI: `mpiexec -n 4 python train.py` trains one model in 4 processes, called ranks.

    `set_distribution(DataParallel())`, before the model is made, is the only change of the script. Each rank takes its part of
    every batch, the gradients are averaged over all rows, and each rank makes the same update. Losses, metrics, callbacks,
    `evaluate` and `predict` agree on all ranks; only rank 0 prints and writes files.

    Needs MPI: `pip install mpi4py mpich`, or on a cluster mpi4py with its own MPI.

    Args:
        device_mesh, devices: of Keras; must be `None`, as the launcher decides about the processes.
        auto_shard_dataset: whether every rank is given all data, of which it takes its part. `False` if each rank is given a
            part of its own; a batch then consists of `batch_size / size` rows of each rank.
    Raises:
        ImportError: there is no MPI.
        ValueError: the ranks run different scripts or versions.
    Source: Goyal et al. 2017 (the average over all rows of a batch).
    Example:
        >>> set_distribution(DataParallel()); distribution()
        <DataParallel: rank 0 of 1>
        >>> set_distribution(None)
    """

    def __init__(self, device_mesh: object = None, devices: object = None, auto_shard_dataset: bool = True) -> None:
        if device_mesh is not None or devices is not None:
            raise ValueError(
                "DataParallel takes neither device_mesh nor devices: the number of processes is that of mpiexec -n"
            )
        self.auto_shard_dataset = auto_shard_dataset
        self._communicator = communicator()
        check_equal(self._communicator.gather("DataParallel()", script()))

    @property
    def rank(self) -> int:
        """Number of this process, from 0."""
        return self._communicator.rank

    @property
    def size(self) -> int:
        """Number of processes, also called `num_processes` and `num_model_replicas`."""
        return self._communicator.size

    num_processes = num_model_replicas = size
    data_shard_id = rank

    @contextmanager
    def scope(self) -> Iterator[None]:
        """Context in which this is the distribution."""
        before = distribution()
        set_distribution(self)
        try:
            yield
        finally:
            set_distribution(before)

    def __repr__(self) -> str:
        return f"<DataParallel: rank {self.rank} of {self.size}>"


def distribution() -> DataParallel | None:
    """The distribution that was set, or `None`.

    Example:
        >>> with DataParallel().scope():
        ...     distribution()
        <DataParallel: rank 0 of 1>
        >>> distribution() is None
        True
    """
    return _current[0] if _current else None


def set_distribution(value: DataParallel | None) -> None:
    """Train with this distribution from now on; `None` for this process alone.

    All ranks then draw random numbers from the same seed, that of rank 0 unless `set_random_seed` set one, and each rank uses
    its share of the cores.

    Raises:
        TypeError: `value` is not a `DataParallel`.
        ValueError: the ranks have set different random seeds.
    Example:
        >>> set_distribution(DataParallel())
        >>> distribution().size
        1
        >>> set_distribution(None)
    """
    if value is not None and not isinstance(value, DataParallel):
        raise TypeError(f"set_distribution takes a DataParallel object or None, got {value!r}")
    _current[:] = [] if value is None else [value]
    if value is None or value.size == 1:
        if processes.processes() is not None:
            set_threads(None)
        processes.set_processes(None)
        return
    ranks = Ranks(value._communicator, value.auto_shard_dataset)
    seeds = ranks.communicator.gather("set_distribution", seed_state())
    check_equal([{"random seed": state.seed} for state in seeds])
    set_seed_state(seeds[0])
    set_threads(threads_of_rank(ranks.communicator))
    processes.set_processes(ranks)
