"""Download files once, verify them, and cache them."""

import os
import sys
from pathlib import Path


def home() -> Path:
    """Directory of downloaded files: `$MINIDL_HOME`, or `~/.cache/minidl` by default."""
    return Path(os.environ.get("MINIDL_HOME") or "~/.cache/minidl").expanduser()


def fetch(path: str | os.PathLike[str], url: str, sha256: str) -> Path:
    """Path of the file, downloaded if it does not exist yet.

    Args:
        path: path of the file, relative to `home()` unless absolute.
        url: URL to download it from.
        sha256: hexadecimal SHA-256 digest of the download. An existing file is not checked.
    Raises:
        ImportError: the file does not exist and pooch, which downloads it, is not installed.
        OSError: the URL cannot be reached, or the file cannot be written.
        ValueError: the download has another digest; it is deleted.
    """
    target = home() / Path(path).expanduser()
    if target.exists():
        return target
    try:
        import pooch
    except ImportError as error:
        raise ImportError(f"downloading {url} needs pooch: pip install pooch, or put the file at {target} yourself") from error
    try:
        pooch.retrieve(url, f"sha256:{sha256}", target.name, target.parent, progressbar=sys.stderr.isatty())
    except OSError as error:
        raise OSError(f"{url} could not be downloaded to {target} ({error}); you may put the file there yourself") from error
    except ValueError as error:
        raise ValueError(f"{url} did not give the file with SHA-256 {sha256}, so it was deleted; try again later") from error
    return target
