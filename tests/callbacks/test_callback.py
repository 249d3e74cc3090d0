import pytest

from minidl import Input, Sequential
from minidl.callbacks import Callback, CallbackList, EarlyStopping, History, ProgbarLogger, ProgressBar
from minidl.layers import Dense

HOOKS = [name for name in dir(Callback) if name.startswith("on_")]
NUMBERED = [name for name in HOOKS if "batch" in name or "epoch" in name]


class Recorder(Callback):
    def __init__(self, name, calls):
        self.name, self.calls = name, calls
        for hook in HOOKS:
            setattr(self, hook, lambda *arguments, hook=hook: calls.append((name, hook, *arguments)))


@pytest.mark.parametrize("hook", HOOKS)
def test_a_list_calls_each_hook_of_all_in_order(hook):
    calls = []
    number = [3] if hook in NUMBERED else []
    getattr(CallbackList([Recorder("a", calls), Recorder("b", calls)]), hook)(*number, {"loss": 1.0})
    assert calls == [("a", hook, *number, {"loss": 1.0}), ("b", hook, *number, {"loss": 1.0})]
    getattr(Callback(), hook)(*number)  # does nothing


@pytest.mark.parametrize("hook", HOOKS)
def test_a_list_makes_missing_logs_an_empty_dict(hook):
    calls = []
    number = [3] if hook in NUMBERED else []
    getattr(CallbackList([Recorder("a", calls)]), hook)(*number)
    assert calls == [("a", hook, *number, {})]


def test_a_list_passes_on_model_and_params():
    history = History()
    CallbackList([history], model="the model", epochs=3)
    assert history.model == "the model"
    assert history.params == {"epochs": 3}


class AtBatchEnd(Callback):
    def on_batch_end(self, batch, logs=None):
        pass


class AtBatchBegin(Callback):
    def on_train_batch_begin(self, batch, logs=None):
        pass


@pytest.mark.parametrize(
    ("callbacks", "hooks"),
    [
        ([], False),
        ([Callback(), History(), EarlyStopping()], False),
        ([History(), AtBatchEnd()], True),
        ([AtBatchBegin(), History()], True),
        ([ProgressBar()], True),
        ([Recorder("a", [])], True),
    ],
)
def test_a_list_knows_whether_any_callback_has_batch_hooks(callbacks, hooks):
    assert CallbackList(callbacks).has_batch_hooks == hooks
    assert CallbackList([CallbackList(callbacks)]).has_batch_hooks == hooks


def test_the_older_names_of_batch_hooks_are_called():
    calls = []

    class Older(Callback):
        def on_batch_begin(self, batch, logs=None):
            calls.append(("begin", batch, logs))

        def on_batch_end(self, batch, logs=None):
            calls.append(("end", batch, logs))

    listed = CallbackList([Older()])
    listed.on_train_batch_begin(1)
    listed.on_train_batch_end(1, {"loss": 2.0})
    assert calls == [("begin", 1, {}), ("end", 1, {"loss": 2.0})]


def test_anything_but_a_callback_raises_an_error():
    with pytest.raises(TypeError, match="create one: EarlyStopping()"):
        CallbackList([EarlyStopping])
    with pytest.raises(TypeError, match="derive its class from Callback"):
        CallbackList([3])
    with pytest.raises(TypeError, match="wrap a function: LambdaCallback"):
        CallbackList([print])


def test_a_list_adds_a_history_and_a_logger_unless_they_are_there():
    model = Sequential([Input((2,)), Dense(1)])
    listed = CallbackList([], add_history=True, add_progbar=True, model=model, epochs=2)
    history, logger = listed.callbacks
    assert isinstance(history, History)
    assert isinstance(logger, ProgbarLogger)
    assert model.history.history is history.history
    assert history.model is model
    assert history.params == {"epochs": 2}
    assert CallbackList([history], add_history=True, model=model).callbacks == [history]
