"""`PReLU`: its slopes, which of them are shared, and errors."""

import numpy as np
import pytest

from minidl import Input, Sequential
from minidl.layers import Dense, PReLU


def test_each_negative_element_is_multiplied_with_its_own_slope(rng):
    x = rng.standard_normal((3, 4, 2))
    layer = PReLU(dtype="float64")
    layer.build(x.shape)
    layer.set_weights([rng.standard_normal((4, 2))])
    y = layer(x)
    for row, step, channel in np.ndindex(*x.shape):
        value = x[row, step, channel]
        assert y[row, step, channel] == (value if value > 0 else layer.alpha.value[step, channel] * value)


@pytest.mark.parametrize(
    ("shared_axes", "shape"), [(None, (4, 5, 2)), ([1], (1, 5, 2)), ((1, 2), (1, 1, 2)), (3, (4, 5, 1)), ([1, 2, 3], (1, 1, 1))]
)
def test_slopes_are_shared_along_the_axes_named(shared_axes, shape, rng, check_gradients):
    layer = PReLU("glorot_uniform", shared_axes=shared_axes, dtype="float64")
    check_gradients(layer, rng.standard_normal((3, 4, 5, 2)))
    assert layer.alpha.shape == shape


def test_it_starts_with_slope_zero_and_learns_it():
    x = np.linspace(-1, 1, 64)[:, np.newaxis]
    model = Sequential([Input((1,)), PReLU()])
    np.testing.assert_array_equal(model.predict(x)[:, 0], np.maximum(x[:, 0], 0).astype("float32"))
    model.compile("sgd", "mse")
    model.optimizer.learning_rate = 1.0
    model.fit(x, np.where(x > 0, x, 0.25 * x), epochs=60, verbose=0)
    np.testing.assert_allclose(model.layers[-1].alpha.value, [0.25], atol=1e-3)


def test_axes_of_unknown_size_may_be_shared():
    model = Sequential([Input((None, 3)), PReLU(shared_axes=[1]), Dense(2)])
    assert model.layers[0].alpha.shape == (1, 3)
    assert model.predict(np.ones((2, 5, 3))).shape == (2, 5, 2)
    assert model.predict(np.ones((2, 7, 3))).shape == (2, 7, 2)
    with pytest.raises(ValueError, match=r'PReLU "p" needs to know the sizes .* name the axes of unknown size in shared_axes'):
        Sequential([Input((None, 3)), PReLU(name="p")])


@pytest.mark.parametrize("shared_axes", [0, [0], [-1], "ab", [1.5], [True], [None]])
def test_shared_axes_of_anything_but_positive_integers_raise_an_error(shared_axes):
    with pytest.raises(ValueError, match="PReLU expects shared_axes to be integers of at least 1, the batch being axis 0, got"):
        PReLU(shared_axes=shared_axes)


def test_inputs_that_do_not_fit_raise_an_error():
    with pytest.raises(
        ValueError, match=r'PReLU "p" shares alpha along the axes \[2\], got shape \(2, 3\) without one of them'
    ):
        PReLU(shared_axes=[2], name="p")(np.ones((2, 3)))
    with pytest.raises(ValueError, match=r'PReLU "p" expects rows of features, shape \(batch, ...\), got shape \(3,\)'):
        PReLU(name="p")(np.ones(3))
    layer = PReLU(name="p")
    layer(np.ones((2, 3)))
    for shape in ((2, 4), (2, 3, 1)):
        with pytest.raises(ValueError, match=r'PReLU "p" was built for rows of shape \(3,\) and has an alpha of shape \(3,\)'):
            layer(np.ones(shape))


def test_the_config_holds_the_arguments():
    config = PReLU("ones", "l2", "max_norm", [1, 2]).get_config()
    assert config["shared_axes"] == [1, 2]
    assert PReLU.from_config(config).get_config() == config
