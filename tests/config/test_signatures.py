"""`inherit_arguments`: arguments written once in a base class are the leaves' own."""

import inspect

import pytest

from minidl.config.configurable import Configurable
from minidl.config.signatures import inherit_arguments


class Base(Configurable):
    def __init__(self, color="red", width=1, seed=None):
        self.color, self.width, self.seed = color, width, seed


class Rest(Configurable):
    def __init__(self, *, name="n", **kwargs):
        super().__init__(**kwargs)
        self.name = name


class Leaf(Rest, Base):
    @inherit_arguments(Base, Rest, without=("width",), last=("seed",))
    def __init__(self, radius: float, **kwargs):
        super().__init__(**kwargs)
        self.radius = radius


def test_own_arguments_come_first_and_those_of_the_parents_follow():
    assert str(inspect.signature(Leaf)) == "(radius: float, color='red', name='n', seed=None, **kwargs)"
    leaf = Leaf(2.0, "blue", "m", 7)
    assert (leaf.radius, leaf.color, leaf.name, leaf.seed, leaf.width) == (2.0, "blue", "m", 7, 1)


def test_the_config_has_every_argument_with_its_default():
    assert Leaf(2.0).get_config() == {"radius": 2.0, "color": "red", "name": "n", "seed": None}
    assert Leaf.from_config(Leaf(2.0, seed=3).get_config()).seed == 3
    assert repr(Leaf(2.0, "blue")) == "Leaf(radius=2.0, color='blue')"


def test_inherited_arguments_may_be_given_by_name():
    assert Leaf(2.0, width=5).width == 5
    assert Leaf(2.0, width=5).get_config()["width"] == 5


def test_a_subclass_may_call_the_constructor():
    class Smaller(Leaf):
        def __init__(self, radius):
            super().__init__(radius / 2, color="green")

    assert (Smaller(2.0).radius, Smaller(2.0).color) == (1.0, "green")
    assert Smaller(2.0).get_config() == {"radius": 2.0}


def test_wrong_arguments_are_named():
    with pytest.raises(TypeError, match="Leaf needs the argument 'radius'"):
        Leaf()
    with pytest.raises(TypeError, match="no parent of .*Wrong.* takes 'height'"):

        class Wrong(Base):
            @inherit_arguments(Base, without=("height",))
            def __init__(self, **kwargs):
                super().__init__(**kwargs)
