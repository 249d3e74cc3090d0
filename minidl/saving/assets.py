"""Files of layers with `save_assets` and `load_assets`, such as a vocabulary: kept in the file of their model."""

from typing import Any


def saves_assets(owner: object) -> bool:
    """Whether the class of a layer defines `save_assets`."""
    return hasattr(type(owner), "save_assets")


def saved_assets(owner: Any) -> dict[str, bytes]:
    """What `save_assets(folder)` of a layer writes: the content of each file by its path in that folder."""
    from pathlib import Path  # few layers have assets
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        owner.save_assets(folder)
        files = sorted(path for path in Path(folder).rglob("*") if path.is_file())
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def load_assets(owner: Any, files: dict[str, bytes]) -> None:
    """Call `load_assets(folder)` of a layer, if it has that method, with a folder of these files.

    Raises:
        ValueError: a path leads out of the folder.
    """
    if not hasattr(type(owner), "load_assets"):
        return
    from pathlib import Path  # few layers have assets
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        for name, content in files.items():
            path = Path(folder, name).resolve()
            if not path.is_relative_to(Path(folder).resolve()):
                raise ValueError(f"the file is not loaded: the path {name!r} of an asset leads out of its folder")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        owner.load_assets(folder)
