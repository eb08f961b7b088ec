"""A running installation, lessons in it, and people with browsers."""

from collections.abc import AsyncIterator, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import async_playwright

from tests.e2e.crowd import Crowd
from tests.e2e.lesson import Lesson
from tests.e2e.running import Running

HERE = Path(__file__).parent
LOG_LINES = 60


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "screenshots: takes pictures to look at; only on request")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    wanted = "screenshots" in config.getoption("-m")
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker("e2e")
            if item.get_closest_marker("screenshots") and not wanted:
                item.add_marker(pytest.mark.skip(reason="only on request: -m screenshots"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    running = getattr(item, "funcargs", {}).get("running")
    if report.failed and isinstance(running, Running) and running.log_file.exists():
        tail = "\n".join(running.log.splitlines()[-LOG_LINES:])
        report.sections.append(("zvonok up", tail))
    return report


@pytest.fixture(scope="session")
def running() -> Iterator[Running]:
    with Running() as running:
        yield running


@pytest.fixture(scope="session")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the files for fake cameras and microphones lie."""
    return tmp_path_factory.mktemp("media")


@pytest.fixture
async def crowd(media: Path) -> AsyncIterator[Crowd]:
    async with async_playwright() as playwright:
        crowd = Crowd(playwright, media)
        try:
            yield crowd
        finally:
            await crowd.close()
    assert not crowd.errors, "in the pages:\n" + "\n".join(crowd.errors)


@pytest.fixture
def lesson(running: Running) -> Lesson:
    created: dict[str, Any] = running.request("POST", "/api/lessons", {"title": "Физика"})
    return Lesson(running, created)
