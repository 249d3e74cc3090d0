"""Files fetched once from a public address and kept: checked when they come, used as they are from then on."""

import os
import sys
from pathlib import Path


def home() -> Path:
    """Directory of downloaded files: `$MINIDL_HOME`, else `~/.cache/minidl`."""
    return Path(os.environ.get("MINIDL_HOME") or "~/.cache/minidl").expanduser()


def fetch(path: str | os.PathLike[str], url: str, sha256: str) -> Path:
    """Path of the file, downloaded if it is not there yet.

    Args:
        path: where it is or shall be, relative to `home()` unless it is absolute.
        url: where it comes from.
        sha256: digest that a download must have, as hexadecimal digits. A file already there is not compared with it.
    Raises:
        ImportError: the file is not there and pooch, which would fetch it, is not installed.
        OSError: the address cannot be reached, or the file cannot be written.
        ValueError: what came has another digest; it is not kept.
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
