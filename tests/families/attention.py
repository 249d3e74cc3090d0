"""Layers in which each step looks at others."""

import numpy as np

from minidl import layers
from tests.families.common import SEQUENCES, TRAINING

PAIR, TRIPLE = [(3, 2, 4), (3, 5, 4)], [(3, 2, 4), (3, 5, 3), (3, 5, 4)]  # query, value and perhaps key, for check_layer
PAIRS, TRIPLES = [SEQUENCES, (5, 4, 3)], [SEQUENCES, (5, 4, 2), (5, 4, 3)]  # beside Keras


def padded(generator, shape):
    """A mask of steps that is the same for values and keys, and leaves the first step."""
    return np.arange(shape[1]) < 1 + np.arange(shape[0])[:, np.newaxis] % shape[1]


def padding(shape):
    return padded(None, shape)


SCORES, CAUSAL = {"return_attention_scores": True}, {"use_causal_mask": True}
MASKED = {"mask": [padding(SEQUENCES), padding((5, 4))]}

FORMS = {
    "Attention": [
        (layers.Attention, PAIR, {}),
        (lambda: layers.Attention(use_scale=True), TRIPLE, {"mask": padded, "options": SCORES}),
        (lambda: layers.Attention(use_scale=True, score_mode="concat", dropout=0.3), PAIR, {"options": SCORES}),
        (lambda: layers.Attention(score_mode="concat"), TRIPLE, {"mask": padded, "options": CAUSAL}),
        (lambda: layers.Attention(dropout=0.4), PAIR, {"options": SCORES | CAUSAL, "mask": padded}),
    ],
    "AdditiveAttention": [
        (layers.AdditiveAttention, PAIR, {}),
        (layers.AdditiveAttention, TRIPLE, {"mask": padded, "options": SCORES}),
        (lambda: layers.AdditiveAttention(use_scale=False, dropout=0.3), PAIR, {"options": SCORES | CAUSAL, "mask": padded}),
    ],
}

BESIDE_KERAS = {
    "Attention": [
        ({}, PAIRS, {}),
        ({"use_scale": True}, TRIPLES, MASKED),
        ({"use_scale": True, "score_mode": "concat"}, PAIRS, MASKED | CAUSAL),
        ({"score_mode": "concat"}, TRIPLES, SCORES),
        ({"dropout": 0.3, "seed": 1}, PAIRS, MASKED | SCORES | CAUSAL),
        ({"use_scale": True}, PAIRS, TRAINING | SCORES),
    ],
    "AdditiveAttention": [
        ({}, PAIRS, {}),
        ({}, TRIPLES, MASKED | CAUSAL),
        ({"use_scale": False, "dropout": 0.3, "seed": 1}, PAIRS, MASKED | SCORES),
        ({}, PAIRS, TRAINING | SCORES | CAUSAL),
    ],
}
