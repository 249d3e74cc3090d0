"""The table of the layers, a file a family: what the harness checks, and what is compared with Keras.

Each file of this folder may hold

    FORMS              class -> [(what makes the layer, input shape, options of check_layer), ...]
    BESIDE_KERAS       class -> [(arguments, input shape or arrays, how the layer is called), ...];
                       arguments may be a function from the library (minidl or keras) to them
    LEFT_OUT           class -> {Keras's argument: why it is not here}
    NOT_IN_OUR_CONFIG  class -> {key of Keras's config that is no argument: why}
    NO_SECOND_VALUE    class -> {argument that takes one value in BESIDE_KERAS: why that is enough}
    NOT_OF_KERAS       class -> what it is, where Keras has none of that name

and `gathered` puts the files' tables together. Nothing here imports Keras.
"""

import importlib
from pathlib import Path
from typing import Any

FAMILIES = sorted(path.stem for path in Path(__file__).parent.glob("*.py") if path.stem not in ("__init__", "common"))


def gathered(table: str) -> dict[str, Any]:
    """One table, from all families; a class stands in one of them."""
    whole: dict[str, Any] = {}
    for family in FAMILIES:
        part = getattr(importlib.import_module(f"tests.families.{family}"), table, {})
        assert not set(part) & set(whole), f"{set(part) & set(whole)} stands in two families"
        whole |= part
    return dict(sorted(whole.items()))
