"""Sphinx extension: the reference, one page for each group of public names, written from their docstrings into `docs/api`.

Not `sphinx.ext.autodoc`: more than 300 public names are objects (operations of `minidl.ops`, activation functions), which it
documents as data, without their signature. Napoleon reads the sections of the docstrings here too.
"""

import ast
import inspect
import re
import textwrap
from collections.abc import Callable, Iterator, Mapping
from operator import attrgetter
from pathlib import Path
from typing import Any

import minidl
from docs.site.docstrings import to_rst
from tests.generate import MODULES, described_names, first_sentence, layer_families, public_names

API = Path(__file__).parents[1] / "api"
ROOT = Path(minidl.__file__).parents[1]


def groups() -> Iterator[tuple[str, str, str, list[str]]]:
    """(file, heading, path of the module, names) of each page."""
    top = [name for name in minidl.__all__ if name != "__version__" and not inspect.ismodule(getattr(minidl, name))]
    yield "minidl", "minidl", "", sorted(top, key=str.lower)
    for path in MODULES:
        module = attrgetter(path)(minidl)
        names = described_names(module)
        if path == "layers":
            for family, members in layer_families().items():
                yield f"layers.{family}", f"layers: {family}", path, members
        elif names:
            yield path, path, path, names


def write_pages(app: Any) -> None:
    """Write `docs/api/*.rst`, touching only files that change."""
    API.mkdir(exist_ok=True)
    written = set()
    documented: set[int] = set()
    for file, heading, path, names in groups():
        module = attrgetter(path)(minidl) if path else minidl
        prefix = f"minidl.{path}." if path else "minidl."
        text = [heading, "=" * len(heading), "", *head_of(module, path), "", f".. py:currentmodule:: {prefix[:-1]}", ""]
        here: set[int] = set()
        links = class_links(path)
        for name in dict.fromkeys(names):
            item = attrgetter(name)(module)
            if "." not in name or id(item) not in here:  # one description for what several networks share
                text += [*entry(name, item, documented, links), ""]
            here.add(id(item))
        target = API / f"{file}.rst"
        written.add(target)
        content = "\n".join(text) + "\n"
        if not target.exists() or target.read_text(encoding="utf-8") != content:
            target.write_text(content, encoding="utf-8")
    for stale in set(API.glob("*.rst")) - written:
        stale.unlink()


def class_links(path: str) -> dict[str, str]:
    """Public classes that the descriptions of a module may refer to; metrics refer to losses too."""
    found = {}
    for name in ["losses", path] if path == "metrics" else [path]:
        module = attrgetter(name)(minidl) if name else minidl
        prefix = f"minidl.{name}." if name else "minidl."
        found |= {item: prefix + item for item in public_names(module) if item[0].isupper()}
    return found


def head_of(module: Any, path: str) -> list[str]:
    """The first sentence of a module, and where its names are imported from."""
    return [*to_rst(first_sentence(module)).splitlines(), "", f"Import from ``{'minidl.' + path if path else 'minidl'}``."]


def entry(name: str, item: Any, documented: set[int], links: Mapping[str, str]) -> list[str]:
    """The description of one public name, in reStructuredText; other classes of its module that it names are linked."""
    kind = "class" if inspect.isclass(item) else "function"
    others = {short: full for short, full in links.items() if short != name}
    body = to_rst(inspect.getdoc(item) or "", others, docstrings_of(others)).splitlines()
    if id(item) not in documented:
        documented.add(id(item))
        if inspect.isclass(item):
            body += methods(name, item)
        body += source(item)
    return [f".. py:{kind}:: {name}{signature(item)}", "", *indent(body)]


def docstrings_of(links: Mapping[str, str]) -> dict[str, str]:
    """The docstring of each class."""
    return {name: inspect.getdoc(attrgetter(full.removeprefix("minidl."))(minidl)) or "" for name, full in links.items()}


def methods(name: str, item: type) -> Iterator[str]:
    """Methods and properties that a class itself describes, other than its base classes do."""
    for key, member in sorted(vars(item).items()):
        function = member.__func__ if isinstance(member, classmethod | staticmethod) else member
        text = function.__doc__ if inspect.isfunction(function) or isinstance(function, property) else None
        inherited = [getattr(vars(base).get(key), "__doc__", None) for base in item.__mro__[1:]]
        if key.startswith("_") or not text or text in inherited:
            continue
        kind = "property" if isinstance(function, property) else "method"
        arguments = "" if kind == "property" else signature(getattr(item, key))
        yield from ["", f".. py:{kind}:: {name}.{key}{arguments}", "", *indent(to_rst(inspect.cleandoc(text)).splitlines()), ""]


def signature(item: Any) -> str:
    """The arguments with their defaults, without types, which the docstrings explain better."""
    try:
        found = inspect.signature(item)
    except (TypeError, ValueError):
        return ""
    parameters = [
        parameter.replace(annotation=parameter.empty, default=Shown(parameter.default))
        if parameter.default is not parameter.empty
        else parameter.replace(annotation=parameter.empty)
        for parameter in found.parameters.values()
        if parameter.name != "self"
    ]
    return str(inspect.Signature(parameters))


class Shown:
    """A default value as a page shows it: without addresses in memory and paths of this machine."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __repr__(self) -> str:
        if callable(self.value):
            return getattr(self.value, "__name__", "...")
        return "..." if repr(self.value).startswith("<") else repr(self.value)


def source(item: Any) -> Iterator[str]:
    """The code without its docstring, folded, for classes and functions."""
    if not (inspect.isclass(item) or inspect.isfunction(item)):
        return
    try:
        file = Path(inspect.getsourcefile(item) or "").relative_to(ROOT)
        code = without_docstring(textwrap.dedent(inspect.getsource(item)))
    except (OSError, TypeError, ValueError):
        return
    if len(code.splitlines()) > 150:
        return
    yield from ["", ".. raw:: html", "", f"   <details class='source'><summary>Code: {file}</summary>", ""]
    yield from [".. code-block:: python", "", *indent(code.splitlines()), ""]
    yield from [".. raw:: html", "", "   </details>", ""]


def without_docstring(code: str) -> str:
    """The code of a class or function without its own docstring."""
    node = ast.parse(code).body[0]
    first = node.body[0] if isinstance(node, ast.ClassDef | ast.FunctionDef) else None
    if not isinstance(first, ast.Expr) or not isinstance(first.value, ast.Constant):
        return code
    lines = code.splitlines()
    if first.lineno == 1:
        return code
    del lines[first.lineno - 1 : first.end_lineno]
    return "\n".join(lines)


def indent(lines: list[str]) -> list[str]:
    """The lines, three columns further right."""
    return ["   " + line if line else "" for line in lines]


def link_names(app: Any, name: str, text: list[str]) -> None:
    """On the page with all names, link each to its description."""
    if name != "reference":
        return
    module = ""
    lines = []
    described = {".".join(part for part in ("minidl", path, one) if part) for _, _, path, names in groups() for one in names}

    def link(found: re.Match[str]) -> str:
        full = ".".join(part for part in ("minidl", module, found[1]) if part)
        return f"- {{py:obj}}`{found[1]} <{full}>`" if full in described else found[0]

    for line in text[0].splitlines():
        if heading := re.fullmatch(r"## minidl\.?(.*)", line):
            module = heading[1]
        lines.append(re.sub(r"^- `([\w.]+)`", link, line))
    text[0] = "\n".join(lines)


def setup(app: Any) -> dict[str, bool]:
    """Register with Sphinx."""
    handler: Callable[..., Any]
    for event, handler in (("builder-inited", write_pages), ("source-read", link_names)):
        app.connect(event, handler)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
