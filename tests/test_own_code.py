"""What the source itself must keep: tests patch none of our own code, and each silenced check says why."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("minidl", "tests", "examples", "docs")
IMPORTED = re.compile(r"^ *(?:from minidl[\w.]* import (\([^)]*\)|.*)|import (minidl).*)", re.MULTILINE)
SILENCED = re.compile(r"# (noqa|type: ignore)(: [A-Z0-9]+(, [A-Z0-9]+)*+|\[[a-z, -]+\])?+(?! +[-#] \S)")


def patches(source: str) -> list[str]:
    """Where a file changes attributes of our modules and classes, or entries of our tables."""
    names = {name for imported in IMPORTED.findall(source) for name in re.findall(r"\w+", "".join(imported))}
    ours = rf"(?:{'|'.join(sorted(names)) or 'minidl'})\b"
    called = rf"\b(?:setattr|setitem|delattr|delitem|patch|object)\(\s*(?:[\"']minidl\.|{ours})"
    assigned = rf"(?:^ *|, ){ours}[.\[][\w.\[\]\"', ]*(?: [-+*/|]?= |\.update\()"
    return re.findall(rf"{called}|{assigned}|\bdel {ours}[.\[]", source, re.MULTILINE)


@pytest.mark.parametrize(
    "statement",
    [
        "monkeypatch.setattr(archives, 'LIMIT', 5)",
        "monkeypatch.setattr('minidl.data.archives.LIMIT', 5)",
        "monkeypatch.setitem(archives.state, 'on', True)",
        "mock.patch.object(archives, 'read')",
        "setattr(archives, 'LIMIT', 5)",
        "archives.LIMIT = 5",
        "before, archives.LIMIT = archives.LIMIT, 5",
        "archives.state['on'] = True",
        "archives.state.update(on=True)",
        "del archives.LIMIT",
    ],
)
def test_a_patch_is_detected(statement):
    assert patches(f"from minidl.data import archives\n{statement}")
    assert not patches(f"from scipy import archives\n{statement}") or "minidl" in statement


def test_tests_patch_none_of_our_own_code():
    found = {
        f"{path.relative_to(ROOT)}: {statement}"
        for path in (ROOT / "tests").rglob("*.py")
        if path != Path(__file__)
        for statement in patches(path.read_text(encoding="utf-8"))
    }
    assert not found


def test_each_silenced_check_gives_its_reason_on_the_line():
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for folder in FOLDERS
        for path in (ROOT / folder).rglob("*.py")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if SILENCED.search(line) and path != Path(__file__)
    ]
    assert not found
