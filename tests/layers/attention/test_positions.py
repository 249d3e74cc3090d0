"""Encodings of places: by their formula, from any start, errors."""

import math

import numpy as np
import pytest

from minidl.layers import PositionEmbedding, SinePositionEncoding


@pytest.mark.parametrize(("features", "start", "longest"), [(6, 0, 10000), (5, 3, 10000), (1, 0, 50)])
def test_sine_encodings_follow_their_formula(features, start, longest):
    y = SinePositionEncoding(longest, dtype="float64")(np.full((2, 7, features), 9.0), start_index=start)
    for t in range(7):
        for place in range(features):
            angle = (start + t) / longest ** (2 * (place // 2) / features)
            np.testing.assert_allclose(y[:, t, place], math.cos(angle) if place % 2 else math.sin(angle), atol=1e-12)


def test_a_position_has_the_same_vector_wherever_the_sequence_starts():
    layer = PositionEmbedding(8)
    whole, part = layer(np.zeros((2, 8, 3))), layer(np.zeros((2, 3, 3)), start_index=5)
    np.testing.assert_array_equal(whole[0], layer.embeddings.value)
    np.testing.assert_array_equal(part, whole[:, 5:])
    whole[...] = 0  # a copy of the table
    assert layer.embeddings.value.any()


def test_the_mask_is_passed_on():
    mask = np.ones((2, 3), bool)
    for layer in (SinePositionEncoding(), PositionEmbedding(3)):
        assert layer.compute_mask(None, mask) is mask


def test_inputs_that_do_not_match_raise_an_error():
    for layer in (SinePositionEncoding(), PositionEmbedding(3)):
        with pytest.raises(
            ValueError, match=r"expects sequences, .* got shape \(2, 3\); embed integer ids with Embedding first"
        ):
            layer(np.ones((2, 3)))
    with pytest.raises(ValueError, match="has 3 positions, got sequences of 4 steps"):
        PositionEmbedding(3)(np.ones((2, 4, 5)))
    with pytest.raises(ValueError, match="positions 0 to 2, got steps 2 to 3; raise sequence_length"):
        PositionEmbedding(3)(np.ones((2, 2, 5)), start_index=2)
    layer = PositionEmbedding(3)
    layer.build((None, 3, 5))
    with pytest.raises(ValueError, match="steps of 5 features"):
        layer(np.ones((2, 3, 4)))
    with pytest.raises(ValueError, match="sequence_length to be a positive integer, got 0"):
        PositionEmbedding(0)
    with pytest.raises(ValueError, match="max_wavelength to be a (finite )?number"):
        SinePositionEncoding(0)
