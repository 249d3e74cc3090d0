"""Writes the pages that are generated: `python -m docs.generate`, from the top of the checkout.

`docs/reference.md` comes from the docstrings, `docs/differences_from_keras.md` from `tests/known_differences.py`. A test fails
when a page is not up to date.
"""

import inspect
from collections.abc import Callable, Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

import minidl
from minidl.config.public_names import LAYER_ALIASES, PACKAGES
from minidl.optimizers import schedules
from tests.known_differences import DIFFERENCES, NOT_HERE, SAME_AS_KERAS

DOCS = Path(__file__).parent
MODULES = [
    *("models", "layers", "activations", "ops", "losses", "metrics", "optimizers", "optimizers.schedules", "callbacks"),
    *("initializers", "regularizers", "constraints", "random", "datasets", "diagnostics", "saving", "testing", "utils"),
]
FAMILIES = {  # folder in minidl/layers -> heading; files without a folder are core layers
    "": "core",
    "activations": "activations",
    "convolution": "convolution",
    "pooling": "pooling",
    "recurrent": "recurrent",
    "attention": "attention",
    "normalization": "normalization",
    "regularization": "regularization",
    "merging": "merging",
    "reshaping": "reshaping",
    "preprocessing": "preprocessing",
}


def first_sentence(item: Any) -> str:
    """The first paragraph of a docstring, in one line."""
    return " ".join((inspect.getdoc(item) or "").split("\n\n")[0].split())


def documented(item: Any) -> bool:
    """Classes, functions and modules; not plain values."""
    return callable(item) or inspect.ismodule(item)


def public_names(module: ModuleType) -> list[str]:
    """The names a module exports, in alphabetical order; without `__all__`, the classes and functions defined in it."""
    names = getattr(module, "__all__", None)
    if names is None:
        own = {name for name, item in vars(module).items() if getattr(item, "__module__", None) == module.__name__}
        names = own | set(PACKAGES[module.__name__.removeprefix("minidl.")])
    return sorted((name for name in names if not name.startswith("_") and documented(getattr(module, name))), key=str.lower)


def lines(module: ModuleType, names: Iterable[str]) -> list[str]:
    """One line for each name; a second name of the same object stands in the line of the first."""
    listed: dict[int, list[str]] = {}
    for name in names:
        listed.setdefault(id(getattr(module, name)), []).append(name)
    found = []
    for group in listed.values():
        item = getattr(module, group[0])
        main = next((name for name in group if name == getattr(item, "__name__", name)), group[0])
        also = ", ".join(f"`{name}`" for name in group if name != main)
        found.append(f"- `{main}`{f' (also {also})' if also else ''}: {first_sentence(item)}")
    return found


def layer_families() -> dict[str, list[str]]:
    """Heading -> the names of that family of layers."""
    families: dict[str, list[str]] = {heading: [] for heading in FAMILIES.values()}
    for name in public_names(minidl.layers):
        folders = getattr(minidl.layers, LAYER_ALIASES.get(name, name)).__module__.split(".")[2:-1]
        families[FAMILIES[folders[0] if folders else ""]].append(name)
    return families


def reference() -> str:
    """The page `reference.md`."""
    text = [
        "# Reference",
        "",
        "All public names with one line each. Arguments, shapes, formulas and sources are in the docstrings: for example",
        "`help(minidl.layers.Dense)`. Names, arguments and defaults are those of Keras 3; see the",
        "[differences](differences_from_keras.md).",
        "This page is generated from the docstrings by `python -m docs.generate`.",
        "",
        "## minidl",
        "",
    ]
    items = [name for name in minidl.__all__ if name != "__version__" and not inspect.ismodule(getattr(minidl, name))]
    text += [*lines(minidl, sorted(items)), "- `__version__`: the version, a string."]
    for path in MODULES:
        module = schedules if path == "optimizers.schedules" else getattr(minidl, path)
        text += ["", f"## minidl.{path}", "", first_sentence(module)]
        if path == "layers":
            for heading, names in layer_families().items():
                text += ["", f"### {heading.capitalize()}", "", *lines(module, names)]
        else:
            text += ["", *lines(module, (name for name in public_names(module) if not inspect.ismodule(getattr(module, name))))]
            text += [
                f"- `{name}`: {first_sentence(getattr(module, name))}"
                for name in public_names(module)
                if inspect.ismodule(getattr(module, name))
            ]
    return "\n".join(text) + "\n"


def table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    """A Markdown table."""
    return [f"| {' | '.join(cells)} |" for cells in (heads, ("---",) * len(heads), *rows)]


def differences() -> str:
    """The page `differences_from_keras.md`."""
    count = sum(map(len, DIFFERENCES.values()))
    text = [
        "# Differences from Keras",
        "",
        "Keras 3 is the specification: code for `Sequential`, functional models and subclasses with `call` runs after changing",
        f"the import alone. This page lists the {count} deliberate differences, what is the same although often asked, and",
        "the names that minidl does not have. Each difference is shown by a test that runs both libraries (`tests/parity`);",
        "anything else that differs is a bug. Keras means version 3.15, on JAX where the backend matters.",
        "",
        "This page is generated from `tests/known_differences.py` by `python -m docs.generate`.",
    ]
    for heading, rows in DIFFERENCES.items():
        text += ["", f"## {heading}", "", *table(("minidl", "Keras", "why"), (row[:3] for row in rows))]
    text += ["", "## The same in both, but often asked", "", *(f"- {sentence}" for sentence, _ in SAME_AS_KERAS)]
    text += ["", "## Not here", "", "Everything else in these modules of Keras exists here under the same name.", ""]
    text += table(("module", "names", "why"), NOT_HERE)
    text += [
        "",
        "Arguments that cannot apply here (`jit_compile`, `run_eagerly`, `steps_per_execution`) are accepted and ignored. Of",
        "`keras.callbacks` and `keras.utils`, what depends on TensorFlow, on remote storage or on several devices is not here.",
    ]
    return "\n".join(text) + "\n"


PAGES: dict[str, Callable[[], str]] = {"reference.md": reference, "differences_from_keras.md": differences}


def main() -> None:
    """Write every generated page."""
    for name, page in PAGES.items():
        (DOCS / name).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
