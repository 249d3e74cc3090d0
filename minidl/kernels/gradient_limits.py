"""Limits of the gradients that optimizers compute with."""

import math

# By bytes of an element; a slot that their squares made infinite would stay so.
GRADIENT_LIMITS = {2: math.inf, 4: 1e16, 8: 1e150}
