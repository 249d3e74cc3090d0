"""Docstrings as reStructuredText: Google sections through Napoleon, formulas as LaTeX, names as links."""

import re
from collections.abc import Mapping
from types import MappingProxyType

from docs.site.formulas import to_cases, to_latex

NO_LINKS: Mapping[str, str] = MappingProxyType({})

SECTION = re.compile(r"^[A-Z]\w+:$")
INLINE_SECTION = re.compile(r"^(Source|Example|Returns): (?=.)")


def to_rst(docstring: str, links: Mapping[str, str] = NO_LINKS, classes: Mapping[str, str] = NO_LINKS) -> str:
    """The whole docstring. `links` maps names in code marks to the public names that they mean.

    `classes` maps names to docstrings: without a formula of its own, a description shows that of the class it refers to.
    """
    from sphinx.ext.napoleon import Config, GoogleDocstring

    config = Config(napoleon_use_param=False, napoleon_use_rtype=False, napoleon_custom_sections=["Shapes"])
    text = "\n".join(blocks(with_names_joined(docstring.splitlines()), links))
    converted = str(GoogleDocstring(text, config)).split("\n\n")
    place, formulas = formulas_of(docstring.split("\n\n"))
    shown = [f".. math::\n\n   {latex}" for latex in formulas]
    if not formulas and (name := class_with_formula(docstring, classes)):
        _, formulas = formulas_of(classes[name].split("\n\n"))
        shown = [f"As in {escape(f'`{name}`', links)}:", *(f".. math::\n\n   {latex}" for latex in formulas)]
    converted[place + 1 : place + 1] = shown
    return "\n\n".join(converted)


def formulas_of(paragraphs: list[str]) -> tuple[int, list[str]]:
    """(paragraph after which they are shown, formulas): the formula or equations of the summary, then further equations.

    Equations of the paragraph after the summary count if their right side is more than a number or a name.
    """
    first = " ".join(paragraphs[0].split())
    second = paragraphs[1] if len(paragraphs) > 1 and not SECTION.match(paragraphs[1].split("\n")[0]) else ""
    found = [cases] if (cases := to_cases(first)) else equations(first) or expressions(first)[:1]
    further = [
        latex for latex in equations(" ".join(second.split())) if not re.search(r" = (\w+|\\mathrm{[^}]*}|[\d.]+)$", latex)
    ]
    return int(bool(further)), [*found, *further]


def equations(paragraph: str) -> list[str]:
    """LaTeX of the equations in code marks; not of `y = x` in inference, where a layer does nothing."""
    codes = [code for inference, code in re.findall(r"(inference )?`([^`]+)`", paragraph) if not inference]
    return [latex for code in codes if re.search(r" [-+]?= ", code) and (latex := to_latex(code))]


def expressions(paragraph: str) -> list[str]:
    """LaTeX of what is in code marks and has an operator, or a function of a function."""
    codes = re.findall(r"`([^`]+)`", paragraph)
    return [latex for code in codes if re.search(r" [-+*/@]+ |^-?\w+\(\w+\(|^-\w+\(", code) and (latex := to_latex(code))]


def class_with_formula(docstring: str, classes: Mapping[str, str]) -> str | None:
    """The class with a formula that the description refers to before its first section, if there is only one."""
    text = re.split(r"^[A-Z]\w+:", docstring, maxsplit=1, flags=re.MULTILINE)[0]
    names = {name for name in re.findall(r"`([A-Z]\w+)(?=[`(])", text) if name in classes}
    found = [name for name in names if formulas_of(classes[name].split("\n\n"))[1]]
    return found[0] if len(found) == 1 else None


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
    """`code` becomes ``code``, or a link; outside of it stars, bars and final underscores are only characters.

    An arrow does not begin a line.
    """
    parts = re.split(r"(`+[^`]+`+)", line)
    for number, part in enumerate(parts):
        if number % 2:
            code = part.strip("`")
            parts[number] = f":py:obj:`{code} <{links[code]}>`" if code in links else f"``{code}``"
        elif not re.match(r"\s*\*\*\w+:", part) or number:
            parts[number] = re.sub(r"(?<!\*)\*(?!\*)|\||(?<=\w)_(?!\w)", r"\\\g<0>", part).replace(
                " -> ", "\N{NO-BREAK SPACE}→ "
            )
    return "".join(parts)
