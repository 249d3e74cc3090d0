"""Queries that may attend to nothing: weights and gradients of 0 in every attention layer, by every kind of mask."""

import numpy as np
import pytest

from minidl.layers import AdditiveAttention, Attention, GroupQueryAttention, MultiHeadAttention, Softmax

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(2, 4, 6))
KEEP = np.tril(np.ones((4, 4), bool))[np.newaxis] & np.array([[[True] * 4], [[False, False, True, True]]])
DEAD = ~KEEP.any(axis=-1)  # the first two queries of the second row
LATE = np.array([[True] * 4, [False, False, True, True]])  # with a causal mask, the same


MULTI = [
    lambda **more: MultiHeadAttention(2, 3, dtype="float64", **more),
    lambda **more: GroupQueryAttention(3, 4, 2, dtype="float64", **more),
]


@pytest.mark.parametrize("make", MULTI)
@pytest.mark.parametrize(
    "masks",
    [
        {"attention_mask": KEEP},
        {"value_mask": LATE, "use_causal_mask": True},
        {"key_mask": LATE, "use_causal_mask": True},
        {"attention_mask": KEEP, "use_causal_mask": True, "query_mask": np.ones((2, 4), bool)},
    ],
)
@pytest.mark.parametrize("scores", [False, True])
@pytest.mark.parametrize("dropout", [0.0, 0.4])
@pytest.mark.parametrize("training", [False, True])
def test_heads_give_zeros_to_queries_that_may_attend_to_nothing(make, masks, scores, dropout, training):
    layer = make(dropout=dropout)
    options = {"return_attention_scores": True} if scores else {}
    found = layer(X, X, training=training, **masks, **options)
    y = found[0] if scores else found
    assert np.isfinite(y).all()
    np.testing.assert_allclose(y[DEAD], np.broadcast_to(layer.output_dense.bias.value, y[DEAD].shape))
    assert np.abs(y[~DEAD]).min(axis=-1).max() > 0
    if scores:
        weights = np.moveaxis(found[1], 1, -1)  # (batch, queries, keys, heads)
        assert not weights[DEAD].any()
        np.testing.assert_allclose(weights.sum(axis=2)[~DEAD], 1)


@pytest.mark.parametrize("make", MULTI)
def test_their_queries_have_no_gradient(make):
    layer = make()
    layer(X, X)
    y, cache, _ = layer._forward([X, X], None, attention_mask=KEEP)
    dy = np.zeros_like(y)
    dy[DEAD] = 1
    for gradient in layer._backward(dy, cache):
        assert not gradient.any()


@pytest.mark.parametrize("kind", [Attention, AdditiveAttention])
@pytest.mark.parametrize("dropout", [0.0, 0.4])
def test_plain_attention_gives_zeros_too(kind, dropout):
    layer = kind(dropout=dropout, dtype="float64")
    options = {"mask": [None, LATE], "use_causal_mask": True, "return_attention_scores": True}
    y, weights = layer([X, X], training=True, **options)
    assert not y[DEAD].any()
    assert not weights[DEAD].any()
    y, cache, _ = layer._forward([X, X], [None, LATE], use_causal_mask=True)
    dy = np.zeros_like(y)
    dy[DEAD] = 1
    for gradient in layer._backward(dy, cache):
        assert gradient is None or not gradient.any()
    assert not layer([X, X], mask=[None, np.zeros((2, 4), bool)]).any()


def test_the_softmax_layer_gives_probabilities_of_zero():
    y = Softmax()(RANDOM.normal(size=(2, 4, 4)), mask=KEEP)
    assert not y[DEAD].any()
    np.testing.assert_allclose(y.sum(axis=-1)[~DEAD], 1, rtol=1e-6)
