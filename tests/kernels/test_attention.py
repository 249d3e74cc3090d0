"""Attention equals loops over batch, head, query and key; backward the chain rule, score by score."""

import itertools
import math

import hypothesis
import hypothesis.strategies as st
import numpy as np
import pytest

from minidl.kernels import attention as kernels
from minidl.kernels.threads import set_threads


def slow_attend(scores, value, keep, drop):
    """Each query by itself: exponentials, their sum, a weighted mean."""
    y, weights = np.zeros((*scores.shape[:-1], value.shape[-1])), np.zeros(scores.shape)
    for b, h, t in itertools.product(*map(range, scores.shape[:3])):
        seen = [s for s in range(scores.shape[3]) if keep[b, h, t, s]]
        for s in range(scores.shape[3]):
            if s in seen:
                total = sum(math.exp(scores[b, h, t, other] - scores[b, h, t, s]) for other in seen)
                weights[b, h, t, s] = 1 / total
            y[b, h, t] += weights[b, h, t, s] * drop[b, h, t, s] * value[b, h, s]
    return y, weights


def slow_attend_backward(dy, dweights, weights, value, keep, drop):
    """The chain rule, weight by weight."""
    dscores, dvalue = np.zeros(weights.shape), np.zeros(value.shape)
    for b, h, t in itertools.product(*map(range, weights.shape[:3])):
        w, steps = weights[b, h, t], range(weights.shape[3])
        dw = [dy[b, h, t] @ value[b, h, s] * drop[b, h, t, s] + dweights[b, h, t, s] for s in steps]
        for s in steps:
            dvalue[b, h, s] += w[s] * drop[b, h, t, s] * dy[b, h, t]
            if keep[b, h, t].any():
                dscores[b, h, t, s] = sum(dw[o] * w[o] * ((o == s) - w[s]) for o in steps)
    return dscores, dvalue


@hypothesis.given(st.tuples(*[st.integers(1, 3)] * 2, *[st.integers(1, 5)] * 3), st.integers(0, 2**32))
def test_attention_and_its_backward_pass_equal_loops(sizes, seed):
    batch, heads, queries, keys, features = sizes
    generator = np.random.default_rng(seed)
    scores, value = generator.normal(size=(batch, heads, queries, keys)), generator.normal(size=(batch, heads, keys, features))
    keep = generator.random(scores.shape) < 0.5
    drop = (generator.random(scores.shape) < 0.7) / 0.7
    expected_y, expected_weights = slow_attend(scores, value, keep, drop)
    y, weights = kernels.attend(scores.copy(), value, keep, drop)
    np.testing.assert_allclose(weights, expected_weights, atol=1e-12)
    np.testing.assert_allclose(y, expected_y, atol=1e-12)

    dy, dweights = generator.normal(size=y.shape), generator.normal(size=weights.shape)
    expected = slow_attend_backward(dy, dweights, weights, value, keep, drop)
    for one, other in zip(kernels.attend_backward(dy, dweights, weights, value, keep, drop), expected):
        np.testing.assert_allclose(one, other, atol=1e-12)


def test_without_mask_and_dropout_every_key_counts():
    generator = np.random.default_rng(0)
    scores, value, dy = (generator.normal(size=(2, 2, 3, 3)) for _ in range(3))
    all_of_it, as_it_is = np.ones((2, 2, 3, 3), bool), np.ones((2, 2, 3, 3))
    plain, full = (kernels.attend(scores.copy(), value, *way) for way in ((None, None), (all_of_it, as_it_is)))
    for one, other in zip(plain, full):
        np.testing.assert_array_equal(one, other)
    plain = kernels.attend_backward(dy, None, full[1], value, None, None)
    full = kernels.attend_backward(dy, np.zeros_like(scores), full[1], value, all_of_it, as_it_is)
    for one, other in zip(plain, full):
        np.testing.assert_array_equal(one, other)


def test_extreme_scores_do_not_overflow_and_the_lowest_exceed_masked_ones():
    for dtype in ("float32", "float64"):
        far = np.finfo(dtype).max / 4
        value = np.eye(3, dtype=dtype)
        scores = np.array([[far, -far, 0], [-far, -far, far]], dtype)
        y, weights = kernels.attend(scores, value, np.array([[True, True, True], [True, True, False]]), None)
        np.testing.assert_array_equal(weights, [[1, 0, 0], [0.5, 0.5, 0]])
        assert y.dtype == dtype


@hypothesis.given(st.tuples(*[st.integers(1, 4)] * 4))
def test_scores_equal_loops_and_their_backward_pass_is_the_chain_rule(sizes):
    batch, queries, keys, features = sizes
    generator = np.random.default_rng(0)
    query, key = generator.normal(size=(batch, queries, features)), generator.normal(size=(batch, keys, features))
    inner, outer = 0.7, generator.normal(size=features)
    dscores = generator.normal(size=(batch, queries, keys))
    dot, (additive, h) = kernels.dot_scores(query, key, inner), kernels.additive_scores(query, key, inner, outer)
    expected = [np.zeros_like(query), np.zeros_like(key), 0.0, np.zeros(features)]
    expected_dot = [np.zeros_like(query), np.zeros_like(key)]
    for b, t, s in itertools.product(*map(range, dscores.shape)):
        d = dscores[b, t, s]
        np.testing.assert_allclose(dot[b, t, s], inner * sum(query[b, t] * key[b, s]))
        expected_dot[0][b, t] += d * inner * key[b, s]
        expected_dot[1][b, s] += d * inner * query[b, t]
        total = 0.0
        for f in range(features):
            z = query[b, t, f] + key[b, s, f]
            total += outer[f] * math.tanh(inner * z)
            dz = d * outer[f] / math.cosh(inner * z) ** 2
            expected[0][b, t, f] += dz * inner
            expected[1][b, s, f] += dz * inner
            expected[2] += dz * z
            expected[3][f] += d * math.tanh(inner * z)
        np.testing.assert_allclose(additive[b, t, s], total)
    for one, other in zip(kernels.dot_scores_backward(dscores, query, key, inner), expected_dot):
        np.testing.assert_allclose(one, other, atol=1e-12)
    for one, other in zip(kernels.additive_scores_backward(dscores, h, query, key, inner, outer), expected):
        np.testing.assert_allclose(one, other, atol=1e-12)


def test_chunks_of_the_batch_give_the_results_and_gradients_of_the_whole_batch():
    rng = np.random.default_rng(0)
    batch, heads, steps = 7, 2, 100  # chunks of three or four rows
    q, k, v, dy = (rng.normal(size=(batch, steps, heads, 4)).swapaxes(1, 2) for _ in range(4))  # memory layout of `fold`
    shape = (batch, heads, steps, steps)
    assert 2 < len(kernels._chunks(np.empty(shape))) <= 4
    by_row, by_query = rng.random((batch, 1, 1, steps)) < 0.7, np.ones((1, 1, steps, 1), bool)
    for mask in (None, rng.random((steps, steps)) < 0.7, by_query, by_row):
        dropout, dweights = 2.0 * (rng.random(shape) < 0.5), rng.normal(size=shape)
        y, weights = kernels.dot_attend(q, k, v, 0.5, mask, dropout)
        gradients = kernels.dot_attend_backward(dy, dweights, weights, q, k, v, 0.5, mask, dropout)
        whole, whole_weights = kernels.attend(kernels.dot_scores(q, k, 0.5), v, mask, dropout)
        dscores, dv = kernels.attend_backward(dy, dweights, whole_weights, v, mask, dropout)
        for found, expected in zip(
            (y, weights, *gradients), (whole, whole_weights, *kernels.dot_scores_backward(dscores, q, k, 0.5), dv), strict=True
        ):
            np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)
        wide = np.full((batch, steps, 3, heads, 4), np.nan)
        parts = tuple(wide[:, :, number].swapaxes(1, 2) for number in range(3))
        kernels.dot_attend_backward(dy, dweights, weights, q, k, v, 0.5, mask, dropout, out=parts)
        for number in range(3):
            np.testing.assert_array_equal(wide[:, :, number].swapaxes(1, 2), gradients[number])
        assert y.swapaxes(1, 2).flags.c_contiguous


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("shape", [(0, 2, 3, 3), (1, 1, 1, 1), (5, 0, 3), (1, 800, 800), (9, 300, 300), (64, 4, 64, 64)])
def test_chunks_have_each_row_of_the_batch_once(shape, threads):
    set_threads(threads)
    try:
        chunks = kernels._chunks(np.empty(shape))
    finally:
        set_threads(None)
    rows = [row for chunk in chunks for row in range(*chunk.indices(shape[0]))]
    assert rows == list(range(shape[0]))
