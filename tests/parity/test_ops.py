"""Every operation of `minidl.ops` compared with the function of that name in `keras.ops`: values, types, gradients."""

import inspect

import jax
import keras
import numpy as np
import pytest

from minidl import Input, Model, ops
from tests.ops.nn_table import NN_CALLS
from tests.ops.numpy_table import NUMPY_CALLS
from tests.ops.table import call, find, flat, forms
from tests.parity.comparing import assert_close

# Keras compiles each call anew, which takes a second or more for some: the further tables are compared by `.ci/thorough` alone.
FURTHER = NUMPY_CALLS.keys() | NN_CALLS.keys()
OTHER_VALUES = {"sparsemax"}  # see test_activations
FORMS = [
    pytest.param(*form, id=f"{form[0]}-{number}", marks=[pytest.mark.thorough] if form[0] in FURTHER else [])
    for number, form in enumerate(forms())
    if form[0] not in OTHER_VALUES
]


def is_float(tensor):
    return isinstance(tensor, np.ndarray) and tensor.dtype.kind == "f"


def keras_call(name, tensors, options):
    if name == "get_item":
        return tensors[0][options["key"]]
    if name == "stop_gradient":
        return keras.ops.stop_gradient(tensors[0])
    if name == "broadcast_to":  # Keras knows no None there
        rank = len(options["shape"]) - tensors[0].ndim
        own = (1,) * rank + tuple(tensors[0].shape)
        return keras.ops.broadcast_to(tensors[0], [o if s is None else s for s, o in zip(options["shape"], own, strict=True)])
    if name == "reshape" and isinstance(options["newshape"], tuple):
        options = {"newshape": tuple(-1 if size is None else size for size in options["newshape"])}
    found = call(find(keras.ops, name), name, tensors, options)
    return tuple(found) if isinstance(found, (list, tuple)) else found


@pytest.mark.quick_rows(1)
@pytest.mark.parametrize(("name", "tensors", "options"), FORMS)
def test_values_and_gradients_are_those_of_keras(name, tensors, options):
    listed = tensors and isinstance(tensors[0], list)
    options = {"dtype": "float32"} if name == "cast" else options  # Keras on JAX has no float64
    single = [tensor.astype("float32") if is_float(tensor) else tensor for tensor in flat(tensors)]
    places = [number for number, tensor in enumerate(single) if is_float(tensor)]
    arrays = [single[place] for place in places]

    def filled(given):
        whole = list(single)
        for place, array in zip(places, given, strict=True):
            whole[place] = array
        return ([*whole],) if listed else tuple(whole)

    expected = keras_call(name, filled(arrays), options)
    actual = call(find(ops, name), name, filled(arrays), options)
    if name == "argpartition":  # the order on either side of kth is undefined
        actual, expected = (np.split(np.asarray(found), [options["kth"]]) for found in (actual, expected))
        actual, expected = (tuple(map(np.sort, sides)) for sides in (actual, expected))
    several = isinstance(actual, tuple)
    for one, other in zip(actual if several else [actual], expected if several else [expected], strict=True):
        assert_close(one, other, 1e-5, name)
        assert np.asarray(one).dtype.kind == np.asarray(other).dtype.kind
    if name in FURTHER or not arrays or all(np.asarray(one).dtype.kind != "f" for one in (actual if several else [actual])):
        return
    symbols = [Input(batch_shape=array.shape) for array in arrays]
    drawn = call(find(ops, name), name, filled(symbols), options)
    model = Model(symbols, list(drawn) if several else drawn)
    generator = np.random.default_rng(0)
    y, cache, _ = model._forward(arrays if len(arrays) > 1 else arrays[0])
    dys = [generator.normal(size=one.shape).astype("float32") * (one.dtype.kind == "f") for one in (y if several else [y])]
    dx = model._backward(list(dys) if several else dys[0], cache)

    def scalar(given):
        found = keras_call(name, filled(given), options)
        return sum((dy * one).sum() for dy, one in zip(dys, found if several else [found], strict=True) if dy.any())

    for mine, its in zip(dx if isinstance(dx, list) else [dx], jax.grad(scalar)(arrays), strict=True):
        assert_close(np.zeros_like(its) if mine is None else mine, its, 1e-4, f"gradient of {name}")


OTHER_DEFAULTS = {"fft"}


@pytest.mark.parametrize("name", sorted({form[0] for form in forms()}))
def test_arguments_are_those_of_keras(name):
    theirs = inspect.signature(find(keras.ops, name)).parameters
    ours = inspect.signature(find(ops, name)).parameters
    assert list(ours) == [key for key in theirs if key in ours], name
    for key, parameter in ours.items():
        if name not in OTHER_DEFAULTS and parameter.default is not parameter.empty:
            assert parameter.default == theirs[key].default, (name, key)
    for key in set(theirs) - set(ours):
        assert theirs[key].kind is inspect.Parameter.VAR_KEYWORD or theirs[key].default is not inspect.Parameter.empty
