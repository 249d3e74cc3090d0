"""The evaluation of the doctor: its cases, and how it counts. The doctor's findings are tested elsewhere."""

from collections import Counter
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tests.diagnostics.evaluation import KINDS, Case, Recipe, Subject, make_cases
from tests.diagnostics.evaluation.cases import HEALTHY, RECIPES, SHARES, Draw
from tests.diagnostics.evaluation.examining import Outcome, Result, examine, examine_all
from tests.diagnostics.evaluation.judging import skill
from tests.diagnostics.evaluation.proofs import PROOFS
from tests.diagnostics.evaluation.verifying import verify


def only(name: str, seed: int = 0) -> Case:
    """A case of one recipe."""
    recipe = next(recipe for recipes in RECIPES.values() for recipe in recipes if recipe.name == name)
    return Case(1, recipe, seed)


def test_there_are_20_healthy_cases_and_40_with_every_kind_of_problem():
    counts = Counter(case.recipe.kind for case in make_cases(0))
    assert counts == {"": HEALTHY, **SHARES}
    assert sum(SHARES.values()) == 40
    assert len(KINDS) == 18


def test_the_same_seed_gives_the_same_sixty_and_another_seed_others():
    once, again, others = make_cases(3), make_cases(3), make_cases(4)
    assert once == again
    assert [case.seed for case in once] != [case.seed for case in others]
    assert {case.recipe.name for case in once} != {case.recipe.name for case in others}


@pytest.mark.parametrize("name", ["recurrent_text", "mostly_dead", "leaked_rows", "broken_weights"])
def test_a_case_is_the_same_whenever_it_is_made(name: str):
    case = only("half_leaked" if name == "leaked_rows" else name)
    one, two = case.make(), case.make()
    assert one.note == two.note
    np.testing.assert_array_equal(one.x, two.x)
    np.testing.assert_array_equal(one.y, two.y)
    for left, right in zip(one.model.weights, two.model.weights, strict=True):
        assert left.name == right.name
        np.testing.assert_array_equal(left.value, right.value)


@pytest.mark.parametrize("recipe", [one for many in RECIPES.values() for one in many], ids=lambda recipe: recipe.name)
def test_every_case_has_a_compiled_model_and_its_data(recipe: Recipe):
    subject = Case(1, recipe, 7).make()
    assert subject.model.compiled
    assert subject.model.built
    assert set(subject.arguments) <= {"validation_split", "validation_data"}
    assert len(subject.y) == len(subject.x[0] if isinstance(subject.x, list) else subject.x) >= 600
    assert recipe.title
    assert subject.note


def test_accepted_findings_are_known_kinds():
    for case in make_cases(0):
        assert case.kinds <= set(KINDS)
        assert (case.recipe.kind in case.kinds) if case.recipe.kind else not case.kinds
        assert len(case.kinds) <= 4
    assert set(PROOFS) == set(KINDS)


def test_names_are_unique_and_there_are_more_cases_than_a_trial_takes():
    names = [recipe.name for recipes in RECIPES.values() for recipe in recipes]
    assert len(set(names)) == len(names) >= 80
    assert all(len(RECIPES[kind]) > count for kind, count in SHARES.items())


def test_the_healthy_counterpart_makes_the_same_choices():
    for case in make_cases(1)[HEALTHY:]:
        ill, sound = case.make(), case.make_sound()
        assert (ill.batch_size, ill.epochs, ill.task) == (sound.batch_size, sound.epochs, sound.task), case.name


@pytest.mark.parametrize("name", ["sixty_to_forty", "tiny_adam", "columns_twice", "sorted_answers"])
def test_the_cases_have_the_stated_problem(name: str):
    verified = verify(only(name))
    assert not verified.wrong, verified


def test_the_check_finds_a_case_without_the_stated_problem():
    def harmless(draw: Draw) -> Subject:
        """A sound network."""
        return only("sixty_to_forty").make()

    verified = verify(Case(1, Recipe("harmless", "dead_units", frozenset({"dead_units"}), True, harmless), 0))
    assert "does not show" in verified.wrong
    assert "does not hurt" in verified.wrong


def test_skill_is_0_for_constant_answers_and_1_for_right_ones():
    class Oracle:
        answers: Any

        def predict(self, x: Any) -> Any:
            return self.answers

    y = np.array([0, 0, 0, 0, 1, 2])
    subject = Subject(Oracle(), None, None, None, y, "classes", epochs=1)
    subject.model.answers = np.eye(3)[y]
    assert skill(subject) == 1
    subject.model.answers = np.eye(3)[np.zeros(6, int)]
    assert skill(subject) == 0
    values = Subject(Oracle(), None, None, None, y[:, None] * 1000.0, "values", epochs=1)
    values.model.answers = np.full((6, 1), 500.0)
    assert skill(values) == 0


def test_findings_are_counted_as_hits_misses_and_false_alarms():
    sick, healthy = only("tiny_adam"), only("digits_and_border")
    results = [
        Result(sick, ("nan", "learning_rate_too_small"), "", "", 0.1),
        Result(sick, ("nan",), "", "", 0.1),
        Result(healthy, (), "", "", 0.1),
        Result(healthy, ("constant_features",), "", "", 0.1),
        Result(healthy, (), "ValueError: no", "", 0.1),
    ]
    assert [result.verdict for result in results] == ["hit", "miss", "clean", "false alarm", "false alarm"]
    outcome = Outcome(tuple(results))
    assert (outcome.hit_rate, outcome.false_alarm_rate, outcome.passed) == (0.5, 2 / 3, False)
    assert "ValueError: no" in outcome.table()
    assert "1 of 2 sick ones named rightly (50%), 1 missed" in outcome.totals()
    assert outcome.as_json()["cases"][0]["found"] == ["nan", "learning_rate_too_small"]


def test_diagnose_is_called_as_by_a_user_and_its_errors_are_not_findings():
    def asking(diagnose: Any) -> Case:
        def function(draw: Draw) -> Subject:
            """A stand-in."""
            model = SimpleNamespace(diagnose=diagnose)
            return Subject(model, "x", "y", None, None, "classes", 1, arguments={"validation_split": 0.2})

        return Case(1, Recipe("stand_in", "nan", frozenset({"nan"}), False, function), 0)

    def answer(x: Any, y: Any, validation_split: float) -> Any:
        assert (x, y, validation_split) == ("x", "y", 0.2)
        return SimpleNamespace(findings=[SimpleNamespace(kind="nan"), SimpleNamespace(kind="nan")])

    def refuse(x: Any, y: Any, validation_split: float) -> Any:
        raise ValueError("x holds nan")

    outcome = examine_all([asking(answer)])
    assert outcome.results[0].found == ("nan",)
    assert outcome.passed
    refused = examine(asking(refuse))
    assert (refused.verdict, refused.error) == ("miss", "ValueError: x holds nan")
