"""Docstrings as reStructuredText: Google sections through Napoleon, formulas as LaTeX, names as links."""

import re
from collections.abc import Mapping
from types import MappingProxyType

from docs.site.formulas import to_cases, to_latex

NO_LINKS: Mapping[str, str] = MappingProxyType({})

SECTION = re.compile(r"^[A-Z]\w+:$")
INLINE_SECTION = re.compile(r"^(Source|Example|Returns): (?=.)")


def to_rst(docstring: str, links: Mapping[str, str] = NO_LINKS) -> str:
    """The whole docstring; `links` maps names in code marks to the public names that they mean."""
    from sphinx.ext.napoleon import Config, GoogleDocstring

    config = Config(napoleon_use_param=False, napoleon_use_rtype=False, napoleon_custom_sections=["Shapes"])
    text = "\n".join(blocks(with_names_joined(docstring.splitlines()), links))
    converted = str(GoogleDocstring(text, config)).split("\n\n")
    place, formulas = formulas_of(docstring.split("\n\n"))
    converted[place + 1 : place + 1] = [f".. math::\n\n   {latex}" for latex in formulas]
    return "\n\n".join(converted)


def formulas_of(paragraphs: list[str]) -> tuple[int, list[str]]:
    """Which paragraph has formulas, and them: the first of the summary, otherwise all equations of the next paragraph."""
    if found := formula_of(paragraphs[0]):
        return 0, [found]
    second = paragraphs[1] if len(paragraphs) > 1 and not SECTION.match(paragraphs[1].split("\n")[0]) else ""
    equations = (to_latex(code) for code in re.findall(r"`([^`]+)`", " ".join(second.split())) if " = " in code)
    return 1, [latex for latex in equations if latex]


def formula_of(paragraph: str) -> str | None:
    """LaTeX of the first formula in code marks that can be converted."""
    paragraph = " ".join(paragraph.split())
    if cases := to_cases(paragraph):
        return cases
    for code in re.findall(r"`([^`]+)`", paragraph):
        if (" = " in code or re.search(r" [-+*/@]+ |^-\w+\(", code)) and (latex := to_latex(code)):
            return latex
    return None


def with_names_joined(lines: list[str]) -> list[str]:
    """The lines; names of arguments that go on in the next line, which Napoleon does not expect, are in one."""
    found: list[str] = []
    for line in lines:
        if found and re.fullmatch(r"\s+[\w*]+(, [\w*]+)*,", found[-1]):
            found[-1] += " " + line.strip()
        else:
            found.append(line)
    return found


def blocks(lines: list[str], links: Mapping[str, str] = NO_LINKS) -> list[str]:
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
            found[-1] += " " + escape(bare, links)
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
        found.append(escape(INLINE_SECTION.sub(r"**\1:** ", line), links))
    return found


def escape(line: str, links: Mapping[str, str] = NO_LINKS) -> str:
    """`code` becomes ``code``, or a link; stars, bars and final underscores outside of it are only characters."""
    parts = re.split(r"(`+[^`]+`+)", line)
    for number, part in enumerate(parts):
        if number % 2:
            code = part.strip("`")
            parts[number] = f":py:obj:`{code} <{links[code]}>`" if code in links else f"``{code}``"
        elif not re.match(r"\s*\*\*\w+:", part) or number:
            parts[number] = re.sub(r"(?<!\*)\*(?!\*)|\||(?<=\w)_(?!\w)", r"\\\g<0>", part)
    return "".join(parts)
