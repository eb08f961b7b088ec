"""Fixtures of the kernel's tests."""

from collections.abc import Iterator

import pytest

from tests.kernel.peer import Stage


@pytest.fixture
def stage() -> Iterator[Stage]:
    stage = Stage()
    yield stage
    stage.kernel.close()
