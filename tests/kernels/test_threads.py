"""Threads: pieces spread over them, errors that leave them, and the limits of BLAS."""

import gc
import os
import random
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from threadpoolctl import ThreadpoolController, threadpool_limits

from minidl import Sequential
from minidl.kernels.blas_threads import BlasLimit, run_with_blas_threads
from minidl.kernels.busy import Load
from minidl.kernels.threads import in_parallel, set_threads, threads
from minidl.layers import Conv2D, Dense, Flatten
from minidl.utils import set_random_seed
from tests.kernels.meeting import check_that_two_threads_work


@pytest.fixture(autouse=True)
def _two_threads():
    set_threads(2)
    yield
    set_threads(None)


def limits():
    return {library.num_threads for library in ThreadpoolController().select(user_api="blas").lib_controllers}


def test_results_come_in_the_order_of_the_pieces():
    assert in_parallel(lambda piece: piece * piece, range(50)) == [piece * piece for piece in range(50)]
    assert in_parallel(abs, iter([-3])) == [3]
    assert in_parallel(abs, []) == []


def test_two_pieces_run_at_the_same_time():
    both = threading.Barrier(2, timeout=10)
    in_parallel(lambda piece: both.wait(), range(2))  # alone, either would wait in vain


def test_with_one_thread_the_caller_runs_every_piece():
    set_threads(1)
    assert set(in_parallel(lambda piece: threading.get_ident(), range(5))) == {threading.get_ident()}


def test_inside_a_piece_work_is_not_split_again():
    def ask(piece):
        return set(in_parallel(lambda inner: threading.get_ident(), range(5))) == {threading.get_ident()}

    assert in_parallel(ask, range(4)) == [True] * 4


def test_an_error_is_raised_after_all_running_pieces_have_ended():
    running, done = threading.Event(), []

    def work(piece):
        if piece == 0:
            running.wait(10)
            raise ValueError("piece 0")
        running.set()
        done.append(piece)
        np.linalg.svd(np.ones((200, 200)))
        done.append(piece)

    with pytest.raises(ValueError, match="piece 0"):
        in_parallel(work, range(1000))
    assert len(done) % 2 == 0
    assert len(done) < 2000
    assert in_parallel(abs, [-1, -2]) == [1, 2]  # and everything works on


def test_pieces_see_the_error_state_of_the_caller():
    with np.errstate(divide="raise"), pytest.raises(FloatingPointError):
        in_parallel(lambda piece: np.ones(1) / np.zeros(1), range(2))


def test_inside_pieces_blas_has_one_thread_and_afterwards_the_previous_number():
    before = limits()
    assert in_parallel(lambda piece: limits(), range(4)) == [{1}] * 4
    assert limits() == before


def in_a_thread(function):
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(function).result()


def fail(*ignored):
    raise ValueError("piece")


def test_a_limit_holds_in_every_thread_that_sets_one():
    before = limits()
    for _ in range(2):
        assert run_with_blas_threads(1, limits) == {1}
        assert in_a_thread(lambda: run_with_blas_threads(1, limits)) == {1}  # while the first thread is alive
    assert limits() == before


def test_a_limit_holds_while_the_user_limits_blas_in_another_thread():
    with threadpool_limits(2, user_api="blas"):
        assert in_a_thread(lambda: run_with_blas_threads(1, limits)) == {1}
        assert limits() == {2}
    assert limits() == {2}


LATE_LIBRARY = """
from threadpoolctl import ThreadpoolController
from minidl.kernels.blas_threads import run_with_blas_threads
run_with_blas_threads(1, lambda: None)
import scipy.linalg
numbers = lambda: {library.num_threads for library in ThreadpoolController().select(user_api="blas").lib_controllers}
before = numbers()
print(run_with_blas_threads(1, numbers), numbers() == before)
"""


def test_a_limit_holds_for_a_library_that_was_loaded_after_an_earlier_limit():
    assert subprocess.run([sys.executable, "-c", LATE_LIBRARY], capture_output=True, text=True).stdout == "{1} True\n"


def test_the_user_can_limit_blas_in_any_thread_after_minidl_did():
    def limited_by_the_user():
        with threadpool_limits(1, user_api="blas"):
            return limits()

    run_with_blas_threads(1, limits)
    assert in_a_thread(limited_by_the_user) == {1}
    assert limits() == {2}


def test_of_several_limits_the_smallest_counts_until_the_last_one_ends():
    before = limits()
    outer, inner = BlasLimit(2), BlasLimit(1)
    outer.take()
    in_a_thread(inner.take)
    assert limits() == {1}
    outer.release()
    assert limits() == {1}  # the inner one, taken by another thread, is still in force
    in_a_thread(inner.release)
    assert limits() == before


def test_a_limit_can_be_released_twice_or_without_having_been_taken():
    before = limits()
    limit, other = BlasLimit(1), BlasLimit(1)
    limit.release()
    other.take()
    limit.take()
    limit.release()
    limit.release()
    assert limits() == {1}
    other.release()
    assert limits() == before


def test_a_limit_of_the_user_is_restored():
    with ThreadpoolController().limit(limits=1):
        assert run_with_blas_threads(2, limits) == {1}
        assert limits() == {1}


def test_many_threads_at_once_keep_the_limit_and_restore_the_number():
    before = limits()
    with ThreadPoolExecutor(8) as pool:
        seen = list(pool.map(lambda _: run_with_blas_threads(1, limits), range(200)))
    assert seen == [{1}] * 200
    assert limits() == before


def test_an_error_restores_the_number_of_threads():
    before = limits()
    for limited in (lambda: in_parallel(fail, range(2)), lambda: run_with_blas_threads(1, fail)):
        with pytest.raises(ValueError, match="piece"):
            limited()
        assert limits() == before


@pytest.mark.usefixtures("alarm_interrupts")
def test_an_interrupt_at_any_moment_restores_the_number_of_threads_and_leaves_no_piece_running():
    before, running, draw, interrupted = limits(), [], random.Random(0), 0
    vector = np.ones(1000)

    def piece(number):
        running.append(number)
        vector.sum()
        running.remove(number)

    for _ in range(1000):
        running.clear()
        try:
            signal.setitimer(signal.ITIMER_REAL, draw.uniform(1e-5, 4e-4), 2)  # again after 2 s, if Python ignores it
            while True:
                run_with_blas_threads(1, lambda: in_parallel(piece, range(4)))
        except KeyboardInterrupt:
            signal.setitimer(signal.ITIMER_REAL, 0)
            interrupted += 1
        assert limits() == before
        left = list(running)
        time.sleep(0)
        assert running == left  # only the piece that was interrupted itself is still listed
    assert interrupted == 1000
    check_that_two_threads_work()


@pytest.fixture
def alarm_interrupts():
    previous = signal.signal(signal.SIGALRM, signal.default_int_handler)
    gc.disable()  # Python ignores an interrupt inside a callback of the garbage collector, such as hypothesis's
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    gc.enable()
    signal.signal(signal.SIGALRM, previous)


def small_convnet():
    set_random_seed(0)
    model = Sequential([Conv2D(8, 3, activation="relu"), Flatten(), Dense(3, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy")
    return model


def images(rows):
    draw = np.random.default_rng(0)
    return draw.random((rows, 12, 12, 1), dtype=np.float32), draw.integers(0, 3, rows)


@pytest.mark.usefixtures("alarm_interrupts")
def test_an_interrupted_fit_restores_the_number_of_threads_and_the_model_can_be_fitted_again():
    before, draw, model = limits(), random.Random(0), small_convnet()
    x, y = images(32)
    model.fit(x, y, verbose=0)
    interrupted = 0
    for _ in range(60):
        try:
            signal.setitimer(signal.ITIMER_REAL, draw.uniform(1e-4, 2e-2), 2)
            while True:
                model.fit(x, y, verbose=0)
        except KeyboardInterrupt:
            signal.setitimer(signal.ITIMER_REAL, 0)
            interrupted += 1
        assert limits() == before
    assert interrupted == 60
    model.fit(x, y, verbose=0)


def fitted_weights():
    model = small_convnet()
    model.fit(*images(96), epochs=2, verbose=0)
    return model.get_weights()


def test_a_convnet_fitted_in_another_thread_has_the_same_bits():
    first = fitted_weights()
    for _ in range(3):
        for one, other in zip(first, in_a_thread(fitted_weights), strict=True):
            np.testing.assert_array_equal(one, other)


def test_public_calls_restore_the_number_of_threads_and_do_not_change_the_affinity():
    model, (x, y) = small_convnet(), images(200)

    def state():
        return limits(), os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None

    def calls():
        before = state()
        for call in (lambda: model.fit(x, y, verbose=0), lambda: model.predict(x), lambda: model.evaluate(x, y, verbose=0)):
            call()
            assert state() == before

    calls()
    in_a_thread(calls)


def test_set_threads_sets_the_number_of_blas_threads():
    set_threads(1)
    assert (threads(), limits()) == (1, {1})
    set_threads(2)
    assert (threads(), limits()) == (2, {2})


@pytest.mark.parametrize("count", [0, -1, 1.5, True, "two"])
def test_set_threads_takes_positive_integers_only(count):
    with pytest.raises(ValueError, match="set_threads expects count to be a positive integer"):
        set_threads(count)
    assert threads() == 2


@pytest.mark.parametrize("variable", ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"])
def test_environment_variables_limit_the_number_of_threads(variable):
    program = "from minidl.kernels.threads import threads; print(threads())"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env={variable: "1"})
    assert done.stdout == "1\n"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork")
def test_a_forked_process_has_helpers_of_its_own():
    program = """
import os, warnings
from minidl.kernels.threads import in_parallel, set_threads
warnings.simplefilter("ignore")
set_threads(2)
in_parallel(abs, range(4))
child = os.fork()
if child == 0:
    os._exit(0 if in_parallel(abs, range(4)) == [0, 1, 2, 3] else 1)
print(os.waitpid(child, 0)[1])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "0\n"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork")
def test_a_forked_process_is_not_limited_by_threads_that_it_does_not_have():
    program = """
import os, threading, warnings
from minidl.kernels.threads import set_threads
from minidl.kernels.blas_threads import blas_libraries, run_with_blas_threads
warnings.simplefilter("ignore")
set_threads(2)
limited, forked = threading.Event(), threading.Event()
other = threading.Thread(target=run_with_blas_threads, args=(1, lambda: (limited.set(), forked.wait(30))))
other.start()
limited.wait(30)
child = os.fork()
if child == 0:
    os._exit(0 if {library.get_num_threads() for library in blas_libraries()} == {2} else 1)
forked.set()
other.join()
print(os.waitpid(child, 0)[1])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "0\n"


def test_of_several_simultaneous_callers_only_one_has_helpers():
    both, ended = threading.Barrier(2, timeout=10), threading.Event()

    def held(piece):
        both.wait()  # two threads work on these pieces
        ended.wait(10)
        return threading.get_ident()

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(in_parallel, held, range(2))
        while both.n_waiting or not first.running():
            time.sleep(0.001)
        assert (
            run_with_blas_threads(2, lambda: in_parallel(lambda piece: (threading.get_ident(), limits()), range(4)))
            == [(threading.get_ident(), {1})] * 4
        )
        ended.set()
        assert len(set(first.result())) == 2
    check_that_two_threads_work()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux says when a thread lost its core")
def test_a_caller_that_loses_its_core_to_others_works_alone_for_a_while():
    program = """
import os, threading, time
import numpy as np
from minidl.kernels.busy import running_threads
from minidl.kernels.threads import in_parallel, set_threads
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})  # caller and helper compete for one core
set_threads(2)
x = np.ones((400, 400))
def multiply(piece):
    x @ x
    return threading.get_ident()
used, deadline = set(), time.monotonic() + 20  # other programs may need all cores now and then
while used != {1, 2} and time.monotonic() < deadline:
    used.add(len(set(in_parallel(multiply, range(2)))))
print(max(used), min(used))
deadline = time.monotonic() + 5
while len(set(in_parallel(multiply, range(2)))) < 2 and time.monotonic() < deadline:
    time.sleep(0.06)
assert time.monotonic() < deadline or running_threads() >= os.cpu_count()  # with a helper again, if a core is idle
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "2 1\n"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux says how many threads run")
def test_a_caller_works_alone_while_other_programs_need_all_cores():
    others = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(os.cpu_count())]
    try:
        time.sleep(0.2)  # they have started
        used, deadline = [], time.monotonic() + 0.5
        while time.monotonic() < deadline:
            used.append(len(set(in_parallel(lambda piece: threading.get_ident(), range(2)))))
            time.sleep(0.002)
        assert used[-10:] == [1] * 10
    finally:
        for other in others:
            other.kill()
            other.wait()


def test_helpers_rest_while_no_core_is_idle_and_not_after_a_short_time_of_that():
    load, full, idle = Load(), -10_000, 10_000  # as if so many helpers fewer or more than there are were awake

    def wait_for(answer, awake):
        end = time.monotonic() + 10
        while load.leaves_room(awake) is not answer:
            assert time.monotonic() < end
            time.sleep(0.002)

    for _ in range(20):
        start = time.perf_counter()
        assert load.leaves_room(idle)
        time.sleep(0.006)  # there are 0.005 seconds between two looks
        answer = load.leaves_room(full)
        if time.perf_counter() - start > 0.02:
            wait_for(True, idle)
        else:
            assert answer
        time.sleep(0.006)
    wait_for(False, full)
    assert not load.leaves_room(idle)  # they rest for 0.05 seconds
    wait_for(True, idle)
