"""Threads: pieces spread over them, errors that leave them, and the limits of BLAS."""

import os
import subprocess
import sys
import threading

import numpy as np
import pytest
from threadpoolctl import ThreadpoolController

from minidl.kernels.threads import blas_threads, cores_for, in_parallel, kept_to, set_threads, threads


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


def test_two_pieces_are_worked_on_at_once():
    both = threading.Barrier(2, timeout=10)
    in_parallel(lambda piece: both.wait(), range(2))  # alone, either would wait in vain


def test_with_one_thread_the_caller_does_it_all():
    set_threads(1)
    assert set(in_parallel(lambda piece: threading.get_ident(), range(5))) == {threading.get_ident()}


def test_inside_a_piece_nothing_is_spread_again():
    def ask(piece):
        return set(in_parallel(lambda inner: threading.get_ident(), range(5))) == {threading.get_ident()}

    assert in_parallel(ask, range(4)) == [True] * 4


def test_an_error_leaves_once_no_piece_is_being_worked_on():
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


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity") or len(os.sched_getaffinity(0)) < 2, reason="needs two cores of Linux")
def test_each_thread_keeps_to_a_core_of_its_own_and_afterwards_may_run_anywhere():
    before, both = os.sched_getaffinity(0), threading.Barrier(2, timeout=10)

    def where(piece):
        both.wait()
        return os.sched_getaffinity(0)

    one, other = in_parallel(where, range(2))
    assert len(one) == len(other) == 1
    assert one != other
    assert os.sched_getaffinity(0) == before
    with pytest.raises(ValueError, match="piece"):
        in_parallel(fail, range(2))
    assert os.sched_getaffinity(0) == before


def fail(piece):
    raise ValueError("piece")


def test_nobody_is_bound_to_a_core_where_there_are_not_enough():
    assert cores_for(100_000) == [None] * 100_000
    for nowhere in (None, 100_000):
        with kept_to(nowhere):
            assert in_parallel(abs, [-1, -2]) == [1, 2]


def test_pieces_see_the_error_state_of_the_caller():
    with np.errstate(divide="raise"), pytest.raises(FloatingPointError):
        in_parallel(lambda piece: np.ones(1) / np.zeros(1), range(2))


def test_within_pieces_blas_takes_one_thread_and_afterwards_what_it_took_before():
    before = limits()
    assert in_parallel(lambda piece: limits(), range(4)) == [{1}] * 4
    assert limits() == before


def test_of_several_limits_the_smallest_counts_until_the_last_one_ends():
    before = limits()
    outer, inner = blas_threads(2), blas_threads(1)
    with outer:
        inner.__enter__()
        assert limits() == {1}
    assert limits() == {1}  # the inner one, opened by another thread, is still open
    inner.__exit__(None, None, None)
    assert limits() == before


def test_a_limit_of_the_user_is_put_back():
    with ThreadpoolController().limit(limits=1):
        with blas_threads(2):
            assert limits() == {1}
        assert limits() == {1}


def test_setting_the_number_reaches_blas():
    set_threads(1)
    assert (threads(), limits()) == (1, {1})
    set_threads(2)
    assert (threads(), limits()) == (2, {2})


@pytest.mark.parametrize("count", [0, -1, 1.5, True, "two"])
def test_only_positive_integers_are_numbers_of_threads(count):
    with pytest.raises(ValueError, match="set_threads expects count to be a positive integer"):
        set_threads(count)
    assert threads() == 2


@pytest.mark.parametrize("variable", ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"])
def test_the_environment_limits_the_number(variable):
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
