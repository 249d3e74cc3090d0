"""Sphinx extension: the gallery. Each example runs at build time as `python examples/NAME.py --quick --plot FILE` would.

sphinx-gallery runs copies of the scripts in `docs/_examples`. They get a title; files that a run writes stay there.
The environment variable `MINIDL_GALLERY` names the examples to run, separated by commas; without it, all run.
"""

import ast
import os
import re
import shutil
from pathlib import Path
from typing import Any

from minidl.config.naming import clear_session

DOCS = Path(__file__).parents[1]
COPIES = DOCS / "_examples"
ORDER = [
    *("digits", "draw_digits", "regression", "tabular", "mnist_mlp", "mnist_convnet", "mnist_rows_lstm", "residual_net"),
    *("custom_layer", "vanishing_gradients", "autoencoder", "variational_autoencoder", "gan", "siamese", "text_classifier"),
    *("forecasting", "sequence_to_sequence", "character_transformer", "deploy", "serve"),
]
FURTHER = {"serve": ["--measure"]}  # options without which an example does not end
HEADER = """\
Gallery
=======

Complete programs. Each page shows what a short run (``--quick``) prints and plots, then the code. Run one yourself, from the
top of a checkout: ``python examples/digits.py``; ``--help`` lists its options.
"""


class InOrder:
    """Sorts the examples: those of `ORDER` first."""

    def __init__(self, directory: str) -> None:
        self.directory = directory

    def __call__(self, file: str) -> tuple[int, str]:
        """The position of an example."""
        name = Path(file).stem
        return (ORDER.index(name) if name in ORDER else len(ORDER)), name


def options(conf: dict[str, Any], variables: dict[str, Any]) -> list[str]:
    """The command line of an example."""
    name = Path(variables["src_file"]).stem
    return ["--quick", "--plot", str(COPIES / f"{name}.png"), *FURTHER.get(name, [])]


def take_plot(block: Any, variables: dict[str, Any], conf: dict[str, Any]) -> str:
    """The picture that an example wrote, as reStructuredText."""
    from sphinx_gallery.scrapers import figure_rst

    plot = COPIES / f"{Path(variables['src_file']).stem}.png"
    if not plot.exists():
        return ""
    path = next(variables["image_path_iterator"])
    shutil.move(plot, path)
    return str(figure_rst([path], conf["src_dir"], "What the example plots"))


def start_fresh(conf: dict[str, Any], file: str) -> None:
    """Number automatic names of layers from the beginning."""
    clear_session()


def copy_examples(app: Any, config: Any) -> None:
    """Write the copies, with a title at the beginning of each docstring; before sphinx-gallery reads its configuration."""
    COPIES.mkdir(exist_ok=True)
    write(COPIES / "GALLERY_HEADER.rst", HEADER)
    for folder in (DOCS.parent / "examples").glob("_*/"):  # what an example reads
        if folder.is_dir() and folder.name != "__pycache__":
            shutil.copytree(folder, COPIES / folder.name, dirs_exist_ok=True)
    for path in sorted((DOCS.parent / "examples").glob("*.py")):
        text = path.read_text(encoding="utf-8")
        if not path.name.startswith("_"):
            first, _, rest = (ast.get_docstring(ast.parse(text)) or path.stem).partition("\n")
            title = re.split(r"[:?,(]", first)[0].rstrip(". ")
            rest = rest.replace("`", "``").replace("*", r"\*")
            text = f'r"""{title}\n{"=" * len(title)}\n\n{first}\n{rest}\n"""\n' + text.split('"""', 2)[2].lstrip("\n")
        write(COPIES / path.name, text)
    chosen = os.environ.get("MINIDL_GALLERY", "").split(",")
    config.sphinx_gallery_conf = {
        "examples_dirs": str(COPIES),
        "gallery_dirs": "gallery",
        "filename_pattern": rf"/({'|'.join(chosen)})\.py" if any(chosen) else r"\.py",
        "ignore_pattern": "^_",
        "within_subsection_order": "docs.site.gallery.InOrder",
        "reset_argv": "docs.site.gallery.options",
        "reset_modules": ("docs.site.gallery.start_fresh",),
        "image_scrapers": ("docs.site.gallery.take_plot",),
        "notebook_extensions": set(),
        "download_all_examples": False,
        "show_signature": False,
        "show_memory": False,
        "min_reported_time": 1e9,
        "thumbnail_size": (480, 280),
        "default_thumb_file": str(DOCS / "site" / "static" / "thumbnail.png"),
        "write_computation_times": False,
        "remove_config_comments": True,
        "copyfile_regex": r"_\w+\.py",
    }


def write(path: Path, text: str) -> None:
    """Write a file, unless it already has this text."""
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def setup(app: Any) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("config-inited", copy_examples, priority=1)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
