"""One JupyterLab and one Chromium for all browser tests; a fresh page, notebook and kernel for each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from lab import Lab, Server, chromium, jupyterlab
from playwright.sync_api import Browser, sync_playwright

RESULTS = Path(__file__).parents[2] / "test-results"


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with jupyterlab(tmp_path_factory.mktemp("jupyterlab")) as running:
        yield running


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium())
        yield running
        running.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report = yield
    item.stash.setdefault(FAILED, False)
    item.stash[FAILED] = item.stash[FAILED] or report.failed
    return report


FAILED = pytest.StashKey[bool]()


@pytest.fixture
def lab(server: Server, browser: Browser, request: pytest.FixtureRequest) -> Iterator[Lab]:
    """A page of its own; afterwards its kernels are gone, and nothing was thrown or fetched from elsewhere."""
    context = browser.new_context(viewport={"width": 1400, "height": 1000})
    page = context.new_page()
    page.set_default_timeout(30_000)
    opened = Lab(page, server)
    try:
        yield opened
        if request.node.stash.get(FAILED, False):
            RESULTS.mkdir(exist_ok=True)
            page.screenshot(path=RESULTS / f"{re.sub(r'[^a-z0-9]+', '-', request.node.name)}.png")
        else:
            assert opened.errors == []
            assert opened.outside == []
    finally:
        context.close()
        for session in server.api("GET", "sessions"):
            server.api("DELETE", f"sessions/{session['id']}")
