"""A missing attribute is quick to ask for, and its error still says what to do."""

import copy
import difflib
import pickle

import numpy as np
import pytest

from minidl import Model, Sequential
from minidl.layers import Dense, Layer


def test_the_message_survives_pickling_and_copying():
    with pytest.raises(AttributeError, match="no attribute 'unit'; did you mean 'units'") as caught:
        _ = Dense(3).unit
    for other in (pickle.loads(pickle.dumps(caught.value)), copy.deepcopy(caught.value)):
        assert str(other) == str(caught.value)
        assert isinstance(other, AttributeError)


def test_hasattr_does_not_search_for_a_similar_name(monkeypatch):
    def search(*arguments, **options):
        raise AssertionError("searched for a similar name")

    monkeypatch.setattr(difflib, "get_close_matches", search)
    assert not hasattr(Dense(3), "unit")
    assert getattr(Dense(3), "unit", 5) == 5


@pytest.mark.parametrize("base", [Layer, Model])
def test_code_with_call_that_reads_a_missing_attribute_names_it(base):
    class Own(base):
        def call(self, x):
            return self.dens(x)

    for use in (lambda: Own(name="own")(np.ones((2, 3))), lambda: Own(name="own").compute_output_shape((None, 3))):
        with pytest.raises(AttributeError, match=r"Own \"own\" has no attribute 'dens'"):
            use()


@pytest.mark.parametrize("name", ["input_shape", "output_shape"])
def test_the_shapes_of_a_model_that_is_not_built_are_missing_for_that_reason(name):
    with pytest.raises(AttributeError, match=f"no attribute '{name}'; it is not built yet: call it on data"):
        getattr(Sequential([Dense(2)]), name)
