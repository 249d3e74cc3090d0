"""Cases of the evaluation, and how a seed selects sixty of them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from minidl.config.naming import clear_session
from minidl.utils import set_random_seed

# Kind of disease -> how many of the forty sick cases have it.
SHARES = {
    "wrong_loss": 5,
    "vanishing_gradients": 4,
    "learning_rate_too_large": 4,
    "exploding_gradients": 3,
    "learning_rate_too_small": 3,
    "unscaled_inputs": 3,
    "dead_units": 3,
    "saturated_units": 3,
    "unscaled_targets": 2,
    "initial_loss": 2,
    "constant_features": 1,
    "duplicated_features": 1,
    "cannot_overfit": 1,
    "unbalanced_classes": 1,
    "sorted_validation": 1,
    "leaked_rows": 1,
    "ignores_input": 1,
    "nan": 1,
}
KINDS = tuple(SHARES)
HEALTHY = 20


class Draw:
    """The random choices of one case. Its sound sister makes the same ones, but for the disease.

    Attributes:
        random: the case's generator.
        ill: whether the disease is to be there.
    """

    def __init__(self, seed: int, ill: bool) -> None:
        self.random, self.ill = np.random.default_rng(seed), ill

    def pick(self, *options: Any) -> Any:
        """One of these."""
        return options[int(self.random.integers(len(options)))]

    def whole(self, low: int, high: int) -> int:
        """A whole number from low to high, both included."""
        return int(self.random.integers(low, high + 1))

    def real(self, low: float, high: float) -> float:
        """A number between low and high, of two digits: as a person would write it."""
        return float(f"{self.random.uniform(low, high):.2g}")

    def scale(self, low: float, high: float) -> float:
        """The same, with every order of magnitude as likely as any other."""
        return float(f"{np.exp(self.random.uniform(np.log(low), np.log(high))):.2g}")


@dataclass
class Subject:
    """A compiled model with its data: what goes to the doctor, and what judges the training.

    Attributes:
        model, x, y, arguments: `model.diagnose(x, y, **arguments)`.
        x_test, y_test: rows that nobody trains with; the labels, or the values.
        task: "classes", "yes_no" or "values".
        epochs, batch_size: of the training that the user means to do.
        note: what was drawn, in words.
        threshold: the output that means yes from there on.
    """

    model: Any
    x: Any
    y: Any
    x_test: Any
    y_test: Any
    task: str
    epochs: int
    batch_size: int = 32
    arguments: dict[str, Any] = field(default_factory=dict)
    note: str = ""
    threshold: float = 0.5


@dataclass(frozen=True)
class Recipe:
    """How to make a case: `function(draw)` gives a `Subject`.

    Attributes:
        name, kind: its name, and its disease; "" for none.
        kinds: what names the disease rightly; empty for healthy ones.
        hurts: whether training must be clearly worse than the sound sister's.
        function: what makes it; the first line of its docstring says what the case has.
    """

    name: str
    kind: str
    kinds: frozenset[str]
    hurts: bool
    function: Callable[[Draw], Subject]

    @property
    def title(self) -> str:
        """What the case has, in words."""
        return (self.function.__doc__ or "").splitlines()[0].rstrip(".")


@dataclass(frozen=True)
class Case:
    """One of the sixty: a recipe and the seed of its random choices."""

    number: int
    recipe: Recipe
    seed: int

    @property
    def name(self) -> str:
        """Number and name."""
        return f"{self.number:02d} {self.recipe.name}"

    @property
    def kinds(self) -> frozenset[str]:
        """What names the disease rightly; empty for a healthy case."""
        return self.recipe.kinds

    def make(self) -> Subject:
        """Make the case; the result is always the same."""
        return self._make(ill=True)

    def make_sound(self) -> Subject:
        """The same without its disease."""
        return self._make(ill=False)

    def _make(self, ill: bool) -> Subject:
        set_random_seed(self.seed)
        clear_session()
        return self.recipe.function(Draw(self.seed, ill))


RECIPES: dict[str, list[Recipe]] = {kind: [] for kind in ("", *KINDS)}


def sick(
    kind: str, also: tuple[str, ...] = (), hurts: bool = True
) -> Callable[[Callable[[Draw], Subject]], Callable[[Draw], Subject]]:
    """Enter a recipe of a disease.

    Args:
        kind: the disease.
        also: other names that honest people would give it.
        hurts: whether training suffers clearly.
    """

    def enter(function: Callable[[Draw], Subject]) -> Callable[[Draw], Subject]:
        return _enter(Recipe(function.__name__, kind, frozenset({kind, *also}), hurts, function))

    return enter


def healthy(function: Callable[[Draw], Subject]) -> Callable[[Draw], Subject]:
    """Enter a recipe of a healthy network."""
    return _enter(Recipe(function.__name__, "", frozenset(), False, function))


def _enter(recipe: Recipe) -> Callable[[Draw], Subject]:
    if any(recipe.name == known.name for recipes in RECIPES.values() for known in recipes):
        raise ValueError(f"there is a recipe {recipe.name!r} already: was its module imported under two names?")
    RECIPES[recipe.kind].append(recipe)
    return recipe.function


def make_cases(seed: int = 0) -> list[Case]:
    """Sixty cases: 20 healthy ones, then 40 sick ones; another seed chooses other recipes and makes them differently."""
    random = np.random.default_rng(seed)
    chosen: list[Recipe] = []
    for kind, count in {"": HEALTHY, **SHARES}.items():
        recipes = RECIPES[kind]
        for start in range(0, count, len(recipes)):  # each recipe once before any comes again
            order = random.permutation(len(recipes))[: count - start]
            chosen += [recipes[place] for place in order]
    seeds = random.integers(2**31, size=len(chosen))
    return [Case(number, recipe, int(one)) for number, (recipe, one) in enumerate(zip(chosen, seeds, strict=True), start=1)]
