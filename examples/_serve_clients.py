"""The clients that examples/serve.py measures with: in a file of their own, so that a new process can import them."""

import json
import threading
import time
from http.client import HTTPConnection

import numpy as np


def run_clients(port: int, row_shape: tuple[int, ...], seconds: float, clients: int) -> list[float]:
    """Seconds that each request took, from several threads with one connection each."""
    body = json.dumps({"inputs": np.ones((1, *(size or 1 for size in row_shape))).tolist()})
    times: list[float] = []
    stop = time.perf_counter() + seconds

    def run() -> None:
        connection = HTTPConnection("127.0.0.1", port, timeout=30)
        while (start := time.perf_counter()) < stop:
            connection.request("POST", "/predict", body)
            response = connection.getresponse()
            response.read()
            if response.status != 200:
                raise RuntimeError(f"status {response.status}")
            times.append(time.perf_counter() - start)
        connection.close()

    threads = [threading.Thread(target=run) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return times
