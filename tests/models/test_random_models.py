"""Random models of all layers: everything that can be done with a model works, or raises a documented error."""

import random
import warnings
from contextlib import suppress

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.models.random_models import RefusedError, build, use
from tests.plugin import PROFILE

COUNT = 5000 if PROFILE == "thorough" else 2


@settings(max_examples=COUNT, suppress_health_check=list(HealthCheck))
@given(st.randoms(use_true_random=False))
def test_a_random_model_trains_predicts_and_is_copied_without_an_undocumented_error(draw: random.Random) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of unusual models
        with suppress(RefusedError):
            use(build(draw))
