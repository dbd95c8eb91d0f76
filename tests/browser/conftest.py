"""Chromium for the page tests: one browser a run, one fresh page a test."""

from __future__ import annotations

import importlib.resources
import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

Violations = Callable[[Page], list[str]]
# No sandbox: containers and root have none. Nothing that calls home.
ARGUMENTS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The system's Chromium, without a window."""
    path = os.environ.get("SESSIONPASS_CHROMIUM") or shutil.which("chromium")
    if path is None:
        pytest.fail(
            "Chromium is missing: run `uv run nox -s browser`, which installs it or says how"
        )
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield launched
        launched.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of its own profile, 360 px wide; whatever it asks another host fails the test."""
    context = browser.new_context(viewport={"width": 360, "height": 740})
    foreign = list[str]()
    context.on("request", lambda request: _note_foreign(request.url, foreign))
    opened = context.new_page()
    opened.set_default_timeout(10_000)
    yield opened
    context.close()
    assert not foreign, f"the page asked other hosts: {foreign}"


@pytest.fixture(scope="session")
def violations() -> Violations:
    """What axe finds wrong with a page: a line for each rule and element."""
    package = importlib.resources.files("axe_playwright_python")
    source = (package / "axe.min.js").read_text(encoding="utf-8")

    def check(page: Page) -> list[str]:
        page.evaluate(source)  # not a script tag: our Content-Security-Policy forbids those
        found: dict[str, Any] = page.evaluate("axe.run()")
        return [
            f"{rule['id']}: {' '.join(map(str, node['target']))}: {rule['help']}"
            for rule in found["violations"]
            for node in rule["nodes"]
        ]

    return check


def _note_foreign(url: str, foreign: list[str]) -> None:
    local = ("http://127.0.0.1", "http://localhost", "about:", "data:", "blob:")
    if not url.startswith(local):
        foreign.append(url)
