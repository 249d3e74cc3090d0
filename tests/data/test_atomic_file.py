"""A file is the old one or the new one, whatever happens to its writer; nothing else stays behind."""

import errno
import os
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from minidl.data.atomic_file import replacing
from minidl.saving.files import write_atomically
from tests.plugin import PROFILE

KILLS = 200 if PROFILE == "thorough" else 12

FORKS = """
import os, random, signal, sys, time
from pathlib import Path
from minidl.saving.files import write_atomically

path, kills, draw = Path(sys.argv[1]), int(sys.argv[2]), random.Random(0)


def started(letter):
    child = os.fork()
    if child:
        return child
    while True:
        write_atomically(path, letter * 200_000)


def check():
    content = path.read_bytes()
    assert len(content) == 200_000 and len(set(content)) == 1, (len(content), set(content))


def stopped(child):
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


write_atomically(path, b"o" * 200_000)
for _ in range(kills):
    child = started(b"n")
    time.sleep(draw.uniform(0, 0.02))
    stopped(child)
    check()
leftovers = len(list(path.parent.iterdir())) - 1
write_atomically(path, b"l" * 200_000)
assert list(path.parent.iterdir()) == [path]

children = [started(b"a"), started(b"b")]
for _ in range(20 * kills):
    check()
    time.sleep(0.0005)
assert [os.waitpid(child, os.WNOHANG) for child in children] == [(0, 0)] * 2, "a writer failed"
for child in children:
    stopped(child)
print(f"{kills} kills, {leftovers} leftovers before the last write")
"""


def test_killed_writers_leave_a_complete_file_and_two_writers_never_mix() -> None:
    memory = "/dev/shm" if os.path.isdir("/dev/shm") else None  # flushed thousands of times
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        done = subprocess.run([sys.executable, "-c", FORKS, f"{folder}/model", str(KILLS)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    print(done.stdout)


def test_permissions_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "model"
    path.write_bytes(b"old")
    path.chmod(0o600)
    with replacing(path) as file:
        file.write(b"new")
        (temporary,) = [one for one in tmp_path.iterdir() if one != path]
        assert stat.S_IMODE(temporary.stat().st_mode) == 0o600  # at no moment can others read it
    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) == (b"new", 0o600)


def test_a_new_file_has_the_permissions_of_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_atomically(tmp_path / "model", b"new")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "model").stat().st_mode) == 0o640


def test_a_symbolic_link_is_kept_and_its_target_replaced(tmp_path: Path) -> None:
    (tmp_path / "runs").mkdir()
    target, link = tmp_path / "runs" / "7.safetensors", tmp_path / "best"
    target.write_bytes(b"old")
    for _ in range(2):  # the second time the target does not exist
        link.unlink(missing_ok=True)
        link.symlink_to(Path("runs", "7.safetensors"))
        write_atomically(link, b"new")
        assert link.is_symlink()
        assert target.read_bytes() == b"new"
        assert not target.is_symlink()
        target.unlink()


def test_links_that_lead_back_to_themselves_stay(tmp_path: Path) -> None:
    for name, target in (("loop", "loop"), ("there", "back"), ("back", "there")):
        (tmp_path / name).symlink_to(target)
    for name in ("loop", "there"):
        with pytest.raises(OSError, match=f"is unchanged: {os.strerror(errno.ELOOP)}"):
            write_atomically(tmp_path / name, b"new")
    assert all(path.is_symlink() for path in tmp_path.iterdir())


def test_a_device_is_written_to() -> None:
    before = os.stat("/dev/null")
    write_atomically(Path("/dev/null"), b"anything")
    assert os.path.samestat(before, os.stat("/dev/null"))
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


def test_a_name_may_be_as_long_as_the_file_system_allows(tmp_path: Path) -> None:
    name = "ü" * 127  # 254 bytes
    write_atomically(tmp_path / name, b"new")
    assert (tmp_path / name).read_bytes() == b"new"


def interrupted(path: Path) -> None:
    with replacing(path) as file:
        file.write(b"half")
        raise KeyboardInterrupt


def test_an_error_of_the_writer_leaves_the_old_file_unchanged(tmp_path: Path) -> None:
    path = tmp_path / "model"
    path.write_bytes(b"old")
    with pytest.raises(KeyboardInterrupt):
        interrupted(path)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


LIMITED = """
import resource, signal, sys
from pathlib import Path
from minidl.saving.files import write_atomically
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
write_atomically(Path(sys.argv[1]), bytes(200_000))
"""


def failed(program: str, *arguments: object) -> str:
    done = subprocess.run([sys.executable, "-c", program, *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode == 1
    return done.stderr.splitlines()[-1]


def test_a_full_disk_raises_one_clear_error_and_keeps_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "model"
    path.write_bytes(b"old")
    assert f"{path} was not written, an older file there is unchanged: {os.strerror(errno.EFBIG)}" in failed(LIMITED, path)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


READ_ONLY = """
import os, sys
from pathlib import Path
from minidl.data import atomic_file  # now, as another user may not read the modules of this Python
from minidl.saving.files import write_atomically
if os.getuid() == 0:
    os.setuid(65534)  # the superuser may write everywhere
write_atomically(Path(sys.argv[1]), b"new")
"""


def test_a_read_only_folder_raises_one_clear_error() -> None:
    with tempfile.TemporaryDirectory() as name:  # not below tmp_path, which other users cannot read
        folder = Path(name)
        path = folder / "model"
        path.write_bytes(b"old")
        path.chmod(0o666)
        folder.chmod(0o555)
        _check_unchanged(folder, path, os.strerror(errno.EACCES))
        folder.chmod(0o755)


def test_a_read_only_file_is_not_replaced_in_a_folder_that_can_be_written() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o777)
        path = folder / "model"
        path.write_bytes(b"old")
        path.chmod(0o444)
        _check_unchanged(folder, path, "the file is read-only")


def _check_unchanged(folder: Path, path: Path, reason: str) -> None:
    assert f"{path} was not written, an older file there is unchanged: {reason}" in failed(READ_ONLY, path)
    assert path.read_bytes() == b"old"
    assert list(folder.iterdir()) == [path]


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_the_next_writer_deletes_what_ctrl_c_left(tmp_path: Path) -> None:
    """Python raises KeyboardInterrupt after calls of functions written in C: after each of them in turn."""
    path, left, interrupted = tmp_path / "a.bin", 0, True

    def interrupt(frame: object, event: str, function: object) -> None:
        nonlocal left
        left -= event == "c_return"
        if left == 0:
            left = -1
            raise KeyboardInterrupt

    for number in range(1, 500):
        left, interrupted = number, False
        before = sys.getprofile()
        sys.setprofile(interrupt)
        try:
            write_atomically(path, b"whole")
        except KeyboardInterrupt:
            interrupted = True
        finally:
            sys.setprofile(before)
        if left > 0:
            break
        write_atomically(path, b"the next one")
        assert os.listdir(tmp_path) == ["a.bin"], number
    assert not interrupted
    assert number > 20


def test_a_file_that_another_process_moves_meanwhile_is_not_taken_for_a_read_only_one(tmp_path, monkeypatch):
    def access_after_the_move(target, mode):
        os.unlink(target)
        return False

    (path := tmp_path / "net").write_bytes(b"old")
    monkeypatch.setattr(os, "access", access_after_the_move)
    with replacing(path) as file:
        file.write(b"new")
    assert path.read_bytes() == b"new"
