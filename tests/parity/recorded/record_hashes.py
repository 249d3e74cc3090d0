"""Writes hashes.json: what Keras's hashing layers and its FeatureSpace do. Keras runs them with TensorFlow alone.

In an environment with Keras 3.15 and TensorFlow, from the top of the checkout:

    KERAS_BACKEND=tensorflow python tests/parity/recorded/record_hashes.py
"""

import json
from pathlib import Path

LENGTHS = [("ab" * 120)[:length] for length in (*range(34), *range(60, 72), 127, 128, 129, 192, 200)]
WORDS = [["sun"], ["rain"], [""], ["\u00c9t\u00e9"], ["a longer text, with spaces"]]
MODES = ("one_hot", "multi_hot", "count")
IDS = [[3], [0], [-7], [2**40], [3]]

# (layer, arguments, x)
CASES = [
    *(("Hashing", {"num_bins": 2**50} | salt, LENGTHS) for salt in ({}, {"salt": [133, 137]})),
    ("Hashing", {"num_bins": 7, "salt": 5}, WORDS),
    ("Hashing", {"num_bins": 7}, IDS),
    ("Hashing", {"num_bins": 7}, [[1.9], [-2.5]]),
    ("Hashing", {"num_bins": 4, "mask_value": ""}, WORDS),
    ("Hashing", {"num_bins": 4, "mask_value": 3}, IDS),
    ("Hashing", {"num_bins": 1, "mask_value": 3}, IDS),
    *(("Hashing", {"num_bins": 3, "output_mode": mode}, WORDS) for mode in MODES),
    *(
        ("Hashing", {"num_bins": 3, "output_mode": mode}, [["a", "b"], ["c", "c"]])
        for mode in ("one_hot", "multi_hot", "count")
    ),
    ("HashedCrossing", {"num_bins": 2**40}, [WORDS, IDS]),
    ("HashedCrossing", {"num_bins": 9}, [[1, 2, 3], ["a", "b", "c"], [-4, 5, 6]]),
    ("HashedCrossing", {"num_bins": 4, "output_mode": "one_hot"}, [WORDS, IDS]),
    ("HashedCrossing", {"num_bins": 4, "output_mode": "one_hot"}, [[1, 2], [3, 4]]),
]

TABLE = {
    "age": [20.0, 40.0, 30.0, 60.0],
    "city": ["Rome", "Oslo", "Rome", "Bonn"],
    "rooms": [1, 2, 3, 1],
    "owner": ["x", "y", "z", "x"],
    "rent": [1.0, 2.0, 3.0, 4.0],
    "size": [10.0, 20.0, 30.0, 35.0],
    "code": [7, 8, 9, 7],
}
KINDS = {
    "age": "float_normalized",
    "city": "string_categorical",
    "rooms": "integer_categorical",
    "owner": "string_hashed",
    "rent": "float_discretized",
    "size": "float",
    "code": "integer_hashed",
}
SPACES = [
    {"output_mode": "concat", "num_discretization_bins": 3, "hashing_dim": 5},
    {"output_mode": "concat", "num_discretization_bins": 3, "crosses": [["city", "rooms"]], "crossing_dim": 6},
    {"output_mode": "dict", "num_discretization_bins": 4, "crosses": [["owner", "code"], ["city", "rooms"]]},
]


def recorded():
    """What Keras does in each case: outputs as lists."""
    import keras
    import numpy as np

    found = []
    for name, arguments, x in CASES:
        layer = getattr(keras.layers, name)(**arguments)
        found.append(np.asarray(layer([np.array(one) for one in x] if name == "HashedCrossing" else np.array(x))).tolist())
    spaces = []
    for arguments in SPACES:
        space = keras.utils.FeatureSpace(KINDS, **arguments)
        space.adapt(TABLE)
        y = space({key: np.array(column) for key, column in TABLE.items()})
        spaces.append({key: np.asarray(v).tolist() for key, v in y.items()} if isinstance(y, dict) else np.asarray(y).tolist())
    return {"cases": found, "spaces": spaces}


if __name__ == "__main__":
    Path(__file__).with_name("hashes.json").write_text(json.dumps(recorded()) + "\n", encoding="utf-8")
