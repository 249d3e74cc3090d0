"""This project's docstrings, converted to reStructuredText: Google sections through Napoleon, formulas as LaTeX."""

import re

from docs.site.formulas import to_cases, to_latex

SECTION = re.compile(r"^[A-Z]\w+:$")
INLINE_SECTION = re.compile(r"^(Source|Example|Returns): (?=.)")


def to_rst(docstring: str) -> str:
    """The whole docstring."""
    from sphinx.ext.napoleon import Config, GoogleDocstring

    config = Config(napoleon_use_param=False, napoleon_use_rtype=False, napoleon_custom_sections=["Shapes"])
    text = "\n".join(blocks(docstring.splitlines()))
    converted = str(GoogleDocstring(text, config))
    head, gap, rest = converted.partition("\n\n")
    formula = formula_of(docstring.split("\n\n")[0])
    return head + (f"\n\n.. math::\n\n   {formula}" if formula else "") + gap + rest


def formula_of(paragraph: str) -> str | None:
    """LaTeX of the first formula in code marks that can be converted."""
    paragraph = " ".join(paragraph.split())
    if cases := to_cases(paragraph):
        return cases
    for code in re.findall(r"`([^`]+)`", paragraph):
        if (" = " in code or re.search(r" [-+*/@]+ ", code)) and (latex := to_latex(code)):
            return latex
    return None


def blocks(lines: list[str]) -> list[str]:
    """The lines with Markdown's code marks doubled, and with what reStructuredText would read as markup escaped."""
    found: list[str] = []
    example = listed = inline = False
    for line in lines:
        bare = line.strip()
        example = bare.startswith(">>>") or (example and bool(bare) and not SECTION.match(bare))
        if example:
            found.append(line)
            continue
        if inline and bare and line.startswith(" "):  # a long source goes on in the next line
            found[-1] += " " + escape(bare)
            continue
        if (inline or INLINE_SECTION.match(line)) and found and found[-1].strip():
            found.append("")
        inline = bool(INLINE_SECTION.match(line))
        item = bool(re.match(r"- ", bare))
        if item and not listed and found and found[-1].strip():
            found.append("")
        if listed and not item and bare and not line.startswith(" "):
            found.append("")
        listed = item or (listed and bool(bare) and line.startswith(" "))
        found.append(escape(INLINE_SECTION.sub(r"**\1:** ", line)))
    return found


def escape(line: str) -> str:
    """`code` becomes ``code``; stars, bars and final underscores outside of it are only characters."""
    parts = re.split(r"(`+[^`]+`+)", line)
    for number, part in enumerate(parts):
        if number % 2:
            parts[number] = f"``{part.strip('`')}``"
        elif not re.match(r"\s*\*\*\w+:", part) or number:
            parts[number] = re.sub(r"(?<!\*)\*(?!\*)|\||(?<=\w)_(?!\w)", r"\\\g<0>", part)
    return "".join(parts)
