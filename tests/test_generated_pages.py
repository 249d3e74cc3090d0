"""The generated pages of docs/ are up to date, and every public name has its line."""

import pytest

import minidl
from docs.generate import DOCS, PAGES
from minidl.config.public_names import PACKAGES


@pytest.mark.parametrize("name", PAGES)
def test_generated_page_is_up_to_date(name: str) -> None:
    assert (DOCS / name).read_text(encoding="utf-8") == PAGES[name](), "write it again: python -m docs.generate"


@pytest.mark.parametrize("module", [module for module in PACKAGES if module != "graph"])
def test_the_reference_lists_every_public_class_with_a_sentence(module: str) -> None:
    listed = {line.split("`")[1]: line for line in PAGES["reference.md"]().splitlines() if line.startswith("- `")}
    for name in PACKAGES[module]:
        if hasattr(minidl, module.partition(".")[0]) and (module, name) != ("random", "Draw"):
            assert listed[name].partition(": ")[2], f"{module}.{name} has no docstring"
