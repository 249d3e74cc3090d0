"""`Dense`, `Embedding` and other core layers."""

import numpy as np

from minidl import layers, regularizers
from tests.table.layers.common import (
    ACTIVATIONS,
    IMAGES,
    OURS_ALONE,
    ROW,
    ROWS,
    SEQUENCE,
    SEQUENCES,
    TRAINING,
    WRONG_IN_KERAS,
    ids,
    known_ids,
    mask_of,
    regularized,
    started,
)

APART = {"glu", *OURS_ALONE, *WRONG_IN_KERAS}  # beside Keras in tests/parity/test_activations.py

FORMS = {
    "Dense": [
        *((lambda name=name: layers.Dense(4, name), (6, 5), {}) for name in ACTIVATIONS),
        (lambda: layers.Dense(2, use_bias=False), ROW, {}),
        (lambda: layers.Dense(2, "softmax"), SEQUENCE, {}),
        (lambda: layers.Dense(2, "relu", activity_regularizer="l2"), SEQUENCE, {}),
        (lambda: layers.Dense(2, kernel_regularizer=regularizers.L1L2(0.1, 0.2), bias_constraint="max_norm"), ROW, {}),
    ],
    "Embedding": [
        (lambda: layers.Embedding(5, 3), ROW, {"inputs": ids}),
        (lambda: layers.Embedding(5, 3, mask_zero=True), (3,), {"inputs": ids}),
        (lambda: layers.Embedding(5, 2, activity_regularizer="l2"), (2, 3, 2), {"inputs": ids}),
    ],
    "InputLayer": [
        (lambda: layers.InputLayer((4,)), ROW, {}),
        (lambda: layers.InputLayer(batch_shape=(None, None, 2)), SEQUENCE, {}),
    ],
}

COMPARED_WITH_KERAS = {
    "Dense": [
        *(({"units": 3, "activation": name}, ROWS, {}) for name in (None, *ACTIVATIONS) if name not in APART),
        ({"units": 2, "activation": "softmax"}, SEQUENCES, {"mask": mask_of(SEQUENCES)}),
        ({"units": 2}, IMAGES, {}),
        ({"units": 1, "use_bias": False}, ROWS, {}),
        (lambda k: {"units": 3} | regularized("kernel", "bias")(k), ROWS, TRAINING),
        (
            lambda k: {"units": 3, "kernel_regularizer": "l2", "activity_regularizer": k.regularizers.L1(0.3)},
            SEQUENCES,
            TRAINING,
        ),
        (lambda k: {"units": 3} | started("kernel", "bias")(k), ROWS, {}),
    ],
    "Embedding": [
        ({"input_dim": 5, "output_dim": 3}, known_ids((5, 6)), {}),
        ({"input_dim": 7, "output_dim": 2, "mask_zero": True}, known_ids((5, 6)), {}),
        ({"input_dim": 5, "output_dim": 3}, known_ids((4, 2, 3)), TRAINING),
        (lambda k: {"input_dim": 5, "output_dim": 3} | regularized("embeddings")(k), known_ids((5,)), TRAINING),
        (lambda k: {"input_dim": 5, "output_dim": 3} | started("embeddings")(k), known_ids((5,)), {}),
    ],
    "InputLayer": [],
}

LOW_PRECISION = "quantised and low-rank weights are no subject here"
LEFT_OUT = {
    "Dense": dict.fromkeys(("lora_rank", "lora_alpha", "quantization_config"), LOW_PRECISION),
    "Embedding": dict.fromkeys(("lora_rank", "lora_alpha", "quantization_config"), LOW_PRECISION),
    "InputLayer": dict.fromkeys(("sparse", "ragged", "input_tensor"), "belongs to TensorFlow's and JAX's machinery"),
}
NO_SECOND_VALUE = {"Embedding": {"weights": "hands over an array; see test_an_embedding_takes_its_first_weights"}}

FORMS["Masking"] = [(layers.Masking, SEQUENCE, {}), (lambda: layers.Masking(5.0), (3, 4, 1), {})]
COMPARED_WITH_KERAS["Masking"] = [
    ({}, np.repeat(mask_of(SEQUENCES)[..., np.newaxis], 3, axis=-1).astype("float32"), {}),
    ({"mask_value": 1.0}, np.repeat(mask_of(SEQUENCES)[..., np.newaxis], 3, axis=-1).astype("float32"), {}),
]
FORMS |= {
    "Identity": [(layers.Identity, ROW, {})],
    "Permute": [(lambda: layers.Permute((2, 1)), SEQUENCE, {}), (lambda: layers.Permute((3, 1, 2)), (2, 3, 4, 2), {})],
    "RepeatVector": [(lambda: layers.RepeatVector(3), ROW, {}), (lambda: layers.RepeatVector(1), ROW, {})],
}
COMPARED_WITH_KERAS |= {
    "Identity": [({}, SEQUENCES, {"mask": mask_of(SEQUENCES)})],
    "Permute": [({"dims": (2, 1)}, SEQUENCES, {}), ({"dims": (3, 1, 2)}, (2, 3, 4, 2), {})],
    "RepeatVector": [({"n": 3}, ROWS, {}), ({"n": 1}, ROWS, {})],
}

FORMS["ReversibleEmbedding"] = [
    (lambda: layers.ReversibleEmbedding(5, 3), ROW, {"inputs": ids}),
    (lambda: layers.ReversibleEmbedding(5, 3, mask_zero=True), ROW, {"inputs": ids}),
]
COMPARED_WITH_KERAS["ReversibleEmbedding"] = [
    ({"input_dim": 5, "output_dim": 3}, known_ids((5, 6)), {}),
    ({"input_dim": 7, "output_dim": 2}, known_ids((5, 6)), {}),
    ({"input_dim": 5, "output_dim": 4}, ROWS, {"reverse": True}),
    ({"input_dim": 6, "output_dim": 3, "logit_soft_cap": 0.5}, SEQUENCES, {"reverse": True}),
    ({"input_dim": 6, "output_dim": 3, "tie_weights": False}, SEQUENCES, {"reverse": True}),
    (lambda k: {"input_dim": 5, "output_dim": 3} | regularized("embeddings")(k), known_ids((5,)), {}),
    (lambda k: {"input_dim": 5, "output_dim": 3} | started("embeddings")(k), known_ids((5,)), {}),
]
LEFT_OUT["ReversibleEmbedding"] = {"quantization_config": LOW_PRECISION}
NO_SECOND_VALUE["ReversibleEmbedding"] = {
    "mask_zero": "Keras's call makes the mask, not its compute_mask; see test_reversible_embedding",
    "weights": "hands over an array; see test_an_embedding_takes_its_first_weights",
    "reverse_dtype": "Keras's float64 needs a switch of JAX; see test_reversible_embedding",
}
