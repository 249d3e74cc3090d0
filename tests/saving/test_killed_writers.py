"""Files of every writer are whole after a kill, on a full disk, in a folder that cannot be written, and with two writers."""

import errno
import os
import random
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from minidl.data.atomic_file import PREFIX, SUFFIX
from tests.plugin import PROFILE
from tests.saving.killed_writers import WRITERS, Writer, check_alone, kill, limit_files, started

KILLS = 200 if PROFILE == "thorough" else 2


@pytest.fixture(params=WRITERS)
def writer(request: pytest.FixtureRequest) -> Iterator[Writer]:
    memory = "/dev/shm" if os.path.isdir("/dev/shm") else None  # flushed thousands of times
    with tempfile.TemporaryDirectory(dir=memory) as name:
        (folder := Path(name) / "files").mkdir()
        yield WRITERS[request.param](folder)


def test_every_write_cleans_up_after_killed_writers(writer: Writer) -> None:
    for number in (2, 2, 1):
        writer.write(number)
        (writer.folder / f"{PREFIX}1-{number}{SUFFIX}").write_bytes(b"half")
    writer.write(0)
    writer.check()
    check_alone(writer)


def test_a_killed_writer_leaves_whole_files_and_the_next_one_cleans_up(writer: Writer) -> None:
    writer.write(0)
    draw = random.Random(0)
    for _ in range(KILLS):
        child = started(writer)
        time.sleep(draw.uniform(0, 0.05))
        kill(child)
        writer.check()
    writer.write(1)
    writer.check()
    check_alone(writer)


def test_two_writers_of_one_path_never_mix(writer: Writer) -> None:
    writer.write(0)
    children = [started(writer), started(writer)]
    try:
        for _ in range(KILLS):
            time.sleep(0.01)
            if not writer.moves:
                writer.check()
        assert [os.waitpid(child, os.WNOHANG) for child in children] == [(0, 0)] * 2, "a writer failed"
    finally:
        for child in children:
            kill(child)
    writer.write(1)
    writer.check()
    check_alone(writer)


def test_on_a_full_disk_there_is_one_error_and_old_files_stay(writer: Writer) -> None:
    writer.write(0)
    size = min(path.stat().st_size for path in writer.folder.rglob("*") if path.is_file())
    child = started(writer, lambda: limit_files(size // 2))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == errno.EFBIG
    if writer.path.exists():
        writer.check()
    check_alone(writer)


def test_the_error_of_an_archive_that_does_not_fit_on_the_disk_names_it(tmp_path: Path) -> None:
    writer = WRITERS["unpack"](tmp_path / "files")
    writer.folder.mkdir()
    child = os.fork()
    if child == 0:
        limit_files(1000)
        try:
            writer.write(0)
        except OSError as error:
            os._exit(0 if "was not unpacked to" in str(error) and error.errno == errno.EFBIG else 1)
        os._exit(2)
    assert os.waitpid(child, 0)[1] == 0
    check_alone(writer)
