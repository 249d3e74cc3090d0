"""Start MPI, and end all ranks if one of them fails or leaves."""

import atexit
import os
import subprocess
import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from minidl.distribution.communicator import Communicator

_LAUNCHED = ("PMI_RANK", "PMI_SIZE", "PMIX_RANK", "OMPI_COMM_WORLD_RANK")  # variables that launchers of MPI set
_START = 60  # seconds in which every rank must have started MPI
# MPI's start holds Python's lock while it waits for the other ranks, so another process watches it.
_WATCHDOG = """
import os, select, signal, sys
if not select.select([0], [], [], float(sys.argv[1]))[0]:
    sys.stderr.write(sys.argv[2])
    os.kill(int(sys.argv[3]), signal.SIGTERM)
"""
_communicators: "list[Communicator]" = []


def communicator() -> "Communicator":
    """The communicator of all ranks, made once.

    Raises:
        ImportError: mpi4py or the MPI library is missing.
    """
    if not _communicators:
        alarm = _alarm() if any(name in os.environ for name in _LAUNCHED) else None
        try:
            from mpi4py import MPI

            from minidl.distribution.communicator import Communicator
        except (ImportError, RuntimeError) as error:  # RuntimeError: mpi4py without an MPI library
            raise ImportError("DataParallel needs MPI: pip install mpi4py mpich, or on a cluster its own MPI") from error
        finally:
            if alarm is not None:
                alarm.communicate()
        _communicators.append(Communicator(MPI.COMM_WORLD))
        if MPI.COMM_WORLD.Get_size() > 1:
            _end_together(_communicators[0])
    return _communicators[0]


def _alarm() -> "subprocess.Popen[bytes]":
    """A process that ends this one, with a sentence, unless it is notified in time that MPI has started."""
    message = (
        f"minidl: MPI has not started on all ranks within {_START} s; does each of them run a script that calls "
        f"set_distribution(DataParallel())?\n"
    )
    command = [sys.executable, "-S", "-c", _WATCHDOG, str(_START), message, str(os.getpid())]
    return subprocess.Popen(command, stdin=subprocess.PIPE)


def _end_together(ranks: "Communicator") -> None:
    """End all ranks if one of them ends with an error, or while others still wait for it."""
    before = sys.excepthook

    def report(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        time.sleep(min(2.0 * ranks.rank, 6.0))  # an error on all ranks is reported by the first alone, which ends the others
        before(kind, error, trace)
        _abort(f"minidl: rank {ranks.rank} of {ranks.size} ended with {kind.__name__}, so all ranks end")

    def finish() -> None:
        try:
            ranks.finish("the end of its script")
        except BaseException as error:
            _abort(f"minidl: {error}")

    sys.excepthook = report
    atexit.register(finish)


def _abort(message: str) -> None:
    from mpi4py import MPI

    print(message, file=sys.stderr, flush=True)
    sys.stdout.flush()
    time.sleep(1.0)  # so that the launcher, which drops what is on its way when it aborts, has passed on what was printed
    MPI.COMM_WORLD.Abort(1)
