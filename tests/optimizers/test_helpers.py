"""What all optimizers share: weight decay, averages, accumulation, and that everything resumes where it was."""

import copy
import pickle

import numpy as np
import pytest

import minidl
from minidl import Input, Sequential, Variable, optimizers
from minidl.layers import BatchNormalization, Dense, Dropout, Embedding, Flatten
from minidl.optimizers import LBFGS, SGD, AdamW, Muon
from minidl.variable import allocate
from tests.table.optimizers import OPTIMIZERS


def variables(**names):
    made = [Variable(value, dtype="float64", name=name) for name, value in names.items()]
    allocate(made)
    return made


# Weight decay.


def test_weights_decay_before_the_step_and_excluded_ones_do_not():
    kernel, bias, gamma = made = variables(kernel=[2.0, 4.0], bias=[2.0], gamma=[2.0])
    optimizer = SGD(0.5, weight_decay=0.1)
    optimizer.exclude_from_weight_decay(var_list=[gamma], var_names=["bi.s"])
    optimizer.apply([np.zeros(2), np.zeros(1), np.ones(1)], made)
    np.testing.assert_allclose(kernel.value, [1.9, 3.8])
    np.testing.assert_allclose(bias.value, [2.0])
    np.testing.assert_allclose(gamma.value, [1.5])
    assert [optimizer.decays(variable) for variable in made] == [True, False, False]


def test_variables_with_equal_values_are_different_variables():
    one, other = variables(a=[1.0], b=[1.0])
    optimizer = SGD(weight_decay=0.1)
    optimizer.exclude_from_weight_decay([one])
    assert not optimizer.decays(one)
    assert optimizer.decays(other)


def test_adamw_without_decay_raises_an_error():
    with pytest.raises(ValueError, match="AdamW expects weight_decay to be a number, got None; use Adam for no decay"):
        AdamW(weight_decay=None)
    with pytest.raises(ValueError, match=r"SGD expects weight_decay to be a number of at least 0, got -0.1"):
        SGD(weight_decay=-0.1)


def test_muon_decays_matrices_and_other_variables_each_at_its_own_rate():
    matrix, vector = made = variables(kernel=np.ones((2, 2)), bias=[1.0])
    Muon(1.0, weight_decay=0.1, adam_weight_decay=0.2).apply([np.zeros((2, 2)), np.zeros(1)], made)
    np.testing.assert_allclose(matrix.value, 0.9)
    np.testing.assert_allclose(vector.value, 0.8)
    frozen = Muon(1.0, weight_decay=0.1, adam_weight_decay=0.2)
    frozen.exclude_from_weight_decay(made)
    frozen.apply([np.zeros((2, 2)), np.zeros(1)], made)
    np.testing.assert_allclose(vector.value, 0.8)


def test_muons_steps_have_singular_values_near_one():
    step = Muon().zeropower_via_newtonschulz5(np.random.default_rng(0).normal(size=(6, 4)), 5)
    values = np.linalg.svd(step, compute_uv=False)
    assert np.all((values > 0.6) & (values < 1.3))
    u, _, v = np.linalg.svd(np.random.default_rng(0).normal(size=(6, 4)), full_matrices=False)
    assert np.abs(step - u @ v).max() < 0.3  # near the nearest orthogonal matrix


# Averages.


def test_fit_ends_with_the_averages_in_the_weights():
    x, y = np.random.default_rng(0).normal(size=(32, 3)), np.ones((32, 1))
    plain, averaged = (Sequential([Input((3,)), Dense(1)]) for _ in range(2))
    averaged.set_weights(plain.get_weights())
    plain.compile(SGD(0.1), "mse")
    averaged.compile(SGD(0.1, use_ema=True, ema_momentum=0.5), "mse")
    mean = None
    for start in range(0, 32, 8):
        plain.train_on_batch(x[start : start + 8], y[start : start + 8])
        kernel = plain.get_weights()[0]
        mean = kernel if mean is None else 0.5 * mean + 0.5 * kernel
    averaged.fit(x, y, batch_size=8, shuffle=False, verbose=0)
    np.testing.assert_allclose(averaged.get_weights()[0], mean, rtol=1e-5)


def test_averages_before_any_step_change_nothing():
    made = variables(a=[1.0, 2.0])
    SGD(use_ema=True).finalize_variable_values(made)
    np.testing.assert_array_equal(made[0].value, [1.0, 2.0])


def test_the_average_of_a_frozen_weight_is_the_weight_itself():
    one, other = made = variables(a=[1.0], b=[5.0])
    optimizer = optimizers.Adagrad(0.1, use_ema=True)
    optimizer.apply([np.ones(1)], [one])
    optimizer.finalize_variable_values(made)
    assert other.value[0] == 5.0


# Accumulation.


def test_accumulated_batches_give_the_step_of_one_large_batch():
    one, other = variables(a=[1.0, 2.0]), variables(a=[1.0, 2.0])
    gradients = np.random.default_rng(0).normal(size=(6, 2))
    slow, quick = (optimizers.Adam(0.1, global_clipnorm=0.5, **more) for more in ({"gradient_accumulation_steps": 3}, {}))
    for number, gradient in enumerate(gradients):
        slow.apply([gradient], one)
        if number % 3 == 2:
            quick.apply([gradients[number - 2 : number + 1].mean(axis=0)], other)
            np.testing.assert_allclose(one[0].value, other[0].value, rtol=1e-12)
    assert (slow.iterations, slow.batches, quick.iterations) == (2, 6, 2)


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"gradient_accumulation_steps": 1}, "gradient_accumulation_steps to be at least 2, or None"),
        ({"gradient_accumulation_steps": 2.5}, "gradient_accumulation_steps to be a positive integer"),
        ({"ema_momentum": 1.5}, r"ema_momentum to be a number in \[0, 1\], got 1.5"),
        ({"ema_overwrite_frequency": 0}, "ema_overwrite_frequency to be a positive integer, got 0"),
    ],
)
def test_bad_settings_raise_an_error(arguments, match):
    with pytest.raises(ValueError, match=match):
        SGD(**arguments)


# Resuming.


def rich_model():
    """An embedding, a matrix, vectors, state and a generator."""
    return Sequential(
        [
            Input((4,), dtype="int64"),
            Embedding(7, 3),
            Flatten(),
            Dense(5, "relu", kernel_constraint="max_norm"),
            BatchNormalization(),
            Dropout(0.2),
            Dense(2, "softmax", name="out"),
        ]
    )


def learn(model, epochs=1):
    random = np.random.default_rng(0)
    ids, labels = random.integers(0, 7, (20, 4)), random.integers(0, 2, 20)
    rows = 20 if isinstance(model.optimizer, LBFGS) else 4
    return model.fit(ids, labels, batch_size=rows, epochs=epochs, verbose=0).history


def through_file(model, folder):
    model.save(folder / "model.safetensors")
    return minidl.load_model(folder / "model.safetensors")


COPIES = {
    "deepcopy": lambda model, folder: copy.deepcopy(model),
    "pickle": lambda model, folder: pickle.loads(pickle.dumps(model)),
    "load": through_file,
}
SHARED = {
    "use_ema": True,
    "ema_momentum": 0.5,
    "ema_overwrite_frequency": 7,
    "gradient_accumulation_steps": 3,
    "weight_decay": 0.1,
}
RESUMED = [(name, row) for name, rows in OPTIMIZERS.items() for row in [*rows, *([SHARED] if name != "LBFGS" else [])]]


@pytest.mark.parametrize("way", COPIES)
@pytest.mark.parametrize(("name", "arguments"), RESUMED, ids=str)
def test_a_copy_continues_training_with_the_same_bits(name, arguments, way, tmp_path):
    model = rich_model()
    model.compile(getattr(optimizers, name)(**arguments), "sparse_categorical_crossentropy")
    if name != "LBFGS":
        model.optimizer.exclude_from_weight_decay([model.layers[-1].kernel], ["beta"])
    learn(model, epochs=2)  # of five batches: an accumulation is under way
    twin = COPIES[way](model, tmp_path)
    assert learn(model, epochs=2) == learn(twin, epochs=2)
    for mine, its in zip(model.weights, twin.weights, strict=True):
        np.testing.assert_array_equal(mine.value, its.value)
        assert model.optimizer.decays(mine) == twin.optimizer.decays(its)
    assert not {variable.buffer for variable in model.weights} & {variable.buffer for variable in twin.weights}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_model_of_two_float_types_learns_each_layer_in_its_own(name):
    model = Sequential([Input((4,)), Dense(5, "tanh"), Dense(4, "tanh", dtype="float64"), Dense(1)])
    model.compile(getattr(optimizers, name)(), "mse")
    x = np.random.default_rng(0).normal(size=(8, 4))
    before = model.get_weights()
    model.fit(x, x[:, :1], batch_size=8, epochs=2, verbose=0)
    assert [v.dtype for v in model.weights] == ["float32"] * 2 + ["float64"] * 2 + ["float32"] * 2
    assert all((a != b).any() for a, b in zip(before, model.get_weights(), strict=True))


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_variable_does_not_change_while_it_is_frozen(name):
    model = rich_model()
    model.compile(getattr(optimizers, name)(), "sparse_categorical_crossentropy")
    learn(model)
    frozen = model.layers[2]
    frozen.trainable = False
    before = frozen.get_weights()
    learn(model, epochs=2)
    assert all((a == b).all() for a, b in zip(before, frozen.get_weights(), strict=True))
    frozen.trainable = True
    learn(model, epochs=2)
    assert any((a != b).any() for a, b in zip(before, frozen.get_weights(), strict=True))
    assert all(np.isfinite(weight).all() for weight in model.get_weights())
