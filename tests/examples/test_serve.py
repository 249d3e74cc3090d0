"""The server of examples/serve.py answers several clients, reports bad requests in one sentence, and stops cleanly."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from minidl import Input, Sequential, layers
from tests.examples.test_examples import ROOT, run


def start(directory: Path, *options: str) -> tuple[subprocess.Popen[str], int]:
    """The running server, and its port."""
    command = [sys.executable, "-W", "error", str(ROOT / "examples" / "serve.py"), "--port", "0", *options]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        command, cwd=directory, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    found = re.search(r"http://127\.0\.0\.1:(\d+)/predict", line)
    assert found, line + process.stdout.read()
    return process, int(found[1])


class Client:
    """One server of a small model for all tests, and what the model predicts."""

    def __init__(self, directory: Path) -> None:
        self.model = Sequential([Input((3,)), layers.Dense(4, "tanh"), layers.Dense(2)], name="small")
        self.model.save(directory / "small.safetensors")
        self.process, self.port = start(directory, "--model", "small.safetensors")

    def send(self, body: Any, path: str = "/predict", method: str = "POST", **headers: str) -> tuple[int, dict[str, Any]]:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request(method, path, content, headers)
        response = connection.getresponse()
        answer = json.loads(response.read())
        connection.close()
        return response.status, answer

    def expected(self, rows: Any) -> Any:
        return self.model.predict(np.asarray(rows, "float32"), verbose=0)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    one = Client(tmp_path_factory.mktemp("served"))
    yield one
    one.process.kill()
    one.process.communicate()


def test_the_server_predicts_and_describes_its_input(client: Client) -> None:
    rows = [[1, 2.5, -3], [0, 0, 1]]
    status, answer = client.send({"inputs": rows})
    assert status == 200
    np.testing.assert_allclose(answer["outputs"], client.expected(rows), rtol=1e-6)
    assert client.send(b"", "/", "GET") == (200, {"model": "small", "row_shape": [3]})


def test_several_clients_at_once_get_their_own_answers(client: Client) -> None:
    wrong: list[Any] = []

    def ask(number: int) -> None:
        for step in range(15):
            rows = [[number, step, 0.5]]
            status, answer = client.send({"inputs": rows})
            if status != 200 or not np.allclose(answer["outputs"], client.expected(rows), rtol=1e-5):
                wrong.append((rows, answer))

    idle = socket.create_connection(("127.0.0.1", client.port))  # a client that sends nothing stops nobody
    threads = [threading.Thread(target=ask, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    idle.close()
    assert not wrong


BAD: dict[str, tuple[Any, int, str]] = {
    "no JSON": (b"{", 400, "the body is not JSON"),
    "nothing": (b"", 400, "the body is not JSON"),
    "bytes that are no text": (b"\xff\xfe\x00", 400, "the body is not JSON"),
    "deep lists": (b"[" * 100_000, 400, "the body is not JSON"),
    "a list": ([[1, 2, 3]], 400, "expected an object with one list"),
    "another key": ({"input": [[1, 2, 3]]}, 400, "expected an object with one list"),
    "no list": ({"inputs": 3}, 400, "expected an object with one list"),
    "no rows": ({"inputs": []}, 400, "expected 1 to 1000 rows, got 0"),
    "too many rows": ({"inputs": [[0, 0, 0]] * 1001}, 413, "expected 1 to 1000 rows, got 1001"),
    "another width": ({"inputs": [[1, 2]]}, 400, "expected rows of shape (3,), got (2,)"),
    "another rank": ({"inputs": [[[1, 2, 3]]]}, 400, "expected rows of shape (3,), got (1, 3)"),
    "no row": ({"inputs": [1, 2, 3]}, 400, "expected rows of shape (3,), got ()"),
    "ragged rows": ({"inputs": [[1, 2, 3], [1]]}, 400, "the rows have different shapes"),
    "texts": ({"inputs": [["1", "2", "3"]]}, 400, "something else than numbers"),
    "null": ({"inputs": [[1, None, 3]]}, 400, "something else than numbers"),
    "a dict": ({"inputs": [{"a": 1}]}, 400, "something else than numbers"),
    "booleans": ({"inputs": [[True, False, True]]}, 400, "something else than numbers"),
    "NaN": (b'{"inputs": [[1, NaN, 3]]}', 400, "the rows contain NaN, infinity"),
    "infinity": (b'{"inputs": [[1, -Infinity, 3]]}', 400, "the rows contain NaN, infinity"),
    "beyond float32": ({"inputs": [[1, 1e39, 3]]}, 400, "beyond float32"),
    "huge integers": ({"inputs": [[1, 10**400, 3]]}, 400, "something else than numbers"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_request_gets_an_error_of_one_sentence(client: Client, name: str) -> None:
    body, status, sentence = BAD[name]
    found, answer = client.send(body)
    assert (found, list(answer)) == (status, ["error"])
    assert sentence in answer["error"]


def test_a_body_that_is_too_large_gets_an_error_before_it_is_read(client: Client) -> None:
    connection = HTTPConnection("127.0.0.1", client.port, timeout=30)
    connection.putrequest("POST", "/predict")
    connection.putheader("Content-Length", str(10**9))
    connection.endheaders()
    response = connection.getresponse()
    assert response.status == 413
    assert "at most 1000000 are accepted" in json.loads(response.read())["error"]
    assert client.send(b"x", **{"Content-Length": "-1"})[0] == 411
    assert client.send(b"x", **{"Content-Length": "9" * 30})[0] == 413


def test_other_paths_are_not_found(client: Client) -> None:
    assert client.send({"inputs": [[1, 2, 3]]}, "/other")[0] == 404
    assert client.send(b"", "/other", "GET")[0] == 404


def test_a_port_in_use_and_a_missing_file_give_errors_of_one_sentence(client: Client, tmp_path: Path) -> None:
    client.model.save(tmp_path / "small.safetensors")
    text = run("serve", "--model", "small.safetensors", "--port", str(client.port), directory=tmp_path, code=1)
    assert re.fullmatch(rf"port {client.port} cannot be used \(.*\); choose another one with --port\n", text)
    assert run("serve", "--model", "none.safetensors", directory=tmp_path, code=1).startswith("there is no file")


def test_it_trains_without_a_file_and_stops_on_ctrl_c(tmp_path: Path) -> None:
    text = run("serve", "--quick", "--epochs", "1", "--measure", "--plot", "times.png", directory=tmp_path)
    assert "Trained for 1 epochs" in text
    assert len(re.findall(r"^\d clients: +\d+ requests/s   p50 +[\d.]+ ms   p99 +[\d.]+ ms$", text, re.MULTILINE)) == 2
    assert (tmp_path / "times.png").read_bytes().startswith(b"\x89PNG")
    Sequential([Input((3,)), layers.Dense(2)]).save(tmp_path / "small.safetensors")
    process, _ = start(tmp_path, "--model", "small.safetensors")
    process.send_signal(signal.SIGINT)
    text, _ = process.communicate(timeout=30)
    assert (process.returncode, text.strip()) == (0, "Stopped")
