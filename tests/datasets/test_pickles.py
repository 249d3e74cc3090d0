"""The reader of pickles makes data and nothing else, whatever a file holds."""

import contextlib
import os
import pickle
import struct
import time
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from minidl.datasets.pickles import read_pickle


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize(
    "value",
    [
        [],
        [0, 255, 256, 65535, 65536, 2**31 - 1, 2**40, -1, -(2**63)],
        {"labels": [1, 2, 3], "names": ["a", "ä" * 300], "none": None, "pair": (1, 2), "four": (1, 2, 3, 4), "yes": True},
        [[i % 300 for i in range(j)] for j in range(60)],
    ],
    ids=["empty", "integers", "dict", "lists"],
)
def test_plain_values_are_read_as_pickle_reads_them(value: Any, protocol: int) -> None:
    assert read_pickle(pickle.dumps(value, protocol)) == value


@pytest.mark.parametrize("protocol", [3, 4])
@pytest.mark.parametrize("dtype", ["u1", "<i4", ">i4", "<f8", "?"])
def test_arrays_of_numbers_are_read_in_both_memory_orders(dtype: str, protocol: int) -> None:
    array = np.arange(12).reshape(3, 4).astype(dtype)
    for given in (array, np.asfortranarray(array)):
        read = read_pickle(pickle.dumps({b"data": given}, protocol))[b"data"]
        np.testing.assert_array_equal(read, array)
        assert read.dtype == np.dtype(dtype).newbyteorder("=")


def test_an_array_of_lists_becomes_a_list() -> None:
    array = np.empty(2, object)
    array[:] = [[1, 2, 3], []]
    assert read_pickle(pickle.dumps(array, 4)) == [[1, 2, 3], []]


def test_text_of_python_2_is_bytes() -> None:
    assert read_pickle(b"\x80\x02}q\x01(U\x04datah\x01T\x03\x00\x00\x00abcK\x07u.".replace(b"h\x01", b"K\x01")) == {
        b"data": 1,
        b"abc": 7,
    }


class Call:
    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = function, arguments

    def __reduce__(self) -> Any:
        return self.call


@pytest.mark.parametrize("protocol", [0, 1, 2, 3, 4, 5])
@pytest.mark.parametrize(
    "function", [os.system, eval, exec, __import__, getattr, np.load, np.fromfile], ids=lambda f: f.__name__
)
def test_a_pickled_function_call_raises_an_error_and_is_not_run(function: Any, protocol: int, tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    hostile = pickle.dumps([1, Call(function, f"touch {marker}")], protocol)
    with pytest.raises(ValueError, match="which no known data set needs"):
        read_pickle(hostile)
    assert not marker.exists()


@pytest.mark.parametrize(
    "hostile",
    [
        b"cnumpy\nndarray\n(K\x01tR.",  # calling ndarray itself
        b"cnumpy\ndtype\n)R.",  # a dtype of nothing
        b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\ndtype\nK\x00\x85C\x01b\x87R.",
        b"cnumpy.core.multiarray\n_reconstruct\nK\x00R.",
        b"]K\x01b.",  # BUILD on a list: __setstate__
        b"}}b.",
        b"cnumpy\nndarray\n}b.",
        b"\x8c\x02os\x8c\x06system\x93\x8c\x02id\x85R.",  # STACK_GLOBAL
        b"(ios\nsystem\n.",  # INST
        b"(cos\nsystem\no.",  # OBJ
        b"\x82\x01.",  # EXT1
        b"P1\n.",  # PERSID
        b"cnumpy\nndarray\n)\x81.",  # NEWOBJ
    ],
)
def test_other_ways_to_run_code_raise_an_error(hostile: bytes) -> None:
    for start in (b"", b"\x80\x02", b"\x80\x04"):
        with pytest.raises(ValueError, match="pickle"):
            read_pickle(start + hostile)


def array_pickle(shape: bytes, dtype: bytes, values: bytes, order: bytes = b"<") -> bytes:
    """A pickled array with a state of the test's choice."""
    begin = b"\x80\x03cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85C\x01b\x87R"
    kind = b"cnumpy\ndtype\nX" + struct.pack("<I", len(dtype)) + dtype + b"K\x00K\x01\x87R(K\x03C\x01" + order + b"NNNJ"
    return begin + b"(K\x01" + shape + kind + b"\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89" + values + b"tb."


def test_the_array_pickle_of_this_test_is_valid() -> None:
    np.testing.assert_array_equal(read_pickle(array_pickle(b"K\x02\x85", b"u1", b"C\x02\x05\x06")), [5, 6])


@pytest.mark.parametrize(
    "hostile",
    [
        b"\x8e" + struct.pack("<Q", 2**62) + b".",  # BINBYTES8 of 4 EiB
        b"\x8e" + struct.pack("<Q", 2**64 - 1) + b".",
        b"B\xff\xff\xff\xff.",
        b"X\xff\xff\xff\xff.",
        b"T\xff\xff\xff\xff.",  # a negative length
        b"\x8a\xff" + b"\x7f" * 255 + b".",  # a number of 2,040 bits
        b"\x8b\xff\xff\xff\x7f.",  # LONG4 of 2 GiB
        b"r\xff\xff\xff\xff.",  # memo of nothing
        b"]j\xff\xff\xff\xff.",
        array_pickle(b"J\xff\xff\xff\x7fJ\xff\xff\xff\x7f\x86", b"u1", b"C\x02ab"),
        array_pickle(b"J\xff\xff\xff\xffJ\xfe\xff\xff\xff\x86", b"u1", b"C\x02ab"),  # (-1, -2)
        array_pickle(b"(" + b"K\x01" * 100 + b"t", b"u1", b"C\x01a"),
        array_pickle(b"K\x00J\xff\xff\xff\x7f\x86", b"O8", b"]"),
        array_pickle(b"K\x01\x85", b"O8", b"C\x08abcdefgh"),  # addresses made of bytes
        array_pickle(b"K\x01\x85", b"V8", b"C\x08abcdefgh"),
        array_pickle(b"K\x01\x85", b"M8[s]", b"C\x08abcdefgh"),
        array_pickle(b"K\x01\x85", b"u1", b"C\x01a", order=b"x"),
        array_pickle(b"K\x01\x85", b"(1000000,1000000)u1", b"C\x01a"),
        b"K\x01K\x02.",
        b"e.",
        b"(.",
        b"]e.",
        b"(K\x01u.",
        b"}(K\x01K\x02u.",  # a key that is a number
        b"}(]K\x02u.",
        b"K\x01\x87.",
        b"",
        b"K",
        b"M\x01",
        b".",
    ],
)
def test_huge_sizes_and_damage_raise_an_error_at_once(hostile: bytes) -> None:
    start = time.perf_counter()
    tracemalloc.start()
    with pytest.raises(ValueError, match="the pickle"):
        read_pickle(hostile)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1e6
    assert time.perf_counter() - start < 1


def test_deep_nesting_and_self_reference_end_neither_in_recursion_nor_in_a_crash() -> None:
    deep = read_pickle(b")" + b"\x85" * 20_000 + b".")
    del deep
    assert len(read_pickle(b"]" * 20_000 + b"a" * 19_999 + b".")) == 1
    own = read_pickle(b"]q\x00h\x00a.")
    assert own[0] is own


def test_lists_that_share_a_list_cost_no_more_memory_than_the_file() -> None:
    bomb = b"]q\x00(" + b"K\x01" * 10 + b"e" + b"".join(b"0]q%c(%se" % (i, b"h%c" % (i - 1) * 10) for i in range(1, 30))
    with pytest.raises(ValueError, match="the instruction b'0'"):
        read_pickle(bomb + b".")
    shared = b"]q\x00(" + b"K\x01" * 10 + b"e" + b"".join(b"]q%c(%se" % (i, b"h%c" % (i - 1) * 10) for i in range(1, 30))
    assert len(read_pickle(b"(" + shared + b"l.")) == 30


def test_every_damaged_byte_gives_a_value_or_a_value_error() -> None:
    array = np.empty(3, object)
    array[:] = [[1, 2, 300], [], [70000, 4]]
    whole = pickle.dumps({"data": array, "numbers": np.arange(6).reshape(2, 3), "name": "x"}, 4)
    generator = np.random.default_rng(0)
    for position in range(len(whole)):
        for value in generator.integers(0, 256, 4):
            damaged = bytearray(whole)
            damaged[position] = value
            with contextlib.suppress(ValueError):
                read_pickle(bytes(damaged))
    for end in range(len(whole)):
        with pytest.raises(ValueError, match="pickle"):
            read_pickle(whole[:end])
