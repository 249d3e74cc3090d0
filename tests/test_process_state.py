"""Public calls leave the state of the process as it was, also after an error, nested, and in threads; inputs stay too."""

import copy
import decimal
import gc
import importlib
import locale
import logging
import multiprocessing
import os
import random
import resource
import signal
import socket
import sys
import threading
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

import minidl
from minidl import Input, Sequential, callbacks, diagnostics, layers, models, ops, tree, utils
from minidl.config.public_names import PACKAGES
from minidl.datasets import digits
from minidl.kernels.blas_threads import blas_libraries
from minidl.testing import check_layer, check_loss
from tests.ops.table import CALLS
from tests.table.layers import gathered
from tests.table.losses import LOSSES
from tests.table.metrics import METRICS

X = np.random.default_rng(0).normal(size=(24, 6)).astype("float32")
Y = (X[:, :1] > 0).astype("float32")
IMAGES = np.random.default_rng(0).normal(size=(8, 6, 6, 2)).astype("float32")


def state() -> dict[str, Any]:
    """What belongs to the process or the thread, and to no library."""
    return {
        "NumPy's random state": str(np.random.get_state()),  # noqa: NPY002  # the state that must not be touched
        "Python's random state": random.getstate(),
        "NumPy's error state": (np.geterr(), np.geterrcall(), np.getbufsize()),
        "how NumPy prints": str(np.get_printoptions()),
        "warning filters": list(warnings.filters),
        "function that shows warnings": warnings.showwarning,
        "signal handlers": [signal.getsignal(one) for one in signal.valid_signals()],
        "cores": os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None,
        "threads of BLAS": [library.get_num_threads() for library in blas_libraries()],
        "folder": os.getcwd(),
        "environment": dict(os.environ),
        "locale": locale.setlocale(locale.LC_ALL),
        "limits of Python": (sys.getrecursionlimit(), sys.getswitchinterval(), gc.isenabled(), gc.get_threshold()),
        "hooks": (sys.excepthook, threading.excepthook, sys.unraisablehook, sys.getprofile(), sys.stdout, sys.stderr),
        "paths of modules": list(sys.path),
        "decimal numbers": str(decimal.getcontext()),
        "logging": (logging.root.level, list(logging.root.handlers)),
        "start method of multiprocessing": multiprocessing.get_start_method(allow_none=True),
        "permissions of new files": _umask(),
        "open files": len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else None,
        "blocked signals": signal.pthread_sigmask(signal.SIG_BLOCK, []) if hasattr(signal, "pthread_sigmask") else None,
        "timers": [signal.getitimer(one) for one in (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF)],
        "limits of the system": [resource.getrlimit(one) for one in (resource.RLIMIT_AS, resource.RLIMIT_NOFILE)],
        "time limit of connections": socket.getdefaulttimeout(),
        "importers": (list(sys.meta_path), list(sys.path_hooks)),
        "SciPy's error state": sys.modules["scipy.special"].geterr() if "scipy.special" in sys.modules else None,
        "Pillow's limit": sys.modules["PIL.Image"].MAX_IMAGE_PIXELS if "PIL.Image" in sys.modules else None,
        "threads that watch": [one.name for one in threading.enumerate() if "monitor" in one.name],
        "matplotlib": _matplotlib(),
        "float type": (minidl.config.floatx(), minidl.config.epsilon(), minidl.config.image_data_format()),
    }


def _umask() -> int:
    before = os.umask(0)
    os.umask(before)
    return before


def _matplotlib() -> Any:
    if "matplotlib" not in sys.modules:
        return None
    import matplotlib

    return dict(matplotlib.rcParams), list(sys.modules["matplotlib.pyplot"].get_fignums() if _has_pyplot() else [])


def _has_pyplot() -> bool:
    return "matplotlib.pyplot" in sys.modules


@pytest.fixture(autouse=True)
def _unusual_state() -> Iterator[None]:
    """Values that differ from the defaults, so that setting defaults at the end of a call is noticed too."""
    import matplotlib

    for name in ("onnx", "tensorboardX", "scipy.ndimage", "scipy.sparse", "scipy.special", "sklearn.neural_network"):
        importlib.import_module(name)  # a first import may change filters of warnings or the environment

    matplotlib.rcParams["font.size"] = 9.5
    gc.collect()
    gc.freeze()  # what other tests have left is not searched again before each call, which would take minutes in all
    before = signal.signal(signal.SIGTERM, lambda *_: None)
    with (
        threadpool_limits(2),
        warnings.catch_warnings(),
        np.errstate(under="warn", over="warn", divide="warn", invalid="warn"),
        np.printoptions(precision=3),
    ):
        warnings.simplefilter("ignore")
        warnings.filterwarnings("default", "a filter of the user")
        yield
    gc.unfreeze()
    signal.signal(signal.SIGTERM, before)
    matplotlib.rcdefaults()


@contextmanager
def unchanged(what: str, may_change: Sequence[str] = ()) -> Iterator[None]:
    gc.collect()  # closes files that earlier calls left in cycles
    before = state()
    yield
    end = time.monotonic() + 10
    while "open files" in may_change and state()["open files"] != before["open files"] and time.monotonic() < end:
        time.sleep(0.01)  # a thread of the writer closes its files later, which would be counted in another call
    after = state()
    changed = [name for name in before if before[name] != after[name] and name not in may_change]
    assert not changed, f"{what} changed {changed}: {[(before[name], after[name]) for name in changed]}"


@contextmanager
def unchanged_arrays(what: str, *arrays: Any) -> Iterator[None]:
    before = copy.deepcopy(arrays)
    yield
    for array, kept in zip(tree.flatten(arrays), tree.flatten(before), strict=True):
        np.testing.assert_array_equal(array, kept, err_msg=f"{what} changed its input")


def trained() -> Sequential:
    model = Sequential([Input((6,)), layers.Dense(4, "relu"), layers.Dropout(0.2), layers.Dense(1, "sigmoid")])
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    model.fit(X, Y, verbose=0)
    return model


def convolutional() -> Sequential:
    model = Sequential([Input((6, 6, 2)), layers.Conv2D(2, 3), layers.MaxPooling2D(2), layers.Flatten(), layers.Dense(1)])
    model.compile("adam", "mse")
    return model


class Fails(callbacks.Callback):
    """Raises an error in the middle of whatever the model does."""

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        raise RuntimeError("in the middle")

    on_predict_batch_end = on_test_batch_end = on_train_batch_end


class Predicts(callbacks.Callback):
    """Predicts, evaluates and saves in the middle of training."""

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        with unchanged("predict inside fit"):
            convolutional().predict(IMAGES, verbose=0)
        with unchanged("evaluate inside fit"):
            self.model.evaluate(X, Y, verbose=0)


class RaisesInside(layers.Layer):
    def call(self, x: Any) -> Any:
        if np.any(ops.convert_to_numpy(x)):  # not while its shape is found with zeros
            raise FloatingPointError("inside a layer")
        return x


class StopsInside(layers.Layer):
    """Ctrl-C between two instructions of `np.errstate`, which has set the error state and cannot restore it."""

    def call(self, x: Any) -> Any:
        if np.any(ops.convert_to_numpy(x)):
            np.seterr(all="ignore")
            raise KeyboardInterrupt
        return x


def calls(folder: Path) -> dict[str, Any]:
    """Public functions that do something, by what they do."""
    model, images = trained(), convolutional()
    path = folder / "net.safetensors"
    model.save(path)
    lbfgs = Sequential([Input((6,)), layers.Dense(1)])
    lbfgs.compile("lbfgs", "mse")
    broken = Sequential([Input((6,)), layers.Dense(1), RaisesInside()])
    broken.compile("sgd", "mse")
    figure_model = Sequential([Input((6,)), layers.Dense(2)])
    several = [callbacks.EarlyStopping("loss"), callbacks.ReduceLROnPlateau("loss"), callbacks.TerminateOnNaN()]
    several += [callbacks.CSVLogger(folder / "log.csv"), callbacks.ModelCheckpoint(folder / "best.keras", "loss")]
    several += [callbacks.BackupAndRestore(folder / "backup")]
    features = np.random.default_rng(0).normal(size=(30, 4))
    return {
        "fit": lambda: model.fit(X, Y, epochs=2, verbose=0),
        "fit with progress": lambda: model.fit(X, Y, validation_split=0.25, verbose=1),
        "fit of convolutions": lambda: images.fit(IMAGES, np.ones((8, 1)), verbose=0),
        "fit with callbacks": lambda: model.fit(X, Y, verbose=0, callbacks=several),
        "fit with TensorBoard": lambda: model.fit(X, Y, verbose=0, callbacks=[callbacks.TensorBoard(folder / "board")]),
        "fit with L-BFGS": lambda: lbfgs.fit(X, Y, epochs=5, verbose=0),
        "fit that fails in a callback": lambda: model.fit(X, Y, verbose=0, callbacks=[Fails()]),
        "fit of convolutions that fails": lambda: images.fit(IMAGES, np.ones((8, 1)), verbose=0, callbacks=[Fails()]),
        "fit that fails in a layer": lambda: broken.fit(X, Y, verbose=0),
        "fit with wrong inputs": lambda: model.fit(X[:, :3], Y, verbose=0),
        "fit with NaN": lambda: model.fit(np.full_like(X, np.nan), Y, verbose=0),
        "fit with other calls inside": lambda: model.fit(X, Y, batch_size=12, verbose=0, callbacks=[Predicts()]),
        "evaluate": lambda: model.evaluate(X, Y, verbose=0),
        "evaluate that fails": lambda: model.evaluate(X, Y, verbose=0, callbacks=[Fails()]),
        "predict": lambda: model.predict(X, verbose=0),
        "predict with convolutions": lambda: images.predict(IMAGES, batch_size=2, verbose=0),
        "predict that fails": lambda: images.predict(IMAGES, verbose=0, callbacks=[Fails()]),
        "train_on_batch": lambda: model.train_on_batch(X, Y),
        "gradients": lambda: model.gradients(X, Y),
        "trace": lambda: model.trace(X, Y),
        "summary": lambda: model.summary(print_fn=lambda line: None),
        "plot": lambda: figure_model.plot(),
        "save": lambda: model.save(folder / "a.keras"),
        "save that fails": lambda: model.save(folder / "missing" / "a.keras"),
        "save_weights": lambda: model.save_weights(folder / "a.weights.h5"),
        "load_model": lambda: minidl.load_model(path),
        "load_model that fails": lambda: minidl.load_model(__file__),
        "load_weights": lambda: model.load_weights(path),
        "export": lambda: images.export(folder / "a.onnx", verbose=False),
        "clone_model": lambda: models.clone_model(model),
        "copy": lambda: copy.deepcopy(model),
        "diagnose": lambda: model.diagnose(X, Y),
        "find_learning_rate": lambda: diagnostics.find_learning_rate(model, X, Y),
        "compare_initializers": lambda: diagnostics.compare_initializers(model, X, Y, ["he_normal", "glorot_uniform"]),
        "check_layer": lambda: check_layer(lambda: layers.Dense(2), (3, 4)),
        "check_layer that fails": lambda: check_layer(RaisesInside, (3, 4)),
        "check_loss": lambda: check_loss(*LOSSES["MeanSquaredError"][0]()),
        "digits": lambda: digits.load_data(),
        "plot_confusion_matrix": lambda: utils.plot_confusion_matrix([0, 1, 1], [0, 1, 0]),
        "plot_weights": lambda: utils.plot_weights(model),
        "show_config": lambda: utils.show_config(),
        "pad_sequences": lambda: utils.pad_sequences([[1], [2, 3]]),
        "timeseries": lambda: list(utils.timeseries_dataset_from_array(X, None, 3, shuffle=True, seed=1)),
        "classifier": lambda: (
            minidl.wrappers.MLPClassifier(max_iter=3, random_state=0).fit(features, np.arange(30) % 2).predict(features)
        ),
        "regressor": lambda: (
            minidl.wrappers.MLPRegressor(max_iter=3, random_state=0).fit(features, features[:, 0]).predict(features)
        ),
    }


def test_public_calls_leave_the_state_of_the_process_as_it_was(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for what, call in calls(tmp_path).items():
        fails = "fails" in what or "wrong" in what or what == "fit with NaN"
        may_change = ("start method of multiprocessing", "open files") if what == "fit with TensorBoard" else ()
        with unchanged_arrays(what, X, Y, IMAGES), unchanged(what, may_change):
            if fails:
                with suppress(Exception):
                    call()
            else:
                call()


def test_ctrl_c_leaves_the_state_of_the_process_as_it_was() -> None:
    model = Sequential([Input((6,)), layers.Dense(1), StopsInside()])
    model.compile("sgd", "mse")
    for call in (model.fit, model.evaluate, model.train_on_batch):
        with unchanged(f"{call.__name__} with Ctrl-C"), pytest.raises(KeyboardInterrupt):
            call(X, Y)
    with unchanged("predict with Ctrl-C"), pytest.raises(KeyboardInterrupt):
        model.predict(X, verbose=0)


def test_ctrl_c_while_a_model_is_loaded_leaves_the_state_of_the_process_as_it_was(tmp_path: Path) -> None:
    class Stops(layers.Dense):
        @classmethod
        def from_config(cls, config: dict[str, Any]) -> Any:
            np.seterr(all="ignore")
            raise KeyboardInterrupt

    model = Sequential([Input((6,)), Stops(1)])
    model.save(tmp_path / "net.safetensors")
    with unchanged("load_model with Ctrl-C"), pytest.raises(KeyboardInterrupt):
        minidl.load_model(tmp_path / "net.safetensors", {"Stops": Stops})
    with unchanged("model_from_json with Ctrl-C"), pytest.raises(KeyboardInterrupt):
        models.model_from_json(model.to_json(), {"Stops": Stops})


def test_threads_that_train_and_predict_leave_the_state_as_it_was(tmp_path: Path) -> None:
    errors: list[BaseException] = []

    def work(number: int) -> None:
        try:
            done = calls(tmp_path / str(number))
            for what in ("fit", "predict", "fit with L-BFGS", "fit of convolutions", "predict with convolutions", "diagnose"):
                done[what]()
            for what in ("fit of convolutions that fails", "predict that fails", "fit that fails in a layer"):
                with suppress(RuntimeError, FloatingPointError):
                    done[what]()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(3)]
    for number in range(3):
        (tmp_path / str(number)).mkdir()
    with unchanged("calls in threads"):
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert not errors, errors


def test_operations_leave_the_state_and_their_inputs_as_they_were() -> None:
    with unchanged("an operation"):
        for name, rows in CALLS.items():
            for tensors, options in rows if hasattr(ops, name) else ():
                with unchanged_arrays(f"ops.{name}", *tensors), suppress(TypeError, ValueError):
                    getattr(ops, name)(*tensors, **options)
        for name in set(PACKAGES["activations"]) - {"threshold"}:
            with unchanged_arrays(name, X):
                getattr(minidl.activations, name)(X)


def test_losses_and_metrics_leave_the_state_and_their_inputs_as_they_were() -> None:
    generator = np.random.default_rng(0)
    with unchanged("a loss or a metric"):
        for name, forms in LOSSES.items():
            loss, y_true, y_pred = forms[0]()
            with unchanged_arrays(name, y_true, y_pred):
                loss(y_true, y_pred)
                loss.value_and_grad(y_true, y_pred)
        for name, rows in METRICS.items():
            metric, targets, outputs = rows[0]()
            given = [make(generator, (5, 3)) for make in (targets, outputs) if make is not None]
            with unchanged_arrays(name, *given):
                metric.update_state(*given)
                metric.result()


def test_layers_leave_the_state_and_their_inputs_as_they_were() -> None:
    generator = np.random.default_rng(0)
    with unchanged("a layer"):
        for name, forms in gathered("FORMS").items():
            make, shape, options = forms[0]
            shapes, makers = (shape if isinstance(shape, list) else [shape]), options.get("inputs")
            makers = makers if isinstance(makers, (list, tuple)) else [makers] * len(shapes)
            arrays = [(maker or _normal)(generator, one) for maker, one in zip(makers, shapes, strict=True)]
            with unchanged_arrays(name, *arrays):
                make()(arrays if isinstance(shape, list) else arrays[0], **options.get("options", {}))


def _normal(generator: np.random.Generator, shape: Any) -> Any:
    return generator.normal(size=shape).astype("float32")
