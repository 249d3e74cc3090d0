"""Summaries of data against NumPy's own quantiles."""

import numpy as np
import pytest

from minidl.kernels.quantiles import compress, merge, summarize


def boundaries_of(batches, bins, epsilon=0.01):
    summary = None
    for batch in batches:
        here = summarize(batch, epsilon)
        summary = compress(here if summary is None else merge(here, summary), epsilon)
    return compress(summary, 1 / bins)[0, :-1]


@pytest.mark.parametrize("bins", [2, 4, 10, 49])
@pytest.mark.parametrize("pieces", [1, 7])
def test_bins_hold_equally_many_values_up_to_epsilon(pieces, bins):
    values = np.random.default_rng(0).exponential(size=5000)
    boundaries = boundaries_of(np.array_split(values, pieces), bins)
    assert len(boundaries) == bins - 1
    shares = np.searchsorted(np.sort(values), boundaries) / len(values)
    np.testing.assert_allclose(shares, np.arange(1, bins) / bins, atol=0.012)


def test_a_coarser_summary_is_shorter():
    values = np.random.default_rng(0).normal(size=1000)
    assert summarize(values, 0.1).shape == (2, 10)
    assert summarize(values, 0.01).shape == (2, 100)
    assert summarize(values, 0.01)[1].sum() == pytest.approx(1000)


def test_a_short_summary_is_unchanged():
    summary = summarize(np.array([[3.0, 1.0], [2.0, 5.0]]), 0.01)
    np.testing.assert_array_equal(summary, [[1.0, 2.0, 3.0, 5.0], [1.0, 1.0, 1.0, 1.0]])
    np.testing.assert_array_equal(compress(summary, 0.01), summary)


def test_a_merged_summary_represents_all_values():
    merged = merge(np.array([[1.0, 4.0], [2.0, 2.0]]), np.array([[3.0], [5.0]]))
    np.testing.assert_array_equal(merged, [[1.0, 3.0, 4.0], [2.0, 5.0, 2.0]])
