"""Every public name has an example in its docstring, and the doctests run it."""

import inspect
import sys
from collections.abc import Iterator
from operator import attrgetter
from typing import Any

import minidl
from docs.site.reference import groups

NOT_RUN = {  # what a download, or a file that minidl does not write, makes too slow: their examples are only code
    *(f"datasets.{name}.load_data" for name in ("boston_housing", "california_housing", "cifar10", "cifar100")),
    *(f"datasets.{name}.load_data" for name in ("fashion_mnist", "imdb", "mnist", "reuters")),
    *("datasets.imdb.get_word_index", "datasets.reuters.get_word_index", "interop.keras.load_h5"),
    "decode_predictions",
}


def public_items() -> Iterator[tuple[str, str, Any]]:
    """(page of the reference, name, item) of each name that the reference describes."""
    for page, _, path, names in groups():
        module = attrgetter(path)(minidl) if path else minidl
        for name in names:
            yield page, name, attrgetter(name)(module)


def is_found_by_doctest(item: Any) -> bool:
    """Whether its module holds a class or function with the same docstring; an operation wraps a function."""
    values = vars(sys.modules[item.__module__]).values()
    found = (inspect.unwrap(value) for value in values if getattr(value, "__doc__", None) == item.__doc__)
    return any(inspect.isclass(value) or inspect.isroutine(value) for value in found)


def test_every_public_name_has_an_example_that_runs() -> None:
    missing, only_code = [], set()
    for page, name, item in public_items():
        text = inspect.getdoc(item) or ""
        if names := {f"{page}.{name}", name.split(".")[-1]} & NOT_RUN:
            only_code |= names
            assert "Example:\n" in text
        elif ">>> " not in text or not is_found_by_doctest(item):
            missing.append(f"{page}.{name}")
    assert not missing
    assert only_code == NOT_RUN
