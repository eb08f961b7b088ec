"""A running installation, lessons in it, and people with browsers."""

from collections.abc import AsyncIterator, Generator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.e2e import evidence
from tests.e2e.browsers import Browsers
from tests.e2e.crowd import Crowd
from tests.e2e.lesson import Lesson
from tests.e2e.running import Running
from tests.patience import PATIENCE

HERE = Path(__file__).parent
FAILED = pytest.StashKey[bool]()
LOG_BEGAN = pytest.StashKey[int]()
"""How long the log was when the test began, in characters."""


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "screenshots: takes pictures to look at; only on request")
    # Where a test says nothing else. Playwright's own 5 s are few on a machine with other work.
    expect.set_options(timeout=PATIENCE * 1000)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    wanted = "screenshots" in config.getoption("-m")
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker("e2e")
            if pytest_asyncio.is_async_test(item):
                # Browsers that outlive a test have to live in its loop.
                item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)
            if item.get_closest_marker("screenshots") and not wanted:
                item.add_marker(pytest.mark.skip(reason="only on request: -m screenshots"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None]:
    running = _running_of(item)
    item.stash[LOG_BEGAN] = len(running.log) if running else 0
    yield


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    running = _running_of(item)
    if report.failed:
        item.stash[FAILED] = True
        if running is not None:
            began = item.stash.get(LOG_BEGAN, 0)
            report.sections.append(("the servers", evidence.of_the_servers(running, began)))
    return report


def _running_of(item: pytest.Item) -> Running | None:
    running = getattr(item, "funcargs", {}).get("running")
    return running if isinstance(running, Running) else None


@pytest.fixture(scope="session")
def running() -> Iterator[Running]:
    with Running() as running:
        yield running


@pytest.fixture(scope="session")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the files for fake cameras and microphones lie."""
    return tmp_path_factory.mktemp("media")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browsers() -> AsyncIterator[Browsers]:
    async with Browsers() as browsers:
        yield browsers


@pytest_asyncio.fixture(loop_scope="session")
async def crowd(
    browsers: Browsers, media: Path, request: pytest.FixtureRequest
) -> AsyncIterator[Crowd]:
    try:
        async with Crowd(browsers, media) as crowd:
            yield crowd
            if request.node.stash.get(FAILED, False):
                found = await evidence.of_the_pages(crowd.people)
                request.node.add_report_section("teardown", "pages", found)
    finally:
        await browsers.rest()
    assert not crowd.errors, "in the pages:\n" + "\n".join(crowd.errors)


@pytest.fixture
def lesson(running: Running) -> Lesson:
    return Lesson(running, "Физика")
