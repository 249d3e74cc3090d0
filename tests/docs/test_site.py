"""What the documentation site adds to the Markdown pages; building it is a section of `.ci/run`."""

from fnmatch import fnmatch
from pathlib import Path

import pytest

from docs.site.docstrings import blocks, escape, formula_of, formulas_of, with_names_joined
from docs.site.formulas import to_latex
from docs.site.gallery import ORDER
from docs.site.navigation import CHILDREN, children

ROOT = Path(__file__).parents[2]


def test_every_page_has_one_place_in_the_navigation() -> None:
    pages = {str(path.relative_to(ROOT / "docs").with_suffix("")) for path in (ROOT / "docs").rglob("*.md")}
    listed = [page for name in CHILDREN for page in children(name, pages | {"new"})]
    assert all(sum(fnmatch(page, pattern) for pattern in listed) == 1 for page in pages - {"index"})
    assert "new" in children("use", pages | {"new"})


def test_every_example_has_its_place_in_the_gallery() -> None:
    examples = {path.stem for path in (ROOT / "examples").glob("[!_]*.py")}
    assert set(ORDER) <= examples


@pytest.mark.parametrize(
    ("code", "latex"),
    [
        ("y = a / (b + c) * d", r"y = \frac{a}{b + c} \cdot d"),
        ("(a + b) * c", r"\left(a + b\right) \cdot c"),
        ("a - (b - c)", r"a - \left(b - c\right)"),
        ("(-x) ** 2", r"\left(-x\right)^{2}"),
        ("q @ k.T", r"q \, k^{\top}"),
        ("y = sqrt(beta_1 * x0)", r"y = \sqrt{\beta_{1} \cdot x_{0}}"),
        ("y[:, t] = |x|", r"y_{:, t} = \left|x\right|"),
        ("w += m", r"w \leftarrow w + m"),
        ("a @ x = b", r"a \, x = b"),
        ("y = max over all steps of x", r"y = \max_{\mathrm{steps}} x"),
        ("y_true != 3", None),
        ("for each head", None),
    ],
)
def test_formulas_keep_their_meaning_in_latex(code: str, latex: str | None) -> None:
    assert to_latex(code) == latex


def test_a_formula_with_two_cases_becomes_two_lines() -> None:
    latex = formula_of("ReLU: `y = x` where x is positive, `alpha * x` elsewhere.")
    assert latex == r"y = \begin{cases} x & \text{where x is positive} \\ \alpha \cdot x & \text{elsewhere} \end{cases}"


def test_formulas_are_those_of_the_summary_or_all_equations_of_the_paragraph_after_it() -> None:
    assert formulas_of(["Entropy: `-log(p)`.", "With `p = 1`."]) == (0, [r"-\log\left(p\right)"])
    assert formulas_of(["A unit.", "`z = x + y` and `a * b`,\n`y = z`.", "`t = 1`."]) == (1, ["z = x + y", "y = z"])
    assert formulas_of(["A unit.", "Args:\n    x: as in `x = 1`."]) == (1, [])


def test_names_in_code_marks_are_linked() -> None:
    assert escape("as in `GRU`, `x`", {"GRU": "minidl.layers.GRU"}) == "as in :py:obj:`GRU <minidl.layers.GRU>`, ``x``"


def test_stars_and_bars_outside_of_code_are_escaped() -> None:
    assert escape("a * b, |x| and `x * y`") == r"a \* b, \|x\| and ``x * y``"
    assert blocks([">>> 2 * 3", "6"]) == [">>> 2 * 3", "6"]


def test_names_of_arguments_in_two_lines_are_joined() -> None:
    lines = ["Args:", "    one, two,", "        three: as in `GRU`,", "        or not."]
    assert with_names_joined(lines) == ["Args:", "    one, two, three: as in `GRU`,", "        or not."]


def test_a_source_of_two_lines_ends_before_the_example() -> None:
    lines = ["Source: Kingma & Ba 2015,", "    section 2.", "Example:", "    >>> 1", "    1"]
    assert blocks(lines) == ["**Source:** Kingma & Ba 2015, section 2.", "", "Example:", "    >>> 1", "    1"]
