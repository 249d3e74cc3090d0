"""Generated files are up to date, and the reference has a line for every public name."""

import pytest

import minidl
from minidl.config.public_names import PACKAGES
from tests.generate import FILES, ROOT


@pytest.mark.parametrize("name", FILES)
def test_generated_file_is_up_to_date(name: str) -> None:
    assert (ROOT / name).read_text(encoding="utf-8") == FILES[name](), "write it again: python -m tests.generate"


@pytest.mark.parametrize("module", [module for module in PACKAGES if module != "graph"])
def test_the_reference_lists_every_public_class_with_a_sentence(module: str) -> None:
    listed = {line.split("`")[1]: line for line in FILES["docs/reference.md"]().splitlines() if line.startswith("- `")}
    for name in PACKAGES[module]:
        if hasattr(minidl, module.partition(".")[0]) and (module, name) != ("random", "Draw"):
            assert listed[name].partition(": ")[2], f"{module}.{name} has no docstring"
