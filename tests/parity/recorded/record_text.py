"""Writes text.json: what Keras's text layers do. Keras runs them with TensorFlow alone, which the tests do without.

In an environment with Keras 3.15 and TensorFlow, from the top of the checkout:

    KERAS_BACKEND=tensorflow python -m tests.parity.recorded.record_text
"""

import json
from pathlib import Path

TEXTS = ["The cat sat, the cat ran.", "A dog ran!", "", "The end... of the cat?", "it's   well-known\tto\nall [sic]"]
ASKED = ["the dog sat on the cat", "unknown", "", "IT'S the end", "a  cat\tran  "]
PAIRS = [["sun", "rain"], ["sun", "sun"], ["", "fog"], ["fog", "sun"]]
ASKED_PAIRS = [["sun", "hail"], ["rain", "rain"], ["", "fog"], ["", ""]]
NUMBERS = [[3, 3, 7], [5, 7, -1], [0, 3, 12]]
ASKED_NUMBERS = [[3, 7, 99], [0, 0, -1], [5, -8, 12]]
WEIGHTS = [0.5, 1.25, 2.0]
COLOURS = ["red", "green", "blue"]
ASKED_COLOURS = [["red", "blue", "pink"], ["green", "green", "red"]]
PRIMES = [2, 3, 5]
ASKED_PRIMES = [[2, 5, 9], [3, 3, 2]]

# (layer, arguments, what it is adapted to or None, x)
CASES = [
    # Text.
    *(("TextVectorization", {"standardize": how}, TEXTS, ASKED) for how in (None, "lower", "strip_punctuation")),
    ("TextVectorization", {}, TEXTS, ASKED),
    ("TextVectorization", {}, [[text] for text in TEXTS], [[text] for text in ASKED]),
    ("TextVectorization", {"split": "character"}, TEXTS, ASKED),
    ("TextVectorization", {"split": "character", "ngrams": 2, "standardize": "lower"}, TEXTS, ASKED),
    ("TextVectorization", {"split": None}, [["a b"], ["c"], ["a b"]], [["A, b"], ["c"], ["d"]]),
    ("TextVectorization", {"split": None}, PAIRS, ASKED_PAIRS),
    ("TextVectorization", {"split": None, "output_mode": "count"}, PAIRS, ASKED_PAIRS),
    ("TextVectorization", {"split": None, "output_sequence_length": 3}, PAIRS, ASKED_PAIRS),
    *(("TextVectorization", {"ngrams": widths}, TEXTS, ASKED) for widths in (1, 2, 3, [2, 3], [3, 1])),
    *(("TextVectorization", {"output_sequence_length": length}, TEXTS, ASKED) for length in (1, 3, 9)),
    *(("TextVectorization", {"output_mode": mode}, TEXTS, ASKED) for mode in ("multi_hot", "count", "tf_idf")),
    *(("TextVectorization", {"output_mode": mode, "ngrams": [2, 1]}, TEXTS, ASKED) for mode in ("count", "tf_idf")),
    *(("TextVectorization", {"max_tokens": size}, TEXTS, ASKED) for size in (3, 6, 100)),
    *(("TextVectorization", {"max_tokens": 6, "output_mode": mode}, TEXTS, ASKED) for mode in ("multi_hot", "tf_idf")),
    *(
        ("TextVectorization", {"max_tokens": 20, "output_mode": mode, "pad_to_max_tokens": True}, TEXTS, ASKED)
        for mode in ("multi_hot", "count", "tf_idf")
    ),
    ("TextVectorization", {"vocabulary": ["cat", "the", "ran"]}, None, ASKED),
    ("TextVectorization", {"vocabulary": ["", "[UNK]", "cat", "the"]}, None, ASKED),
    ("TextVectorization", {"vocabulary": ["[UNK]", "cat", "the"], "output_mode": "count"}, None, ASKED),
    ("TextVectorization", {"vocabulary": ["cat", "the", "ran"], "idf_weights": WEIGHTS, "output_mode": "tf_idf"}, None, ASKED),
    # Strings.
    *(
        ("StringLookup", {"output_mode": mode, "mask_token": mask}, PAIRS, ASKED_PAIRS)
        for mode in ("int", "one_hot", "multi_hot", "count", "tf_idf")
        for mask in (None, "")
    ),
    ("StringLookup", {}, ["sun", "rain", "sun"], ["rain", "hail", "sun"]),
    ("StringLookup", {"output_mode": "one_hot"}, ["sun", "rain", "sun"], ["rain", "hail", "sun"]),
    *(
        ("StringLookup", {"output_mode": mode}, ["sun", "rain", "sun"], [["rain"], ["hail"], ["sun"]])
        for mode in ("int", "one_hot", "multi_hot", "tf_idf")
    ),
    ("StringLookup", {"vocabulary": COLOURS}, None, ASKED_COLOURS),
    ("StringLookup", {"vocabulary": COLOURS, "oov_token": "?"}, None, ASKED_COLOURS),
    ("StringLookup", {"vocabulary": ["?", *COLOURS], "oov_token": "?"}, None, ASKED_COLOURS),
    ("StringLookup", {"vocabulary": ["red", "[UNK]", "blue"]}, None, ASKED_COLOURS),
    ("StringLookup", {"vocabulary": ["red", "pink", "green", "blue"], "num_oov_indices": 0}, None, ASKED_COLOURS),
    ("StringLookup", {"vocabulary": COLOURS, "num_oov_indices": 0}, None, ASKED_COLOURS),
    ("StringLookup", {"vocabulary": COLOURS, "num_oov_indices": 3, "mask_token": ""}, None, [["red", "blue", ""]]),
    ("StringLookup", {"vocabulary": COLOURS, "max_tokens": 4}, None, ASKED_COLOURS),
    ("StringLookup", {"vocabulary": COLOURS, "max_tokens": 3}, None, ASKED_COLOURS),
    (
        "StringLookup",
        {"vocabulary": COLOURS, "max_tokens": 6, "pad_to_max_tokens": True, "output_mode": "count"},
        None,
        ASKED_COLOURS,
    ),
    (
        "StringLookup",
        {"vocabulary": COLOURS, "max_tokens": 6, "pad_to_max_tokens": True, "output_mode": "one_hot"},
        None,
        ASKED_COLOURS,
    ),
    ("StringLookup", {"vocabulary": COLOURS, "idf_weights": WEIGHTS, "output_mode": "tf_idf"}, None, ASKED_COLOURS),
    ("StringLookup", {"vocabulary": COLOURS, "output_mode": "tf_idf"}, None, ASKED_COLOURS),
    ("StringLookup", {"vocabulary": COLOURS, "idf_weights": WEIGHTS, "output_mode": "count"}, None, ASKED_COLOURS),
    ("StringLookup", {"max_tokens": 3, "num_oov_indices": 2}, PAIRS, [["sun"], ["sun"]]),
    ("StringLookup", {"vocabulary": COLOURS, "invert": True}, None, [[0, 1], [3, 4], [-1, 2]]),
    (
        "StringLookup",
        {"vocabulary": COLOURS, "invert": True, "mask_token": "", "num_oov_indices": 2},
        None,
        [[0, 1], [2, 3], [5, 9]],
    ),
    ("StringLookup", {"vocabulary": ["red", "[UNK]"], "invert": True}, None, [[0, 1]]),
    ("StringLookup", {"vocabulary": ["red", ""], "mask_token": ""}, None, ASKED_COLOURS),
    ("StringLookup", {"vocabulary": ["red", "red"]}, None, ASKED_COLOURS),
    ("StringLookup", {"vocabulary": []}, None, ASKED_COLOURS),
    ("StringLookup", {"invert": True, "output_mode": "count"}, None, ASKED_COLOURS),
    ("StringLookup", {"output_mode": "hot"}, None, ASKED_COLOURS),
    ("StringLookup", {"pad_to_max_tokens": True}, None, ASKED_COLOURS),
    ("StringLookup", {"num_oov_indices": -1}, None, ASKED_COLOURS),
    ("StringLookup", {"salt": [1, 2, 3]}, None, ASKED_COLOURS),
    ("StringLookup", {}, None, ASKED_COLOURS),
    ("StringLookup", {"vocabulary": COLOURS}, None, [[1, 2]]),
    # Whole numbers.
    *(
        ("IntegerLookup", {"output_mode": mode, "mask_token": mask}, NUMBERS, ASKED_NUMBERS)
        for mode in ("int", "one_hot", "multi_hot", "count", "tf_idf")
        for mask in (None, 0)
    ),
    *(("IntegerLookup", {"max_tokens": size}, NUMBERS, ASKED_NUMBERS) for size in (2, 4)),
    ("IntegerLookup", {"oov_token": -8}, NUMBERS, ASKED_NUMBERS),
    ("IntegerLookup", {"vocabulary": PRIMES}, None, ASKED_PRIMES),
    ("IntegerLookup", {"vocabulary": PRIMES, "num_oov_indices": 3}, None, [[9, 10, 11], [-1, -2, 2]]),
    ("IntegerLookup", {"vocabulary": PRIMES, "num_oov_indices": 2, "mask_token": 0}, None, [[9, 10, 11], [-1, 0, 2]]),
    ("IntegerLookup", {"vocabulary": PRIMES, "num_oov_indices": 0}, None, ASKED_PRIMES),
    ("IntegerLookup", {"vocabulary": PRIMES, "invert": True}, None, [[0, 1], [3, 4], [-1, 2]]),
    (
        "IntegerLookup",
        {"vocabulary": PRIMES, "invert": True, "mask_token": 0, "oov_token": -7},
        None,
        [[0, 1], [3, 4], [-1, 2]],
    ),
    ("IntegerLookup", {"vocabulary": PRIMES, "idf_weights": WEIGHTS, "output_mode": "tf_idf"}, None, ASKED_PRIMES),
    (
        "IntegerLookup",
        {"vocabulary": PRIMES, "max_tokens": 6, "pad_to_max_tokens": True, "output_mode": "count"},
        None,
        ASKED_PRIMES,
    ),
    ("IntegerLookup", {"vocabulary_dtype": "int32"}, None, ASKED_PRIMES),
    ("IntegerLookup", {"salt": 3}, None, ASKED_PRIMES),
]

# The same, where minidl differs on purpose; data may be a dict of batches.
OTHERWISE = {
    "letters and spaces": ("TextVectorization", {}, ["\u00c9t\u00e9 \u00e9t\u00e9 a\u00a0b"], ["\u00c9t\u00e9"]),
    "hash": ("StringLookup", {"vocabulary": ["red"], "num_oov_indices": 4}, None, ["x", "y", "z", "w", "v"]),
    "hash of numbers": (
        "IntegerLookup",
        {"vocabulary": PRIMES, "num_oov_indices": 4, "oov_method": "farmhash"},
        None,
        [9, 10, 11, 12, 13],
    ),
    "rows": ("StringLookup", {"vocabulary": COLOURS, "output_mode": "multi_hot"}, None, ["red", "blue"]),
    "rows of three axes": ("StringLookup", {"vocabulary": COLOURS, "output_mode": "count"}, None, [[["red", "blue"]]]),
    "rows of one": ("TextVectorization", {"split": None, "vocabulary": COLOURS}, None, ["red", "blue"]),
    "batches of one axis": ("StringLookup", {"output_mode": "tf_idf"}, {"batches": [["a", "b"], ["b", "c"]]}, [["a", "b"]]),
    "adapted again": ("StringLookup", {"vocabulary": COLOURS}, ["pink"], ["pink"]),
    "no token": ("TextVectorization", {"vocabulary": COLOURS}, None, ["", " "]),
}


def record(cases):
    """What Keras does in each case: vocabulary and output, or `None` where it raises an error."""
    import keras
    import numpy as np

    found = []
    for name, arguments, data, x in cases:
        arguments = {
            key: tuple(value) if key == "ngrams" and isinstance(value, list) else value for key, value in arguments.items()
        }
        try:
            layer = getattr(keras.layers, name)(**arguments)
            if data is not None:
                layer.adapt((np.array(batch) for batch in data["batches"]) if isinstance(data, dict) else np.array(data))
            y = np.asarray(layer(np.array(x)))
        except Exception:  # of TensorFlow's many kinds
            found.append(None)
            continue
        y = [[cell.decode() for cell in row] for row in y.tolist()] if y.dtype == object else y.tolist()
        weights = getattr(getattr(layer, "_lookup_layer", layer), "idf_weights_const", None)
        vocabulary = [term.item() if hasattr(term, "item") else term for term in layer.get_vocabulary()]
        found.append(
            {"vocabulary": vocabulary, "idf_weights": None if weights is None else np.asarray(weights).tolist(), "y": y}
        )
    return found


if __name__ == "__main__":
    cases = ",\n".join(map(json.dumps, record(CASES)))
    parts = [f'"cases": [\n{cases}\n]']
    parts += [
        f"{json.dumps(key)}: {json.dumps(found)}" for key, found in zip(OTHERWISE, record(OTHERWISE.values()), strict=True)
    ]
    Path(__file__).with_name("text.json").write_text("{\n" + ",\n".join(parts) + "\n}\n", encoding="utf-8")
