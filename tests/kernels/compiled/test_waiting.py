"""A helper waits for its next task without sleeping, but not for long, and without the GIL."""

import threading
import time

import numpy as np
import pytest

from minidl.kernels.in_use import in_use
from minidl.kernels.threads import set_threads, wait_briefly
from tests.kernels.compiled.both import compiled_version, switched_on
from tests.kernels.meeting import check_that_two_threads_work, two_threads_work

compiled_kernels = pytest.fixture(scope="module", autouse=True)(switched_on)


def seconds_of(work):
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def test_the_wait_ends_by_itself_and_at_once_if_the_signal_has_changed():
    wait, signal = compiled_version(wait_briefly), np.zeros(1, np.int64)
    wait(signal, 0)  # compiles it
    assert min(seconds_of(lambda: wait(signal, 0)) for _ in range(5)) < 0.01
    unchanged, changed = (min(seconds_of(lambda seen=seen: wait(signal, seen)) for _ in range(20)) for seen in (0, 1))
    assert changed < unchanged


def test_the_wait_ends_when_another_thread_changes_the_signal():
    wait, signal, waits = compiled_version(wait_briefly), np.zeros(1, np.int64), 0

    def change():
        time.sleep(0.05)
        signal[0] = 1

    thread = threading.Thread(target=change)
    thread.start()
    while signal[0] == 0 and waits < 100_000:
        wait(signal, 0)
        waits += 1
    thread.join()
    assert 1 < waits < 100_000  # other threads run while one waits: it does not hold the GIL


def test_without_compiled_kernels_it_does_not_wait():
    signal = np.zeros(1, np.int64)
    assert min(seconds_of(lambda: wait_briefly(signal, 0)) for _ in range(20)) < 1e-4
    assert in_use[wait_briefly] is not wait_briefly


def test_pieces_run_in_parallel_again_and_again_after_pauses_of_any_length():
    set_threads(2)
    try:
        for pause in [0, 1e-5, 1e-4, 3e-4, 1e-3, 1e-2] * 20:
            two_threads_work()
            time.sleep(pause)
        check_that_two_threads_work()
    finally:
        set_threads(None)
