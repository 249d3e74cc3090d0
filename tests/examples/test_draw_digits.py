"""The page of examples/draw_digits.py: predictions, gradients, training and errors; browse_draw_digits.py uses a browser."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.examples.test_examples import ROOT, run

ONE = [[[0.5, 0.2], [0.5, 0.8]]]
SEVEN = [[[0.3, 0.18], [0.7, 0.18], [0.48, 0.84]], [[0.42, 0.5], [0.68, 0.5]]]


class Page:
    """A running server with a network of one epoch, and the tab that was opened first."""

    def __init__(self, directory: Path) -> None:
        command = [sys.executable, "-W", "error", str(ROOT / "examples" / "draw_digits.py"), "--no-browser", "--port", "0"]
        self.process = subprocess.Popen(
            [*command, "--data", "digits", "--epochs", "1"],
            cwd=directory,
            env=os.environ | {"PYTHONPATH": str(ROOT), "MINIDL_HOME": str(directory)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert self.process.stdout is not None
        lines = []
        for line in self.process.stdout:
            lines.append(line)
            if found := re.search(r"http://127\.0\.0\.1:(\d+)", line):
                self.port = int(found[1])
                break
        else:
            raise AssertionError("".join(lines))
        self.tab = self.open()

    def send(self, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, dict[str, str], bytes]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        answer = response.status, dict(response.headers), response.read()
        connection.close()
        return answer

    def open(self) -> str:
        found = re.search(rb'name="tab" content="([\w-]+)"', self.send("GET", "/")[2])
        assert found
        return found[1].decode()

    def ask(self, path: str, content: Any, tab: str | None = None, **headers: str) -> tuple[int, dict[str, Any]]:
        headers = {"Content-Type": "application/json", "X-Tab": tab or self.tab} | headers
        status, _, body = self.send("POST", path, json.dumps(content).encode(), **headers)
        return status, json.loads(body)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    one = Page(tmp_path_factory.mktemp("page"))
    yield one
    one.process.send_signal(signal.SIGINT)
    text, _ = one.process.communicate(timeout=60)
    assert (one.process.returncode, text.strip()) == (0, "Stopped")


def test_a_drawing_gets_probabilities_the_image_and_the_layers(page: Page) -> None:
    status, answer = page.ask("/look", {"strokes": SEVEN})
    assert status == 200
    assert sum(answer["probabilities"]) == pytest.approx(1, abs=1e-5)
    assert int(np.argmax(answer["probabilities"])) == 7
    assert np.shape(answer["image"]) == (8, 8)
    assert {one["name"]: np.shape(one["images"]) for one in answer["layers"]} == {
        "edges": (12, 8, 8),
        "shapes": (24, 6, 6),
        "parts": (1, 4, 16),
    }


def test_the_image_does_not_depend_on_position_and_size_of_the_drawing(page: Page) -> None:
    images = []
    for scale, shift in ((1.0, [0.0, 0.0]), (0.3, [0.6, 0.1])):
        strokes = [(np.array(stroke) * scale + shift).tolist() for stroke in SEVEN]
        images.append(page.ask("/look", {"strokes": strokes})[1]["image"])
    np.testing.assert_allclose(images[1], images[0], atol=2)


def test_why_returns_the_gradient_and_the_position_of_each_pixel(page: Page) -> None:
    status, answer = page.ask("/why", {"strokes": ONE})
    assert status == 200
    assert np.abs(answer["slope"]).max() == 1.0
    first, last = (np.array(answer["matrix"]) @ corner + answer["shift"] for corner in ([4.0, 0.0], [4.0, 8.0]))
    assert first == pytest.approx([0.5, 0.144], abs=0.01)  # the line, and half of its width at each end
    assert last == pytest.approx([0.5, 0.856], abs=0.01)


def test_lessons_change_the_probability_in_one_tab_only_and_can_be_undone(page: Page) -> None:
    mine, other = page.open(), page.open()
    before = page.ask("/look", {"strokes": ONE}, other)[1]["probabilities"]
    for _ in range(8):
        status, answer = page.ask("/teach", {"strokes": ONE, "label": 5}, mine)
        assert status == 200
    assert answer["probabilities"][5] > before[5] + 0.05
    assert page.ask("/look", {"strokes": ONE}, other)[1]["probabilities"] == before
    assert page.ask("/forget", {}, mine) == (200, {})
    assert page.ask("/look", {"strokes": ONE}, mine)[1]["probabilities"] == pytest.approx(before)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ([], "expected a JSON object"),
        ({}, "expected strokes"),
        ({"strokes": []}, "expected strokes"),
        ({"strokes": [[[0, 0]] * 5001]}, "at most 5000 points"),
        ({"strokes": [[]]}, "expected points"),
        ({"strokes": [[[1, 2], [3]]]}, "points of different lengths"),
        ({"strokes": [[["a", "b"]]]}, "numbers from -10 to 10"),
        ({"strokes": [[[1e300, 0]]]}, "numbers from -10 to 10"),
        ({"strokes": [[[None, 0]]]}, "numbers from -10 to 10"),
        ({"strokes": ONE, "label": 10}, "a label from 0 to 9"),
        ({"strokes": ONE, "label": True}, "a label from 0 to 9"),
    ],
)
def test_a_bad_request_gets_an_error_of_one_sentence(page: Page, content: Any, sentence: str) -> None:
    status, answer = page.ask("/teach" if "label" in content else "/look", content)
    assert (status, list(answer)) == (400, ["error"])
    assert sentence in answer["error"]


def test_points_lines_and_many_strokes_are_accepted(page: Page) -> None:
    for strokes in (
        [[[0.5, 0.5]]],
        [[[0.1, 0.5], [0.9, 0.5]]],
        [[[0.2, 0.2]], [[0.2, 0.2]]],
        [[[i / 5000, 0.3]] for i in range(5000)],
    ):
        status, answer = page.ask("/look", {"strokes": strokes})
        assert status == 200
        assert np.isfinite(answer["probabilities"]).all()


def test_requests_of_other_sites_and_by_other_host_names_get_an_error(page: Page) -> None:
    host = f"127.0.0.1:{page.port}"
    assert page.ask("/look", {"strokes": ONE}, Origin=f"http://{host}")[0] == 200
    for headers in ({"Origin": "http://evil.example"}, {"Origin": "null"}, {"Host": "evil.example"}, {"Host": "127.0.0.1"}):
        assert page.ask("/look", {"strokes": ONE}, **headers)[0] == 403
        assert page.send("GET", "/", **headers)[0] == 403
    assert page.ask("/look", {"strokes": ONE}, tab="unknown")[0] == 403
    assert page.ask("/look", {"strokes": ONE}, **{"Content-Type": "text/plain"})[0] == 415


def test_only_the_page_s_own_files_are_served(page: Page) -> None:
    for path, kind in (("/", "text/html"), ("/style.css", "text/css"), ("/app.js", "text/javascript")):
        status, headers, body = page.send("GET", path)
        assert (status, headers["Content-Type"]) == (200, f"{kind}; charset=utf-8")
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert not re.search(rb"(https?:)?//[\w.]+\.\w", body), "an address elsewhere"
    for path in ("/draw_digits.py", "/../draw_digits.py", "/index.html", "/look", "/style.css?x"):
        assert page.send("GET", path)[0] == 404
    assert page.ask("/send", {})[0] == 404
    assert page.ask("/__init__", {})[0] == 404
    assert page.send("POST", "/look", b"x", **{"Content-Type": "application/json", "Content-Length": str(10**9)})[0] == 413
    assert page.send("PUT", "/look")[0] == 501


def test_beyond_the_limit_the_oldest_tab_is_dropped(page: Page) -> None:
    oldest = page.open()
    for _ in range(16):
        page.open()
    status, answer = page.ask("/look", {"strokes": ONE}, oldest)
    assert status == 403
    assert "reload the page" in answer["error"]
    page.tab = page.open()


def test_a_second_start_loads_the_cached_network_and_a_port_in_use_gives_an_error_of_one_sentence(
    page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MINIDL_HOME", str(tmp_path))
    text = run("draw_digits", "--quick", "--data", "digits", "--plot", "seen.png", directory=tmp_path)
    found = re.search(r"(\d+) of 10 built-in drawings are read correctly", text)
    assert found
    assert int(found[1]) >= 6
    assert (tmp_path / "seen.png").read_bytes().startswith(b"\x89PNG")
    assert not list(tmp_path.glob("*.safetensors"))  # a quick network is not kept
    text = run("draw_digits", "--data", "digits", "--epochs", "1", "--port", str(page.port), directory=tmp_path, code=1)
    assert re.search(rf"^port {page.port} cannot be used \(.*\); choose another one with --port$", text, re.MULTILINE)
    text = run("draw_digits", "--data", "digits", "--port", str(page.port), directory=tmp_path, code=1)
    assert "Epoch" not in text
