"""Mixed work in one process for a while: data of changing sizes, Ctrl-C, saving, loading, resuming, threads, forks.

python -m tests.soak MINUTES [seed]

After each piece of work the results are right, the state of the process is as it was, and memory is where it was.
"""

import copy
import gc
import os
import pickle
import random
import signal
import sys
import tempfile
import threading
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from minidl import Input, Model, Sequential, layers, load_model
from minidl.config.naming import clear_session
from minidl.kernels.compiled import set_compiled
from tests.callbacks.killed_runs import draw_options, train
from tests.test_process_state import state

WARM_UP, MEGABYTES = 30, 96  # pieces of work before memory is measured, and how much more it may be later


class Interrupts:
    """Ctrl-C at a random moment, but only while `armed`."""

    def __init__(self, draw: random.Random) -> None:
        self.draw, self.armed, self.count = draw, False, 0

    def handle(self, *_: Any) -> None:
        if self.armed:
            self.armed = False
            self.count += 1
            raise KeyboardInterrupt

    def run(self, work: Callable[[], Any], seconds: float) -> Any:
        """The result of the work, or `None` if it was interrupted, within these seconds."""
        self.armed = True
        try:
            signal.setitimer(signal.ITIMER_REAL, self.draw.uniform(0.0005, seconds))
            result = work()
            self.armed = False
        except KeyboardInterrupt:
            result = None
        except RuntimeError as error:  # Ctrl-C inside `threading.Condition` of Python, which a pool of threads uses
            if "release unlocked lock" not in str(error) or not isinstance(error.__context__, KeyboardInterrupt):
                raise
            result = None
        self.armed = False
        signal.setitimer(signal.ITIMER_REAL, 0)
        return result


def sequences() -> Model:
    """A model of sequences of any length."""
    x = Input((None, 3))
    h = layers.Conv1D(6, 3, padding="same", activation="relu")(layers.BatchNormalization()(x))
    h = layers.Bidirectional(layers.LSTM(4, return_sequences=True))(h)
    model = Model(x, layers.Dense(2)(layers.Dropout(0.1)(layers.GlobalAveragePooling1D()(h))))
    model.compile("adam", "mse", metrics=["mae"])
    return model


class Work:
    """A long-lived model, and what is done with it.

    Args:
        draw: where the choices come from.
        folder: for files.
    """

    def __init__(self, draw: random.Random, folder: Path) -> None:
        self.draw, self.folder, self.model = draw, folder, sequences()
        self.numbers = np.random.default_rng(draw.randrange(2**32))
        self.interrupts = Interrupts(draw)

    def data(self) -> tuple[Any, Any]:
        """Rows and steps of random numbers, most of them few."""
        rows, steps = int(2 ** self.draw.uniform(0, 9)), int(2 ** self.draw.uniform(1, 6))
        return self.numbers.normal(size=(rows, steps, 3)).astype("float32"), self.numbers.normal(size=(rows, 2))

    def resized(self) -> None:
        """Training and prediction with data of other sizes; the number of rows in a batch changes only rounding."""
        x, y = self.data()
        kept = x.copy(), y.copy()
        self.model.fit(x, y, batch_size=self.draw.choice((1 + len(x) // 7, 32, 1000)), verbose=0)
        found = self.model.predict(x, batch_size=self.draw.choice((1 + len(x) // 5, 32)), verbose=0)
        np.testing.assert_allclose(found, self.model.predict(x, batch_size=len(x), verbose=0), rtol=1e-4, atol=1e-5)
        np.testing.assert_array_equal(x, kept[0])
        np.testing.assert_array_equal(y, kept[1])

    def saved(self) -> None:
        """A saved model predicts with the same bits, and one in our own format and a copy train on with the same bits."""
        x, y = self.data()
        kind = self.draw.choice(("safetensors", "keras", "pickle", "copy"))
        path = self.folder / f"net.{kind}"
        if kind in ("safetensors", "keras"):
            self.model.save(path)
            other = load_model(path)
        else:
            other = pickle.loads(pickle.dumps(self.model)) if kind == "pickle" else copy.deepcopy(self.model)
        np.testing.assert_array_equal(other.predict(x, verbose=0), self.model.predict(x, verbose=0))
        if kind != "keras":  # which holds no random states
            for one in (self.model, other):
                one.fit(x, y, verbose=0)
            for one, expected in zip(other.get_weights(), self.model.get_weights(), strict=True):
                np.testing.assert_array_equal(one, expected)

    def threaded(self) -> None:
        """Predictions in threads are those of one thread."""
        data = [self.data()[0] for _ in range(4)]
        expected = [self.model.predict(x, verbose=0) for x in data]
        found: dict[int, Any] = {}

        def predict(number: int) -> None:
            found[number] = self.model.predict(data[number], verbose=0)

        threads = [threading.Thread(target=predict, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for number in range(4):
            np.testing.assert_array_equal(found[number], expected[number])

    def forked(self) -> None:
        """A forked process trains like this one."""
        x, y = self.data()
        path, other = self.folder / "child.npy", copy.deepcopy(self.model)
        child = os.fork()
        if child == 0:
            try:
                other.fit(x, y, verbose=0)
                np.save(path, np.concatenate([weight.ravel() for weight in other.get_weights()]))
            finally:
                os._exit(0)
        other.fit(x, y, verbose=0)
        assert os.waitpid(child, 0)[1] == 0
        np.testing.assert_array_equal(np.load(path), np.concatenate([weight.ravel() for weight in other.get_weights()]))

    def interrupted(self) -> None:
        """Ctrl-C at any moment leaves a model that works, and whole files."""
        x, y = self.data()
        path = self.folder / "interrupted.safetensors"
        if not path.exists():
            self.model.save(path)
        what: Callable[[], Any] = self.draw.choice(
            (
                lambda: self.model.fit(x, y, epochs=50, validation_split=0.2 if len(x) > 9 else 0.0, verbose=0),
                lambda: self.model.predict(np.repeat(x, 20, axis=0), verbose=0),
                lambda: self.model.evaluate(x, y, verbose=0),
                lambda: [self.model.save(path) for _ in range(20)],
                lambda: [load_model(path) for _ in range(5)],
                lambda: copy.deepcopy(self.model),
            )
        )
        self.interrupts.run(what, 0.3)
        assert np.isfinite(self.model.predict(x, verbose=0)).all()
        assert np.isfinite(load_model(path).predict(x, verbose=0)).all()

    def resumed(self) -> None:
        """A training that Ctrl-C ends many times, and that is started again, ends with the same bits."""
        number = self.draw.randrange(10**6)
        options = draw_options(number)
        with tempfile.TemporaryDirectory(dir=self.folder) as name:

            def script(folder: str) -> Any:
                clear_session()  # names are counted from the beginning, as in a process that starts again
                return train(options, Path(name, folder))

            whole, found, left = script("whole"), None, 4
            while found is None:
                left -= 1
                found = script("again") if left < 0 else self.interrupts.run(lambda: script("again"), 0.5)
        for part in ("epoch", "history", "weights", "callbacks", "csv"):
            np.testing.assert_equal(found[part], whole[part], err_msg=f"{part} with {options}, number {number}")

    def dropped(self) -> None:
        """Models that are made, trained and dropped."""
        for _ in range(5):
            size = self.draw.randrange(1, 300)
            model = Sequential([Input((size,)), layers.Dense(size, "relu"), layers.Dense(1)])
            model.compile("sgd", "mse")
            model.fit(np.ones((4, size)), np.zeros((4, 1)), verbose=0)


KINDS = ("resized", "resized", "saved", "threaded", "forked", "interrupted", "interrupted", "interrupted", "resumed", "dropped")


def memory() -> float:
    """The memory that the process uses, in MB."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


@contextmanager
def alarms(handle: Callable[..., None]) -> Iterator[None]:
    before = signal.signal(signal.SIGALRM, handle)
    try:
        yield
    finally:
        signal.signal(signal.SIGALRM, before)


def run(minutes: float, seed: int = 0) -> None:
    """Work for so long; raises AssertionError for anything that is not as it must be."""
    set_compiled(False)
    draw, done = random.Random(seed), Counter[str]()
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        work = Work(draw, Path(folder))
        end, before, most, start = time.monotonic() + 60 * minutes, None, 0.0, 0.0
        with alarms(work.interrupts.handle):
            work.saved()
            work.resumed()
            before = state()
            while time.monotonic() < end:
                kind = draw.choice(KINDS)
                done[kind] += 1
                getattr(work, kind)()
                after = state()
                opened = after.pop("open files") - before["open files"]  # Ctrl-C may come between opening a file and closing it
                assert opened <= 1 + work.interrupts.count // 50, f"{opened} files are still open after {kind}"
                changed = [name for name in after if before[name] != after[name]]
                assert not changed, f"{kind} changed {changed}: {[(before[name], after[name]) for name in changed]}"
                if done.total() == WARM_UP:
                    start = memory()
                elif done.total() > WARM_UP and done.total() % 10 == 0:
                    most = max(most, memory() - start)
                    assert most < MEGABYTES, f"{most:.0f} MB more than after {WARM_UP} pieces of work: {dict(done)}"
        left = [path.name for path in Path(folder).iterdir() if path.name.startswith(".minidl")]
        assert len(left) <= 1, left  # the next writer deletes what an interrupted one left
        print(
            f"{minutes:g} minutes, seed {seed}: {dict(done)}, {work.interrupts.count} interrupts, at most {most:.0f} MB more",
            flush=True,
        )


if __name__ == "__main__":
    run(float(sys.argv[1]), *map(int, sys.argv[2:3]))
