"""Attention layers and position encodings."""

import numpy as np

from minidl import layers
from tests.table.layers.common import SEQUENCES, TRAINING, regularized, started

PAIR, TRIPLE = [(3, 2, 4), (3, 5, 4)], [(3, 2, 4), (3, 5, 3), (3, 5, 4)]  # query, value and perhaps key, for check_layer
PAIRS, TRIPLES = [SEQUENCES, (5, 4, 3)], [SEQUENCES, (5, 4, 2), (5, 4, 3)]  # beside Keras


def padded(generator, shape):
    """A mask of steps that is the same for values and keys, and leaves the first step."""
    return np.arange(shape[1]) < 1 + np.arange(shape[0])[:, np.newaxis] % shape[1]


def padding(shape):
    return padded(None, shape)


SCORES, CAUSAL = {"return_attention_scores": True}, {"use_causal_mask": True}
MASKED = {"mask": [padding(SEQUENCES), padding((5, 4))]}
MASKED_VALUES = {"mask": [None, padding((5, 4))]}  # of masked queries Keras returns the mean of the values

VOLUME, VOLUMES = (2, 3, 4, 5), (3, 2, 4, 3)  # steps along two axes


def heads(**arguments):
    return lambda: layers.MultiHeadAttention(**{"num_heads": 2, "key_dim": 3} | arguments)


def grouped(**arguments):
    return lambda: layers.GroupQueryAttention(**{"head_dim": 3, "num_query_heads": 4, "num_key_value_heads": 2} | arguments)


def pairs(*shape):
    """An attention mask that leaves every query something."""
    queries, keys = np.arange(shape[-2]), np.arange(shape[-1])
    own = np.minimum(queries, keys[-1])[:, np.newaxis] == keys
    return {"attention_mask": own | (np.random.default_rng(3).random(shape) < 0.5)}


UNMOVED = "one number for all keys of a query, which softmax takes away"
POSITIONS = {"zero_gradients": {"dx": "only the shape of x is used"}}
KEY_BIAS = {"zero_gradients": {"weights[3] bias": UNMOVED}}

FORMS = {
    "MultiHeadAttention": [
        (heads(), (3, 4, 5), KEY_BIAS),  # self-attention
        (heads(use_bias=False), (3, 4, 5), {"options": CAUSAL, "mask": padded}),
        (heads(value_dim=4), PAIR, KEY_BIAS),
        (heads(output_shape=(3, 2), dropout=0.3), TRIPLE, KEY_BIAS | {"mask": padded, "options": SCORES}),
        (
            heads(sliding_window=2, use_gate=True),
            (3, 4, 5),
            {"options": SCORES, "zero_gradients": {"weights[3] bias": UNMOVED}},
        ),
        (heads(use_bias=False), PAIR, {"options": SCORES | pairs(2, 5), "mask": padded, "sizes_of_one": False}),
        (heads(), [(3, 4, 5), (3, 4, 5)], KEY_BIAS | {"options": pairs(1, 2, 4, 4), "sizes_of_one": False}),
        (heads(activity_regularizer="l2", use_gate=True, dropout=0.4), (3, 4, 5), {"sizes_of_one": False}),
        (heads(kernel_regularizer="l2", bias_regularizer="l2"), PAIR, KEY_BIAS),
        (heads(use_bias=False), VOLUME, {"options": SCORES}),
        (heads(attention_axes=2), VOLUME, KEY_BIAS | {"options": SCORES, "sizes_of_one": False}),
        (heads(attention_axes=(1,), use_bias=False), [VOLUME, (2, 2, 4, 3)], {"options": CAUSAL, "sizes_of_one": False}),
        (heads(attention_axes=(2, 1), use_bias=False), VOLUME, {"options": pairs(4, 3, 4, 3), "sizes_of_one": False}),
    ],
    "Attention": [
        (layers.Attention, PAIR, {}),
        (lambda: layers.Attention(use_scale=True), TRIPLE, {"mask": padded, "options": SCORES}),
        (lambda: layers.Attention(use_scale=True, score_mode="concat", dropout=0.3), PAIR, {"options": SCORES}),
        (lambda: layers.Attention(score_mode="concat"), TRIPLE, {"mask": padded, "options": CAUSAL}),
        (lambda: layers.Attention(dropout=0.4), PAIR, {"options": SCORES | CAUSAL, "mask": padded}),
        (lambda: layers.Attention(use_scale=True), [(2, 3, 2, 4), (2, 3, 5, 4)], {"options": SCORES | CAUSAL}),
    ],
    "GroupQueryAttention": [
        (grouped(), (3, 4, 5), KEY_BIAS),
        (grouped(num_key_value_heads=1, use_bias=False), PAIR, {"mask": padded, "options": SCORES | CAUSAL}),
        (grouped(num_query_heads=3, num_key_value_heads=3, dropout=0.3), TRIPLE, KEY_BIAS | {"mask": padded}),
        (
            grouped(use_gate=True, sliding_window=2, use_bias=False),
            (3, 4, 5),
            {"options": pairs(1, 4, 4, 4), "sizes_of_one": False},
        ),
        (grouped(activity_regularizer="l2"), PAIR, {}),
    ],
    "PositionEmbedding": [
        (lambda: layers.PositionEmbedding(6), (3, 4, 5), POSITIONS),
        (lambda: layers.PositionEmbedding(9, "normal"), (2, 3, 4, 5), POSITIONS | {"options": {"start_index": 3}}),
    ],
    "SinePositionEncoding": [
        (layers.SinePositionEncoding, (3, 4, 5), POSITIONS),
        (lambda: layers.SinePositionEncoding(100.0), (2, 3, 4, 6), POSITIONS | {"options": {"start_index": 3}}),
    ],
    "AdditiveAttention": [
        (layers.AdditiveAttention, PAIR, {}),
        (layers.AdditiveAttention, TRIPLE, {"mask": padded, "options": SCORES}),
        (lambda: layers.AdditiveAttention(use_scale=False, dropout=0.3), PAIR, {"options": SCORES | CAUSAL, "mask": padded}),
        (layers.AdditiveAttention, [(2, 3, 2, 4), (2, 3, 5, 2), (2, 3, 5, 4)], {"options": SCORES}),
    ],
}

TRIPLES_OF_ONE_WIDTH = [SEQUENCES, (5, 4, 3), (5, 4, 2)]
BOTH = [SEQUENCES, SEQUENCES]


def multi_head(**arguments):
    return {"num_heads": 2, "key_dim": 4} | arguments


COMPARED_WITH_KERAS = {
    "MultiHeadAttention": [
        (multi_head(), BOTH, {}),
        (multi_head(num_heads=3, key_dim=2, value_dim=5), TRIPLES, SCORES),  # without, Keras on JAX wants equal widths
        (multi_head(use_bias=False, output_shape=(2, 3)), PAIRS, TRAINING | SCORES),
        (multi_head(), BOTH, CAUSAL),
        (multi_head(use_gate=True), BOTH, CAUSAL | SCORES),
        (multi_head(), BOTH, {"mask": [None, padding(SEQUENCES)]}),
        (multi_head(), PAIRS, MASKED_VALUES | CAUSAL),
        (multi_head(), TRIPLES, {"mask": [None, padding((5, 4)), np.arange(4) < np.array([[4], [1], [3], [4], [2]])]}),
        (multi_head(), PAIRS, MASKED_VALUES | {"attention_mask": pairs(5, 6, 4)["attention_mask"] | (np.arange(4) == 0)}),
        (multi_head(), PAIRS, pairs(6, 4) | SCORES),
        (multi_head(), PAIRS, pairs(5, 2, 6, 4)),
        (multi_head(sliding_window=2), BOTH, {}),
        (multi_head(sliding_window=3, use_gate=True), BOTH, CAUSAL | SCORES | pairs(6, 6)),
        (multi_head(dropout=0.3, seed=1), PAIRS, CAUSAL),
        (multi_head(), [VOLUMES, VOLUMES], SCORES),
        (multi_head(attention_axes=2), [VOLUMES, (3, 2, 5, 3)], SCORES),
        (multi_head(attention_axes=(1,)), [VOLUMES, VOLUMES], {}),
        (multi_head(attention_axes=[2, 1]), [VOLUMES, VOLUMES], SCORES | pairs(3, 4, 2, 4, 2)),
        (multi_head(attention_axes=(-2,)), [VOLUMES, VOLUMES], {}),
        (multi_head(activity_regularizer="l2"), PAIRS, {}),
        (lambda k: multi_head(use_gate=True) | regularized("kernel", "bias")(k), PAIRS, TRAINING),
        (lambda k: multi_head() | started("kernel", "bias")(k), PAIRS, {}),
    ],
    "Attention": [
        ({}, PAIRS, {}),
        ({"use_scale": True}, TRIPLES, MASKED),
        ({"use_scale": True, "score_mode": "concat"}, PAIRS, MASKED | CAUSAL),
        ({"score_mode": "concat"}, TRIPLES, SCORES),
        ({"dropout": 0.3, "seed": 1}, PAIRS, MASKED | SCORES | CAUSAL),
        ({"use_scale": True}, PAIRS, TRAINING | SCORES),
        ({}, [(2, 3, 2, 4), (2, 3, 5, 4)], SCORES | CAUSAL),
    ],
    "AdditiveAttention": [
        ({}, PAIRS, {}),
        ({}, TRIPLES, MASKED | CAUSAL),
        ({"use_scale": False, "dropout": 0.3, "seed": 1}, PAIRS, MASKED | SCORES),
        ({}, PAIRS, TRAINING | SCORES | CAUSAL),
        ({}, [(2, 3, 2, 4), (2, 3, 5, 4)], SCORES),
    ],
}


def group_query(**arguments):
    return {"head_dim": 3, "num_query_heads": 4, "num_key_value_heads": 2} | arguments


COMPARED_WITH_KERAS["GroupQueryAttention"] = [
    (group_query(), BOTH, {}),
    (
        group_query(num_key_value_heads=1),
        PAIRS,
        CAUSAL | {"value_mask": padding((5, 4))},
    ),  # masked queries differ: see tests/known_differences.py
    (
        group_query(num_query_heads=6, head_dim=2, num_key_value_heads=3, use_bias=False),
        TRIPLES_OF_ONE_WIDTH,
        SCORES | TRAINING,
    ),
    (group_query(sliding_window=2, use_gate=True), BOTH, CAUSAL | SCORES | pairs(6, 6)),
    (group_query(dropout=0.3, seed=1), PAIRS, pairs(5, 4, 6, 4) | SCORES),
    (lambda k: group_query(use_gate=True) | regularized("kernel", "bias")(k), PAIRS, TRAINING),
    (lambda k: group_query() | started("kernel", "bias")(k), PAIRS, {}),
]
COMPARED_WITH_KERAS |= {"PositionEmbedding": [], "SinePositionEncoding": []}
NOT_IN_KERAS = dict.fromkeys(("PositionEmbedding", "SinePositionEncoding"), "KerasHub's, which Keras is installed without")

UNUSED = {"flash_attention": "accepted and ignored; Keras refuses it on most machines"}
NO_SECOND_VALUE = {"GroupQueryAttention": UNUSED, "MultiHeadAttention": UNUSED}
