"""`Attention` and `AdditiveAttention`: small cases by hand, masks, errors."""

import numpy as np
import pytest

from minidl import Model
from minidl.layers import AdditiveAttention, Attention, Input


def test_a_query_gets_the_value_whose_key_it_matches():
    keys = 30 * np.eye(3)[np.newaxis]
    values = np.arange(6.0).reshape(1, 3, 2)
    y, weights = Attention()([keys[:, [2, 0]], values, keys], return_attention_scores=True)
    np.testing.assert_allclose(y, values[:, [2, 0]], atol=1e-5)
    np.testing.assert_allclose(weights, np.eye(3)[np.newaxis, [2, 0]], atol=1e-5)


def test_additive_scores_are_sums_of_tangents():
    layer = AdditiveAttention()
    query, value = np.array([[[0.5, -1.0]]]), np.array([[[1.0, 0.0], [0.0, 2.0]]])
    layer.build([query.shape, value.shape])
    layer.set_weights([[2.0, 3.0]])
    _, weights = layer([query, value], return_attention_scores=True)
    scores = [2 * np.tanh(1.5) + 3 * np.tanh(-1.0), 2 * np.tanh(0.5) + 3 * np.tanh(1.0)]
    np.testing.assert_allclose(weights[0, 0], np.exp(scores) / np.exp(scores).sum(), rtol=1e-5)


@pytest.mark.parametrize("kind", [Attention, AdditiveAttention])
def test_no_query_attends_to_masked_or_later_values_and_masked_queries_give_zeros(kind, rng):
    query, value = rng.normal(size=(2, 3, 4)), rng.normal(size=(2, 5, 4))
    query_mask = np.array([[True, True, False], [True, True, True]])
    value_mask = np.array([[True, False, True, True, True]] * 2)
    y, weights = kind()([query, value], mask=[query_mask, value_mask], return_attention_scores=True, use_causal_mask=True)
    seen = np.tril(np.ones((3, 5), bool)) & value_mask[:, np.newaxis]
    assert (weights[~seen] == 0).all()
    assert (weights[seen] > 0).all()
    assert not y[0, 2].any()
    assert y[0, 1].any()
    assert kind().compute_mask([query, value], [query_mask, value_mask]) is query_mask
    assert kind().compute_mask([query, value]) is None


def test_dropout_drops_attention_weights_and_scales_the_others():
    x = np.ones((4, 20, 3))
    _, weights = Attention(dropout=0.25, seed=1)([x, x], training=True, return_attention_scores=True)
    assert set(np.unique(weights.round(5))) == {0.0, np.float32(1 / 15).round(5)}
    assert 0.15 < (weights == 0).mean() < 0.35


def test_scores_are_a_second_output_of_a_model():
    query, value = Input((None, 4)), Input((5, 4))
    y, scores = Attention()([query, value], return_attention_scores=True)
    assert (y.shape, scores.shape) == ((None, None, 4), (None, None, 5))
    model = Model([query, value], [y, scores])
    assert [one.shape for one in model.predict([np.ones((2, 3, 4)), np.ones((2, 5, 4))], verbose=0)] == [(2, 3, 4), (2, 3, 5)]
    assert model.compute_output_shape([(2, 3, 4), (2, 5, 4)]) == [(2, 3, 4), (2, 3, 5)]


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        ((2, 3, 4), 'Attention ".*" expects a list of inputs.* got one of shape'),
        ([(2, 3, 4)], r"\[query, value\] or \[query, value, key\], got shapes \[\(2, 3, 4\)\]"),
        ([(2, 3), (2, 3)], r"shape \(batch, ..., steps, features\), got"),
        ([(2, 3, 4), (3, 3, 4)], "the same number of rows"),
        ([(2, 3, 4), (2, 3, 4), (2, 5, 4)], "a key for each value"),
        ([(2, 3, 4), (2, 3, 5)], "the same number of features, got .*; project them with Dense"),
    ],
)
def test_inputs_that_do_not_fit_raise_an_error(shapes, message):
    x = [np.ones(shape) for shape in shapes] if isinstance(shapes, list) else np.ones(shapes)
    for kind in (Attention, AdditiveAttention):
        with pytest.raises(ValueError, match=message):
            kind()(x)


def test_arguments_outside_their_range_raise_an_error():
    with pytest.raises(ValueError, match="Attention expects score_mode to be one of 'dot', 'concat', got 'product'"):
        Attention(score_mode="product")
    with pytest.raises(ValueError, match=r"AdditiveAttention expects dropout to be a number in \[0, 1\), got 1"):
        AdditiveAttention(dropout=1)
    layer = AdditiveAttention()
    layer([np.ones((1, 2, 3)), np.ones((1, 2, 3))])
    with pytest.raises(ValueError, match="queries of 3 features"):
        layer([np.ones((1, 2, 4)), np.ones((1, 2, 4))])


@pytest.mark.parametrize("kind", [Attention, AdditiveAttention])
def test_axes_before_the_steps_are_treated_like_the_batch(kind, rng):
    query, value = rng.normal(size=(2, 3, 4, 5)), rng.normal(size=(2, 3, 6, 5))
    masks = [rng.random((2, 3, 4)) < 0.7, rng.random((2, 3, 6)) < 0.7]
    masks[1][..., 0] = True
    layer = kind()
    y = layer([query, value], mask=masks)
    assert y.shape == layer.compute_output_shape([query.shape, value.shape]) == (2, 3, 4, 5)
    for row in range(3):
        alone = layer([query[:, row], value[:, row]], mask=[masks[0][:, row], masks[1][:, row]])
        np.testing.assert_allclose(y[:, row], alone, rtol=1e-5, atol=1e-6)
    with pytest.raises(ValueError, match="of the same sizes before the steps"):
        layer([query, value[:, :2]])
