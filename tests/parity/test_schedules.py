"""Every schedule compared with Keras's, at many steps."""

import keras
import pytest

from minidl.config.public_names import PACKAGES
from tests.parity.comparing import both
from tests.table.optimizers import NOT_IN_KERAS, SCHEDULES
from tests.test_every_public_class import arguments_of

OF_KERAS = {name: rows for name, rows in SCHEDULES.items() if ("optimizers.schedules", name) not in NOT_IN_KERAS}


@pytest.mark.quick_rows(1)
@pytest.mark.parametrize(("name", "arguments"), [(name, row) for name, rows in OF_KERAS.items() for row in rows], ids=str)
def test_the_rates_are_those_of_keras(name, arguments):
    ours, theirs = both(lambda k: getattr(k.optimizers.schedules, name)(**arguments))
    for step in (*range(50), 100, 1000, 12345):
        assert ours(step) == pytest.approx(float(theirs(step)), rel=1e-5, abs=1e-7), step


@pytest.mark.parametrize("name", OF_KERAS)
def test_each_argument_of_a_schedule_takes_two_values(name):
    for argument, default in arguments_of(getattr(keras.optimizers.schedules, name)).items():
        assert len({str(form.get(argument, default)) for form in SCHEDULES[name]}) > 1, argument


def test_every_schedule_is_in_the_table():
    assert set(SCHEDULES) == set(PACKAGES["optimizers.schedules"])
    named = {name for name in dir(keras.optimizers.schedules) if name[0].isupper()} - {"LearningRateSchedule"}
    assert named == set(OF_KERAS)
