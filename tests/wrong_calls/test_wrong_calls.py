"""A table of wrong calls over the public API, each with the error and the message that a user must get.

The table is `calls.txt`: a call, and below it, indented, the error. Automatic names are
left out. `python -m tests.wrong_calls.test_wrong_calls` prints the table as it is
now: read each changed message as a beginner would.
"""

import os
import re
from pathlib import Path

import pytest

TABLE = Path(__file__).with_name("calls.txt")
FOREIGN = ("object at 0x", "NoneType", "unsupported operand", "object has no attribute", "__init__()", "<lambda>")  # of Python


def rows():
    """Each call with its error."""
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    return list(zip(lines[::2], lines[1::2], strict=True))


def error_of(call):
    """Type and message of the error of a call, without the automatic names of layers and models."""
    from tests.wrong_calls.names import NAMES

    try:
        result = eval(call, dict(NAMES))  # a table of our own
    except Exception as error:
        message = re.sub(r'\b([A-Z]\w+) "\w+"', r"\1", str(error)).replace("\n", " ")
        return f"    {type(error).__name__}: " + re.sub(r"(input|dense)_[0-9]+", r"\1", message)
    return f"    no error: {result!r}"


@pytest.mark.parametrize(("call", "error"), rows(), ids=[call for call, _ in rows()])
def test_a_wrong_call_has_a_message_that_says_what_to_do(call, error, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert error_of(call) == error
    assert os.listdir(tmp_path) == []


def test_the_table_is_long_and_no_message_is_python_s():
    assert len(rows()) >= 250
    assert len({call for call, _ in rows()}) == len(rows())
    for call, error in rows():
        assert re.match(r"    [A-Z]\w+: ", error), call
        assert not any(part in error for part in FOREIGN), error
        assert 20 < len(error) < 500, error


if __name__ == "__main__":
    for one, _ in rows():
        print(one, error_of(one), sep="\n")
