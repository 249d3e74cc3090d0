"""Every Python block of README.md and docs/ runs, top to bottom, in one namespace a document (`>>>` blocks are doctests)."""

import re
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parent.parent
DOCUMENTS = sorted(path for path in (ROOT / "README.md", *(ROOT / "docs").glob("**/*.md")) if path.exists())


def python_blocks(text: str) -> list[tuple[int, str]]:
    """Line number and code of every ```python block that is not written with prompts."""
    found = re.finditer(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [(text[: block.start(1)].count("\n"), block[1]) for block in found if not block[1].lstrip().startswith(">>>")]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_python_block_runs(document: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    namespace = {"__name__": "document", "np": np}
    for line, code in python_blocks(document.read_text(encoding="utf-8")):
        exec(compile("\n" * line + code, str(document), "exec"), namespace)  # a traceback shows the document's own line


@pytest.mark.parametrize("command", ["try command", "test command"])
def test_readme_holds_its_two_commands_where_ci_finds_them(command: str) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(rf"^<!-- {command} -->\n+```sh\n(.+?)^```$", text, re.MULTILINE | re.DOTALL)
    assert len(blocks) == 1, f"README.md needs exactly one ```sh block after <!-- {command} -->"
    assert len(blocks[0].strip().splitlines()) == 1, "one command, one line"
