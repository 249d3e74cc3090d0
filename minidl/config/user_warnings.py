"""Warnings that name the user's line, however many functions of minidl lie between."""

import sys
import warnings


def warn_user(message: str, category: type[Warning] = UserWarning) -> None:
    """Warn at the line of the user's code that called minidl."""
    frame, level = sys._getframe(1), 2
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] == "minidl":
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=level)
