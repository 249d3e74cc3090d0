"""`Communicator`: sums and gathers over all ranks, and detects a rank that does something else."""

import pickle
import time
from collections.abc import Sequence

import numpy as np
from mpi4py import MPI

from minidl.config.types import JSON, Array
from minidl.kernels.threads import let_others_run

BUSY = 1e-3  # seconds of waiting without a pause, after which pauses begin
PATIENCE = 1.0  # seconds of waiting after which the ranks compare what they wait for


class Communicator:
    """Collective operations over MPI. Every rank must call the same ones in the same order.

    They are non-blocking, and this class waits for them itself: so a waiting process leaves its core to the others, several
    operations run at once, and ranks that wait for different operations are detected. Different kinds of operations have
    communicators of their own, so that they never mix.

    Attributes:
        rank, size: number of this process, number of processes.
        several_machines: whether not all of them share the memory of one machine.
        seconds, sent: time spent waiting, and bytes of all operands, so far.
    """

    def __init__(self, world: MPI.Intracomm) -> None:
        self._sums, self._gathers, self._notices = world.Dup(), world.Dup(), world.Dup()
        self._barriers = {what: world.Dup() for what in ("the end of fit", "saving a file", "the end of its script")}
        self.rank: int = world.Get_rank()
        self.size: int = world.Get_size()
        self.several_machines: bool = world.Split_type(MPI.COMM_TYPE_SHARED).Get_size() < self.size
        self.seconds, self.sent = 0.0, 0
        self._number = 0  # of operations so far
        self._sent_notices: list[MPI.Request] = []
        self._read_notices = 0  # by rank 0

    def sum(self, what: str, arrays: Sequence[Array], started: Sequence[MPI.Request] = ()) -> None:
        """Replace each array by its sum over all ranks, and wait for sums that were started.

        Args:
            what: names the operation in errors.
            arrays: contiguous.
            started: what `start_sum` returned.
        """
        self._wait(what, [*started, *self.start_sum(arrays)])

    def start_sum(self, arrays: Sequence[Array]) -> list[MPI.Request]:
        """Begin to replace each array by its sum; the arrays must stay as they are until `sum` has waited for it."""
        self.sent += sum(array.nbytes for array in arrays)
        return [self._sums.Iallreduce(MPI.IN_PLACE, array) for array in arrays]

    def progress(self, started: list[MPI.Request]) -> None:
        """Let what was started advance, which MPI does only when it is called."""
        MPI.Request.Testall(started)

    def gather(self, what: str, value: object) -> list[JSON]:
        """The value of each rank, which may be any object that can be pickled."""
        packed = np.frombuffer(pickle.dumps(value, protocol=5), np.uint8)
        sizes = np.zeros(self.size, np.int64)
        self._wait(what, [self._gathers.Iallgather(np.array([packed.size]), sizes)])
        joined = np.empty(int(sizes.sum()), np.uint8)
        self.sent += joined.nbytes
        self._wait(what, [self._gathers.Iallgatherv(packed, [joined, sizes])])
        ends = np.cumsum(sizes)
        return [pickle.loads(joined[end - size : end].tobytes()) for size, end in zip(sizes, ends, strict=True)]  # noqa: S301  # from a rank of this run, not from a file

    def gather_rows(self, what: str, rows: Array) -> Array:
        """The rows of all ranks, those of rank 0 first."""
        rows = np.ascontiguousarray(rows)
        if rows.dtype.hasobject or rows.dtype.kind not in "biuf":
            return np.concatenate(self.gather(what, rows))
        counts = np.zeros(self.size, np.int64)
        self._wait(what, [self._gathers.Iallgather(np.array([rows.size]), counts)])
        joined = np.empty(int(counts.sum()), rows.dtype)
        self.sent += joined.nbytes
        self._wait(what, [self._gathers.Iallgatherv(rows.reshape(-1), [joined, counts])])
        return joined.reshape(-1, *rows.shape[1:])

    def wait_for_all(self, what: str) -> None:
        """Return when every rank has called this."""
        self._wait(what, [self._barriers[what].Ibarrier()])

    def finish(self, what: str) -> None:
        """Return when every rank has called this; no notice is left unread, which some MPI libraries report."""
        self.wait_for_all(what)
        counts = np.zeros(self.size, np.int64)
        self._gathers.Allgather(np.array([len(self._sent_notices)]), counts)
        if self.rank == 0:
            for _ in range(int(counts.sum()) - self._read_notices):
                self._notices.recv()
        MPI.Request.Waitall(self._sent_notices)

    def _wait(self, what: str, requests: list[MPI.Request]) -> None:
        """Wait for operations that were started.

        Raises:
            RuntimeError: another rank waits for another operation, which would never end.
        """
        self._number += 1
        began, notified = time.perf_counter(), False
        while not MPI.Request.Testall(requests):
            waited = time.perf_counter() - began
            if waited < BUSY:
                let_others_run()
            else:
                time.sleep(min(waited / 20, 2e-3))
            if waited > PATIENCE:
                if self.rank == 0:
                    self._compare(what)
                elif not notified:  # rank 0 compares
                    self._sent_notices.append(self._notices.isend((self._number, what), 0))
                    notified = True
        self.seconds += time.perf_counter() - began

    def _compare(self, what: str) -> None:
        """Raise RuntimeError if another rank waits for another operation with the number of this one."""
        status = MPI.Status()
        while self._notices.iprobe(status=status):
            number, other = self._notices.recv(source=status.Get_source())
            self._read_notices += 1
            if number == self._number and other != what:
                raise RuntimeError(
                    f"rank {status.Get_source()} of {self.size} is at {other}, but rank 0 is at {what}; all ranks must run "
                    f"the same script and make the same calls in the same order"
                )
