"""Sphinx extension: the site's navigation, so that the Markdown pages need no toctree, which a code host would show as code."""

from fnmatch import fnmatch
from typing import Any

LESSONS = ["neuron", "layer", "depth", "convolution", "recurrence", "transformer"]
CHILDREN = {  # page -> pages below it
    "index": ["learn", "use", "gallery/index", "reference", "extend", "changelog"],
    "learn": ["first_tutorial", "course/index", "backpropagation", "glossary"],
    "course/index": [f"course/{number}_{name}" for number, name in enumerate(LESSONS, start=1)],
    "use": [
        "training",
        "functional_models",
        "diagnostics",
        "export",
        "reliability",
        "distributed",
        "from_keras",
        "from_pytorch",
        "sklearn",
        "faq",
        "benchmarks",
    ],
    "from_keras": ["differences_from_keras", "keras_names"],
    "diagnostics": ["diseases/*"],
    "extend": ["your_own_layer", "architecture", "contributing", "verification"],
    "reference": ["api/*"],
}


def children(name: str, found: set[str]) -> list[str]:
    """The pages below a page; those that are listed nowhere are below "use"."""
    listed = [page for pages in CHILDREN.values() for page in pages]
    new = [page for page in sorted(found - {"index"}) if not any(fnmatch(page, pattern) for pattern in (*listed, "gallery/*"))]
    return [page for page in CHILDREN[name] if "*" in page or page in found] + (new if name == "use" else [])


def add_children(app: Any, name: str, source: list[str]) -> None:
    """Append a hidden table of contents to a page that has pages below it."""
    if name in CHILDREN:
        pages = children(name, app.env.found_docs)
        glob = ":glob:\n" if any("*" in page for page in pages) else ""
        source[0] += "\n```{toctree}\n:hidden:\n" + glob + "\n" + "\n".join(f"/{page}" for page in pages) + "\n```\n"


def setup(app: Any) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("source-read", add_children)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
