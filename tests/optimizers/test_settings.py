"""Arguments that all optimizers share."""

import pytest

from minidl import optimizers


@pytest.mark.parametrize("kind", [optimizers.SGD, optimizers.Adam, optimizers.RMSprop])
def test_decay_is_ignored_with_a_warning_as_in_keras(kind):
    with pytest.warns(UserWarning, match=f"{kind.__name__} ignores decay.*InverseTimeDecay"):
        optimizer = kind(0.1, decay=0.5)
    assert "decay" not in optimizer.get_config()
    assert optimizer.learning_rate == 0.1
