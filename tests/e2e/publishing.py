"""People who are programs: many of them fit where few browsers would."""

import dataclasses
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from tests.e2e.lesson import Lesson
from tests.e2e.looks import Colour
from tests.e2e.programs import program, python
from tests.e2e.publisher import Publisher


@asynccontextmanager
async def publishing(lesson: Lesson, people: Sequence[dict[str, Any]]) -> AsyncIterator[None]:
    """While the block runs these people publish; each has a `name` and fields of Publisher."""
    publishers = []
    for one in people:
        fields = dict(one)
        token = lesson.media_token("publish", fields.pop("name"))
        publisher = Publisher(url=lesson.whip, token=token, **fields)
        publishers.append(dataclasses.asdict(publisher))
    async with program(*python("tests.e2e.publisher", json.dumps(publishers))) as running:
        assert await running.line(30 + 3.0 * len(publishers)) == "PUBLISHING"
        yield


def class_of(colours: Sequence[Colour]) -> list[dict[str, Any]]:
    """A silent person for each colour, in the order in which the grid shows them."""
    return [{"name": f"Ученик {at:02}", "colour": colour} for at, colour in enumerate(colours)]
