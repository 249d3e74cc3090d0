"""Progress bars belong to their process: others never wait for them, and nothing of the process is changed."""

import multiprocessing
import os
import threading
from collections.abc import Callable

from minidl.config.progress_bar import progress_bar


def ends_in_a_child(work: Callable[[], object]) -> bool:
    """Whether a forked process does the work within ten seconds."""
    child = os.fork()
    if child == 0:
        threading.Timer(10, lambda: os._exit(1)).start()
        work()
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def draw() -> None:
    with open(os.devnull, "w") as file, progress_bar(total=3, file=file) as bar:
        bar.update(3)


def test_a_process_that_ends_while_it_draws_leaves_the_bars_of_others_free() -> None:
    draw()
    assert ends_in_a_child(lambda: progress_bar(disable=True).get_lock().acquire())
    assert ends_in_a_child(draw)


def test_a_forked_process_does_not_wait_for_a_thread_that_drew() -> None:
    lock = progress_bar(disable=True).get_lock()
    taken, done = threading.Event(), threading.Event()

    def hold() -> None:
        with lock:
            taken.set()
            done.wait()

    thread = threading.Thread(target=hold)
    thread.start()
    taken.wait()
    try:
        assert ends_in_a_child(draw)
    finally:
        done.set()
        thread.join()


def test_bars_start_no_thread_and_leave_the_start_method_of_multiprocessing_open() -> None:
    before = threading.active_count(), multiprocessing.get_start_method(allow_none=True)
    draw()
    assert (threading.active_count(), multiprocessing.get_start_method(allow_none=True)) == before
