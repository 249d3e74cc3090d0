"""`MultiHeadAttention`: against loops; self-attention, masks, errors."""

import itertools
import math

import numpy as np
import pytest

from minidl import Model, Sequential, load_model
from minidl.config.nest import flatten
from minidl.layers import Add, Dense, Embedding, GlobalAveragePooling1D, GroupQueryAttention, Input, MultiHeadAttention
from minidl.layers.attention.head_projections import JointProjection, SeparateProjections
from minidl.layers.attention.projection import Projection


def by_loops(layer, query, value, keep):
    """Head by head, query by query, by the formula."""
    (wq, bq), (wk, bk), (wv, bv), (wo, bo) = (
        (dense.kernel.value, dense.bias.value)
        for dense in (layer.query_dense, layer.key_dense, layer.value_dense, layer.output_dense)
    )
    y = np.zeros((*query.shape[:-1], wo.shape[-1])) + bo
    for b, h, t in itertools.product(range(len(query)), range(layer.num_heads), range(query.shape[1])):
        q = query[b, t] @ wq[:, h] + bq[h]
        keys = [s for s in range(value.shape[1]) if keep[b, h, t, s]]
        scores = [math.exp(q @ (value[b, s] @ wk[:, h] + bk[h]) / math.sqrt(layer.key_dim)) for s in keys]
        found = sum(score / sum(scores) * (value[b, s] @ wv[:, h] + bv[h]) for score, s in zip(scores, keys))
        y[b, t] += found @ wo[h]
    return y


def test_masks_give_the_results_of_loops(rng):
    query, value = rng.normal(size=(2, 3, 4)), rng.normal(size=(2, 5, 6))
    layer = MultiHeadAttention(2, 3, value_dim=4, output_shape=7, dtype="float64", sliding_window=4)
    layer.build([query.shape, value.shape])
    layer.set_weights([rng.normal(size=weight.shape) for weight in layer.weights])
    value_mask, key_mask = np.ones((2, 5), bool), np.ones((2, 5), bool)
    value_mask[0, 1] = key_mask[1, 2] = False
    attention_mask = rng.random((2, 2, 3, 5)) < 0.8
    attention_mask[..., 0] = True
    places = np.arange(3)[:, np.newaxis] - np.arange(5)
    keep = attention_mask & (value_mask & key_mask)[:, np.newaxis, np.newaxis] & (places >= 0) & (np.abs(places) < 4)
    options = {"attention_mask": attention_mask, "use_causal_mask": True}
    expected = by_loops(layer, query, value, keep)
    np.testing.assert_allclose(layer(query, value, value_mask=value_mask, key_mask=key_mask, **options), expected)
    np.testing.assert_allclose(layer(query, value, value, mask=[None, value_mask, key_mask], **options), expected)
    np.testing.assert_allclose(
        layer(query, value, value, None, value_mask, key_mask, attention_mask, use_causal_mask=True), expected
    )


def test_self_attention_adds_the_gradients_of_query_value_and_key(rng, check_gradients):
    x, dy = rng.normal(size=(2, 4, 3)), rng.normal(size=(2, 4, 3))
    layer = MultiHeadAttention(2, 3, dtype="float64", use_bias=False)
    check_gradients(layer, x)
    y, cache = layer.forward(x)
    dx = layer.backward(dy, cache)
    for inputs in ([x, x], [x, x, x]):
        again, cache = layer.forward(inputs)
        np.testing.assert_allclose(again, y)
        np.testing.assert_allclose(sum(layer.backward(dy, cache)), dx)
    np.testing.assert_allclose(layer(x, x), y)
    np.testing.assert_allclose(layer(x), y)

    a = Input((4, 3), dtype="float64")
    model = Model(a, layer(a, a))
    y, cache, _ = model._forward(x, None, True)
    np.testing.assert_allclose(model._backward(dy, cache), dx)


ROWS = 128  # of 4 steps, enough for one product


def results(layer, x, dy, options):
    """y, dx and the weights' gradients by `backward` and by `backward_weights`; dropout starts at the same state each time."""
    weights, start = layer.trainable_variables, layer._random.generator.bit_generator.state
    y, cache = layer.forward(x, training=True, **options)
    layer._random.restore(start)
    for weight in weights:
        weight.grad = np.zeros(weight.shape)
    dx, gradients = layer.backward(dy, cache), [weight.grad.copy() for weight in weights]
    for weight in weights:
        weight.grad = np.zeros(weight.shape)
    layer.backward_weights(dy, cache)
    for weight, gradient in zip(weights, gradients):
        np.testing.assert_allclose(weight.grad, gradient, atol=1e-12)
    return y, dx, gradients, type(cache[-1][0])


@pytest.mark.parametrize("use_bias", [True, False])
@pytest.mark.parametrize("shape", [(ROWS, 4, 3), (ROWS // 4, 5, 4, 3)])
@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        ({}, {}),
        ({"value_dim": 2}, {"use_causal_mask": True}),
        ({"use_gate": True}, {"return_attention_scores": True}),
        ({"dropout": 0.5, "seed": 1}, {"attention_mask": np.tril(np.ones((4, 4), bool), 1)}),
    ],
)
def test_one_product_for_query_value_and_key_gives_the_results_of_three(arguments, options, shape, use_bias, rng):
    axes = None if len(shape) == 3 else 2
    x, dy = rng.normal(size=shape), rng.normal(size=shape)
    if "return_attention_scores" in options:
        dy = dy, rng.normal(size=(*shape[:-2], 2, 4, 4))
    layer = MultiHeadAttention(2, 3, dtype="float64", use_bias=use_bias, attention_axes=axes, **arguments)
    layer.build(shape)
    layer.set_weights([rng.normal(size=weight.shape) for weight in layer.weights])
    copies = [x, x.copy(), x.copy()]
    for inputs, separate in ((x, copies[:2]), ([x, x], copies[:2]), ([x, x, x], copies)):
        y, dx, gradients, kind = results(layer, inputs, dy, options)
        expected_y, expected_dx, expected, expected_kind = results(layer, separate, dy, options)
        assert (kind, expected_kind) == (JointProjection, SeparateProjections)
        if inputs is x:
            dx, expected_dx = [dx], [sum(expected_dx)]
        for one, other in zip((*flatten(y), *dx, *gradients), (*flatten(expected_y), *expected_dx, *expected), strict=True):
            np.testing.assert_allclose(one, other, atol=1e-12)


def test_a_symbolic_mask_of_self_attention_gets_no_gradient(rng):
    x, mask = Input((4, 3), dtype="float64"), Input((4, 4), dtype="bool")
    layer = MultiHeadAttention(2, 3, dtype="float64")
    model = Model([x, mask], layer(x, x, attention_mask=mask))
    inputs = [rng.normal(size=(ROWS, 4, 3)), rng.random((ROWS, 4, 4)) < 0.7]
    dy = rng.normal(size=(ROWS, 4, 3))
    _, cache, _ = model._forward(inputs, None, True)
    dx, *_ = model._backward(dy, cache)
    expected = layer.backward(dy, layer.forward(inputs[0], attention_mask=inputs[1])[1])
    np.testing.assert_allclose(dx, expected, atol=1e-12)


class Doubled(Projection):
    """A projection that a user has changed."""

    def forward(self, x, training=False):
        y, cache = super().forward(x, training)
        return 2 * y, cache


def test_projections_that_are_not_plain_are_computed_one_by_one(rng, check_gradients):
    x = rng.normal(size=(ROWS, 4, 3))
    several = [
        MultiHeadAttention(2, 3, activity_regularizer="l2", dtype="float64", use_bias=False),
        GroupQueryAttention(3, 4, 2, dtype="float64", use_bias=False),
    ]
    for layer in several:
        layer.build(x.shape)
        assert isinstance(layer.forward(x)[1][-1][0], SeparateProjections)
        check_gradients(layer, x)
    layer = MultiHeadAttention(2, 3, dtype="float64")
    plain = layer(x)
    kernel = layer.value_dense.kernel.value
    layer.value_dense = Doubled(1, (2, 3), False, ("glorot_uniform", None, None), ("zeros", None, None), dtype="float64")
    layer.value_dense.build(x.shape)
    layer.value_dense.kernel.assign(kernel)
    np.testing.assert_allclose(layer(x), 2 * plain)


def test_few_rows_are_projected_by_three_products_as_copying_the_kernels_takes_longer(rng):
    layer = MultiHeadAttention(2, 3)
    for rows, expected in ((0, SeparateProjections), (ROWS - 1, SeparateProjections), (ROWS, JointProjection)):
        x = rng.normal(size=(rows, 4, 3)).astype("float32")
        layer.build(x.shape)
        assert isinstance(layer.forward(x)[1][-1][0], expected)


def test_the_mask_of_a_single_input_applies_to_queries_and_values(rng):
    x, mask = rng.normal(size=(2, 4, 3)), np.array([[True, True, False, False], [True] * 4])
    layer = MultiHeadAttention(2, 3)
    np.testing.assert_allclose(layer(x, mask=mask), layer(x, x, mask=[mask, mask]))
    np.testing.assert_allclose(layer(x, mask=mask)[:1, :2], layer(x[:1, :2]), atol=1e-6)


def test_padding_after_an_embedding_changes_nothing():
    ids = Input((None,), dtype="int32")
    x = Embedding(9, 4, mask_zero=True)(ids)
    x = Add()([x, MultiHeadAttention(2, 3)(x, x, use_causal_mask=True)])
    model = Model(ids, GlobalAveragePooling1D()(x))
    short, long = np.array([[3, 1, 4]]), np.array([[3, 1, 4, 0, 0]])
    np.testing.assert_allclose(model.predict(long, verbose=0), model.predict(short, verbose=0), atol=1e-6)


def test_attention_trains_inside_a_sequential(rng):
    model = Sequential([Input((4, 3)), MultiHeadAttention(2, 3), Dense(1)])
    x = rng.normal(size=(64, 4, 3))
    y = x.mean(axis=1, keepdims=True).repeat(4, axis=1)[..., :1]  # what only a look at the others can tell
    model.compile("adam", "mse")
    model.optimizer.learning_rate = 0.02
    losses = model.fit(x, y, epochs=30, verbose=0).history["loss"]
    assert losses[-1] < 0.2 * losses[0]


def test_scores_are_a_second_output_with_a_gradient(rng):
    a, b = Input((3, 4)), Input((None, 5))
    y, scores = MultiHeadAttention(2, 4)(a, b, return_attention_scores=True)
    assert (y.shape, scores.shape) == ((None, 3, 4), (None, 2, 3, None))
    model = Model([a, b], [y, scores])
    x = [rng.normal(size=(2, 3, 4)), rng.normal(size=(2, 6, 5))]
    y, scores = model.predict(x, verbose=0)
    assert (y.shape, scores.shape) == ((2, 3, 4), (2, 2, 3, 6))
    np.testing.assert_allclose(scores.sum(axis=-1), 1, rtol=1e-5)
    assert model.compute_output_shape([(2, 3, 4), (2, 6, 5)]) == [(2, 3, 4), (2, 2, 3, 6)]
    of_scores = Model([a, b], model.outputs[1])
    of_scores.fit(x, np.eye(3, 6)[np.newaxis, np.newaxis].repeat(2, 0).repeat(2, 1), epochs=1, verbose=0)


def test_axes_may_be_named_in_any_order_and_from_the_end(rng):
    x = rng.normal(size=(2, 3, 4, 5))
    one, other = (MultiHeadAttention(2, 3, attention_axes=axes) for axes in ((2,), -2))
    rows = MultiHeadAttention(2, 3)
    for layer in (one, other):
        layer.build(x.shape)
        layer.set_weights(one.get_weights())
    rows.build((6, 4, 5))
    rows.set_weights(one.get_weights())
    np.testing.assert_allclose(one(x), rows(x.reshape(6, 4, 5)).reshape(x.shape), atol=1e-6)
    np.testing.assert_array_equal(other(x), one(x))
    mask = rng.random((2, 3, 4)) < 0.6
    mask[..., 0] = True
    np.testing.assert_allclose(one(x, mask=mask), rows(x.reshape(6, 4, 5), mask=mask.reshape(6, 4)).reshape(x.shape), atol=1e-6)


def test_a_fully_masked_row_stays_finite(rng):
    x, mask = rng.normal(size=(2, 4, 3)), np.array([[False] * 4, [True] * 4])
    layer = MultiHeadAttention(2, 3)
    layer.build(x.shape)
    y, cache, _ = layer._forward(x, mask)
    dx = layer._backward(np.ones_like(y), cache)
    assert np.isfinite(y).all()
    assert np.isfinite(dx).all()
    np.testing.assert_allclose(y[0], y[0, :1].repeat(4, axis=0), atol=1e-6)


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        ([(2, 3, 4)], 'MultiHeadAttention ".*" expects a query and a value, got a list of one input'),
        ([(2, 3), (2, 3)], r"query, value and key of shape \(batch, steps, features\), got"),
        ([(2, 3, 4), (2, 5, 3, 4)], r"of shape \(batch, steps, features\)"),
        ([(2, 3, 4), (3, 3, 4)], "the same size along axis 0"),
        ([(2, 3, 4), (2, 3, 4), (2, 5, 4)], "a key for each value"),
        ([(2, 3, 5), (2, 3, 4)], r"a query of 4 features, got shape \(2, 3, 5\); its weights were made for 4 features"),
        ([(2, 3, 4), (2, 3, 5)], "a value of 4 features"),
    ],
)
def test_inputs_that_do_not_fit_raise_an_error(shapes, message):
    layer = MultiHeadAttention(2, 3)
    layer.build((2, 3, 4))
    with pytest.raises(ValueError, match=message):
        layer._forward([np.ones(shape) for shape in shapes])


@pytest.mark.parametrize(
    ("masks", "message"),
    [
        ({"attention_mask": np.ones((3, 4), bool)}, r"broadcasts to .* \(2, 2, 3, 3\), got one of shape \(3, 4\)"),
        ({"attention_mask": np.ones(3, bool)}, r"got one of shape \(3,\)"),
        ({"value_mask": np.ones((2, 4), bool)}, r"a mask of steps of shape \(2, 3\), got one of shape \(2, 4\)"),
    ],
)
def test_masks_that_do_not_fit_raise_an_error(masks, message):
    with pytest.raises(ValueError, match=message):
        MultiHeadAttention(2, 3)(np.ones((2, 3, 4)), np.ones((2, 3, 4)), **masks)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"num_heads": 0}, "num_heads to be a positive integer, got 0"),
        ({"key_dim": 1.5}, "key_dim to be a positive integer, got 1.5"),
        ({"value_dim": -1}, "value_dim to be a positive integer"),
        ({"dropout": 1.0}, r"dropout to be a number in \[0, 1\)"),
        ({"sliding_window": 0}, "sliding_window to be a positive integer"),
        ({"output_shape": (2, 0)}, r"output_shape to be an integer of at least 1, or several, got \(2, 0\)"),
        ({"attention_axes": "all"}, "attention_axes to be an integer"),
    ],
)
def test_arguments_outside_their_range_raise_an_error(arguments, message):
    with pytest.raises(ValueError, match=f"MultiHeadAttention expects {message}"):
        MultiHeadAttention(**{"num_heads": 2, "key_dim": 3} | arguments)


def test_shared_heads_are_heads_with_equal_weights(rng):
    x = rng.normal(size=(2, 4, 5))
    shared, alone = GroupQueryAttention(3, 6, 2), MultiHeadAttention(6, 3)
    y = shared(x)
    alone.build(x.shape)
    repeated = [weight.repeat(3, axis=-2) if n in (2, 3, 4, 5) else weight for n, weight in enumerate(shared.get_weights())]
    alone.set_weights(repeated)
    np.testing.assert_allclose(y, alone(x), atol=1e-6)
    with pytest.raises(ValueError, match="num_key_value_heads to divide num_query_heads, got 4 for 6"):
        GroupQueryAttention(3, 6, 4)


@pytest.mark.parametrize("axes", [0, 2, 5, -1])
def test_attention_axes_must_be_between_batch_and_features(axes):
    with pytest.raises(ValueError, match="which must lie between batch and features"):
        MultiHeadAttention(2, 3, attention_axes=axes)(np.ones((2, 3, 4)))


def test_features_must_be_known():
    with pytest.raises(ValueError, match="needs to know the sizes of its inputs' last axes"):
        MultiHeadAttention(2, 3)(Input((3, None)))


def test_masks_may_be_arrays_or_symbolic_tensors_in_any_combination(rng, tmp_path):
    query, value = rng.normal(size=(2, 3, 4)).astype("float32"), rng.normal(size=(2, 5, 4)).astype("float32")
    masks = {
        "query_mask": rng.random((2, 3)) < 0.7,
        "value_mask": rng.random((2, 5)) < 0.7,
        "key_mask": rng.random((2, 5)) < 0.7,
    }
    masks |= {"attention_mask": rng.random((2, 3, 5)) < 0.7}
    layer = MultiHeadAttention(2, 3)
    for names in itertools.chain.from_iterable(itertools.combinations(masks, count) for count in range(5)):
        given = {name: masks[name] for name in names}
        expected = layer(query, value, **given)
        inputs = {name: Input(one.shape[1:], dtype="bool") for name, one in given.items()}
        q, v = Input((3, 4)), Input((5, 4))
        model = Model([q, v, *inputs.values()], layer(q, v, **inputs))
        np.testing.assert_allclose(model.predict([query, value, *given.values()], verbose=0), expected, atol=1e-6)
    model.save(tmp_path / "model.safetensors")
    loaded = load_model(tmp_path / "model.safetensors")
    np.testing.assert_array_equal(
        loaded.predict([query, value, *masks.values()], verbose=0), model.predict([query, value, *masks.values()], verbose=0)
    )


def test_self_attention_takes_a_symbolic_mask(rng):
    x, mask = rng.normal(size=(2, 3, 4)).astype("float32"), rng.random((2, 3, 3)) < 0.7
    layer, symbol, symbolic_mask = MultiHeadAttention(2, 3), Input((3, 4)), Input((3, 3), dtype="bool")
    model = Model([symbol, symbolic_mask], layer(symbol, attention_mask=symbolic_mask))
    np.testing.assert_allclose(model.predict([x, mask], verbose=0), layer(x, attention_mask=mask), atol=1e-6)


def test_a_key_without_a_value_raises_an_error(rng):
    with pytest.raises(TypeError, match="was given a key without a value"):
        MultiHeadAttention(2, 3)(np.ones((1, 2, 3)), key=np.ones((1, 2, 3)))
