"""Attention compared with Keras's: where it differs on purpose, how weights start, and masks in whole models."""

import numpy as np
import pytest

from minidl.layers.traversal import weight_paths
from tests.parity.comparing import assert_close, both, copy_random_weights

NOTHING = np.array([[True, True, True, True], [False, False, False, False], [False, True, True, False]])  # the second row


def built(arguments, query, value):
    ours, theirs = both(lambda k: k.layers.MultiHeadAttention(2, 3, **arguments))
    ours.build([query.shape, value.shape])
    theirs.build(query.shape, value.shape)
    copy_random_weights(ours, theirs, np.random.default_rng(0))
    return ours, theirs


def sequences():
    generator = np.random.default_rng(0)
    return generator.normal(size=(2, 3, 5)).astype("float32"), generator.normal(size=(2, 4, 5)).astype("float32")


@pytest.mark.parametrize(("arguments", "call"), [({}, {"return_attention_scores": True}), ({"dropout": 0.3}, {}), ({}, {})])
def test_a_query_that_may_attend_to_nothing_gets_no_value_where_keras_sometimes_gives_their_mean(arguments, call):
    query, value = sequences()
    ours, theirs = built(arguments, query, value)
    mine, its = (layer(query, value, attention_mask=NOTHING, **call) for layer in (ours, theirs))
    if call:
        assert_close(mine[1], its[1])
    y, its_y = (mine[0], np.asarray(its[0])) if call else (mine, np.asarray(its))
    without_values = np.broadcast_to(ours.output_dense.bias.value, (2, 5))
    assert_close(y[:, [0, 2]], its_y[:, [0, 2]])
    assert_close(y[:, 1], without_values)
    assert np.allclose(its_y[:, 1], without_values, atol=1e-5) == bool(arguments or call)


@pytest.mark.parametrize("kind", ["Attention", "AdditiveAttention"])
def test_attention_without_any_value_is_zero_where_keras_gives_their_mean(kind):
    query, value = sequences()
    query = query[:, :3]
    mask = [np.ones((2, 3), bool), np.array([[True, True, False, False], [False] * 4])]
    ours, theirs = both(lambda k: getattr(k.layers, kind)(use_scale=False))
    y, its = ours([query, value], mask=mask), np.asarray(theirs([query, value], mask=mask))
    assert_close(y[0], its[0])
    assert not y[1].any()
    assert np.abs(its[1]).max() > 0.1


def test_a_query_mask_given_by_name_counts_where_keras_ignores_it():
    query, value = sequences()
    ours, theirs = built({}, query, value)
    mask = np.array([[True, True, False], [False, True, True]])
    assert_close(theirs(query, value, query_mask=mask), theirs(query, value))
    y = ours(query, value, query_mask=mask)
    assert_close(y, ours(query, value, mask=[mask, None]))
    assert not np.allclose(y, ours(query, value))


def test_the_activity_regularizer_is_applied_once_where_keras_applies_it_twice():
    query, value = sequences()
    ours, theirs = both(lambda k: k.layers.GroupQueryAttention(3, 4, 2, activity_regularizer="l2"))
    ours.build([query.shape, value.shape])
    theirs.build(query.shape, value.shape)
    copy_random_weights(ours, theirs, np.random.default_rng(0))
    y, cache, _ = ours._forward([query, value], training=True)
    theirs(query, value)
    its = [float(loss) for loss in theirs.losses]
    assert len(its) == 5
    assert_close(np.float32(ours._penalty(cache)), np.float32(sum(its) - 0.01 * np.square(y).sum() / 2), 1e-5)


def test_projections_start_as_in_keras():
    ours, theirs = both(lambda k: k.layers.MultiHeadAttention(20, 30))
    ours.build([(1, 2, 50), (1, 2, 50)])
    theirs.build((1, 2, 50), (1, 2, 50))
    for mine, its in zip(ours.weights, theirs.weights):
        assert mine.shape == tuple(its.shape)
        assert_close(np.abs(mine.value).max(), np.abs(its).max(), 0.001)
    assert list(weight_paths(ours)) == [weight.path.partition("/")[2] for weight in theirs.weights]


@pytest.mark.parametrize("causal", [False, True])
def test_masks_are_passed_from_embeddings_to_attention(causal):
    ids, others = np.array([[3, 1, 4, 0, 0], [2, 2, 0, 0, 0]]), np.array([[1, 2, 0], [3, 3, 3]])

    def make(k):
        a, b = k.layers.Input((5,), dtype="int32"), k.layers.Input((3,), dtype="int32")
        table = k.layers.Embedding(6, 4, mask_zero=True)
        x, memory = table(a), table(b)
        x = k.layers.MultiHeadAttention(2, 3)(x, x, use_causal_mask=causal)
        x, scores = k.layers.MultiHeadAttention(2, 3)(x, memory, return_attention_scores=True)
        x = k.layers.Attention()([x, table(b)])  # looked up again, for Keras has forgotten the memory's mask by now
        return k.Model([a, b], [k.layers.GlobalAveragePooling1D()(x), scores])

    ours, theirs = with_equal_weights(make)
    y, scores = ours.predict([ids, others], verbose=0)
    its_y, its_scores = theirs.predict([ids, others], verbose=0)
    assert_close(y, its_y)
    assert_close(scores[0, :, :3], its_scores[0, :, :3])  # of the queries that are no padding
    assert_close(scores[1, :, :2], its_scores[1, :, :2])


def test_a_tensor_keeps_its_mask_after_attention_where_keras_removes_it():
    def make(k):
        a, b = k.layers.Input((5,), dtype="int32"), k.layers.Input((3,), dtype="int32")
        table = k.layers.Embedding(6, 4, mask_zero=True)
        x, memory = table(a), table(b)
        x = k.layers.MultiHeadAttention(2, 3)(x, memory)
        return k.Model([a, b], k.layers.Attention()([x, memory], return_attention_scores=True)[1])

    ours, theirs = with_equal_weights(make)
    ids = [np.array([[3, 1, 4, 1, 5]]), np.array([[1, 2, 0]])]
    assert not ours.predict(ids, verbose=0)[..., 2].any()
    assert (theirs.predict(ids, verbose=0)[..., 2] > 0).all()


def with_equal_weights(make):
    ours, theirs = both(make)
    generator = np.random.default_rng(0)
    for mine, its in zip(ours.weights, theirs.weights, strict=True):
        value = generator.normal(size=mine.shape)
        mine.assign(value)
        its.assign(value.astype("float32"))
    return ours, theirs
