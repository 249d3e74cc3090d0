"""Look at the built site in headless Chromium: three widths, light and dark, and with the keyboard alone.

    python -m tests.docs.browse_site docs/_build [--axe axe.min.js] [--pictures FOLDER]

Needs Playwright (`pip install playwright`) and Chromium; `npm pack axe-core` gets axe. Reports errors of the console, pages
that scroll sideways, and serious findings of axe, and ends with status 1 if there are any.
"""

import argparse
import functools
import http.server
import shutil
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

PAGES = [  # one of each kind
    *("index", "learn", "first_tutorial", "course/index", "course/1_neuron", "gallery/index", "gallery/digits", "reference"),
    *("api/layers.core", "api/ops", "diagnostics", "diseases/dead_units", "from_keras", "benchmarks", "changelog", "search"),
]
WIDTHS, SCHEMES = (400, 800, 1400), ("light", "dark")
MAX_HEIGHT = 6_000  # of a screenshot, in pixels


def main() -> None:
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("site", type=Path, help="folder of the built site")
    parser.add_argument("--axe", type=Path, help="the file axe.min.js")
    parser.add_argument("--pictures", type=Path, help="write a screenshot of each page to this folder")
    options = parser.parse_args()
    problems: list[str] = []
    with served(options.site) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for scheme in SCHEMES:
            for width in WIDTHS:
                page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
                listen(page, problems)
                for name in PAGES:
                    page.goto(f"{address}/{name}.html" + ("?q=Dense" if name == "search" else ""))
                    page.wait_for_timeout(1000 if name == "search" else 100)
                    problems += [f"{name} at {width}, {scheme}: {problem}" for problem in examine(page, options.axe)]
                    if options.pictures:
                        take_picture(page, options.pictures / f"{name.replace('/', '_')}_{width}_{scheme}.png")
                page.close()
        problems += with_keyboard(browser.new_page(), address)
        browser.close()
    print("\n".join(problems) or f"{len(PAGES)} pages, {len(WIDTHS)} widths, light and dark: no problem")
    sys.exit(bool(problems))


def listen(page: "Page", problems: list[str]) -> None:
    """Add errors of the console to the problems."""
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address under which a folder is served."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def examine(page: "Page", axe: Path | None) -> Iterator[str]:
    """What is wrong with a page as it is shown."""
    width, visible = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    if width > visible:
        yield f"scrolls sideways, {width} pixels"
    if axe:
        page.evaluate(axe.read_text(encoding="utf-8"))
        findings = page.evaluate("axe.run().then(found => found.violations.map(v => [v.id, v.impact, v.nodes[0].html]))")
        yield from (f"{rule}: {html[:200]}" for rule, impact, html in findings if impact in ("serious", "critical"))


def take_picture(page: "Page", path: Path) -> None:
    """A screenshot of the page, of a long one the beginning."""
    path.parent.mkdir(parents=True, exist_ok=True)
    width, height = page.evaluate("[innerWidth, document.documentElement.scrollHeight]")
    clip = {"x": 0, "y": 0, "width": width, "height": min(height, MAX_HEIGHT)}
    page.screenshot(path=path, full_page=True, clip=clip, timeout=120_000)


def with_keyboard(page: "Page", address: str) -> Iterator[str]:
    """What does not work without a mouse: the skip link, the search, a picture of the gallery."""
    page.goto(f"{address}/index.html")
    page.keyboard.press("Tab")
    if "Skip" not in page.evaluate("document.activeElement.textContent"):
        yield "the first Tab does not reach the skip link"
    page.keyboard.press("Control+k")
    page.keyboard.type("Dense")
    page.keyboard.press("Enter")
    page.wait_for_selector("#search-results li a")
    if page.inner_text("#search-results li a") != "minidl.layers.Dense":
        yield f"the search for Dense finds {page.inner_text('#search-results li a')} first"
    page.goto(f"{address}/gallery/index.html")
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.closest('.sphx-glr-thumbcontainer') !== null"):
            page.keyboard.press("Enter")
            page.wait_for_url("**/digits.html")
            return
    yield "forty Tabs do not reach a picture of the gallery"


if __name__ == "__main__":
    main()
