"""Docstrings, comments, messages, documents and test names use the field's standard terms, without the words listed here."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TEST_NAME = re.compile(r"^\s*(?:async )?def test_(\w+)", re.MULTILINE)
WORDS = {  # phrase (regular expression) -> what to write instead
    r"mend(s|ed|ing)?": "fix, repair",
    r"anew|afresh": "again, new, restart",
    r"in (the )?place of": "instead of",
    r"so many": "the number, n",
    r"way back": "backward pass",
    r"turned round": "reversed, transposed",
    r"(what|that) came": "input, target",
    r"stands? there|stood there": "exists, is listed",
    r"fellows?": "neighbors, the other ...",
    r"hand(s|ed)? (in|on|over)": "pass, return",
    r"foretells?|foretold": "forecast, predict",
    r"blind(ly)? (guess(ing)?|answers?)|guess(ing)? blindly": "random guessing, constant prediction",
    r"who knew": "best possible",
    r"is none": "is not, is None",
    r"by heart": "memorize, overfit",
    r"in vain": "raises an error",
    r"stand-in": "default",
    r"reckons?|reckoned": "assume, expect",
    r"whatever (goes|comes|came)": "any",
    r"surprise at": "cross-entropy of",
    r"is born|was born|are born": "first appears",
    r"yours too": "built-in and custom",
    r"the likeliest": "the most probable",
    r"as it stands|as they stand": "unchanged",
    r"for Keras's sake": "for compatibility with Keras",
    r"not of Keras": "not in Keras",
    r"\d+ %": "no space before %",
    r"travels? with": "the masks of the tensors, saved with the model",
    r"goes on": "continues",
    r"without a word": "silently",
    r"refuse[sd]?|refusal": "raises an error, does not take",
    r"announce[sd]?": "declares, infers",
    r"judge[sd]?|judging": "evaluate",
    r"all the same": "still",
    r"for ever": "forever",
    r"small letters": "lower case",
    r"busily|asleep|heeds?|whoever|nobody else": "a literal description",
    r"(is|are) no (models?|functions?|integers?|metrics?|loss|class|copy|copies|hits?|faults?)": "is not a ...",
    r"neighbours?|colours?|centre[ds]?|labelled|grey|behaviour": "American spelling, as in Keras",
    r"(normal|initial|regular)is(e[ds]?|ing|ation|er)": "American spelling, as in Keras",
}
IN_PACKAGE = {r"rooms?": "package", r"beside": "next to, compared with"}
IN_TEST_NAMES = {
    r"(is|are) told|answered with": "raises an error",
    r"of ones own": "custom",
    r"to the bit": "bit for bit",
    r"comes? back|goes? in|goes? on|learns? on": "is restored, is passed, continues",
    r"hostile|thawed|mistrusted": "evaluate, malicious, unfrozen",
}
PATTERN = re.compile(rf"\b(?:{'|'.join(WORDS)})(?!\w)".replace(" ", r"[\s#]+"), re.IGNORECASE)
PACKAGE_PATTERN = re.compile(rf"\b(?:{'|'.join(IN_PACKAGE)})(?!\w)", re.IGNORECASE)
TEST_NAME_PATTERN = re.compile(rf"\b(?:{'|'.join(WORDS | IN_PACKAGE | IN_TEST_NAMES)})(?!\w)")


def find_words(text: str, pattern: re.Pattern[str]) -> list[str]:
    """Line and phrase of every match; comparisons with `None` are code."""
    text = re.sub(r"\bis None\b", "is_None", text)
    return [f"line {text.count(chr(10), 0, match.start()) + 1}: {match[0]}" for match in pattern.finditer(text)]


def files() -> list[Path]:
    paths = [
        *(ROOT / "minidl").rglob("*.py"),
        *(ROOT / "examples").glob("*.py"),
        *(ROOT / "docs").rglob("*.md"),
        ROOT / "README.md",
    ]
    return sorted(path for path in paths if path.name != "changelog.md")


@pytest.mark.parametrize("path", files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_file_uses_a_listed_word(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    found = find_words(text, PATTERN)
    if ROOT / "minidl" in path.parents:
        found += find_words(text, PACKAGE_PATTERN)
    assert not found, f"{path.relative_to(ROOT)}: {found}; see WORDS for what to write"


def test_no_name_of_a_test_uses_a_listed_word() -> None:
    texts = {path: path.read_text(encoding="utf-8") for path in sorted((ROOT / "tests").rglob("test_*.py"))}
    names = {f"{path.relative_to(ROOT)}::{name}": name for path, text in texts.items() for name in TEST_NAME.findall(text)}
    found = {test: words for test, name in names.items() if (words := find_words(name.replace("_", " "), TEST_NAME_PATTERN))}
    assert not found, f"{found}; see WORDS and IN_TEST_NAMES for what to write"


def test_a_listed_word_is_found_across_lines_and_whole_words_only() -> None:
    assert find_words("# in the\n# place of it", PATTERN) == ["line 1: in the\n# place of"]
    assert not find_words("if x is None: recommend, amend, placement, %d", PATTERN)
    assert find_words("98 % of it", PATTERN) == ["line 1: 98 %"]
