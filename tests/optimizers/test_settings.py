"""Arguments that all optimizers share."""

import numpy as np
import pytest

from minidl import Variable, optimizers


@pytest.mark.parametrize("kind", [optimizers.SGD, optimizers.Adam, optimizers.RMSprop])
def test_decay_is_ignored_with_a_warning_as_in_keras(kind):
    with pytest.warns(UserWarning, match=f"{kind.__name__} ignores decay.*InverseTimeDecay"):
        optimizer = kind(0.1, decay=0.5)
    assert "decay" not in optimizer.get_config()
    assert optimizer.learning_rate == 0.1


SWITCHES = [("Adam", "amsgrad"), ("AdamW", "amsgrad"), ("RMSprop", "centered"), ("SGD", "use_ema"), ("Lion", "use_ema")]


@pytest.mark.parametrize(("kind", "option"), SWITCHES)
def test_a_huge_number_instead_of_true_makes_no_more_slots(kind, option):
    huge, usual = (getattr(optimizers, kind)(**{option: value}) for value in (10**12, True))
    for optimizer in (huge, usual):
        variable = Variable(np.ones(2))
        variable.grad = np.ones(2)
        optimizer.step([variable])
    assert [slot.shape for slot in huge.variables] == [slot.shape for slot in usual.variables]
