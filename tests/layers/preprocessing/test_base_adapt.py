"""Kinds of data that `adapt` accepts."""

from itertools import repeat

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from minidl.layers import Normalization
from minidl.layers.preprocessing.base_adapt import adapting_batches

DATA = np.arange(12.0).reshape(6, 2) ** 2
FORMS = {
    "array": lambda: DATA,
    "list": lambda: DATA.tolist(),
    "frame": lambda: pd.DataFrame(DATA, columns=["a", "b"]),
    "sparse matrix": lambda: sparse.csr_array(DATA),
    "whole numbers": lambda: DATA.astype(int),
    "list of batches": lambda: [DATA[:4], DATA[4:]],
    "list of pairs": lambda: [(DATA[:4], np.ones(4)), (DATA[4:], np.ones(2))],
    "generator": lambda: (DATA[n : n + 1] for n in range(6)),
    "generator of pairs": lambda: ((DATA[n : n + 2], np.ones(2)) for n in (0, 2, 4)),
}


@pytest.mark.parametrize("form", FORMS)
def test_the_same_is_learned_from_every_form(form):
    layer = Normalization()
    layer.adapt(FORMS[form]())
    np.testing.assert_allclose(layer.adapt_mean.value, DATA.mean(axis=0), rtol=1e-6)
    np.testing.assert_allclose(layer.adapt_variance.value, DATA.var(axis=0), rtol=1e-6)
    assert layer.count.value == 6


def test_a_list_of_strings_is_one_batch():
    layer = Normalization()
    assert [batch.tolist() for batch in adapting_batches(layer, ["a", "b"])] == [["a", "b"]]
    assert [batch.tolist() for batch in adapting_batches(layer, pd.Series(["a", "b"]))] == [["a", "b"]]
    assert [batch.tolist() for batch in adapting_batches(layer, iter([["a"], ["b", "c"]]))] == [["a"], ["b", "c"]]


def test_steps_limit_the_batches_of_an_infinite_stream():
    assert len(list(adapting_batches(Normalization(), repeat(np.ones(3)), steps=4))) == 4


@pytest.mark.parametrize("nothing", [[], np.zeros((0, 3)), iter([]), ()])
def test_empty_data_raises_an_error_in_adapt(nothing):
    with pytest.raises(ValueError, match=r'Normalization "n" has nothing to adapt to'):
        Normalization(name="n").adapt(nothing)


@pytest.mark.parametrize("wrong", [None, 3.0, "text", b"text"])
def test_anything_but_data_raises_an_error(wrong):
    with pytest.raises(TypeError, match=r'Normalization "n" adapts to an array, a list or an iterable of batches, got'):
        Normalization(name="n").adapt(wrong)


def test_rows_of_different_lengths_raise_an_error():
    with pytest.raises(ValueError, match=r'Normalization "n": the data does not form an array'):
        Normalization(name="n").adapt([[1.0, 2.0], [3.0]])
