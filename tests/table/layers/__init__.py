"""The table of the layers, one file per family: what `check_layer` checks, and what is compared with Keras.

Each file of this folder may define

    FORMS                class -> [(function that makes the layer, input shape, options of check_layer), ...]
    COMPARED_WITH_KERAS  class -> [(arguments, input shape or arrays, call arguments), ...];
                         arguments may be a function from the library (minidl or keras) to them
    LEFT_OUT             class -> {Keras's argument: why it is missing here}
    NOT_IN_OUR_CONFIG    class -> {key of Keras's config that is not an argument: why}
    NO_SECOND_VALUE      class -> {argument with only one value in COMPARED_WITH_KERAS: why that is enough}
    NOT_IN_KERAS         class -> description of a class that Keras does not have

and `gathered` merges the tables of all files. Nothing here imports Keras.
"""

import importlib
from pathlib import Path
from typing import Any

FAMILIES = sorted(path.stem for path in Path(__file__).parent.glob("*.py") if path.stem not in ("__init__", "common"))


def gathered(table: str) -> dict[str, Any]:
    """One table merged from all files; each class is in one of them."""
    whole: dict[str, Any] = {}
    for family in FAMILIES:
        part = getattr(importlib.import_module(f"tests.table.layers.{family}"), table, {})
        assert not set(part) & set(whole), f"{set(part) & set(whole)} is in two files"
        whole |= part
    return dict(sorted(whole.items()))
