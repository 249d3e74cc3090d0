"""Initializers: distributions, fans, seeds and errors."""

import copy
import math
import pickle

import numpy as np
import pytest

from minidl import initializers
from minidl.config.public_names import PACKAGES
from minidl.config.randomness import set_random_seed
from minidl.initializers import (
    Constant,
    GlorotUniform,
    Identity,
    Initializer,
    Ones,
    RandomNormal,
    RandomUniform,
    TruncatedNormal,
    VarianceScaling,
    Zeros,
)

NAMES = [name for name in PACKAGES["initializers"] if name != "STFT"]  # of one shape alone, and never random: tested below
RANDOM = [name for name in NAMES if name not in ("Constant", "Identity", "Ones", "Zeros")]
FOR_MATRICES = {"Identity": ((3, 4), [2, 1], (0, 2)), "Orthogonal": ((3, 4), [2, 1, 3])}
VARIANCES = {
    "GlorotNormal": lambda inputs, outputs: 2 / (inputs + outputs),
    "GlorotUniform": lambda inputs, outputs: 2 / (inputs + outputs),
    "HeNormal": lambda inputs, outputs: 2 / inputs,
    "HeUniform": lambda inputs, outputs: 2 / inputs,
    "LecunNormal": lambda inputs, outputs: 1 / inputs,
    "LecunUniform": lambda inputs, outputs: 1 / inputs,
}
each_random = pytest.mark.parametrize("name", RANDOM)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", None])
def test_shape_and_dtype_are_the_requested_ones(name, dtype):
    initializer = getattr(initializers, name)()
    shapes = FOR_MATRICES.get(name, ((3, 4), [2, 1, 3], (5,), (), (0, 2)))
    for shape in shapes:
        value = initializer(shape, dtype)
        assert isinstance(value, np.ndarray)
        assert (value.shape, value.dtype) == (tuple(shape), dtype or "float32")
        assert value.flags.writeable


def test_constants_fill_with_their_number_or_array():
    np.testing.assert_array_equal(Zeros()((2, 2)), [[0, 0], [0, 0]])
    np.testing.assert_array_equal(Ones()((2,)), [1, 1])
    np.testing.assert_array_equal(Constant(2.5)((2,)), [2.5, 2.5])
    np.testing.assert_array_equal(Constant([1.0, 2.0])((2, 2)), [[1, 2], [1, 2]])
    np.testing.assert_array_equal(initializers.get(np.array([1.0, 2.0]))((2,)), [1, 2])
    assert Constant(3)((2,), "int64").dtype == "int64"


def test_an_identity_has_its_gain_on_the_diagonal_and_takes_matrices_only():
    np.testing.assert_array_equal(Identity(2.0)((2, 3)), [[2, 0, 0], [0, 2, 0]])
    for shape in ((3,), (2, 2, 2), ()):
        with pytest.raises(ValueError, match="Identity initializes matrices"):
            Identity()(shape)


@pytest.mark.parametrize("mode", ["fan_in", "fan_out", "fan_avg"])
@pytest.mark.parametrize("distribution", ["truncated_normal", "untruncated_normal", "uniform"])
def test_variance_scaling_has_its_variance_and_truncation(mode, distribution):
    values = VarianceScaling(3.0, mode, distribution, seed=3)((200, 400), "float64")
    variance = 3.0 / {"fan_in": 200, "fan_out": 400, "fan_avg": 300}[mode]
    assert values.var() == pytest.approx(variance, rel=0.02)
    limit = np.abs(values).max() / math.sqrt(variance)
    expected = {"truncated_normal": 2 / 0.87962566103423978, "uniform": math.sqrt(3), "untruncated_normal": 4.5}
    assert limit == pytest.approx(expected[distribution], rel=0.15 if distribution == "untruncated_normal" else 0.01)


def test_variance_scaling_raises_an_error_for_unknown_modes():
    for arguments, match in (
        ({"scale": 0}, "scale to be above 0"),
        ({"scale": -1}, r"scale to be a finite number of at least 0"),
        ({"mode": "fan"}, "mode to be one of fan_in, fan_out, fan_avg, got 'fan'"),
        ({"distribution": "gamma"}, "distribution to be one of truncated_normal"),
    ):
        with pytest.raises(ValueError, match=match):
            VarianceScaling(**arguments)


def test_a_truncated_normal_ends_at_two_standard_deviations():
    values = TruncatedNormal(mean=1.0, stddev=0.5, seed=1)((200, 200))
    assert values.mean() == pytest.approx(1.0, abs=0.01)
    assert values.std() == pytest.approx(0.5 * 0.87962566103423978, rel=0.01)
    assert 0.99 < np.abs(values - 1).max() <= 1.0


@pytest.mark.parametrize("name", VARIANCES)
@pytest.mark.parametrize(
    ("shape", "inputs", "outputs"), [((200, 300), 200, 300), ((3, 5, 20, 100), 300, 1500), ((50000,), 50000, 50000)]
)
def test_mean_variance_and_limits_follow_from_the_fans(name, shape, inputs, outputs):
    values = getattr(initializers, name)(seed=3)(shape, "float64")
    variance = VARIANCES[name](inputs, outputs)
    assert abs(values.mean()) < 0.02 * math.sqrt(variance)
    assert values.var() == pytest.approx(variance, rel=0.02)
    limit = math.sqrt(3 * variance) if "Uniform" in name else 2 * math.sqrt(variance) / 0.87962566103423978
    assert 0.99 * limit < np.abs(values).max() <= limit


def test_random_normal_and_random_uniform_have_the_stated_parameters():
    normal = RandomNormal(mean=2.0, stddev=0.5, seed=1)((200, 200))
    assert normal.mean() == pytest.approx(2.0, abs=0.01)
    assert normal.std() == pytest.approx(0.5, rel=0.01)
    assert np.abs(normal - 2).max() > 1.5  # not truncated
    uniform = RandomUniform(1.0, 3.0, seed=1)((200, 200))
    assert uniform.mean() == pytest.approx(2.0, abs=0.01)
    assert 1.0 <= uniform.min() < 1.01
    assert 2.99 < uniform.max() <= 3.0


def test_fans_are_counted_as_keras_counts_them():
    fans = GlorotUniform().fans
    assert fans(()) == (1, 1)
    assert fans((7,)) == (7, 7)
    assert fans((4, 5)) == (4, 5)
    assert fans((3, 4, 5)) == (12, 15)
    assert fans((3, 2, 4, 5)) == (24, 30)
    assert fans((0, 4)) == (1, 4)
    assert GlorotUniform(input_axes=[0], output_axes=[1, 2]).fans((8, 2, 4)) == (8, 8)


@each_random
def test_an_integer_seed_gives_the_same_values_at_every_call(name):
    made = getattr(initializers, name)
    initializer = made(seed=7)
    np.testing.assert_array_equal(initializer((3, 4)), initializer((3, 4)))
    np.testing.assert_array_equal(initializer((3, 4)), made(seed=np.int64(7))((3, 4)))
    assert (initializer((3, 4)) != made(seed=8)((3, 4))).any()
    assert initializer.get_config()["seed"] == 7


@each_random
def test_without_a_seed_calls_differ_and_the_process_seed_repeats_them(name):
    made = getattr(initializers, name)
    set_random_seed(5)
    initializer, other = made(), made()
    first, second, third = initializer((3, 4)), initializer((3, 4)), other((3, 4))
    assert (first != second).any()
    assert (first != third).any()
    set_random_seed(5)
    again_initializer, again_other = made(), made()
    np.testing.assert_array_equal(again_other((3, 4)), third)  # made second, whoever is called first
    np.testing.assert_array_equal(again_initializer((3, 4)), first)
    assert initializer.get_config()["seed"] is None


@each_random
def test_copies_and_pickles_continue_with_the_same_values(name):
    initializer = getattr(initializers, name)()
    copied, pickled = copy.deepcopy(initializer), pickle.loads(pickle.dumps(initializer))
    expected = initializer((3, 4))
    np.testing.assert_array_equal(copied((3, 4)), expected)
    np.testing.assert_array_equal(pickled((3, 4)), expected)


@each_random
def test_float32_values_hardly_ever_repeat(name):
    assert len(np.unique(getattr(initializers, name)(seed=0)((300, 300)))) > 80_000


def test_numpys_global_state_is_never_touched():
    before = np.random.get_state()[1].copy()  # noqa: NPY002  # the very state that must stay as it was
    for name in RANDOM:
        getattr(initializers, name)()((3, 3))
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002  # NumPy's global state is what is tested


def test_names_classes_configs_and_functions_are_found():
    assert isinstance(initializers.get("glorot_uniform"), GlorotUniform)
    assert isinstance(initializers.get("GlorotUniform"), GlorotUniform)
    assert isinstance(initializers.get(GlorotUniform), GlorotUniform)
    for alias, kind in (("uniform", RandomUniform), ("normal", RandomNormal), ("zero", Zeros), ("one", Ones), ("zeros", Zeros)):
        assert type(initializers.get(alias)) is kind
    assert initializers.he_normal is initializers.HeNormal
    assert initializers.get(None) is None
    assert initializers.get(np.ones) is np.ones


@pytest.mark.parametrize("name", NAMES)
def test_configs_rebuild_an_equal_object(name):
    initializer = getattr(initializers, name)(**({"seed": 3} if name in RANDOM else {}))
    again = initializers.deserialize(initializers.serialize(initializer))
    assert type(again) is type(initializer)
    np.testing.assert_array_equal(again((2, 3)), initializer((2, 3)))
    np.testing.assert_array_equal(initializers.get(initializers.serialize(initializer))((2, 3)), initializer((2, 3)))


def test_a_constant_array_survives_its_config():
    again = initializers.deserialize(initializers.serialize(Constant(np.array([1.0, 2.0]))))
    np.testing.assert_array_equal(again((2,)), [1, 2])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: GlorotUniform(seed=-1), "GlorotUniform expects seed to be an integer of at least 0 or None, got -1"),
        (lambda: GlorotUniform(seed=1.5), "got 1.5"),
        (lambda: GlorotUniform(seed=True), "got True"),
        (lambda: RandomNormal(stddev=-1.0), r"RandomNormal expects stddev to be a number of at least 0, got -1.0"),
        (lambda: RandomUniform(1.0, 0.0), r"RandomUniform expects maxval to be a number of at least 1, got 0.0"),
        (lambda: GlorotUniform(input_axes=[0]), "GlorotUniform expects input_axes and output_axes together or neither"),
        (lambda: Constant("a"), "Constant expects value to be a number or an array of numbers, got 'a'"),
        (
            lambda: Constant([1.0, 2.0])((3,)),
            r"Constant holds an array of shape \(2,\) and cannot fill a weight of shape \(3,\)",
        ),
        (lambda: Zeros()((None, 3)), r"Zeros expects a shape of whole numbers, got \(None, 3\)"),
        (lambda: GlorotUniform()((-1, 3)), r"got \(-1, 3\)"),
        (lambda: initializers.get("glorot_unifrom"), "unknown initializer 'glorot_unifrom': did you mean 'glorot_uniform'"),
    ],
)
def test_bad_arguments_raise_an_error_with_what_was_expected(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_anything_not_callable_raises_an_error():
    with pytest.raises(ValueError, match="an initializer is a name"):
        initializers.get(3)
    with pytest.raises(TypeError, match=r"Initializer defines no __call__\(shape, dtype\)"):
        Initializer()((2,))


def test_stft_is_the_real_or_imaginary_part_of_a_fourier_transform():
    x = np.random.default_rng(0).normal(size=8)
    real, imaginary = (initializers.STFT(side, None)((8, 1, 5), "float64")[:, 0] for side in ("real", "imag"))
    np.testing.assert_allclose(x @ real + 1j * (x @ imaginary), np.fft.rfft(x), atol=1e-12)


@pytest.mark.parametrize("shape", [(8, 5), (8, 2, 5), (8, 1, 1)])
def test_stft_has_one_kind_of_shape(shape):
    with pytest.raises(ValueError, match=r"STFT expects a shape \(frame_length, 1, fft_length / 2 \+ 1\), got"):
        initializers.STFT()(shape)
