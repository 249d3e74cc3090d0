import hashlib
import io
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from minidl.utils import get_file


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MINIDL_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def served(tmp_path: Path) -> Callable[[str, bytes], str]:
    def serve(name: str, content: bytes) -> str:
        (tmp_path / name).write_bytes(content)
        return (tmp_path / name).as_uri()

    return serve


def tar_of(**members: str) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for name, text in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text.encode()))
    return stream.getvalue()


def zip_of(**members: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return stream.getvalue()


def test_the_file_has_the_given_name_or_the_last_part_of_the_url(home: Path, served: Callable[..., str]) -> None:
    url = served("a.txt", b"hello")
    assert get_file("b.txt", url) == str(home / "datasets" / "b.txt")
    assert get_file(origin=url) == str(home / "datasets" / "a.txt")
    assert Path(get_file(origin=url, cache_dir=home / "other", cache_subdir="texts")).parent == home / "other" / "texts"
    assert (home / "datasets" / "b.txt").read_bytes() == b"hello"


def test_an_existing_file_with_another_digest_is_downloaded_again(home: Path, served: Callable[..., str]) -> None:
    old, new = hashlib.sha256(b"old").hexdigest(), hashlib.sha256(b"new").hexdigest()
    path = Path(get_file("a.txt", served("a.txt", b"old"), file_hash=old))
    url = served("a.txt", b"new")
    assert Path(get_file("a.txt", url, file_hash=old)).read_bytes() == b"old"
    assert Path(get_file("a.txt", url)).read_bytes() == b"old"
    assert Path(get_file("a.txt", url, file_hash=new)).read_bytes() == b"new"
    served("a.txt", b"newer")
    assert Path(get_file("a.txt", url, force_download=True)).read_bytes() == b"newer"
    assert Path(get_file("a.txt", url, md5_hash=hashlib.md5(b"newer").hexdigest())).read_bytes() == b"newer"
    with pytest.raises(ValueError, match="did not give the file with digest"):
        get_file("a.txt", url, file_hash=old)
    assert path.read_bytes() == b"newer"


@pytest.mark.parametrize("make", [tar_of, zip_of])
@pytest.mark.parametrize(
    ("fname", "folder"), [("data.tar.gz", "data_extracted"), ("data", "data"), (None, "served.bin")], ids=str
)
def test_an_archive_is_unpacked_to_the_folder_that_keras_uses(
    home: Path, served: Callable[..., str], make: Callable[..., bytes], fname: str | None, folder: str
) -> None:
    url = served("served.bin", make(**{"inside/a.txt": "A", "b.txt": "B"}))
    path = get_file(fname, url, extract=True)
    assert path == str(home / "datasets" / folder)
    assert (Path(path) / "inside" / "a.txt").read_text() == "A"
    assert get_file(fname, url, extract=True) == path
    assert sorted(item.name for item in (home / "datasets").iterdir() if item.name.startswith(".")) == []


def hostile_tars() -> dict[str, bytes]:
    def link(name: str, target: str, kind: bytes) -> bytes:
        stream = io.BytesIO()
        with tarfile.open(fileobj=stream, mode="w") as archive:
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, target
            archive.addfile(info)
        return stream.getvalue()

    return {
        "tar up": tar_of(**{"../evil.txt": "x"}),
        "tar up inside": tar_of(**{"a/../../evil.txt": "x"}),
        "tar link": link("a", "/etc/passwd", tarfile.SYMTYPE),
        "tar link up": link("a", "../../evil", tarfile.SYMTYPE),
        "tar hard link": link("a", "../../evil", tarfile.LNKTYPE),
        "tar device": link("a", "", tarfile.CHRTYPE),
        "zip up": zip_of(**{"../evil.txt": "x"}),
        "zip up inside": zip_of(**{"a/../../evil.txt": "x"}),
        "zip absolute": zip_of(**{"/evil.txt": "x"}),
        "zip windows": zip_of(**{"..\\evil.txt": "x"}),
        "zip drive": zip_of(**{"C:/evil.txt": "x"}),
    }


@pytest.mark.parametrize("name", hostile_tars())
def test_an_archive_that_writes_outside_its_folder_is_not_unpacked_at_all(
    home: Path, served: Callable[..., str], name: str, tmp_path: Path
) -> None:
    url = served("archive", hostile_tars()[name])
    with pytest.raises(ValueError, match="was not unpacked"):
        get_file("data", url, extract=True)
    assert [item.name for item in (home / "datasets").iterdir()] == ["data_archive"]
    assert not list(tmp_path.rglob("evil*"))


def damaged_archives() -> dict[str, bytes]:
    """Archives that end, or hold other bytes, where modules of Python each raise an error of their own."""
    found, text = {}, "".join(f"{number} " for number in range(9000))
    for kind in ("gz", "bz2", "xz"):
        with tarfile.open(fileobj=(made := io.BytesIO()), mode=f"w:{kind}") as tar:
            member = tarfile.TarInfo("a")
            member.size = len(text)
            tar.addfile(member, io.BytesIO(text.encode()))
        content = made.getvalue()
        middle = len(content) // 2
        found[f"tar.{kind} with other bytes"] = content[:middle] + bytes(9) + content[middle + 9 :]
        found[f"tar.{kind} that ends"] = content[:middle]
    for name, method in (("deflate", 8), ("bzip2", 12), ("lzma", 14)):
        with zipfile.ZipFile(made := io.BytesIO(), "w", method) as archive:
            archive.writestr("a", text)
        content = made.getvalue()
        found[f"zip, {name} with other bytes"] = content[:60] + b"\xff" * 9 + content[69:]
        entry = content.index(b"PK\x01\x02")
        found[f"zip, {name} with a password"] = content[: entry + 8] + b"\x01" + content[entry + 9 :]
        found[f"zip, {name} of an unknown method"] = content[: entry + 10] + b"c" + content[entry + 11 :]
    return found | {"zip with a member without a name": zip_of(**{".": "x"})}


@pytest.mark.parametrize("name", damaged_archives())
def test_every_damaged_archive_raises_a_value_error(home: Path, served: Callable[..., str], name: str) -> None:
    with pytest.raises(ValueError, match="was not unpacked"):
        get_file("data", served("archive", damaged_archives()[name]), extract=True)
    assert [item.name for item in (home / "datasets").iterdir()] == ["data_archive"]


def test_a_file_that_is_not_an_archive_and_bad_arguments_raise_an_error(home: Path, served: Callable[..., str]) -> None:
    url = served("a.txt", b"text")
    with pytest.raises(ValueError, match="is no tar or zip archive"):
        get_file("data", url, extract=True)
    with pytest.raises(ValueError, match="is no tar archive"):
        get_file("other", served("z", zip_of(a="x")), untar=True)
    with pytest.raises(ValueError, match="archive_format is"):
        get_file("data", url, extract=True, archive_format="rar")
    for origin in (None, 3, b"http://localhost/a.txt"):
        with pytest.raises(ValueError, match="expects origin to be the URL"):
            get_file("a.txt", origin)
    for fname in ("a/b.txt", "..", "/etc/passwd"):
        with pytest.raises(ValueError, match="without folders"):
            get_file(fname, url)
    with pytest.raises(OSError, match="save it as .*c.txt"):
        get_file("c.txt", url + ".missing")
