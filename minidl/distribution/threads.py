"""The share of the cores that a rank uses."""

import os
import socket
from typing import TYPE_CHECKING

from minidl.kernels.threads import threads

if TYPE_CHECKING:
    from minidl.distribution.communicator import Communicator


def threads_of_rank(ranks: "Communicator") -> int:
    """Number of threads for this rank: its share of the cores, where several ranks of one machine may use the same cores."""
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else list(range(os.cpu_count() or 1))
    users = [
        other for host, other in ranks.gather("set_distribution", (socket.gethostname(), cores)) if host == socket.gethostname()
    ]
    share = sum(1 / sum(core in other for other in users) for core in cores)
    return max(1, min(threads(), int(share + 1e-9)))
