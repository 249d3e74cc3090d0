"""Objects rebuild themselves from their constructor arguments, with nothing written per class."""

import copy
import pickle

import numpy as np
import pytest

from minidl.config import registry
from minidl.config.configurable import Configurable
from minidl.config.public_names import PACKAGES


class Base(Configurable):
    def __init__(self, name=None, **kwargs):
        self.name = name
        self.extra = kwargs


class Child(Base):
    def __init__(self, size, *, shape=(1, 2), inner=None, **kwargs):
        super().__init__(**kwargs)
        self.size = size * 2  # not what was passed: the argument counts
        self.shape = shape
        self.inner = inner


class Grandchild(Child):
    pass


def test_every_argument_defaults_included_is_in_the_config():
    assert Child(3, name="a").get_config() == {"size": 3, "shape": (1, 2), "inner": None, "name": "a"}


def test_the_outermost_constructor_counts_and_a_child_without_one_inherits():
    assert Grandchild(3).get_config()["size"] == 3
    assert type(Grandchild.from_config(Grandchild(3).get_config())) is Grandchild


def test_an_attribute_changed_since_counts():
    made = Child(3)
    made.shape = (5,)
    assert made.get_config()["shape"] == (5,)


@pytest.mark.parametrize("way", [copy.copy, copy.deepcopy, lambda item: pickle.loads(pickle.dumps(item))])
def test_copies_have_the_same_config(way):
    made = Child(3, inner=Base("x"))
    assert repr(way(made)) == repr(made)


def test_repr_shows_what_is_not_the_default():
    assert repr(Child(3)) == "Child(size=3)"
    assert repr(Child(3, shape=(2,), inner=Base("x"))) == "Child(size=3, shape=(2,), inner=Base(name='x'))"


def test_serializing_keeps_tuples_arrays_numbers_and_nested_objects():
    made = Child(np.int64(3), shape=(np.float32(0.5), None), inner=[Base("x"), {"a": np.arange(3.0), 2: None}])
    written = registry.serialize(made)
    import json

    known = {"Child": Child, "Base": Base}
    again = registry.deserialize(json.loads(json.dumps(written)), known)
    assert registry.serialize(again) == written
    assert again.shape == (0.5, None)
    np.testing.assert_array_equal(again.inner[1]["a"], [0.0, 1.0, 2.0])
    assert list(again.inner[1]) == ["a", 2]


def test_what_cannot_be_written_is_named():
    with pytest.raises(TypeError, match="cannot write"):
        registry.serialize(Child(1, inner=object()))


def test_the_table_of_rooms_names_only_classes_that_exist():
    for room, names in PACKAGES.items():
        for name in names:
            assert registry.name_of(registry.find(f"{room}.{name}")) == f"{room}.{name}"
