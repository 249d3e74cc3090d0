"""Every Python block of README.md and docs/ runs, top to bottom, as one module a document, and prints what the document says.

A ```text block right after a ```python block is its output; `...` in it stands for anything. After the comment
`<!-- numbers vary -->` the output is that of a real run, and numbers may differ; after `<!-- numbers within 20% -->` by no more
than 20% or 0.05. Blocks written with `>>>` are doctests.
"""

import doctest
import re
import sys
from contextlib import nullcontext
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import numpy as np
import pytest

ROOT = Path(__file__).parent.parent
DOCUMENTS = sorted(path for path in (ROOT / "README.md", *(ROOT / "docs").glob("**/*.md")) if path.exists())
VARY, WITHIN = "<!-- numbers vary -->", "<!-- numbers within 20% -->"
BLOCK = re.compile(rf"^```python\n(.*?)^```$(?:\n+({VARY}|{WITHIN})?\n*```text\n(.*?)^```$)?", re.MULTILINE | re.DOTALL)
NUMBER = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?(?:e[+-]\d+)?")
LOOSELY = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


class Block(NamedTuple):
    line: int
    code: str
    output: str | None
    numbers: str | None  # VARY, WITHIN, or None: as they are


def python_blocks(text: str) -> list[Block]:
    """Every ```python block that is not written with prompts, and the output that the document states."""
    found = [Block(text[: block.start(1)].count("\n"), block[1], block[3], block[2]) for block in BLOCK.finditer(text)]
    return [block for block in found if not block.code.lstrip().startswith(">>>")]


def agree(expected: str, printed: str, numbers: str | None) -> bool:
    """Whether an output is the expected one, with the freedom that its numbers have."""
    if numbers == WITHIN:
        values = [np.array([float(number.replace(",", "")) for number in NUMBER.findall(text)]) for text in (expected, printed)]
        if values[0].shape != values[1].shape or not np.allclose(values[1], values[0], rtol=0.2, atol=0.05):
            return False
    if numbers is not None:
        expected, printed = NUMBER.sub("0", expected), NUMBER.sub("0", printed)
    return doctest.OutputChecker().check_output(expected, printed, LOOSELY)


def run(document: Path, module: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    for line, code, output, numbers in python_blocks(document.read_text(encoding="utf-8")):
        exec(compile("\n" * line + code, str(document), "exec"), vars(module))  # a traceback shows the document's own line
        printed = capsys.readouterr().out
        if output is not None and not agree(output, printed, numbers):
            pytest.fail(f"{document.name}, block at line {line + 1}: expected\n{output}\nprinted\n{printed}", pytrace=False)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_python_block_runs_and_prints_the_shown_output(
    document: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    module = ModuleType("document")
    monkeypatch.setitem(sys.modules, "document", module)  # where pickle looks for a document's classes
    run(document, module, capsys)


def test_the_example_of_the_readme_learns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, float] = {}
    exec(python_blocks((ROOT / "README.md").read_text(encoding="utf-8"))[0].code, names)
    assert names["accuracy"] > 0.9


def test_an_output_that_differs_from_the_shown_one_is_detected(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = tmp_path / "wrong.md"
    document.write_text("```python\nprint(1 + 1)\n```\n\n```text\n3\n```\n", encoding="utf-8")
    with pytest.raises(pytest.fail.Exception, match="line 2: expected\n3\n\nprinted\n2"):
        run(document, ModuleType("document"), capsys)


def test_numbers_may_differ_where_the_document_says_so_and_words_may_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = tmp_path / "varying.md"
    document.write_text(
        f"```python\nprint('loss 0.25 at 1e-05')\n```\n\n{VARY}\n```text\nloss 3.1 at 2e+07\n```\n", encoding="utf-8"
    )
    run(document, ModuleType("document"), capsys)
    document.write_text(document.read_text(encoding="utf-8").replace("text\nloss", "text\ncost"), encoding="utf-8")
    with pytest.raises(pytest.fail.Exception, match="expected\ncost"):
        run(document, ModuleType("document"), capsys)


@pytest.mark.parametrize(("loss", "right"), [("0.31", True), ("0.24", True), ("0.62", False)])
def test_numbers_within_20_percent_may_not_differ_more(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], loss: str, right: bool
) -> None:
    document = tmp_path / "close.md"
    document.write_text(f"```python\nprint('loss 0.28')\n```\n\n{WITHIN}\n```text\nloss {loss}\n```\n", encoding="utf-8")
    with nullcontext() if right else pytest.raises(pytest.fail.Exception, match="expected"):
        run(document, ModuleType("document"), capsys)


@pytest.mark.parametrize("command", ["try command", "test command"])
def test_readme_has_its_two_commands_where_ci_finds_them(command: str) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(rf"^<!-- {command} -->\n+```sh\n(.+?)^```$", text, re.MULTILINE | re.DOTALL)
    assert len(blocks) == 1, f"README.md needs exactly one ```sh block after <!-- {command} -->"
    assert len(blocks[0].strip().splitlines()) == 1, "one command, one line"


def test_every_link_between_documents_leads_to_a_file() -> None:
    for document in DOCUMENTS:
        prose = re.sub(r"^```.*?^```$", "", document.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
        prose = re.sub(r"`[^`\n]*`", "", prose)  # code
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", prose):
            assert (document.parent / target).exists(), f"{document.name} links to {target}"
