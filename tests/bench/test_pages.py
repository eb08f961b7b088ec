"""The measuring itself, without a browser."""

from typing import cast

import pytest

from bench.pages import turned
from tests.e2e.person import Person


class Stuck:
    """Whose buttons do nothing."""

    name = "Учитель"

    async def press(self, _button: str) -> None: ...

    async def shown(self) -> list[str]:
        return ["Аня", "Борис"]

    uncovered = shown


async def test_a_page_that_is_not_turned_is_not_told_as_quick() -> None:
    with pytest.raises(AssertionError, match="not turned"):
        await turned(cast("Person", Stuck()), "page-next")
