"""What the documentation site adds to the Markdown pages; building it is a section of `.ci/run`."""

from fnmatch import fnmatch
from pathlib import Path

import pytest

from docs.site.docstrings import blocks, class_with_formula, escape, formulas_of, with_names_joined
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
        ("product over t of p[t]", r"\prod_{t} p_{t}"),
        ("integral(exp(-t), t, 0, x)", r"\int_{0}^{x} \exp\left(-t\right) \, dt"),
        ("a[i:] * b[:j]", r"a_{i:} \cdot b_{:j}"),
        ("x1[n] // 2 % 3", r"\left\lfloor\frac{x_{1}\left[n\right]}{2}\right\rfloor \bmod 3"),
        ("-a * (b > c)", r"-a \cdot \left(b > c\right)"),
        ("y_true - beta_1", r"y_{\mathrm{true}} - \beta_{1}"),
        ("m_hat", r"\hat{m}"),
        ("z[2 * t] += floor(x)", r"z_{2 \cdot t} \leftarrow z_{2 \cdot t} + \left\lfloor x\right\rfloor"),
        ("sum over k of a / b[k]", r"\sum_{k} \frac{a}{b_{k}}"),
        ("(a / b) ** c", r"\left(\frac{a}{b}\right)^{c}"),
        ("(a > b) == y_true[c]", r"\left(a > b\right) = y_{\mathrm{true}}\left[c\right]"),
        ("binom(n, k)", r"\binom{n}{k}"),
        ("y_true != 3", None),
        ("for each head", None),
    ],
)
def test_formulas_keep_their_meaning_in_latex(code: str, latex: str | None) -> None:
    assert to_latex(code) == latex


@pytest.mark.parametrize(
    ("sentence", "where"),
    [
        ("ReLU: `y = x` where x is positive, `alpha * x` elsewhere.", "x is positive"),
        ("`y = x` above 0, `alpha * x` below.", "x > 0"),
        ("`y = x` for `|x| > a_b`, otherwise `alpha * x`", r"|x| > a\_b"),
    ],
)
def test_a_formula_with_two_cases_becomes_two_lines(sentence: str, where: str) -> None:
    latex = rf"y = \begin{{cases}} x & \text{{where {where}}} \\ \alpha \cdot x & \text{{elsewhere}} \end{{cases}}"
    assert formulas_of([sentence]) == (0, [latex])


def test_formulas_are_those_of_the_summary_and_the_equations_of_the_paragraph_after_it() -> None:
    assert formulas_of(["Entropy: `-log(p)`.", "With `p = 1`, `q = x`."]) == (0, [r"-\log\left(p\right)"])
    assert formulas_of(["A unit: `t = 2 * x`.", "`z = x + y` and `a * b`,\n`y = 2 * z`.", "`t = 1`."]) == (
        1,
        [r"t = 2 \cdot x", "z = x + y", r"y = 2 \cdot z"],
    )
    assert formulas_of(["A unit.", "Args:\n    x: as in `x = 1 + 1`."]) == (0, [])
    assert formulas_of(["`y = x + 1` in training; in inference `y = x`."]) == (0, ["y = x + 1"])


def test_a_description_without_a_formula_has_that_of_the_class_it_refers_to() -> None:
    classes = {"Mean": "The mean: `sum(x) / n`.", "Cell": "One step."}
    assert class_with_formula("As `Cell`, and `Mean(axis)`.", classes) == "Mean"
    assert class_with_formula("As `Mean`, or `Sum`.", classes | {"Sum": "The sum: `sum(x)+1`, `y = x + 1`."}) is None
    assert class_with_formula("As `Cell`.\n\nArgs:\n    x: a `Mean`.", classes) is None


def test_names_in_code_marks_are_linked() -> None:
    assert escape("as in `GRU`, `x`", {"GRU": "minidl.layers.GRU"}) == "as in :py:obj:`GRU <minidl.layers.GRU>`, ``x``"


def test_an_arrow_does_not_begin_a_line() -> None:
    assert escape("x (batch,) -> y, `a -> b`") == "x (batch,)\N{NO-BREAK SPACE}→ y, ``a -> b``"


def test_stars_and_bars_outside_of_code_are_escaped() -> None:
    assert escape("a * b, |x| and `x * y`") == r"a \* b, \|x\| and ``x * y``"
    assert blocks([">>> 2 * 3", "6"]) == [">>> 2 * 3", "6"]


def test_names_of_arguments_in_two_lines_are_joined() -> None:
    lines = ["Args:", "    one, two,", "        three: as in `GRU`,", "        or not."]
    assert with_names_joined(lines) == ["Args:", "    one, two, three: as in `GRU`,", "        or not."]


def test_a_source_of_two_lines_ends_before_the_example() -> None:
    lines = ["Source: Kingma & Ba 2015,", "    section 2.", "Example:", "    >>> 1", "    1"]
    assert blocks(lines) == ["**Source:** Kingma & Ba 2015, section 2.", "", "Example:", "    >>> 1", "    1"]
