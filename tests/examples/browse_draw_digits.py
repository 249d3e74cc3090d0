"""Drive the page of examples/draw_digits.py in headless Chromium, as a person would.

    python -m tests.examples.browse_draw_digits [--data mnist|digits] [--pictures FOLDER]

Needs Playwright (`pip install playwright`), Chromium and MNIST in the cache. Draws 100 test images of MNIST, whose strokes are
traced, with the mouse, and reports how many are read correctly; then teaches, undoes, draws with the keyboard and asks why.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from minidl.datasets import mnist
from tests.examples.test_examples import ROOT
from tests.examples.tracing import traced

if TYPE_CHECKING:
    from playwright.sync_api import Page

GOALS = {"mnist": 90, "digits": 75}


def main() -> None:
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", choices=list(GOALS), default="digits")
    parser.add_argument("--pictures", type=Path, help="write screenshots of three widths, light and dark, to this folder")
    options = parser.parse_args()
    command = [sys.executable, str(ROOT / "examples" / "draw_digits.py"), "--no-browser", "--port", "0", "--data", options.data]
    server = subprocess.Popen(command, env=os.environ | {"PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    try:
        address = next(found[0] for line in server.stdout if (found := re.search(r"http://\S+", line)))
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"))
            page = browser.new_context(viewport={"width": 1400, "height": 1000}).new_page()
            problems: list[str] = []
            page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
            page.on("pageerror", lambda error: problems.append(str(error)))
            page.goto(address)
            hits = count_hits(page, 100)
            print(f"{options.data}: {hits} of 100 drawings are read correctly; {GOALS[options.data]} are wanted", flush=True)
            check_lessons(page)
            check_keyboard(page)
            check_other_tab(browser.new_context().new_page(), address)
            if options.pictures:
                take_pictures(browser, address, options.pictures)
            assert not problems, problems
            assert hits >= GOALS[options.data]
            browser.close()
    finally:
        server.terminate()
        server.wait()


def draw(page: "Page", strokes: list[list[tuple[float, float]]]) -> None:
    """Draw with the mouse, and wait until the newest answer is shown."""
    page.locator("#paper").evaluate("paper => paper.scrollIntoView({block: 'center'})")
    box = page.locator("#paper").bounding_box()
    assert box is not None

    def place(point: tuple[float, float]) -> tuple[float, float]:
        return box["x"] + (0.2 + 0.6 * point[0]) * box["width"], box["y"] + (0.2 + 0.6 * point[1]) * box["height"]

    for stroke in strokes:
        page.mouse.move(*place(stroke[0]))
        page.mouse.down()
        for point in stroke[1:]:
            page.mouse.move(*place(point))
        page.mouse.up()
    page.wait_for_selector("#answer[aria-busy=false]:has(b)")


def probabilities(page: "Page") -> list[float]:
    """The ten bars' numbers, in percent."""
    return [float(text.removesuffix("%")) for text in page.locator("#bars .number").all_inner_texts()]


def count_hits(page: "Page", count: int) -> int:
    """How many traced test images the page reads as their label."""
    _, (x, y) = mnist.load_data()
    rows, hits = np.random.default_rng(0).permutation(len(x))[:count], 0
    for row in rows:
        draw(page, traced(x[row] > 110))
        hits += int(np.argmax(probabilities(page))) == y[row]
        page.get_by_role("button", name="Clear").click()
    return hits


def check_lessons(page: "Page") -> None:
    """A lesson moves a probability, `Forget` takes it back, `Why` marks pixels, `Undo` removes a stroke."""
    draw(page, [[(0.3, 0.2), (0.7, 0.2), (0.7, 0.8), (0.3, 0.8), (0.3, 0.2)], [(0.3, 0.5), (0.7, 0.5)]])
    before = probabilities(page)
    page.get_by_role("button", name="It was a 4").click()
    page.wait_for_selector("#lesson:has-text('Step 12')", timeout=120_000)  # the first step may compile kernels
    page.get_by_role("button", name="Undo").wait_for()
    after = probabilities(page)
    print(f"a lesson moves the probability of 4 from {before[4]}% to {after[4]}%")
    assert after[4] > before[4] + 10 or after[4] > 90
    page.get_by_role("button", name="Forget").click()
    page.wait_for_selector("#lesson:has-text('knew at the start')")
    page.wait_for_selector("#answer[aria-busy=false]")
    assert abs(probabilities(page)[4] - before[4]) < 0.2
    page.get_by_role("button", name="Why?").click()
    page.wait_for_selector("#legend:visible")
    page.get_by_role("button", name="Undo").click()
    page.get_by_role("button", name="Clear").click()
    assert page.locator("#answer").inner_text() == "Nothing drawn yet."


def check_keyboard(page: "Page") -> None:
    """A line downwards, drawn with the keyboard alone."""
    page.locator("#paper").focus()
    for key in ["Space", *["ArrowDown"] * 14, "Space"]:
        page.keyboard.press(key)
    page.wait_for_selector("#answer[aria-busy=false]")
    print(f"a line drawn with the keyboard is read as {int(np.argmax(probabilities(page)))}")
    page.get_by_role("button", name="Clear").click()


def check_other_tab(page: "Page", address: str) -> None:
    """What one tab is taught does not change another."""
    page.goto(address)
    draw(page, [[(0.5, 0.1), (0.5, 0.9)]])
    before = probabilities(page)
    other = page.context.new_page()
    other.goto(address)
    draw(other, [[(0.5, 0.1), (0.5, 0.9)]])
    other.get_by_role("button", name="It was a 9").click()
    other.wait_for_selector("#lesson:has-text('Step 12')")
    page.bring_to_front()  # a page in the background draws late
    page.get_by_role("button", name="Clear").click()
    draw(page, [[(0.5, 0.1), (0.5, 0.9)]])
    assert probabilities(page) == before


def take_pictures(browser: Any, address: str, folder: Path) -> None:
    """The page with a drawing and its reasons, in three widths, light and dark."""
    folder.mkdir(parents=True, exist_ok=True)
    _, (x, y) = mnist.load_data()
    for scheme in ("light", "dark"):
        for width in (400, 800, 1400):
            context = browser.new_context(bypass_csp=True, color_scheme=scheme, viewport={"width": width, "height": 900})
            page = context.new_page()
            page.goto(address)
            draw(page, traced(x[np.flatnonzero(y == 3)[4]] > 110))
            page.get_by_role("button", name="Why?").click()
            page.wait_for_timeout(300)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"scrolls sideways at {width} pixels"
            page.screenshot(path=folder / f"draw_{scheme}_{width}.png", full_page=True)
            context.close()


if __name__ == "__main__":
    main()
