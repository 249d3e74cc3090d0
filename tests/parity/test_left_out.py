"""Names of Keras's modules that minidl does not have, each with its reason; every other name exists."""

import re

import keras
import pytest

import minidl
from tests.known_differences import NOT_HERE

COMPLETE = [  # but for the names in NOT_HERE
    *("layers", "optimizers", "optimizers.schedules", "losses", "metrics", "initializers", "constraints", "regularizers")
]
LEFT_OUT = {
    where: {name for module, names, _ in NOT_HERE if module == f"`{where}`" for name in re.findall(r"`(\w+)`", names)}
    for where in COMPLETE
}


def names(library, where):
    for part in where.split("."):
        library = getattr(library, part)
    return {name for name in dir(library) if not name.startswith("_")}


@pytest.mark.parametrize("where", COMPLETE)
def test_only_what_has_a_reason_is_left_out(where):
    assert names(keras, where) - names(minidl, where) == LEFT_OUT[where]


def test_every_name_that_is_left_out_has_a_reason():
    assert all(why for *_, why in NOT_HERE)
    assert {module.strip("`") for module, *_ in NOT_HERE} <= set(COMPLETE)
