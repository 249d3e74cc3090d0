"""Formulas written as Python code, converted to LaTeX: `y = x / sqrt(v)` becomes a fraction with a square root."""

import ast
import re

GREEK = ["alpha", "beta", "gamma", "delta", "epsilon", "theta", "lambda", "mu", "rho", "sigma", "tau", "phi", "pi", "Gamma"]
FUNCTIONS = ["exp", "log", "tanh", "cosh", "sinh", "tan", "sin", "cos", "max", "min", "det"]
COMPARISONS = {ast.Lt: "<", ast.LtE: r"\le", ast.Gt: ">", ast.GtE: r"\ge", ast.Eq: "="}
SUM, PRODUCT, POWER = 1, 2, 4  # how tightly operators bind

INSIDE, OUTSIDE = r"`(?:(?P<left>\w+) = )?(?P<inside>[^`]+)`", r"`?(?P<outside>[^`]+?)`?"
ABOVE = rf"{INSIDE} above (?P<where>\w+), {OUTSIDE} below"
CASES = [
    rf"{INSIDE} (?:where|if) (?P<where>[^`]+?|`[^`]+`),(?: and)? {OUTSIDE} elsewhere",
    rf"{INSIDE} for (?P<where>`[^`]+`), otherwise `(?P<outside>[^`]+)`",
    ABOVE,
]


def to_latex(text: str) -> str | None:
    r"""LaTeX of a formula; `None` if it is not one that this file can read.

    Some words stand for signs: `sum over k of x[k]`, and `integral(f, t, a, b)` of f over t from a to b.

    Example:
        >>> to_latex("y = x / sqrt(variance + epsilon)")
        'y = \\frac{x}{\\sqrt{\\mathrm{variance} + \\epsilon}}'
        >>> to_latex("y[t] = sum over k of x[t + k] @ kernel[k] + bias")
        'y_{t} = \\sum_{k} x_{t + k} \\, \\mathrm{kernel}_{k} + \\mathrm{bias}'
        >>> to_latex("a word") is None
        True
    """
    text = re.sub(r"\b(sum|product|mean|max|min) over (?:all )?(\w+) of ", r"\1_over_\2 @ ", text)
    text = re.sub(r"\|([^|]+)\|", r"abs(\1)", text)
    try:
        return r"; \quad ".join(statement(part) for part in text.split(";"))
    except (SyntaxError, NotImplementedError):
        return None


def to_cases(paragraph: str) -> str | None:
    """LaTeX of two cases, from a sentence such as "`y = a` where ..., `b` elsewhere"; `None` if there is none."""
    for pattern in CASES:
        if found := re.search(pattern, paragraph):
            inside, outside = to_latex(found["inside"]), to_latex(found["outside"])
            where = ("x > " if pattern == ABOVE else "") + found["where"].replace("`", "").replace("_", r"\_")
            if inside and outside:
                cases = rf"\begin{{cases}} {inside} & \text{{where {where}}} \\ {outside} & \text{{elsewhere}} \end{{cases}}"
                return f"{found['left']} = {cases}" if found["left"] else cases
    return None


def statement(text: str) -> str:
    """An equation, an update such as `w += m`, or an expression."""
    if update := re.fullmatch(r"\s*(.+?) ([+-])= (.+)", text):
        target, sign, change = statement(update[1]), update[2], statement(update[3])
        return rf"{target} \leftarrow {target} {sign} {change}"
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
        case ast.Subscript(value=ast.Name(id=name), slice=index) if re.fullmatch(r"[a-zA-Z](\d|_\w+)", name):
            return rf"{symbol(name)}\left[{subscript(index)}\right]"
        case ast.Subscript(value=value, slice=index):
            return f"{convert(value, POWER)}_{{{subscript(index)}}}"
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return parenthesize("-" + convert(operand, PRODUCT), SUM, within)
        case ast.BinOp(op=ast.Add() | ast.Sub() as operator, left=left, right=right):
            sign = "+" if isinstance(operator, ast.Add) else "-"
            tight = SUM if isinstance(operator, ast.Add) else SUM + 1
            return parenthesize(f"{convert(left, SUM)} {sign} {convert(right, tight)}", SUM, within)
        case ast.BinOp(op=ast.Mult() | ast.Div() | ast.MatMult()) if found := without_operator(node):
            return parenthesize(f"{symbol(found[0])} {convert(found[1], PRODUCT)}", PRODUCT, within)
        case ast.BinOp(op=ast.Div(), left=left, right=right):
            return parenthesize(rf"\frac{{{convert(left)}}}{{{convert(right)}}}", POWER, within)
        case ast.BinOp(op=ast.FloorDiv(), left=left, right=right):
            return rf"\left\lfloor\frac{{{convert(left)}}}{{{convert(right)}}}\right\rfloor"
        case ast.BinOp(op=ast.Mod(), left=left, right=right):
            return parenthesize(rf"{convert(left, PRODUCT)} \bmod {convert(right, PRODUCT)}", PRODUCT, within)
        case ast.BinOp(op=ast.Mult(), left=left, right=right):
            return parenthesize(rf"{first_factor(left)} \cdot {convert(right, PRODUCT)}", PRODUCT, within)
        case ast.BinOp(op=ast.MatMult(), left=left, right=right):
            return parenthesize(rf"{first_factor(left)} \, {convert(right, PRODUCT)}", PRODUCT, within)
        case ast.BinOp(op=ast.Pow(), left=left, right=right):
            return parenthesize(f"{convert(left, POWER + 1)}^{{{convert(right)}}}", POWER, within)
        case ast.Compare(left=left, ops=[operator], comparators=[right]) if type(operator) in COMPARISONS:
            return parenthesize(f"{convert(left, SUM)} {COMPARISONS[type(operator)]} {convert(right, SUM)}", 0, within)
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            text = ", ".join(convert(part) for part in parts)
            return rf"\left[{text}\right]" if isinstance(node, ast.List) else text
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
            return call(name, arguments)
        case ast.Call(func=ast.Subscript() as function, args=[argument], keywords=[]):
            return rf"{convert(function)}\left({convert(argument)}\right)"
    raise NotImplementedError


def without_operator(node: ast.expr) -> tuple[str, ast.expr] | None:
    """The sign of a sum at the beginning of a product, and the product that it applies to."""
    if not isinstance(node, ast.BinOp) or not isinstance(node.op, ast.Mult | ast.Div | ast.MatMult):
        return None
    if isinstance(node.left, ast.Name) and "_over_" in node.left.id:
        return node.left.id, node.right
    found = without_operator(node.left)
    return (found[0], ast.BinOp(found[1], node.op, node.right)) if found else None


def first_factor(node: ast.expr) -> str:
    """The first factor of a product, which may be negative without parentheses."""
    return convert(node, SUM if isinstance(node, ast.UnaryOp) else PRODUCT)


def call(name: str, arguments: list[ast.expr]) -> str:
    """A function of arguments, in the usual notation."""
    text = ", ".join(convert(argument) for argument in arguments)
    if name == "sqrt":
        return rf"\sqrt{{{text}}}"
    if name in ("floor", "ceil") and len(arguments) == 1:
        return rf"\left\l{name} {text}\right\r{name}"
    if name == "binom" and len(arguments) == 2:
        return rf"\binom{{{convert(arguments[0])}}}{{{convert(arguments[1])}}}"
    if name == "integral" and len(arguments) == 4:
        inside, variable, start, stop = (convert(argument) for argument in arguments)
        return rf"\int_{{{start}}}^{{{stop}}} {inside} \, d{variable}"
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
        return rf"\{operator}_{{{below}}}".replace(r"\mean", r"\operatorname{mean}").replace(r"\product", r"\prod")
    if name in FUNCTIONS or name in GREEK:
        return rf"\{name}"
    head, _, tail = name.partition("_")
    if tail and (head in GREEK or len(head) == 1):
        if tail == "hat":
            return rf"\hat{{{symbol(head)}}}"
        below = tail if len(tail) == 1 else rf"\mathrm{{{tail}}}".replace("_", r"\_")
        return f"{symbol(head)}_{{{below}}}"
    if re.fullmatch(r"[a-zA-Z]\d?", name):
        return name if len(name) == 1 else f"{name[0]}_{{{name[1]}}}"
    return rf"\mathrm{{{name}}}".replace("_", r"\_")


def subscript(node: ast.expr) -> str:
    """An index; a slice is a colon."""
    if isinstance(node, ast.Tuple):
        return ", ".join(subscript(part) for part in node.elts)
    if isinstance(node, ast.Slice):
        return ":".join(convert(end) if end else "" for end in (node.lower, node.upper))
    return convert(node)


def parenthesize(text: str, own: int, within: int) -> str:
    """In parentheses if needed."""
    return rf"\left({text}\right)" if own < within else text
