"""Every Python block of README.md and docs/ runs, top to bottom, as one module a document, and prints what the document says.

A ```text block that stands right behind a ```python block is its output; `...` in it stands for anything. Blocks written with
`>>>` are doctests.
"""

import doctest
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parent.parent
DOCUMENTS = sorted(path for path in (ROOT / "README.md", *(ROOT / "docs").glob("**/*.md")) if path.exists())
BLOCK = re.compile(r"^```python\n(.*?)^```$(?:\n+```text\n(.*?)^```$)?", re.MULTILINE | re.DOTALL)
LOOSELY = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


class Block(NamedTuple):
    line: int
    code: str
    output: str | None


def python_blocks(text: str) -> list[Block]:
    """Every ```python block that is not written with prompts, and the output that the document announces."""
    found = [Block(text[: block.start(1)].count("\n"), block[1], block[2]) for block in BLOCK.finditer(text)]
    return [block for block in found if not block.code.lstrip().startswith(">>>")]


def run(document: Path, module: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    for line, code, output in python_blocks(document.read_text(encoding="utf-8")):
        exec(compile("\n" * line + code, str(document), "exec"), vars(module))  # a traceback shows the document's own line
        printed = capsys.readouterr().out
        if output is not None and not doctest.OutputChecker().check_output(output, printed, LOOSELY):
            pytest.fail(f"{document.name}, block at line {line + 1}: announced\n{output}\nprinted\n{printed}", pytrace=False)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_python_block_runs_and_prints_what_is_announced(
    document: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    module = ModuleType("document")
    monkeypatch.setitem(sys.modules, "document", module)  # where pickle looks for a document's classes
    run(document, module, capsys)


def test_another_output_than_the_announced_one_is_noticed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = tmp_path / "wrong.md"
    document.write_text("```python\nprint(1 + 1)\n```\n\n```text\n3\n```\n", encoding="utf-8")
    with pytest.raises(pytest.fail.Exception, match="line 2: announced\n3\n\nprinted\n2"):
        run(document, ModuleType("document"), capsys)


@pytest.mark.parametrize("command", ["try command", "test command"])
def test_readme_holds_its_two_commands_where_ci_finds_them(command: str) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(rf"^<!-- {command} -->\n+```sh\n(.+?)^```$", text, re.MULTILINE | re.DOTALL)
    assert len(blocks) == 1, f"README.md needs exactly one ```sh block after <!-- {command} -->"
    assert len(blocks[0].strip().splitlines()) == 1, "one command, one line"


def test_every_link_between_documents_leads_to_a_file() -> None:
    for document in DOCUMENTS:
        prose = re.sub(r"^```.*?^```$", "", document.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", prose):
            assert (document.parent / target).exists(), f"{document.name} links to {target}"
