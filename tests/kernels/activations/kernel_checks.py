"""What every activation kernel is asked: a slow oracle, numeric derivatives, types, extreme inputs."""

import numpy as np


class Kernels:
    """The kernels of some modules: the oracle of each, and where their corners lie."""

    def __init__(self, *modules, oracles, kinks=(0.0,)):
        self.oracles, self.kinks = oracles, np.array(kinks)
        self.found = {name: function for module in modules for name, function in vars(module).items()}

    def functions(self, name):
        return self.found[name], self.found[f"{name}_backward"]

    def make_input(self, shape, seed=0):
        """Values on both sides of every kink, each at least 0.02 away from all of them."""
        x = np.random.default_rng(seed).uniform(-4, 4, shape)
        for kink in self.kinks:
            x = np.where(np.abs(x - kink) < 0.02, x + 0.04, x)
        assert np.abs(x[..., None] - self.kinks).min() > 0.01
        return x

    def check_value(self, name, options):
        x = self.make_input((3, 4, 5))
        expected = self.oracles[name](x, **options)
        np.testing.assert_allclose(self.functions(name)[0](x, **options), expected, rtol=1e-12, atol=1e-12)

    def check_derivative(self, name, options):
        forward, backward = self.functions(name)
        rng = np.random.default_rng(1)
        x, dy = self.make_input((3, 4, 5)), rng.normal(size=(3, 4, 5))
        dx = backward(dy, x, forward(x, **options), **options)
        for direction in rng.normal(size=(3, *x.shape)):
            step = 1e-5 * direction
            numeric = np.sum(dy * (forward(x + step, **options) - forward(x - step, **options))) / 2e-5
            assert abs(numeric) > 1e-3
            np.testing.assert_allclose(np.sum(dx * direction), numeric, rtol=1e-6, atol=1e-8)

    def check_arrays(self, name, options, dtype):
        forward, backward = self.functions(name)
        options = {key: np.float64(value) if isinstance(value, float) else value for key, value in options.items()}
        wide = self.make_input((3, 4, 10)).astype(dtype)
        dy = np.random.default_rng(1).normal(size=(3, 4, 5)).astype(dtype)
        x, dy = _read_only(wide[..., ::2]), _read_only(dy)
        y = _read_only(forward(x, **options)[...])
        dx = backward(dy, x, y, **options)
        assert (y.dtype, dx.dtype, y.shape, dx.shape) == (dtype, dtype, x.shape, x.shape)
        # NumPy may compute an exponential of strided elements by another routine, with other last bits.
        close = {"rtol": 1e-5, "atol": 1e-6} if dtype == "float32" else {"rtol": 1e-13, "atol": 1e-14}
        np.testing.assert_allclose(y, forward(x.copy(), **options), **close)
        np.testing.assert_allclose(dx, backward(dy.copy(), x.copy(), y.copy(), **options), **close)

    def check_extremes(self, name, options, dtype, largest=1e4):
        forward, backward = self.functions(name)
        x = np.array([[[-1e4, largest, -100, min(100, largest), 0, -0.0, 1e-30]]], dtype)
        with np.errstate(over="raise", divide="raise", invalid="raise"):
            y = forward(x, **options)
            dx = backward(np.ones_like(x), x, y, **options)
        assert np.isfinite(y).all()
        assert np.isfinite(dx).all()

    def check_precision(self, name, options):
        forward, backward = self.functions(name)
        x, dy = self.make_input((3, 4, 5)), np.random.default_rng(1).normal(size=(3, 4, 5))
        x32, dy32 = x.astype("float32"), dy.astype("float32")
        y, y32 = forward(x, **options), forward(x32, **options)
        np.testing.assert_allclose(y32, y, rtol=2e-6, atol=2e-6)
        np.testing.assert_allclose(backward(dy32, x32, y32, **options), backward(dy, x, y, **options), rtol=5e-6, atol=5e-6)

    def check_one_number_and_no_rows(self, name, options):
        forward, backward = self.functions(name)
        for x in (np.array(0.45), np.zeros((0, 3))):
            y = forward(x, **options)
            np.testing.assert_allclose(y, self.oracles[name](x, **options) if x.size else x)
            assert np.shape(backward(np.ones_like(x), x, y, **options)) == x.shape

    def slope(self, name, x, **options):
        """The derivative at single points."""
        forward, backward = self.functions(name)
        x = np.array(x, float)
        return backward(np.ones_like(x), x, forward(x, **options), **options).tolist()


def _read_only(array):
    array.flags.writeable = False
    return array
