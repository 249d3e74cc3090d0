"""Sphinx extension: formulas as MathML, which browsers draw themselves: no script, no request to another site."""

from typing import Any


def markup(text: str, block: bool) -> str:
    """MathML of a formula in LaTeX."""
    from docutils.utils.math.latex2mathml import tex2mathml

    return str(tex2mathml(text, as_block=block))


def visit_inline(self: Any, node: Any) -> None:
    """Write a formula inside a sentence."""
    from docutils.nodes import SkipNode

    self.body.append(markup(node.astext(), block=False))
    raise SkipNode


def visit_block(self: Any, node: Any) -> None:
    """Write a formula on a line of its own."""
    from docutils.nodes import SkipNode

    self.body.append(f'<div class="formula" tabindex="0">{markup(node.astext(), block=True)}</div>\n')
    raise SkipNode


def setup(app: Any) -> dict[str, bool]:
    """Register with Sphinx."""
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
