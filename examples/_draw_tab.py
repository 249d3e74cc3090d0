"""One browser tab's copy of the network of draw_digits.py: predictions, their gradients, and training on drawings."""

import threading
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from _drawing import Drawing, Strokes

from minidl import Model

MAX_POINTS = 5_000


class RequestError(Exception):
    """A request that gets an error, with its HTTP status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Trained(Protocol):
    """A trained network, its training data, and the function that makes such an image from strokes."""

    model: Model
    x: npt.NDArray[Any]
    y: npt.NDArray[Any]

    def draw(self, strokes: Strokes) -> Drawing: ...


class Tab:
    """One tab's copy of the network; the public methods are the requests of the page."""

    def __init__(self, reader: Trained) -> None:
        self.reader, self.lock = reader, threading.Lock()
        self.forget({})

    def forget(self, request: dict[str, Any]) -> dict[str, Any]:
        """Restore the network as it was before the tab trained it."""
        model = self.model = self.reader.model.__class__.from_config(self.reader.model.get_config())
        model.set_weights(self.reader.model.get_weights())
        model.compile("adam", "sparse_categorical_crossentropy")
        shown = [layer for layer in model.layers if layer.name != "flatten"]
        self.inside = Model(model.inputs, [layer.output for layer in shown])
        self.names, self.random = [layer.name for layer in shown], np.random.default_rng(0)
        return {}

    def look(self, request: dict[str, Any]) -> dict[str, Any]:
        """The input image, the outputs of the layers, and the probabilities."""
        drawing = self.reader.draw(strokes_of(request))
        values = self.inside.predict(drawing.image[np.newaxis, ..., np.newaxis], verbose=0)
        layers = [
            {"name": name, "images": images_of(value[0])} for name, value in zip(self.names[:-1], values[:-1], strict=True)
        ]
        return {"probabilities": values[-1][0].tolist(), "image": gray(drawing.image, 1.0), "layers": layers}

    def why(self, request: dict[str, Any]) -> dict[str, Any]:
        """The gradient of the predicted class's log probability by each pixel, and the pixels' positions on the canvas."""
        drawing = self.reader.draw(strokes_of(request))
        x = drawing.image[np.newaxis, ..., np.newaxis]
        answer = int(self.model.predict(x, verbose=0).argmax())
        entry = self.model.trace(x, np.array([answer]))[0]
        slope = -entry.dx[0, ..., 0]  # the loss is -log p, so its gradient points away from the answer
        place = np.linalg.inv(drawing.matrix)
        largest = float(np.abs(slope).max()) or 1.0
        return {
            "answer": answer,
            "slope": np.round(slope / largest, 3).tolist(),
            "matrix": place.tolist(),
            "shift": (-place @ drawing.shift).tolist(),
        }

    def teach(self, request: dict[str, Any]) -> dict[str, Any]:
        """One training step on slightly distorted copies of the drawing and images of the training data."""
        label = request.get("label")
        if type(label) is not int or not 0 <= label <= 9:
            raise RequestError(400, "expected a label from 0 to 9")
        strokes = strokes_of(request)
        noisy = [self.reader.draw([stroke @ self._jitter() for stroke in strokes]).image for _ in range(8)]
        rows = self.random.integers(0, len(self.reader.x), 24)
        x = np.concatenate([np.stack(noisy)[..., np.newaxis], self.reader.x[rows]])
        loss = self.model.train_on_batch(x, np.concatenate([np.full(8, label), self.reader.y[rows]]))
        return self.look(request) | {"loss": float(np.ravel(loss)[0])}

    def _jitter(self) -> Any:
        return np.eye(2) + self.random.normal(0, 0.05, (2, 2))


def strokes_of(request: dict[str, Any]) -> Strokes:
    """The strokes of a request, after checking that they are lists of points."""
    strokes = request.get("strokes")
    if not isinstance(strokes, list) or not strokes or sum(len(s) if isinstance(s, list) else 1 for s in strokes) > MAX_POINTS:
        raise RequestError(400, f"expected strokes, lists of at most {MAX_POINTS} points together")
    found = []
    for stroke in strokes:
        try:
            points = np.array(stroke)
        except ValueError:
            raise RequestError(400, "a stroke has points of different lengths") from None
        if points.dtype.kind not in "iuf" or points.ndim != 2 or points.shape[1] != 2 or not (np.abs(points) <= 10).all():
            raise RequestError(400, "expected points [x, y] with numbers from -10 to 10")
        found.append(points.astype("float64"))
    return found


def gray(image: Any, largest: float) -> list[Any]:
    """Integers from 0 to 255 for values from 0 to the largest."""
    numbers: list[Any] = np.rint(np.clip(image / max(largest, 1e-6), 0, 1) * 255).astype(int).tolist()
    return numbers


def images_of(value: Any) -> list[Any]:
    """A layer's output as images: one per channel; of a dense layer one image, 16 units wide."""
    channels = np.moveaxis(value, -1, 0) if value.ndim == 3 else value.reshape(1, -1, 16)
    return [gray(channel, float(value.max())) for channel in channels]
