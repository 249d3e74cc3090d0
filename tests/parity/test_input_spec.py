"""`InputSpec`, and layers that set `input_spec`, compared with the real Keras."""

import numpy as np
import pytest

from tests.parity.comparing import both

SPECS = [
    {"ndim": 3},
    {"min_ndim": 3},
    {"max_ndim": 3},
    {"axes": {-1: 4}},
    {"axes": {1: 2, 2: None}},
    {"shape": (None, 2, 4)},
    {"shape": (3, None)},
    {"shape": (None, 2, 1), "allow_last_axis_squeeze": True},
    {"shape": (None, 2), "allow_last_axis_squeeze": True},
    {"dtype": "float32"},
    {"dtype": "int32"},
    {"ndim": 2, "axes": {1: 4}, "dtype": "float32"},
]
SHAPES = [(3, 4), (3, 2), (3, 2, 4), (3, 2, 1), (3, 2, 4, 1), (5,)]


def accepts(k, arguments, shape, symbolic):
    class Own(k.layers.Layer):
        def __init__(self):
            super().__init__()
            self.input_spec = k.layers.InputSpec(**arguments)

        def call(self, x):
            return x * 2

    try:
        Own()(k.Input(shape[1:], batch_size=shape[0]) if symbolic else np.ones(shape, "float32"))
    except (ValueError, IndexError):  # Keras reads an axis that is not there
        return False
    return True


def compares_all_axes(arguments, shape):
    """Whether Keras does so: with `shape` it forgets the axes that the other shape does not have."""
    if "shape" not in arguments:
        return True
    sizes = [
        list(one[:-1] if one[-1] == 1 and "allow_last_axis_squeeze" in arguments else one)
        for one in (arguments["shape"], shape)
    ]
    return len(sizes[0]) == len(sizes[1])


@pytest.mark.parametrize("arguments", SPECS, ids=str)
@pytest.mark.parametrize("symbolic", [False, True])
def test_the_same_inputs_are_accepted(arguments, symbolic):
    for shape in SHAPES:
        mine, its = both(lambda k, shape=shape: accepts(k, arguments, shape, symbolic))
        assert mine == (its and compares_all_axes(arguments, shape)), shape


@pytest.mark.parametrize("arguments", SPECS, ids=str)
def test_repr_config_and_attributes_are_those_of_keras(arguments):
    mine, its = both(lambda k: k.InputSpec(**arguments))
    names = ("dtype", "shape", "ndim", "max_ndim", "min_ndim", "axes", "optional")
    assert {name: getattr(mine, name) for name in names} == {name: getattr(its, name) for name in names}
    again = type(mine).from_config(mine.get_config())
    assert {name: getattr(again, name) for name in names} == {name: getattr(mine, name) for name in names}


def test_several_inputs_and_wrong_arguments():
    def run(k):
        class Own(k.layers.Layer):
            def build(self, input_shape):
                self.input_spec = [k.InputSpec(ndim=2), k.InputSpec(ndim=3, optional=True)]

            def call(self, both):
                return both[0]

        layer, found = Own(), []
        layer([np.ones((2, 3)), np.ones((2, 3, 4))])
        for given in ([np.ones((2, 3)), np.ones((2, 3))], [np.ones((2, 3))], [np.ones((2, 3)), np.ones((2, 3, 1))]):
            try:
                layer(given)
                found.append("accepted")
            except ValueError:
                found.append("refused")
        for wrong, error in (({"axes": {"a": 1}}, TypeError), ({"ndim": 2, "axes": {2: 3}}, ValueError)):
            with pytest.raises(error):
                k.InputSpec(**wrong)
        return found

    mine, its = both(run)
    assert mine == its == ["refused", "refused", "accepted"]
