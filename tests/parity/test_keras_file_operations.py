"""Operations in functional models of `.keras` files: each is read as Keras writes it, and written as Keras reads it."""

import keras
import numpy as np
import pytest

import minidl
from minidl import Input, Model, layers, ops
from minidl.saving import load_model
from tests.ops.table import CALLS, call, find, flat
from tests.parity.test_ops import keras_call

COMMON = (
    "add multiply divide power where clip abs exp less logical_and argmax sum max cumsum matmul einsum reshape transpose "
    "expand_dims squeeze get_item concatenate stack split take pad softmax relu leaky_relu conv max_pool one_hot cast"
)
# What Keras itself cannot draw, write or run from a file: groups of channels, one size for adaptive pooling, lists for tuples.
KERAS_FAILS = "adaptive_average_pool adaptive_max_pool conv conv_transpose hstack select trapezoid view"
COMPLEX = "eig polar view_as_complex view_as_real"  # minidl has no complex tensors in graphs
OTHER_VALUES = "argpartition sparsemax"  # see tests/known_differences.py, and parts in any order


def is_array(tensor):
    return isinstance(tensor, np.ndarray)


def form_of(name, tensors, options):
    """The arrays that a graph has as inputs, and a function that fills other tensors in; integers are constants."""
    single = [tensor.astype("float32") if is_array(tensor) and tensor.dtype.kind == "f" else tensor for tensor in flat(tensors)]
    places = [number for number, tensor in enumerate(single) if is_array(tensor) and tensor.dtype.kind == "f"]
    places = places or [number for number, tensor in enumerate(single) if is_array(tensor)]

    def filled(given):
        whole = list(single)
        for place, tensor in zip(places, given, strict=True):
            whole[place] = tensor
        return ([*whole],) if tensors and isinstance(tensors[0], list) else tuple(whole)

    return name, [single[place] for place in places], filled, {"dtype": "int32"} if name == "cast" else options


def listed(y):
    return list(y) if isinstance(y, (tuple, list)) else [y]


def model_of(library, forms):
    """One model of all forms, in Keras or in minidl, and its arrays."""
    inputs, outputs, arrays = [], [], []
    for name, given, filled, options in forms:
        symbols = [library.Input(batch_shape=array.shape, dtype=array.dtype.name) for array in given]
        made = (
            keras_call(name, filled(symbols), options)
            if library is keras
            else call(find(ops, name), name, filled(symbols), options)
        )
        inputs, outputs, arrays = inputs + symbols, outputs + listed(made), arrays + given
    return library.Model(inputs, outputs), arrays


def values_of(forms):
    """What minidl's functions compute for the arrays themselves."""
    return [y for name, given, filled, options in forms for y in listed(call(find(ops, name), name, filled(given), options))]


def assert_close(ours, theirs):
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(np.asarray(one), np.asarray(other), rtol=1e-5, atol=1e-5)


def has_array(key):
    return isinstance(key, tuple) and any(map(is_array, key))


def forms_named(name):
    """The forms of an operation that Keras can draw."""
    forms = [form_of(name, *one) for one in CALLS[name] if not has_array(one[1].get("key"))]
    return [form for form in forms if form[1]]


def common_forms():
    return [forms_named(name)[-1] for name in COMMON.split()]


def check_read(forms, path):
    theirs, arrays = model_of(keras, forms)
    theirs.save(path)
    assert_close(listed(load_model(path)(arrays if len(arrays) > 1 else arrays[0])), values_of(forms))


def check_written(forms, path):
    ours, arrays = model_of(minidl, forms)
    ours.save(path)
    x = arrays if len(arrays) > 1 else arrays[0]
    for load in (load_model, keras.models.load_model):
        assert_close(listed(load(path)(x)), values_of(forms))


@pytest.mark.filterwarnings("ignore::UserWarning")  # JAX without 64-bit integers
def test_common_operations_travel_in_both_directions(tmp_path):
    check_read(common_forms(), tmp_path / "theirs.keras")
    check_written(common_forms(), tmp_path / "ours.keras")


OPERATIONS = [name for name in CALLS if forms_named(name) and name not in f"{KERAS_FAILS} {COMPLEX}".split()]


@pytest.mark.thorough
@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation_is_read(name, tmp_path):
    check_read(forms_named(name), tmp_path / "net.keras")


NOT_WRITTEN = (  # one form or all
    "broadcast_to histogram image.extract_patches_3d istft nanpercentile nanquantile norm percentile quantile rot90"
)


@pytest.mark.thorough
@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation_is_written_or_raises_an_error_that_names_it(name, tmp_path):
    if name in NOT_WRITTEN.split():
        with pytest.raises(ValueError, match="which minidl does not write into .keras files"):
            model_of(minidl, forms_named(name))[0].save(tmp_path / "net.keras")
    elif name not in OTHER_VALUES.split():
        check_written(forms_named(name), tmp_path / "net.keras")


def test_activation_functions_of_symbolic_tensors_are_layers(tmp_path):
    x = Input((3,))
    y = [minidl.activations.mish(x), minidl.activations.relu(x, max_value=1.0), minidl.activations.elu(x, alpha=0.5)]
    model = Model(x, [*y, minidl.activations.exponential(x), minidl.activations.relu(x)])
    model.save(tmp_path / "net.keras")
    values = np.random.default_rng(0).normal(size=(4, 3)).astype("float32")
    for load in (load_model, keras.models.load_model):
        assert_close(load(tmp_path / "net.keras")(values), model(values))


def test_what_a_file_of_keras_cannot_hold_raises_an_error_that_names_it(tmp_path):
    x = Input((3,))
    for refused, y in (
        ("reshape with sizes or values of other tensors", ops.reshape(x, (ops.shape(x)[0], 3, 1))),
        ("get_item with an array of indices", x[:, np.array([0, 2])]),
        ("clip with limits that are tensors", ops.clip(x, -np.ones(3), 1.0)),
        ("reshape with several sizes that are not given", ops.reshape(layers.Reshape((3, 1))(x), (None, None, 1))),
        (r"norm with axis=\[1, 2\]", ops.norm(layers.Reshape((3, 1))(x), axis=(1, 2))),
        ("call_function", ops.vectorized_map(ops.exp, x)),
    ):
        with pytest.raises(ValueError, match=f"holds the operation {refused}, which minidl does not write into .keras files"):
            Model(x, y).save(tmp_path / "net.keras")
    assert not list(tmp_path.iterdir())


def test_operations_that_run_python_code_raise_an_error_that_names_them(tmp_path):
    x = keras.Input((3,))
    keras.Model(x, keras.ops.exp(x)).save(tmp_path / "net.keras")
    from zipfile import ZipFile

    with ZipFile(tmp_path / "net.keras") as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    for known, unknown, message in (
        ("Exp", "VectorizedMap", "operation VectorizedMap, which runs Python code"),
        ("Exp", "Exponentiate", "operation Exponentiate, which minidl does not have"),
    ):
        with ZipFile(tmp_path / "other.keras", "w") as archive:
            for name, content in parts.items():
                archive.writestr(name, content.replace(f'"{known}"'.encode(), f'"{unknown}"'.encode()))
        with pytest.raises(ValueError, match=message):
            load_model(tmp_path / "other.keras")
