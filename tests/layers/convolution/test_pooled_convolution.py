"""A convolution before max pooling, computed together with it in inference, has the outputs of the two layers."""

import numpy as np
import pytest

from minidl import Input, Sequential, layers
from minidl.kernels.compiled import set_compiled

CASES = [
    (1, (20, 3), {}, {}),
    (2, (13, 13, 8), {}, {}),
    (2, (12, 9, 2), {"padding": "same", "strides": 2, "use_bias": False}, {"strides": 1}),
    (2, (12, 11, 8), {"padding": "same", "dilation_rate": 2}, {"pool_size": 3, "strides": (1, 2)}),
    (2, (12, 11, 8), {"activation": "linear"}, {"padding": "same"}),
    (2, (8, 13, 13), {"data_format": "channels_first"}, {"data_format": "channels_first"}),
    (2, (13, 13, 8), {}, {"data_format": "channels_first", "pool_size": 1}),
    (2, (13, 13, 8), {"activation": "tanh"}, {}),
    (2, (13, 13, 8), {"groups": 2}, {}),
    (3, (6, 7, 8, 2), {}, {}),
]


def made(rank, shape, convolution, pooling, convolution_class=None, pooling_class=None):
    convolution_class = convolution_class or getattr(layers, f"Conv{rank}D")
    pooling_class = pooling_class or getattr(layers, f"MaxPooling{rank}D")
    return Sequential(
        [
            Input(shape),
            convolution_class(8, 3, **({"activation": "relu", "bias_initializer": "normal"} | convolution)),
            pooling_class(**pooling),
            layers.Flatten(),
        ]
    )


def one_after_the_other(model, x):
    for layer in model.layers:
        x = layer(x)
    return x


@pytest.fixture(params=[False, True], ids=["plain", "compiled"], autouse=True)
def compiled(request):
    if request.param:
        pytest.importorskip("numba")
    set_compiled(request.param)
    yield request.param
    set_compiled(False)


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize("rows", [0, 1, 40])
def test_the_outputs_are_those_of_the_two_layers(case, rows):
    model = made(*case)
    x = np.random.default_rng(0).normal(size=(rows, *case[1])).astype("float32")
    expected = one_after_the_other(model, x)
    for predict in (model, model.infer, lambda x: model.predict(x, verbose=0) if len(x) else model(x)):
        np.testing.assert_allclose(predict(x), expected, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(model.forward(x)[0], expected, rtol=1e-5, atol=1e-5)


def test_nan_and_infinity_go_where_the_two_layers_put_them():
    model = made(2, (13, 13, 8), {}, {})
    x = np.random.default_rng(0).normal(size=(40, 13, 13, 8)).astype("float32")
    x[3, 4, 5, 6], x[7, 8, 9, 1] = np.nan, np.inf
    with np.errstate(invalid="ignore"):
        np.testing.assert_allclose(model(x), one_after_the_other(model, x), rtol=1e-5, atol=1e-5)


def test_layers_changed_after_the_first_prediction_are_used_as_they_are():
    model = made(2, (13, 13, 8), {}, {})
    x = np.random.default_rng(0).normal(size=(40, 13, 13, 8)).astype("float32")
    model(x)
    model.layers[0].activation = layers.Activation("tanh").activation
    np.testing.assert_allclose(model(x), one_after_the_other(model, x), rtol=1e-5, atol=1e-5)


def test_subclasses_are_computed_with_their_own_passes():
    class Doubled:
        def forward(self, x, training=False):
            y, cache = super().forward(x)
            return 2 * y, cache

    class DoubledConvolution(Doubled, layers.Conv2D):
        pass

    class DoubledPooling(Doubled, layers.MaxPooling2D):
        pass

    x = np.random.default_rng(0).normal(size=(40, 13, 13, 8)).astype("float32")
    for classes in ((DoubledConvolution, None), (None, DoubledPooling)):
        model = made(2, (13, 13, 8), {}, {}, *classes)
        np.testing.assert_allclose(model(x), one_after_the_other(model, x), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(("wrong", "number"), [((40, 2, 2, 8), 1), ((40, 3, 3, 8), 2), ((40, 9, 9, 7), 1)], ids=str)
def test_an_error_names_the_layer_that_it_comes_from(wrong, number):
    model = Sequential([layers.Conv2D(4, 3), layers.MaxPooling2D(2), layers.Flatten()])
    model.build((None, None, None, 8))
    with pytest.raises(ValueError, match="expects|larger than its inputs") as caught:
        model.network.infer(np.ones(wrong, "float32"), None)
    assert f"in layer {number} of 3" in caught.value.__notes__[0]
