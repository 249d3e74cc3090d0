import hashlib
import http.server
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from minidl.data import download

CONTENT = bytes(range(256)) * 9
SHA256, MD5 = hashlib.sha256(CONTENT).hexdigest(), hashlib.md5(CONTENT).hexdigest()


class Server(http.server.BaseHTTPRequestHandler):
    """/whole gives all, /cut ends early, /length?9 claims that length, anything else is missing."""

    def do_GET(self) -> None:
        page, _, length = self.path.partition("?")
        if page not in ("/whole", "/cut", "/length"):
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", length or str(len(CONTENT)))
        self.end_headers()
        self.wfile.write(CONTENT[:100] if page == "/cut" else CONTENT)

    def log_message(self, *args: object) -> None:
        """Keep the test's output empty."""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MINIDL_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_without_minidl_home_files_are_stored_in_the_cache_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MINIDL_HOME")
    monkeypatch.setenv("HOME", "/somewhere")
    assert download.home() == Path("/somewhere/.cache/minidl")


@pytest.mark.parametrize("digest", [SHA256, MD5, SHA256.upper()])
def test_a_download_with_the_right_digest_is_kept_and_used_again(home: Path, address: str, digest: str) -> None:
    target = download.fetch("file.bin", f"{address}/whole", digest)
    assert target == home / "file.bin"
    assert target.read_bytes() == CONTENT
    assert stat.S_IMODE(target.stat().st_mode) == 0o644
    assert download.fetch("file.bin", "http://127.0.0.1:9/never-asked", digest) == target


def test_a_download_with_another_digest_raises_an_error_and_is_deleted(home: Path, address: str) -> None:
    with pytest.raises(ValueError, match="did not give the file with digest 000"):
        download.fetch("file.bin", f"{address}/whole", "0" * 64)
    assert list(home.iterdir()) == []


@pytest.mark.parametrize("length", ["many", "-5", "9" * 5000])
def test_a_length_that_is_no_number_of_bytes_is_ignored(home: Path, address: str, length: str) -> None:
    assert download.fetch("file.bin", f"{address}/length?{length}", SHA256).read_bytes() == CONTENT


@pytest.mark.parametrize("url", ["file.bin", "http://[::1", "http://a b", "http://localhost:port/"])
def test_an_address_that_is_no_url_raises_an_error_that_names_it(home: Path, url: str) -> None:
    with pytest.raises(OSError, match="could not be downloaded") as error:
        download.fetch("file.bin", url, SHA256)
    assert str(error.value).startswith(url)
    assert list(home.iterdir()) == []


@pytest.mark.parametrize("page", ["/cut", "/missing", None])
def test_a_failed_download_raises_an_error_of_one_sentence_and_keeps_the_existing_file(
    home: Path, address: str, page: str | None
) -> None:
    home.mkdir()
    (home / "file.bin").write_bytes(b"old")
    url = "http://127.0.0.1:9/file.bin" if page is None else address + page
    with pytest.raises(OSError, match="could not be downloaded .*; download the file elsewhere and save it as ") as error:
        download.download(url, home / "file.bin", SHA256)
    assert str(home / "file.bin") in str(error.value)
    assert "\n" not in str(error.value)
    assert error.value.__cause__ is None
    assert error.value.__suppress_context__
    assert [path.name for path in home.iterdir()] == ["file.bin"]
    assert (home / "file.bin").read_bytes() == b"old"


def test_the_error_for_a_read_only_folder_names_it(home: Path, address: str) -> None:
    home.write_bytes(b"a file where the folder would be")
    with pytest.raises(OSError, match="cannot be written .*; set MINIDL_HOME"):
        download.fetch("file.bin", f"{address}/whole", SHA256)


def test_an_unknown_algorithm_raises_an_error(home: Path, address: str) -> None:
    with pytest.raises(ValueError, match='hash_algorithm is "auto", "sha256" or "md5", got'):
        download.download(f"{address}/whole", home / "file.bin", SHA256, algorithm="crc32")
