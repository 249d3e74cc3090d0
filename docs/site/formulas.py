"""Formulas written as Python code, converted to LaTeX: `y = x / sqrt(v)` becomes a fraction with a square root."""

import ast
import re

GREEK = ["alpha", "beta", "gamma", "delta", "epsilon", "theta", "lambda", "mu", "rho", "sigma", "tau", "phi", "pi"]
FUNCTIONS = ["exp", "log", "tanh", "cosh", "sinh", "sin", "cos", "max", "min", "det", "arctan"]
COMPARISONS = {ast.Lt: "<", ast.LtE: r"\le", ast.Gt: ">", ast.GtE: r"\ge", ast.Eq: "="}
SUM, PRODUCT, POWER = 1, 2, 4  # how tightly operators bind


def to_latex(text: str) -> str | None:
    r"""LaTeX of a formula; `None` if it is not one that this file can read.

    Example:
        >>> to_latex("y = x / sqrt(variance + epsilon)")
        'y = \\frac{x}{\\sqrt{\\mathrm{variance} + \\epsilon}}'
        >>> to_latex("y[t] = sum over k of x[t + k] @ kernel[k] + bias")
        'y_{t} = \\sum_{k} x_{t + k} \\, \\mathrm{kernel}_{k} + \\mathrm{bias}'
        >>> to_latex("a word") is None
        True
    """
    text = re.sub(r"\b(sum|mean|max) over (?:all )?(\w+) of ", r"\1_over_\2 @ ", text)
    text = re.sub(r"\|([^|]+)\|", r"abs(\1)", text)
    try:
        return r"; \quad ".join(statement(part) for part in text.split(";"))
    except (SyntaxError, NotImplementedError):
        return None


def to_cases(paragraph: str) -> str | None:
    """LaTeX of two cases, from a sentence with "`y = ...` where ..., `...` elsewhere"; `None` if there is none."""
    found = re.search(r"`(\w+) = ([^`]+)` (?:where|if) (.+?),(?: and)? `?([^`]+?)`? elsewhere", paragraph)
    if not found:
        return None
    inside, outside = to_latex(found[2]), to_latex(found[4])
    if inside is None or outside is None:
        return None
    where = found[3].replace("`", "").replace("_", r"\_")
    return rf"{found[1]} = \begin{{cases}} {inside} & \text{{where {where}}} \\ {outside} & \text{{elsewhere}} \end{{cases}}"


def statement(text: str) -> str:
    """An equation, an update such as `w += m`, or an expression."""
    if update := re.fullmatch(r"\s*(\w+) ([+-])= (.+)", text):
        target, sign, change = update.groups()
        return rf"{symbol(target)} \leftarrow {symbol(target)} {sign} {statement(change)}"
    sides = re.split(r"(?<![=<>!])=(?!=)", text)
    return " = ".join(convert(ast.parse(side.strip(), mode="eval").body) for side in sides)


def convert(node: ast.expr, within: int = 0) -> str:
    """An expression; in parentheses if the operator around it binds more tightly."""
    match node:
        case ast.Constant(value=value) if value is ...:
            return r"\ldots"
        case ast.Constant(value=int() | float() as value):
            return repr(value)
        case ast.Name(id=name):
            return symbol(name)
        case ast.Attribute(value=value, attr="T"):
            return convert(value, POWER) + r"^{\top}"
        case ast.Subscript(value=value, slice=index):
            return f"{convert(value, POWER)}_{{{subscript(index)}}}"
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return parenthesize("-" + convert(operand, PRODUCT), SUM, within)
        case ast.BinOp(op=ast.Add() | ast.Sub() as operator, left=left, right=right):
            sign = "+" if isinstance(operator, ast.Add) else "-"
            tight = SUM if isinstance(operator, ast.Add) else SUM + 1
            return parenthesize(f"{convert(left, SUM)} {sign} {convert(right, tight)}", SUM, within)
        case ast.BinOp(op=ast.Div(), left=left, right=right):
            return rf"\frac{{{convert(left)}}}{{{convert(right)}}}"
        case ast.BinOp(op=ast.Mult(), left=left, right=right):
            return parenthesize(rf"{convert(left, PRODUCT)} \cdot {convert(right, PRODUCT)}", PRODUCT, within)
        case ast.BinOp(op=ast.MatMult(), left=left, right=right):
            gap = "" if isinstance(left, ast.Name) and "_over_" in left.id else r"\, "
            return parenthesize(f"{convert(left, PRODUCT)} {gap}{convert(right, PRODUCT)}", PRODUCT, within)
        case ast.BinOp(op=ast.Pow(), left=left, right=right):
            return parenthesize(f"{convert(left, POWER + 1)}^{{{convert(right)}}}", POWER, within)
        case ast.Compare(left=left, ops=[operator], comparators=[right]) if type(operator) in COMPARISONS:
            return f"{convert(left)} {COMPARISONS[type(operator)]} {convert(right)}"
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            text = ", ".join(convert(part) for part in parts)
            return rf"\left[{text}\right]" if isinstance(node, ast.List) else text
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
            return call(name, arguments)
    raise NotImplementedError


def call(name: str, arguments: list[ast.expr]) -> str:
    """A function of arguments, in the usual notation."""
    text = ", ".join(convert(argument) for argument in arguments)
    if name == "sqrt":
        return rf"\sqrt{{{text}}}"
    if name == "abs":
        return rf"\left|{text}\right|"
    if name == "sum" and len(arguments) == 1:
        return rf"\sum {convert(arguments[0], PRODUCT)}"
    return rf"{symbol(name)}\left({text}\right)"


def symbol(name: str) -> str:
    """A variable or function: one letter in italics, Greek letters as such, words upright."""
    if "_over_" in name:
        operator, variable = name.split("_over_")
        below = variable if len(variable) == 1 else rf"\mathrm{{{variable}}}"
        return rf"\{operator}_{{{below}}}".replace(r"\mean", r"\operatorname{mean}")
    if name in FUNCTIONS or name in GREEK:
        return rf"\{name}"
    head, _, tail = name.partition("_")
    if head in GREEK and len(tail) == 1:
        return rf"\{head}_{{{tail}}}"
    if re.fullmatch(r"[a-zA-Z]\d?", name):
        return name if len(name) == 1 else f"{name[0]}_{{{name[1]}}}"
    return rf"\mathrm{{{name}}}".replace("_", r"\_")


def subscript(node: ast.expr) -> str:
    """An index; a slice is a colon."""
    if isinstance(node, ast.Tuple):
        return ", ".join(subscript(part) for part in node.elts)
    return ":" if isinstance(node, ast.Slice) else convert(node)


def parenthesize(text: str, own: int, within: int) -> str:
    """In parentheses if needed."""
    return rf"\left({text}\right)" if own < within else text
