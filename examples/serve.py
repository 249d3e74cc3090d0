"""Serve a model over HTTP with Python's standard library: predictions as JSON, for clients on this machine.

You see how to load a model file once, predict from several threads at the same time, answer bad requests with one clear
sentence before the model sees them, and stop cleanly on Ctrl-C. Without a model file, a network for the digits is trained.

    python examples/serve.py --model digits.safetensors
    curl -X POST -d '{"inputs": [[0, 0, 5, ...]]}' http://127.0.0.1:8000/predict
"""

import argparse
import json
import multiprocessing
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
from _common import make_parser, read_options
from _serve_clients import run_clients

from minidl import Input, Model, Sequential, load_model
from minidl.datasets import digits
from minidl.layers import Dense, Dropout, Rescaling

EPOCHS, QUICK_EPOCHS = 40, 5
MAX_BYTES = 1_000_000  # of a request
MAX_ROWS = 1_000
SECONDS, QUICK_SECONDS, CLIENTS = 10.0, 0.5, 4  # of --measure


def main() -> None:
    parser = make_parser(__doc__, EPOCHS)
    parser.add_argument("--model", metavar="FILE", help="a file that model.save wrote (default: train on the digits)")
    parser.add_argument(
        "--port", type=int, default=8000, metavar="N", help="port on 127.0.0.1, 0 for a free one (default: 8000)"
    )
    parser.add_argument("--measure", action="store_true", help="measure requests per second and latencies, then stop")
    options = read_options(parser)
    model = load(options.model) if options.model else train(options)
    try:
        server = Server(("127.0.0.1", 0 if options.measure else options.port), model)
    except (OSError, OverflowError) as error:
        raise SystemExit(f"port {options.port} cannot be used ({error}); choose another one with --port") from None
    port = server.server_address[1]
    with server:  # waits at its end for the requests that are being answered
        try:
            print(
                f"Serving {model.name} for rows of shape {server.row_shape} on http://127.0.0.1:{port}/predict; Ctrl-C stops",
                flush=True,
            )
            if options.measure:
                threading.Thread(target=server.serve_forever).start()
                try:
                    measure(port, server.row_shape, QUICK_SECONDS if options.quick else SECONDS, options.plot)
                finally:
                    server.shutdown()
            else:
                server.serve_forever()
        except KeyboardInterrupt:
            print("\nStopped")


def load(file: str) -> Model:
    """The model in a file."""
    try:
        model: Model = load_model(file)
    except (OSError, ValueError) as error:
        raise SystemExit(f"{error}") from None
    return model


def train(options: argparse.Namespace) -> Model:
    """A network for the digits, images of 8x8 pixels from 0 to 16."""
    (images, labels), (images_test, labels_test) = digits.load_data()
    model = Sequential(
        [Input((64,)), Rescaling(1 / 16), Dense(128, activation="relu"), Dropout(0.3), Dense(10, activation="softmax")],
        name="digits",
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    epochs = options.epochs or (QUICK_EPOCHS if options.quick else EPOCHS)
    model.fit(images.reshape(-1, 64), labels, epochs=epochs, verbose=0)
    accuracy = model.evaluate(images_test.reshape(-1, 64), labels_test, verbose=0)[1]
    print(f"Trained for {epochs} epochs, test accuracy: {accuracy:.2%}")
    return model


class RequestError(Exception):
    """A request that cannot be answered: an HTTP status and one sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


class Server(ThreadingHTTPServer):
    """One thread for each connection; prediction changes nothing in the model, so threads share it."""

    daemon_threads = False
    allow_reuse_address = True

    def __init__(self, address: tuple[str, int], model: Model) -> None:
        shape = model.input_shape
        if not isinstance(shape, tuple):
            raise SystemExit(f"{model.name} has several inputs; this server answers for models with one")
        self.model, self.row_shape = model, shape[1:]
        super().__init__(address, Handler)

    def predict(self, body: bytes) -> dict[str, Any]:
        """The answer to a request: outputs, one for each row of the inputs."""
        try:
            request = json.loads(body)
        except (ValueError, RecursionError):
            raise RequestError(400, 'the body is not JSON; send {"inputs": [row, ...]}') from None
        if not isinstance(request, dict) or list(request) != ["inputs"] or not isinstance(request["inputs"], list):
            raise RequestError(400, 'expected an object with one list, {"inputs": [row, ...]}')
        rows = len(request["inputs"])
        if not 1 <= rows <= MAX_ROWS:
            raise RequestError(413 if rows else 400, f"expected 1 to {MAX_ROWS} rows, got {rows}")
        try:
            x = np.array(request["inputs"])
        except ValueError:
            raise RequestError(400, f"the rows have different shapes; expected {self.row_shape} for each") from None
        if x.dtype.kind not in "iuf":
            raise RequestError(400, "the rows contain something else than numbers")
        known = all(wanted in (None, size) for wanted, size in zip(self.row_shape, x.shape[1:], strict=False))
        if x.ndim != len(self.row_shape) + 1 or not known:
            raise RequestError(400, f"expected rows of shape {self.row_shape}, got {x.shape[1:]}")
        if not np.isfinite(x).all() or np.abs(x).max() > np.finfo("float32").max:
            raise RequestError(400, "the rows contain NaN, infinity or a number beyond float32")
        outputs = self.model.predict(x, verbose=0)
        return {"outputs": outputs.tolist()}


class Handler(BaseHTTPRequestHandler):
    """Answers `POST /predict`, and `GET /` with what the model expects."""

    protocol_version = "HTTP/1.1"  # connections stay open for several requests
    disable_nagle_algorithm = True  # headers and body are small packets that should not wait for each other
    timeout = 10  # seconds without a byte, after which a connection is closed
    server: Server

    def do_GET(self) -> None:
        if self.path == "/":
            self.answer(200, {"model": self.server.model.name, "row_shape": self.server.row_shape})
        else:
            self.answer_error(RequestError(404, f"there is nothing at {self.path}; POST rows to /predict"))

    def do_POST(self) -> None:
        try:
            if self.path != "/predict":
                raise RequestError(404, f"there is nothing at {self.path}; POST rows to /predict")
            self.answer(200, self.server.predict(self.body()))
        except RequestError as error:
            self.answer_error(error)
        except Exception as error:  # a mistake of the server's side, such as a model that needs other inputs
            self.log_error("%r", error)
            self.answer_error(RequestError(500, "the model could not predict these rows"))

    def body(self) -> bytes:
        """The request's body, whose size is checked before it is read."""
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit()):
            raise RequestError(411, "expected a header Content-Length with the number of bytes")
        if len(length) > 12 or int(length) > MAX_BYTES:
            raise RequestError(413, f"the body has {length[:12]} bytes or more, at most {MAX_BYTES} are accepted")
        return self.rfile.read(int(length))

    def answer_error(self, error: RequestError) -> None:
        """An error as JSON; the connection is closed, since its body may not have been read."""
        self.close_connection = True
        self.answer(error.status, {"error": str(error)})

    def answer(self, status: int, content: dict[str, Any]) -> None:
        """Send JSON."""
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Good requests are not logged."""


def measure(port: int, row_shape: tuple[int, ...], seconds: float, plot_file: str | None) -> None:
    """Print requests per second and latencies, which another process measures with one row in each request."""
    context = multiprocessing.get_context("spawn")
    for clients in (1, CLIENTS):
        with context.Pool(1) as pool:
            times = pool.apply(run_clients, (port, row_shape, seconds, clients))
        p50, p99 = np.percentile(times, [50, 99]) * 1000
        print(f"{clients} clients: {len(times) / seconds:7.0f} requests/s   p50 {p50:6.2f} ms   p99 {p99:6.2f} ms", flush=True)
        if plot_file and clients == CLIENTS:
            plot(times, plot_file)


def plot(times: list[float], file: str) -> None:
    """Plot how the latencies are distributed."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.subplots()
    axes.hist(np.array(times) * 1000, bins=50)
    axes.set(title=f"{CLIENTS} clients", xlabel="ms from request to answer", ylabel="requests", yscale="log")
    figure.savefig(file, dpi=120)


if __name__ == "__main__":
    main()
