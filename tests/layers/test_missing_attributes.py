"""A missing attribute is quick to ask for, and its error still says what to do."""

import copy
import difflib
import pickle

import pytest

from minidl.layers import Dense


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
