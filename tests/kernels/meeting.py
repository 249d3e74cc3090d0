"""Check that pieces run in two threads: at once on an idle machine, later where other programs need all cores."""

import os
import threading
import time

import pytest

from minidl.kernels.busy import running_threads
from minidl.kernels.threads import in_parallel


def two_threads_work():
    """Whether a helper took one of two pieces."""

    def work(piece):
        time.sleep(0.01)
        return threading.get_ident()

    return len(set(in_parallel(work, range(2)))) == 2


def check_that_two_threads_work():
    """Wait until a helper takes a piece; fail if none does although a core is idle again and again."""
    idle, deadline = 0, time.monotonic() + 60
    while not two_threads_work():
        idle += running_threads() < os.cpu_count()
        assert idle < 10
        if time.monotonic() > deadline:
            pytest.skip("other programs need all cores")
        time.sleep(0.06)  # helpers rest for 0.05 seconds
